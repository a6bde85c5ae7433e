"""Checks of types and shapes during the tests: jaxtyping's for functions with arrays, beartype's alone for the others.

jaxtyping's import hook decorates every function of the package. Its decorator binds a shape memory and checks the
arguments twice, which costs 50 µs a call; without arrays in the signature that finds nothing that beartype does not
find in 1 µs. Functions inside functions would be compiled anew at each call of the outer one, which is checked itself.
"""

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

import jaxtyping
from beartype import BeartypeConf
from beartype import beartype as _beartype

check = _beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int may be given for a declared float
_with_shapes = jaxtyping.jaxtyped
_ARRAY = re.compile(r"jaxtyping\.|ForwardRef\(")


def _may_have_arrays(function: Callable[..., Any]) -> bool:
    """True if an annotation of the function may contain an array type of jaxtyping; a name in quotes may be one."""
    return any(isinstance(hint, str) or _ARRAY.search(repr(hint)) for hint in _hints(function))


def _hints(function: Callable[..., Any]) -> list[Any]:
    return list(getattr(function, "__annotations__", {}).values())


def checked(thing: Any = None, /, *, typechecker: Any) -> Any:
    """Decorate a function or class in place of `jaxtyping.jaxtyped`."""
    if thing is None:
        return functools.partial(checked, typechecker=typechecker)
    if not inspect.isfunction(thing) or inspect.isgeneratorfunction(thing):
        return _with_shapes(thing, typechecker=typechecker)
    if "<locals>" in thing.__qualname__ or not _hints(thing):
        return thing
    if _may_have_arrays(thing):
        return _with_shapes(thing, typechecker=typechecker)
    function = typechecker(thing)

    @functools.wraps(thing)
    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return (thing if jaxtyping.config.jaxtyping_disable else function)(*args, **kwargs)

    return call


def install() -> None:
    """Make the import hook decorate with `checked`; called before the package is imported."""
    jaxtyping.jaxtyped = checked
