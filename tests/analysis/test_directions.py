"""Directions that need no painting: they move the attribute they were learned for."""

import numpy as np
import pytest
import torch

from editgan_widgets.analysis import directions
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


def test_the_svm_finds_the_plane_between_two_clouds():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 5))
    positive = x @ np.array([1.0, -2.0, 0, 0, 0]) > 0.3
    normal = directions._linear_svm(x, positive, 1e-3)
    normal /= np.linalg.norm(normal)
    assert normal @ np.array([1.0, -2.0, 0, 0, 0]) / np.sqrt(5) > 0.97


def test_an_attribute_that_is_not_read_is_refused_by_name(tiny_model):
    with pytest.raises(ValueError, match="unknown attribute 'smile'; known attributes: brightness"):
        labelled_latents(tiny_model, "smile", read, count=4)
