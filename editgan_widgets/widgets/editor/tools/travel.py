"""History: undo, redo, go to any entry, name an entry, choose the one that Compare shows."""

from collections.abc import Callable
from typing import ClassVar

from editgan_widgets.widgets.core import history_strip
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.editor.commands import EntryId, Text
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.tools.vectors import follow_history


class Undo(Command, frozen=True, kw_only=True):
    """Undo the last step: a stroke with its edit, or the opening of a picture."""


class Redo(Command, frozen=True, kw_only=True):
    """Redo the last undone step."""

    def keeps_picture(self, document: Document) -> bool:
        """True if there is nothing to redo."""
        return not document.can_redo


class Discard(Command, frozen=True, kw_only=True):
    """Undo the last edit and the painting for it."""


class Visit(Command, frozen=True, kw_only=True):
    """Go to an entry of the history."""

    entry: EntryId

    def check(self, document: Document) -> None:
        """Raise HistoryError for an entry that does not exist."""
        document.session.history.find(self.entry)


class Rename(Command, frozen=True, kw_only=True):
    """Name an entry of the history."""

    at_once: ClassVar = True

    entry: EntryId
    name: Text = ""


class CompareWith(Command, frozen=True, kw_only=True):
    """Set the entry that Compare shows; None = the picture before all edits."""

    at_once: ClassVar = True

    entry: EntryId | None

    def check(self, document: Document) -> None:
        """Raise HistoryError for an entry that does not exist."""
        if self.entry is not None:
            document.session.history.find(self.entry)


class Refresh(Command, frozen=True, kw_only=True):
    """Show a session that was changed from Python, with all sliders at 0; only from Python."""


def undo(document: Document, _command: Undo) -> Outcome:
    """Undo one group of entries."""
    if document.can_go_back:
        return _change_picture(document, document.go_back, document.text("Back at the previous picture."))
    return _go(
        document, document.session.history.before_group(), document.text("Undone."), document.text("Nothing to undo.")
    )


def redo(document: Document, _command: Redo) -> Outcome:
    """Redo one group of entries."""
    history, said = document.session.history, document.text("Redone.")
    if history.can_redo:
        return _go(document, history.after_group(), said, said)
    if document.can_go_on:
        return _change_picture(document, document.go_on, said)
    return Outcome(document.text("Nothing to redo."))


def discard(document: Document, _command: Discard) -> Outcome:
    """Undo an edit that was not accepted yet."""
    if not document.pending:
        return Outcome(document.text("There is no edit to accept or discard."))
    said = document.text("Discarded; it stays in the history as a branch.")
    return _go(document, document.session.history.before_group(), said, said)


def visit(document: Document, command: Visit) -> Outcome:
    """Go to any entry."""
    said = document.text("Now at {name}.", name=repr(title(document, command.entry)))
    return _go(document, command.entry, said, said)


def rename(document: Document, command: Rename) -> Outcome:
    """Name an entry."""
    document.session.history.rename(command.entry, command.name)
    return Outcome()


def compare_with(document: Document, command: CompareWith) -> Outcome:
    """Set the entry that Compare shows."""
    document.compared = command.entry
    return Outcome()


def refresh(document: Document, _command: Refresh) -> Outcome:
    """Show the session with all sliders at 0."""
    document.accept()
    document.panel.reset()
    document.session.history.annotate(**document.panel.note())
    return Outcome("")


def title(document: Document, entry: int) -> str:
    """Name of an entry, or a title made of its steps."""
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
