"""Effects of a vector on pictures, tested with known answers: planted effects, attributes and linear generators."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_model import TINY_LABELS

from editgan_widgets import EditVector
from editgan_widgets.analysis import linearity
from editgan_widgets.analysis.attribute_curves import CurveObserver, attribute_curve, curve_of
from editgan_widgets.analysis.attributes import attributes_of, by_picture
from editgan_widgets.analysis.effects import EffectObserver, effect_map
from editgan_widgets.analysis.leakage_matrix import leakage, matched_strength
from editgan_widgets.analysis.linearity import interaction, nonlinearity
from editgan_widgets.analysis.results import Basis
from editgan_widgets.analysis.trials import Trials, edited, observe, sampled_portraits
from editgan_widgets.latent.directions.edit_vector import WrongModelError
from editgan_widgets.latent.label_maps import predicted_label_map

SIZE = 32


@pytest.fixture
def vector(tiny_model):
    delta = torch.zeros(8, 16)
    delta[2:5, :4] = 0.4
    return EditVector("push", delta, ("spark",), {"fingerprint": tiny_model.fingerprint})


def planted(change, parts, n=6, seed=0):
    """Trials whose pictures differ by `change` `[3, H, W]` times a random strength of 0.5 to 1."""
    rng = torch.Generator().manual_seed(seed)
    before = torch.rand(n, 3, SIZE, SIZE, generator=rng) - 0.5
    scale = 0.5 + 0.5 * torch.rand(n, 1, 1, 1, generator=rng)
    return Trials(tuple(range(n)), before, np.stack([parts] * n), {1.0: before + scale * change})


@pytest.fixture
def quarters():
    """A label map of four quarters."""
    parts = np.zeros((SIZE, SIZE), np.uint8)
    parts[:16, 16:], parts[16:, :16], parts[16:, 16:] = 1, 2, 3
    return parts


def test_an_effect_inside_one_part_is_attributed_to_it_and_is_local(quarters, vector):
    change = torch.zeros(3, SIZE, SIZE)
    change[:, 18:30, 18:30] = 0.4
    observer = EffectObserver(TINY_LABELS, [3])
    observer.add(planted(change, quarters))
    found = observer.result(vector, np.random.default_rng(0), Basis(6))
    assert found.shares["spark"].value == pytest.approx(1)
    assert set(found.shares) == {"spark"}
    assert found.locality.value == pytest.approx(1)
    assert found.consistency[20, 20] == 1
    assert np.isnan(found.consistency[0, 0])
    assert found.low[20, 20] < found.mean[20, 20] < found.high[20, 20]
    assert found.mean[0, 0] == 0
    assert "100% of the effect" in found.sentence()


def test_an_effect_away_from_the_target_is_not_local(quarters, vector):
    change = torch.zeros(3, SIZE, SIZE)
    change[:, :10, :10] = 0.4
    observer = EffectObserver(TINY_LABELS, [3])
    observer.add(planted(change, quarters))
    assert observer.result(vector, np.random.default_rng(0), Basis(6)).locality.value == 0


def test_a_part_that_the_vector_adds_counts_as_its_target(quarters, vector):
    change = torch.zeros(3, SIZE, SIZE)
    change[:, 18:30, 18:30] = 0.4
    bare = np.where(quarters == 3, 0, quarters).astype(np.uint8)
    trials = replace(planted(change, bare), parts_after={1.0: np.stack([quarters] * 6)})
    observer = EffectObserver(TINY_LABELS, [3])
    assert observer.segmented == (1.0,)
    observer.add(trials)
    assert observer.result(vector, np.random.default_rng(0), Basis(6)).locality.value == pytest.approx(1)


def test_edited_pictures_are_segmented_where_it_is_asked_for(tiny_model, vector):
    portraits = sampled_portraits(tiny_model, [3, 4, 5])
    plain = edited(tiny_model, vector, portraits, (-1.0, 1.0, 2.0))
    trials = edited(tiny_model, vector, portraits, (-1.0, 1.0, 2.0), [1.0])
    assert not plain.parts_after
    assert list(trials.parts_after) == [1.0]
    assert all(torch.equal(plain.after[scale], trials.after[scale]) for scale in plain.after)
    for i in range(3):
        w_plus = vector.apply(portraits.w_plus[i : i + 1], 1.0)
        expected = predicted_label_map(tiny_model, tiny_model.generator.synthesis(w_plus).features)
        assert (trials.parts_after[1.0][i] == expected.numpy()).mean() > 0.99
    assert EffectObserver(TINY_LABELS).segmented == ()


def test_an_effect_on_two_parts_is_divided_by_the_change_in_each(quarters, vector):
    change = torch.zeros(3, SIZE, SIZE)
    change[:, :16, :16], change[:, 16:, 16:] = 0.3, 0.1
    observer = EffectObserver(TINY_LABELS)
    observer.add(planted(change, quarters, seed=0))
    observer.add(planted(change, quarters, seed=1))
    found = observer.result(vector, np.random.default_rng(0), Basis(12))
    assert found.shares["background"].value == pytest.approx(0.75, abs=1e-4)
    assert found.locality is None
    assert found.table()[0]["part"] == "background"


def test_the_sign_is_inconsistent_if_portraits_change_in_both_directions(quarters, vector):
    change = torch.full((3, SIZE, SIZE), 0.4)
    both = planted(change, quarters, n=4)
    flipped = Trials(both.seeds, both.after[1.0], both.parts, {1.0: both.before})
    observer = EffectObserver(TINY_LABELS)
    observer.add(both)
    observer.add(flipped)
    assert observer.result(vector, np.random.default_rng(0), Basis(8)).consistency.max() == 0


@pytest.mark.slow
def test_the_effect_of_a_vector_on_a_model_is_the_mean_difference_of_its_pictures(tiny_model, vector):
    found = effect_map(tiny_model, vector, range(5), truncation_psi=0.7)
    pictures = []
    for seed in range(5):
        w = tiny_model.sample_w_plus(seed, 0.7)
        pair = torch.cat([w, w + vector.delta_w_plus])
        a, b = tiny_model.generator.synthesis(pair).image.clamp(-1, 1)
        pictures.append((b - a).abs().mean(0).numpy() / 2)
    assert np.allclose(found.mean, np.mean(pictures, 0), atol=1e-6)
    assert found.target == ("spark",)
    assert found.basis.n == 5
    assert sum(share.value for share in found.shares.values()) == pytest.approx(1, abs=1e-5)
    assert "<table>" in found._repr_html_()


def test_a_linear_attribute_has_its_exact_slope_and_perfect_linearity():
    rng = np.random.default_rng(0)
    strengths = np.array([-1.0, -0.5, 0.0, 0.5, 1.5])
    values = rng.normal(size=(50, 1)) + 0.7 * strengths
    found = curve_of("v", "smile", strengths, values, Basis(50))
    assert found.slope == pytest.approx(0.7, abs=1e-12)
    assert found.r2 == pytest.approx(1)
    assert found.spearman == pytest.approx(1)
    assert found.saturation is None
    assert np.allclose(found.mean, 0.7 * strengths)
    assert np.allclose(found.high - found.low, 0, atol=1e-9)  # each portrait changes by the same amount


def test_a_parabola_has_the_slope_of_its_tangent_at_0():
    strengths = np.array([-1.0, 0.0, 2.0])
    values = np.tile(3 * strengths + 5 * strengths**2, (4, 1))
    assert curve_of("v", "a", strengths, values, Basis(4)).slope == pytest.approx(3)


def test_a_curve_that_becomes_flat_saturates_there():
    strengths = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    values = np.tile(np.array([0, 0.5, 1.0, 1.02, 1.03]), (4, 1))
    assert curve_of("v", "a", strengths, values, Basis(4)).saturation == 1.0


@pytest.mark.slow
def test_the_interval_of_a_curve_covers_the_true_mean_in_95_of_100_experiments():
    rng = np.random.default_rng(0)
    strengths, hits = np.array([0.0, 1.0]), 0
    for _ in range(400):
        start = rng.normal(size=(12, 1))
        values = np.concatenate([start, start + 1 + rng.normal(size=(12, 1))], 1)
        found = curve_of("v", "a", strengths, values, Basis(12))
        hits += found.low[1] <= 1 <= found.high[1]
    assert 0.92 <= hits / 400 <= 0.98


@pytest.mark.slow
def test_leakage_recovers_a_planted_mixing_matrix(tiny_model, monkeypatch):
    """Attributes are linear in w: one standard deviation of the target changes the others by the matrix's entries."""
    mixing = np.array([[1.0, 0.5, 0.0], [-0.25, 1.0, 0.8], [0.0, 0.0, 1.0]])
    axes = torch.zeros(3, 8, 16)
    for i in range(3):
        axes[i, i, i] = 1.0
    vectors = {
        name: EditVector(f"to {name}", torch.einsum("k,kij->ij", torch.tensor(row, dtype=torch.float32), axes))
        for name, row in zip("abc", mixing, strict=True)
    }

    class Linear:
        def trials(self, model, vector, seeds, scales, psi, batch, segmented):
            rng = torch.Generator().manual_seed(0)
            w = torch.randn(len(seeds), 8, 16, generator=rng)
            yield Trials(tuple(seeds), w, None, {s: vector.apply(w, s) for s in scales})

    monkeypatch.setattr("editgan_widgets.analysis.trials._trials", Linear().trials)
    monkeypatch.setattr("editgan_widgets.analysis.arguments.tried_pictures", lambda model: torch.zeros(2, 8, 16))

    def read(w):
        return {name: w[:, i, i].numpy() for i, name in enumerate("abc")}

    found = leakage(tiny_model, vectors, read, (0.5, 1.0, 2.0), range(1000))
    assert np.allclose(found.matrix, mixing, atol=0.12)  # the portraits' standard deviations are 1 +- 0.02
    assert np.allclose(found.strengths, 1, atol=0.1)
    assert all(found.reached)
    assert found.targets == ("a", "b", "c")
    assert f"changes c by {found.matrix[1, 2]:+.2f}" in found.sentence()


