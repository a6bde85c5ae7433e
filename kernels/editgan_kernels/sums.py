"""Sums over a map's pixels, in float32 at least and in blocks that fit in a CPU's cache."""

import torch
from torch import Tensor

_SUMMED_AT_ONCE = {"cpu": 2**18}  # values of a product that is summed over pixels; more would leave the cache


def sums_over_pixels(a: Tensor, b: Tensor) -> Tensor:
    """Sums over the pixels of a * b, `[b, c]`; b may be broadcast over the channels."""
    at_once = _SUMMED_AT_ONCE.get(a.device.type, a.numel())
    rows = max(1, at_once // max(1, a.shape[0] * a.shape[1] * a.shape[3]))
    total = None
    for top in range(0, a.shape[2], rows):
        product = a[:, :, top : top + rows] * b[:, :, top : top + rows]
        part = product.sum((2, 3), dtype=sum_type(a))
        total = part if total is None else total + part
    assert total is not None
    return total


def sum_type(x: Tensor) -> torch.dtype:
    """The dtype in which values of x are summed."""
    return torch.promote_types(x.dtype, torch.float32)
