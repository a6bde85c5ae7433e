"""SeFa and GANSpace against their definitions."""

import numpy as np
import pytest
import torch

from editgan_widgets.latent.directions.edit_vector import EditVectorError
from editgan_widgets.latent.directions.unsupervised import ganspace, sefa


def stacked(model, rows, normalise=False):
    a = torch.cat([w for row in rows for w in model.generator.style_weights(row)]).double()
    return a / a.norm(dim=0) if normalise else a


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("rows", [None, (2, 5)])
def test_sefas_directions_are_ordered_orthonormal_eigenvectors(tiny_model, rows, normalise):
    found = sefa(tiny_model, 16, rows, normalise)
    first, end = rows or (0, 8)
    a = stacked(tiny_model, range(first, end), normalise)
    axes = torch.stack([vector.delta_w_plus[first] for vector in found]).double()
    values = torch.tensor([vector.recipe["eigenvalue"] for vector in found]).double()
    assert torch.allclose(axes @ axes.T, torch.eye(16).double(), atol=1e-5)
    assert bool((values.diff() <= 0).all())
    residual = (axes @ (a.T @ a) - values[:, None] * axes).norm(dim=1) / values[0]
    assert float(residual.max()) <= 1e-5
    for vector in found:
        assert vector.layers == tuple(range(first, end))


def test_sefas_first_direction_changes_the_styles_more_than_random_ones(tiny_model):
    a = stacked(tiny_model, range(8))
    first = sefa(tiny_model, 1)[0].delta_w_plus[0].double()
    rng = torch.Generator().manual_seed(0)
    others = torch.nn.functional.normalize(torch.randn(200, 16, generator=rng).double(), dim=1)
    assert float((a @ first).norm()) > float((a @ others.T).norm(dim=0).max())


def test_style_weights_of_a_row_give_the_change_of_its_layers_styles(tiny_model):
    block = tiny_model.generator.synthesis.b8
    w = torch.randn(2, 16)
    for row, layers in ((1, [block.conv0, tiny_model.generator.synthesis.b4.torgb]), (2, [block.conv1])):
        weights = tiny_model.generator.style_weights(row)
        assert len(weights) == len(layers)
        for weight, layer in zip(weights, layers, strict=True):
            assert torch.allclose(layer.affine(w) - layer.affine(torch.zeros(2, 16)), w @ weight.T, atol=1e-5)
    with pytest.raises(IndexError, match="row 8"):
        tiny_model.generator.style_weights(8)


def test_ganspaces_components_are_the_axes_of_a_known_gaussian(tiny_model, monkeypatch):
    std = torch.linspace(3, 0.2, 16).double()
    axes = torch.linalg.qr(torch.randn(16, 16, generator=torch.Generator().manual_seed(1)).double()).Q

    def gaussian(_model, samples, seed):
        z = torch.randn(samples, 16, generator=torch.Generator().manual_seed(seed)).double()
        return z * std @ axes.T + 5

    monkeypatch.setattr("editgan_widgets.latent.directions.unsupervised.sampled_w", gaussian)
    errors = []
    for samples in (1_000, 100_000):
        first = ganspace(tiny_model, 3, samples=samples)[0]
        direction = first.delta_w_plus[0].double()
        assert first.recipe["std"] == pytest.approx(3, rel=0.06)
        assert float(direction.norm()) == pytest.approx(first.recipe["std"], rel=1e-5)
        errors.append(1 - abs(float(direction @ axes[:, 0])) / float(direction.norm()))
    assert errors[1] < errors[0]  # the angle falls with the number of samples
    assert errors[1] < 0.001


def test_ganspace_is_the_same_for_the_same_seed(tiny_model):
    one, two, other = (ganspace(tiny_model, 1, samples=500, seed=seed)[0] for seed in (0, 0, 1))
    assert torch.equal(one.delta_w_plus, two.delta_w_plus)
    assert not torch.equal(one.delta_w_plus, other.delta_w_plus)
    assert 0 < one.recipe["share"] < 1


@pytest.mark.parametrize("search", [sefa, ganspace])
def test_rows_that_all_have_the_weight_zero_are_refused(tiny_model, search):
    with pytest.raises(EditVectorError, match="all 8 rows have the weight 0"):
        search(tiny_model, 2, [0.0] * 8)


def test_sefa_analyses_rows_of_a_negative_weight_too(tiny_model):
    plus, minus = sefa(tiny_model, 1, [1.0] * 8)[0], sefa(tiny_model, 1, [-1.0] * 8)[0]
    assert torch.equal(plus.delta_w_plus, -minus.delta_w_plus)


def test_numpy_integers_are_counts_samples_and_seeds(tiny_model):
    found = ganspace(tiny_model, np.int64(1), samples=np.int64(500), seed=np.int64(3))[0]
    assert torch.equal(found.delta_w_plus, ganspace(tiny_model, 1, samples=500, seed=3)[0].delta_w_plus)
    assert type(found.recipe["samples"]) is int


def test_counts_samples_and_rows_that_do_not_fit_are_refused(tiny_model):
    with pytest.raises(ValueError, match="1 to 16; got 17"):
        sefa(tiny_model, 17)
    with pytest.raises(ValueError, match="1 to 16; got 0"):
        ganspace(tiny_model, 0)
    with pytest.raises(ValueError, match="10 samples do not span"):
        ganspace(tiny_model, 2, samples=10)
    with pytest.raises(EditVectorError, match="rows"):
        sefa(tiny_model, 2, (5, 20))
