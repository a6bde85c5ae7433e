"""Going about the history, and what becomes of an edit that is done."""

from collections.abc import Callable

from editgan_widgets.widgets.editor.actions import Action
from editgan_widgets.widgets.editor.document import Workpiece
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.vector_actions import follow_history

_WORDS = {  # said where it went, and where there was no way to go
    "undo": ("Undone.", "Nothing to undo."),
    "redo": ("Redone.", "Nothing to redo."),
    "visit": ("Gone to {name}.", "Gone to {name}."),
    "discard": ("Discarded; it stays in the history as a branch.", "Nothing to discard."),
}


def travel(piece: Workpiece, screen: Screen, action: Action) -> None:
    """Go to another place of the history: back or forward by what was done in one go, or anywhere."""
    session, history = piece.session, piece.session.history
    if action.kind == "discard" and not piece.pending:
        screen.say("No edit waits to be accepted or discarded.")
        return
    if action.kind == "undo" and piece.can_go_back:
        _change_picture(piece, screen, piece.go_back, "Back at the picture before.")
        return
    if action.kind == "redo" and piece.can_go_on and not history.can_redo:
        _change_picture(piece, screen, piece.go_on, "Redone.")
        return
    before = history.entry
    if action.kind == "visit":
        assert action.entry is not None
        target = action.entry
    else:
        target = history.before_group() if action.kind in ("undo", "discard") else history.after_group()
    session.visit(target)
    screen.numbers = {}
    piece.accept()
    done, nothing = _WORDS[action.kind]
    screen.say(nothing if history.entry is before else done, name=repr(screen.title(target)))
    follow_history(piece, screen)
    screen.publish()


def _change_picture(piece: Workpiece, screen: Screen, change: Callable[[], None], word: str) -> None:
    change()
    piece.panel.take(piece.session.history.entry.note)
    screen.begin(screen.text(word))


def accept(piece: Workpiece, screen: Screen, _action: Action) -> None:
    """Take the last edit as it is."""
    screen.say("Accepted." if piece.pending else "No edit waits to be accepted or discarded.")
    piece.accept()
    screen.publish(picture=False)


def set_strength(piece: Workpiece, screen: Screen, action: Action) -> None:
    """Weaken or strengthen the last edit."""
    history = piece.session.history
    with history.grouped(history.entry.group):
        piece.session.set_strength(action.strength)
    screen.say("Strength of the edit: {strength:.0%}.", strength=action.strength)
    screen.publish()


def refresh(piece: Workpiece, screen: Screen, _action: Action) -> None:
    """Show a session that was changed in another way, its sliders at 0."""
    piece.accept()
    piece.panel.reset()
    piece.session.history.annotate(**piece.panel.note())
    screen.publish(**screen.vectors())
