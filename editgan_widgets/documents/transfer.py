"""Transfer: an edit of the generated picture is carried over to the photo as motion, and as content where that is new.

The landmarks of the generated picture before and after the edit say what moves. The photo is warped by that motion,
relative to its own landmarks, so that it keeps its skin, hair and light. Where the parts after the edit are not those
before it after the motion (an open mouth, closed lids, glasses, a beard), the motion does not explain the edit: there
the generated content is added, registered by the same landmarks and matched to the photo's colours.

All positions are in shares of the crop, 0 to 1 from its upper left corner.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.interpolate import PchipInterpolator

from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.documents.registration import CELLS, Motion, Points, Registration, at, cells, gap, nearest
from editgan_widgets.domains.domain import Opening
from editgan_widgets.squares import Square

Box = tuple[int, int, int, int]  # left, upper, right and lower edge, px

_CONTENT_REACH = 0.05  # distance from the landmarks' hull at which new content has faded out, in shares of the crop
_LEAST_MOTION = 0.2  # px of the photo, below which a pixel keeps its value
_LEAST_NEW = 0.04  # share of the content below which a pixel keeps its value
_MODEST, _STRONG = 0.15, 0.4  # log of the gain in brightness: up to it the photo is toned, above it is replaced
_APPEARS = 1.6  # ratio of a part's areas from which it appears, or vanishes
_LEAST_AREA = 8  # px of a picture of 128 px, by which a part must grow to appear
_GAIN_FROM = 64  # px of the square in which the light around new content is compared
_CLOSES = (0.4, 0.75)  # visible area after / before an edit: above the second an opening stays open, below the first …
_CLOSED = 0.2  # … the ratio says how far it closes; at this ratio and below it is closed
_LID_BEYOND, _LID_SOFT = 0.02, 0.03  # overlap of a lid over the lower edge, width of its border; in opening widths
_BELOW_BROW, _LEAST_LID = 0.06, 0.08  # gap between a lid and the landmarks above it, least height of it; likewise
_OPENS = (0.012, 0.025)  # widening, in shares of the crop, from which an opening has new content, and only that
_OPEN = (0.002, 0.005)  # gap in the photo, in shares of the crop, from which its inside is kept in part, and wholly
_SOFT = 0.003  # width of the border of an opening's inside, in shares of the crop
_DARKEST = 12.0  # added to values before they are divided


@dataclass(frozen=True, eq=False)
class GeneratedEdit:
    """An edit as the generator shows it."""

    before: UInt8[np.ndarray, "s s 3"]
    after: UInt8[np.ndarray, "s s 3"]
    parts_before: UInt8[np.ndarray, "s s"]
    parts_after: UInt8[np.ndarray, "s s"]
    points: Float[np.ndarray, "n 2"]  # landmarks after the edit


@dataclass(frozen=True)
class PartOpening:
    """An opening of the subject with the ids of its parts."""

    opening: Opening
    seen: tuple[int, ...]
    lids: tuple[int, ...]

    def ratio(self, edit: GeneratedEdit) -> float:
        """Ratio of its visible areas after and before an edit; 1 if it has no lid, or nothing was visible before."""
        before = np.isin(edit.parts_before, self.seen).sum()
        return (
            float(np.isin(edit.parts_after, self.seen).sum() / before)
            if self.opening.above and self.lids and before
            else 1.0
        )


class Transfer:
    """An edit, carried over to a photo that is registered with the generated picture before it.

    Args:
        registration: of the photo and the generated picture before the edit.
        edit: the generated pictures before and after.
        openings: of the subject.
    """

    def __init__(self, registration: Registration, edit: GeneratedEdit, openings: Sequence[PartOpening] = ()) -> None:
        self._edit = edit
        shut = {one: _shut(one.ratio(edit)) for one in openings}
        self.motion = registration.motion(edit.points, [(one.opening, 1 - share) for one, share in shut.items()])
        moving = [one for one in openings if shut[one] > 0 or not one.opening.above]
        self._content = _content(edit, self.motion, [part for one in moving for part in (*one.seen, *one.lids)])
        self._lids = [_Lid(self.motion.end, one, share) for one, share in shut.items() if share > 0]
        self._insides = [
            _Inside(registration.photo, self.motion.end, one.opening)
            for one in openings
            if one.seen and not one.opening.above
        ]
        self._held = registration.near_photo(_CONTENT_REACH)  # nothing says where content belongs beyond it

    def parts(self, parts: UInt8[np.ndarray, "s s"]) -> UInt8[np.ndarray, "s s"]:
        """The part map of the photo's square, with the edit."""
        here = cells(len(parts))
        after = here + at(self.motion.to_after, here)
        share = self._content.at(after)[0] * at(self._held, here)
        new = nearest(self._edit.parts_after, after)
        found = np.where(share[..., 0] > 0.5, new, nearest(parts, here + at(self.motion.moved, here)))
        for lid in self._lids:
            found[lid.covers(here)] = lid.part
        return found

    def picture(self, photo: Photo, crop: Crop) -> UInt8[np.ndarray, "h w 3"]:
        """The photo with the edit, at its own resolution; pixels that neither move nor change keep their values.

        `crop` is the square of the photo that the generated pictures show.
        """
        motion, content, held = self.motion, self._content, self._held
        share = (at(content.share[..., None], cells(CELLS) + motion.to_after) * held)[..., 0]
        for lid in self._lids:
            share = np.maximum(share, lid.acts(cells(CELLS)))
        box = _box(photo, crop, motion.moved, share)
        result = photo.pixels.copy()
        if box is None:
            return result
        left, upper, right, lower = box
        x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(upper, lower) + 0.5)
        here = crop.square.from_picture(np.stack([x, y], -1)).astype(np.float32)
        shift = at(motion.moved, here)
        warped = _taken(photo, crop.square, here, shift, box)
        share, tone, colours, base = content.at(here + at(motion.to_after, here))
        share = share * at(held, here)
        opened = np.zeros((*share.shape[:2], 1), np.float32)
        for one in self._insides:
            opened = np.maximum(opened, one.opened(crop.square, here)[..., None])
        share = np.maximum(share, opened)
        local = _local_gain(warped, base, share, crop.side)
        toned = (warped + _DARKEST) * np.exp(tone) - _DARKEST
        replaced = (colours + _DARKEST) * local - _DARKEST
        strength = np.clip((tone.max(-1, keepdims=True) - _MODEST) / (_STRONG - _MODEST), 0, 1)
        strength = np.maximum(strength, opened)
        new = toned + strength * (replaced - toned)
        made = warped + share * (new - warped)
        inside = np.zeros(made.shape[:2], bool)
        for one in self._insides:
            made, seen = one.over(made, photo, crop.square, here, box)
            inside |= seen
        for lid in self._lids:
            made, seen = lid.over(made, photo, crop.square, here, box)
            inside |= seen
        still = ~inside & (np.linalg.norm(shift, axis=-1) * crop.side < _LEAST_MOTION) & (share[..., 0] < _LEAST_NEW)
        before = result[upper:lower, left:right]
        result[upper:lower, left:right] = np.where(
            still[..., None], before, np.clip(np.rint(made), 0, 255).astype(np.uint8)
        )
        return result


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
        share = at(self.share[..., None], places) * inside[..., None]
        return share, at(self.tone, places), at(self.colours, places, smooth=True), at(self.base, places)


