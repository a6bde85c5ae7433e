"""What the vectors' panel does to the session: moving, removing and keeping vectors, refining, showing one's sweep."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from editgan_widgets.documents.animation import Animation, animate_vector
from editgan_widgets.documents.session import SessionError
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.directions.vector_settings import VectorSetting
from editgan_widgets.latent.directions.vector_stack import summed
from editgan_widgets.scalars import Real
from editgan_widgets.widgets.core.computing import few_threads
from editgan_widgets.widgets.editor import journal as editor_journal
from editgan_widgets.widgets.editor.actions import Action
from editgan_widgets.widgets.editor.document import Workpiece
from editgan_widgets.widgets.editor.screen import Screen


def move_vectors(piece: Workpiece, screen: Screen, action: Action) -> None:
    """Let vectors stand as sliders, switches or rows say."""
    _set(piece, screen, piece.panel.changed(action.changes), action.tool)


def remove_vector(piece: Workpiece, screen: Screen, action: Action) -> None:
    """Take a vector out of the picture and its slider away."""
    name, panel = action.name, piece.panel
    panel.check_there(name)  # it may have been removed before this one's turn
    _set(piece, screen, {name: VectorSetting()}, "remove")
    panel.remove(name)
    editor_journal.drop_vector(piece.session, name)
    piece.session.history.annotate(**panel.note())
    screen.say("Removed {name}.", name=repr(name))
    screen.publish(picture=False, **screen.vectors())


def keep_vector(piece: Workpiece, screen: Screen, action: Action) -> None:
    """All edits so far become a vector, which is in the picture at 1."""
    name, panel = action.name, piece.panel
    panel.check_free(name)  # another of that name may have come before this one's turn
    vector = piece.session.edit_vector(name, preview=True)
    panel.add(vector)
    panel.reset()
    panel.put({name: VectorSetting(1.0)})
    piece.session.history.annotate(**panel.note())
    editor_journal.keep_vector(piece.session, vector)
    screen.say("Kept as {name}. Its slider stands at 1; editor.vectors[{name}].save(FILE) writes it.", name=repr(name))
    screen.publish(picture=False, **screen.vectors())


def follow_history(piece: Workpiece, screen: Screen) -> None:
    """Let sliders stand as they did where the history stands; those of removed vectors come and go with it."""
    panel, before = piece.panel, piece.panel.vectors
    if not panel.take(piece.session.history.entry.note):
        return
    for name in before.keys() - panel.vectors.keys():
        editor_journal.drop_vector(piece.session, name)
    for name in panel.vectors.keys() - before.keys():
        editor_journal.keep_vector(piece.session, panel.vectors[name])
    screen.view.publish(**screen.vectors())


def refining(piece: Workpiece, steps: int) -> Iterator[Any]:
    """Refine what the vectors changed: back to the latent without them, and again with them as one."""
    session, active = piece.session, piece.panel.active
    if not active:
        raise SessionError("nothing to refine: no vector is in the picture; move a slider first")
    vector, began = summed(active, "sliders"), session.history.entry.id
    try:
        session.go_to(session.w_plus - vector.delta_w_plus.to(session.w_plus), vector.labels)
        return session.refine(vector, steps)
    except BaseException:
        session.visit(began)
        raise


def sweep(piece: Workpiece, name: str, scales: Iterable[Real] | None = None) -> Animation:
    """A vector's scale going up, down and back on the present picture."""
    session, setting, vector = piece.session, piece.panel.setting(name), piece.panel.vectors[name]
    with few_threads(), session.lock:
        without = vector.apply(session.w_plus, -setting.effect, session.model, layers=setting.layers)
        return animate_vector(session.model, without, vector, scales, setting.layers)


def draw_missing(piece: Workpiece, screen: Screen, stop: Callable[[], bool]) -> None:
    """Draw the vectors' pictures that are lacking, until told to stop."""
    session = piece.session

    def draw(vector: EditVector) -> np.ndarray:
        with few_threads():
            return session.picture_of(vector.apply(session.origin, 1.0, session.model))

    if piece.panel.draw_missing(draw, stop):
        screen.view.publish(vector_pictures=piece.panel.pictures)


def _set(piece: Workpiece, screen: Screen, settings: Mapping[str, VectorSetting], how: str) -> None:
    """Let vectors stand otherwise; `how` is not by their sliders, which one undo takes back together."""
    screen.numbers = {}
    session, panel, history = piece.session, piece.panel, piece.session.history
    parts = panel.parts(settings)
    if parts:
        given_up = session.region is not None
        moved = None if how else sorted({vector.name for vector, _, _ in parts})
        last = history.entry
        on = last.made["do"] == "vector" and moved and last.note.get("moved") == moved and not history.can_redo
        with history.grouped(last.group if on else None):  # the same slider moved on
            session.apply_vector(summed(parts, "sliders"))
        panel.put(settings)
        history.annotate(**panel.note(), moved=moved)
        _say_what_stands(piece, screen, given_up)
    else:
        panel.put(settings)
        history.annotate(**panel.note())
    screen.publish(**screen.vectors())


def _say_what_stands(piece: Workpiece, screen: Screen, given_up: bool) -> None:
    shown = ", ".join(f"{screen.text(name)} {scale:+g}" for name, scale in piece.panel.scales.items())
    screen.say("No vector is in the picture.")
    if shown:
        screen.say("Vectors in the picture: {shown}.", shown=shown)
    if given_up:
        screen.word += " " + screen.text("What was painted and not edited is given up; Undo brings it back.")
