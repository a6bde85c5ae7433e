"""Style-modulated 3x3 convolution of frozen weights, with its backward pass written out (Karras et al. 2020, section 2.2).

    y = leaky_relu(scale * conv(weight, style * x) + shift)

What autograd would keep for it is five maps a layer; all that the gradients by x, style and scale need is in x and y,
which live anyway as the generator's features:

- the slope of the leaky ReLU is told by the sign of y, and gradient * (value before it) is gradient * y;
- the gradient by the style is, for each channel, the product of x and of the gradient by style * x, summed over pixels;
- at batch 1 style and scale go into the weight where that is smaller than the map, so no pass over the map is needed.

Maps are in channels_last order: on a CPU the convolutions, the low-pass filter above all, are up to six times quicker.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

_SUMMED_AT_ONCE = 2**18  # values of a product that is summed over pixels; more would leave the cache


def modulated_convolution(
    x: Float[Tensor, "b i h w"],
    styles: Float[Tensor, "b i"],
    scale: Float[Tensor, "b o"],
    weight: Tensor,
    low_pass: Float[Tensor, "o 1 4 4"] | None,
    shift: Float[Tensor, "#b #o #h2 #w2"],
    leak: float,
) -> Float[Tensor, "b o h2 w2"]:
    """Apply the layer. Gradients go to x, styles and scale; the rest is taken as frozen.

    Args:
        x: activations.
        styles: factor of each input channel.
        scale: factor of each output channel: demodulation and gain. Not 0.
        weight: `[o, i, 3, 3]`, or with `low_pass` `[i, o, 3, 3]` of a transposed convolution that doubles the size.
        low_pass: symmetric filter that follows it.
        shift: bias and noise.
        leak: slope below zero, above 0.
    """
    return _ModulatedConvolution.apply(x, styles, scale, weight, low_pass, shift, leak)


class _ModulatedConvolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        styles: Tensor,
        scale: Tensor,
        weight: Tensor,
        low_pass: Tensor | None,
        shift: Tensor,
        leak: float,
    ) -> Tensor:
        s, d = styles.to(x.dtype), scale.to(x.dtype)
        if len(x) == 1 and x.shape[2] * x.shape[3] > weight.shape[0 if low_pass is None else 1] * 9:
            by_output, by_input = (d[0], s[0]) if low_pass is None else (s[0], d[0])
            y = _convolve(x, weight * by_output[:, None, None, None] * by_input[:, None, None], low_pass)
        else:
            y = _convolve(x * s[:, :, None, None], weight, low_pass).mul_(d[:, :, None, None])
        y = F.leaky_relu_(y.add_(shift), leak)
        ctx.save_for_backward(x, y, styles, scale, weight, low_pass, shift)
        ctx.leak = leak
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (gradient,) = gradients
        x, y, styles, scale, weight, low_pass, shift = ctx.saved_tensors
        by_x, by_styles, by_scale = ctx.needs_input_grad[:3]
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        before = torch.ops.aten.leaky_relu_backward(gradient, y, ctx.leak, True)  # by the value before the leaky ReLU
        to_scale = None
        if by_scale:
            to_scale = ((_sums(gradient, y) - _sums(before, shift)) / scale).to(scale.dtype)
        to_x = to_styles = None
        if by_x or by_styles:
            s, d = styles.to(x.dtype), scale.to(x.dtype)
            to_x = _transposed(before, d, x, weight, low_pass)  # by style * x
            if by_styles:
                to_styles = _sums(to_x, x).to(styles.dtype)
            to_x = to_x.mul_(s[:, :, None, None]) if by_x else None
        return to_x, to_styles, to_scale, None, None, None, None


def _convolve(x: Tensor, weight: Tensor, low_pass: Tensor | None) -> Tensor:
    if low_pass is None:
        return F.conv2d(x, weight, padding=1)
    return F.conv2d(F.conv_transpose2d(x, weight, stride=2), low_pass, padding=1, groups=low_pass.shape[0])


def _transposed(gradient: Tensor, scale: Tensor, x: Tensor, weight: Tensor, low_pass: Tensor | None) -> Tensor:
    """The gradient by what was convolved, from that by the scaled result."""
    if len(scale) == 1:
        by_output = scale[0][:, None, None, None] if low_pass is None else scale[0][:, None, None]
        weight = weight * by_output
    else:
        gradient = gradient * scale[:, :, None, None]
    if low_pass is None:
        return torch.nn.grad.conv2d_input(list(x.shape), weight, gradient, padding=1)
    filtered = F.conv2d(gradient, low_pass, padding=2, groups=low_pass.shape[0])
    return F.conv2d(filtered, weight, stride=2)


def _sums(a: Tensor, b: Tensor) -> Tensor:
    """Sums over the pixels of a * b, `[b, c]` in float32 at least; b may be broadcast."""
    dtype = torch.promote_types(a.dtype, torch.float32)
    if b.shape[2:] == (1, 1):
        return a.sum((2, 3), dtype=dtype) * b[:, :, 0, 0].to(dtype)
    rows = max(1, _SUMMED_AT_ONCE // max(1, a.shape[0] * a.shape[1] * a.shape[3]))
    total = None
    for top in range(0, a.shape[2], rows):
        part = (a[:, :, top : top + rows] * b[:, :, top : top + rows]).sum((2, 3), dtype=dtype)
        total = part if total is None else total + part
    assert total is not None
    return total
