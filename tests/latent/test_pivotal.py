"""Pivotal tuning: the copy shows the picture, the model it came from does not change, its vectors still fit."""

import copy

import pytest
import torch

from editgan_widgets import EditVector
from editgan_widgets.latent.directions.edit_vector import WrongModelError
from editgan_widgets.latent.pivotal import PivotalConfig, autocorrelation, tune_around


@pytest.fixture(scope="module")
def picture():
    return torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(3)) - 0.5


@pytest.fixture(scope="module")
def tuned(tiny_model, picture):
    before = {name: value.clone() for name, value in tiny_model.generator.state_dict().items()}
    steps = []
    config = PivotalConfig(steps=60, lr=0.05, locality=0.1)
    found = tune_around(tiny_model, picture, tiny_model.sample_w_plus(1), config, on_step=steps.append)
    assert all(torch.equal(value, before[name]) for name, value in tiny_model.generator.state_dict().items())
    return found, steps


def shown(model, w_plus):
    with torch.no_grad():
        return model.generator.synthesis(w_plus).image


@pytest.mark.slow
def test_the_copy_shows_the_picture_at_the_pivot(tuned, tiny_model, picture):
    found, steps = tuned
    pivot = tiny_model.sample_w_plus(1)
    before, after = ((shown(model, pivot) - picture).square().mean() for model in (tiny_model, found))
    assert after < 0.5 * before
    assert [step.index for step in steps] == list(range(1, 61))
    assert steps[-1].psnr > steps[0].psnr + 3
    assert not any(p.requires_grad for p in found.generator.parameters())


@pytest.mark.slow
def test_locality_keeps_the_pictures_near_the_pivot(tiny_model, picture):
    pivot = tiny_model.sample_w_plus(1)
    near = pivot.lerp(tiny_model.sample_w_plus(9, 1.0), 0.3)
    moved = []
    for weight in (0.0, 1000.0):
        config = PivotalConfig(steps=15, lr=0.02, locality=weight)
        found = tune_around(tiny_model, picture, pivot, config)
        moved.append(float((shown(found, near) - shown(tiny_model, near)).square().mean()))
    assert moved[1] < 0.5 * moved[0]


@pytest.mark.slow
def test_vectors_of_the_model_fit_the_copy_and_those_of_others_do_not(tuned, tiny_model):
    found, _ = tuned
    delta = torch.ones(tuple(tiny_model.sample_w_plus(0).shape[1:]))
    assert found.fingerprint != tiny_model.fingerprint == found.base_fingerprint
    EditVector("up", delta, recipe={"fingerprint": tiny_model.fingerprint}).check(found)
    with pytest.raises(WrongModelError, match="was made with model other"):
        EditVector("up", delta, recipe={"fingerprint": "other"}).check(found)
    again = tune_around(found, torch.zeros(1, 3, 32, 32), tiny_model.sample_w_plus(2), PivotalConfig(steps=1))
    assert again.base_fingerprint == tiny_model.fingerprint


def test_it_can_be_stopped_and_bad_input_is_refused(tiny_model, picture):
    steps = []
    pivot = tiny_model.sample_w_plus(1)
    tune_around(tiny_model, picture, pivot, on_step=steps.append, should_stop=lambda: len(steps) >= 3)
    assert len(steps) == 3
    with pytest.raises(ValueError, match=r"takes \(1, 3, 32, 32\)"):
        tune_around(tiny_model, torch.zeros(1, 3, 16, 16), pivot)
    with pytest.raises(ValueError, match="steps must be"):
        PivotalConfig(steps=0)


@pytest.mark.slow
def test_noise_maps_move_alone_where_noise_has_strength(tiny_model, picture):
    strong = copy.deepcopy(tiny_model)
    for name, value in strong.generator.synthesis.named_parameters():
        if name.endswith("noise_strength"):
            value.data.fill_(0.5)
    pivot = strong.sample_w_plus(1)
    found = tune_around(strong, picture, pivot, PivotalConfig(steps=40, moves="noise", noise_lr=0.1, locality=0.0))
    before, after = ((shown(model, pivot) - picture).square().mean() for model in (strong, found))
    assert after < 0.9 * before
    kept, moved = strong.generator.state_dict(), found.generator.state_dict()
    changed = {name.split(".")[-1] for name in kept if not torch.equal(kept[name], moved[name])}
    assert changed == {"noise_const"}
    assert not any(x.requires_grad for x in found.generator.buffers())


def test_autocorrelation_is_near_nought_for_noise_and_large_for_a_pattern():
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(64, 64, generator=rng)
    smooth = torch.nn.functional.avg_pool2d(torch.randn(1, 1, 66, 66, generator=rng), 3, 1)[0, 0]
    smooth = smooth / smooth.std()
    assert autocorrelation([noise]) < 0.1
    assert autocorrelation([smooth]) > 10 * autocorrelation([noise])
