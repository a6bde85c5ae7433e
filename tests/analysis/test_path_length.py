"""Path length and separability of generators and labels whose answer is known."""

import numpy as np
import pytest
import torch

from editgan_widgets.analysis.path_lengths import linear_separability, path_length
from editgan_widgets.models.generators.protocol import Synthesis


def squared(a, b):
    return float((a - b).double().square().sum())


def test_a_constant_generator_has_path_length_zero(tiny_model, monkeypatch):
    def same(w_plus):
        return Synthesis(torch.zeros(len(w_plus), 3, 32, 32), [])

    monkeypatch.setattr(tiny_model.generator.synthesis, "forward", same)
    found = path_length(tiny_model, "w", 20, distance=squared)
    assert found.length.value == 0
    assert found.basis.n == 20


def test_a_linear_generators_path_length_is_the_squared_distance_of_its_latents(tiny_model, monkeypatch):
    def linear(w_plus):
        picture = torch.zeros(len(w_plus), 3, 32, 32)
        picture[:, 0, 0, : w_plus.shape[2]] = w_plus[:, 0]
        return Synthesis(picture, [])

    monkeypatch.setattr(tiny_model.generator.synthesis, "forward", linear)
    found = path_length(tiny_model, "w", 40, seed=3, ends=True, distance=squared)
    rng = torch.Generator().manual_seed(3)
    pairs = [torch.randn(2, tiny_model.generator.z_dim, generator=rng) for _ in range(40)]
    with torch.no_grad():
        w = [tiny_model.generator.mapping(z) for z in pairs]
    wanted = np.array([float((b - a).double().square().sum()) for a, b in w])
    assert found.values == pytest.approx(wanted, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("space", ["z", "w"])
def test_path_length_can_be_measured_with_the_models_own_features(tiny_model, space):
    found = path_length(tiny_model, space, 12)
    assert found.length.value > 0
    assert found.table()[0]["space"] == space
    assert found.png().startswith(b"\x89PNG")


def test_numpy_integers_are_samples_and_seeds(tiny_model):
    found = path_length(tiny_model, "w", np.int64(10), np.int64(3), distance=squared)
    assert found.length == path_length(tiny_model, "w", 10, 3, distance=squared).length
    assert type(found.basis.seed) is int


def test_unknown_spaces_and_too_few_samples_are_refused(tiny_model):
    with pytest.raises(ValueError, match="unknown space 's'"):
        path_length(tiny_model, "s")
    with pytest.raises(ValueError, match="3 samples are too few"):
        path_length(tiny_model, samples=3)


def test_attributes_split_by_a_plane_are_separable_and_random_ones_are_not():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4000, 6))
    x = x[np.abs(x[:, 0]) > 0.1]
    assert linear_separability(x, {"sign": x[:, 0] > 0}) == pytest.approx(1, abs=0.03)
    assert linear_separability(x, {"coin": rng.random(len(x)) > 0.5}) == pytest.approx(2, abs=0.03)
    with pytest.raises(ValueError, match="the same for all samples"):
        linear_separability(x, {"always": np.ones(len(x), bool)})
