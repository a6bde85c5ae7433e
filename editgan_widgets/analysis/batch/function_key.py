"""Key of a function that measures pictures: a hash of its code, its networks and the values that it refers to.

Two functions with the same key measure the same, as far as their code shows it. Not seen are files that a function
reads, and lists, sets and dictionaries of plain values that it refers to: functions count calls or keep results there.
"""

import functools
import hashlib
import sys
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn

_OWN = __name__.partition(".")[0]
_LIBRARIES = frozenset(sys.stdlib_module_names) - {"__main__"} | {
    "torch",
    "numpy",
    "PIL",
    "jaxtyping",
    "beartype",
    _OWN,
}
_PLAIN = (type(None), bool, int, float, complex, str, bytes)


def function_key(function: Any) -> str:
    """Key of a function, a bound method, a network or an object that can be called; None has one too."""
    digest, seen = hashlib.sha256(), dict[int, Any]()
    for fact in _facts(function, seen):
        digest.update(fact.encode(errors="backslashreplace") + b"\n")
    return digest.hexdigest()


def _facts(thing: Any, seen: dict[int, Any]) -> Iterator[str]:
    """What identifies a thing. `seen` has what was described before, so that circles end."""
    if isinstance(thing, _PLAIN):
        yield repr(thing)
        return
    if not isinstance(thing, (tuple, frozenset)):  # equal ones may be one object
        if id(thing) in seen:
            return
        seen[id(thing)] = thing  # kept, so that the id stays its own
    kind = type(thing)
    if isinstance(thing, (torch.Tensor, np.ndarray, np.generic)):
        yield _numbers(thing)
    elif isinstance(thing, nn.Module):
        yield f"{_name(kind)} {thing.training}"
        for name, value in thing.state_dict().items():
            yield f"{name} {_numbers(value) if isinstance(value, torch.Tensor) else _name(type(value))}"
        yield from _methods(kind, seen)
    elif isinstance(thing, MethodType):
        yield from _all((thing.__func__, thing.__self__), seen)
    elif isinstance(thing, functools.partial):
        yield from _all((thing.func, thing.args, tuple(sorted(thing.keywords.items()))), seen)
    elif isinstance(thing, FunctionType):
        yield from _function(thing, seen)
    elif isinstance(thing, (ModuleType, type, BuiltinFunctionType, np.ufunc)):
        yield _name(thing)
    elif isinstance(thing, (tuple, frozenset)):
        yield f"{_name(kind)} {len(thing)}"
        parts = [list(_facts(part, seen)) for part in thing]
        for part in parts if isinstance(thing, tuple) else sorted(parts):
            yield from part
    elif isinstance(thing, Mapping):
        for name, value in thing.items():
            if callable(value):
                yield repr(name)
                yield from _facts(value, seen)
    elif isinstance(thing, list):
        yield from _all(tuple(value for value in thing if callable(value)), seen)
    elif hasattr(thing, "__wrapped__"):
        yield from _facts(thing.__wrapped__, seen)
    else:
        yield _name(kind)
        if kind.__module__.partition(".")[0] not in _LIBRARIES - {_OWN}:
            yield from _methods(kind, seen)
            yield from _all(tuple(sorted(getattr(thing, "__dict__", {}).items(), key=lambda item: item[0])), seen)


def _all(things: tuple[Any, ...], seen: dict[int, Any]) -> Iterator[str]:
    for thing in things:
        yield from _facts(thing, seen)


def _function(function: FunctionType, seen: dict[int, Any]) -> Iterator[str]:
    """Name of a library's function; code of another one. The values that either encloses."""
    wrapped = getattr(function, "__wrapped__", None)
    ours = (function.__module__ or "").partition(".")[0] in _LIBRARIES
    if wrapped is not None:
        yield from _facts(wrapped, seen)
        if ours:
            return
    for cell in function.__closure__ or ():
        try:
            yield from _facts(cell.cell_contents, seen)
        except ValueError:  # an empty cell
            continue
    if ours:
        yield _name(function)
        return
    yield from _code(function.__code__)
    yield from _all((function.__defaults__, tuple(sorted((function.__kwdefaults__ or {}).items()))), seen)
    for name in sorted(set(_global_names(function.__code__))):
        if name in function.__globals__:
            yield name
            yield from _facts(function.__globals__[name], seen)


def _code(code: CodeType) -> Iterator[str]:
    yield f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {code.co_freevars}"
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _code(value)
        else:
            yield from _facts(value, {})


def _global_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _global_names(value)


def _methods(kind: type, seen: dict[int, Any]) -> Iterator[str]:
    """Methods of a class and of its bases that are not a library's."""
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] not in _LIBRARIES:
            for name, value in sorted(vars(base).items()):
                if isinstance(value, (FunctionType, staticmethod, classmethod)):
                    yield name
                    yield from _facts(getattr(value, "__func__", value), seen)


def _numbers(values: Any) -> str:
    if isinstance(values, torch.Tensor):
        flat = values.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        return f"{values.dtype} {tuple(values.shape)} {hashlib.sha256(flat.numpy().tobytes()).hexdigest()}"
    if values.dtype.hasobject:
        return f"objects {values.shape}"
    return f"{values.dtype} {values.shape} {hashlib.sha256(values.tobytes()).hexdigest()}"


def _name(thing: Any) -> str:
    return f"{getattr(thing, '__module__', '')} {getattr(thing, '__qualname__', getattr(thing, '__name__', ''))}"
