"""Stroke: what the user paints, and how it becomes labels. Only here do points (x, y) become array indices [y, x].

Points are in picture pixels: x to the right, y down, (0, 0) the top left corner of the top left pixel, whose centre is
(0.5, 0.5). A pixel belongs to a stroke if its centre is at most `radius` px from the polyline through the points:
Euclidean distance for a round brush, Chebyshev distance (the larger of |dx| and |dy|) for a square one. No
antialiasing: a label is or is not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from editgan_widgets.labels import LabelSet

SHAPES = ("round", "square")
_AT_ONCE = 100_000  # pixels that are looked at together


class StrokeError(ValueError):
    """A stroke that cannot be painted."""


@dataclass(frozen=True)
class Stroke:
    """One movement of a brush. Raises StrokeError for no points, a point that is no finite pair, or a radius <= 0.

    `label` is the name or id of the part that is painted; it is looked up where the stroke is painted.
    """

    points: Sequence[Sequence[float]] | np.ndarray  # (x, y) each, picture px; one point is a dab
    radius: float  # px
    label: str | int
    shape: str = "round"  # or "square"

    def __post_init__(self) -> None:
        try:
            points = tuple((float(x), float(y)) for x, y in self.points)
        except (TypeError, ValueError) as error:
            raise StrokeError(f"points must be (x, y) pairs of numbers; got {_short(self.points)}") from error
        if not points:
            raise StrokeError("the stroke is empty: it needs at least one (x, y) point")
        if not all(math.isfinite(v) for point in points for v in point):
            raise StrokeError("a stroke's points must be finite numbers of picture pixels; got nan or inf")
        if isinstance(self.radius, bool) or not isinstance(self.radius, (int, float, np.number)):
            raise StrokeError(f"a stroke's radius must be a number of pixels; got {self.radius!r}")
        if not (math.isfinite(self.radius) and self.radius > 0):
            raise StrokeError(f"a stroke's radius must be above 0 px and finite; got {self.radius}")
        if self.shape not in SHAPES:
            raise StrokeError(f"brush shape {self.shape!r} is unknown; use one of {', '.join(map(repr, SHAPES))}")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "radius", float(self.radius))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def check_stroke(stroke: object) -> None:
    """Raise StrokeError for anything but a Stroke."""
    if not isinstance(stroke, Stroke):
        raise StrokeError(
            f"what is painted must be a Stroke; got {_short(stroke)}; make one: Stroke(points=[(x, y)], radius=3, "
            "label='hair')"
        )


def covered(stroke: Stroke, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Pixels of a picture of `size` (H, W) that the stroke covers.

    Raises StrokeError where all points lie outside the picture, or the brush is too small to cover a pixel's centre.
    """
    height, width = size
    if not any(0 <= x <= width and 0 <= y <= height for x, y in stroke.points):
        x, y = stroke.points[0]
        raise StrokeError(
            f"the stroke lies outside the picture: its first point is ({x:g}, {y:g}), the picture is "
            f"{width} x {height} px (x, y from 0); points are picture pixels, not screen pixels"
        )
    mask = np.zeros((height, width), bool)
    points = np.array(stroke.points, np.float64)
    points = points.repeat(2, axis=0) if len(points) == 1 else points
    _add_segments(mask, points[:-1], points[1:], stroke.radius, stroke.shape)
    if not mask.any():
        raise StrokeError(f"the stroke covers no pixel's centre at radius {stroke.radius:g} px; use 0.71 px or more")
    return mask


def rasterise(stroke: Stroke, label_map: UInt8[np.ndarray, "h w"], labels: LabelSet) -> UInt8[np.ndarray, "h w"]:
    """Paint a stroke; returns a new label map and leaves the given one as it was.

    Raises UnknownLabelError for a label that the set does not have, StrokeError as `covered` does.
    """
    check_stroke(stroke)
    label = labels[stroke.label]
    mask = covered(stroke, (label_map.shape[0], label_map.shape[1]))
    painted = label_map.copy()
    painted[mask] = label.id
    return painted


def _add_segments(mask: np.ndarray, starts: np.ndarray, ends: np.ndarray, radius: float, shape: str) -> None:
    """Set the pixels whose centres lie within `radius` of a segment; `starts` and `ends` are `[n, 2]`, x and y."""
    limits = np.array(mask.shape[::-1])  # x, y
    low = np.clip(np.floor(np.minimum(starts, ends) - radius), 0, limits).astype(int)
    high = np.clip(np.ceil(np.maximum(starts, ends) + radius), 0, limits).astype(int)
    sides = np.maximum(high - low, 0)
    areas = sides.prod(1)
    # Many small boxes are looked at together, those of about one size; as long as they fit into the processor's cache.
    order = np.argsort(areas, kind="stable")[np.count_nonzero(areas == 0) :]
    while len(order):
        count = max(1, _AT_ONCE // int(areas[order[0]]))
        while count > 1 and sides[order[:count]].max(0).prod() > 4 * areas[order[0]]:
            count //= 2
        some, order = order[:count], order[count:]
        width, height = sides[some].max(0)
        columns = low[some, :1] + np.arange(width)
        rows = low[some, 1:] + np.arange(height)
        # Offsets of the pixel centres from the starts, and the segments' directions: [n, height, width] together.
        a = (columns + 0.5 - starts[some, :1])[:, None, :]
        b = (rows + 0.5 - starts[some, 1:])[:, :, None]
        dx, dy = ((ends - starts)[some].T)[:, :, None, None]
        near = _round_distance(a, b, dx, dy) if shape == "round" else _square_distance(a, b, dx, dy)
        # A hair above the radius still counts: sums of binary fractions must not decide over a pixel.
        within = (near <= radius + 1e-9) & (columns < high[some, :1])[:, None, :] & (rows < high[some, 1:])[:, :, None]
        n, i, j = np.nonzero(within)
        mask[rows[n, i], columns[n, j]] = True


def _round_distance(a: np.ndarray, b: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    length2 = dx * dx + dy * dy
    t = np.clip((a * dx + b * dy) / np.where(length2 > 0, length2, 1), 0, 1)
    return np.hypot(a - t * dx, b - t * dy)


def _square_distance(a: np.ndarray, b: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    # max(|a - t dx|, |b - t dy|) is convex and piecewise linear in t: least at a breakpoint or an end.
    near = np.minimum(np.maximum(np.abs(a), np.abs(b)), np.maximum(np.abs(a - dx), np.abs(b - dy)))
    for numerator, denominator in ((a, dx), (b, dy), (a - b, dx - dy), (a + b, dx + dy)):
        t = np.clip(numerator / np.where(denominator != 0, denominator, np.inf), 0, 1)
        near = np.minimum(near, np.maximum(np.abs(a - t * dx), np.abs(b - t * dy)))
    return near
