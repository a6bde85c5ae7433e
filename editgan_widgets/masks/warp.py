"""Push: a brush that moves parts along with it, like a liquify brush, on the label map.

Each pixel under the brush gets the label found opposite to the brush's movement, by the full step at the brush's centre
and less towards its rim. The steps of a stroke accumulate in one displacement field, and labels are looked up once at
the end, by nearest neighbour, so that thin parts do not break up from step to step.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.part_operations import LabelMap, Operation
from editgan_widgets.masks.strokes import StrokeError, positive
from editgan_widgets.scalars import Real, shown

FARTHEST = 1e6  # px, of a point from the picture's corner
_SMALLEST = 0.25  # px, radius of a brush; a smaller one moves nothing
_STEP = 0.25  # maximum step as a share of the radius; a longer one would fold the picture


def push(points: Sequence[Sequence[Real]] | np.ndarray, radius: Real) -> Operation:
    """Push the parts under a brush along a polyline through points (x, y) in picture px.

    Args:
        points: two or more.
        radius: radius of the brush, px; at half of it, the displacement is about half of that at the centre.

    Raises StrokeError for fewer than two points, points farther than FARTHEST, or a radius below 0.25 px.
    """
    path = [(float(x), float(y)) for x, y in points]
    if len(path) < 2 or not all(abs(v) <= FARTHEST for point in path for v in point):
        raise StrokeError(
            f"a push goes along two points or more, at most {FARTHEST:g} px from the picture; got {shown(path)}"
        )
    reach = positive(radius, "a push's radius")
    if reach < _SMALLEST:
        raise StrokeError(f"a push's radius must be {_SMALLEST:g} px or more; got {reach:g}")

    def pushed(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        x, y = _sources(path, reach, (label_map.shape[0], label_map.shape[1]))
        return label_map[np.floor(y).astype(int), np.floor(x).astype(int)]

    return pushed


def _sources(
    path: Sequence[tuple[float, float]], radius: float, size: tuple[int, int]
) -> tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]:
    """Source position of each pixel's label, x and y in px. js/core/warp.js computes the same numbers."""
    height, width = size
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    for (x0, y0), (x1, y1) in pairwise(path):
        steps = max(1, math.ceil(math.hypot(x1 - x0, y1 - y0) / (radius * _STEP)))
        dx, dy = (x1 - x0) / steps, (y1 - y0) / steps
        first, last = _near(x0, y0, dx, dy, steps, radius, size)
        for i in range(first, last + 1):
            _push_once(x, y, x0 + dx * i, y0 + dy * i, dx, dy, radius)
    return x, y


def _near(
    x0: float, y0: float, dx: float, dy: float, steps: int, radius: float, size: tuple[int, int]
) -> tuple[int, int]:
    """The first and last of a segment's steps whose brush may touch the picture; the others move nothing."""
    first, last = 1.0, float(steps)
    for start, step, length in ((x0, dx, size[1]), (y0, dy, size[0])):
        low, high = -radius - 1 - start, length + radius + 1 - start  # of the way that the brush's middle has gone
        if step:
            ends = sorted((low / step, high / step))
            first, last = (
                max(first, math.floor(min(max(ends[0], 0), steps + 1))),
                min(last, math.ceil(max(min(ends[1], steps), 0))),
            )
        elif not low <= 0 <= high:
            return 1, 0
    return (int(first), int(last)) if first <= last else (1, 0)


def _push_once(
    x: np.ndarray, y: np.ndarray, middle_x: float, middle_y: float, dx: float, dy: float, radius: float
) -> None:
    """Displace the field under the brush by (-dx, -dy), in place."""
    height, width = x.shape
    left, right = max(0, math.floor(middle_x - radius)), min(width, math.ceil(middle_x + radius))
    top, bottom = max(0, math.floor(middle_y - radius)), min(height, math.ceil(middle_y + radius))
    if left >= right or top >= bottom:
        return
    column, row = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
    a, b = column + 0.5 - middle_x, row + 0.5 - middle_y
    rest = np.maximum(0.0, 1 - (a * a + b * b) / (radius * radius))
    weight = rest * rest
    u = np.clip(column - weight * dx, 0, width - 1)
    v = np.clip(row - weight * dy, 0, height - 1)
    u0, v0 = np.floor(u).astype(int), np.floor(v).astype(int)
    u1, v1 = np.minimum(u0 + 1, width - 1), np.minimum(v0 + 1, height - 1)
    fu, fv = u - u0, v - v0

    def between(field: np.ndarray) -> np.ndarray:
        above = field[v0, u0] * (1 - fu) + field[v0, u1] * fu
        below = field[v1, u0] * (1 - fu) + field[v1, u1] * fu
        return above * (1 - fv) + below * fv

    new_x, new_y = between(x), between(y)
    x[top:bottom, left:right], y[top:bottom, left:right] = new_x, new_y
