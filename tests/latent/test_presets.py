from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from editgan_widgets import EditConfig, EditSession
from editgan_widgets.latent import edit_config
from editgan_widgets.latent.edit_config import PRESETS
from editgan_widgets.latent.objective import LossWeights
from editgan_widgets.latent.optimize import optimize_edit
from editgan_widgets.latent.target import from_label_maps


@dataclass(frozen=True)
class WithGrey(LossWeights):
    """Weights with that of a term which no preset knows."""

    grey: float = 1.0


def test_the_default_preset_is_the_default():
    assert EditConfig.preset("default") == EditConfig()


def test_the_papers_preset_has_the_papers_weights():
    config = EditConfig.preset("paper")
    assert (config.steps, config.lr, config.buffer_px, config.coordinates) == (100, 0.02, 5, "w")
    weights = config.weights
    assert (weights.perceptual, weights.rgb * 4, weights.segmentation, weights.identity) == (15, 15, 1, 10)
    assert (weights.dice, weights.prior, weights.encoder, weights.balance_power, weights.changed) == (0, 0, 0, 0, 1)
    refine = EditConfig.preset("paper", refine=True).weights
    assert (refine.perceptual, refine.segmentation, refine.identity) == (5, 1, 5)


def test_the_releases_preset_has_the_releases_weights():
    config = EditConfig.preset("released")
    assert (config.steps, config.lr, config.buffer_px, config.region, config.nearest) == (29, 0.02, 3, "painted", True)
    weights = config.weights
    assert (weights.perceptual, weights.rgb * 4, weights.segmentation, weights.encoder) == (150, 75, 1, 1)
    assert (weights.identity, weights.dice, weights.prior, weights.picture_mean) == (0, 0, 0, True)
    assert EditConfig.preset("released", refine=True).weights.encoder == 0


def test_a_weight_that_is_not_given_is_zero_that_of_a_new_term_included():
    weights = WithGrey.only(rgb=3.0, perceptual_every=1)
    numbers = {name: value for name, value in vars(weights).items() if value and isinstance(value, float)}
    assert isinstance(weights, WithGrey)
    assert numbers == {"rgb": 3.0}
    assert (weights.perceptual_every, weights.pixels) == (1, LossWeights.pixels)


@pytest.mark.parametrize("refine", [False, True])
@pytest.mark.parametrize("name", ["paper", "released"])
def test_a_preset_of_others_names_each_weight_that_is_not_zero(name, refine, monkeypatch):
    monkeypatch.setattr(edit_config, "LossWeights", WithGrey)
    weights = EditConfig.preset(name, refine=refine).weights
    assert isinstance(weights, WithGrey)
    assert weights.grey == 0


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ValueError, match="unknown preset 'papr'; use one of default, paper, released"):
        EditConfig.preset("papr")


@pytest.mark.parametrize("name", PRESETS)
def test_a_session_edits_with_a_preset(painted, name):
    before = painted.w_plus
    steps = list(painted.edit(steps=4, preset=name))
    assert len(steps) == 4
    assert steps[-1].figures["total"] < steps[0].figures["total"]
    assert not torch.equal(painted.w_plus, before)


def test_a_preset_and_a_config_are_not_both_taken(painted):
    with pytest.raises(ValueError, match="not both"):
        painted.edit(config=EditConfig(), preset="paper")


def test_plain_adams_first_update_moves_each_coordinate_of_w_by_the_rate(tiny_model, session, painted):
    step = next(optimize_edit(tiny_model, session.w_plus, painted.target, EditConfig.preset("paper")))
    moved = (step.w_plus - session.w_plus).abs()
    assert float(moved.median()) == pytest.approx(0.02, rel=0.01)
    assert float(moved.max()) < 0.0201


def test_the_released_region_is_the_painted_pixels_and_three_px_by_squares():
    before, after = np.zeros((32, 32), np.uint8), np.zeros((32, 32), np.uint8)
    before[10:12, 10:20] = after[10:12, 10:20] = 1
    after[10, 20] = 1
    target = from_label_maps(before, after, 3, region="painted")
    expected = np.zeros((32, 32), bool)
    expected[7:14, 17:24] = True
    np.testing.assert_array_equal(target.region, expected)


