import time

import numpy as np
import pytest

from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.masks.strokes import StrokeError
from editgan_widgets.masks.warp import push

LABELS = LabelSet("three", [Label(0, "ground", "#202020"), Label(1, "blob", "#e0b090"), Label(2, "spark", "#603010")])


@pytest.fixture
def bar():
    label_map = np.zeros((40, 60), np.uint8)
    label_map[:, 20:24], label_map[:, 40:] = 1, 2
    return label_map


def test_the_part_under_the_middle_of_the_brush_is_pushed_along(bar):
    pushed = push([(22, 20), (30, 20)], 8)(bar, LABELS)
    assert (pushed[19:21, 29:31] == 1).all()
    assert not (pushed[20, 20:24] == 1).any()
    assert np.array_equal(pushed[5], bar[5])
    assert set(np.unique(pushed)) == {0, 1, 2}


def test_nothing_moves_beyond_the_brush_and_the_old_map_stays(bar):
    before = bar.copy()
    pushed = push([(22, 20), (27, 20), (27, 16)], 6)(bar, LABELS)
    assert np.array_equal(bar, before)
    y, x = np.nonzero(pushed != bar)
    assert len(x) > 10
    near = np.minimum(
        np.hypot(x + 0.5 - np.clip(x + 0.5, 22, 27), y + 0.5 - 20),
        np.hypot(x + 0.5 - 27, y + 0.5 - np.clip(y + 0.5, 16, 20)),
    )
    assert near.max() <= 6


def test_a_part_stays_whole_however_far_it_is_pushed(bar):
    from scipy import ndimage

    pushed = push([(22 + i / 2, 20) for i in range(24)], 9)(bar, LABELS)
    assert ndimage.label(pushed == 1)[1] == 1


def test_there_and_back_leaves_nearly_the_same(bar):
    back = push([(22, 20), (25, 20), (22, 20)], 9)(bar, LABELS)
    assert (back != bar).mean() < 0.01


def test_a_push_may_leave_the_picture(bar):
    pushed = push([(50, 20), (80, 20)], 9)(bar, LABELS)
    assert pushed.shape == bar.shape
    assert np.array_equal(pushed[:10], bar[:10])


def test_a_push_to_a_far_point_ends_at_once_and_moves_what_it_passes(bar):
    before = time.perf_counter()
    far = push([(22, 20), (1e6, 20), (-1e6, 1e6), (1e6, -1e6)], 0.5)(bar, LABELS)
    assert time.perf_counter() - before < 1
    assert np.array_equal(far[:10], bar[:10])
    near, farther = push([(22, 20), (99, 20)], 5.5)(bar, LABELS), push([(22, 20), (22 + 77 * 1000, 20)], 5.5)
    assert np.array_equal(farther(bar, LABELS), near)


@pytest.mark.parametrize(
    ("points", "radius", "message"),
    [
        ([(1, 1)], 3, r"two points or more, .*; got \[\(1.0, 1.0\)\]"),
        ([(1, 1), (2, float("nan"))], 3, "at most 1e[+]06 px"),
        ([(4, 4), (1e30, 9)], 3, "at most 1e[+]06 px"),
        ([(1, 1), (2, 2)], 1e-300, "0.25 px or more"),
        ([(1, 1), (2, 2)], 0, "above 0 px"),
        ([(1, 1), (2, 2)], float("inf"), "above 0 px"),
    ],
)
def test_a_push_that_cannot_be_is_refused_when_made(points, radius, message):
    with pytest.raises(StrokeError, match=message):
        push(points, radius)
