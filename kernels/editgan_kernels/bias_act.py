"""bias_act: scale, bias, noise and leaky ReLU after a styled convolution, and the backward pass.

    y = leaky_relu(scale * x + bias + noise)

Backward needs only y: its sign determines the slope of the leaky ReLU, and the gradient with respect to the scale is

    sum over pixels of (gradient * y - before * (bias + noise)) / scale        before = gradient * slope

since gradient * y = before * (scale * x + bias + noise). `bias_act_triton` computes forward and backward in one pass
over the map each.

Shapes: maps `[b, c, h, w]`, in channels_last order; scale `[b, c]`; bias `[c]`; noise `[b or 1, 1, h, w]`.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from editgan_kernels.choice import Choice
from editgan_kernels.sums import sum_type, sums_over_pixels


def bias_act_(x: Tensor, scale: Tensor | None, bias: Tensor, noise: Tensor | None, leak: float) -> Tensor:
    """Apply to x in place; scale and noise may be None. `leak` is the slope for negative values, above 0."""
    return _FORWARD(x, scale, bias, noise, leak)


def bias_act_backward(
    gradient: Tensor, y: Tensor, bias: Tensor, noise: Tensor | None, leak: float
) -> tuple[Tensor, Tensor]:
    """From the gradient with respect to y: `before`, the gradient before the leaky ReLU, and the sums `[b, c]`.

    The sums (see above) are not divided by the scale yet, and have at least float32 precision.
    """
    return _BACKWARD(gradient, y, bias, noise, leak)


def bias_act_reference(x: Tensor, scale: Tensor | None, bias: Tensor, noise: Tensor | None, leak: float) -> Tensor:
    """Compute bias_act_ in place in plain torch operations."""
    if scale is not None:
        x = x.mul_(scale[:, :, None, None])
    x = x.add_(bias[:, None, None])
    return F.leaky_relu_(x if noise is None else x.add_(noise), leak)


def bias_act_backward_reference(
    gradient: Tensor, y: Tensor, bias: Tensor, noise: Tensor | None, leak: float
) -> tuple[Tensor, Tensor]:
    """Compute bias_act's backward pass in plain torch operations."""
    before = torch.ops.aten.leaky_relu_backward(gradient, y, leak, True)
    added = before.sum((2, 3), dtype=sum_type(before)) * bias
    if noise is not None:
        added = added + sums_over_pixels(before, noise)
    return before, sums_over_pixels(gradient, y) - added


_FORWARD = Choice(bias_act_reference, "editgan_kernels.bias_act_triton", "bias_act_")
_BACKWARD = Choice(bias_act_backward_reference, "editgan_kernels.bias_act_triton", "bias_act_backward")
