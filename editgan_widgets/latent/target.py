"""EditTarget: what an edit must reach and where it may act, from two label maps (EditGAN, section 3.3).

The paper's region is all pixels whose label is in Q_edit, a hand-written list of parts for each kind of edit, before
or after, plus a buffer. Here Q_edit is what the user painted over or painted: the labels that changed pixels had or
have. A small part (a lip, a brow) counts whole, as in the paper. A large one (skin, hair, background), which is mostly
there because something was painted onto it, counts only where it changed: else the region would be the whole face and
nothing would hold the rest of the picture.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool, UInt8
from scipy import ndimage

from editgan_widgets.scalars import Flag, Real, flag, real

WHOLE_PART_SHARE = 0.05  # of the picture's area: parts up to this count whole
BUFFER_SHARE = 0.02  # of the height: 2.6 px at 128 px; EditGAN's 5 px at 512 px is too thin for small pictures
LEAST_BUFFER = 2.0  # px

Region: TypeAlias = Literal["parts", "painted"]


@dataclass(frozen=True)
class EditTarget:
    """The painted truth and the region of an edit; all arrays `[H, W]`."""

    label_map: np.ndarray  # uint8: the segmentation to reach (inside the region)
    region: np.ndarray  # bool: pixels that may change
    changed: np.ndarray  # bool: pixels whose label the user changed; a part of the region
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
        buffer_px: how far the region reaches beyond the parts, px; None takes 2% of the height, at least 2 px.
        predicted: what the interpreter sees now; its pixels of small edited parts join the region, so that what
            an earlier edit left behind can still be removed.
        region: "parts" as above; "painted" for the changed pixels alone, with a square buffer, as in the authors'
            release, where it is the user's strokes.

    Raises ValueError where nothing was painted.
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
        before, after: what the interpreter sees before and after.
        parts: ids of the vector's parts; where they are in neither map, whatever changed counts.
        buffer_px: as of `from_label_maps`.
        whole: large parts count whole too, as in EditGAN; else where they changed.

    Raises ValueError where none of the parts is to be seen and nothing changed.
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
        raise ValueError("nothing to refine: the vector changes no part that the interpreter sees; raise its scale")
    buffer = _buffer(buffer_px, before.shape[0])
    near = np.asarray(ndimage.distance_transform_edt(~core)) <= buffer
    return EditTarget(after.copy(), near, changed & near, tuple(shown))


def _buffer(given: Real | None, height: int) -> float:
    """How far a region reaches beyond its parts, px."""
    return max(LEAST_BUFFER, BUFFER_SHARE * height) if given is None else real(given, "buffer_px", least=0)


def agreement(
    label_map: UInt8[np.ndarray, "h w"], target: EditTarget, region: Bool[np.ndarray, "h w"] | None = None
) -> float:
    """Mean intersection over union, 0..1, of the edited parts in `label_map` and the target, inside the region."""
    inside = target.region if region is None else region
    scores = []
    for label in target.labels:
        ours, wanted = (label_map == label) & inside, (target.label_map == label) & inside
        union = (ours | wanted).sum()
        scores.append(float((ours & wanted).sum() / union) if union else 1.0)
    return float(np.mean(scores))
