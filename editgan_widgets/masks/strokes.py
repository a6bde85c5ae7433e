"""Stroke: a brush stroke and its rasterisation.

Points are in picture pixels: x to the right, y down, (0, 0) the top left corner of the top left pixel, whose centre is
(0.5, 0.5). A pixel belongs to a stroke if its centre is at most `radius` px from the polyline through the points:
Euclidean distance for a round brush, Chebyshev distance (the larger of |dx| and |dy|) for a square one. A pen stroke
has a radius at each point, interpolated linearly between points. There is no antialiasing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from editgan_widgets.labels import LabelSet
from editgan_widgets.scalars import Real, Whole, is_real, is_whole, plain, real, shown

SHAPES = ("round", "square")
_AT_ONCE = 100_000  # pixels processed in one batch


class StrokeError(ValueError):
    """A stroke cannot be painted."""


@dataclass(frozen=True)
class Stroke:
    """One movement of a brush.

    `label` is the name or id of the part that is painted; it is looked up where the stroke is painted. Raises
    StrokeError for no points, a point that is not a finite pair, a radius <= 0, radii that are not one per point, or a
    label that is neither text nor a whole number.
    """

    points: Sequence[Sequence[Real]] | np.ndarray  # (x, y) each, picture px; one point is a dab
    radius: Real  # px
    label: str | Whole
    shape: str = "round"  # or "square"
    radii: Sequence[Real] | np.ndarray | None = (
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
            raise StrokeError(f"unknown brush shape {self.shape!r}; use one of {', '.join(map(repr, SHAPES))}")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "label", checked_label(self.label))
        object.__setattr__(self, "radius", _checked_radius(self.radius))
        object.__setattr__(self, "radii", radii)


def checked_label(label: object) -> str | int:
    """Return a part's name, or its id as int. Raises StrokeError for anything else."""
    given = plain(label)
    if isinstance(given, str):
        return given
    if not is_whole(given):
        raise StrokeError(f"a label is a part's name or its id, a whole number; got {shown(label)}")
    return int(given)  # type: ignore[arg-type]


def _checked_radius(radius: object) -> float:
    if not is_real(radius):
        raise StrokeError(f"a stroke's radius must be a number of pixels; got {shown(radius)}")
    return positive(radius, "a stroke's radius")


def positive(length: object, name: str) -> float:
    """Return a length in px as float. Raises StrokeError for one that is not above 0 and finite."""
    number = real(length, name, StrokeError)
    if not (math.isfinite(number) and number > 0):
        raise StrokeError(f"{name} must be above 0 px and finite; got {number:g}")
    return number


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

    Raises StrokeError if all points are outside the picture, or the brush is too small to cover a pixel's centre.
    """
    height, width = size
    points = np.array(stroke.points, np.float64)
    if not ((points >= 0) & (points <= (width, height))).all(1).any():
        x, y = points[0]
        raise StrokeError(
            f"the stroke lies outside the picture: its first point is ({x:g}, {y:g}), the picture is "
            f"{width} x {height} px (x, y from 0); points are picture pixels, not screen pixels"
        )
    mask = np.zeros((height, width), bool)
    radii = np.broadcast_to(np.array(stroke.radii or stroke.radius, np.float64), len(points))
    dabs = np.column_stack([points, radii])
    dabs = dabs.repeat(2, axis=0) if len(dabs) == 1 else dabs
    _add_segments(mask, dabs[:-1], dabs[1:], stroke.shape)
    if not mask.any():
        raise StrokeError(f"the stroke covers no pixel's centre at radius {radii.max():g} px; use 0.71 px or more")
    return mask


def rasterise(stroke: Stroke, label_map: UInt8[np.ndarray, "h w"], labels: LabelSet) -> UInt8[np.ndarray, "h w"]:
    """Paint a stroke; returns a new label map and does not modify the given one.

    Raises UnknownLabelError for a label that the set does not have, and StrokeError like `covered`.
    """
    check_stroke(stroke)
    label = labels[stroke.label]
    mask = covered(stroke, (label_map.shape[0], label_map.shape[1]))
    painted = label_map.copy()
    painted[mask] = label.id
    return painted


def _add_segments(mask: np.ndarray, starts: np.ndarray, ends: np.ndarray, shape: str) -> None:
    """Set the pixels that a brush covers along segments, with its radius interpolated linearly.

    `starts` and `ends` are `[n, 3]`: x, y and radius, px.
    """
    limits = np.array(mask.shape[::-1])  # x, y
    most = np.maximum(starts[:, 2:], ends[:, 2:])
    low = np.clip(np.floor(np.minimum(starts, ends)[:, :2] - most), 0, limits).astype(int)
    high = np.clip(np.ceil(np.maximum(starts, ends)[:, :2] + most), 0, limits).astype(int)
    sides = np.maximum(high - low, 0)
    areas = sides.prod(1)
    # Boxes of similar size are processed in batches that fit into the processor's cache.
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
        b = (rows + 0.5 - starts[some, 1:2])[:, :, None]
        dx, dy, growth = ((ends - starts)[some].T)[:, :, None, None]
        radius = starts[some, 2][:, None, None]
        beyond = (_round_beyond if shape == "round" else _square_beyond)(a, b, dx, dy, radius, growth)
        # The tolerance prevents rounding errors from deciding about a pixel.
        within = (beyond <= 1e-9) & (columns < high[some, :1])[:, None, :] & (rows < high[some, 1:])[:, :, None]
        n, i, j = np.nonzero(within)
        mask[rows[n, i], columns[n, j]] = True


def _round_beyond(
    a: np.ndarray, b: np.ndarray, dx: np.ndarray, dy: np.ndarray, radius: np.ndarray, growth: np.ndarray
) -> np.ndarray:
    """How far pixels lie outside a round brush's way, px; below 0 inside."""
    length = np.hypot(dx, dy)
    moves = length > np.abs(growth)  # else one of the two dabs covers the other
    length = np.where(moves, length, 1)
    # Parameter of the nearest dab: its line to the pixel is perpendicular to the stroke's outline, not to its path.
    lean = np.where(moves, growth / length, 0)
    across = np.abs(a * dy - b * dx) / length
    t = (a * dx + b * dy) / (length * length) + across * (lean / np.sqrt(1 - lean * lean)) / length
    t = np.where(moves, np.clip(t, 0, 1), growth > 0)
    return np.hypot(a - t * dx, b - t * dy) - (radius + t * growth)


def _square_beyond(
    a: np.ndarray, b: np.ndarray, dx: np.ndarray, dy: np.ndarray, radius: np.ndarray, growth: np.ndarray
) -> np.ndarray:
    """The same for a square brush: max(|a - t dx|, |b - t dy|) is convex and piecewise linear in t."""

    def at(t: np.ndarray | float) -> np.ndarray:
        return np.maximum(np.abs(a - t * dx), np.abs(b - t * dy)) - (radius + t * growth)

    beyond = np.minimum(at(0.0), at(1.0))  # least at an end or at a breakpoint
    for numerator, denominator in ((a, dx), (b, dy), (a - b, dx - dy), (a + b, dx + dy)):
        beyond = np.minimum(beyond, at(np.clip(numerator / np.where(denominator != 0, denominator, np.inf), 0, 1)))
    return beyond
