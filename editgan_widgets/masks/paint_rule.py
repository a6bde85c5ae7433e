"""PaintRule: parts that may be painted over, and mirroring; for strokes, erasing and operations."""

from dataclasses import dataclass, replace

import numpy as np

from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.mirror import on_both_sides, reflected_stroke
from editgan_widgets.masks.part_operations import LabelMap, Operation
from editgan_widgets.masks.strokes import Stroke, covered
from editgan_widgets.scalars import plain_fields


@dataclass(frozen=True)
class PaintRule:
    """Parts that may be painted over, by the label map before the stroke or operation.

    Attributes:
        locked: ids of parts that are not painted over.
        over: ids of the only parts that may be painted over; empty: all that are not locked.
        mirror: paint on the other side of the picture too. Where a stroke overlaps its reflection, the stroke wins.
    """

    locked: tuple[int, ...] = ()
    over: tuple[int, ...] = ()
    mirror: bool = False

    def __post_init__(self) -> None:
        plain_fields(self)

    @property
    def restricts(self) -> bool:
        """True if some part may not be painted over."""
        return bool(self.locked or self.over)

    def paint(self, stroke: Stroke, label_map: LabelMap, labels: LabelSet) -> LabelMap:
        """Paint a stroke; returns a label map `[H, W]`. Raises the errors of `rasterise`."""
        painted = label_map.copy()
        for one in self._strokes(stroke, label_map, labels):
            painted[self._covered(one, label_map)] = labels[one.label].id
        return self.held(label_map, painted)

    def erase(self, stroke: Stroke, original: LabelMap, label_map: LabelMap, labels: LabelSet) -> LabelMap:
        """Restore the parts of `original` under a stroke, whose label is ignored."""
        erased = label_map.copy()
        for one in self._strokes(replace(stroke, label=0), label_map, labels):
            mask = self._covered(one, label_map)
            erased[mask] = original[mask]
        return self.held(label_map, erased)

    def operate(self, operation: Operation, label_map: LabelMap, labels: LabelSet) -> LabelMap:
        """Apply an operation. Raises the errors of the operation."""
        operation = on_both_sides(operation) if self.mirror else operation
        return self.held(label_map, operation(label_map, labels))

    def held(self, before: LabelMap, painted: LabelMap) -> LabelMap:
        """`painted` where painting is allowed, `before` elsewhere."""
        kept = np.isin(before, self.locked)
        if self.over:
            kept |= ~np.isin(before, self.over)
        return np.where(kept, before, painted)

    def _strokes(self, stroke: Stroke, label_map: LabelMap, labels: LabelSet) -> list[Stroke]:
        """The strokes in painting order: the reflection first."""
        return [reflected_stroke(stroke, label_map.shape[1], labels), stroke] if self.mirror else [stroke]

    def _covered(self, stroke: Stroke, label_map: LabelMap) -> np.ndarray:
        return covered(stroke, (label_map.shape[0], label_map.shape[1]))
