"""Mirrored painting: what is painted on one side of the picture's vertical middle is painted on the other too.

A reflected label map is the picture seen in a mirror: columns reversed, and each part of a left/right pair is the other
one. So a mirrored operation needs no rules of its own: it acts on the reflected map, and the result is reflected back.
"""

from dataclasses import replace

import numpy as np

from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.part_operations import LabelMap, Operation, other_side
from editgan_widgets.masks.strokes import Stroke
from editgan_widgets.scalars import Whole, whole


def reflected(label_map: LabelMap, labels: LabelSet) -> LabelMap:
    """The label map `[H, W]` in a mirror: "left eye" at the left becomes "right eye" at the right."""
    table = np.arange(256, dtype=np.uint8)
    for label in labels:
        table[label.id] = other_side(labels, label.id)
    return table[label_map[:, ::-1]]


def reflected_stroke(stroke: Stroke, width: Whole, labels: LabelSet) -> Stroke:
    """The stroke at the other side of a picture `width` px wide, painting the other side's part.

    Raises UnknownLabelError for a label that the set does not have.
    """
    right = whole(width, "width")
    points = tuple((right - float(x), y) for x, y in stroke.points)
    return replace(stroke, points=points, label=other_side(labels, stroke.label))


def on_both_sides(operation: Operation) -> Operation:
    """An operation and its reflection, both of the mask as it was; where both change a pixel the operation counts."""

    def mirrored(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        here = operation(label_map, labels)
        there = reflected(operation(reflected(label_map, labels), labels), labels)
        return np.where(here != label_map, here, there)

    return mirrored
