"""Malformed messages from the browser are refused with a readable error, change nothing, and stop nothing."""

import random
from contextlib import suppress

import numpy as np
import pytest
from editors import heard, push_of

from editgan_widgets import EditSession
from editgan_widgets.widgets import Editor
from editgan_widgets.widgets.core.requests import REQUESTS
from editgan_widgets.widgets.editor.requests import MESSAGES

ODD = [
    *(None, True, False, -1, 0, 3, 2**31, 2**63, 10**400, -(10**400), 0.5, -1e300, 1e308, float("inf"), float("nan")),
    *("", "spark", "x" * 100_000, "\0", "7", [], [1], [[]], [None] * 5, {}, {"spark": 1}, {"a": {"b": []}}, b"", b"x"),
]
ODD_BUFFERS = [
    *([], [b""], [b"\0"], [b"\0" * 7], [b"\0" * 12], [b"\xff" * 8], [b"\xff" * 4096], [b"", b"", b""]),
    *([np.full(2, 1e38, np.float32).tobytes()], [np.full(2, -1e38, np.float32).tobytes()], [b"\0" * 900_000]),
]
POINTS = [np.array([(4, 4), (9, 5), (6, 9)], np.float32).tobytes()]
ASKED = {"label": 3, "auto": False, "steps": 5, "locked": []}
# A valid message of each kind and its buffers; other keys are optional.
GOOD = {
    "stroke": ({"tool": "brush", "radius": 2.0, "shape": "round", **ASKED}, POINTS),
    "fill": ({"x": 4.0, "y": 4.0, **ASKED}, []),
    "lasso": (ASKED, POINTS),
    "operate": ({"name": "grow", **ASKED}, []),
    "run": ({"steps": 1}, []),
    "vectors": ({"scales": {"push": 0.5}, "live": False}, []),
    "keep": ({"name": "mine"}, []),
    "ack": ({"seq": 1}, []),
    "open": ({}, [b"no picture"]),
    "from_sample": ({"seed": 3, "psi": 0.7, "label": 3, "auto": False, "steps": 2}, []),
    "strength": ({"strength": 0.5, "live": False}, []),
    "visit": ({"entry": 0}, []),
    "compare_with": ({"entry": 0}, []),
    "rename": ({"entry": 0, "name": "first"}, []),
    "configure": ({"preset": "default", "settings": {}}, []),
    "drag": ({"points": [[8.0, 8.0, 14.0, 8.0]], "part": None, "steps": 2}, []),
    "push": ({"radius": 4.0, **ASKED}, POINTS),
    "layers": ({"name": "push", "first": 1, "last": 4}, []),
    "switch": ({"name": "push", "on": False}, []),
    "remove": ({"name": "mine"}, []),
    "refine": ({"steps": 1}, []),
    "sweep": ({"name": "push", "view": "page"}, []),
    "reframe": ({"x": 2.0, "y": 2.0, "side": 20.0, "roll": 0.0}, []),
    "new": ({"seed": 4, "psi": 0.7}, []),
    "open_mask": (ASKED, [b"no picture"]),
    "open_part_mask": (ASKED, [b"no picture"]),
    "outline": ({"name": "grow", **ASKED}, []),
    "samples": ({"seeds": [3], "psis": [0.7]}, []),
    "state": ({"revision": 1}, []),
}
TRIES = {"sweep": 10, "drag": 25}  # those that are valid after all take long; others are tried 50 times
# Without fields, or with the page's own name as the only one.
PLAIN = {"stop", "accept", "discard", "undo", "redo", "thumbs", "history", "dismiss", "save", "save_mask", "script"}
PLAIN |= {"animation"}
# Texts of Python's own errors, as opposed to errors written for the user.
UNHELPFUL = ("Error:", "object has no", "unsupported operand", "NoneType", "argument must be", "not subscriptable")


@pytest.fixture
def editor(tiny_model):
    session, push = EditSession.from_seed(tiny_model, seed=2), push_of(tiny_model, 0.1)
    with heard(Editor(session, auto=False, vectors={"push": push}, journal=False)) as editor:
        yield editor


def send(editor, content, buffers=()):
    editor.view._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])


def settle(editor) -> str:
    """Wait until all is done; returns the shown message."""
    with suppress(Exception):
        assert editor.wait(60)
    return editor.error


def state(editor):
    session = editor.session
    scales, history = editor.vector_scales, len(session.history.entries)
    return session.w_plus.sum().item(), session.label_map.tobytes(), scales, history, sorted(editor.vectors)


def bad_messages(kind, rng, count):
    """Valid messages with one to three faults."""
    content, buffers = GOOD[kind]
    for _ in range(count):
        message, carried = {"kind": kind, **content}, buffers
        for _ in range(rng.randint(1, 3)):
            name = rng.choice([*content, "buffers", "buffers"])
            if name == "buffers":
                carried = rng.choice(ODD_BUFFERS)
            elif rng.random() < 0.2:
                message.pop(name, None)
            else:
                message[name] = rng.choice(ODD)
        yield message, carried


def test_each_kind_of_message_is_tried():
    assert GOOD.keys() | PLAIN == MESSAGES.kinds.keys() | {kind.__struct_config__.tag for kind in REQUESTS}


@pytest.mark.slow
@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("kind", GOOD)
def test_a_malformed_message_is_refused_with_a_readable_error_and_changes_nothing(editor, kind):
    rng = random.Random(kind)
    refused = 0
    for message, buffers in bad_messages(kind, rng, TRIES.get(kind, 50)):
        editor.dismiss()
        before = state(editor)
        send(editor, message, buffers)
        error = settle(editor)
        if error:
            refused += 1
            assert state(editor) == before, (message, error)
            assert len(error) < 1000, message
            assert not any(words in error for words in UNHELPFUL), (str(message)[:300], error)
    assert refused > 3
    # The next valid message works.
    editor.dismiss()
    before = editor.label_map.copy()
    label = 1 if before[8, 8] != 1 else 2
    send(editor, {"kind": "stroke", **GOOD["stroke"][0], "label": label}, [np.array([8.5, 8.5], np.float32).tobytes()])
    assert settle(editor) == ""
    assert editor.label_map[8, 8] == label


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "content", [None, 3, "stroke", [], {}, {"kind": None}, {"kind": []}, {"kind": {}}, {"kind": "x"}]
)
def test_content_that_is_not_a_message_is_refused(editor, content):
    before = state(editor)
    send(editor, content)
    assert "reload the page" in settle(editor)
    assert state(editor) == before
