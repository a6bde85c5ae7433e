"""bias_act in Triton: one pass over the map forward, and one backward that also computes the sums over pixels."""

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


def bias_act_(x: Tensor, scale: Tensor | None, bias: Tensor, noise: Tensor | None, leak: float) -> Tensor:
    """See `bias_act.bias_act_`."""
    y = x.contiguous(memory_format=torch.channels_last)  # no copy if x has this order already
    channels, pixels = y.shape[1], y.shape[2] * y.shape[3]
    _forward[grid_of(y)](
        y, _dense(scale, y), bias, _dense(noise, y), pixels, channels, _step(noise, pixels), leak,
        HAS_SCALE=scale is not None, HAS_NOISE=noise is not None, PIXELS=PIXELS, CHANNELS=CHANNELS,
    )  # fmt: skip
    return y if y is x else x.copy_(y)


def bias_act_backward(
    gradient: Tensor, y: Tensor, bias: Tensor, noise: Tensor | None, leak: float
) -> tuple[Tensor, Tensor]:
    """See `bias_act.bias_act_backward`."""
    gradient = gradient.contiguous(memory_format=torch.channels_last)
    y = y.contiguous(memory_format=torch.channels_last)
    channels, pixels, grid = y.shape[1], y.shape[2] * y.shape[3], grid_of(y, BLOCKS)
    before, partial = torch.empty_like(gradient), partial_sums(y, grid)
    _backward[grid](
        gradient, y, before, partial, bias, _dense(noise, y), pixels, channels, _step(noise, pixels), leak,
        HAS_NOISE=noise is not None, PIXELS=PIXELS, CHANNELS=CHANNELS, BLOCKS=BLOCKS,
    )  # fmt: skip
    return before, partial.sum(0)


def _dense(x: Tensor | None, otherwise: Tensor) -> Tensor:
    """Contiguous memory for a pointer; `otherwise`, which is not read, for None."""
    return otherwise if x is None else x.contiguous()


def _step(noise: Tensor | None, pixels: int) -> int:
    """Stride from one sample's noise to the next one's."""
    return 0 if noise is None or noise.shape[0] == 1 else pixels


@triton.jit(do_not_specialize=["pixels", "noise_step"])
def _forward(
    y, scale, bias, noise, pixels, channels, noise_step, leak,
    HAS_SCALE: tl.constexpr, HAS_NOISE: tl.constexpr, PIXELS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    sample = tl.program_id(2)
    place, here = block_of_map(pixel, channel, sample, pixels, channels)
    value = tl.load(y + place, mask=here, other=0).to(tl.float32)
    if HAS_SCALE:
        factor = tl.load(scale + sample * channels + channel, mask=channel < channels, other=0).to(tl.float32)
        value = value * factor[None, :]
    value += tl.load(bias + channel, mask=channel < channels, other=0).to(tl.float32)[None, :]
    if HAS_NOISE:
        value += tl.load(noise + sample * noise_step + pixel, mask=pixel < pixels, other=0).to(tl.float32)[:, None]
    tl.store(y + place, tl.where(value > 0, value, value * leak).to(y.dtype.element_ty), mask=here)


@triton.jit(do_not_specialize=["pixels", "noise_step"])
def _backward(
    gradient, y, before, partial, bias, noise, pixels, channels, noise_step, leak,
    HAS_NOISE: tl.constexpr, PIXELS: tl.constexpr, CHANNELS: tl.constexpr, BLOCKS: tl.constexpr,
):  # fmt: skip
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    sample = tl.program_id(2)
    shift = tl.load(bias + channel, mask=channel < channels, other=0).to(tl.float32)
    total = tl.zeros([CHANNELS], tl.float32)
    for block in range(BLOCKS):
        pixel = (tl.program_id(0) * BLOCKS + block) * PIXELS + tl.arange(0, PIXELS)
        place, here = block_of_map(pixel, channel, sample, pixels, channels)
        given = tl.load(gradient + place, mask=here, other=0).to(tl.float32)
        value = tl.load(y + place, mask=here, other=0).to(tl.float32)
        slope = tl.where(value > 0, given, given * leak)
        tl.store(before + place, slope.to(before.dtype.element_ty), mask=here)
        added = shift[None, :]
        if HAS_NOISE:
            added += tl.load(noise + sample * noise_step + pixel, mask=pixel < pixels, other=0).to(tl.float32)[:, None]
        total += tl.sum(given * value - slope * added, axis=0)
    store_partial_sums(partial, total, channel, sample, channels)
