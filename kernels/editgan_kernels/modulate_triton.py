"""modulate's backward pass in Triton: both gradients in one pass over gradient and map.

A map in channels_last order is `[samples, pixels, channels]`; a program walks down several blocks of pixels, so that
few sums are left to be added.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

_PIXELS, _CHANNELS = 32, 64  # of a block
_BLOCKS = 8  # of pixels, that a program walks down


def modulate_backward(gradient: Tensor, x: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
    """See `modulate.modulate_backward`."""
    to_x = gradient.contiguous(memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
    samples, channels, height, width = x.shape
    pixels = height * width
    rows = triton.cdiv(pixels, _PIXELS * _BLOCKS)
    partial = x.new_empty(rows, samples, channels, dtype=torch.float32)
    _backward[rows, triton.cdiv(channels, _CHANNELS), samples](
        to_x, x, partial, styles.contiguous(), pixels, channels, PIXELS=_PIXELS, CHANNELS=_CHANNELS, BLOCKS=_BLOCKS
    )
    return to_x, partial.sum(0)


@triton.jit(do_not_specialize=["pixels"])
def _backward(
    gradient, x, partial, styles, pixels, channels,
    PIXELS: tl.constexpr, CHANNELS: tl.constexpr, BLOCKS: tl.constexpr,
):  # fmt: skip
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    sample = tl.program_id(2)
    there = channel < channels
    style = tl.load(styles + sample * channels + channel, mask=there, other=0).to(tl.float32)
    total = tl.zeros([CHANNELS], tl.float32)
    for block in range(BLOCKS):
        pixel = (tl.program_id(0) * BLOCKS + block) * PIXELS + tl.arange(0, PIXELS)
        here = (pixel < pixels)[:, None] & there[None, :]
        place = (sample.to(tl.int64) * pixels + pixel)[:, None] * channels + channel[None, :]
        given = tl.load(gradient + place, mask=here, other=0).to(tl.float32)
        total += tl.sum(given * tl.load(x + place, mask=here, other=0).to(tl.float32), axis=0)
        tl.store(gradient + place, (given * style[None, :]).to(gradient.dtype.element_ty), mask=here)
    row = tl.program_id(0) * tl.num_programs(2) + sample
    tl.store(partial + row * channels + channel, total, mask=there)
