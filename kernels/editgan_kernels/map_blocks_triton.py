"""Shared by the kernels over whole maps: blocks of a map in channels_last order, and sums over its pixels.

Such a map is `[samples, pixels, channels]` in memory. A program processes a block of pixels and channels of one sample.
If it computes sums, it loops over several blocks of pixels, so that few partial sums remain.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

PIXELS, CHANNELS = 32, 64  # block size
BLOCKS = 8  # blocks of pixels that a program with sums loops over

Grid = tuple[int, int, int]  # programs over pixels, channels, samples


def grid_of(x: Tensor, blocks: int = 1) -> Grid:
    """Grid of programs for a map `[b, c, h, w]`; each program processes `blocks` blocks of pixels."""
    samples, channels, height, width = x.shape
    return triton.cdiv(height * width, PIXELS * blocks), triton.cdiv(channels, CHANNELS), samples


def partial_sums(x: Tensor, grid: Grid) -> Tensor:
    """Memory for the partial sums of each program, `[programs, b, c]`, to be summed over the programs."""
    return torch.empty(grid[0], *x.shape[:2], dtype=torch.float32, device=x.device)


@triton.jit
def block_of_map(pixel, channel, sample, pixels, channels):
    """Memory offsets of a block's values, and a mask of those inside the map."""
    here = (pixel < pixels)[:, None] & (channel < channels)[None, :]
    return (sample.to(tl.int64) * pixels + pixel)[:, None] * channels + channel[None, :], here


@triton.jit
def store_partial_sums(partial, total, channel, sample, channels):
    """Store this program's sums for a block of channels."""
    row = tl.program_id(0) * tl.num_programs(2) + sample
    tl.store(partial + row * channels + channel, total, mask=channel < channels)
