"""Two classes of an attribute's values, and the samples at both ends from which boundaries are learned.

Values may be labels (True and False, 0 and 1) or scores. Two labels are the classes themselves. Scores are split at the
value that makes the classes most equal, which is the median where no values repeat.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from editgan_widgets.scalars import as_array

FEW = 12  # labels
_LEAST_AT_AN_END = 5  # samples


class ClassesError(ValueError):
    """The values do not make two classes, or classes that are too small."""


@dataclass(frozen=True)
class Classes:
    """The finite values of an attribute and their classes.

    Attributes:
        kept: `[m]`, which samples have finite values.
        values: `[n]`, the finite ones.
        positive: `[n]`, True for the class of the higher values.
        labels: True if there are two values only.
    """

    kept: Bool[np.ndarray, " m"]
    values: Float[np.ndarray, " n"]
    positive: Bool[np.ndarray, " n"]
    labels: bool

    @property
    def left_out(self) -> int:
        """Number of samples without a finite value."""
        return int((~self.kept).sum())

    def ends(self, among: Int[np.ndarray, " k"], share: float) -> Int[np.ndarray, " chosen"]:
        """Those of some samples with the lowest values of one class and the highest of the other; of labels, all.

        `share` of the samples for each end, and at least 5, as far as the class has them.
        """
        if self.labels:
            return among
        count = max(round(share * len(among)), _LEAST_AT_AN_END)
        rising = among[np.argsort(self.values[among], kind="stable")]
        is_high = self.positive[rising]
        return np.concatenate([rising[~is_high][:count], rising[is_high][-count:]])


def labels_of(values: Any, name: str, samples: int) -> Bool[np.ndarray, " n"]:
    """Labels as booleans. Raises ClassesError for others than True and False, or 0 and 1, or another number of them."""
    found = as_array(values)
    if found.dtype.kind not in "biuf" or not np.isin(found, (0, 1)).all():
        raise ClassesError(f"{name} must be labels, True or False, or 1 or 0, one for each sample")
    if found.shape != (samples,):
        raise ClassesError(f"{name} has labels of shape {found.shape} for {samples} samples; give one for each")
    return found.astype(bool)


def few_labels(positive: Bool[np.ndarray, " n"]) -> bool:
    """True for fewer labels than an accuracy can rely on: a dozen, or less than a third of one kind."""
    fewest = min(int(positive.sum()), int((~positive).sum()))
    return len(positive) < FEW or 3 * fewest < len(positive)


def classes_of(values: Any, attribute: str, samples: int, least: int = 1) -> Classes:
    """Split values into two classes; values that are not finite are left out.

    Args:
        values: one for each sample: numbers, or True and False.
        attribute: its name for errors.
        samples: number of samples.
        least: minimum number of samples in each class.

    Raises ClassesError, a ValueError, for values that are no numbers, another number of them, or classes smaller than
    `least`.
    """
    try:
        numbers = as_array(values).astype(float)
    except (TypeError, ValueError):
        raise ClassesError(f"values of attribute {attribute!r} must be numbers, or True and False") from None
    if numbers.shape != (samples,):
        raise ClassesError(
            f"attribute {attribute!r} has values of shape {numbers.shape} for {samples} samples; give one for each"
        )
    kept = np.isfinite(numbers)
    finite = numbers[kept]
    without = f"; {samples - len(finite)} samples have no finite value" if len(finite) < samples else ""
    levels, counts = np.unique(finite, return_counts=True)
    if len(levels) < 2:
        state = f"is {levels[0]:g} in all {len(finite)} samples" if len(levels) else "has no finite value"
        raise ClassesError(f"attribute {attribute!r} {state}{without}; give samples with and without it")
    below = np.cumsum(counts)[:-1]
    middle = levels[np.abs(below - len(finite) / 2).argmin()]
    positive = finite > middle
    high, low = int(positive.sum()), int((~positive).sum())
    if min(high, low) < least:
        raise ClassesError(
            f"{high} samples are above {middle:g} in attribute {attribute!r} and {low} are not{without}; at least "
            f"{least} of each are needed, give more samples"
        )
    return Classes(kept, finite, positive, len(levels) == 2)
