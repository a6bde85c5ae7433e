"""Messages of the painting tools and the equivalent methods, on an editor with the tiny model."""

import zlib

import numpy as np
import pytest

from editgan_widgets.documents.session import EditSession
from editgan_widgets.labels import UnknownLabelError
from editgan_widgets.masks.fills import fill, lasso
from editgan_widgets.masks.part_operations import copy_from
from editgan_widgets.masks.strokes import Stroke
from editgan_widgets.masks.warp import push
from editgan_widgets.widgets import Editor

LINE = np.array([(6, 8), (12, 20)], np.float32)


@pytest.fixture
def editor(session):
    editor = Editor(session, auto=False, journal=False)
    editor.sent = []
    editor.view.send = lambda content, buffers=None: editor.sent.append((content, buffers))
    yield editor
    editor.close()


def browser(editor, kind, *buffers, **content):
    message = {"kind": kind, "label": 3, "auto": False, "steps": 3, **content}
    editor.view._handle_custom_msg(message, [memoryview(np.asarray(b, np.float32).tobytes()) for b in buffers])
    editor.wait(20)


def method_and_message_agree(editor, method, *message, **content):
    """The method and the message produce the same mask, and one undo reverts each."""
    before = editor.label_map.copy()
    method()
    editor.wait(20)
    painted = editor.label_map.copy()
    assert not np.array_equal(painted, before)
    editor.undo()
    editor.wait(20)
    assert np.array_equal(editor.label_map, before)
    browser(editor, *message, **content)
    assert not editor.error
    assert np.array_equal(editor.label_map, painted)
    editor.undo()
    editor.wait(20)
    assert np.array_equal(editor.label_map, before)


@pytest.mark.shipped
@pytest.mark.slow
def test_each_message_has_the_same_effect_as_its_method(editor):
    agree = method_and_message_agree
    pen = Stroke(LINE.tolist(), 4, 3, radii=[1, 4])
    stroke = {"id": "s", "tool": "brush", "radius": 4, "shape": "round"}
    agree(editor, lambda: editor.paint(pen), "stroke", LINE, [1, 4], **stroke)
    agree(editor, lambda: editor.paint(pen, mirror=True), "stroke", LINE, [1, 4], mirror=True, **stroke)
    loop = np.array([(2, 2), (12, 3), (5, 14)], np.float32)
    agree(editor, lambda: editor.operate(lasso(loop.tolist(), 3), mirror=True), "lasso", loop, mirror=True)
    here = editor.label_map[5, 5]
    label = (int(here) + 1) % 4
    whole = fill(5.5, 5.5, label, whole=True)
    agree(editor, lambda: editor.operate(whole), "fill", x=5.5, y=5.5, whole=True, label=label)
    agree(editor, lambda: editor.operate(push(LINE.tolist(), 6)), "push", LINE, radius=6, id="p")
    editor.paint_over(int(here))
    agree(
        editor,
        lambda: editor.paint(Stroke([(16, 16)], 30, label)),
        "stroke",
        [(16, 16)],
        **{**stroke, "radius": 30, "label": label, "over": [int(here)]},
    )


@pytest.mark.shipped
def test_a_pens_stroke_is_in_the_script_of_the_picture(editor):
    editor.paint(Stroke(LINE.tolist(), 4, 3, radii=[1, 4]))
    assert "radii=[1.0, 4.0]" in editor.script()


@pytest.mark.shipped
def test_the_history_names_the_tool_and_the_painted_part(editor):
    browser(editor, "push", LINE, radius=6, id="p")
    browser(editor, "lasso", [(2, 2), (12, 3), (5, 14)])
    assert [entry["name"] for entry in editor.view.history][1:] == ["push", "spark lasso"]


@pytest.mark.shipped
def test_painting_over_chosen_parts_leaves_all_others(editor):
    here = int(editor.label_map[5, 5])
    before = editor.label_map.copy()
    editor.paint_over(here)
    assert editor.view.over == [here]
    editor.paint(Stroke([(16, 16)], 40, (here + 1) % 4))
    editor.wait(20)
    assert np.array_equal(editor.label_map != before, before == here)
    editor.paint(Stroke([(16, 16)], 40, (here + 1) % 4))
    editor.wait(20)
    assert "may not be painted over" in editor.view.status
    editor.paint_over()
    assert editor.view.over == []
    with pytest.raises(UnknownLabelError):
        editor.paint_over("halo")


