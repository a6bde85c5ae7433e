"""Going about the history: undo, redo, to any entry; what its entries are called, and which one Compare shows."""

from collections.abc import Callable
from typing import ClassVar

from editgan_widgets.widgets.core import history_strip
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.editor.commands import EntryId, Text
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.tools.vectors import follow_history


class Undo(Command, frozen=True, kw_only=True):
    """Take the last thing back: a stroke with its edit, or the opening of a picture."""


class Redo(Command, frozen=True, kw_only=True):
    """Do again what was taken back."""


class Discard(Command, frozen=True, kw_only=True):
    """Go back to before the last edit and what was painted for it."""


class Visit(Command, frozen=True, kw_only=True):
    """Go to an entry of the history."""

    entry: EntryId

    def check(self, document: Document) -> None:
        """Raises HistoryError for an entry that there is not."""
        document.session.history.find(self.entry)


class Rename(Command, frozen=True, kw_only=True):
    """Name an entry of the history."""

    at_once: ClassVar = True

    entry: EntryId
    name: Text = ""


class CompareWith(Command, frozen=True, kw_only=True):
    """Let Compare show an entry of the history; None the picture before all edits."""

    at_once: ClassVar = True

    entry: EntryId | None

    def check(self, document: Document) -> None:
        """Raises HistoryError for an entry that there is not."""
        if self.entry is not None:
            document.session.history.find(self.entry)


class Refresh(Command, frozen=True, kw_only=True):
    """Show a session that Python changed in another way, its sliders at 0; no browser can send it."""


def undo(document: Document, _command: Undo) -> Outcome:
    """Back to before what was done in one go."""
    if document.can_go_back:
        return _change_picture(document, document.go_back, document.text("Back at the picture before."))
    return _go(
        document, document.session.history.before_group(), document.text("Undone."), document.text("Nothing to undo.")
    )


def redo(document: Document, _command: Redo) -> Outcome:
    """Forward again."""
    history = document.session.history
    if document.can_go_on and not history.can_redo:
        return _change_picture(document, document.go_on, document.text("Redone."))
    return _go(document, history.after_group(), document.text("Redone."), document.text("Nothing to redo."))


def discard(document: Document, _command: Discard) -> Outcome:
    """Back to before an edit that waits to be taken."""
    if not document.pending:
        return Outcome(document.text("No edit waits to be accepted or discarded."))
    said = document.text("Discarded; it stays in the history as a branch.")
    return _go(document, document.session.history.before_group(), said, said)


def visit(document: Document, command: Visit) -> Outcome:
    """To any entry."""
    said = document.text("Gone to {name}.", name=repr(title(document, command.entry)))
    return _go(document, command.entry, said, said)


def rename(document: Document, command: Rename) -> Outcome:
    """Give a name."""
    document.session.history.rename(command.entry, command.name)
    return Outcome()


def compare_with(document: Document, command: CompareWith) -> Outcome:
    """Choose the picture that Compare shows."""
    document.compared = command.entry
    return Outcome()


def refresh(document: Document, _command: Refresh) -> Outcome:
    """Begin with sliders at 0."""
    document.accept()
    document.panel.reset()
    document.session.history.annotate(**document.panel.note())
    return Outcome("")


def title(document: Document, entry: int) -> str:
    """The name of an entry of the history, or what was done in it."""
    history = document.session.history
    found = history.find(entry)
    return found.name or history_strip.title(history, found, document.labels, document.text)


def _go(document: Document, target: int, said: str, nothing: str) -> Outcome:
    before = document.session.history.entry
    document.session.visit(target)
    document.accept()
    follow_history(document)
    return Outcome(nothing if document.session.history.entry is before else said)


def _change_picture(document: Document, change: Callable[[], None], said: str) -> Outcome:
    change()
    document.panel.take(document.session.history.entry.note)
    return Outcome(said, begins=True)


PYTHON_ALONE = (Refresh,)
HANDLERS = {
    Undo: undo,
    Redo: redo,
    Discard: discard,
    Visit: visit,
    Rename: rename,
    CompareWith: compare_with,
    Refresh: refresh,
}
