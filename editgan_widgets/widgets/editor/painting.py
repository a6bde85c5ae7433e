"""Changes of the mask, shared by all painting tools."""

from collections.abc import Callable
from typing import Any

import numpy as np

from editgan_widgets.latent.optimize import EditStep
from editgan_widgets.widgets.editor.commands import PaintCommand
from editgan_widgets.widgets.editor.document import Document, Outcome, Run

PAINTED = "Painted. Press Edit and the picture follows."


def change_mask(
    document: Document,
    command: PaintCommand,
    paint: Callable[[np.ndarray], np.ndarray],
    said: str,
    nothing: str,
    notes: tuple[str, ...] = (),
    **made: Any,
) -> Outcome:
    """Set the label map that `paint` makes from the present one; an edit follows if the command requests one.

    Args:
        document: the document to change.
        command: the command.
        paint: returns the new label map `[H, W]`.
        said, nothing: status lines for a change and for no change.
        notes: notes on how a file was read.
        made: description for the history.
    """
    session, shown = document.session, document.shown
    before = session.label_map
    if shown.shows_photo and made.get("do") == "paint":  # the stroke is at the photo's places, not at the session's
        made = {"do": "label_map", "tool": "brush", "part": document.labels[made["stroke"]["label"]].id}
    with session.history.grouped() as group:
        session.set_label_map(shown.session_map(paint(shown.label_map)), **made)
    changed = not np.array_equal(before, session.label_map)
    if not changed:
        said, group = nothing, None
        if session.can_edit:
            said += " " + document.text("Press Edit to continue towards it.")
    run = edit_run(document, command.steps or session.config.steps) if command.auto and session.painted.any() else None
    return Outcome(said, notes, group, run)


def nothing_operated(document: Document) -> str:
    """Status line if an operation changed nothing."""
    return document.text(
        "The parts are unchanged: the part is not in the picture, or its shape leaves no room for this."
    )


def edit_run(document: Document, steps: int) -> Run:
    """An edit towards the painted parts."""
    return Run(
        steps,
        lambda show, stopped: document.session.edit(steps=steps, on_candidate=show, stopped=stopped),
        document.text("Editing, {steps} steps …", steps=steps),
        lambda step: _agreement(document, step),
        document.text("The edit could not get closer to the painted parts. The picture is unchanged."),
        judged=True,
    )


def _agreement(document: Document, step: EditStep) -> str:
    said = document.text("Agreement with the painted parts: {share:.0%}.", share=float(step.iou))
    start = document.session.started_from
    return said if start is None else f"{said} {document.text('Started from the vector {name}.', name=start.name)}"
