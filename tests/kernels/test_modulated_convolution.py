"""The explicit backward pass of a frozen modulated convolution, compared with autograd's."""

import pytest
import torch

from editgan_kernels import modulated_convolution, modulated_convolution_reference
from editgan_widgets.models.generators.stylegan2_layers import depthwise, resample_filter

LEAK = 0.2


def layer(batch, size, up, noise, dtype=torch.float64):
    rng = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=rng, dtype=dtype)

    inputs, outputs = 3, 4
    weight = normal(inputs, outputs, 3, 3) if up else normal(outputs, inputs, 3, 3)
    low_pass = depthwise(resample_filter() * 4, outputs, dtype) if up else None
    side = 2 * size if up else size
    added = normal(outputs), normal(batch, 1, side, side) if noise else None
    scale = normal(batch, outputs).abs() + 0.5
    return normal(batch, inputs, size, size), normal(batch, inputs), scale, weight, low_pass, *added


@pytest.mark.parametrize("noise", [True, False])
@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize(("batch", "size"), [(1, 4), (1, 8), (3, 4)])
def test_result_and_gradients_equal_those_of_autograd(batch, size, up, noise):
    x, styles, scale, *frozen = layer(batch, size, up, noise)
    moving = [value.requires_grad_() for value in (x, styles, scale)]
    ours = modulated_convolution(x, styles, scale, *frozen, LEAK)
    theirs = modulated_convolution_reference(x, styles, scale, *frozen, LEAK)
    assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    direction = torch.randn(ours.shape, generator=torch.Generator().manual_seed(1), dtype=ours.dtype)
    for a, b in zip(*(torch.autograd.grad((y * direction).sum(), moving) for y in (ours, theirs)), strict=True):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (0, 2)])
def test_only_the_required_gradients_are_computed(wanted):
    values = list(layer(1, 8, False, True))
    for i in wanted:
        values[i].requires_grad_()
    theirs = torch.autograd.grad(modulated_convolution_reference(*values, LEAK).sum(), [values[i] for i in wanted])
    ours = torch.autograd.grad(modulated_convolution(*values, LEAK).sum(), [values[i] for i in wanted])
    for a, b in zip(ours, theirs, strict=True):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-9)


def test_half_precision_keeps_the_direction_of_the_gradients():
    exact = [None if v is None else v.float() for v in layer(1, 32, False, True)]
    half = [None if v is None else v.bfloat16() for v in exact]
    half[1:3] = exact[1:3]  # styles and scale stay in float32, as in the generator
    gradients = []
    for values in (exact, half):
        moving = [values[i].detach().requires_grad_() for i in (0, 1, 2)]
        result = modulated_convolution(*moving, *values[3:], LEAK)
        gradients.append(torch.autograd.grad(result.float().square().sum(), moving))
    for a, b in zip(*gradients, strict=True):
        assert torch.cosine_similarity(a.flatten(), b.flatten().float(), dim=0) > 0.999


def test_a_second_derivative_is_refused():
    x, styles, scale, *frozen = layer(1, 4, False, True)
    styles.requires_grad_()
    (gradient,) = torch.autograd.grad(
        modulated_convolution(x, styles, scale, *frozen, LEAK).square().sum(), styles, create_graph=True
    )
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
