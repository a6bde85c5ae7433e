"""Events that arrive faster than they can be shown: the last one is shown soon, and no stroke is lost."""

import time
from itertools import pairwise

import numpy as np
import pytest
import torch
from editors import heard, push_of

from editgan_widgets import EditSession
from editgan_widgets.masks.strokes import Stroke, covered, rasterise
from editgan_widgets.widgets import Editor


@pytest.fixture
def editor(tiny_model):
    session, push = EditSession.from_seed(tiny_model, seed=2), push_of(tiny_model, 0.1)
    with heard(Editor(session, auto=False, vectors={"push": push}, journal=False)) as editor:
        yield editor


def send(editor, content, points=None):
    buffers = [] if points is None else [memoryview(np.array(points, np.float32).tobytes())]
    editor.view._handle_custom_msg(content, buffers)


@pytest.mark.slow
def test_few_of_six_hundred_slider_positions_are_rendered_and_the_last_one_is_shown(editor):
    shown, picture_of = [], editor.session.picture_of
    editor.session.picture_of = lambda w_plus: (shown.append(w_plus), picture_of(w_plus))[1]
    push = editor.vectors["push"].delta_w_plus
    for i in range(600):
        send(editor, {"kind": "vectors", "scales": {"push": i / 600}, "live": True})
    last = time.monotonic()
    assert editor.wait(30)
    assert time.monotonic() - last < 2  # 0.2 s on a quiet machine
    assert any(torch.allclose(w_plus, editor.session.w_plus + 599 / 600 * push, atol=1e-5) for w_plus in shown)
    assert len(shown) < 300
    assert editor.session.history.path()[-1].id == 0


@pytest.mark.slow
def test_a_burst_of_strokes_is_painted_completely_and_shown_in_few_updates(editor):
    masks = []
    editor.view.observe(lambda change: masks.append(change["new"]), "mask")
    rng = np.random.default_rng(0)
    expected = editor.label_map
    for n in range(1, 121):
        x, y = (float(value) for value in rng.uniform(1, 31, 2).astype(np.float32))
        label = ("spark", "glow")[n % 2]
        content = {"kind": "stroke", "tool": "brush", "label": editor.labels[label].id, "radius": 1.5, "auto": False}
        send(editor, {**content, "id": f"page-{n}", "turn": ["page", n]}, [(x, y)])
        expected = rasterise(Stroke([(x, y)], 1.5, label), expected, editor.labels)
    assert editor.wait(60)
    assert np.array_equal(editor.label_map, expected)
    assert editor.view.handled == {"page": 120}
    assert len(masks) < 60
    undone = len(editor.session.history.path()) - 1
    assert undone > 80  # each stroke that changed something has its own entry
    editor.undo()
    assert editor.wait(20)
    assert len(editor.session.history.path()) == undone


@pytest.mark.slow
def test_a_stroke_of_four_hundred_points_paints_the_same_pixels_as_its_segments():
    rng = np.random.default_rng(1)
    walk = np.cumsum(rng.normal(0, 1.0, (400, 2)), axis=0)
    points = [(float(x), float(y)) for x, y in np.abs(walk % 200 - 100)]  # reflected at 0 and at 100
    for shape in ("round", "square"):
        began = time.monotonic()
        together = covered(Stroke(points, 0.71, 0, shape), (128, 128))
        assert time.monotonic() - began < 2  # 0.1 s on a quiet machine
        one_by_one = np.zeros((128, 128), bool)
        for pair in pairwise(points):
            one_by_one |= covered(Stroke(pair, 0.71, 0, shape), (128, 128))
        assert np.array_equal(together, one_by_one)
        assert 0.01 < together.mean() < 0.8
