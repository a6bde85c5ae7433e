"""Transfer: an edit of the generated picture is carried over to the photo as motion, and as content where that is new.

The landmarks of the generated picture before and after the edit say what moves. The photo is warped by that motion,
relative to its own landmarks, so that it keeps its skin, hair and light. Where the parts after the edit are not those
before it after the motion (an open mouth, closed lids, glasses, a beard), the motion does not explain the edit: there
the generated content is added, registered by the same landmarks and matched to the photo's colours.

All positions are in shares of the crop, 0 to 1 from its upper left corner.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError, distance

from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.squares import Square

_GRID = 96  # cells a side of the fields of displacements
_REACH = 0.15  # distance from the landmarks' hull at which the motion has faded out, in shares of the crop
_CONTENT_REACH = 0.05  # … and the new content
_SMOOTHING = 1e-4  # of the thin-plate spline: larger values follow the landmarks less closely
_NOISE = (3.0, 9.0)  # motions below the first multiple of the landmarks' noise are dropped, above the second kept whole
_LEAST_MOTION = 0.2  # px of the photo, below which a pixel keeps its value
_LEAST_NEW = 0.04  # share of the content below which a pixel keeps its value
_MODEST, _STRONG = 0.15, 0.4  # log of the change of brightness: below the photo is toned, above its content is replaced
_APPEARS = 1.6  # ratio of a part's areas from which it appears, or vanishes
_LEAST_AREA = 8  # px of a picture of 128 px, by which a part must grow to appear
_DARKEST = 12.0  # added to values before they are divided


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The same points in several pictures, in shares of the crop."""

    before: Float[np.ndarray, "n 2"]  # of the generated picture before the edit
    after: Float[np.ndarray, "n 2"]  # of the one after the edit
    photo: Float[np.ndarray, "n 2"]
    noise: float = 0.0  # standard error of a coordinate of `before` and `after`


@dataclass(frozen=True, eq=False)
class GeneratedEdit:
    """An edit as the generator shows it."""

    before: UInt8[np.ndarray, "s s 3"]
    after: UInt8[np.ndarray, "s s 3"]
    parts_before: UInt8[np.ndarray, "s s"]
    parts_after: UInt8[np.ndarray, "s s"]
    region: Bool[np.ndarray, "s s"]  # where new content may appear


def transferred(photo: Photo, crop: Crop, edit: GeneratedEdit, points: Landmarks) -> UInt8[np.ndarray, "h w 3"]:
    """The photo with the edit, at its own resolution; pixels that neither move nor change keep their values.

    Args:
        photo: the whole picture.
        crop: the square that the generated pictures show.
        edit: the generated pictures before and after.
        points: landmarks of all three.
    """
    motion = _motion(points)
    target = points.photo + motion
    spline = _Spline(target)
    near = _fading(target)
    moved = spline(-motion) * near
    to_after = spline(points.after - target) * near
    content = _content(edit, points.before, points.after, motion)
    held = _fading(target, _CONTENT_REACH)  # beyond it nothing says where content belongs in the photo
    box = _box(photo, crop, moved, (_carried(content.share[..., None], to_after) * held)[..., 0])
    result = photo.pixels.copy()
    if box is None:
        return result
    left, upper, right, lower = box
    x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(upper, lower) + 0.5)
    here = crop.square.from_picture(np.stack([x, y], -1))
    shift = _at(moved, here)
    warped = _taken(photo, crop.square, here, shift, box)
    share, tone, colours, base = content.at(here + _at(to_after, here))
    share = share * _at(held, here)
    local = _local_gain(warped, base, share, crop.side)
    toned = (warped + _DARKEST) * np.exp(tone) - _DARKEST
    replaced = (colours + _DARKEST) * local - _DARKEST
    strength = np.clip((np.abs(tone).max(-1, keepdims=True) - _MODEST) / (_STRONG - _MODEST), 0, 1)
    new = toned + strength * (replaced - toned)
    made = warped + share * (new - warped)
    still = (np.linalg.norm(shift, axis=-1) * crop.side < _LEAST_MOTION) & (share[..., 0] < _LEAST_NEW)
    before = result[upper:lower, left:right]
    result[upper:lower, left:right] = np.where(
        still[..., None], before, np.clip(np.rint(made), 0, 255).astype(np.uint8)
    )
    return result


