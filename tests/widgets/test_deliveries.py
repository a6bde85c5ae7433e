"""Repeated messages are handled once and in order; the editor reports the last handled turn to each page."""

import numpy as np
import pytest

from editgan_widgets import EditSession
from editgan_widgets.widgets import Editor
from editgan_widgets.widgets.core.commands import Commands
from editgan_widgets.widgets.core.deliveries import Deliveries


@pytest.fixture
def editor(tiny_model):
    editor = Editor(EditSession.from_seed(tiny_model, seed=1), auto=False, vectors={}, journal=False)
    editor.sent = []
    editor.view.send = lambda content, buffers=None: editor.sent.append(content)
    yield editor
    editor.close()


def stroke(editor, n, place, client="page", **changes):
    label = editor.labels["spark"].id
    content = {"kind": "stroke", "tool": "brush", "label": label, "radius": 1.5, "auto": False, **changes}
    content |= {"id": f"{client}-{n}", "turn": [client, n]}
    editor.view._handle_custom_msg(content, [memoryview(np.array([place], np.float32).tobytes())])


def entries(editor):
    return len(editor.session.history.path()) - 1


def test_a_duplicate_message_is_handled_once():
    deliveries = Deliveries()
    first = deliveries.take(["a", 1])
    assert first is not None
    assert deliveries.take(["a", 1]) is None
    assert deliveries.take(["b", 1]) is not None
    assert deliveries.standing(["a", 1]) == {"client": "a", "taken": 1, "handled": 0, "early": False}
    deliveries.finish(first)
    assert deliveries.handled() == {"a": 1, "b": 0}


def test_a_message_that_arrives_early_is_requested_again():
    deliveries = Deliveries()
    assert deliveries.take(["a", 2]) is None
    assert deliveries.standing(["a", 2]) == {"client": "a", "taken": 0, "handled": 0, "early": True}
    assert deliveries.take(["a", 1]) is not None
    assert deliveries.take(["a", 2]) is not None


def test_a_turn_is_confirmed_only_after_all_earlier_turns():
    deliveries = Deliveries()
    turns = [deliveries.take(["a", n]) for n in (1, 2, 3)]
    deliveries.finish(turns[2])
    assert deliveries.handled() == {"a": 0}
    deliveries.finish(turns[0])
    assert deliveries.handled() == {"a": 1}
    deliveries.finish(turns[1])
    assert deliveries.handled() == {"a": 3}


def test_only_the_most_recent_pages_are_remembered():
    deliveries = Deliveries()
    for i in range(200):
        assert deliveries.take([f"page {i}", 1]) is not None
    assert len(deliveries.handled()) == 64
    assert deliveries.take(["page 199", 1]) is None


@pytest.mark.parametrize("turn", [None, 7, [], ["a"], ["a", 0], ["a", True], ["a", 1.5], ["a", 2**60], ["", 1], [3, 1]])
def test_an_invalid_turn_is_refused(turn):
    with pytest.raises(ValueError, match="turn is"):
        Deliveries().take(turn)


def test_a_stroke_that_is_sent_twice_is_painted_once(editor):
    stroke(editor, 1, (4, 4))
    assert editor.wait(20)
    painted, history = editor.label_map.copy(), entries(editor)
    editor.undo()
    assert editor.wait(20)
    stroke(editor, 1, (4, 4))  # the same message, late: the undone stroke stays undone
    assert editor.wait(20)
    assert not np.array_equal(editor.label_map, painted)
    assert history == 1
    assert entries(editor) == 0
    assert editor.sent[-1] == {"kind": "standing", "client": "page", "taken": 1, "handled": 1, "early": False}


def test_strokes_that_arrive_out_of_order_are_painted_in_order(editor):
    stroke(editor, 2, (4, 4), label=editor.labels["glow"].id)
    assert editor.sent[-1]["early"]
    stroke(editor, 1, (4, 4))
    stroke(editor, 2, (4, 4), label=editor.labels["glow"].id)
    assert editor.wait(20)
    assert editor.label_map[4, 4] == editor.labels["glow"].id
    assert editor.view.handled == {"page": 2}


def test_refused_messages_and_messages_without_effect_also_count_as_handled(editor):
    stroke(editor, 1, (4, 4), radius="wide")
    assert "radius" in editor.error
    assert editor.sent[-1] == {"kind": "reject", "id": "page-1"}
    editor.view._handle_custom_msg({"kind": "stop", "id": "page-2", "turn": ["page", 2]}, [])
    assert editor.view.handled == {"page": 2}
    editor.dismiss()
    assert editor.wait(20)


@pytest.mark.parametrize("place", ["decode", "check", "submit"])
def test_a_message_that_is_interrupted_in_the_kernel_counts_as_handled(editor, monkeypatch, place):
    def interrupted(*_):
        raise KeyboardInterrupt

    worker = editor._worker
    owner = {"decode": (Commands, "decode"), "check": (worker, "ask"), "submit": (worker, "_submit")}
    with monkeypatch.context() as patch:
        patch.setattr(*owner[place], interrupted)
        with pytest.raises(KeyboardInterrupt):
            stroke(editor, 1, (4, 4))
    stroke(editor, 2, (9, 9))
    assert editor.wait(20)
    assert editor.view.handled == {"page": 2}
    assert editor.label_map[9, 9] == editor.labels["spark"].id


def test_a_page_can_request_the_whole_state(editor):
    asked = []
    editor.view.send_state = asked.append
    editor.view._handle_custom_msg({"kind": "state"}, [])
    assert {"mask", "image", "handled", "vectors", "status", "running"} <= set(asked[0])
    assert not {"tool", "label", "size"} & set(asked[0])


def test_a_page_that_has_seen_the_newest_revision_is_sent_nothing(editor):
    asked = []
    editor.view.send_state = asked.append
    editor.view._handle_custom_msg({"kind": "state", "revision": editor.view.revision}, [])
    assert asked == []
    editor.view._handle_custom_msg({"kind": "state", "revision": editor.view.revision - 1}, [])
    assert "revision" in asked[0]


def test_each_message_with_new_state_increments_the_revision(editor):
    before = editor.view.revision
    editor.view.publish(status="a", error="")
    editor.view.publish(status="b")
    assert editor.view.revision == before + 2
