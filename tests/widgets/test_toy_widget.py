"""Features of widgets/core, shown by a toy widget (tests/support/fader): commands, steps, Stop, errors, reload."""

import time
from contextlib import suppress

import numpy as np
import pytest
from editors import until
from fader.document import COMMANDS, Document, apply, snapshot
from fader.widget import Fader

from editgan_widgets.widgets.core.commands import Command, Commands
from editgan_widgets.widgets.core.loop import Loop


@pytest.fixture
def fader():
    widget = Fader()
    widget.sent = []
    widget.send = lambda content, buffers=None: widget.sent.append((content, buffers or []))
    yield widget
    widget.close()


def receive(widget: Fader, n: int | None = None, **content) -> None:
    """Deliver a message as a browser sends it; `n` is its turn."""
    turn = {} if n is None else {"turn": ["page", n], "id": f"page:{n}"}
    widget._handle_msg({"content": {"data": {"method": "custom", "content": {**content, **turn}}}, "buffers": []})


def test_a_command_from_python_changes_the_document_and_the_picture(fader):
    fader.set_colour(255, 0, 0)
    fader.wait()
    assert fader.changes == 1
    assert fader.status == "The colour is set."
    assert (fader.canvas.image == (255, 0, 0)).all()


def test_a_command_from_the_browser_is_executed_once_and_confirmed(fader):
    for _ in range(3):
        receive(fader, 1, kind="set_colour", colour=[0, 255, 0])
    fader.wait()
    assert fader.changes == 1
    assert fader.handled == {"page": 1}


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"kind": "set_color", "colour": [0, 0, 0]}, "'set_color' from the browser is unknown"),
        ({"kind": "set_colour"}, "colour is three whole numbers from 0 to 255; got nothing"),
        ({"kind": "set_colour", "colour": [0, 0, 300]}, "colour is three whole numbers from 0 to 255; got 300"),
        ({"kind": "fade", "colour": [0, 0, 0], "steps": 0}, "steps is a whole number from 1 to 100000; got 0"),
    ],
)
def test_an_invalid_message_is_answered_with_an_error_and_changes_nothing(fader, message, error):
    receive(fader, 1, **message)
    assert error in fader.error
    assert ({"kind": "reject", "id": "page:1"}, []) in fader.sent
    assert fader.changes == 0
    receive(fader, 2, kind="dismiss")
    assert fader.error == ""


def test_a_computation_runs_in_steps_and_sends_frames(fader):
    fader.fade(0, 0, 255, steps=10)
    fader.wait()
    assert fader.loop.document.colour == (0, 0, 255)
    assert fader.status == "Done in 10 steps."
    assert not fader.running
    frames = [content for content, _ in fader.sent if content["kind"] == "frame"]
    assert frames[-1]["step"] == frames[-1]["total"] == 10
    assert frames[-1]["figures"] == {"left": 0}


def test_stop_ends_a_computation_within_a_step_and_keeps_its_result(fader):
    fader.fade(0, 0, 0, steps=100_000)
    while fader.changes == 0 and fader.loop.document.changes == 0:
        time.sleep(0.001)
    receive(fader, 1, kind="stop")
    fader.wait()
    assert fader.status.startswith("Stopped at step ")
    assert 0 < fader.loop.document.colour[0] < 255
    assert np.array_equal(fader.canvas.image, fader.loop.document.picture)
    assert not fader.running


def test_a_new_command_stops_a_computation(fader):
    fader.fade(0, 0, 0, steps=100_000)
    fader.set_colour(1, 2, 3)
    fader.wait()
    assert fader.loop.document.colour == (1, 2, 3)


def test_a_preview_is_shown_but_not_kept(fader):
    receive(fader, kind="set_colour", colour=[0, 255, 0], live=True)
    fader.wait()
    assert fader.loop.document == Document()
    assert fader.sent[-1][0]["preview"] is True


def test_only_changed_traits_are_sent(fader):
    fader.set_colour(9, 9, 9)
    fader.wait()
    published = []
    fader.observe(lambda change: published.append(change["name"]))
    fader.set_colour(9, 9, 9)
    fader.wait()
    assert fader.status == "The picture already has this colour."
    assert not {"image", "changes"} & set(published)


def test_a_page_that_missed_a_revision_gets_all_traits_again(fader):
    states = []
    fader.send_state = lambda key=None: states.append(set(key))
    receive(fader, kind="state", revision=fader.revision)
    assert states == []
    receive(fader, kind="state", revision=fader.revision - 1)
    assert {"image", "changes", "status", "running", "handled", "error", "revision"} <= states[0]


def test_texts_of_the_widget_and_of_core_are_translated():
    widget = Fader(language="zh")
    try:
        widget.set_colour(255, 0, 0)
        widget.wait()
        assert widget.status == "颜色已设置。"
        assert {"Stop", "Red"} <= set(widget.strings)
    finally:
        widget.close()


def test_an_error_inside_a_step_is_shown_and_the_next_command_is_executed(fader, monkeypatch):
    def fails(_start, _command):
        raise RuntimeError("no colour left")
        yield

    monkeypatch.setattr("fader.document.faded", fails)
    fader.fade(0, 0, 0)
    with pytest.raises(RuntimeError, match="no colour left"):
        fader.wait()
    assert fader.error == "RuntimeError: no colour left"
    assert not fader.running
    fader.set_colour(5, 5, 5)
    fader.wait()
    assert fader.error == ""
    assert fader.loop.document.colour == (5, 5, 5)


def test_a_command_that_panics_is_rejected_and_the_messages_behind_it_are_confirmed(fader, monkeypatch):
    class Panic(BaseException):
        pass

    def panics(document, command):
        if command.colour == (0, 255, 0):
            raise Panic("in Rust")
        return apply(document, command)

    monkeypatch.setattr(fader.loop, "_apply", panics)
    receive(fader, 1, kind="set_colour", colour=[0, 255, 0])
    receive(fader, 2, kind="set_colour", colour=[255, 0, 0])
    with suppress(Panic):
        fader.wait()
    until(lambda: fader.handled == {"page": 2})
    assert {"kind": "reject", "id": "page:1"} in [content for content, _ in fader.sent]


def test_a_loop_refuses_commands_that_are_executed_at_once(fader):
    class Now(Command, frozen=True, kw_only=True):
        at_once = True

    with pytest.raises(ValueError, match="make now a command without at_once"):
        Loop(fader, Document(), Commands(*COMMANDS.kinds.values(), Now), apply, snapshot)
