"""Numbers as users give them: Python's own and numpy's scalars alike.

Signatures that take both are annotated `Whole`, `Real` and `Flag`; `plain` and `plain_fields` turn numpy's numbers
into Python's.
"""

from dataclasses import fields
from typing import Any, TypeAlias, TypeGuard

import numpy as np

Whole: TypeAlias = int | np.integer
Real: TypeAlias = float | int | np.floating | np.integer
Flag: TypeAlias = bool | np.bool_


def is_whole(value: Any) -> TypeGuard[Whole]:
    """Whether it is a whole number, and neither True nor False."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_real(value: Any) -> TypeGuard[Real]:
    """Whether it is a number, and neither True nor False."""
    return isinstance(value, (float, np.floating)) or is_whole(value)


def is_flag(value: Any) -> TypeGuard[Flag]:
    """Whether it is True or False."""
    return isinstance(value, (bool, np.bool_))


def plain_values(value: Any) -> Any:
    """Python's numbers in place of numpy's scalars, and lists in place of its arrays, inside dicts and lists."""
    if isinstance(value, dict):
        return {plain(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_values(inner) for inner in value]
    return value.tolist() if isinstance(value, np.ndarray) else plain(value)


def plain(value: Any) -> Any:
    """Python's number of a numpy scalar, also inside a tuple; anything else as it is."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) is tuple:
        return tuple(plain(x) for x in value)
    return value


def plain_fields(config: Any) -> None:
    """Turn numpy scalars in a dataclass's fields into Python's numbers, also where it is frozen."""
    for field in fields(config):
        value = getattr(config, field.name)
        if isinstance(value, (np.generic, tuple)):
            object.__setattr__(config, field.name, plain(value))
