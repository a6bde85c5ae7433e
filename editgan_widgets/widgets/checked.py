"""Numbers that come from users or their browsers, checked: each function gives its value or raises ValueError."""

from typing import Any, TypeGuard

import numpy as np


def is_number(value: Any) -> bool:
    """Whether it is a number, and neither True nor False."""
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number, and neither True nor False."""
    return isinstance(value, int) and not isinstance(value, bool)


def checked_steps(steps: Any) -> int:
    """Steps of an edit."""
    if not is_whole(steps) or not 1 <= steps <= 10_000:
        raise ValueError(f"steps must be a whole number from 1 to 10000; got {steps!r}")
    return steps


def checked_row(row: Any, otherwise: int) -> int:
    """A row of the latent; `otherwise` for None."""
    if row is None:
        return otherwise
    if not is_whole(row) or row < 0:
        raise ValueError(f"a row of the latent is a whole number from 0 up; got {row!r}")
    return row


def checked_strength(strength: Any) -> float:
    """The strength of an edit."""
    if not is_number(strength) or not 0 <= strength <= 2:
        raise ValueError(f"an edit's strength is a number from 0 to 2; got {strength!r}")
    return float(strength)


def checked_entry(entry: Any) -> int:
    """The number of an entry of the history, which need not be there."""
    if not is_whole(entry):
        raise ValueError(f"an entry of the history is a whole number; got {entry!r}")
    return entry