def _motion(points: Landmarks) -> Float[np.ndarray, "n 2"]:
    """What the edit moves, without the noise of the landmarks."""
    motion = points.after - points.before
    if points.noise > 0:
        length = np.linalg.norm(motion, axis=1, keepdims=True) / points.noise
        motion = motion * np.clip((length - _NOISE[0]) / (_NOISE[1] - _NOISE[0]), 0, 1)
    return motion


class _Spline:
    """Thin-plate spline through values at points, zero at the border of the crop."""

    def __init__(self, points: Float[np.ndarray, "n 2"]) -> None:
        at = np.linspace(0, 1, 9)
        border = [(x, y) for x in at for y in (0.0, 1.0)] + [(x, y) for y in at[1:-1] for x in (0.0, 1.0)]
        self._points = np.concatenate([points, border])
        self._fixed = len(border)
        count = len(self._points)
        affine = np.column_stack([np.ones(count), self._points])
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = _kernel(self._points, self._points) + _SMOOTHING * np.eye(count)
        system[:count, count:], system[count:, :count] = affine, affine.T
        self._system = system
        grid = _cells(_GRID).reshape(-1, 2)
        self._basis = np.column_stack([_kernel(grid, self._points), np.ones(len(grid)), grid])

    def __call__(self, values: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "grid grid 2"]:
        """The field at the cells of a grid."""
        right = np.concatenate([values, np.zeros((self._fixed + 3, 2))])
        return (self._basis @ np.linalg.solve(self._system, right)).reshape(_GRID, _GRID, 2)


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squared = distance.cdist(a, b, "sqeuclidean")
    return squared * np.log(np.maximum(squared, 1e-20)) / 2


def _fading(points: Float[np.ndarray, "n 2"], reach: float = _REACH) -> Float[np.ndarray, "grid grid 1"]:
    """1 inside the hull of the points, falling to 0 at a distance from it."""
    inside = Image.new("L", (_GRID, _GRID))
    try:
        hull = points[ConvexHull(points).vertices]
    except QhullError:  # all on a line
        return np.ones((_GRID, _GRID, 1))
    ImageDraw.Draw(inside).polygon([tuple(point * _GRID) for point in hull], fill=1)
    away = np.asarray(ndimage.distance_transform_edt(1 - np.asarray(inside))) / _GRID
    return np.clip(1 - away / reach, 0, 1)[..., None]


