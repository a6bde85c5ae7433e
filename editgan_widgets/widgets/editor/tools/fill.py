"""Fill: paints the connected area at a point, or its whole part."""

from editgan_widgets.masks.fills import fill
from editgan_widgets.widgets.editor.commands import Flag, PaintCommand, Part, Px
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.tools.operation import operate

BUTTONS = ("fill",)


class Fill(PaintCommand, frozen=True, kw_only=True):
    """Paint the connected area at a point, or its whole part."""

    x: Px
    y: Px
    label: Part
    whole: Flag = False


def fill_area(document: Document, command: Fill) -> Outcome:
    """Paint the area at the command's point."""
    part = document.labels[command.label].id
    return operate(document, command, fill(command.x, command.y, part, whole=command.whole), "fill", part)


HANDLERS = {Fill: fill_area}
