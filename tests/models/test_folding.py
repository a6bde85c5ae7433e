"""Values folded from frozen weights are recomputed when the weights change."""

import copy

import pytest
import torch

from editgan_widgets.models.folding import Folded
from editgan_widgets.models.generators.stylegan2_layers import SynthesisLayer


@pytest.fixture
def counted():
    """A folded square, and the number of its computations."""
    calls, fold = [], Folded()

    def square(x):
        def build():
            calls.append(1)
            return x.square()

        return fold((x,), build)

    return square, calls


def test_a_frozen_source_is_folded_once_and_again_after_a_change(counted):
    square, calls = counted
    x = torch.tensor([2.0])
    assert [float(square(x)), float(square(x)), len(calls)] == [4, 4, 1]
    x.fill_(3)
    assert [float(square(x)), len(calls)] == [9, 2]
    assert square(torch.tensor([5.0])) == 25


def test_the_fold_of_a_trainable_source_is_not_cached(counted):
    square, calls = counted
    x = torch.tensor([2.0], requires_grad=True)
    for _ in range(2):
        (gradient,) = torch.autograd.grad(square(x), [x])
        assert gradient == 4
    assert len(calls) == 2


def test_a_fold_made_in_inference_mode_is_not_cached(counted):
    square, _ = counted
    x = torch.tensor([2.0])
    with torch.inference_mode():
        assert square(x).is_inference()
    assert not square(x).is_inference()


def test_a_layer_uses_new_weights_and_its_copy_has_its_own_cache():
    torch.manual_seed(0)
    layer, other = (SynthesisLayer(4, 3, w_dim=5, resolution=8).requires_grad_(False) for _ in range(2))
    x, w = torch.randn(1, 4, 8, 8), torch.randn(1, 5)
    first = layer(x, w)
    twin = copy.deepcopy(layer)
    layer.load_state_dict(other.state_dict())
    assert torch.equal(layer(x, w), other(x, w))
    assert torch.equal(twin(x, w), first)