class _Inside:
    """What the photo shows in an opening; it stays with the upper edge, as the upper teeth do.

    Args:
        before, after: landmarks of the photo before and after the edit.
        opening: the opening.
    """

    def __init__(self, before: Points, after: Points, opening: Opening) -> None:
        upper, corners = list(opening.upper), list(opening.corners)
        around = [corners[0], *upper, corners[1], *reversed(opening.lower)]
        self._shift = (before[upper] - after[upper]).mean(0)
        self._before, self._after = before[around], after[around]
        wide = [float(np.linalg.norm(np.diff(points[corners], axis=0))) for points in (before, after)]
        self._narrower, self._middle = wide[0] / max(wide[1], 1e-6), after[upper].mean(0)
        self._strength = float(np.clip((gap(before, opening) - _OPEN[0]) / (_OPEN[1] - _OPEN[0]), 0, 1))
        more = gap(after, opening) - gap(before, opening)
        self._opens = float(np.clip((more - _OPENS[0]) / (_OPENS[1] - _OPENS[0]), 0, 1))

    def opened(self, square: Square, here: np.ndarray) -> Float[np.ndarray, "h w"]:
        """1 in the opening if the edit widens it, else 0."""
        return _polygon(self._after, square, here) * self._opens if self._opens else np.zeros(here.shape[:2])

    def over(
        self, made: Float[np.ndarray, "h w 3"], photo: Photo, square: Square, here: np.ndarray, box: Box
    ) -> tuple[Float[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]]:
        """The picture with the photo's inside of the opening, and where that is seen."""
        outline = _polygon(self._after, square, here)
        part, seen = _extent(outline > 0), np.zeros(outline.shape, bool)
        if self._strength == 0 or part is None:
            return made, seen
        shift = np.broadcast_to(self._shift, here[part].shape).copy()
        shift[..., 0] += (here[part][..., 0] - self._middle[0]) * (self._narrower - 1)
        places = here[part] + shift
        share = (outline[part] * _polygon(self._before, square, places) * self._strength)[..., None]
        inside = _taken(photo, square, here[part], shift.astype(np.float32), _part_of(box, part))
        made, seen[part] = made.copy(), share[..., 0] > 0.02
        made[part] += share * (inside - made[part])
        return made, seen


