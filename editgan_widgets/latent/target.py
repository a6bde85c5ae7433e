"""EditTarget: the target label map of an edit and its region, from two label maps (EditGAN, section 3.3).

The paper's region is the set of pixels whose label before or after is in Q_edit, a hand-written list of parts for each
kind of edit, plus a buffer. Here Q_edit is the set of labels that the changed pixels had before painting or have after
it. A small part (a lip, a brow) is in the region as a whole, as in the paper. A large part (skin, hair, background),
which is usually in Q_edit because something was painted onto it, is in the region only where it changed; otherwise the
region would be the whole face and nothing would preserve the rest of the picture.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import UInt8
from scipy import ndimage

from editgan_widgets.iou import mean_iou_inside
from editgan_widgets.scalars import Flag, Real, flag, real

WHOLE_PART_SHARE = 0.05  # share of the picture's area up to which a part is in the region as a whole
BUFFER_SHARE = 0.02  # share of the height: 2.6 px at 128 px; EditGAN's 5 px at 512 px is too thin for small pictures
LEAST_BUFFER = 2.0  # px

Region: TypeAlias = Literal["parts", "painted"]


class NothingToRefineError(ValueError):
    """A vector changes no part of the predicted label map."""


@dataclass(frozen=True)
class EditTarget:
    """Painted label map and region of an edit; all arrays `[H, W]`."""

    label_map: np.ndarray = field(repr=False)  # uint8: the segmentation to reach (inside the region)
    region: np.ndarray = field(repr=False)  # bool: pixels that may change
    changed: np.ndarray = field(repr=False)  # bool: pixels whose label the user changed; a part of the region
    labels: tuple[int, ...]  # the edited parts: ids that the changed pixels are to get
    replaced: tuple[int, ...] = ()  # ids that the changed pixels had before


def from_label_maps(
    before: UInt8[np.ndarray, "h w"],
    after: UInt8[np.ndarray, "h w"],
    buffer_px: Real | None = None,
    predicted: UInt8[np.ndarray, "h w"] | None = None,
    region: Region = "parts",
) -> EditTarget:
    """Make the target of an edit from the maps before and after painting.

    Args:
        before, after: label maps.
        buffer_px: margin of the region around the parts, px; None means 2% of the height, at least 2 px.
        predicted: the interpreter's present label map; its pixels of small edited parts are added to the region, so
            that remains of an earlier edit can be removed.
        region: "parts" as above; "painted" for only the changed pixels, with a square buffer, as in the authors'
            release, which uses the user's strokes.

    Raises ValueError if nothing was painted.
    """
    changed = before != after
    if not changed.any():
        raise ValueError("nothing to edit: both label maps are the same; paint a stroke first (session.paint)")
    buffer = _buffer(buffer_px, before.shape[0])
    labels = tuple(int(x) for x in np.unique(after[changed]))
    replaced = tuple(int(x) for x in np.unique(before[changed]))
    if region == "painted":
        near = np.asarray(ndimage.distance_transform_cdt(~changed, metric="chessboard")) <= buffer
        return EditTarget(after.copy(), near, changed, labels, replaced)
    edited = np.union1d(before[changed], after[changed])
    core = changed.copy()
    for label in edited:
        maps = [before == label, after == label]
        if predicted is not None:
            maps.append(predicted == label)
        if max(part.mean() for part in maps) <= WHOLE_PART_SHARE:
            core |= np.logical_or.reduce(maps)
    near = np.asarray(ndimage.distance_transform_edt(~core)) <= buffer
    return EditTarget(after.copy(), near, changed, labels, replaced)


def from_segmentations(
    before: UInt8[np.ndarray, "h w"],
    after: UInt8[np.ndarray, "h w"],
    parts: Iterable[int],
    buffer_px: Real | None = None,
    whole: Flag = False,
) -> EditTarget:
    """Make the target of refining an edit vector: the segmentation right after it was applied (EditGAN, section 3.4).

    Args:
        before, after: the interpreter's label maps before and after.
        parts: ids of the vector's parts; if neither map has them, all changed pixels are used.
        buffer_px: as in `from_label_maps`.
        whole: large parts are in the region as a whole too, as in EditGAN; else only where they changed.

    Raises ValueError if none of the parts is visible and nothing changed.
    """
    changed = before != after
    core, shown, every = np.zeros(before.shape, bool), [], flag(whole, "whole")
    for label in sorted(set(parts)):
        maps = (before == label, after == label)
        either = maps[0] | maps[1]
        if either.any():
            shown.append(label)
        core |= either if every or max(x.mean() for x in maps) <= WHOLE_PART_SHARE else either & changed
    if not core.any():
        core, shown = changed.copy(), [int(x) for x in np.unique(after[changed])]
    if not core.any():
        raise NothingToRefineError(
            "nothing to refine: the vector does not change the predicted label map; use a larger scale"
        )
    buffer = _buffer(buffer_px, before.shape[0])
    near = np.asarray(ndimage.distance_transform_edt(~core)) <= buffer
    return EditTarget(after.copy(), near, changed & near, tuple(shown))


def _buffer(given: Real | None, height: int) -> float:
    """Margin of a region around its parts, px."""
    return max(LEAST_BUFFER, BUFFER_SHARE * height) if given is None else real(given, "buffer_px", least=0)


def agreement(label_map: UInt8[np.ndarray, "h w"], target: EditTarget) -> float:
    """Mean IoU, 0 to 1, of the edited parts in `label_map` and the target, inside the region."""
    return mean_iou_inside(label_map, target.label_map, target.region, target.labels)
