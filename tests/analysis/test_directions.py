"""Directions learned from labelled samples move their attribute."""

import pytest
import torch

from editgan_widgets.analysis.directions import labelled_latents, mean_difference, scale_for, svm_boundary


def read(pictures):
    return {"brightness": pictures.mean((1, 2, 3)).numpy()}


@pytest.fixture(scope="module")
def latents(tiny_model):
    return labelled_latents(tiny_model, "brightness", read, count=300)


@pytest.mark.parametrize("learn", [mean_difference, svm_boundary])
def test_a_direction_moves_its_attribute_and_every_row_alike(tiny_model, latents, learn):
    vector = learn(tiny_model, latents)
    assert torch.equal(vector.delta_w_plus, vector.delta_w_plus[:1].expand_as(vector.delta_w_plus))
    assert vector.recipe["fingerprint"] == tiny_model.fingerprint
    scale = scale_for(tiny_model, vector, "brightness", read, 0.05, range(20))
    w_plus = torch.cat([tiny_model.sample_w_plus(seed) for seed in range(20)])
    before, after = (
        read(tiny_model.generator.synthesis(vector.apply(w_plus, s)).image.clamp(-1, 1))["brightness"].mean()
        for s in (0.0, scale)
    )
    assert after - before == pytest.approx(0.05, abs=0.01)


def test_an_unknown_attribute_is_refused_by_name(tiny_model):
    with pytest.raises(ValueError, match="unknown attribute 'smile'; known attributes: brightness"):
        labelled_latents(tiny_model, "smile", read, count=4)