@pytest.mark.slow
def test_the_best_latent_is_kept_and_not_the_last(painted):
    weights = LossWeights.only(  # named, so that a new term does not change this edit
        segmentation=1.0, dice=2.0, rgb=40.0, perceptual=2.0, prior=0.01, balance_power=0.5, changed=2.0
    )
    steps = list(painted.edit(config=EditConfig(steps=12, lr=3.0, warmup=0, decay=1.0, weights=weights)))
    best = max(steps, key=lambda step: step.score)
    assert best.index < 12
    kept = best.w_plus.clone()
    assert not torch.equal(kept, steps[-1].w_plus)
    assert torch.equal(painted.w_plus, kept)
    np.testing.assert_array_equal(painted.image, best.image)


@pytest.mark.slow
def test_an_edit_stops_at_the_first_step_that_agrees_well_enough(tiny_model, session, painted):
    config = EditConfig(steps=20, outside_budget=1.0)
    ious = [step.iou for step in optimize_edit(tiny_model, session.w_plus, painted.target, config)]
    wanted = sorted(ious)[len(ious) // 2]
    stopped = list(optimize_edit(tiny_model, session.w_plus, painted.target, replace(config, stop_iou=wanted)))
    assert len(stopped) == 1 + next(i for i, iou in enumerate(ious) if iou >= wanted) < 20


def test_the_start_may_be_asked_for(tiny_model, session, painted):
    steps = list(optimize_edit(tiny_model, session.w_plus, painted.target, EditConfig(steps=3), with_start=True))
    assert [step.index for step in steps] == [0, 1, 2, 3]
    assert torch.equal(steps[0].w_plus, session.w_plus)
    assert steps[0].outside == 0
    plain = list(optimize_edit(tiny_model, session.w_plus, painted.target, EditConfig(steps=3)))
    assert torch.equal(plain[-1].w_plus, steps[-1].w_plus)


@pytest.mark.parametrize("layers", [(5, 2), (-1, 3), (3, 9)])
def test_layers_that_the_model_does_not_have_are_refused(tiny_model, session, painted, layers):
    with pytest.raises(ValueError, match=r"w_plus has rows 0\.\.7"):
        next(optimize_edit(tiny_model, session.w_plus, painted.target, EditConfig(layers=layers)))


NAN = float("nan")


@pytest.mark.parametrize(
    "changes",
    [
        {"stop_iou": 2.0},
        {"buffer_px": -1.0},
        {"region": "paint"},
        {"coordinates": "W"},
        {"best": "iuo"},
        {"best": []},
        {"decay": NAN},
        {"decay": 2.0},
        {"beta2": 5.0},
        {"beta2": 1.0},
        {"beta2": NAN},
        {"warmup": -5},
        {"outside_budget": NAN},
        {"outside_budget": -1.0},
        {"outside_penalty": NAN},
        {"outside_penalty": -1.0},
        {"units": None},
        {"weights": {"rgb": 1.0}},
        {"embedding": "arcface"},
        {"layers": 5},
    ],
)
def test_settings_out_of_range_are_refused(changes, unchecked):
    with pytest.raises(ValueError, match=next(iter(changes))):
        EditConfig(**changes)


@pytest.mark.parametrize("changes", [{"rgb": -1.0}, {"prior": -1}, {"perceptual_every": 0}, {"pixels": 0}])
def test_weights_out_of_range_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        LossWeights(**changes)


@pytest.mark.slow
def test_the_identity_term_holds_the_embedding(tiny_model):
    def embed(image):
        return torch.nn.functional.normalize(image.flatten(2).mean(2), dim=1)

    def edited(weight):
        session = EditSession.from_seed(tiny_model, seed=3)
        session.set_label_map((session.label_map + 1) % 4)
        weights = replace(EditConfig().weights, identity=weight)
        *_, last = session.edit(config=EditConfig(steps=8, embedding=embed, weights=weights))
        return float(1 - (embed(images(tiny_model, last)) * embed(images(tiny_model, session))).sum()), last

    def images(model, thing):
        latent = thing.w_plus if hasattr(thing, "figures") else thing.origin
        return model.generator.synthesis(latent).image

    (free, last), (held, held_last) = edited(0.0), edited(100.0)
    assert "identity" not in last.figures
    assert held_last.figures["identity"] == pytest.approx(held, abs=1e-4)
    assert held < free