def test_leakage_at_an_unreached_target_is_extrapolated_and_marked():
    strengths = np.array([0.0, 1.0])
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 1)) + 0.25 * strengths
    strength, reached = matched_strength(curve_of("v", "a", strengths, values, Basis()))
    assert not reached
    assert strength == pytest.approx(float(values[:, 0].std(ddof=1)) / 0.25)
    with pytest.raises(ValueError, match="does not increase 'a'"):
        matched_strength(curve_of("v", "a", strengths, -values, Basis()))


def linear_pictures(monkeypatch):
    weights = torch.randn(8 * 16, 3 * SIZE * SIZE, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(linearity, "_unclipped", lambda _model, w: (w.flatten(1) @ weights).view(-1, 3, SIZE, SIZE))


def test_a_linear_generator_has_no_interaction_and_no_nonlinearity(tiny_model, vector, monkeypatch):
    linear_pictures(monkeypatch)
    other = EditVector("other", torch.randn(8, 16, generator=torch.Generator().manual_seed(2)))
    assert interaction(tiny_model, vector, other, range(3)).relative.value < 1e-5
    assert nonlinearity(tiny_model, vector, range(3)).relative.value < 1e-5


def test_vectors_of_the_tiny_model_interact(tiny_model, vector):
    found = interaction(tiny_model, vector, vector, range(4))
    assert found.relative.value > 0.01
    assert found.mean.shape == (SIZE, SIZE)
    assert found.basis.fingerprint == tiny_model.fingerprint


def test_one_pass_serves_all_observers_and_names_the_seeds(tiny_model, vector):
    effect, curves = EffectObserver(tiny_model.labels), CurveObserver(by_picture(light=np.mean), [1.0, 2.0])
    seen = observe(tiny_model, vector, [effect, curves], range(5), [0.0, 1.0, 2.0], batch=2)
    assert seen == (0, 1, 2, 3, 4)
    assert curves.values()["light"].shape == (5, 3)


def test_the_batch_size_does_not_change_the_result(tiny_model, vector):
    one, many = (
        attribute_curve(tiny_model, vector, "light", by_picture(light=np.mean), [1.0], range(5)) for _ in range(2)
    )
    assert np.array_equal(one.mean, many.mean)
    observer = CurveObserver(by_picture(light=np.mean), [1.0])
    observe(tiny_model, vector, [observer], range(5), [1.0], batch=1)
    assert np.allclose(observer.results(vector, Basis())["light"].mean, one.mean, atol=0.05)


def test_an_interrupt_keeps_the_portraits_measured_so_far(tiny_model, vector):
    class Interrupted:
        batches = 0

        def add(self, trials):
            self.batches += 1
            if self.batches == 3:
                raise KeyboardInterrupt

    assert observe(tiny_model, vector, [Interrupted()], range(8), batch=2) == (0, 1, 2, 3)


def test_unknown_attributes_and_vectors_of_other_models_are_refused(tiny_model, vector):
    with pytest.raises(ValueError, match="unknown attribute 'age'; known attributes: light"):
        attribute_curve(tiny_model, vector, "age", by_picture(light=np.mean), seeds=range(2))
    with pytest.raises(ValueError, match="by_picture"):
        attributes_of(tiny_model)
    with pytest.raises(ValueError, match="attribute 'light' is inf"):
        by_picture(light=lambda _: float("inf"))(torch.zeros(1, 3, 4, 4))
    with pytest.raises(WrongModelError):
        effect_map(tiny_model, EditVector("x", vector.delta_w_plus, (), {"fingerprint": "other"}), range(2))
    with pytest.raises(ValueError, match="no seeds"):
        effect_map(tiny_model, vector, [])


def test_every_function_is_exported_by_the_package():
    import editgan_widgets.analysis as analysis

    for name in analysis.__all__:
        assert callable(getattr(analysis, name))
    assert set(analysis.__all__) == set(analysis._HOMES)
