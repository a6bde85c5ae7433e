"""Lasso: paints the inside of an outline."""

from typing import ClassVar

from editgan_widgets.masks.fills import lasso
from editgan_widgets.widgets.core.commands import points_of
from editgan_widgets.widgets.editor.commands import PaintCommand, Part, Points
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.tools.operation import operate

BUTTONS = ("lasso",)


class Lasso(PaintCommand, frozen=True, kw_only=True):
    """Paint the inside of an outline. The polygon tool sends its corners."""

    buffers: ClassVar = {"points": points_of}

    label: Part
    points: Points


def paint_outline(document: Document, command: Lasso) -> Outcome:
    """Paint the inside of the command's outline."""
    part = document.labels[command.label].id
    return operate(document, command, lasso(command.points, part), "lasso", part)


HANDLERS = {Lasso: paint_outline}