class _Lid:
    """The skin above an opening, stretched over it as it closes.

    Args:
        points: landmarks of the photo with the edit, but for the closing.
        opening: the opening.
        share: how far it closes, 0 to 1.
    """

    def __init__(self, points: Points, opening: PartOpening, share: float) -> None:
        marks = opening.opening
        start, end = points[list(marks.corners)]
        x, y = end - start
        roll = math.degrees(math.atan2(y, x)) if x >= 0 else math.degrees(math.atan2(-y, -x))
        middle = (start + end) / 2
        self._frame = Square(float(middle[0]), float(middle[1]), math.hypot(x, y), roll)
        self.part = opening.lids[0]
        upper, lower, above, corners = (
            self._frame.from_picture(points[list(m)]) for m in (marks.upper, marks.lower, marks.above, marks.corners)
        )
        self._upper, self._lower = (
            _line(np.concatenate([corners, line])) for line in (upper, lower + np.array([0, _LID_BEYOND]))
        )
        self._above, self._share = _line(above), share

    def covers(self, here: np.ndarray) -> Bool[np.ndarray, "h w"]:
        """True where the lid covers what was seen."""
        x, y, upper, line, _ = self._lines(here)
        return (x > 0) & (x < 1) & (y > upper) & (y <= line)

    def over(
        self, made: Float[np.ndarray, "h w 3"], photo: Photo, square: Square, here: np.ndarray, box: Box
    ) -> tuple[Float[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]]:
        """The picture with the lid, and where that is seen."""
        acts = self.acts(here)
        part = _extent(acts)
        if part is None:
            return made, acts
        _, y, upper, line, above = self._lines(here[part])
        along = np.clip((y - above) / np.maximum(line - above, 1e-6), 0, 1)
        down = np.where(acts[part], along * (line - upper), 0)
        shift = down[..., None] * (self._frame.matrix[:, 1] * -1)
        lid = _taken(photo, square, here[part], shift.astype(np.float32), _part_of(box, part))
        share = (np.clip((line - y) / _LID_SOFT + 1, 0, 1) * acts[part])[..., None]
        made = made.copy()
        made[part] += share * (lid - made[part])
        return made, acts

    def acts(self, here: np.ndarray) -> Bool[np.ndarray, "h w"]:
        """True where the lid changes the picture."""
        x, y, upper, line, above = self._lines(here)
        return (x > 0) & (x < 1) & (y > above) & (y < line + _LID_SOFT) & (line > upper)

    def _lines(self, here: np.ndarray) -> tuple[np.ndarray, ...]:
        """x and y in the frame of the opening, and there the y of the upper edge, of the lid, and of the skin's end."""
        places = self._frame.from_picture(here)
        x, y = places[..., 0], places[..., 1]
        upper, lower, above = (np.interp(x, *line) for line in (self._upper, self._lower, self._above))
        above = np.minimum(above + _BELOW_BROW, upper - _LEAST_LID)
        return x, y, upper, upper + self._share * np.maximum(lower - upper, 0), above


def _line(points: Points) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(points[:, 0])
    smooth = np.linspace(points[:, 0].min(), points[:, 0].max(), 33)
    return smooth, PchipInterpolator(points[order, 0], points[order, 1])(smooth)


def _shut(ratio: float) -> float:
    """How far an opening closes, 0 (open) to 1, by the ratio of its visible areas after and before the edit."""
    counts = np.clip((_CLOSES[1] - ratio) / (_CLOSES[1] - _CLOSES[0]), 0, 1)
    return float(counts * np.clip((1 - ratio) / (1 - _CLOSED), 0, 1))


def _part_of(box: Box, part: tuple[slice, slice]) -> Box:
    """The box of the rows and columns `part` of another box."""
    rows, columns = part
    left, upper = box[:2]
    return left + columns.start, upper + rows.start, left + columns.stop, upper + rows.stop


