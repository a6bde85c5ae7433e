"""low_pass_filter in Triton: a program writes a block of one row's pixels and of channels, and reads their neighbours.

A map in channels_last order is `[samples, rows, columns, channels]`; neighbouring programs share rows through the
cache.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

_COLUMNS, _CHANNELS = 16, 64  # block size


def low_pass_filter(x: Tensor, kernel: Tensor, padding: int) -> Tensor:
    """See `low_pass.low_pass_filter`."""
    x = x.contiguous(memory_format=torch.channels_last)
    samples, channels, height, width = x.shape
    out_height, out_width = height + 2 * padding - 3, width + 2 * padding - 3
    size = (samples, channels, out_height, out_width)
    y = torch.empty(size, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    blocks = triton.cdiv(out_width, _COLUMNS)
    _filter[out_height * blocks, triton.cdiv(channels, _CHANNELS), samples](
        x, kernel[0].contiguous(), y, height, width, out_height, out_width, channels, blocks, padding,
        COLUMNS=_COLUMNS, CHANNELS=_CHANNELS,
    )  # fmt: skip
    return y


@triton.jit(do_not_specialize=["height", "width", "out_height", "out_width", "blocks", "padding"])
def _filter(
    x, taps, y, height, width, out_height, out_width, channels, blocks, padding,
    COLUMNS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0) // blocks + tl.zeros([COLUMNS], tl.int32)  # one per pixel, for the comparisons below
    column = tl.program_id(0) % blocks * COLUMNS + tl.arange(0, COLUMNS)
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    sample = tl.program_id(2).to(tl.int64)
    there = (channel < channels)[None, :]
    total = tl.zeros([COLUMNS, CHANNELS], tl.float32)
    for down in tl.static_range(4):
        from_row = row + down - padding
        for across in tl.static_range(4):
            from_column = column + across - padding
            inside = (from_row >= 0) & (from_row < height) & (from_column >= 0) & (from_column < width)
            place = ((sample * height + from_row) * width + from_column)[:, None] * channels + channel[None, :]
            read = tl.load(x + place, mask=inside[:, None] & there, other=0).to(tl.float32)
            total += tl.load(taps + down * 4 + across).to(tl.float32) * read
    place = ((sample * out_height + row) * out_width + column)[:, None] * channels + channel[None, :]
    tl.store(y + place, total.to(y.dtype.element_ty), mask=(column < out_width)[:, None] & there)
