"""modulate's backward pass in Triton: both gradients in one pass over gradient and map."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from editgan_kernels.map_blocks_triton import (
    BLOCKS,
    CHANNELS,
    PIXELS,
    block_of_map,
    grid_of,
    partial_sums,
    store_partial_sums,
)


def modulate_backward(gradient: Tensor, x: Tensor, styles: Tensor) -> tuple[Tensor, Tensor]:
    """See `modulate.modulate_backward`."""
    to_x = gradient.contiguous(memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
    channels, pixels, grid = x.shape[1], x.shape[2] * x.shape[3], grid_of(x, BLOCKS)
    partial = partial_sums(x, grid)
    _backward[grid](
        to_x, x, partial, styles.contiguous(), pixels, channels, PIXELS=PIXELS, CHANNELS=CHANNELS, BLOCKS=BLOCKS
    )
    return to_x, partial.sum(0)


@triton.jit(do_not_specialize=["pixels"])
def _backward(
    gradient, x, partial, styles, pixels, channels,
    PIXELS: tl.constexpr, CHANNELS: tl.constexpr, BLOCKS: tl.constexpr,
):  # fmt: skip
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    sample = tl.program_id(2)
    style = tl.load(styles + sample * channels + channel, mask=channel < channels, other=0).to(tl.float32)
    total = tl.zeros([CHANNELS], tl.float32)
    for block in range(BLOCKS):
        pixel = (tl.program_id(0) * BLOCKS + block) * PIXELS + tl.arange(0, PIXELS)
        place, here = block_of_map(pixel, channel, sample, pixels, channels)
        given = tl.load(gradient + place, mask=here, other=0).to(tl.float32)
        total += tl.sum(given * tl.load(x + place, mask=here, other=0).to(tl.float32), axis=0)
        tl.store(gradient + place, (given * style[None, :]).to(gradient.dtype.element_ty), mask=here)
    store_partial_sums(partial, total, channel, sample, channels)
