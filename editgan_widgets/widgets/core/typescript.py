"""TypeScript types of a widget's messages, generated from the schema of its commands: `tsc` checks what a page sends.

python -m editgan_widgets.widgets.core.typescript package.module:COMMANDS FILE.d.ts [--check]
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from editgan_widgets.widgets.core.commands import Commands
from editgan_widgets.widgets.core.requests import REQUESTS

_SIMPLE = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}
_HEAD = "// Generated from the schema of {source} by `make bundle`; edit the commands in Python.\n"


def declarations(commands: Commands, source: str) -> str:
    """Return a module that exports the type `Message`, the union of all commands and of
    the requests that every widget answers (requests.py).

    Fields with a default are optional. Fields that come as binary buffers are left out.

    Args:
        commands: commands of one widget.
        source: `package.module:NAME` of `commands`, for the first line.
    """
    schema = Commands(*commands.kinds.values(), *REQUESTS).schema()
    parts = [_HEAD.format(source=source)]
    for name, definition in sorted(schema["$defs"].items()):
        comment = definition.get("description", "").split("\n")[0]
        parts.append((f"/** {comment} */\n" if comment else "") + f"export interface {name} {_object(definition)}\n")
    union = "".join(f"\n  | {_type(kind)}" for kind in schema["anyOf"])
    parts.append(f"export type Message ={union};\n")
    return "\n".join(parts)


def _object(schema: dict[str, Any]) -> str:
    required, buffers = schema.get("required", ()), schema.get("x-buffers", ())
    lines = [
        f"  {name}{'' if name in required else '?'}: {_type(field)};"
        for name, field in schema["properties"].items()
        if name not in buffers
    ]
    return "{\n" + "\n".join(lines) + "\n}"


def _type(schema: dict[str, Any]) -> str:
    """Return the TypeScript type of a JSON schema. Raises ValueError for a construct that no command uses yet."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1]
    if "enum" in schema:
        return " | ".join(_literal(value) for value in schema["enum"])
    if "const" in schema:
        return _literal(schema["const"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    kind = schema.get("type")
    if kind == "array" and "prefixItems" in schema:
        return f"[{', '.join(map(_type, schema['prefixItems']))}]"
    if kind == "array":
        items = _type(schema.get("items", {}))
        return f"({items})[]" if "|" in items else f"{items}[]"
    if kind == "object":
        return f"Record<string, {_type(schema.get('additionalProperties', {}))}>"
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind is None:
        return "unknown"
    raise ValueError(f"no TypeScript type is known for the schema {schema}; add it to widgets/core/typescript.py")


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def main(source: str, file: str, check: bool = False) -> int:
    """Write a declaration file; with `check`, only compare it. Returns the exit status."""
    module, _, name = source.partition(":")
    text, path = declarations(getattr(import_module(module), name), source), Path(file)
    if not check:
        path.write_text(text, encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != text:
        print(f"{file} differs from the commands: run `make bundle` and commit it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    sys.exit(main(*arguments, check="--check" in sys.argv))
