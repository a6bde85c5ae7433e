"""Rows of w_plus as users give them: a span, single rows, or a weight for each.

    given                           rows that move
    None                            all
    (4, 7), "4:7", slice(4, 7)      the span 4, 5, 6: first and one past the last
    range(4, 7), "4-6"              the span 4, 5, 6: the last one is in it, as GANSpace's papers write layers
    4, "4", [4, 7], "4,7,10-12"     these rows
    as many numbers as rows         a weight for each row; True and False are 1 and 0

A tuple of two whole numbers is a span, a list of two is two rows.
"""

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.scalars import Flag, Real, Scalar, Whole, is_real, is_whole, plain, shown, whole

Layers: TypeAlias = (
    tuple[Whole, Whole] | Sequence[Real] | Sequence[Flag] | np.ndarray | Tensor | Whole | range | slice | str | None
)
"""Rows of w_plus, as the module's table says."""

_FITS = "give a span (first, one past the last) or '4-6', a list of rows such as [4, 7], or a weight for each row"


def row_weights(rows: Layers, count: int, name: str = "rows") -> Float[Tensor, "{count}"]:
    """Weight of each of `count` rows. `name` is the argument's name for errors.

    Raises ValueError for rows that do not exist, weights that are not finite, and any other type.
    """
    if rows is None:
        return torch.ones(count)
    given = _listed(rows, name)
    chosen = _chosen(given, count, name)
    if chosen is None:
        return _weights(given, count, name)
    weights = torch.zeros(count)
    weights[chosen] = 1
    return weights


def span_of(rows: Layers, name: str = "layers") -> tuple[int, int] | None:
    """One span of rows as (first, one past the last), where no other selection fits; None for all.

    Raises ValueError for single rows and weights.
    """
    if rows is None:
        return None
    given = _listed(rows, name)
    if isinstance(given, slice) and given.step in (None, 1) and given.start is not None and given.stop is not None:
        return whole(given.start, name), whole(given.stop, name)
    if isinstance(given, range) and given.step == 1 and len(given):
        return given.start, given.stop
    if type(given) is tuple and len(given) == 2 and all(map(is_whole, given)):
        return whole(given[0], name), whole(given[1], name)
    raise ValueError(
        f"{name} are one span of rows here: (first, one past the last), range(4, 7) or '4-6'; got {shown(rows)}"
    )


def rows_in_json(rows: Layers, count: int) -> list[float] | None:
    """Rows as JSON values for the history: [first, one past the last], or a weight for each row."""
    if rows is None:
        return None
    if type(rows) is tuple and len(rows) == 2 != count:
        return [float(plain(x)) for x in rows]
    return row_weights(rows, count).tolist()


def _listed(rows: Any, name: str) -> Any:
    """A slice, range or tuple unchanged; text parsed; arrays and other values as a list."""
    if isinstance(rows, str):
        return _of_text(rows, name)
    if isinstance(rows, (slice, range)):
        return rows
    if is_whole(rows):
        return [whole(rows, name)]
    if isinstance(rows, Scalar) and rows.ndim == 1:
        return rows.tolist()  # type: ignore[attr-defined]
    if not isinstance(rows, Sequence):
        raise ValueError(f"{name} are rows of the latent: {_FITS}; got {shown(rows)}")
    return plain(rows) if type(rows) is tuple else [plain(row) for row in rows]


def _of_text(text: str, name: str) -> slice | list[int]:
    if span := re.fullmatch(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*", text):
        return slice(int(span[1]), int(span[2]))
    parts = [re.fullmatch(r"\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?", part) for part in text.split(",")]
    ends = [(int(part[1]), int(part[2] or part[1])) for part in parts if part]
    if len(ends) < len(parts) or any(first > last for first, last in ends):
        raise ValueError(f"{name} are written as '4:7' (without 7), '4-6' (with 6), or '4,7'; got {text!r}")
    if len(ends) == 1:
        return slice(ends[0][0], ends[0][1] + 1)
    return [row for first, last in ends for row in range(first, last + 1)]


def _chosen(given: Any, count: int, name: str) -> list[int] | None:
    """Numbers of the rows; None if weights are given."""
    if isinstance(given, slice):
        rows = _of_slice(given, count, name)
    elif type(given) is tuple and len(given) == 2 and count != 2:
        if not all(map(is_whole, given)) or not 0 <= given[0] < given[1] <= count:
            raise ValueError(
                f"{name} {given} do not fit rows 0..{count - 1}; a span is the first and one past the last (two single "
                "rows are a list)"
            )
        rows = list(range(int(given[0]), int(given[1])))
    elif not isinstance(given, range) and (len(given) == count or any(isinstance(x, bool) for x in given)):
        return None
    else:
        rows = list(given)
    if not rows or not all(map(is_whole, rows)) or len(set(rows)) < len(rows):
        if rows and all(map(is_real, rows)):
            raise ValueError(f"{len(rows)} weights do not fit {count} rows: {_FITS}")
        raise ValueError(f"{name} name no row of the latent: {_FITS}; got {shown(given)}")
    if outside := [row for row in rows if not 0 <= row < count]:
        raise ValueError(f"{name} name row {outside[0]}, the latent has rows 0..{count - 1}; {_FITS}")
    return [int(row) for row in rows]


def _of_slice(given: slice, count: int, name: str) -> list[int]:
    for end in (given.start, given.stop, given.step):
        if end is not None and not is_whole(end):
            raise ValueError(f"{name} are cut at whole numbers; got {given!r}")
    start, stop, step = (None if end is None else int(plain(end)) for end in (given.start, given.stop, given.step))
    if max(abs(start or 0), abs(stop or 0)) > count or step == 0:
        raise ValueError(f"{name} {start}:{stop} do not fit rows 0..{count - 1}; give the first and one past the last")
    return list(range(count))[slice(start, stop, step)]


def _weights(given: Sequence[Any], count: int, name: str) -> Float[Tensor, "{count}"]:
    if len(given) != count or not all(is_real(x) or isinstance(x, bool) for x in given):
        raise ValueError(f"{len(given)} weights do not fit {count} rows: {_FITS}")
    weights = torch.tensor([float(x) for x in given])
    if not bool(weights.isfinite().all()):
        raise ValueError(f"weights of {name} are finite numbers; got {list(given)}")
    return weights
