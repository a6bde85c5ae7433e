"""Compute kernels of editgan-widgets: every op has a plain torch form that runs on any device.

`pyramid_linear`: a linear layer over a pyramid of feature maps, without building the upsampled cube.
`modulated_convolution`: StyleGAN2's styled convolution with frozen weights, its backward pass written out.
`choices`: which of their parts run as Triton kernels on this process's CUDA device, and why.
"""

from editgan_kernels.choice import Trial, choices
from editgan_kernels.modulated_convolution import modulated_convolution, modulated_convolution_reference
from editgan_kernels.pyramid_linear import (
    PixelSampler,
    bilinear_taps,
    pyramid_linear,
    pyramid_linear_at,
    pyramid_linear_reference,
)
from editgan_kernels.pyramid_strips import PyramidStrips

__all__ = [
    "PixelSampler",
    "PyramidStrips",
    "Trial",
    "bilinear_taps",
    "choices",
    "modulated_convolution",
    "modulated_convolution_reference",
    "pyramid_linear",
    "pyramid_linear_at",
    "pyramid_linear_reference",
]
