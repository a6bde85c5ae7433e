"""Scripted drags of landmarks, to measure dragging.

Each landmark is a function that finds a point in a label map. After a drag by some pixels, the landmark is found again
in the label map that a segmenter predicts from the new picture; the drag's own tracker is not used.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from torch import nn

from editgan_widgets import images
from editgan_widgets.documents.session import EditSession
from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.terms.drag import DRAG_STEPS, DragPoint
from editgan_widgets.models.editgan import EditGAN

Point = tuple[float, float]
_EDGE = 2 / 128  # minimum distance of a target from the picture's edge, as a share of the height


@dataclass(frozen=True)
class ScriptedDrag:
    """A landmark and its displacements (x to the right, y down), as shares of the picture's height."""

    name: str
    landmark: Callable[[UInt8[np.ndarray, "h w"], LabelSet], Point | None]
    ways: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class DragMeasure:
    """Figures of one drag."""

    name: str
    seed: int
    length: float  # px from handle to target
    missed_by: float  # px from the landmark in the new picture to the target; inf if it is not visible any more
    outside: float  # mean absolute change outside the region, share of the value range
    seconds: float


def measure_drags(
    model: EditGAN,
    segmenter: nn.Module,
    drags: Sequence["ScriptedDrag"],
    count: int,
    first_seed: int = 70_000,
    steps: int = DRAG_STEPS,
    truncation_psi: float = 0.7,
) -> Iterator[DragMeasure]:
    """Drag one landmark on each of `count` portraits, cycling through kinds and displacements; yields the measures.

    Args:
        model: an EditGAN with an interpreter.
        segmenter: the judge, picture [1, 3, h, w] in [-1, 1] -> logits over the model's labels.
        drags: kinds of drags.
        count: number of drags.
        first_seed: first seed; portraits that do not show the landmark are skipped.
        steps: steps of each drag.
        truncation_psi: truncation of the portraits.
    """
    seed = first_seed
    for index in range(count):
        drag = drags[index % len(drags)]
        way = drag.ways[index // len(drags) % len(drag.ways)]
        while True:
            session = EditSession.from_seed(model, seed, truncation_psi)
            point = _pulled(drag.landmark(_segmented(segmenter, session.image), model.labels), way, model.resolution)
            seed += 1
            if point is not None:
                break
        (*_, last) = session.drag([point], steps=steps)
        kept = session.kept_step
        found = drag.landmark(_segmented(segmenter, session.image), model.labels)
        missed = float("inf") if found is None else float(np.hypot(*np.subtract(found, point.target)))
        outside = 0.0 if kept is None else kept.outside
        yield DragMeasure(drag.name, seed - 1, point.length, missed, outside, last.seconds)


def _pulled(handle: Point | None, way: Point, size: int) -> DragPoint | None:
    """The drag of a landmark; None if there is no landmark, or its target is at the picture's edge or outside."""
    if handle is None:
        return None
    target = (handle[0] + way[0] * size, handle[1] + way[1] * size)
    inside = all(_EDGE <= value <= 1 - _EDGE for value in np.divide(target, size))
    return DragPoint(handle, target) if inside else None


@torch.no_grad()
def _segmented(segmenter: nn.Module, image: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w"]:
    logits = segmenter(images.from_uint8(image[None]))
    return logits.argmax(1)[0].to(torch.uint8).numpy()


def brow(label_map: UInt8[np.ndarray, "h w"], labels: LabelSet) -> Point | None:
    """Centre of the left brow."""
    part = np.isin(label_map, _left(labels, "brow"))
    return _centre(part) if part.sum() >= 8 else None


def lip_corner(label_map: UInt8[np.ndarray, "h w"], labels: LabelSet) -> Point | None:
    """Corner of the mouth on the person's left."""
    part = np.isin(label_map, labels.ids("upper lip", "lower lip", "teeth", "mouth", "commissure"))
    return _rightmost(part) if part.sum() >= 20 else None


def eye_corner(label_map: UInt8[np.ndarray, "h w"], labels: LabelSet) -> Point | None:
    """Outer corner of the left eye."""
    part = np.isin(label_map, _left(labels, "sclera", "iris", "pupil", "tear duct"))
    return _rightmost(part) if part.sum() >= 8 else None


def jaw(label_map: UInt8[np.ndarray, "h w"], labels: LabelSet) -> Point | None:
    """Lowest point of the chin, in the column of the chin's centre."""
    chin = np.isin(label_map, labels.ids("chin"))
    if chin.sum() < 6:
        return None
    column = int(_centre(chin)[0])
    rows = np.nonzero(np.isin(label_map[:, column], labels.ids("chin", "jaw", "beard")))[0]
    return (column + 0.5, rows.max() + 1.0) if len(rows) else None


def hair_edge(label_map: UInt8[np.ndarray, "h w"], labels: LabelSet) -> Point | None:
    """Top of the hair above the middle between the brows."""
    hair, brows = np.isin(label_map, labels.ids("hair")), np.isin(label_map, labels.ids("brow"))
    if hair.sum() < 100 or brows.sum() < 8:
        return None
    column = int(_centre(brows)[0])
    rows = np.nonzero(hair[:, column])[0]
    return (column + 0.5, float(rows.min())) if len(rows) else None


def _left(labels: LabelSet, *names: str) -> list[int]:
    return list(labels.of_side(labels.ids(*names), "left"))


def _centre(part: Bool[np.ndarray, "h w"]) -> Point:
    y, x = np.nonzero(part)
    return float(x.mean() + 0.5), float(y.mean() + 0.5)


def _rightmost(part: Bool[np.ndarray, "h w"]) -> Point:
    y, x = np.nonzero(part)
    return float(x.max() + 1), float(y[x >= x.max() - 1].mean() + 0.5)


_FAR = 6 / 128  # 6 px at 128 px
SCRIPTED_DRAGS = (
    ScriptedDrag("brow", brow, ((0, -_FAR), (0, _FAR))),
    ScriptedDrag("lip corner", lip_corner, ((0.75 * _FAR, -0.66 * _FAR), (0, -_FAR), (_FAR, 0))),
    ScriptedDrag("hair edge", hair_edge, ((0, -_FAR), (0, _FAR))),
    ScriptedDrag("jaw", jaw, ((0, _FAR), (0, -_FAR))),
    ScriptedDrag("eye corner", eye_corner, ((_FAR, 0), (0, -_FAR), (0, _FAR))),
)
