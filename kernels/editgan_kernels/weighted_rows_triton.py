"""weighted_rows in Triton: a program sums the entries of one result for a block of channels."""

import triton
import triton.language as tl
from torch import Tensor

_CHANNELS = 256  # block size


def sum_entries(rows: Tensor, starts: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """See `weighted_rows.sum_entries_reference`."""
    rows = rows.contiguous()
    samples, positions, channels = rows.shape
    count = len(starts) - 1
    sums = rows.new_empty(samples, count, channels)
    _sum[count, triton.cdiv(channels, _CHANNELS), samples](
        rows, starts, index, weight, sums, positions, channels, CHANNELS=_CHANNELS
    )
    return sums


@triton.jit(do_not_specialize=["positions"])
def _sum(rows, starts, index, weight, sums, positions, channels, CHANNELS: tl.constexpr):
    result = tl.program_id(0)
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    sample = tl.program_id(2).to(tl.int64)
    there = channel < channels
    total = tl.zeros([CHANNELS], tl.float32)
    for entry in range(tl.load(starts + result), tl.load(starts + result + 1)):
        row = sample * positions + tl.load(index + entry)
        read = tl.load(rows + row * channels + channel, mask=there, other=0).to(tl.float32)
        total += tl.load(weight + entry).to(tl.float32) * read
    place = (sample * tl.num_programs(0) + result) * channels + channel
    tl.store(sums + place, total.to(sums.dtype.element_ty), mask=there)
