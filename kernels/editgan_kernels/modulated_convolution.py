"""Style-modulated 3x3 convolution of frozen weights, with its backward pass written out (Karras et al. 2020, 2.2).

    y = leaky_relu(scale * conv(weight, style * x) + bias + noise)

Autograd would keep five maps per layer. The gradients with respect to x, style and scale need only x and y, which are
kept as the generator's features in any case:

- the sign of y determines the slope of the leaky ReLU, and gradient * (value before it) is gradient * y;
- the gradient with respect to the style is, per channel, x times the gradient of style * x, summed over pixels;
- at batch 1, style and scale are multiplied into the weight if it is smaller than the map, which saves a pass over it.

Maps are in channels_last order, which makes the convolutions, above all the low-pass filter, up to six times faster on
a CPU.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.grad import conv2d_input

from editgan_kernels.bias_act import bias_act_, bias_act_backward
from editgan_kernels.low_pass import low_pass_filter
from editgan_kernels.modulate import modulate_backward


def modulated_convolution(
    x: Float[Tensor, "b i h w"],
    styles: Float[Tensor, "b i"],
    scale: Float[Tensor, "b o"],
    weight: Tensor,
    low_pass: Float[Tensor, "o 1 4 4"] | None,
    bias: Float[Tensor, " o"],
    noise: Float[Tensor, "#b 1 h2 w2"] | None,
    leak: float,
) -> Float[Tensor, "b o h2 w2"]:
    """Apply the layer. Gradients are computed for x, styles and scale; the other arguments are frozen.

    Args:
        x: activations.
        styles: factor of each input channel.
        scale: factor of each output channel: demodulation and gain. Not 0.
        weight: `[o, i, 3, 3]`, or with `low_pass` `[i, o, 3, 3]` of a transposed convolution that doubles the size.
        low_pass: symmetric filter that follows it.
        bias, noise: added to the result; noise may be None.
        leak: slope for negative values, above 0.
    """
    return _ModulatedConvolution.apply(x, styles, scale, weight, low_pass, bias, noise, leak)


def modulated_convolution_reference(
    x: Tensor,
    styles: Tensor,
    scale: Tensor,
    weight: Tensor,
    low_pass: Tensor | None,
    bias: Tensor,
    noise: Tensor | None,
    leak: float,
) -> Tensor:
    """Compute the same in plain torch operations, gradients by autograd. For tests and benchmarks."""
    x = _convolve(x * styles[:, :, None, None].to(x.dtype), weight, low_pass)
    x = x * scale[:, :, None, None].to(x.dtype) + bias[:, None, None]
    return F.leaky_relu(x if noise is None else x + noise, leak)


class _ModulatedConvolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        styles: Tensor,
        scale: Tensor,
        weight: Tensor,
        low_pass: Tensor | None,
        bias: Tensor,
        noise: Tensor | None,
        leak: float,
    ) -> Tensor:
        s, d = styles.to(x.dtype), scale.to(x.dtype)
        if len(x) == 1 and x.shape[2] * x.shape[3] > weight.shape[0 if low_pass is None else 1] * 9:
            by_output, by_input = (d[0], s[0]) if low_pass is None else (s[0], d[0])
            y = _convolve(x, weight * by_output[:, None, None, None] * by_input[:, None, None], low_pass)
            y = bias_act_(y, None, bias, noise, leak)
        else:
            y = bias_act_(_convolve(x * s[:, :, None, None], weight, low_pass), d, bias, noise, leak)
        ctx.save_for_backward(x, y, styles, scale, weight, low_pass, bias, noise)
        ctx.leak = leak
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        (gradient,) = grad_outputs
        x, y, styles, scale, weight, low_pass, bias, noise = ctx.saved_tensors
        by_x, by_styles, by_scale = ctx.needs_input_grad[:3]
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        to_scale = None
        if by_scale:
            before, sums = bias_act_backward(gradient, y, bias, noise, ctx.leak)
            to_scale = (sums / scale).to(scale.dtype)
        else:
            before = torch.ops.aten.leaky_relu_backward(gradient, y, ctx.leak, True)
        to_x = to_styles = None
        if by_x or by_styles:
            s, d = styles.to(x.dtype), scale.to(x.dtype)
            to_x = _transposed(before, d, x, weight, low_pass)  # with respect to style * x
            if by_styles:
                to_x, to_styles = modulate_backward(to_x, x, s)
                to_styles = to_styles.to(styles.dtype)
            else:
                to_x = to_x.mul_(s[:, :, None, None])
        return to_x if by_x else None, to_styles, to_scale, None, None, None, None, None


def _convolve(x: Tensor, weight: Tensor, low_pass: Tensor | None) -> Tensor:
    if low_pass is None:
        return F.conv2d(x, weight, padding=1)
    return low_pass_filter(F.conv_transpose2d(x, weight, stride=2), low_pass, padding=1)


def _transposed(gradient: Tensor, scale: Tensor, x: Tensor, weight: Tensor, low_pass: Tensor | None) -> Tensor:
    """Gradient with respect to the convolution's input, from that with respect to the scaled result."""
    if len(scale) == 1:
        by_output = scale[0][:, None, None, None] if low_pass is None else scale[0][:, None, None]
        weight = weight * by_output
    else:
        gradient = gradient * scale[:, :, None, None]
    if low_pass is None:
        return conv2d_input(list(x.shape), weight, gradient, padding=1)
    filtered = low_pass_filter(gradient, low_pass, padding=2)
    return F.conv2d(filtered, weight, stride=2)