def _extent(mask: Bool[np.ndarray, "h w"]) -> tuple[slice, slice] | None:
    """The rows and columns of the smallest box around a mask; None if it is empty."""
    rows, columns = (np.flatnonzero(mask.any(axis)).tolist() for axis in (1, 0))
    return (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if rows else None


def _polygon(corners: Points, square: Square, places: Float[np.ndarray, "h w 2"]) -> Float[np.ndarray, "h w"]:
    """1 at places inside a polygon, 0 outside, with a soft border."""
    low, high = corners.min(0) - 0.02, corners.max(0) + 0.02
    count = int(np.clip(np.ceil((high - low).max() * square.side * 2), 32, 512))
    drawn = Image.new("L", (count, count))
    ImageDraw.Draw(drawn).polygon([tuple(point) for point in (corners - low) / (high - low) * count], fill=1)
    soft = ndimage.gaussian_filter(np.asarray(drawn, np.float32), _SOFT / (high - low)[::-1] * count)
    inside = np.clip(soft * 2 - 0.5, 0, 1)
    found = at(inside[..., None], ((places - low) / (high - low)).astype(np.float32))[..., 0]
    return found * np.all((places > low) & (places < high), axis=-1)


def _content(edit: GeneratedEdit, motion: Motion, moving: list[int]) -> _Content:
    size = len(edit.before)
    here = cells(size)
    back = here + at(motion.back, here)
    base = at(edit.before.astype(np.float32), back)
    moved, unit = nearest(edit.parts_before, back), max(1, size // 128)
    appeared, vanished = _changed_parts(moved, edit.parts_after, unit)
    new = np.isin(edit.parts_after, appeared) | np.isin(moved, vanished)
    new &= edit.parts_after != moved
    new &= ~(np.isin(edit.parts_after, moving) | np.isin(moved, moving))  # their landmarks say where they are
    new = ndimage.binary_dilation(new, iterations=unit)
    share = np.clip(ndimage.gaussian_filter(new.astype(np.float32), 0.8 * unit) * 1.2, 0, 1)
    colours = edit.after.astype(np.float32)
    soft = [ndimage.gaussian_filter(x, (0.7 * unit, 0.7 * unit, 0)) for x in (colours, base)]
    tone = np.clip(np.log((soft[0] + _DARKEST) / (soft[1] + _DARKEST)), -2.5, 1.6)
    return _Content(share, tone, colours, base)


def _changed_parts(before: np.ndarray, after: np.ndarray, unit: int) -> tuple[list[int], list[int]]:
    """Parts that appear and parts that vanish: those whose area changes more than a motion would change it."""
    most = int(max(before.max(), after.max())) + 1
    areas = [np.bincount(parts.ravel(), minlength=most) for parts in (before, after)]
    least = _LEAST_AREA * unit**2
    appeared = (areas[1] > _APPEARS * areas[0]) & (areas[1] - areas[0] >= least)
    vanished = (areas[0] > _APPEARS * areas[1]) & (areas[0] - areas[1] >= least)
    return np.flatnonzero(appeared).tolist(), np.flatnonzero(vanished).tolist()


def _box(
    photo: Photo, crop: Crop, moved: Float[np.ndarray, "cells cells 2"], share: Float[np.ndarray, "cells cells"]
) -> Box | None:
    """Left, upper, right and lower edge of what may change; None if nothing does."""
    acts = (np.linalg.norm(moved, axis=-1) * crop.side >= _LEAST_MOTION / 2) | (share >= _LEAST_NEW / 2)
    extent = _extent(ndimage.binary_dilation(acts, iterations=2))
    if extent is None:
        return None
    rows, columns = extent
    x0, x1, y0, y1 = (edge / CELLS for edge in (columns.start, columns.stop, rows.start, rows.stop))
    corners = crop.square.to_picture(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))
    left, upper = (max(int(v), 0) for v in np.floor(corners.min(0)))
    right, lower = np.ceil(corners.max(0)).astype(int)
    right, lower = min(int(right), photo.width), min(int(lower), photo.height)
    return (left, upper, right, lower) if right > left and lower > upper else None


def _taken(photo: Photo, square: Square, here: np.ndarray, shift: np.ndarray, box: Box) -> Float[np.ndarray, "h w 3"]:
    """The photo's colours at shifted places."""
    left, upper, right, lower = box
    margin = int(np.ceil(np.abs(shift).max() * square.side * 1.5)) + 2
    left, upper = max(left - margin, 0), max(upper - margin, 0)
    around = photo.pixels[upper : lower + margin, left : right + margin]
    height, width = around.shape[:2]
    places = (square.to_picture(here + shift) - [left, upper]) / [width, height]
    return at(around.astype(np.float32), places, smooth=True)


def _local_gain(
    warped: Float[np.ndarray, "h w 3"], base: Float[np.ndarray, "h w 3"], share: Float[np.ndarray, "h w 1"], side: float
) -> Float[np.ndarray, "h w 3"]:
    """How much brighter the photo is than the generated picture, in each colour, around the new content."""
    known = (1 - share) + 1e-3
    width = (0.1 * side, 0.1 * side, 0)
    step = max(1, int(side / _GAIN_FROM))
    parts = [ndimage.gaussian_filter((x * known)[::step, ::step], [w / step for w in width]) for x in (warped, base)]
    weight = ndimage.gaussian_filter(known[::step, ::step], [w / step for w in width])
    ratio = (parts[0] / weight + _DARKEST) / (parts[1] / weight + _DARKEST)
    gain = np.clip(ratio, 0.5, 1.6)
    zoomed = [np.asarray(Image.fromarray(gain[..., i]).resize(warped.shape[1::-1])) for i in range(3)]
    return np.stack(zoomed, -1)
