"""weighted_rows: weighted sums of a few rows each, with fixed indices and weights; a region reads a level's maps so.

    out[n] = sum over k of weight[n, k] * rows[index[n, k]]

Its gradient has the same form: each row sums the gradients of the results that read it. `WeightedRows` keeps both
lists, so `weighted_rows_triton` needs no atomic additions, and results are the same in every run.

Shapes: rows `[b, m, c]`, index and weight `[n, k]`, result `[b, n, c]`.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from editgan_kernels.choice import Choice

Entries = tuple[Tensor, Tensor, Tensor]  # start of each result's entries [n + 1], the rows they read, their weights


class WeightedRows:
    """The sums, for one list of indices and weights.

    Args:
        index: rows that are read, `[n, k]`, each from 0 to `rows` - 1.
        weight: weight of each row that is read, `[n, k]`.
        rows: number of rows m.
    """

    def __init__(self, index: Tensor, weight: Tensor, rows: int):
        self.index, self.weight, self.rows = index, weight, rows
        self._lists: tuple[Entries, Entries] | None = None

    def __call__(self, rows: Tensor) -> Tensor:
        """Return `[b, n, c]`, differentiable in the rows."""
        if not rows.is_cuda:
            return weighted_rows_reference(rows, self.index, self.weight)
        return _WeightedRows.apply(rows, *self.lists())

    def lists(self) -> tuple[Entries, Entries]:
        """The rows that each sum reads, and the sums that read each row."""
        if self._lists is None:
            count, k = self.index.shape
            flat, weights = self.index.flatten(), self.weight.flatten()
            starts = torch.arange(0, count * k + 1, k, device=flat.device)
            order = flat.argsort(stable=True)
            ends = torch.bincount(flat, minlength=self.rows).cumsum(0)
            read_by = (torch.cat([ends.new_zeros(1), ends]), order // k, weights[order])
            self._lists = (starts, flat, weights), read_by
        return self._lists


def weighted_rows_reference(rows: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Compute the sums in plain torch operations, differentiable."""
    batch, positions, channels = rows.shape
    if rows.device.type == "mps":
        taps = rows.index_select(1, index.flatten()).unflatten(1, index.shape)
        return (taps * weight[..., None]).sum(2)
    offset = torch.arange(batch, device=index.device)[:, None, None] * positions
    bags = (index[None] + offset).flatten(0, 1)
    weights = weight.repeat(batch, 1) if batch > 1 else weight
    flat = rows.reshape(batch * positions, channels)
    return F.embedding_bag(bags, flat, per_sample_weights=weights, mode="sum").unflatten(0, (batch, len(index)))


def sum_entries_reference(rows: Tensor, starts: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Sums of rows `[b, m, c]`: result i sums the entries from starts[i] to starts[i + 1]; `[b, n, c]`."""
    sums = [
        F.embedding_bag(index, picture, starts, per_sample_weights=weight, mode="sum", include_last_offset=True)
        for picture in rows
    ]
    return torch.stack(sums) if len(sums) > 1 else sums[0][None]


class _WeightedRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, reads: Entries, read_by: Entries) -> Tensor:
        ctx.read_by = read_by
        return _SUM(rows, *reads)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _SUM(grad_outputs[0].contiguous(), *ctx.read_by), None, None


_SUM = Choice(sum_entries_reference, "editgan_kernels.weighted_rows_triton", "sum_entries")
