"""Part operations: small mask edits that compose, on label maps of any label set (EditGAN's scripted edits, section 4).

    wider = scale("mouth", 1.25, over="skin")
    smile = chain(wider, bend("mouth", up=OfPicture(0.02), over="skin"))
    session.set_label_map(smile(session.label_map, session.model.labels))

An Operation takes a label map `[H, W]` uint8 and its LabelSet and returns a new label map, or a copy if the picture
does not show the part. Pixels that a part leaves get the nearest label that is not of that part.

**Parts** are an id, a name, a name without its side ("brow": both), an edit group ("eyes"), or several of these;
unknown names are ignored if at least one is known. The two sides of paired parts are handled separately, each about
its own centre, and parts without a side together. **Lengths** are px, or shares: OfPart(0.2), OfPicture(0.02). **Over**
are the parts that may be painted over: None any, parts only these, AllBut(parts) all others. A part may always be
painted over its own old pixels.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage

from editgan_widgets.labels import LabelSet, Parts, UnknownLabelError
from editgan_widgets.scalars import Flag, Real, Whole, flag, plain_fields, real

LabelMap = UInt8[np.ndarray, "h w"]
Mask = Bool[np.ndarray, "h w"]
Grid = Float[np.ndarray, "h w"]

Operation: TypeAlias = Callable[[LabelMap, LabelSet], LabelMap]


@dataclass(frozen=True)
class OfPart:
    """A length as a share of the part's size: of its width horizontally, its height vertically, else the smaller."""

    share: float

    def __post_init__(self) -> None:
        plain_fields(self)


@dataclass(frozen=True)
class OfPicture:
    """A length as a share of the picture's height."""

    share: float

    def __post_init__(self) -> None:
        plain_fields(self)


Length: TypeAlias = Real | OfPart | OfPicture


@dataclass(frozen=True)
class AllBut:
    """All parts except these may be painted over."""

    parts: Parts


Over: TypeAlias = Parts | AllBut | None


