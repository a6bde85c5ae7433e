"""modulate: the factor of each input channel of a styled convolution, and its backward pass.

Forward is one multiplication. Backward computes, from the gradient with respect to `styles * x`, the gradients with
respect to

    x:  gradient * styles                    styles:  sum over pixels of gradient * x

`modulate_triton` computes both in one pass over gradient and map.

Shapes: maps `[b, c, h, w]`, in channels_last order; styles `[b, c]`.
"""

from torch import Tensor

from editgan_kernels.choice import Choice
from editgan_kernels.sums import sums_over_pixels


def modulate_backward(gradient: Tensor, x: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients with respect to x, written over `gradient`, and to the styles `[b, c]`, in float32 at least."""
    return _BACKWARD(gradient, x, styles)


def modulate_backward_reference(gradient: Tensor, x: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the same in plain torch operations."""
    to_styles = sums_over_pixels(gradient, x)
    return gradient.mul_(styles[:, :, None, None]), to_styles


_BACKWARD = Choice(modulate_backward_reference, "editgan_kernels.modulate_triton", "modulate_backward")
