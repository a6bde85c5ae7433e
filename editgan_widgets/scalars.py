"""Numbers as users give them: Python's own, numpy's scalars, and arrays or tensors without axes.

Signatures that take all of these are annotated `Whole`, `Real` and `Flag`. `whole`, `real` and `flag` turn a value into
Python's own number or raise an error that names it; `plain_fields` does so for the fields of a dataclass. A float that
is whole, such as 5.0, is a whole number; True and False are no numbers.
"""

import math
import types
from dataclasses import fields
from typing import Any, Protocol, TypeAlias, Union, get_args, get_origin, runtime_checkable

import numpy as np


@runtime_checkable
class Scalar(Protocol):
    """A numpy scalar, or an array or tensor; where a number is wanted it has no axes."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        ...

    def item(self) -> Any:
        """Python's own number."""
        ...

    def __float__(self) -> float: ...
    def __int__(self) -> int: ...


Whole: TypeAlias = int | float | Scalar
Real: TypeAlias = float | int | Scalar
Flag: TypeAlias = bool | Scalar


def whole(
    value: Any, name: str, error: type[ValueError] = ValueError, least: int | None = None, most: int | None = None
) -> int:
    """Give a whole number as int. Raises `error` for anything else, and for one below `least` or above `most`."""
    number = plain(value)
    if is_whole(number) and (least is None or number >= least) and (most is None or number <= most):
        return int(number)
    raise error(f"{name} must be a whole number{_range(least, most)}; got {shown(value)}")


def real(
    value: Any, name: str, error: type[ValueError] = ValueError, least: float | None = None, most: float | None = None
) -> float:
    """Give a number as float. Raises `error` for anything else, and for one below `least` or above `most`.

    Infinity and NaN are numbers unless a limit says otherwise.
    """
    number = plain(value)
    if is_real(number) and (least is None or number >= least) and (most is None or number <= most):
        try:
            return float(number)
        except OverflowError:  # a whole number beyond all floats
            return math.inf if number > 0 else -math.inf
    raise error(f"{name} must be a number{_range(least, most)}; got {shown(value)}")


def flag(value: Any, name: str, error: type[ValueError] = ValueError) -> bool:
    """Give True or False as bool. Raises `error` for anything else, numbers among it."""
    given = plain(value)
    if is_flag(given):
        return bool(given)
    raise error(f"{name} must be True or False; got {shown(value)}")


def is_whole(value: Any) -> bool:
    """Whether it is a whole number, and neither True nor False."""
    number = plain(value)
    if isinstance(number, bool):
        return False
    return isinstance(number, int) or (isinstance(number, (float, np.floating)) and float(number).is_integer())


def is_real(value: Any) -> bool:
    """Whether it is a number, and neither True nor False."""
    number = plain(value)
    return isinstance(number, (int, float, np.floating)) and not isinstance(number, bool)


def is_flag(value: Any) -> bool:
    """Whether it is True or False."""
    return isinstance(plain(value), bool)


def plain_values(value: Any) -> Any:
    """Replace numpy scalars by Python numbers and arrays by lists, inside dicts and lists."""
    if isinstance(value, dict):
        return {plain(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_values(inner) for inner in value]
    return value.tolist() if isinstance(value, np.ndarray) else plain(value)


def plain(value: Any) -> Any:
    """Python's value of a numpy scalar, or of an array or tensor without axes, also in a tuple; others as they are."""
    if type(value) is tuple:
        return tuple(plain(x) for x in value)
    if isinstance(value, np.generic) or (isinstance(value, Scalar) and value.ndim == 0):
        return value.item()
    return value


def plain_fields(config: Any, error: type[ValueError] = ValueError) -> None:
    """Turn the numbers in a dataclass's fields into Python's, also where it is frozen, as its annotations say.

    Fields of int, float and bool, of tuples of these, and those that may be None besides. Raises `error` for a value of
    another kind, with the field's name.
    """
    for field in fields(config):
        value = getattr(config, field.name)
        kept = _as_annotated(field.type, value, field.name, error)
        if kept is not value:
            object.__setattr__(config, field.name, kept)


def shown(value: Any) -> str:
    """A value in an error: what it is, in at most 80 characters."""
    if isinstance(value, Scalar) and value.ndim:
        return f"an array of shape {tuple(getattr(value, 'shape', ()))}"
    try:
        text = repr(plain(value))
    except ValueError:  # Python writes no whole number of more than 4,300 digits
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
