"""Commands: requests of a browser or a script to a widget, as a tagged union of small frozen classes.

A widget lists its commands, `Commands(Undo, Brush, …)`; that union is the schema of both sides. `decode` turns a
browser's message into a command, or raises an error that names the field, its value and the allowed values. `schema`
returns the JSON schema, from which typescript.py generates the message types of the browser side.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
from msgspec import Meta

_MOST_POINTS = 100_000
_LARGEST_FILE = 64_000_000  # bytes
_LONGEST = 40  # characters of a value that an error repeats
_PLACE = re.compile(r"`\$(.*)`$")
_NAME = re.compile(r"`(\w+)`")


def _kind(name: str) -> str:
    """Convert a class name to a kind: PutPoint -> put_point."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=_kind):
    """One request. The class is its kind, the fields are its arguments.

    The `Meta` of a field holds its range, and in `description` the words of the error: "is a number from 0 to 2".

    Attributes:
        buffers: field name -> function that reads the field from a binary buffer, in the order of the buffers.
        at_once: True if it is executed in the caller's thread, without stopping a running optimisation.
        runs: True if an optimisation follows.
        waits: True if it changes nothing, such as saving a file: a running computation continues, and the command is
            executed when that has ended.
    """

    buffers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    at_once: ClassVar[bool] = False
    runs: ClassVar[bool] = False
    waits: ClassVar[bool] = False

    def check(self, document: Any) -> None:
        """Raise if the document cannot execute this; called before it is queued."""

    def passes(self, document: Any) -> bool:
        """True if it only shows something: the document stays unchanged, and a running optimisation continues."""
        return False

    def keeps_picture(self, document: Any) -> bool:
        """True if the picture and the mask stay as they are, so that a running optimisation need not stop for it."""
        return False


class Stop(Command, frozen=True, kw_only=True):
    """Stop the running computation within one step; its best step is kept."""


class Commands:
    """The commands of one widget."""

    def __init__(self, *kinds: type[Command]) -> None:
        self.kinds = {kind.__struct_config__.tag: kind for kind in kinds}
        assert len(self.kinds) == len(kinds), "two commands have the same kind"

    def decode(self, content: Any, buffers: Any) -> Command:
        """Turn a message into a command. Raises ValueError that names the field, its value and the allowed values."""
        kind = content.get("kind") if isinstance(content, dict) else None
        found = self.kinds.get(kind) if isinstance(kind, str) else None
        if found is None:
            raise ValueError(f"message {_short(kind)} from the browser is unknown; reload the page")
        given = dict(content)
        for number, (name, read) in enumerate(found.buffers.items()):
            given.pop(name, None)
            if buffers and len(buffers) > number:
                given[name] = read(buffers[number])
        return checked(found, given)

    def schema(self) -> dict[str, Any]:
        """JSON schema of all commands, with `x-buffers` for the fields that come as binary buffers."""
        (_, components) = msgspec.json.schema_components(self.kinds.values(), ref_template="#/$defs/{name}")
        for kind in self.kinds.values():
            if kind.buffers:
                components[kind.__name__]["x-buffers"] = list(kind.buffers)
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in self.kinds.values()],
            "$defs": components,
        }


def checked(kind: type[Command], given: Mapping[str, Any]) -> Any:
    """Make a command of a class from its fields. Raises ValueError like `Commands.decode`."""
    try:
        command = msgspec.convert(dict(given), kind, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise ValueError(_plain(kind, given, str(error))) from None
    except (OverflowError, RecursionError) as error:
        raise ValueError(f"{kind.__struct_config__.tag} came with a number that is too large") from error
    for name in kind.__struct_fields__:
        if not _finite(getattr(command, name)):
            raise ValueError(_said(kind, [name], getattr(command, name)))
    return command


def points_of(buffer: Any) -> list[tuple[float, float]]:
    """Points from a buffer of float32 x0, y0, x1, y1 … Raises ValueError."""
    numbers = np.asarray(numbers_of(buffer))
    if numbers.size % 2:
        raise ValueError(f"a stroke came with {numbers.size} numbers; it takes x, y pairs")
    return [(float(x), float(y)) for x, y in numbers.reshape(-1, 2)]


def numbers_of(buffer: Any) -> list[float]:
    """Numbers from a buffer of float32. Raises ValueError."""
    size = memoryview(buffer).nbytes
    if size % 4 or size > 8 * _MOST_POINTS:
        raise ValueError(f"a stroke came with {size / 4:g} numbers; it takes {_MOST_POINTS} x, y pairs at most")
    return np.frombuffer(buffer, np.float32).tolist()


def file_of(buffer: Any) -> bytes:
    """A file from a buffer. Raises ValueError for an empty or very large one."""
    content = bytes(buffer)
    if not 0 < len(content) <= _LARGEST_FILE:
        raise ValueError(f"a file of {len(content)} bytes came; it takes 1 to {_LARGEST_FILE:,}")
    return content


def _finite(value: Any) -> bool:
    """True if no number in a value is NaN or infinite; points and radii are checked by the stroke instead."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, msgspec.Struct):
        return all(_finite(getattr(value, name)) for name in value.__struct_fields__)
    return True


def _plain(kind: type[msgspec.Struct], given: Any, message: str) -> str:
    """Rewrite an error of msgspec for the user."""
    place = _PLACE.search(message)
    path = re.findall(r"\w+|\[\.\.\.\]", place.group(1)) if place else []
    if "missing required field" in message or "unknown field" in message:
        name = _NAME.search(message)
        path = [*path, name.group(1)] if name else path
    value: Any = given
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, (list, tuple)) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part == "[...]":
            break
        else:
            return _said(kind, path, None, missing=True)
    return _said(kind, path, value)


def _said(kind: Any, path: list[str], value: Any, missing: bool = False) -> str:
    """Text of an error: the allowed values of a field, and the given value."""
    name, said = path[0] if path else "the message", ""
    holder: Any = kind
    for part in path:
        if not (isinstance(holder, type) and issubclass(holder, msgspec.Struct)):
            break
        hints = get_type_hints(holder, include_extras=True)
        if part not in hints:
            break
        name, hint = part, hints[part]
        meta = next(_metas(hint), None)
        if meta is not None:
            said, name = meta.description or said, meta.title or part
        holder = _bare(hint)
    return f"{name} {said or 'does not fit'}; got {'nothing' if missing else _short(value)}"


def _metas(hint: Any) -> Iterator[Meta]:
    if get_origin(hint) is Annotated:
        yield from (meta for meta in hint.__metadata__ if isinstance(meta, Meta) and meta.description)
    for inner in get_args(hint):
        if get_origin(inner) is not None:
            yield from _metas(inner)


def _bare(hint: Any) -> Any:
    return _bare(get_args(hint)[0]) if get_origin(hint) is Annotated else hint


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits
        return "a very large number"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
