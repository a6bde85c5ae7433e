"""Push: moves the parts along a stroke."""

from typing import ClassVar

from editgan_widgets.masks.warp import push
from editgan_widgets.widgets.core.commands import points_of
from editgan_widgets.widgets.editor.commands import PaintCommand, Points, Px
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.tools.operation import operate

BUTTONS = ("push",)


class Push(PaintCommand, frozen=True, kw_only=True):
    """Push the parts along the points."""

    buffers: ClassVar = {"points": points_of}

    radius: Px
    points: Points


def push_parts(document: Document, command: Push) -> Outcome:
    """Push the parts along the command's points."""
    return operate(document, command, push(command.points, command.radius), "push")


HANDLERS = {Push: push_parts}
