"""Folded: values derived from weights, computed once for as long as the weights stay frozen.

An edit runs the same frozen networks at batch 1 some thirty times; scaling, squaring and repeating their weights anew
in every step took longer than the convolutions.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


class Folded(Generic[T]):
    """Keeps one derived value and drops it as soon as a tensor that it came from has changed."""

    def __init__(self):
        self._kept: tuple[tuple, T] | None = None

    def __deepcopy__(self, memo: dict) -> "Folded[T]":
        return Folded()  # the copy's tensors are others

    def __call__(self, sources: Sequence[Tensor], build: Callable[[], T]) -> T:
        """Return `build()`, or its cached result for the same sources.

        If a source requires a gradient, or in inference mode (autograd rejects such tensors later), nothing is cached
        and `build` is called under the caller's grad mode.
        """
        if torch.is_inference_mode_enabled() or any(x.requires_grad or x.is_inference() for x in sources):
            return build()
        key = tuple((x.data_ptr(), x._version, x.dtype, x.device) for x in sources)
        if self._kept is None or self._kept[0] != key:
            with torch.no_grad():
                self._kept = key, build()
        return self._kept[1]
