"""The editor's drag tool without a browser: its command from the page and from Python, and its history entries."""

import numpy as np
import pytest
import torch
from editors import browser, heard, run_script_here, until
from tiny_model import grown

from editgan_widgets.documents.session import EditSession
from editgan_widgets.latent.terms.drag import DragError, DragPoint, drag_region
from editgan_widgets.widgets import Editor
from editgan_widgets.widgets.editor.tools.drag import Drag

PAIR = [14.0, 16.0, 19.0, 16.0]


@pytest.fixture
def editor(tiny_model, tmp_path):
    session = EditSession.from_seed(tiny_model, seed=3)
    with heard(Editor(session, vectors={}, auto=False, journal=tmp_path / "journal")) as editor:
        yield editor


def finished(editor, *calls):
    for call in calls:
        call()
        assert editor.wait(60)


def made(editor):
    return [entry.made["do"] for entry in editor.session.history.path()[1:]]


def test_a_drag_from_the_page_shows_its_figures_and_moves_the_picture(editor):
    before = editor.image.copy()
    browser(editor, kind="drag", points=[PAIR], part=None, steps=6)
    assert editor.wait(60)
    assert not np.array_equal(editor.image, before)
    frames = [content for content, _ in editor.sent if content["kind"] == "frame"]
    assert {"reached", "drag"} <= frames[-1]["figures"].keys()
    assert "of the way to their targets" in editor.view.status
    assert (made(editor), editor.pending) == (["drag"], True)
    assert editor.view.progress["kept"] is True


def test_the_page_is_told_that_a_drag_kept_nothing(editor):
    drag = editor.session.drag

    def fruitless(points, **given):
        steps = drag(points, **given)
        yield next(steps)
        editor.session._runs.abandon()

    editor.session.drag = fruitless
    browser(editor, kind="drag", points=[PAIR], part=None, steps=6)
    assert editor.wait(60)
    assert (made(editor), editor.view.progress["kept"]) == ([], False)
    assert "could not get the points closer" in editor.view.status


@pytest.mark.slow
def test_drags_and_strokes_share_one_history_of_undo_and_redo(editor):
    start = editor.session.w_plus
    painted = grown(editor.label_map, 3)
    finished(editor, lambda: editor.operate(lambda *_: painted), lambda: editor.do(Drag(points=[PAIR], steps=4)))
    assert made(editor) == ["label_map", "drag"]
    dragged = editor.session.w_plus
    finished(editor, editor.undo)
    assert torch.equal(editor.session.w_plus, start)
    assert np.array_equal(editor.label_map, painted)
    finished(editor, editor.redo)
    assert torch.equal(editor.session.w_plus, dragged)
    assert editor.view.history[-1]["name"] == "Drag"


@pytest.mark.slow
def test_stop_keeps_the_best_step_of_a_drag(editor):
    before = editor.image.copy()
    editor.do(Drag(points=[PAIR], steps=200))
    until(lambda: editor.session.kept_step is not None)
    editor.stop()
    assert editor.wait(60)
    assert editor.session.history.entry.made["ran"] < 200
    assert not np.array_equal(editor.image, before)
    assert editor.view.status.startswith("Stopped at step")


@pytest.mark.shipped
@pytest.mark.slow
def test_script_and_journal_of_a_drag_reproduce_its_picture(editor, tmp_path, monkeypatch):
    editor.do(Drag(points=[PAIR], part="spark", steps=4), blocking=True)
    assert "not the same" not in run_script_here(editor.script(), editor.session.model, tmp_path, monkeypatch)
    again = Editor.restore(editor.journal, editor.session.model)
    try:
        assert np.array_equal(again.image, editor.image)
        assert made(again) == ["drag"]
    finally:
        again.close()


def test_a_part_limits_the_region_of_a_drag(editor, monkeypatch):
    regions = []

    def drag(points, steps, region):
        regions.append(region)
        yield from ()

    monkeypatch.setattr(editor.session, "drag", drag)
    pair = (14.0, 16.0, 15.0, 16.0)
    for part in (None, *(label.name for label in editor.labels)):
        editor.do(Drag(points=[pair], part=part, steps=2), blocking=True)
    everywhere = drag_region([DragPoint(pair[:2], pair[2:])], 32)
    unlimited, *limited = regions
    assert unlimited is None
    assert min(region.sum() for region in limited) < everywhere.sum()
    assert not any((region & ~everywhere).any() for region in limited)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "points are 1 to 64 lists of four numbers"),
        ({"points": []}, "got []"),
        ({"points": [[1, 2, 3]]}, "got [1, 2, 3]"),
        ({"points": [[1, 2, 3, "x"]]}, "four numbers"),
        ({"points": [[1, 2, 3, float("nan")]]}, "got nan"),
        ({"points": [[1, 2, 300, 2]]}, "outside the picture"),
        ({"points": [[1, 2, 1.1, 2]]}, "less than half a pixel"),
        ({"points": [PAIR], "part": "sparc"}, "spark"),
        ({"points": [PAIR], "steps": 0}, "from 1 to 10000; got 0"),
    ],
)
def test_an_invalid_drag_is_refused_with_the_reason(editor, content, words):
    browser(editor, kind="drag", **content)
    assert words in editor.error
    assert made(editor) == []


def test_an_invalid_drag_from_python_raises_immediately(editor):
    with pytest.raises(DragError, match="outside"):
        editor.do(Drag(points=[[1.0, 2.0, 300.0, 2.0]]))
