"""Commands: one schema for browser and Python, and errors that name the field, its value and the allowed range."""

import re
import subprocess
from typing import Annotated, Literal

import msgspec
import numpy as np
import pytest
from msgspec import Meta
from node import JS, NODE

from editgan_widgets.widgets.core.commands import Command, Commands, points_of
from editgan_widgets.widgets.core.requests import REQUESTS
from editgan_widgets.widgets.core.typescript import declarations
from editgan_widgets.widgets.editor.requests import MESSAGES
from editgan_widgets.widgets.editor.tools import TOOLS
from editgan_widgets.widgets.explorer.commands import COMMANDS as EXPLORER_COMMANDS
from editgan_widgets.widgets.finder.commands import COMMANDS as FINDER_COMMANDS


class Move(Command, frozen=True, kw_only=True):
    """A command for these tests."""

    buffers = {"way": points_of}  # noqa: RUF012

    by: Annotated[float, Meta(ge=0, le=2, title="a length", description="is a number from 0 to 2")]
    way: list[tuple[float, float]] = []  # noqa: RUF012


def test_the_message_types_of_the_page_are_generated_from_the_commands():
    kept = (JS / "editor" / "messages.d.ts").read_text(encoding="utf-8")
    assert kept == declarations(MESSAGES, "editgan_widgets.widgets.editor.requests:MESSAGES"), "run make bundle"


def test_each_field_of_a_command_gets_its_typescript_type():
    class Sample(Command, frozen=True, kw_only=True):
        """A sample."""

        buffers = {"way": points_of}  # noqa: RUF012

        way: list[tuple[float, float]]
        by: float
        corner: tuple[int, int]
        names: tuple[int | str, ...] = ()
        mode: Literal["near", "far"] = "near"
        scales: dict[str, float] = {}  # noqa: RUF012
        last: int | None = None

    assert """/** A sample. */
export interface Sample {
  kind: "sample";
  by: number;
  corner: [number, number];
  names?: (number | string)[];
  mode?: "far" | "near";
  scales?: Record<string, number>;
  last?: number | null;
}
""" in declarations(Commands(Sample), "here")


MESSAGES_AND_ERRORS = (  # what the page would send, and what the type checker's error names; empty where it fits
    ('{ kind: "visit", entry: 3 }', ""),
    ('{ kind: "visitt", entry: 3 }', "visitt"),
    ('{ kind: "visit" }', "entry"),
    ('{ kind: "visit", entry: "third" }', "string"),
    ('{ kind: "run", stepz: 3 }', "stepz"),
)


@pytest.mark.slow
@pytest.mark.skipif(not (JS / "node_modules").is_dir(), reason="npm's packages are not installed: make bundle")
def test_the_type_checker_rejects_the_messages_that_the_kernel_would_reject(tmp_path):
    types = (JS / "core" / "types").as_posix()
    pages = [tmp_path / f"page{i}.ts" for i in range(len(MESSAGES_AND_ERRORS))]
    for page, (message, _) in zip(pages, MESSAGES_AND_ERRORS, strict=True):
        page.write_text(
            f"""import type {{ Message }} from "{(JS / "editor" / "messages").as_posix()}";
import type {{ Tell }} from "{types}";
declare const tell: Tell<Message>;
tell({message});
export {{}};
""",
            encoding="utf-8",
        )
    flags = ["--noEmit", "--strict", "--ignoreConfig", "--types", "", "--pretty", "false", *map(str, pages)]
    done = subprocess.run([*NODE, "node_modules/typescript/bin/tsc", *flags], cwd=JS, capture_output=True, text=True)
    for page, (message, error) in zip(pages, MESSAGES_AND_ERRORS, strict=True):
        found = [report for report in re.split(r"\n(?=\S)", done.stdout) if page.name in report.splitlines()[0]]
        assert bool(found) == bool(error), f"{message}: {done.stdout}"
        assert error in "".join(found)


def test_every_message_that_the_page_sends_is_a_command_or_a_request():
    requests = {kind.__struct_config__.tag for kind in REQUESTS}
    sent = set()
    for path in JS.rglob("*.js"):
        if not {"node_modules", "tests"} & set(path.relative_to(JS).parts):
            sent |= set(re.findall(r'tell\(\{ kind: "(\w+)"', path.read_text(encoding="utf-8")))
    assert len(sent) > 15
    assert sent <= MESSAGES.kinds.keys() | EXPLORER_COMMANDS.kinds.keys() | FINDER_COMMANDS.kinds.keys() | requests


def test_each_tool_of_the_toolbar_has_one_python_and_one_javascript_file():
    scripts = {path.stem for path in (JS / "editor" / "tools").glob("*.js")} - {"index"}
    modules = {tool.__name__.rsplit(".", 1)[1]: getattr(tool, "BUTTONS", None) for tool in TOOLS}
    assert {name: buttons for name, buttons in modules.items() if buttons} == {name: (name,) for name in scripts}


def test_a_command_is_frozen_and_named_after_its_class():
    move = Commands(Move).decode({"kind": "move", "by": 1}, [np.array([1, 2], np.float32).tobytes()])
    assert move == Move(by=1.0, way=[(1.0, 2.0)])
    with pytest.raises(AttributeError):
        move.by = 2.0  # type: ignore[misc]
    assert msgspec.to_builtins(move)["kind"] == "move"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "a length is a number from 0 to 2; got nothing"),
        ({"by": 3}, "a length is a number from 0 to 2; got 3"),
        ({"by": "x" * 100}, "a length is a number from 0 to 2; got 'xxx"),
        ({"by": float("nan")}, "a length is a number from 0 to 2; got nan"),
    ],
)
def test_an_invalid_field_is_named_with_its_value_and_the_allowed_range(content, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Commands(Move).decode({"kind": "move", **content}, [])
