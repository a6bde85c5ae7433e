"""What the kernels over whole maps share: blocks of a map in channels_last order, and sums over its pixels.

Such a map is `[samples, pixels, channels]` in memory. A program has a block of pixels and of channels of one sample;
where it takes sums it walks down several blocks of pixels, so that few sums are left to be added.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

PIXELS, CHANNELS = 32, 64  # of a block
BLOCKS = 8  # of pixels, that a program with sums walks down

Grid = tuple[int, int, int]  # programs over pixels, channels, samples


def grid_of(x: Tensor, blocks: int = 1) -> Grid:
    """Programs for a map `[b, c, h, w]`, of which each has so many blocks of pixels."""
    samples, channels, height, width = x.shape
    return triton.cdiv(height * width, PIXELS * blocks), triton.cdiv(channels, CHANNELS), samples


def partial_sums(x: Tensor, grid: Grid) -> Tensor:
    """Memory for what each program adds up, `[programs, b, c]`, to be summed over the programs."""
    return torch.empty(grid[0], *x.shape[:2], dtype=torch.float32, device=x.device)


@triton.jit
def block_of_map(pixel, channel, sample, pixels, channels):
    """Places of a block's values in memory, and which of them there are."""
    here = (pixel < pixels)[:, None] & (channel < channels)[None, :]
    return (sample.to(tl.int64) * pixels + pixel)[:, None] * channels + channel[None, :], here


@triton.jit
def store_partial_sums(partial, total, channel, sample, channels):
    """Store what this program added up for a block of channels."""
    row = tl.program_id(0) * tl.num_programs(2) + sample
    tl.store(partial + row * channels + channel, total, mask=channel < channels)
