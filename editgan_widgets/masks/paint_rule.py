"""PaintRule: what painting may touch and whether it is mirrored; strokes, erasing and operations go by the same one."""

from dataclasses import dataclass, replace

import numpy as np

from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.mirror import on_both_sides, reflected_stroke
from editgan_widgets.masks.part_operations import LabelMap, Operation
from editgan_widgets.masks.strokes import Stroke, covered
from editgan_widgets.scalars import plain_fields


@dataclass(frozen=True)
class PaintRule:
    """What may be painted over. It goes by the label map as it was before the stroke or operation.

    Attributes:
        locked: ids of parts that stay as they are.
        over: ids of the only parts that may be painted over; empty: all that are not locked.
        mirror: paint at the other side of the picture's middle too. Where a stroke meets its reflection it counts.
    """

    locked: tuple[int, ...] = ()
    over: tuple[int, ...] = ()
    mirror: bool = False

    def __post_init__(self) -> None:
        plain_fields(self)

    @property
    def restricts(self) -> bool:
        """Whether something may not be painted over."""
        return bool(self.locked or self.over)

    def paint(self, stroke: Stroke, label_map: LabelMap, labels: LabelSet) -> LabelMap:
        """A stroke as labels `[H, W]`. Raises as `rasterise` does."""
        painted = label_map.copy()
        for one in self._strokes(stroke, label_map, labels):
            painted[self._covered(one, label_map)] = labels[one.label].id
        return self.held(label_map, painted)

    def erase(self, stroke: Stroke, original: LabelMap, label_map: LabelMap, labels: LabelSet) -> LabelMap:
        """The label map with the parts of `original` under a stroke; its label does not matter."""
        erased = label_map.copy()
        for one in self._strokes(replace(stroke, label=0), label_map, labels):
            mask = self._covered(one, label_map)
            erased[mask] = original[mask]
        return self.held(label_map, erased)

    def operate(self, operation: Operation, label_map: LabelMap, labels: LabelSet) -> LabelMap:
        """The label map after an operation. Raises what the operation does."""
        operation = on_both_sides(operation) if self.mirror else operation
        return self.held(label_map, operation(label_map, labels))

    def held(self, before: LabelMap, painted: LabelMap) -> LabelMap:
        """What was painted where it may be; the rest as before."""
        kept = np.isin(before, self.locked)
        if self.over:
            kept |= ~np.isin(before, self.over)
        return np.where(kept, before, painted)

    def _strokes(self, stroke: Stroke, label_map: LabelMap, labels: LabelSet) -> list[Stroke]:
        """In the order of painting: the reflection lies beneath."""
        return [reflected_stroke(stroke, label_map.shape[1], labels), stroke] if self.mirror else [stroke]

    def _covered(self, stroke: Stroke, label_map: LabelMap) -> np.ndarray:
        return covered(stroke, (label_map.shape[0], label_map.shape[1]))
