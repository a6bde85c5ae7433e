"""Transfer: an edit of the generated picture is carried over to the photo as motion, and as content where that is new.

The landmarks of the generated picture before and after the edit say what moves. The photo is warped by that motion,
relative to its own landmarks, so that it keeps its skin, hair and light. Where the parts after the edit are not those
before it after the motion (an open mouth, closed lids, glasses, a beard), the motion does not explain the edit: there
the generated content is added, registered by the same landmarks and matched to the photo's colours.

All positions are in shares of the crop, 0 to 1 from its upper left corner.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy import ndimage

from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.documents.registration import CELLS, Motion, Registration, at, cells, nearest
from editgan_widgets.squares import Square

_CONTENT_REACH = 0.05  # distance from the landmarks' hull at which new content has faded out, in shares of the crop
_LEAST_MOTION = 0.2  # px of the photo, below which a pixel keeps its value
_LEAST_NEW = 0.04  # share of the content below which a pixel keeps its value
_MODEST, _STRONG = 0.15, 0.4  # log of the change of brightness: below the photo is toned, above its content is replaced
_APPEARS = 1.6  # ratio of a part's areas from which it appears, or vanishes
_LEAST_AREA = 8  # px of a picture of 128 px, by which a part must grow to appear
_GAIN_FROM = 64  # px of the square in which the light around new content is compared
_DARKEST = 12.0  # added to values before they are divided


@dataclass(frozen=True, eq=False)
class GeneratedEdit:
    """An edit as the generator shows it."""

    before: UInt8[np.ndarray, "s s 3"]
    after: UInt8[np.ndarray, "s s 3"]
    parts_before: UInt8[np.ndarray, "s s"]
    parts_after: UInt8[np.ndarray, "s s"]
    points: Float[np.ndarray, "n 2"]  # landmarks after the edit


class Transfer:
    """An edit, carried over to a photo that is registered with the generated picture before it.

    Args:
        registration: of the photo and the generated picture before the edit.
        edit: the generated pictures before and after.
    """

    def __init__(self, registration: Registration, edit: GeneratedEdit) -> None:
        self._edit = edit
        self.motion = registration.motion(edit.points)
        self._content = _content(edit, self.motion)
        self._held = registration.near_photo(_CONTENT_REACH)  # nothing says where content belongs beyond it

    def parts(self, parts: UInt8[np.ndarray, "s s"]) -> UInt8[np.ndarray, "s s"]:
        """The part map of the photo's square, with the edit."""
        size = len(parts)
        here = cells(size)
        share = self._content.at(here + at(self.motion.to_after, here))[0] * at(self._held, here)
        new = nearest(self._edit.parts_after, here + at(self.motion.to_after, here))
        return np.where(share[..., 0] > 0.5, new, nearest(parts, here + at(self.motion.moved, here)))

    def picture(self, photo: Photo, crop: Crop) -> UInt8[np.ndarray, "h w 3"]:
        """The photo with the edit, at its own resolution; pixels that neither move nor change keep their values.

        `crop` is the square of the photo that the generated pictures show.
        """
        motion, content, held = self.motion, self._content, self._held
        share = (_carried(content.share[..., None], motion.to_after) * held)[..., 0]
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


def _content(edit: GeneratedEdit, motion: Motion) -> _Content:
    size = len(edit.before)
    here = cells(size)
    back = here + at(motion.back, here)
    base = at(edit.before.astype(np.float32), back)
    moved, unit = nearest(edit.parts_before, back), max(1, size // 128)
    appeared, vanished = _changed_parts(moved, edit.parts_after, unit)
    new = np.isin(edit.parts_after, appeared) | np.isin(moved, vanished)
    new &= edit.parts_after != moved
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


def _carried(values: Float[np.ndarray, "s s c"], field: Float[np.ndarray, "cells cells 2"]) -> np.ndarray:
    """Values of the generated picture at the cells of the field of the photo."""
    return at(values, cells(CELLS) + field)


def _box(
    photo: Photo, crop: Crop, moved: Float[np.ndarray, "cells cells 2"], share: Float[np.ndarray, "cells cells"]
) -> tuple[int, int, int, int] | None:
    """Left, upper, right and lower edge of what may change; None if nothing does."""
    acts = (np.linalg.norm(moved, axis=-1) * crop.side >= _LEAST_MOTION / 2) | (share >= _LEAST_NEW / 2)
    acts = ndimage.binary_dilation(acts, iterations=2)
    if not acts.any():
        return None
    rows, columns = np.flatnonzero(acts.any(1)), np.flatnonzero(acts.any(0))
    x0, x1, y0, y1 = (float(v) / CELLS for v in (columns[0], columns[-1] + 1, rows[0], rows[-1] + 1))
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