def chain(*operations: Operation) -> Operation:
    """Apply operations in order."""

    def chained(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        result = label_map.copy()
        for operation in operations:
            result = operation(result, labels)
        return result

    return chained


def grow(parts: Parts, by: Length, over: Over = None) -> Operation:
    """Grow parts by `by` on all sides."""

    def one(label_map: LabelMap, part: tuple[int, ...], free: Mask) -> LabelMap:
        mask = np.isin(label_map, part)
        distance, nearest = _distance(~mask)
        joined = ~mask & (distance <= _length(by, label_map, mask)) & free
        return np.where(joined, label_map[nearest], label_map)

    return _each_side(parts, over, one)


def shrink(parts: Parts, by: Length) -> Operation:
    """Shrink parts by `by` on all sides; a part thinner than twice that disappears."""

    def one(label_map: LabelMap, part: tuple[int, ...], free: Mask) -> LabelMap:
        mask = np.isin(label_map, part)
        distance, nearest = _distance(mask)
        return np.where(mask & (distance <= _length(by, label_map, mask)), label_map[nearest], label_map)

    return _each_side(parts, None, one)


def smooth(parts: Parts, radius: Length, over: Over = None) -> Operation:
    """Smooth the outline of parts: protrusions and gaps narrower than about `radius` disappear."""

    def one(label_map: LabelMap, part: tuple[int, ...], free: Mask) -> LabelMap:
        mask = np.isin(label_map, part)
        sigma = _length(radius, label_map, mask) / 2
        rounded = ndimage.gaussian_filter(mask.astype(float), sigma, mode="nearest") > 0.5
        joined, left = rounded & ~mask & free, mask & ~rounded
        return np.where(joined, label_map[_distance(~mask)[1]], np.where(left, without(label_map, mask), label_map))

    return _each_side(parts, over, one)


def move(parts: Parts, dx: Length = 0.0, dy: Length = 0.0, over: Over = None) -> Operation:
    """Move parts right by `dx` and down by `dy`, rounded to whole px so that they keep their shape."""

    def source(frame: "_Frame", x: Grid, y: Grid) -> tuple[Grid, Grid]:
        return x - round(frame.across(dx)), y - round(frame.down(dy))

    return _warped(parts, over, source)


def rotate(parts: Parts, degrees: Real, over: Over = None) -> Operation:
    """Rotate parts about their centres; a positive angle is clockwise in the picture."""
    angle = math.radians(real(degrees, "degrees"))
    c, s = math.cos(angle), math.sin(angle)

    def source(frame: "_Frame", x: Grid, y: Grid) -> tuple[Grid, Grid]:
        mx, my = frame.at(0.5, 0.5)
        return mx + c * (x - mx) + s * (y - my), my - s * (x - mx) + c * (y - my)

    return _warped(parts, over, source)


def scale(
    parts: Parts, x: Real, y: Real | None = None, anchor: tuple[float, float] = (0.5, 0.5), over: Over = None
) -> Operation:
    """Make parts `x` times as wide and `y` times (None: as `x`) as high.

    Args:
        parts, x, y: the parts and the factors, above 0.
        anchor: fixed point, as shares of the part's width and height: (0.5, 0) is the middle of its top.
        over: parts that may be painted over.

    Raises ValueError for factors that are not above 0.
    """
    across, down = real(x, "x"), real(x if y is None else y, "y")
    if not (0 < across < math.inf and 0 < down < math.inf):
        raise ValueError(f"a part is scaled by factors above 0; got {across!r} across and {down!r} down")

    def source(frame: "_Frame", x: Grid, y: Grid) -> tuple[Grid, Grid]:
        ax, ay = frame.at(*anchor)
        return ax + (x - ax) / across, ay + (y - ay) / down

    return _warped(parts, over, source)


def bend(parts: Parts, up: Length, over: Over = None) -> Operation:
    """Lift the ends of parts relative to their middle, along a parabola; a negative length lowers them."""

    def source(frame: "_Frame", x: Grid, y: Grid) -> tuple[Grid, Grid]:
        middle, _ = frame.at(0.5, 0.5)
        return x, y + frame.down(up) * ((x - middle) / max(frame.width / 2, 1.0)) ** 2

    return _warped(parts, over, source)


def flip(parts: Parts, over: Over = None) -> Operation:
    """Mirror parts in place, left to right."""

    def source(frame: "_Frame", x: Grid, y: Grid) -> tuple[Grid, Grid]:
        return 2 * frame.at(0.5, 0.5)[0] - x, y

    return _warped(parts, over, source)


def copy_side(parts: Parts, source: str, over: Over = None) -> Operation:
    """Give paired parts of the other side the mirrored shape of side `source`, "left" or "right".

    The copy is placed where the other side's part was, or mirrored at the picture's centre line if that is not visible.
    Raises ValueError for another side, UnknownLabelError if none of the parts is paired.
    """
    if source not in ("left", "right"):
        raise ValueError(f"a side is 'left' or 'right', the person's own; got {source!r}")

    def copied(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        of = {(labels.base_name(i), labels[i].side): i for i in labels.resolve(parts)}
        other = "right" if source == "left" else "left"
        pairs = {i: of[name, other] for (name, side), i in of.items() if side == source and (name, other) in of}
        if not pairs:
            raise UnknownLabelError(f"{parts!r} has no part on both sides in LabelSet {labels.name!r}")
        shape = np.isin(label_map, tuple(pairs))
        if not shape.any():
            return label_map.copy()
        table = np.arange(256, dtype=np.uint8)
        table[list(pairs)] = list(pairs.values())
        mirrored, old = table[label_map][:, ::-1], np.isin(label_map, tuple(pairs.values()))
        shape = shape[:, ::-1]
        dx, dy = (0, 0) if not old.any() else _offset(shape, old)
        return _stamp(label_map, old, _shift(mirrored, dx, dy), _shift(shape, dx, dy), allowed(label_map, labels, over))

    return copied


def from_other_side(part: str | Whole, over: Over = None) -> Operation:
    """Give one part of a pair the mirrored shape of the other side; pixels that it leaves get the nearest other label.

    The operation raises UnknownLabelError for a part that is not paired.
    """

    def copied(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        other = labels[labels.other_side(part)]
        if other.id == labels[part].id or other.side is None:
            raise UnknownLabelError(f"{labels[part].name!r} has no other side in LabelSet {labels.name!r}")
        return copy_side((labels[part].id, other.id), other.side, over)(label_map, labels)

    return copied


def copy_from(other: LabelMap, parts: Parts, over: Over = None, fit: Flag = True) -> Operation:
    """Take the shape of parts from another sample's label map of the same size and label set.

    Args:
        other: label map `[H, W]`.
        parts: parts to copy; a part that `other` does not show is unchanged.
        over: parts that may be painted over.
        fit: centre the copy at the part's old place; if False, or if the part is not visible, at its place in `other`.

    The operation raises ValueError for a label map of another size.
    """
    centred = flag(fit, "fit")

    def copied(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        if label_map.shape != other.shape:
            raise ValueError(f"the other label map is {other.shape} px, this one {label_map.shape}; resize it first")
        result = label_map.copy()
        for part in labels.by_side(parts):
            shape, old = np.isin(other, part), np.isin(result, part)
            if shape.any():
                dx, dy = _offset(shape, old) if centred and old.any() else (0, 0)
                free = allowed(result, labels, over)
                result = _stamp(result, old, _shift(other, dx, dy), _shift(shape, dx, dy), free)
        return result

    return copied


def delete(parts: Parts) -> Operation:
    """Remove parts; their pixels get the nearest other label."""

    def deleted(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        return without(label_map, np.isin(label_map, labels.resolve(parts)))

    return deleted


def replace(parts: Parts, by: str | Whole) -> Operation:
    """Paint parts as another one: `replace("eyeball", "eyelid")`. A name without side takes that of each part."""

    def replaced(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        painted, result = labels.resolve(by), label_map.copy()
        for part in labels.resolve(parts):
            same_side = [*labels.of_side(painted, labels[part].side)] or [*painted]
            if len(same_side) > 1:
                raise UnknownLabelError(f"{by!r} is {len(same_side)} parts of LabelSet {labels.name!r}; name one")
            result[label_map == part] = same_side[0]
        return result

    return replaced


def allowed(label_map: LabelMap, labels: LabelSet, over: Over) -> Mask:
    """Pixels that may be painted over."""
    if over is None:
        return np.ones(label_map.shape, bool)
    if isinstance(over, AllBut):
        return ~np.isin(label_map, labels.resolve(over.parts))
    return np.isin(label_map, labels.resolve(over))


def warp(
    label_map: LabelMap,
    parts: tuple[int, ...],
    source: Callable[[Grid, Grid], tuple[Grid, Grid]],
    over: tuple[int, ...] | Mask,
) -> LabelMap:
    """Move or stretch parts: the pixel at (x, y) takes the part found at `source(x, y)`, if a part is there.

    Coordinates are pixel centres in px. Pixels that the parts leave take the nearest label that is not one of them. The
    parts are painted over their own old place and over the labels (or pixels) `over`, nowhere else.
    """
    height, width = label_map.shape
    y, x = np.mgrid[:height, :width] + 0.5
    from_x, from_y = source(x, y)
    column, row = np.floor(from_x).astype(int), np.floor(from_y).astype(int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    found = label_map[row.clip(0, height - 1), column.clip(0, width - 1)]
    free = over if isinstance(over, np.ndarray) else np.isin(label_map, over)
    return _stamp(label_map, np.isin(label_map, parts), found, inside & np.isin(found, parts), free)


def smear(label_map: LabelMap, seed: Mask, label: int, dy: Float[np.ndarray, "w"], over: tuple[int, ...]) -> LabelMap:
    """Extend the pixels of `seed` along their columns by `dy` px (positive: down), only over the labels `over`."""
    reached = np.zeros_like(seed)
    direction = 1 if dy.sum() >= 0 else -1
    for step in range(1, int(np.abs(dy).max()) + 1):
        shifted = np.roll(seed, direction * step, axis=0)
        if direction > 0:
            shifted[:step] = False
        else:
            shifted[-step:] = False
        reached |= shifted & (np.abs(dy) >= step)
    return np.where(reached & np.isin(label_map, over), label, label_map).astype(np.uint8)


def extent(mask: Mask) -> tuple[float, float, float, float]:
    """Left, top, right and bottom edge of a mask's pixels in px. The mask must not be empty."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


class _Frame:
    """Bounding box of a part, to which lengths and anchors are relative."""

    def __init__(self, mask: np.ndarray):
        self.left, self.top, right, bottom = extent(mask)
        self.width, self.height, self.picture = right - self.left, bottom - self.top, len(mask)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.left + x * self.width, self.top + y * self.height

    def across(self, length: Length) -> float:
        return self._px(length, self.width)

    def down(self, length: Length) -> float:
        return self._px(length, self.height)

    def thick(self, length: Length) -> float:
        return self._px(length, min(self.width, self.height))

    def _px(self, length: Length, own: float) -> float:
        if isinstance(length, OfPart):
            return length.share * own
        return length.share * self.picture if isinstance(length, OfPicture) else real(length, "a length")


def _length(length: Length, label_map: np.ndarray, mask: np.ndarray) -> float:
    """A length on all sides, px. Raises ValueError for a negative one."""
    px = _Frame(mask).thick(length)
    if px < 0:
        raise ValueError(f"a length on all sides is 0 or more; got {length!r} (shrink is the inverse of grow)")
    return px


def _each_side(
    parts: Parts, over: Over, one: Callable[[np.ndarray, tuple[int, ...], np.ndarray], np.ndarray]
) -> Operation:
    def operation(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        result = label_map.copy()
        for part in labels.by_side(parts):
            shown = np.isin(result, part)
            if shown.any() and not shown.all():
                result = one(result, part, allowed(result, labels, over))
        return result

    return operation


def _warped(parts: Parts, over: Over, source: Callable[[_Frame, Grid, Grid], tuple[Grid, Grid]]) -> Operation:
    def one(label_map: LabelMap, part: tuple[int, ...], free: Mask) -> LabelMap:
        frame = _Frame(np.isin(label_map, part))
        return warp(label_map, part, lambda x, y: source(frame, x, y), free)

    return _each_side(parts, over, one)


def _distance(mask: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Distance of the pixels of a mask to the nearest one outside it, px, and that one's row and column."""
    distance, nearest = ndimage.distance_transform_edt(mask, return_indices=True)  # type: ignore[reportGeneralTypeIssues]
    return distance, (nearest[0], nearest[1])


def shaped(mask: Mask, part: int, exact: bool = False) -> Operation:
    """Paint a part where a mask is True; with `exact`, its other pixels get the nearest other part."""

    def painted(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        left = without(label_map, label_map == part) if exact else label_map
        return np.where(mask, np.uint8(labels[part].id), left)

    return painted


def without(label_map: LabelMap, mask: Mask) -> LabelMap:
    """Fill the pixels of a mask with the nearest label outside it; unchanged if there is none outside."""
    return label_map.copy() if mask.all() else label_map[_distance(mask)[1]]


def _stamp(
    label_map: np.ndarray, old: np.ndarray, stamp: np.ndarray, shape: np.ndarray, free: np.ndarray
) -> np.ndarray:
    """Fill a part's old place and paint `stamp` where its shape is, over the old place and free pixels."""
    return np.where(shape & (old | free), stamp, without(label_map, old))


def _offset(shape: np.ndarray, onto: np.ndarray) -> tuple[int, int]:
    """Whole px right and down that centre one mask on another."""
    (x, y), (to_x, to_y) = (_Frame(mask).at(0.5, 0.5) for mask in (shape, onto))
    return round(to_x - x), round(to_y - y)


def _shift(array: np.ndarray, dx: int, dy: int) -> np.ndarray:
    """An array moved right and down; new pixels are 0."""
    return ndimage.shift(array, (dy, dx), order=0, mode="constant", cval=0)
