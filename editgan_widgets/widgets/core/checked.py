"""Checks of numbers given by users or browsers: each function returns the number or raises ValueError."""

from typing import Any

from editgan_widgets.scalars import is_real, is_whole, real, shown, whole


def checked_steps(steps: Any) -> int:
    """Check a number of optimisation steps."""
    return whole(steps, "steps", least=1, most=10_000)


def checked_row(row: Any, otherwise: int) -> int:
    """Check the index of a row of the latent; None returns `otherwise`."""
    if row is None:
        return otherwise
    if not is_whole(row) or whole(row, "row") < 0:
        raise ValueError(f"a row of the latent is a whole number from 0 up; got {shown(row)}")
    return whole(row, "row")


def checked_strength(strength: Any) -> float:
    """Check the strength of an edit, 0 to 2."""
    if not is_real(strength) or not 0 <= real(strength, "strength") <= 2:
        raise ValueError(f"an edit's strength is a number from 0 to 2; got {shown(strength)}")
    return real(strength, "strength")


def checked_entry(entry: Any) -> int:
    """Check that the id of a history entry is a whole number; the entry may not exist."""
    if not is_whole(entry):
        raise ValueError(f"an entry of the history is a whole number; got {shown(entry)}")
    return whole(entry, "entry")
