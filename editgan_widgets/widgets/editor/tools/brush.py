"""Brush: a stroke paints a part. The eraser (eraser.py) sends the same command."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.masks.strokes import SHAPES, Stroke
from editgan_widgets.widgets.core.commands import numbers_of, points_of
from editgan_widgets.widgets.editor.commands import PaintCommand, Part, Points, Px
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.painting import PAINTED, change_mask
from editgan_widgets.widgets.editor.tools.eraser import erase

BUTTONS = ("brush",)

Shape = Annotated[Literal["round", "square"], Meta(title="brush shape", description=f"is one of {', '.join(SHAPES)}")]
Tool = Annotated[Literal["brush", "eraser"], Meta(title="a stroke's tool", description="must be 'brush' or 'eraser'")]


class Brush(PaintCommand, frozen=True, kw_only=True, tag="stroke"):
    """One stroke of the brush or the eraser; coordinates in picture px."""

    buffers: ClassVar = {"points": points_of, "radii": numbers_of}

    tool: Tool
    label: Part
    radius: Px
    shape: Shape = "round"
    points: Points
    radii: list[float] | None = None  # one per point, from a pen's pressure

    @property
    def stroke(self) -> Stroke:
        """The stroke that the command describes. Raises StrokeError."""
        return Stroke(self.points, self.radius, self.label, self.shape, self.radii)

    def check(self, document: Document) -> None:
        """Raise UnknownLabelError for an unknown label, StrokeError for an invalid stroke."""
        self.rule(document.labels)
        _ = document.labels[self.label], self.stroke


def paint(document: Document, command: Brush) -> Outcome:
    """Apply the stroke to the session's mask."""
    stroke, labels, rule = command.stroke, document.labels, command.rule(document.labels)
    nothing = document.text("The parts are unchanged: the mask already shows what was painted.")
    if rule.restricts:
        nothing = document.text(
            "The parts are unchanged: the mask already shows what was painted, or may not be painted over here."
        )
    if command.tool == "eraser":
        return erase(document, command, stroke, rule, nothing)
    return change_mask(
        document,
        command,
        lambda label_map: rule.paint(stroke, label_map, labels),
        document.text(PAINTED),
        nothing,
        **_made(stroke, rule, labels),
    )


def _made(stroke: Stroke, rule: PaintRule, labels: Any) -> dict[str, Any]:
    """History record of the stroke; it contains the stroke itself if a script can repeat it alone."""
    if rule != PaintRule():
        return {"do": "label_map", "tool": "brush", "part": labels[stroke.label].id}
    told = {name: value for name, value in vars(stroke).items() if value is not None}
    return {"do": "paint", "stroke": {**told, "points": [list(point) for point in stroke.points]}}


HANDLERS = {Brush: paint}
