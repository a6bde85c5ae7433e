"""What the browser's painting tools send (wire: view.py), checked, as strokes, operations and rules."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.fills import fill, lasso
from editgan_widgets.masks.mask_file import Source, open_part_mask, read_mask
from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.masks.part_operations import Operation, shaped
from editgan_widgets.masks.strokes import SHAPES, Stroke
from editgan_widgets.masks.warp import push
from editgan_widgets.scalars import is_real, plain
from editgan_widgets.widgets.editor.actions import Action
from editgan_widgets.widgets.editor.part_tools import part_tool

OPERATIONS = ("fill", "lasso", "push", "operate")
_NEVER_MIRRORED = ("operate", "outline", "from_sample", "open_mask", "open_part_mask")
_LARGEST_STROKE = 100_000  # points
_LARGEST_NUMBER = 1e6  # of a place or a size, picture px


def stroke_of(content: dict, buffers: Any, labels: LabelSet) -> Stroke:
    """The stroke of a message. Raises ValueError for what no brush paints."""
    shape = content.get("shape", "round")
    if shape not in SHAPES:
        raise ValueError(f"brush shape {shape!r} is unknown; use one of {', '.join(SHAPES)}")
    if content.get("tool") not in ("brush", "eraser"):
        raise ValueError(f"tool {content.get('tool')!r} does not paint; use 'brush' or 'eraser'")
    label = labels[content.get("label", "")].id
    radii = _numbers(buffers[1]).tolist() if buffers and len(buffers) > 1 else None
    return Stroke(_points(buffers), number_of(content, "radius"), label, shape, radii)


def operation_of(kind: str, content: dict, buffers: Any, labels: LabelSet, height: int) -> Operation:
    """The operation of a message, for a picture `height` px high. Raises ValueError for what does not fit."""
    if kind == "push":
        return push(_points(buffers), number_of(content, "radius"))
    label = labels[content.get("label", "")].id
    if kind == "fill":
        return fill(number_of(content, "x"), number_of(content, "y"), label, whole=content.get("whole") is True)
    if kind == "lasso":
        return lasso(_points(buffers), label)
    return part_tool(str(content.get("name")), label, height)


def mask_action(mask: Source, labels: LabelSet, size: tuple[int, int], **how: Any) -> Action:
    """Take all parts from a mask (height, width px); `how` is rule and run of the action. Errors as of `read_mask`."""
    opened = read_mask(mask, labels, size)
    return Action("operate", operation=lambda _map, _labels: opened.label_map, tool="mask", notes=opened.notes, **how)


def part_mask_action(
    mask: Source,
    label: str | int | np.integer,
    labels: LabelSet,
    size: tuple[int, int],
    exact: bool = False,
    **how: Any,
) -> Action:
    """Paint one part where a black and white mask is white; `exact` and errors as of EditSession.paint_mask."""
    part, opened = labels[label].id, open_part_mask(mask, size)
    return Action(
        "operate", operation=shaped(opened.mask, part, exact), tool="mask", part=part, notes=opened.notes, **how
    )


def rule_of(content: dict, labels: LabelSet) -> PaintRule:
    """What the browser's echo went by: the rule as it was when it painted. A part tool or a mask is never mirrored."""
    mirror = content.get("mirror") is True and content.get("kind") not in _NEVER_MIRRORED
    return PaintRule(_ids(content, "locked", labels), _ids(content, "over", labels), mirror)


def number_of(content: Mapping[str, Any], name: str) -> float:
    """A finite number of a message. Raises ValueError."""
    value = plain(content.get(name))
    if not is_real(value) or not abs(value) <= _LARGEST_NUMBER:
        raise ValueError(f"{name} is a number up to {_LARGEST_NUMBER:g} either way; got {str(value)[:40]!r}")
    return float(value)


def _ids(content: dict, name: str, labels: LabelSet) -> tuple[int, ...]:
    given = content.get(name, [])
    if not isinstance(given, list):
        raise ValueError(f"{name} is a list of parts' ids; got {given!r}")
    return tuple(labels[part].id for part in given)


def _points(buffers: Any) -> list[tuple[float, float]]:
    """Points that came as float32 x0, y0, x1, y1 …"""
    points = _numbers(buffers[0]) if buffers else np.zeros(0, np.float32)
    if points.size % 2:
        raise ValueError(f"a stroke came with {points.size} numbers; it takes x, y pairs")
    return [(float(x), float(y)) for x, y in points.reshape(-1, 2)]


def _numbers(buffer: Any) -> np.ndarray:
    numbers = np.frombuffer(buffer, np.float32)
    if numbers.size > 2 * _LARGEST_STROKE:
        raise ValueError(f"a stroke came with {numbers.size} numbers; it takes {_LARGEST_STROKE} x, y pairs at most")
    return numbers
