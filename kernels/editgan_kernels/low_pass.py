"""low_pass_filter: the 4-tap low-pass filter of StyleGAN2's upsampling layers, the same 4x4 kernel for each channel.

It follows a transposed convolution of stride 2 (upfirdn2d with the upsampling taken out); the kernel is symmetric, so
backward is the same filter with padding 2. Grouped convolutions of one channel each are slow on GPUs:
`low_pass_triton` reads the sixteen neighbours itself.

Shapes: maps `[b, c, h, w]`, in channels_last order; result `[b, c, h + 2 padding - 3, w + 2 padding - 3]`.
"""

import torch.nn.functional as F
from torch import Tensor

from editgan_kernels.choice import Choice


def low_pass_filter(x: Tensor, kernel: Tensor, padding: int) -> Tensor:
    """Filter every channel; zero padding on all sides. `kernel` is `[c, 1, 4, 4]`, the same for each channel."""
    return _FORWARD(x, kernel, padding)


def low_pass_filter_reference(x: Tensor, kernel: Tensor, padding: int) -> Tensor:
    """Compute the same as a grouped convolution."""
    return F.conv2d(x, kernel, padding=padding, groups=kernel.shape[0])


_FORWARD = Choice(low_pass_filter_reference, "editgan_kernels.low_pass_triton", "low_pass_filter")
