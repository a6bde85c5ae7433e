"""The browser paints the same pixels as the kernel: its echo is what the user sees before the kernel has answered."""

import base64
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mask_strategies import HEIGHT, LABELS, MAPS, PARTS, RADII, RULES, SHAPES, WIDTH, paths
from node import Service

from editgan_widgets.masks.fills import fill, lasso
from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.masks.strokes import Stroke, StrokeError
from editgan_widgets.masks.warp import push


@pytest.fixture(scope="module")
def page() -> Iterator[Service]:
    service = Service("echo_service.js")
    yield service
    service.close()


def on_page(page: Service, tool: str, label_map: np.ndarray, rule: PaintRule, **request) -> np.ndarray:
    """The label map after the browser has painted."""
    answer = page.ask(
        tool=tool,
        map=base64.b64encode(label_map.tobytes()).decode(),
        original=base64.b64encode(request.pop("original", label_map).tobytes()).decode(),
        width=WIDTH,
        height=HEIGHT,
        others={label.id: LABELS.other_side(label.id) for label in LABELS},
        locked=list(rule.locked),
        over=list(rule.over),
        mirror=rule.mirror,
        **request,
    )
    return np.frombuffer(base64.b64decode(answer), np.uint8).reshape(HEIGHT, WIDTH)


def flat(points: list[tuple[float, float]]) -> list[float]:
    return [value for point in points for value in point]


@pytest.mark.slow
@given(
    points=paths(1, 6),
    radius=RADII,
    shape=SHAPES,
    pen=st.booleans(),
    label=PARTS,
    label_map=MAPS,
    original=MAPS,
    rule=RULES,
    tool=st.sampled_from(["brush", "eraser"]),
    data=st.data(),
)
def test_brush_and_eraser(page, points, radius, shape, pen, label, label_map, original, rule, tool, data):
    rule = PaintRule(*rule)
    radii = data.draw(st.lists(RADII, min_size=len(points), max_size=len(points))) if pen else None
    stroke = Stroke(points, radius, label, shape, radii)
    try:
        if tool == "brush":
            expected = rule.paint(stroke, label_map, LABELS)
        else:
            expected = rule.erase(stroke, original, label_map, LABELS)
    except StrokeError:
        return  # the kernel refuses it, and the page takes it back
    cut = data.draw(st.integers(0, len(points)))
    shown = on_page(
        *(page, tool, label_map, rule),
        **{"points": flat(points), "radius": radius, "radii": radii, "shape": shape, "label": label},
        **{"original": original, "cut": cut},
    )
    assert np.array_equal(shown, expected)


@pytest.mark.slow
@settings(max_examples=25)  # a push takes many steps
@given(points=paths(2, 3), radius=RADII, label_map=MAPS, rule=RULES, data=st.data())
def test_push(page, points, radius, label_map, rule, data):
    radius, rule = max(3.0, radius), PaintRule(*rule)
    expected = rule.operate(push(points, radius), label_map, LABELS)
    cut = data.draw(st.integers(0, len(points)))
    shown = on_page(page, "push", label_map, rule, points=flat(points), radius=radius, label=0, cut=cut)
    assert np.array_equal(shown, expected)


@pytest.mark.slow
@given(
    corners=paths(3, 9),
    label=PARTS,
    label_map=MAPS,
    rule=RULES,
)
def test_lasso_and_polygon(page, corners, label, label_map, rule):
    rule = PaintRule(*rule)
    try:
        expected = rule.operate(lasso(corners, label), label_map, LABELS)
    except StrokeError:
        return
    shown = on_page(page, "lasso", label_map, rule, points=flat(corners), label=label)
    assert np.array_equal(shown, expected)


@pytest.mark.slow
@given(
    x=st.floats(0, WIDTH, exclude_max=True, width=32),
    y=st.floats(0, HEIGHT, exclude_max=True, width=32),
    whole=st.booleans(),
    label=PARTS,
    label_map=MAPS,
    rule=RULES,
)
def test_fill(page, x, y, whole, label, label_map, rule):
    rule = PaintRule(*rule)
    expected = rule.operate(fill(x, y, label, whole), label_map, LABELS)
    shown = on_page(page, "fill", label_map, rule, x=x, y=y, whole=whole, label=label, points=[])
    assert np.array_equal(shown, expected)
