"""Scalars in arguments: Python numbers and numpy scalars are both accepted.

Signatures that accept both are annotated `Whole`, `Real` and `Flag`; `plain` and `plain_fields` convert numpy scalars
to Python numbers.
"""

from dataclasses import fields
from typing import Any, TypeAlias, TypeGuard

import numpy as np

Whole: TypeAlias = int | np.integer
Real: TypeAlias = float | int | np.floating | np.integer
Flag: TypeAlias = bool | np.bool_


def is_whole(value: Any) -> TypeGuard[Whole]:
    """True for an integer that is not a bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_real(value: Any) -> TypeGuard[Real]:
    """True for an integer or a float that is not a bool."""
    return isinstance(value, (float, np.floating)) or is_whole(value)


def is_flag(value: Any) -> TypeGuard[Flag]:
    """True for a bool."""
    return isinstance(value, (bool, np.bool_))


def plain_values(value: Any) -> Any:
    """Replace numpy scalars by Python numbers and arrays by lists, inside dicts and lists."""
    if isinstance(value, dict):
        return {plain(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_values(inner) for inner in value]
    return value.tolist() if isinstance(value, np.ndarray) else plain(value)


def plain(value: Any) -> Any:
    """Convert a numpy scalar to a Python number, also inside a tuple; other values are returned unchanged."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) is tuple:
        return tuple(plain(x) for x in value)
    return value


def plain_fields(config: Any) -> None:
    """Convert numpy scalars in the fields of a dataclass to Python numbers, also if it is frozen."""
    for field in fields(config):
        value = getattr(config, field.name)
        if isinstance(value, (np.generic, tuple)):
            object.__setattr__(config, field.name, plain(value))
