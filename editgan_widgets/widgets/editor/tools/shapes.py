"""Fill, lasso and push: tools that paint or move an area."""

from typing import ClassVar

from editgan_widgets.masks.fills import fill, lasso
from editgan_widgets.masks.warp import push
from editgan_widgets.widgets.core.commands import points_of
from editgan_widgets.widgets.editor.commands import Flag, PaintCommand, Part, Points, Px
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.tools.operation import operate

BUTTONS = ("push", "fill", "lasso", "polygon")


class Fill(PaintCommand, frozen=True, kw_only=True):
    """Paint the connected area at a point, or its whole part."""

    x: Px
    y: Px
    label: Part
    whole: Flag = False


class Lasso(PaintCommand, frozen=True, kw_only=True):
    """Paint the inside of an outline. The polygon tool sends its corners."""

    buffers: ClassVar = {"points": points_of}

    label: Part
    points: Points


class Push(PaintCommand, frozen=True, kw_only=True):
    """Push the parts along the points."""

    buffers: ClassVar = {"points": points_of}

    radius: Px
    points: Points


def fill_area(document: Document, command: Fill) -> Outcome:
    """Paint the area at the command's point."""
    part = document.labels[command.label].id
    return operate(document, command, fill(command.x, command.y, part, whole=command.whole), "fill", part)


def paint_outline(document: Document, command: Lasso) -> Outcome:
    """Paint the inside of the command's outline."""
    part = document.labels[command.label].id
    return operate(document, command, lasso(command.points, part), "lasso", part)


def push_parts(document: Document, command: Push) -> Outcome:
    """Push the parts along the command's points."""
    return operate(document, command, push(command.points, command.radius), "push")


HANDLERS = {Fill: fill_area, Lasso: paint_outline, Push: push_parts}
