"""Screen: what an editor shows and says of its document, in the user's language."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Timer
from typing import Any
from weakref import ref

import numpy as np

from editgan_widgets.documents.journal import JournalError
from editgan_widgets.notes import Note
from editgan_widgets.widgets.core import encoding
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.core.idle_worker import IdleWorker
from editgan_widgets.widgets.core.inbox import Inbox
from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.editor import journal as editor_journal
from editgan_widgets.widgets.editor.clash_notes import ClashNotes
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.quality_notes import QualityNotes
from editgan_widgets.widgets.editor.snapshot import Encoded, Snapshot, snapshot, strip
from editgan_widgets.widgets.editor.view import EditorView
from editgan_widgets.widgets.editor.whole_photo import whole_photo

_AT_ONCE = ("before", "before_name", "settings")
_SAVE_EVERY = 3.0  # s between tries to save a history that could not be written
_NOT_SAVED = "History is no longer saved: {reason}. Work goes on in memory, and all is saved once writing works again."
_THUMBS = 64  # pictures of the history in one message
_LONGEST_ERROR = 600  # characters
_log = logging.getLogger(__name__)


def _save_again(screen: "ref[Screen]") -> None:
    """What the timer does; the screen may have gone."""
    there = screen()
    if there is not None:
        there.save_again()


class Screen:
    """Brings view and canvas to what the document holds, from whichever thread.

    Args:
        document: what is shown.
        view, canvas: where it is shown.
        inbox: while something waits in it, pictures of the history wait too.
        idle: what makes pictures that are not needed at once.

    Attributes:
        image: the picture, uint8 `[H, W, 3]`; during an edit its newest step.
        word: what is said once the worker has done what it was asked.
        notes: how a file was read that the parts came from.
        numbers, numbers_of: figures of the last edit, and the entry of the history whose latent they are of.
        failure: the error that `wait` raises.
        quality: what the picture is worth.
        closed: whether the editor was closed: nothing is tried any more.
    """

    def __init__(
        self, document: Document, view: EditorView, canvas: PartCanvas, inbox: Inbox, idle: IdleWorker
    ) -> None:
        self.view = view
        self.image: np.ndarray = document.session.image
        self.word = ""
        self.notes = ""
        self.numbers: dict[str, Any] = {}
        self.numbers_of = -1
        self.failure: Exception | None = None
        self.closed = False
        self.quality = QualityNotes(idle, self._show_quality)
        self._clashes = ClashNotes(document.panel, idle, self._show_clashes)
        self._document, self._canvas, self._inbox, self._idle = document, canvas, inbox, idle
        self._thumbs_sent: set[int] = set()  # entries of the history whose pictures the browser has
        self._encoded = Encoded()
        self._shown: Snapshot | None = None
        self._unsaid = ""  # that saving was turned off or works again

    # ---- all of it

    def publish(self, region: bool = True, **state: Any) -> None:
        """Show what differs in the document from what was shown last, and `state` with it.

        `region=False` leaves where the next edit may act: after a run that was stopped the interpreter is asked for it
        first.
        """
        document, session = self._document, self._document.session
        with session.lock:
            shown = snapshot(document, self._encoded, region)
            different = shown.differs(self._shown)
            if self.image is not session.image:
                self.image = session.image
                self.show_whole()
            if self.numbers_of != session.latent_entry:
                self.numbers = {}
            entry = session.history.entry.id
            state = {"progress": self.numbers, "quality": self.quality.shown(entry), "notice": self._notice(), **state}
            self._canvas.store(self.image, session.label_map.copy())
            self._publish_strip()
            if "vectors" in different:
                state["vector_clashes"] = self._judged_clashes()
        self._shown = (
            shown
            if region or self._shown is None
            else replace(shown, region=self._shown.region, can_edit=self._shown.can_edit)
        )
        self.view.publish(**different, **state)
        self.send_thumbs()

    def publish_at_once(self) -> None:
        """Show what a command changed that nothing waits for; what an edit that runs has made is left."""
        with self._document.session.lock:
            shown, last = snapshot(self._document, self._encoded, region=False), self._shown
            different = {name: value for name, value in shown.differs(last).items() if name in _AT_ONCE}
            if last is not None:
                self._shown = replace(last, **different)
            self._publish_strip()
            self.view.publish(**different)

    def _publish_strip(self) -> None:
        """Send what differs in the history's strip from what was sent last; a page that missed some asks for all."""
        nodes, view = strip(self._document), self.view
        last = {node["id"]: node for node in view.history}
        changed = [node for node in nodes if last.pop(node["id"], None) != node]
        gone = sorted(last)  # what is left of it
        if not changed and not gone:
            return
        view.history, view.history_revision = nodes, view.history_revision + 1
        view.send({"kind": "history", "revision": view.history_revision, "nodes": changed, "gone": gone})

    def resend_strip(self) -> None:
        """Send the whole strip to a page that asks for it."""
        self.view.send_state(["history", "history_revision"])

    def publish_vectors(self) -> None:
        """Show the vectors' panel after Python gave it a vector."""
        panel = self._document.panel
        self.view.publish(vectors=panel.shown(), vector_pictures=panel.pictures, vector_clashes=self._judged_clashes())

    def publish_region(self) -> None:
        """Show where the next edit may act."""
        with computing(self._document.session.model), self._document.session.lock:
            shown = snapshot(self._document, self._encoded)
            different = shown.differs(self._shown)
            self._shown = shown
        self.view.publish(**different)

    def take(self, outcome: Outcome, view: str) -> None:
        """Say what came of a command, and send its files to the view that asked."""
        self.notes = ""
        if outcome.begins:
            self.begin()
        if outcome.said is not None:
            self.word = outcome.said
        self.add_notes(outcome.notes)
        for file in outcome.files:
            content = {"kind": "download", "view": view, "name": file.name, "type": file.kind}
            self.view.send(content, buffers=[file.content])

    def begin(self) -> None:
        """Forget what was of another session than the present one."""
        self.numbers, self.word, self.notes = {}, "", ""
        self.quality.begin(self._document.photo)
        self._thumbs_sent.clear()
        self.view.publish(whole=b"")

    # ---- whether the history is saved

    def _notice(self) -> str:
        """The note that the history is not saved; empty where it is."""
        reason = editor_journal.problem(self._document.session)
        note = self.text(_NOT_SAVED, reason=reason) if reason else ""
        if bool(note) != bool(self.view.notice):
            self._unsaid = note or self.text("History is saved again.")
            self._save_later()
        return note

    def _save_later(self) -> None:
        """Try to save from time to time, beside the actions that try too."""
        delay = Timer(_SAVE_EVERY, _save_again, (ref(self),))
        delay.daemon = True
        delay.start()

    def save_again(self) -> None:
        """Write what could not be written, and say whether that worked."""
        session = self._document.session
        if self.closed or not editor_journal.problem(session):
            return
        with session.lock:
            editor_journal.save(session)
            notice = self._notice()
        if notice:
            self._save_later()
        elif not self.view.running:
            self.view.publish(notice="", status=self.last_word(""))
        else:
            self.view.publish(notice="")

    # ---- words

    def last_word(self, word: str | None = None) -> str:
        """What is said once the worker has done what it was asked, with what is to be said of the history's journal."""
        word, unsaid, self._unsaid = self.word if word is None else word, self._unsaid, ""
        return f"{word} {unsaid}".strip()

    def text(self, text: str, **values: Any) -> str:
        """A text in the user's language."""
        return self._document.text(text, **values)

    def say(self, text: str, **values: Any) -> None:
        """Choose the word for the end."""
        self.word = self.text(text, **values)

    def add_notes(self, notes: Sequence[str]) -> None:
        """Say how a file was read, now and at the end of the run that follows."""
        self.notes = "; ".join(
            self.text(note.template, **note.values) if isinstance(note, Note) else self.text(note) for note in notes
        )
        self.repeat_notes()

    def repeat_notes(self) -> None:
        """Say it again, behind the word for the end."""
        if self.notes:
            self.word = f"{self.word} {self.text('Note: {notes}.', notes=self.notes)}".strip()

    def fail(self, error: Exception, stroke_id: str | None = None) -> None:
        """Show an error; the browser takes back the stroke of that id."""
        self.failure = error
        if stroke_id:
            self.view.send({"kind": "reject", "id": stroke_id})
        text, kind = str(error), type(error).__name__
        if not isinstance(error, (ValueError, TypeError)):  # not one that was written for the user: keep where it was
            _log.error("the editor's %s", kind, exc_info=error)
            text = f"{kind}: {text}" if text else kind
        if len(text) > _LONGEST_ERROR:  # what came may be in it
            text = f"{text[: _LONGEST_ERROR // 2]} … {text[-_LONGEST_ERROR // 2 :]}"
        self.view.publish(error=text or kind)

    def dismiss(self) -> None:
        """Close the error box."""
        self.failure = None
        self.view.publish(error="")

    def take_failure(self) -> Exception | None:
        """The last error, once; its box stays."""
        failure, self.failure = self.failure, None
        return failure

    # ---- parts of it

    def _judged_clashes(self) -> list[dict[str, Any]]:
        """Vectors that clash; what clashes by what it does follows once there is time."""
        self._clashes.look(self._document.session.model)
        return self._clashes.shown()

    def tools(self) -> dict[str, Any]:
        """How the tools stand, as the journal keeps it."""
        return {name: getattr(self.view, name) for name in editor_journal.TOOLS}

    def send_thumbs(self) -> None:
        """Give the browser the pictures of the history that it lacks, the newest first; not while something waits."""
        if self._inbox.waits:
            return
        session = self._document.session
        pictures: dict[int, bytes] = {}
        with session.lock:
            wanted = [node["id"] for node in self.view.history if node["id"] not in self._thumbs_sent][-_THUMBS:]
            for id in wanted:
                with suppress(JournalError):  # a restored state that is damaged has no picture
                    pictures[id] = encoding.thumbnail(session.picture_at(id)[0])
        self._thumbs_sent.update(wanted)
        if pictures:
            self.view.send({"kind": "thumbs", "entries": list(pictures)}, buffers=list(pictures.values()))

    def resend(self, seen: Any = None) -> None:
        """Send all that is shown again, to a page that may have missed some of it."""
        self.view.resend_state(seen)

    def forget_thumbs(self) -> None:
        """The browser has no pictures of the history: send all again."""
        self._thumbs_sent.clear()

    def send_outline(self, tool: str, label: int, mask: np.ndarray | None) -> None:
        """Show where a part would be after a part tool; None where it does not fit."""
        bits = b"" if mask is None else encoding.packed(mask)
        self.view.send({"kind": "outline", "name": tool, "label": label}, buffers=[bits])

    def show_whole(self) -> None:
        """Bring the whole photo up to date once there is time."""

        def paste() -> None:
            if self._document.photo is not None and self.view.show_whole:
                self.view.publish(whole=whole_photo(self._document.photo))

        if self._document.photo is not None and self.view.show_whole:
            self._idle.ask("whole", paste)

    def _show_clashes(self) -> None:
        self.view.publish(vector_clashes=self._clashes.shown())

    def _show_quality(self) -> None:
        self.view.publish(quality=self.quality.shown(self._document.session.history.entry.id))
