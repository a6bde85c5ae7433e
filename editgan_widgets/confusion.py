"""Confusion matrix of two label maps, IoU per part, and mean IoU.

Label maps are `[..., H, W]` uint8. IoU = intersection / union of the pixels of a label.
"""

import numpy as np
from jaxtyping import Float, Int, UInt8


def confusion(
    predicted: UInt8[np.ndarray, "*shape"], truth: UInt8[np.ndarray, "*shape"], num_labels: int
) -> Int[np.ndarray, "num_labels num_labels"]:
    """Count pixels by (true label, predicted label). The counts of several pictures can be added."""
    pairs = truth.astype(np.int64).ravel() * num_labels + predicted.ravel()
    return np.bincount(pairs, minlength=num_labels**2).reshape(num_labels, num_labels)


def part_iou(counts: Int[np.ndarray, "num_labels num_labels"]) -> Float[np.ndarray, "num_labels"]:
    """IoU of each part from a confusion matrix; nan if the truth does not contain the part."""
    both = np.diag(counts).astype(float)
    truth = counts.sum(axis=1)
    union = truth + counts.sum(axis=0) - both
    return np.divide(both, union, out=np.full(len(both), np.nan), where=truth > 0)


def mean_iou(counts: Int[np.ndarray, "num_labels num_labels"]) -> float:
    """Mean IoU over the parts that the truth contains (mIoU)."""
    return float(np.nanmean(part_iou(counts)))
