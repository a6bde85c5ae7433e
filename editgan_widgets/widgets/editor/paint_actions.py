"""Doing to the mask what a stroke or an operation asks."""

from typing import Any

import numpy as np

from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.widgets.editor.actions import Action
from editgan_widgets.widgets.editor.document import Workpiece
from editgan_widgets.widgets.editor.screen import Screen


def paint(piece: Workpiece, screen: Screen, action: Action) -> int | None:
    """Change the mask; the group of the history, or None where nothing changed."""
    session = piece.session
    before = session.label_map
    with session.history.grouped() as group:
        session.set_label_map(_painted(piece, action), **_made(action))
    changed = not np.array_equal(before, session.label_map)
    if not changed:
        _say_nothing_changed(piece, screen, action)
    screen.add_notes(action.notes)
    if not changed:
        return None
    return group


def _painted(piece: Workpiece, action: Action) -> np.ndarray:
    """The mask after a stroke or an operation."""
    before, rule = piece.session.label_map, action.rule
    if action.operation is not None:
        return rule.operate(action.operation, before, piece.labels)
    assert action.stroke is not None
    if action.kind == "erase":
        return rule.erase(action.stroke, piece.original, before, piece.labels)
    return rule.paint(action.stroke, before, piece.labels)


def _say_nothing_changed(piece: Workpiece, screen: Screen, action: Action) -> None:
    if action.tool == "mask":
        screen.say("The parts are as before: they are those of the mask, or what differs may not be painted over.")
        return
    if action.kind == "operate":
        screen.say("The parts are as before: the part is not in the picture, or its shape leaves no room for this.")
        return
    screen.say("The parts are as before: what was painted is already there.")
    if action.rule.restricts:
        screen.say("The parts are as before: what was painted is already there, or may not be painted over.")
    if piece.session.can_edit:
        screen.word += " " + screen.text("Press Edit and the picture goes on towards it.")


def _made(action: Action) -> dict[str, Any]:
    """What the history says of something painted."""
    if action.kind == "paint" and action.stroke is not None and action.rule == PaintRule():
        stroke = {name: value for name, value in vars(action.stroke).items() if value is not None}
        return {"do": "paint", "stroke": {**stroke, "points": [list(point) for point in action.stroke.points]}}
    tool = {"paint": "brush", "erase": "eraser"}.get(action.kind, action.tool or "operation")
    part = action.part if action.stroke is None else action.stroke.label
    return {"do": "label_map", "tool": tool, **({"part": part} if action.kind != "erase" and part else {})}
