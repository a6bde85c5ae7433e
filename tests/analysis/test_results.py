"""Every result states what it rests on: in a notebook, in print, in its CSV and in its PNG."""

import csv
import io

import numpy as np
import pytest
from brightness import brighter, embed, read
from PIL import Image

from editgan_widgets.analysis import (
    EditWay,
    apply_to,
    attribute_curve,
    boundary,
    by_labels,
    compare_edits,
    compare_vectors,
    cosines,
    disentanglement_of,
    effect_map,
    find_directions,
    interaction,
    interpreter_uncertainty,
    leakage,
    marked_boundary,
    path_length,
    pca_vectors,
    picture_distances,
    row_norms,
    safe_strength,
    stability,
    strength_strip,
    study_vector,
    transfer_rate,
)
from editgan_widgets.analysis.attribute_curves import curve_of
from editgan_widgets.analysis.leakage_matrix import leakage_of
from editgan_widgets.analysis.results import Basis, Result


@pytest.fixture(scope="module")
def vector(tiny_model):
    return brighter(tiny_model)


LABELS = {0: 1, 1: 0, 2: 1, 3: 0, 4: 1, 5: 0}
SET = np.random.default_rng(0).integers(0, 255, (2, 10, 8, 8, 3), np.uint8)

# what makes a result -> parts of its basis
MADE = {
    "EffectMap": (
        lambda m, v, out: effect_map(m, v, range(3), seed=7),
        ("n = 3", "portraits of seeds 0 to 2", "random seed 7", "bootstrap"),
    ),
    "AttributeCurve": (
        lambda m, v, out: attribute_curve(m, v, "red", read, 1, [4, 2, 9]),
        ("n = 3", "seeds 4, 2, 9", "Student's"),
    ),
    "AttributeCurves": (
        lambda m, v, out: study_vector(m, v, read, range(3))["attribute curves"],
        ("n = 3", "seeds 0 to 2", "Student's"),
    ),
    "Leakage": (
        lambda m, v, out: leakage(m, v, read, seeds=range(4)),
        ("n = 4", "seeds 0 to 3", "random seed 0", "bootstrap"),
    ),
    "TransferRate": (
        lambda m, v, out: transfer_rate(m, v, "brightness", read, range(3)),
        ("n = 3", "seeds 0 to 2", "Wilson's"),
    ),
    "Deviation": (lambda m, v, out: interaction(m, v, v, range(2)), ("n = 2", "seeds 0 to 1", "Student's")),
    "SafeStrength": (lambda m, v, out: safe_strength(v, m, range(3)), ("n = 3", "seeds 0 to 2", "middle 95%")),
    "StrengthStrip": (lambda m, v, out: strength_strip(m, v, [5]), ("n = 1", "portraits of seed 5")),
    "VectorTable": (
        lambda m, v, out: compare_vectors(m, v, read, range(3)),
        ("n = 3", "seeds 0 to 2", "Wilson's", "bootstrap"),
    ),
    "InterpreterUncertainty": (
        lambda m, v, out: interpreter_uncertainty(m, seeds=range(2)),
        ("n = 2", "seeds 0 to 1", "Student's"),
    ),
    "Directions": (
        lambda m, v, out: find_directions(m, read, count=2, seeds=range(4), seed=5),
        ("n = 4", "seeds 0 to 3", "random seed 5", "Student's"),
    ),
    "Boundary": (
        lambda m, v, out: boundary(m, "red", read, "mean difference", 60, seed=3),
        ("n = 60", "random seed 3", "Wilson's"),
    ),
    "MarkedBoundary": (lambda m, v, out: marked_boundary(m, LABELS), ("n = 6", "Wilson's interval of leave-one-out")),
    "LabelledAttribute": (lambda m, v, out: by_labels(m, LABELS), ("n = 6", "seeds 0 to 5", "Wilson's", "features of")),
    "Disentanglement": (
        lambda m, v, out: disentanglement_of(m, read, "w", 50, seed=2)[0],
        ("n = 50", "random seed 2", "95% jackknife over 10 groups"),
    ),
    "PathLength": (lambda m, v, out: path_length(m, samples=10, seed=4), ("n = 10", "random seed 4", "Student's")),
    "PictureDistances": (lambda m, v, out: picture_distances(*SET, embed), ("n = 10", "random seed 0", "bootstrap")),
    "Stability": (lambda m, v, out: stability(lambda seed: v, range(3)), ("n = 3", "jackknife")),
    "EditComparison": (
        lambda m, v, out: compare_edits(
            m, EditWay("a", v, 1), "brightness", read, embed, embed, range(20), 1, samples=40
        ),
        ("n = ", "portraits of seeds", "random seed 0", "Wilson's"),
    ),
    "BatchReport": (lambda m, v, out: apply_to(range(2), v, m, out), ("n = 2",)),
    "RowNorms": (lambda m, v, out: row_norms(v, m), ()),
    "Cosines": (lambda m, v, out: cosines([v, v]), ()),
    "VectorPCA": (lambda m, v, out: pca_vectors([v]), ()),
}


@pytest.mark.filterwarnings("ignore:FID of")
@pytest.mark.parametrize("name", MADE)
def test_every_result_states_its_basis_wherever_it_is_shown(tiny_model, vector, tmp_path, name):
    make, parts = MADE[name]
    found = make(tiny_model, vector, tmp_path / "out")
    assert type(found).__name__ == name
    rows = list(csv.DictReader(io.StringIO(found.csv())))
    picture = Image.open(io.BytesIO(found.png()))
    shown = (found._repr_html_().replace("&#x27;", "'"), str(found), rows[0]["basis"], picture.info["Description"])
    for text in shown:
        for part in (*parts, *(() if name == "PictureDistances" else (f"model {tiny_model.fingerprint}",))):
            assert part in text, f"{part} is missing in {text[:200]}"
    assert found.sentence().endswith(".")


