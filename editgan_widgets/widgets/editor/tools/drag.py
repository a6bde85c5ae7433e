"""Drag: moves points of the picture to targets (latent/terms/drag.py), together with painted strokes."""

from typing import Annotated, ClassVar

import numpy as np
from jaxtyping import Bool
from msgspec import Meta
from scipy import ndimage

from editgan_widgets.latent.optimize import EditStep
from editgan_widgets.latent.terms.drag import DRAG_STEPS, DragError, DragPoint, checked_points, drag_region
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.editor.commands import Part, Px, Steps
from editgan_widgets.widgets.editor.document import Document, Outcome, Run

BUTTONS = ("drag",)
_AROUND = 1 / 32  # share of the height by which a part and the points' paths are dilated

Pair = tuple[Px, Px, Px, Px]
Pairs = Annotated[
    list[Pair],
    Meta(
        min_length=1, max_length=64, description="are 1 to 64 lists of four numbers, px: x and y of handle and target"
    ),
]


class Drag(Command, frozen=True, kw_only=True):
    """Move the content at each pair's handle to its target, picture px.

    With `part`, only the surroundings of that part may change; otherwise those of the points' paths. `steps` is 22 by
    default.
    """

    runs: ClassVar = True

    points: Pairs
    part: Part | None = None
    steps: Steps | None = None

    def drag_points(self, document: Document) -> tuple[DragPoint, ...]:
        """The pairs of points. Raises DragError for points outside the picture or pairs that do not move."""
        try:
            given = [DragPoint((x, y), (to_x, to_y)) for x, y, to_x, to_y in self.points]
        except (TypeError, ValueError) as error:
            raise DragError(
                f"points are lists of four numbers, px: x and y of handle and target; got {self.points!r}"
            ) from error
        return checked_points(given, document.size[0])

    def check(self, document: Document) -> None:
        """Raise DragError or UnknownLabelError."""
        self.drag_points(document)
        if self.part is not None:
            _ = document.labels[self.part]


def drag(document: Document, command: Drag) -> Outcome:
    """Start the optimisation of a drag."""
    session, given = document.session, command.drag_points(document)
    points = document.shown.session_points(given)
    steps = DRAG_STEPS if command.steps is None else command.steps
    region = None if command.part is None else _near_part(document, document.labels[command.part].id, points)
    begins = document.text("Dragging, {steps} steps …", steps=steps)
    fruitless = document.text("The drag could not get the points closer to their targets. The picture is unchanged.")

    def kept(step: EditStep) -> str:
        return document.text(
            "The points moved {share:.0%} of the way to their targets.", share=float(step.figures["reached"])
        )

    run = Run(steps, lambda *_: session.drag(points, steps=steps, region=region), begins, kept, fruitless)
    return Outcome(run=run)


def _near_part(document: Document, part: int, points: tuple[DragPoint, ...]) -> Bool[np.ndarray, "h w"]:
    """Region that a drag of a part may change: near the points' paths, and no further from the part than they lead."""
    height = document.size[0]
    reach = max(point.length for point in points) + _AROUND * height
    region = drag_region(points, height)
    mask = document.session.label_map == part
    if not mask.any():
        return region
    return region & (np.asarray(ndimage.distance_transform_edt(~mask)) <= reach)


HANDLERS = {Drag: drag}
