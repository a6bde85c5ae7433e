"""Convert nested lists of numbers to arrays, in JSON files and in pickles."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

_LARGEST = 2**26  # bytes: Python's objects take many times as much
_MOST_NUMBERS = 2**24  # maximum for a nested list
_MOST_AXES = 5


def read_json(path: Path) -> Any:
    """Read a JSON file: lists and dicts with an array in place of every nested list of numbers.

    None for a file that is not JSON, contains no list of numbers, or is larger than 64 MiB.
    """
    if path.stat().st_size > _LARGEST:
        return None
    try:
        found = _with_arrays(json.loads(path.read_text("utf-8-sig")))
        return found if _holds_arrays(found) else None
    except (ValueError, RecursionError):  # ValueError: no text, no JSON, or a number of thousands of digits
        return None


def number_array(content: list | tuple) -> np.ndarray | None:
    """A nested list of at most 2**24 numbers as int64 or float64 array; None for anything else, or a ragged one."""
    shape = list_shape(content)
    if shape is None or math.prod(shape) > _MOST_NUMBERS or not is_of_shape(content, shape):
        return None
    try:
        array = np.array(content)
    except (ValueError, OverflowError):
        return None
    return array if array.dtype.kind in "iuf" else None


def list_shape(content: list | tuple) -> list[int] | None:
    """Lengths of the nested lists along their first entries; None if these do not lead to a number."""
    shape, first = [], content
    while isinstance(first, (list, tuple)) and first and len(shape) < _MOST_AXES:
        shape.append(len(first))
        first = first[0]
    return shape if isinstance(first, (int, float)) and not isinstance(first, bool) else None


def is_of_shape(value: Any, shape: Sequence[int]) -> bool:
    """True if nested lists have this shape and contain numbers only."""
    if not shape:
        return isinstance(value, (float, int))
    return (
        isinstance(value, (list, tuple))
        and len(value) == shape[0]
        and all(is_of_shape(inner, shape[1:]) for inner in value)
    )


def _with_arrays(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _with_arrays(value) for key, value in content.items()}
    if not isinstance(content, list) or not content:
        return content
    array = number_array(content)
    return [_with_arrays(value) for value in content] if array is None else array


def _holds_arrays(content: Any) -> bool:
    if isinstance(content, dict):
        return any(map(_holds_arrays, content.values()))
    return isinstance(content, np.ndarray) or (isinstance(content, list) and any(map(_holds_arrays, content)))
