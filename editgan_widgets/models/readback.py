"""Readback: results brought from a device to the host with one wait, through pinned memory that is used again."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class Readback:
    """Copies of tensors as arrays. From a CUDA device all copies are started together, with one synchronisation."""

    def __init__(self):
        self._pinned: dict[int, Tensor] = {}

    def __call__(self, tensors: Sequence[Tensor]) -> list[np.ndarray]:
        """Return an array of each tensor in separate memory, because the tensors' memory may be overwritten."""
        if not all(x.is_cuda for x in tensors):
            return [x.detach().cpu().numpy().copy() for x in tensors]
        for i, x in enumerate(tensors):
            buffer = self._pinned.get(i)
            if buffer is None or buffer.shape != x.shape or buffer.dtype != x.dtype:
                self._pinned[i] = torch.empty(x.shape, dtype=x.dtype, pin_memory=True)
            self._pinned[i].copy_(x.detach(), non_blocking=True)
        torch.cuda.current_stream(tensors[0].device).synchronize()
        return [self._pinned[i].numpy().copy() for i in range(len(tensors))]