@pytest.mark.shipped
def test_hidden_parts_and_borders_change_only_the_view(editor):
    before = editor.label_map.copy()
    editor.hide("spark", 1)
    assert editor.view.hidden == [1, 3]
    editor.solo("spark")
    assert editor.view.hidden == [0, 1, 2]
    editor.hide()
    assert editor.view.hidden == []
    editor.show_mask("borders")
    assert editor.view.mask_style == "borders"
    with pytest.raises(ValueError, match="'areas', 'borders', 'both'"):
        editor.show_mask("dots")
    assert np.array_equal(editor.label_map, before)


@pytest.mark.shipped
def test_a_part_tools_outline_shows_its_result_and_changes_nothing(editor):
    before = editor.label_map.copy()
    browser(editor, "outline", name="grow", label=3, mirror=True)  # part tools ignore mirror
    editor._outlines.wait(20)
    content, buffers = editor.sent[-1]
    assert content == {"kind": "outline", "name": "grow", "label": 3}
    shown = np.frombuffer(zlib.decompress(buffers[0]), np.uint8).reshape(before.shape) > 0
    assert np.array_equal(editor.label_map, before)
    assert not editor.session.can_undo
    assert np.array_equal(editor.tool_outline("grow", "spark"), shown)
    browser(editor, "operate", name="grow", label=3, mirror=True)
    assert np.array_equal(editor.label_map == 3, shown)


@pytest.mark.shipped
def test_an_outline_excludes_locked_parts_and_leaves_a_shown_error(editor):
    with pytest.raises(ValueError, match="explode"):
        browser(editor, "operate", name="explode")
    assert "explode" in editor.error
    browser(editor, "outline", name="grow", label=3, locked=[0, 1, 2])
    editor._outlines.wait(20)
    outline = np.frombuffer(zlib.decompress(editor.sent[-1][1][0]), np.uint8).reshape(editor.label_map.shape)
    assert np.array_equal(outline > 0, editor.label_map == 3)
    browser(editor, "outline", name="from the other side", label=2)  # a part without a pair
    editor._outlines.wait(20)
    assert editor.sent[-1][1] == [b""]
    assert "explode" in editor.error
    editor.dismiss()


@pytest.mark.shipped
def test_a_parts_shape_is_copied_from_another_portraits_mask(editor, tiny_model):
    other = EditSession.from_seed(tiny_model, seed=5).label_map
    editor.operate(copy_from(other, "spark", fit=False))
    editor.wait(20)
    assert np.array_equal(editor.label_map == 3, other == 3)


@pytest.mark.shipped
@pytest.mark.parametrize(
    ("kind", "buffers", "content", "words"),
    [
        ("stroke", (LINE, [2.0]), {"tool": "brush", "radius": 2}, "one for each point"),
        ("stroke", (LINE, [2.0, -1.0]), {"tool": "brush", "radius": 2}, "above 0"),
        ("stroke", (LINE,), {"tool": "push", "radius": 2}, "must be 'brush' or 'eraser'"),
        ("push", (LINE[:1],), {"radius": 2}, "two points or more"),
        ("push", (LINE,), {}, "radius must be a number"),
        ("fill", (), {"x": 2, "y": 2, "over": [9]}, "9"),
        ("fill", (), {"x": 2, "y": 2, "over": "skin"}, "list"),
        ("outline", (), {"name": "grow", "label": "halo"}, "halo"),
    ],
)
def test_invalid_messages_are_refused_and_change_nothing(editor, kind, buffers, content, words):
    before = editor.label_map.copy()
    with pytest.raises(ValueError, match=words):
        browser(editor, kind, *buffers, **content)
    assert words in editor.error
    assert np.array_equal(editor.label_map, before)
    editor.dismiss()
