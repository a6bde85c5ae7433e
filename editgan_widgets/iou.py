"""IoU (intersection over union) of label maps: of one part, of parts inside a region, and from a confusion matrix.

Label maps are `[..., H, W]` uint8. IoU = pixels that a part has in both maps / pixels that it has in either.
"""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from editgan_widgets.scalars import whole

Counts = TypeVar("Counts", np.ndarray, Tensor)


def iou(both: Counts, either: Counts, empty: float) -> Counts:
    """IoU from counts of pixels: `both / either`, and `empty` where `either` is 0. Arrays or tensors of any shape."""
    if isinstance(both, Tensor) and isinstance(either, Tensor):
        return torch.where(either > 0, both / either.clip(1), empty)
    return np.where(either > 0, both / either.clip(1), empty)


def mean_iou_inside(
    label_map: UInt8[np.ndarray, "h w"],
    target: UInt8[np.ndarray, "h w"],
    region: Bool[np.ndarray, "h w"],
    parts: Iterable[int],
) -> float:
    """Mean over some parts of their IoU inside a region, 0 to 1; a part that neither map shows there counts 1."""
    return float(iou(*_counts(label_map, target, region, parts), 1.0).mean())


def pooled_iou_inside(
    label_map: UInt8[np.ndarray, "h w"],
    target: UInt8[np.ndarray, "h w"],
    region: Bool[np.ndarray, "h w"],
    parts: Iterable[int],
) -> float:
    """Pooled IoU of some parts inside a region: the sum of their intersections divided by the sum of their unions.

    Pooling weights parts by area, and a part that the target removes still counts where the other map has it. nan if
    neither map shows any of the parts inside the region.
    """
    both, either = _counts(label_map, target, region, parts)
    return float(iou(both.sum(keepdims=True), either.sum(keepdims=True), np.nan)[0])


def _counts(
    label_map: UInt8[np.ndarray, "h w"],
    target: UInt8[np.ndarray, "h w"],
    region: Bool[np.ndarray, "h w"],
    parts: Iterable[int],
) -> tuple[Int[np.ndarray, " parts"], Int[np.ndarray, " parts"]]:
    """Pixels inside a region that each part has in both maps, and in either."""
    pairs = [((label_map == part) & region, (target == part) & region) for part in parts]
    both = np.array([np.count_nonzero(one & other) for one, other in pairs], np.int64)
    return both, np.array([np.count_nonzero(one | other) for one, other in pairs], np.int64)


def confusion(
    predicted: UInt8[np.ndarray, "*shape"], truth: UInt8[np.ndarray, "*shape"], num_labels: int
) -> Int[np.ndarray, "num_labels num_labels"]:
    """Count pixels by (true label, predicted label). The counts of several pictures can be added.

    Raises ValueError for label maps of different shapes, and for an id below 0 or of `num_labels` or more.
    """
    if predicted.shape != truth.shape:
        raise ValueError(f"both label maps need one shape; got {predicted.shape} and {truth.shape}")
    whole(num_labels, "num_labels", least=1)
    for label_map in (predicted, truth):
        lowest, highest = int(label_map.min(initial=0)), int(label_map.max(initial=0))
        if lowest < 0 or highest >= num_labels:
            wrong = lowest if lowest < 0 else highest
            raise ValueError(f"label ids run from 0 to {num_labels - 1}, as num_labels is {num_labels}; got id {wrong}")
    pairs = truth.astype(np.int64).ravel() * num_labels + predicted.ravel()
    return np.bincount(pairs, minlength=num_labels**2).reshape(num_labels, num_labels)


def part_iou(counts: Int[np.ndarray, "num_labels num_labels"]) -> Float[np.ndarray, "num_labels"]:
    """IoU of each part from a confusion matrix; nan if the truth does not contain the part."""
    both, truth = np.diag(counts), counts.sum(axis=1)
    return np.where(truth > 0, iou(both, truth + counts.sum(axis=0) - both, np.nan), np.nan)


def mean_iou(counts: Int[np.ndarray, "num_labels num_labels"]) -> float:
    """Mean IoU over the parts that the truth contains (mIoU)."""
    return float(np.nanmean(part_iou(counts)))
