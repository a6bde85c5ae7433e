"""Validation of numbers from users: Python numbers, numpy scalars, and zero-dimensional arrays or tensors.

Signatures that accept all of these are annotated `Whole`, `Real` and `Flag`. `whole`, `real` and `flag` convert a value
to a Python number or raise an error that names the argument; `plain_fields` does so for the fields of a dataclass. A
float such as 5.0 counts as a whole number; True and False do not count as numbers.
"""

import math
import types
from dataclasses import fields
from typing import Any, Protocol, TypeAlias, Union, get_args, get_origin, runtime_checkable

import numpy as np


@runtime_checkable
class Scalar(Protocol):
    """A numpy scalar, or an array or tensor; to count as a number it must be zero-dimensional."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        ...

    def item(self) -> Any:
        """The value as a Python number."""
        ...

    def __float__(self) -> float: ...
    def __int__(self) -> int: ...


Whole: TypeAlias = int | float | Scalar
Real: TypeAlias = float | int | Scalar
Flag: TypeAlias = bool | Scalar

_PLAIN = frozenset({int, float, bool, str, type(None)})  # a check against the protocol takes longer, 50 µs


def whole(
    value: Any, name: str, error: type[ValueError] = ValueError, least: int | None = None, most: int | None = None
) -> int:
    """Convert a whole number to int. Raises `error` for other values, and for one below `least` or above `most`."""
    number = plain(value)
    if is_whole(number) and (least is None or number >= least) and (most is None or number <= most):
        return int(number)
    raise error(f"{name} must be a whole number{_range(least, most)}; got {shown(value)}")


def real(
    value: Any, name: str, error: type[ValueError] = ValueError, least: float | None = None, most: float | None = None
) -> float:
    """Convert a number to float. Raises `error` for other values, and for one below `least` or above `most`.

    Infinity and NaN are accepted unless a limit excludes them.
    """
    number = plain(value)
    if is_real(number) and (least is None or number >= least) and (most is None or number <= most):
        try:
            return float(number)
        except OverflowError:  # a whole number beyond all floats
            return math.inf if number > 0 else -math.inf
    raise error(f"{name} must be a number{_range(least, most)}; got {shown(value)}")


def flag(value: Any, name: str, error: type[ValueError] = ValueError) -> bool:
    """Convert True or False to bool. Raises `error` for other values, including numbers."""
    given = plain(value)
    if is_flag(given):
        return bool(given)
    raise error(f"{name} must be True or False; got {shown(value)}")


def is_whole(value: Any) -> bool:
    """True for a whole number; False for True and False."""
    number = plain(value)
    if isinstance(number, bool):
        return False
    return isinstance(number, int) or (isinstance(number, (float, np.floating)) and float(number).is_integer())


def is_real(value: Any) -> bool:
    """True for a number; False for True and False."""
    number = plain(value)
    return isinstance(number, (int, float, np.floating)) and not isinstance(number, bool)


def is_flag(value: Any) -> bool:
    """True for True and False, in any form."""
    return isinstance(plain(value), bool)


def plain_values(value: Any) -> Any:
    """Replace numpy scalars by Python numbers and arrays by lists, inside dicts and lists."""
    if isinstance(value, dict):
        return {plain(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_values(inner) for inner in value]
    return value.tolist() if isinstance(value, np.ndarray) else plain(value)


def plain(value: Any) -> Any:
    """Python value of a numpy scalar or a zero-dimensional array or tensor, also in a tuple; others are unchanged."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return tuple(plain(x) for x in value)
    if isinstance(value, np.generic) or (isinstance(value, Scalar) and value.ndim == 0):
        return value.item()
    return value


def as_array(values: Any) -> np.ndarray:
    """Array of an array, a list or a tensor, without its gradient and from any device."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def plain_fields(config: Any, error: type[ValueError] = ValueError) -> None:
    """Convert the numbers in a dataclass's fields to Python numbers, by its annotations, even if it is frozen.

    Handles int, float and bool, tuples of these, and optional ones. Raises `error` with the field's name for a value of
    another type.
    """
    for field in fields(config):
        value = getattr(config, field.name)
        kept = _as_annotated(field.type, value, field.name, error)
        if kept is not value:
            object.__setattr__(config, field.name, kept)


def shown(value: Any) -> str:
    """Text for a value in an error, at most 80 characters."""
    if isinstance(value, Scalar) and value.ndim:
        return f"an array of shape {tuple(getattr(value, 'shape', ()))}"
    try:
        text = repr(plain(value))
    except ValueError:  # Python does not print integers of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _as_annotated(annotation: Any, value: Any, name: str, error: type[ValueError]) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        if value is None:
            return None
        numbers = [one for one in get_args(annotation) if one is not type(None)]
        return _as_annotated(numbers[0], value, name, error) if len(numbers) == 1 else plain(value)
    if annotation is int:
        return whole(value, name, error)
    if annotation is float:
        number = plain(value)
        return number if isinstance(number, int) and not isinstance(number, bool) else real(number, name, error)
    if annotation is bool:
        return flag(value, name, error)
    if get_origin(annotation) is tuple:
        of = get_args(annotation)
        if isinstance(value, tuple) and of[0] in (int, float, bool):
            return tuple(_as_annotated(of[0], one, name, error) for one in value)
    return plain(value)


def _range(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f" from {least} up"
    return "" if most is None else f" of at most {most}"


def without_nan(value: Any) -> Any:
    """JSON value with None in place of nan, also inside dicts, lists and tuples (which become lists)."""
    if isinstance(value, dict):
        return {key: without_nan(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value
