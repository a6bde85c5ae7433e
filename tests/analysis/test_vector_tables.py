"""Tables, studies and strips of edit vectors, against planted attributes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from editgan_widgets import EditVector
from editgan_widgets.analysis.attribute_curves import attribute_curve, curve_of
from editgan_widgets.analysis.attributes import by_picture
from editgan_widgets.analysis.curve_sets import curve_set, main_attribute
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.effects import effect_map
from editgan_widgets.analysis.leakage_matrix import leakage_of
from editgan_widgets.analysis.results import Basis
from editgan_widgets.analysis.strength_strips import strength_strip
from editgan_widgets.analysis.transfer_rates import rate_of_changes
from editgan_widgets.analysis.trials import Trials
from editgan_widgets.analysis.vector_studies import VectorStudy, study_vector
from editgan_widgets.analysis.vector_tables import VectorFigures, compare_vectors, vector_table
from editgan_widgets.latent.directions.conditioning import orthogonalise

STRENGTHS = np.array([-1.0, 0.0, 1.0, 2.0])


@pytest.fixture
def vector(tiny_model):
    delta = torch.zeros(8, 16)
    delta[2:5, :4] = 0.4
    return EditVector("push", delta, ("spark",), {"fingerprint": tiny_model.fingerprint})


def planted(slope: float, seed: int):
    values = np.random.default_rng(seed).normal(size=(50, 1))
    return curve_of("push", f"x{seed}", STRENGTHS, values + slope * STRENGTHS, Basis(50))


@pytest.mark.parametrize("direction", [1, -1])
def test_leakage_is_taken_where_the_target_rises_or_falls_by_one_deviation(vector, direction):
    curves = {"own": planted(direction * 0.8, 1), "other": planted(0.4, 2)}
    found = leakage_of(vector, "own", curves, Basis(50))
    strength = curves["own"].std / 0.8
    assert found.matrix[0] == pytest.approx([direction, 0.4 * strength / curves["other"].std])
    assert found.strengths[0] == pytest.approx(strength)
    assert found.leak[0] == pytest.approx(0.4 * strength / curves["other"].std)
    with pytest.raises(ValueError, match="attribute 'third' is not read; there are: other, own"):
        leakage_of(vector, "third", curves, Basis(50))


def test_curves_begin_with_the_target_and_go_on_by_size():
    curves = {f"x{i}": planted(slope, i) for i, slope in ((1, 0.1), (2, -0.9), (3, 0.4))}
    assert main_attribute(curves) == "x2"
    found = curve_set("push", "x1", curves, Basis(50))
    assert [curve.attribute for curve in found.curves] == ["x1", "x2", "x3"]
    first = found.table()[0]
    assert first["change"] == pytest.approx(curves["x1"].mean[0] / curves["x1"].std)
    assert len(found.table()) == 3 * len(STRENGTHS)
    assert len(found.figure().axes[0].lines) == 4


def test_success_counts_changes_of_at_least_half_of_the_sources():
    found = rate_of_changes("push", "smile", range(4), np.array([-1.0, -0.5, -0.4, 0.3]), -1.0)
    assert [row["success"] for row in found.table()] == [True, True, False, False]
    assert found.report.success.value == 0.5
    with pytest.raises(ValueError, match=r"changes 'smile' by 0\.0;"):
        rate_of_changes("push", "smile", [1], np.array([1.0]), 0.0)


def test_a_study_that_grows_is_the_same_as_one_that_is_measured_at_once(tiny_model, vector):
    read = by_picture(brightness=lambda picture: picture.mean())
    rng = torch.Generator().manual_seed(0)
    before = torch.rand(6, 3, 32, 32, generator=rng) - 0.5
    after = {s: before + 0.1 * s for s in (-1.0, -0.5, 0.5, 1.0, 1.5)}
    parts = np.zeros((6, 32, 32), np.uint8)
    studies = [VectorStudy(tiny_model, vector, read, target="brightness") for _ in range(2)]
    studies[0].add(Trials(tuple(range(6)), before, parts, after))
    for i in range(6):
        one = {s: x[i : i + 1] for s, x in after.items()}
        studies[1].add(Trials((i,), before[i : i + 1], parts[i : i + 1], one))
    (effect, curves, transfer), (whole_effect, whole_curves, _) = (
        (study.effect(), study.curves(), study.transfer()) for study in reversed(studies)
    )
    assert effect
    assert curves
    assert transfer
    assert whole_effect
    assert whole_curves
    assert effect.basis.n == 6
    assert np.array_equal(whole_effect.mean, effect.mean)
    assert whole_curves.table() == curves.table()
    assert curves.target == "brightness"
    assert transfer.report.success.value == 1
    assert effect.mean == pytest.approx(0.05, abs=1e-6)


def test_portraits_that_a_vector_was_learned_on_do_not_count_for_its_success(tiny_model, vector):
    vector = EditVector("push", vector.delta_w_plus, (), {**vector.recipe, "seeds": [0, 1]})
    study = VectorStudy(tiny_model, vector, by_picture(b=lambda picture: picture.mean()), False, target="b")
    before = torch.linspace(-0.5, 0.5, 5)[:, None, None, None].expand(5, 3, 32, 32)
    study.add(Trials(tuple(range(5)), before, None, {s: before + 0.1 * s for s in study.strengths}))
    transfer = study.transfer()
    assert transfer
    assert [row["seed"] for row in transfer.table()] == [2, 3, 4]
    assert study.effect() is None


def test_vectors_are_compared_on_the_same_portraits(tiny_model, vector):
    vector = EditVector("push", vector.delta_w_plus, (), {**vector.recipe, "attribute": "b"})
    other = EditVector("pull", -vector.delta_w_plus, (), vector.recipe)
    found = compare_vectors(tiny_model, [vector, other], by_picture(b=lambda picture: picture.mean()), range(8))
    rows = found.table()
    assert [row["vector"] for row in rows] == ["push", "pull"]
    assert rows[0]["norm"] == pytest.approx(0.4 * 12**0.5)
    assert rows[0]["n"] == found.basis.n == 8
    assert rows[0]["attribute"] == "b"
    assert found.figure().axes
    assert "2 edit vectors" in found.sentence()
    alone = compare_vectors(tiny_model, [vector], None, range(4))
    assert alone.table()[0]["success"] is None
    assert alone.table()[0]["safe strength"] > 0


def test_the_sentence_names_the_vector_that_leaks_least():
    rows = [
        VectorFigures("a", 2.0),
        VectorFigures("b", 1.0, safe=Estimate(3, 1, 4, 9)),
        VectorFigures("c", 3.0, leakage=0.1),
    ]
    assert (
        vector_table(rows, []).sentence()
        == "Of 3 edit vectors 'c' leaks least: by 0.10 standard deviations on average."
    )


def test_a_strip_has_a_row_for_each_portrait_and_a_column_for_each_strength(tiny_model, vector):
    strip = strength_strip(tiny_model, vector, (3, 4), (1.0, -1.0))
    assert strip.strengths == (-1.0, 0.0, 1.0)
    assert strip.pictures.shape == (2, 3, 32, 32, 3)
    changes = [row["change"] for row in strip.table()]
    assert changes[1] == changes[4] == 0
    assert min(changes[0], changes[2]) > 0
    assert len(strip.figure().axes) == 6
    with pytest.raises(ValueError, match="no seeds were given"):
        strength_strip(tiny_model, vector, ())


def test_one_call_measures_a_vector_as_the_single_functions_do(tiny_model, vector, monkeypatch):
    read = by_picture(mean=lambda picture: picture.mean(), red=lambda picture: picture[..., 0].mean())
    threads = torch.get_num_threads()
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    found = study_vector(tiny_model, vector, read, range(10), (-1, 0.5), target="red")
    monkeypatch.undo()
    torch.set_num_threads(threads)
    assert list(found) == [
        "effect map", "attribute curves", "leakage", "transfer rate", "row norms", "safe strength",
    ]  # fmt: skip
    assert {result.basis.n for name, result in found.items() if name != "row norms"} == {10}
    one = effect_map(tiny_model, vector, seeds=range(10))
    assert found["effect map"].mean == pytest.approx(one.mean, abs=1e-6)
    assert found["effect map"].low == pytest.approx(one.low, abs=1e-6)
    assert found["effect map"].locality.low == pytest.approx(one.locality.low, abs=1e-5)
    curve = attribute_curve(tiny_model, vector, "red", read, (-1, 0.5, 1), range(10))
    again = next(curve for curve in found["attribute curves"].curves if curve.attribute == "red")
    assert again.mean == pytest.approx(curve.mean, abs=1e-6)
    assert again.std == pytest.approx(curve.std)
    with pytest.raises(ValueError, match="no seeds were given"):
        study_vector(tiny_model, vector, read, [])


def test_a_vector_without_a_target_of_its_own_has_no_transfer_rate_and_no_leakage(tiny_model, vector):
    study = VectorStudy(tiny_model, vector, by_picture(b=lambda picture: picture.mean()), maps=False)
    before = torch.linspace(-0.5, 0.5, 5)[:, None, None, None].expand(5, 3, 32, 32)
    study.add(Trials(tuple(range(5)), before, None, {s: before + 0.1 * s for s in study.strengths}))
    assert study.transfer() is None
    assert study.leakage() is None
    assert study.target is None
    assert study.curves().target == "b"


def test_leakage_is_that_of_the_target_alone_and_a_derived_vector_keeps_its_target(tiny_model, vector):
    read = by_picture(mean=lambda picture: picture.mean(), red=lambda picture: picture[..., 0].mean())
    named = replace(vector, recipe={**vector.recipe, "attribute": "red"})
    other = EditVector("other", torch.randn_like(vector.delta_w_plus), (), vector.recipe)
    found = compare_vectors(tiny_model, [vector, named, orthogonalise(named, other)], read, range(6))
    assert [row.attribute for row in found.rows] == [None, "red", "red"]
    assert [row.leakage is None for row in found.rows] == [True, False, False]
    assert found.table()[0]["success"] is None
    gone = replace(vector, recipe={**vector.recipe, "attribute": "beard"})  # is not read
    assert compare_vectors(tiny_model, gone, read, range(6)).rows[0].attribute is None


def test_a_vector_whose_attribute_is_the_only_one_has_no_leakage(tiny_model, vector):
    named = replace(vector, recipe={**vector.recipe, "attribute": "b"})
    found = compare_vectors(tiny_model, named, by_picture(b=lambda picture: picture.mean()), range(6))
    assert found.rows[0].leakage is None
    assert "leakage was not measured" in found.sentence()


def test_portraits_on_which_an_attribute_is_not_a_number_are_left_out(tiny_model, vector):
    def read(pictures):
        values = pictures.mean((1, 2, 3)).numpy().astype(float)
        return {"b": np.where(values > 0.45, np.nan, values), "never": values * np.nan}

    study = VectorStudy(tiny_model, vector, read, False, target="b")
    before = torch.linspace(-0.5, 0.4, 6)[:, None, None, None].expand(6, 3, 32, 32)
    study.add(Trials(tuple(range(6)), before, None, {s: before + 0.1 * s for s in study.strengths}))
    found = study.results()
    assert found["attribute curves"].curves[0].basis.n == 5
    assert [curve.attribute for curve in found["attribute curves"].curves] == ["b"]
    assert np.isfinite(found["leakage"].matrix).all()
    assert found["transfer rate"].report.success.n == 5


def test_an_attribute_that_no_unedited_portrait_has_is_shown_in_its_own_unit(vector):
    curves = {
        "own": planted(0.5, 1),
        "hat": curve_of("push", "hat", STRENGTHS, np.ones((50, 1)) * STRENGTHS, Basis(50)),
    }
    found = leakage_of(vector, "own", curves, Basis(50))
    assert np.isnan(found.matrix[0, 1])
    assert found.table()[0]["hat"] is None
    assert np.isnan(found.leak[0])  # no other attribute has a unit
    shown = curve_set("push", "hat", curves, Basis(50))
    assert {row["unit"] for row in shown.table() if row["attribute"] == "hat"} == {"own"}
    with pytest.raises(ValueError, match="'hat' does not vary over the portraits"):
        leakage_of(vector, "hat", curves, Basis(50))


def test_the_sentence_of_leakage_says_if_it_is_extrapolated(vector):
    curves = {"own": planted(0.01, 1), "other": planted(0.5, 2)}
    found = leakage_of(vector, "own", curves, Basis(50))
    assert found.reached == (False,)
    assert "extrapolated to a strength of" in found.sentence()
    assert leakage_of(vector, "own", {"own": planted(2, 1)}, Basis(50)).sentence() == "No other attribute was measured."


def test_an_interrupted_comparison_keeps_the_vectors_before(tiny_model, vector, monkeypatch):
    calls = []

    def read(pictures):
        calls.append(len(pictures))
        if len(calls) == 15:
            raise KeyboardInterrupt
        return {"b": pictures.mean((1, 2, 3)).numpy()}

    other = EditVector("pull", -vector.delta_w_plus, (), vector.recipe)
    found = compare_vectors(tiny_model, [vector, other, other], read, range(16))
    assert [row["n"] for row in found.table()] == [16]


def test_a_repeated_seed_counts_once(tiny_model, vector):
    curve = attribute_curve(tiny_model, vector, "b", by_picture(b=lambda picture: picture.mean()), seeds=[3, 3, 4, 4])
    assert curve.basis.n == 2


@pytest.mark.parametrize("strengths", [[0.0], 0, (0, -0.0)])
def test_strengths_that_change_nothing_are_refused(tiny_model, vector, strengths):
    read = by_picture(b=lambda picture: picture.mean())
    with pytest.raises(ValueError, match="strengths are scales of the vector, some of them not 0"):
        attribute_curve(tiny_model, vector, "b", read, strengths)


def test_an_unknown_attribute_is_reported_before_the_measurement(tiny_model, vector):
    seen = []

    def read(pictures):
        seen.append(len(pictures))
        return {"b": pictures.mean((1, 2, 3)).numpy()}

    with pytest.raises(ValueError, match="unknown attribute 'smile'; known attributes: b"):
        attribute_curve(tiny_model, vector, "smile", read, seeds=range(40))
    assert sum(seen) == 2
