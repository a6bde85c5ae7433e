"""Stroke: what the user paints, and how it becomes labels. Only here do points (x, y) become array indices [y, x].

Points are in picture pixels: x to the right, y down, (0, 0) the top left corner of the top left pixel, whose centre is
(0.5, 0.5). A pixel belongs to a stroke if its centre is at most `radius` px from the polyline through the points:
Euclidean distance for a round brush, Chebyshev distance (the larger of |dx| and |dy|) for a square one. A stroke of a
pen has a radius at each point, and between two points one that goes evenly from the one to the other. No antialiasing:
a label is or is not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from editgan_widgets.labels import LabelSet

SHAPES = ("round", "square")
_Dab = tuple[Sequence[float], float]  # point and radius, px


class StrokeError(ValueError):
    """A stroke that cannot be painted."""


@dataclass(frozen=True)
class Stroke:
    """One movement of a brush.

    `label` is the name or id of the part that is painted; it is looked up where the stroke is painted. Raises
    StrokeError for no points, a point that is no finite pair, a radius <= 0, or radii that are not one for each point.
    """

    points: Sequence[Sequence[float]] | np.ndarray  # (x, y) each, picture px; one point is a dab
    radius: float  # px
    label: str | int
    shape: str = "round"  # or "square"
    radii: Sequence[float] | np.ndarray | None = (
        None  # px, one for each point, as a pen's pressure gives; None: `radius`
    )

    def __post_init__(self) -> None:
        try:
            points = tuple((float(x), float(y)) for x, y in self.points)
        except (TypeError, ValueError) as error:
            raise StrokeError(f"points must be (x, y) pairs of numbers; got {_short(self.points)}") from error
        if not points:
            raise StrokeError("the stroke is empty: it needs at least one (x, y) point")
        if not all(math.isfinite(v) for point in points for v in point):
            raise StrokeError("a stroke's points must be finite numbers of picture pixels; got nan or inf")
        radii = None if self.radii is None else tuple(_checked_radius(radius) for radius in self.radii)
        if radii is not None and len(radii) != len(points):
            raise StrokeError(f"a stroke's radii are one for each point; got {len(radii)} for {len(points)} points")
        if self.shape not in SHAPES:
            raise StrokeError(f"brush shape {self.shape!r} is unknown; use one of {', '.join(map(repr, SHAPES))}")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "radius", _checked_radius(self.radius))
        object.__setattr__(self, "radii", radii)


def _checked_radius(radius: object) -> float:
    if isinstance(radius, bool) or not isinstance(radius, (int, float, np.number)):
        raise StrokeError(f"a stroke's radius must be a number of pixels; got {radius!r}")
    if not (math.isfinite(radius) and radius > 0):
        raise StrokeError(f"a stroke's radius must be above 0 px and finite; got {radius}")
    return float(radius)


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
    radii = stroke.radii or (stroke.radius,) * len(stroke.points)
    dabs = list(zip(stroke.points, radii, strict=True))
    for start, end in zip(dabs, dabs[1:] or dabs, strict=False):
        _add_segment(mask, start, end, stroke.shape)
    if not mask.any():
        raise StrokeError(f"the stroke covers no pixel's centre at radius {max(radii):g} px; use 0.71 px or more")
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


def _add_segment(mask: np.ndarray, start: _Dab, end: _Dab, shape: str) -> None:
    """Add the pixels that a brush covers which goes from one dab to another, its radius changing evenly on the way."""
    ((x0, y0), r0), ((x1, y1), r1) = start, end
    height, width = mask.shape
    most = max(r0, r1)
    left, right = max(0, math.floor(min(x0, x1) - most)), min(width, math.ceil(max(x0, x1) + most))
    top, bottom = max(0, math.floor(min(y0, y1) - most)), min(height, math.ceil(max(y0, y1) + most))
    if left >= right or top >= bottom:
        return
    # Offsets of the pixel centres from the start, and the segment's direction.
    a, b = np.meshgrid(np.arange(left, right) + 0.5 - x0, np.arange(top, bottom) + 0.5 - y0)
    dx, dy, growth = x1 - x0, y1 - y0, r1 - r0
    if shape == "round":
        # The dab that reaches nearest: its line to the pixel is at right angles to the brush's outline, not to its way.
        length = math.hypot(dx, dy)
        if length > abs(growth):
            lean = growth / length
            across = np.abs(a * dy - b * dx) / length
            t = (a * dx + b * dy) / (length * length) + across * (lean / math.sqrt(1 - lean * lean)) / length
            t = np.clip(t, 0, 1)
        else:
            t = 1.0 if growth > 0 else 0.0  # one of the two dabs covers the other
        beyond = np.hypot(a - t * dx, b - t * dy) - (r0 + t * growth)
    else:
        # max(|a - t dx|, |b - t dy|) is convex and piecewise linear in t: least at a breakpoint or an end.
        candidates = [0.0, 1.0]
        for numerator, denominator in ((a, dx), (b, dy), (a - b, dx - dy), (a + b, dx + dy)):
            if denominator != 0:
                candidates.append(np.clip(numerator / denominator, 0, 1))
        beyond = np.min(
            [np.maximum(np.abs(a - t * dx), np.abs(b - t * dy)) - (r0 + t * growth) for t in candidates], axis=0
        )
    # A hair above the radius still counts: sums of binary fractions must not decide over a pixel.
    mask[top:bottom, left:right] |= beyond <= 1e-9
