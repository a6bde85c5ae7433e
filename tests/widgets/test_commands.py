"""Commands: one schema for browser and Python, and errors that name the field, what came and what fits."""

import re
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import pytest
from msgspec import Meta

from editgan_widgets.widgets.core.commands import Command, Commands, points_of
from editgan_widgets.widgets.editor.schema import schema_text
from editgan_widgets.widgets.editor.tools import COMMANDS

JS = Path(__file__).parents[2] / "js"


class Move(Command, frozen=True, kw_only=True):
    """A command for these tests."""

    buffers = {"way": points_of}  # noqa: RUF012

    by: Annotated[float, Meta(ge=0, le=2, title="a length", description="is a number from 0 to 2")]
    way: list[tuple[float, float]] = []  # noqa: RUF012


def test_the_schema_that_the_browser_side_has_is_the_one_of_the_commands():
    kept = (JS / "editor" / "commands.json").read_text(encoding="utf-8")
    assert kept == schema_text(), "run python -m editgan_widgets.widgets.editor.schema js/editor/commands.json"


def test_every_message_that_the_page_sends_is_a_command_or_a_question():
    questions = {"ack", "state", "history", "thumbs", "samples", "outline", "dismiss"}
    sent = set()
    for path in JS.rglob("*.js"):
        if not {"node_modules", "tests"} & set(path.parts):
            sent |= set(re.findall(r'tell\(\{ kind: "(\w+)"', path.read_text(encoding="utf-8")))
    assert len(sent) > 15
    assert sent <= COMMANDS.kinds.keys() | questions


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
def test_what_does_not_fit_is_said_in_plain_words(content, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Commands(Move).decode({"kind": "move", **content}, [])
