"""What holds for every stroke and every part operation, whatever the label map."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mask_strategies import HEIGHT, LABELS, MAPS, PARTS, RADII, RULES, SHAPES, WIDTH, paths

from editgan_widgets.masks import part_operations as ops
from editgan_widgets.masks.mirror import reflected, reflected_stroke
from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.masks.strokes import Stroke, StrokeError, covered, rasterise

SIZE = (HEIGHT, WIDTH)
LENGTHS = st.sampled_from([0, 0.5, 1, 1.7, 3, 8])
# Every operation that takes parts, with settings that a user can reach.
OPERATIONS = {
    "grow": lambda part, px: ops.grow(part, px),
    "shrink": lambda part, px: ops.shrink(part, px),
    "smooth": lambda part, px: ops.smooth(part, px),
    "move": lambda part, px: ops.move(part, dx=px, dy=-px),
    "rotate": lambda part, px: ops.rotate(part, 25 * px),
    "scale": lambda part, px: ops.scale(part, 0.5 + px, 1.5),
    "bend": lambda part, px: ops.bend(part, px),
    "flip": lambda part, px: ops.flip(part),
    "delete": lambda part, px: ops.delete(part),
}
NAMES = st.sampled_from(sorted(OPERATIONS))


def coverage(points, radius, shape, radii=None) -> np.ndarray:
    """Pixels of a stroke; none where there are none."""
    try:
        return covered(Stroke(points, radius, 1, shape, radii), SIZE)
    except StrokeError:
        return np.zeros(SIZE, bool)


@pytest.mark.slow
@given(points=paths(1, 5), radius=RADII, shape=SHAPES)
def test_a_stroke_covers_the_same_pixels_backwards(points, radius, shape):
    assert np.array_equal(coverage(points, radius, shape), coverage(points[::-1], radius, shape))


@pytest.mark.slow
@given(points=paths(2, 6), radius=RADII, shape=SHAPES, cut=st.integers(1, 5))
def test_a_stroke_covers_the_union_of_its_two_pieces(points, radius, shape, cut):
    cut = min(cut, len(points) - 1)
    whole = coverage(points, radius, shape)
    pieces = (points[: cut + 1], points[cut:])
    for piece in pieces:  # a stroke outside the picture is refused as a whole
        assume(any(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in piece))
    assert np.array_equal(whole, coverage(pieces[0], radius, shape) | coverage(pieces[1], radius, shape))


@pytest.mark.slow
@given(points=paths(1, 5), radius=RADII, shape=SHAPES, more=LENGTHS)
def test_a_larger_brush_covers_at_least_as_much(points, radius, shape, more):
    assert not (coverage(points, radius, shape) & ~coverage(points, radius + more, shape)).any()


@pytest.mark.slow
@given(points=paths(1, 5), shape=SHAPES, data=st.data())
def test_a_pens_stroke_lies_between_those_of_its_least_and_its_largest_radius(points, shape, data):
    radii = data.draw(st.lists(RADII, min_size=len(points), max_size=len(points)))
    pressed = coverage(points, 1, shape, radii)
    assert not (coverage(points, min(radii), shape) & ~pressed).any()
    assert not (pressed & ~coverage(points, max(radii), shape)).any()


@pytest.mark.slow
@given(points=paths(1, 5), radius=RADII, shape=SHAPES, part=PARTS, label_map=MAPS)
def test_a_reflected_stroke_paints_the_reflection(points, radius, shape, part, label_map):
    stroke = Stroke(points, radius, part, shape)
    try:
        here = rasterise(stroke, label_map, LABELS)
    except StrokeError:
        assume(False)
    there = rasterise(reflected_stroke(stroke, WIDTH, LABELS), reflected(label_map, LABELS), LABELS)
    assert np.array_equal(reflected(there, LABELS), here)


@given(name=NAMES, part=PARTS, px=LENGTHS, label_map=MAPS)
def test_an_operation_gives_a_label_map_of_the_parts_that_were_there_and_leaves_the_given_one(
    name, part, px, label_map
):
    before = label_map.copy()
    after = OPERATIONS[name](part, px)(label_map, LABELS)
    assert np.array_equal(label_map, before)
    assert (after.shape, after.dtype) == (before.shape, before.dtype)
    assert set(np.unique(after)) <= set(np.unique(before))


@given(name=NAMES, part=PARTS, px=LENGTHS, label_map=MAPS)
def test_an_operation_changes_pixels_only_from_or_to_its_part(name, part, px, label_map):
    after = OPERATIONS[name](part, px)(label_map, LABELS)
    changed = after != label_map
    assert ((label_map[changed] == part) | (after[changed] == part)).all()


@pytest.mark.slow
@given(part=PARTS, px=LENGTHS, label_map=MAPS)
def test_growing_only_adds_and_shrinking_only_takes_away(part, px, label_map):
    mask = label_map == part
    assert not (mask & (ops.grow(part, px)(label_map, LABELS) != part)).any()
    assert not (~mask & (ops.shrink(part, px)(label_map, LABELS) == part)).any()


@given(part=PARTS, label_map=MAPS)
def test_a_deleted_part_is_gone_unless_it_is_the_whole_picture(part, label_map):
    after = ops.delete(part)(label_map, LABELS)
    assert not (after == part).any() or (label_map == part).all()


@pytest.mark.slow
@given(name=NAMES, part=PARTS, px=LENGTHS, label_map=MAPS, over=PARTS)
@pytest.mark.parametrize("kind", ["over", "all but"])
def test_an_operation_paints_only_over_the_allowed_parts(kind, name, part, px, label_map, over):
    limit = over if kind == "over" else ops.AllBut(over)
    takes = {
        "grow": lambda: ops.grow(part, px, over=limit),
        "smooth": lambda: ops.smooth(part, px, over=limit),
        "move": lambda: ops.move(part, dx=px, over=limit),
        "rotate": lambda: ops.rotate(part, 25 * px, over=limit),
        "scale": lambda: ops.scale(part, 0.5 + px, over=limit),
        "bend": lambda: ops.bend(part, px, over=limit),
        "flip": lambda: ops.flip(part, over=limit),
    }
    assume(name in takes)
    after = takes[name]()(label_map, LABELS)
    added = (after == part) & (label_map != part)
    allowed = label_map == over if kind == "over" else label_map != over
    assert not (added & ~allowed).any()


@pytest.mark.slow
@given(name=NAMES, part=PARTS, px=LENGTHS, label_map=MAPS, rule=RULES)
def test_no_operation_changes_a_locked_part_or_one_that_is_not_allowed(name, part, px, label_map, rule):
    rule = PaintRule(*rule)
    after = rule.operate(OPERATIONS[name](part, px), label_map, LABELS)
    kept = np.isin(label_map, rule.locked) | (bool(rule.over) & ~np.isin(label_map, rule.over))
    assert np.array_equal(after[kept], label_map[kept])