@dataclass(frozen=True, eq=False)
class _Content:
    """What is new in the generated picture after the edit, at its own size."""

    share: Float[np.ndarray, "s s"]  # 0 to 1
    tone: Float[np.ndarray, "s s 3"]  # log of after / before after the motion
    colours: Float[np.ndarray, "s s 3"]
    base: Float[np.ndarray, "s s 3"]  # the picture before after the motion

    def at(self, places: Float[np.ndarray, "h w 2"]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Values at places of the generated picture; `share` `[h, w, 1]`, the others `[h, w, 3]`."""
        inside = np.all((places >= 0) & (places <= 1), axis=-1)
        share = _at(self.share[..., None], places) * inside[..., None]
        return share, _at(self.tone, places), _at(self.colours, places, 3), _at(self.base, places)


def _content(
    edit: GeneratedEdit,
    before: Float[np.ndarray, "n 2"],
    after: Float[np.ndarray, "n 2"],
    motion: Float[np.ndarray, "n 2"],
) -> _Content:
    size = len(edit.before)
    here = _cells(size)
    back = here + _at(_Spline(after)(-motion) * _fading(after), here)
    base = _at(edit.before.astype(np.float32), back)
    rows, columns = (np.clip((back[..., i] * size).astype(int), 0, size - 1) for i in (1, 0))
    moved, unit = edit.parts_before[rows, columns], max(1, size // 128)
    appeared, vanished = _changed_parts(moved, edit.parts_after, edit.region, unit)
    new = np.isin(edit.parts_after, appeared) | np.isin(moved, vanished)
    new &= (edit.parts_after != moved) & edit.region
    new = ndimage.binary_dilation(new, iterations=unit)
    share = np.clip(ndimage.gaussian_filter(new.astype(np.float32), 0.8 * unit) * 1.2, 0, 1)
    colours = edit.after.astype(np.float32)
    soft = [ndimage.gaussian_filter(x, (0.7 * unit, 0.7 * unit, 0)) for x in (colours, base)]
    tone = np.clip(np.log((soft[0] + _DARKEST) / (soft[1] + _DARKEST)), -2.5, 1.6)
    return _Content(share, tone, colours, base)


def _changed_parts(before: np.ndarray, after: np.ndarray, region: np.ndarray, unit: int) -> tuple[list[int], list[int]]:
    """Parts that appear and parts that vanish: those whose area changes more than a motion would change it."""
    most = int(max(before.max(), after.max())) + 1
    areas = [np.bincount(parts[region], minlength=most) for parts in (before, after)]
    least = _LEAST_AREA * unit**2
    appeared = (areas[1] > _APPEARS * areas[0]) & (areas[1] - areas[0] >= least)
    vanished = (areas[0] > _APPEARS * areas[1]) & (areas[0] - areas[1] >= least)
    return np.flatnonzero(appeared).tolist(), np.flatnonzero(vanished).tolist()


def _carried(values: Float[np.ndarray, "s s c"], field: Float[np.ndarray, "grid grid 2"]) -> np.ndarray:
    """Values of the generated picture at the cells of the field of the photo."""
    return _at(values, _cells(_GRID) + field)


def _box(
    photo: Photo, crop: Crop, moved: Float[np.ndarray, "grid grid 2"], share: Float[np.ndarray, "grid grid"]
) -> tuple[int, int, int, int] | None:
    """Left, upper, right and lower edge of what may change; None if nothing does."""
    acts = (np.linalg.norm(moved, axis=-1) * crop.side >= _LEAST_MOTION / 2) | (share >= _LEAST_NEW / 2)
    acts = ndimage.binary_dilation(acts, iterations=2)
    if not acts.any():
        return None
    rows, columns = np.flatnonzero(acts.any(1)), np.flatnonzero(acts.any(0))
    x0, x1, y0, y1 = (float(v) / _GRID for v in (columns[0], columns[-1] + 1, rows[0], rows[-1] + 1))
    corners = crop.square.to_picture(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))
    left, upper = (max(int(v), 0) for v in np.floor(corners.min(0)))
    right, lower = np.ceil(corners.max(0)).astype(int)
    right, lower = min(int(right), photo.width), min(int(lower), photo.height)
    return (left, upper, right, lower) if right > left and lower > upper else None


def _taken(
    photo: Photo, square: Square, here: np.ndarray, shift: np.ndarray, box: tuple[int, int, int, int]
) -> Float[np.ndarray, "h w 3"]:
    """The photo's colours at shifted places."""
    left, upper, right, lower = box
    margin = int(np.ceil(np.abs(shift).max() * square.side * 1.5)) + 2
    left, upper = max(left - margin, 0), max(upper - margin, 0)
    around = photo.pixels[upper : lower + margin, left : right + margin].astype(np.float32)
    places = square.to_picture(here + shift) - [left, upper] - 0.5
    at = [places[..., 1], places[..., 0]]
    return np.stack([ndimage.map_coordinates(around[..., i], at, order=3, mode="nearest") for i in range(3)], -1)


def _local_gain(
    warped: Float[np.ndarray, "h w 3"], base: Float[np.ndarray, "h w 3"], share: Float[np.ndarray, "h w 1"], side: float
) -> Float[np.ndarray, "h w 3"]:
    """How much brighter the photo is than the generated picture, in each colour, around the new content."""
    known = (1 - share) + 1e-3
    width = (0.1 * side, 0.1 * side, 0)
    step = max(1, int(side / 256))
    parts = [ndimage.gaussian_filter((x * known)[::step, ::step], [w / step for w in width]) for x in (warped, base)]
    weight = ndimage.gaussian_filter(known[::step, ::step], [w / step for w in width])
    ratio = (parts[0] / weight + _DARKEST) / (parts[1] / weight + _DARKEST)
    gain = np.clip(ratio, 0.5, 1.6)
    zoomed = [np.asarray(Image.fromarray(gain[..., i]).resize(warped.shape[1::-1])) for i in range(3)]
    return np.stack(zoomed, -1)


def _cells(count: int) -> Float[np.ndarray, "count count 2"]:
    """Middles of the cells of a grid over the crop."""
    at = (np.arange(count) + 0.5) / count
    return np.stack(np.meshgrid(at, at), -1)


def _at(values: Float[np.ndarray, "a b c"], places: Float[np.ndarray, "h w 2"], order: int = 1) -> np.ndarray:
    """Values of a picture or field of the crop at places in shares of it."""
    rows, columns = places[..., 1] * values.shape[0] - 0.5, places[..., 0] * values.shape[1] - 0.5
    taken = [
        ndimage.map_coordinates(values[..., i], [rows, columns], order=order, mode="nearest")
        for i in range(values.shape[2])
    ]
    return np.stack(taken, -1)