def test_every_kind_of_result_is_in_the_table_above():
    def kinds(kind):
        return {kind, *(x for inner in kind.__subclasses__() for x in kinds(inner))}

    ours = {kind.__name__ for kind in kinds(Result) if kind.__module__.startswith("editgan_widgets.analysis")}
    assert ours - {"Result"} == set(MADE)


def test_the_sentence_warns_of_few_portraits(tiny_model, vector):
    few = effect_map(tiny_model, vector, range(9))
    assert few.sentence() == f"{few.answer()} These are 9 portraits: others may differ much; take 10 or more."
    one = effect_map(tiny_model, vector, [3])
    assert one.sentence() == f"{one.answer()} This is one portrait: others may differ much; take 10 or more."
    enough = effect_map(tiny_model, vector, range(10))
    assert enough.sentence() == enough.answer()
    assert row_norms(vector).sentence() == row_norms(vector).answer()


@pytest.mark.parametrize(
    ("seeds", "text"),
    [
        ((3,), "portraits of seed 3"),
        ((3, 4, 5), "portraits of seeds 3 to 5"),
        ((3, 5, 4), "portraits of seeds 3, 5, 4"),
        (tuple(range(0, 100, 3)), "portraits of 34 seeds from 0 to 99"),
    ],
)
def test_seeds_are_stated_in_few_words(seeds, text):
    assert str(Basis(len(seeds), seeds=seeds)) == f"n = {len(seeds)}, {text}"


def planted(n, slope, noise, seed):
    """Values `[n, strengths]` of an attribute with a standard deviation of 1, and a change with noise."""
    rng = np.random.default_rng(seed)
    strengths = np.array([0.0, 0.5, 1.0, 2.0])
    return rng.standard_normal((n, 1)) + slope * strengths + noise * rng.standard_normal((n, 1)) * strengths


def test_intervals_of_leakage_contain_the_planted_leak_as_often_as_they_say(vector):
    strengths, hits = np.array([0.0, 0.5, 1.0, 2.0]), 0
    for seed in range(100):
        values = {"own": planted(40, 1.0, 0.2, 2 * seed), "other": planted(40, 0.5, 0.3, 2 * seed + 1)}
        curves = {name: curve_of("v", name, strengths, x, Basis(40)) for name, x in values.items()}
        found = leakage_of(vector, "own", curves, Basis(40, seed), values)
        hits += bool(found.low[0, 1] <= 0.5 <= found.high[0, 1])
        assert found.low[0, 0] == pytest.approx(1, abs=1e-6)
        assert found.high[0, 0] == pytest.approx(1, abs=1e-6)
    assert hits >= 87


def test_intervals_of_leakage_narrow_with_more_portraits_and_are_those_of_the_mean(vector):
    strengths, widths = np.array([0.0, 0.5, 1.0, 2.0]), []
    for n in (20, 500):
        values = {"own": planted(n, 1.0, 0.2, 0), "other": planted(n, -0.5, 0.3, 1)}
        curves = {name: curve_of("v", name, strengths, x, Basis(n)) for name, x in values.items()}
        found = leakage_of(vector, "own", curves, Basis(n), values)
        assert found.low[0, 1] <= found.matrix[0, 1] <= found.high[0, 1] < 0
        assert found.leak_low[0] <= found.leak[0] <= found.leak_high[0]
        widths.append(found.high[0, 1] - found.low[0, 1])
    assert widths[1] < widths[0] / 3
    again = leakage_of(vector, "own", curves, Basis(n), values)
    assert np.array_equal(again.low, found.low)


def test_values_that_are_not_finite_are_left_out_of_the_intervals_of_leakage(vector):
    strengths = np.array([0.0, 0.5, 1.0, 2.0])
    values = {"own": planted(60, 1.0, 0.2, 0), "other": planted(60, 0.5, 0.3, 1)}
    values["other"][:5] = np.nan
    values["hat"] = np.zeros((60, 4)) + strengths  # does not vary over unedited portraits
    curves = {name: curve_of("v", name, strengths, x[np.isfinite(x).all(1)], Basis(60)) for name, x in values.items()}
    found = leakage_of(vector, "own", curves, Basis(60), values)
    assert 0.2 < found.low[0, 1] < found.matrix[0, 1] < found.high[0, 1] < 0.8
    assert np.isnan(found.low[0, 2])
    assert found.table()[0]["hat low"] is None


def test_scores_of_disentanglement_have_intervals_that_narrow_with_samples(tiny_model):
    from editgan_widgets.analysis import disentanglement

    widths = {}
    for n in (60, 1000):
        rng = np.random.default_rng(n)
        codes = rng.standard_normal((n, 4))
        factors = {"a": codes[:, 0] + 0.3 * rng.standard_normal(n), "b": codes[:, 1] + codes[:, 2]}
        found = disentanglement(codes, factors)
        for name, value in (
            ("disentanglement", found.disentanglement),
            ("completeness", found.completeness),
            ("informativeness", found.informativeness.mean()),
            ("MIG", found.mig.mean()),
            ("SAP", found.sap.mean()),
        ):
            x = found.intervals[name]
            assert x.value == pytest.approx(value)
            assert 0 <= x.low <= x.value <= x.high <= 1
            assert f"{name} {x.value:.2f} ({x.low:.2f} to {x.high:.2f})" in found.sentence()
        widths[n] = {name: x.high - x.low for name, x in found.intervals.items()}
        assert [row["score"] for row in found.summary()] == list(found.intervals)
    assert all(widths[1000][name] < widths[60][name] for name in ("informativeness", "MIG", "SAP"))
