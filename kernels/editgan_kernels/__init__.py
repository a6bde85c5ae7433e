"""Compute kernels of editgan-widgets: every op has a plain torch form that runs on any device.

`pyramid_linear`: a linear layer over a pyramid of feature maps, without building the upsampled cube.
"""

from editgan_kernels.pyramid_linear import (
    PixelSampler,
    PyramidStrips,
    bilinear_taps,
    pyramid_linear,
    pyramid_linear_at,
    pyramid_linear_reference,
)

__all__ = [
    "PixelSampler",
    "PyramidStrips",
    "bilinear_taps",
    "pyramid_linear",
    "pyramid_linear_at",
    "pyramid_linear_reference",
]
