import math
from itertools import pairwise

import numpy as np
import pytest

from editgan_widgets.labels import UnknownLabelError
from editgan_widgets.masks.strokes import Stroke, StrokeError, covered, rasterise

SIZE = (24, 32)


def distance_to_polyline(x, y, points, shape):
    """Brute force: the least distance to many points along the polyline."""
    best = math.inf
    for (x0, y0), (x1, y1) in zip(points, points[1:] or points, strict=False):
        t = np.linspace(0, 1, 4001)
        dx, dy = np.abs(x - (x0 + t * (x1 - x0))), np.abs(y - (y0 + t * (y1 - y0)))
        best = min(best, float((np.hypot(dx, dy) if shape == "round" else np.maximum(dx, dy)).min()))
    return best


@pytest.mark.parametrize("shape", ["round", "square"])
@pytest.mark.parametrize(
    "points",
    [[(10.2, 8.7)], [(4, 5), (25.3, 17.1)], [(3, 20), (15, 4), (15, 4), (28.5, 4)], [(16, 30), (16, -5), (20, 8)]],
)
def test_a_pixel_belongs_if_its_centre_is_within_the_radius_of_the_polyline(points, shape):
    stroke = Stroke(points, radius=2.3, label=1, shape=shape)
    mask = covered(stroke, SIZE)
    for y in range(SIZE[0]):
        for x in range(SIZE[1]):
            distance = distance_to_polyline(x + 0.5, y + 0.5, list(stroke.points), shape)
            if abs(distance - 2.3) > 0.01:
                assert mask[y, x] == (distance < 2.3), (x, y, distance)


@pytest.mark.parametrize("shape", ["round", "square"])
def test_between_two_points_of_a_pen_the_radius_goes_evenly_from_one_to_the_other(shape):
    points, radii = [(6.3, 6.1), (24.2, 15.7), (25, 16)], [1.2, 5.4, 0.8]
    mask = covered(Stroke(points, 3, 1, shape, radii), SIZE)
    dabs = np.zeros(SIZE, bool)
    for (start, end), (r0, r1) in zip(pairwise(points), pairwise(radii), strict=True):
        for t in np.linspace(0, 1, 1500):
            x, y = np.array(start) + t * (np.array(end) - start)
            a, b = np.meshgrid(np.arange(SIZE[1]) + 0.5 - x, np.arange(SIZE[0]) + 0.5 - y)
            near = np.hypot(a, b) if shape == "round" else np.maximum(np.abs(a), np.abs(b))
            dabs |= near <= r0 + t * (r1 - r0) + 1e-9
    assert not (dabs & ~mask).any()
    assert (mask & ~dabs).sum() <= 1  # the dabs are not quite all of them


def test_equal_radii_paint_the_same_as_one_radius():
    points = [(4, 5), (25.3, 17.1), (3, 20)]
    assert np.array_equal(covered(Stroke(points, 9, 1, radii=[2.3] * 3), SIZE), covered(Stroke(points, 2.3, 1), SIZE))


def test_painting_sets_the_label_and_leaves_the_old_map_alone(tiny_model):
    before = np.zeros(SIZE, np.uint8)
    after = rasterise(Stroke([(5, 5), (9, 5)], 2, "glow"), before, tiny_model.labels)
    assert not before.any()
    assert after[4, 7] == 2
    assert set(np.unique(after)) == {0, 2}
    assert np.array_equal(after, rasterise(Stroke([(5, 5), (9, 5)], 2, 2), before, tiny_model.labels))


def test_a_stroke_may_leave_the_picture():
    assert covered(Stroke([(30, 12), (60, 12)], 2, 1), SIZE)[12, 31]


def test_an_unknown_label_names_the_nearest(tiny_model):
    with pytest.raises(UnknownLabelError, match=r"'sparks' is not in LabelSet 'tiny'; nearest: 'spark'"):
        rasterise(Stroke([(5, 5)], 2, "sparks"), np.zeros(SIZE, np.uint8), tiny_model.labels)


def test_a_stroke_outside_says_where_it_is_and_how_large_the_picture_is():
    with pytest.raises(StrokeError, match=r"outside the picture: its first point is \(400, 300\).*32 x 24 px"):
        covered(Stroke([(400, 300), (420, 310)], 3, 1), SIZE)


def test_a_brush_smaller_than_a_pixel_is_refused_with_the_smallest_radius():
    with pytest.raises(StrokeError, match=r"covers no pixel's centre at radius 0\.1 px"):
        covered(Stroke([(5, 5)], 0.1, 1), SIZE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": []}, "the stroke is empty"),
        ({"points": [(1, math.nan)]}, "finite"),
        ({"points": [(1, math.inf)]}, "finite"),
        ({"points": [(1, 2, 3)]}, r"\(x, y\) pairs"),
        ({"radius": 0}, "above 0 px"),
        ({"radius": -2}, "above 0 px"),
        ({"radius": math.nan}, "above 0 px"),
        ({"radii": [2, 3]}, "one for each point; got 2 for 1 points"),
        ({"radii": [0]}, "above 0 px"),
        ({"shape": "star"}, "unknown brush shape 'star'; use one of 'round', 'square'"),
    ],
)
def test_a_stroke_that_cannot_be_is_refused_when_made(changes, message):
    with pytest.raises(StrokeError, match=message):
        Stroke(**{"points": [(5, 5)], "radius": 2, "label": 1, **changes})
