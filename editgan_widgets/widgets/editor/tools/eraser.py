"""Eraser: a stroke restores the original parts. Its command is the brush's (brush.py)."""

from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.masks.strokes import Stroke
from editgan_widgets.widgets.editor.commands import PaintCommand
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.painting import change_mask

BUTTONS = ("eraser",)


def erase(document: Document, command: PaintCommand, stroke: Stroke, rule: PaintRule, nothing: str) -> Outcome:
    """Restore the original parts under a stroke; `nothing` is the status line if that changes nothing."""
    return change_mask(
        document,
        command,
        lambda label_map: rule.erase(stroke, document.original, label_map, document.labels),
        document.text("Original parts restored."),
        nothing,
        do="label_map",
        tool="eraser",
    )
