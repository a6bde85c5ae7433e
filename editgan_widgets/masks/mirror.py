"""Mirrored painting: painting on one side of the picture's vertical centre line is repeated on the other side.

A reflected label map has its columns reversed, and the parts of each left/right pair exchanged. A mirrored operation is
the same operation on the reflected map, with its result reflected back.
"""

from dataclasses import replace

import numpy as np

from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.part_operations import LabelMap, Operation
from editgan_widgets.masks.strokes import Stroke
from editgan_widgets.scalars import Whole, whole


def reflected(label_map: LabelMap, labels: LabelSet) -> LabelMap:
    """Reflect a label map `[H, W]`: "left eye" at the left becomes "right eye" at the right."""
    return labels.mirrored_ids[label_map[:, ::-1]]


def reflected_stroke(stroke: Stroke, width: Whole, labels: LabelSet) -> Stroke:
    """Reflect a stroke in a picture `width` px wide; it paints the part of the other side.

    Raises UnknownLabelError for a label that the set does not have.
    """
    right = whole(width, "width")
    points = tuple((right - float(x), y) for x, y in stroke.points)
    return replace(stroke, points=points, label=labels.other_side(stroke.label))


def on_both_sides(operation: Operation) -> Operation:
    """An operation and its reflection, both applied to the original mask; the operation has priority."""

    def mirrored(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        here = operation(label_map, labels)
        there = reflected(operation(reflected(label_map, labels), labels), labels)
        return np.where(here != label_map, here, there)

    return mirrored
