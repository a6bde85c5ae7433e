"""Number of pictures for a required precision, and control of the false discovery rate."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float
from scipy import special

from editgan_widgets.scalars import as_array, real, shown


def sample_size_of_share(half_width: float, share: float = 0.5, confidence: float = 0.95) -> int:
    """Pictures needed so that the normal interval of a share is `± half_width` wide: n = z² p (1 - p) / h².

    Args:
        half_width: half the width of the interval, above 0, below 1.
        share: expected share, 0 to 1; 0.5 needs the most pictures.
        confidence: confidence of the interval, 0 to 1.
    """
    _check(half_width, confidence)
    if not half_width < 1:
        raise ValueError(
            f"half_width is half the width of a share's interval, 0.05 for 5 percentage points; got {half_width!r}"
        )
    if not 0 <= real(share, "share") <= 1:
        raise ValueError(f"share must be between 0 and 1; got {share!r}")
    return max(1, math.ceil(_z(confidence) ** 2 * share * (1 - share) / half_width**2))


def sample_size_of_mean(half_width: float, std: float, confidence: float = 0.95) -> int:
    """Pictures needed so that the normal interval of a mean is `± half_width` wide: n = (z std / h)²."""
    _check(half_width, confidence)
    if not real(std, "std") >= 0:
        raise ValueError(f"std must be 0 or more; got {std!r}")
    return max(1, math.ceil((_z(confidence) * std / half_width) ** 2))


def benjamini_hochberg(
    p_values: Sequence[float] | Mapping[str, float] | Float[np.ndarray, " n"], rate: float = 0.05
) -> Bool[np.ndarray, " n"]:
    """Which hypotheses are rejected at a false discovery rate (Benjamini & Hochberg 1995).

    Raises ValueError for p-values or a rate outside 0 to 1.
    """
    try:
        p = as_array(list(p_values.values()) if isinstance(p_values, Mapping) else p_values).astype(float)
    except (TypeError, ValueError):
        p = np.empty((0, 0))
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p_values are numbers from 0 to 1, one for each hypothesis; got {shown(p_values)}")
    if not 0 <= real(rate, "rate") <= 1:
        raise ValueError(f"rate is a share of the rejected hypotheses, 0 to 1; got {rate!r}")
    order = np.argsort(p)
    below = np.flatnonzero(p[order] <= rate * np.arange(1, len(p) + 1) / len(p))
    rejected = np.zeros(len(p), bool)
    if len(below):
        rejected[order[: below[-1] + 1]] = True
    return rejected


def _z(confidence: float) -> float:
    return float(special.ndtri(0.5 + confidence / 2))


def _check(half_width: float, confidence: float) -> None:
    if not real(half_width, "half_width") > 0:
        raise ValueError(f"half_width must be above 0; got {half_width!r}")
    if not 0 < real(confidence, "confidence") < 1:
        raise ValueError(f"confidence must be between 0 and 1, such as 0.95; got {confidence!r}")
