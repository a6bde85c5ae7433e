"""Fills: Operations (masks/part_operations.py) that paint a whole area.

Points are in picture px, as in masks/strokes.py: a pixel belongs to a polygon if its centre is inside.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.part_operations import LabelMap, Operation
from editgan_widgets.masks.strokes import StrokeError, checked_label
from editgan_widgets.scalars import Flag, Real, Whole, flag, real


def fill(x: Real, y: Real, label: str | Whole, whole: Flag = False) -> Operation:
    """Paint the connected area of one part around a point as `label`; with `whole` all areas of that part.

    Raises StrokeError for a coordinate that is not a number, or a label that is neither text nor a whole number. The
    operation raises StrokeError for a point outside the picture, UnknownLabelError for a foreign label.
    """
    at_x, at_y, part = real(x, "x", StrokeError), real(y, "y", StrokeError), checked_label(label)
    everywhere = flag(whole, "whole", StrokeError)

    def filled(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        painted = labels[part].id
        height, width = label_map.shape
        if not (0 <= at_x < width and 0 <= at_y < height):
            raise StrokeError(f"the point ({at_x:g}, {at_y:g}) lies outside the picture of {width} x {height} px")
        here = label_map[int(at_y), int(at_x)]
        result = label_map.copy()
        if everywhere:
            result[label_map == here] = painted
            return result
        areas = np.zeros(label_map.shape, np.int32)
        ndimage.label(label_map == here, output=areas)
        result[areas == areas[int(at_y), int(at_x)]] = painted
        return result

    return filled


def lasso(points: Sequence[Sequence[Real]] | np.ndarray, label: str | Whole) -> Operation:
    """Paint the inside of a closed line through points as `label`; where it crosses itself, every second area.

    Raises StrokeError for fewer than three points, points that are not finite pairs, or a label that is neither text
    nor a whole number. The operation raises StrokeError for a line around no pixel's centre, UnknownLabelError for a
    foreign label.
    """
    part = checked_label(label)
    corners = [(float(x), float(y)) for x, y in points]
    if len(corners) < 3 or not all(math.isfinite(v) for corner in corners for v in corner):
        raise StrokeError(f"a lasso needs three finite points or more; got {len(corners)}")

    def painted(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        inside = _inside(corners, (label_map.shape[0], label_map.shape[1]))
        if not inside.any():
            raise StrokeError("the lasso contains no pixel's centre; draw it larger, inside the picture")
        return np.where(inside, np.uint8(labels[part].id), label_map)

    return painted


def _inside(corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Pixels whose centre a ray to the right leaves through an odd number of edges."""
    x, y = np.arange(size[1]) + 0.5, np.arange(size[0])[:, None] + 0.5
    inside = np.zeros(size, bool)
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y0 == y1:
            continue
        crossed = (y0 <= y) != (y1 <= y)
        inside ^= crossed & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside
