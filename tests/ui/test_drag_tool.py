"""The drag tool in a real browser: pairs are set by mouse and keys, the picture follows, and undo reverts it."""

import json

import numpy as np
import pytest

from .lab import EditorPage, until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]


def history(lab) -> list[dict]:
    code = "import json; editor.wait(); print(json.dumps([dict(e.made) for e in editor.session.history.path()[1:]]))"
    return json.loads(lab.kernel(code))


def test_points_set_by_mouse_and_keys_are_dragged(lab, photograph):
    lab.run_all()
    lab.kernel("editor.undo(); editor.wait(); editor.view.auto = False; editor.view.steps = 40")
    editor = EditorPage(lab)
    editor.idle()
    before = editor.pixels()
    size = len(before)
    canvas = editor.canvas("picture")
    canvas.press("d")
    start = editor.root.get_by_role("button", name="Start dragging", exact=True)
    until(lambda: start.is_visible(), 10, "the tool did not come")
    assert start.is_disabled()

    way = [(size * 0.45, size * 0.7), (size * 0.5, size * 0.66)]
    editor.stroke(way, size, view="picture")
    editor.stroke([(size * 0.7, size * 0.6), (size * 0.76, size * 0.6)], size, view="picture")
    canvas.press("ArrowRight")  # moves the target of the last pair …
    canvas.press("n")
    canvas.press("n")
    canvas.press("Delete")  # … and removes the pair
    for theme in ("dark", "light"):
        lab.theme(f"JupyterLab {theme.capitalize()}")
        photograph(editor, f"2-{theme}")
    canvas.press("Enter")
    until(lambda: editor.running, 20, "no drag began")
    until(lambda: editor.frames > 1 or not editor.running, 60, "no frame came")
    photograph(editor, "3-dragging")
    editor.idle()
    photograph(editor, "4-dragged")
    assert not np.array_equal(editor.pixels(), before)
    assert start.is_disabled()  # the points are gone
    made = history(lab)[-1]
    assert made["do"] == "drag"
    (pair,) = made["points"]
    assert np.allclose(pair, np.ravel(way), atol=1.0)
    editor.press("Undo")
    until(lambda: np.array_equal(editor.pixels(), before), 20, "undo did not take the drag back")
