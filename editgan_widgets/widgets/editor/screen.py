"""Screen: publishes a document's state, status line and errors to the browser."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Timer
from typing import Any
from weakref import ref

import numpy as np

from editgan_widgets.documents.journal import JournalError
from editgan_widgets.documents.session_view import model_sized
from editgan_widgets.notes import Note
from editgan_widgets.widgets.core import encoding
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.core.idle_worker import IdleWorker
from editgan_widgets.widgets.core.inbox import Inbox
from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.core.reports import Reports
from editgan_widgets.widgets.core.snapshot import Encoded
from editgan_widgets.widgets.editor import journal as editor_journal
from editgan_widgets.widgets.editor.clash_notes import ClashNotes
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.quality_notes import QualityNotes
from editgan_widgets.widgets.editor.snapshot import Snapshot, snapshot, strip
from editgan_widgets.widgets.editor.view import EditorView
from editgan_widgets.widgets.editor.whole_photo import frame_of, whole_photo

_AT_ONCE = ("before", "before_name", "settings", "vectors")
_SAVE_EVERY = 3.0  # s between tries to save a history that could not be written
_NOT_SAVED = "History is no longer saved: {reason}. You can go on working; all of it is saved once writing works again."
_THUMBS = 64  # pictures of the history in one message


def _save_again(screen: "ref[Screen]") -> None:
    """Called by the timer; the screen may have been deleted."""
    there = screen()
    if there is not None:
        there.save_again()


class Screen(Reports):
    """Updates view and canvas from a document. Methods may be called from any thread.

    Args:
        document: the document to show.
        view, canvas: widgets that show it.
        inbox: thumbnails of the history are sent only while it is empty.
        idle: worker for pictures that are not urgent.

    Attributes:
        image: the shown picture, uint8 `[H, W, 3]`; during an edit that of the newest step.
        notes: notes on how the opened mask file was read.
        numbers, numbers_of: figures of the last edit, and the history entry of its latent.
        quality: notes on the quality of the embedding and of the last edit.
        closed: True once the editor is closed; failed writes are then not retried.
    """

    def __init__(
        self, document: Document, view: EditorView, canvas: PartCanvas, inbox: Inbox, idle: IdleWorker
    ) -> None:
        super().__init__(view, document.text)
        self.view: EditorView = view
        self.image: np.ndarray = document.session.image
        self.notes = ""
        self.numbers: dict[str, Any] = {}
        self.numbers_of = -1
        self.closed = False
        self.quality = QualityNotes(idle, self._show_quality)
        self._clashes = ClashNotes(document.panel, idle, self._show_clashes)
        self._document, self._canvas, self._inbox, self._idle = document, canvas, inbox, idle
        self._thumbs_sent: set[int] = set()  # entries of the history whose pictures the browser has
        self._encoded = Encoded()
        self._shown: Snapshot | None = None
        self._unsaid = ""  # note that saving was turned off or works again, not shown yet

    # ---- all of it

    def publish(self, region: bool = True, **state: Any) -> None:
        """Publish what changed in the document since the last call, together with `state`.

        `region=False` leaves the region of the next edit as it is; computing it may take a pass of the interpreter.
        """
        document, session = self._document, self._document.session
        with session.lock:
            shown = snapshot(document, self._encoded, region)
            different = shown.differs(self._shown)
            picture = document.shown.image
            if self.image is not picture:
                self.image = picture
                self.show_whole()
            if self.numbers_of != session.latent_entry:
                self.numbers = {}
            entry = session.history.entry.id
            state = {"progress": self.numbers, "quality": self.quality.shown(entry), "notice": self._notice(), **state}
            label_map = document.shown.label_map
            self._canvas.store(model_sized(picture, len(label_map)), label_map.copy())
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
        """Publish the changes of a command that is executed immediately, without those of a running edit."""
        with self._document.session.lock:
            shown, last = snapshot(self._document, self._encoded, region=False), self._shown
            different = {name: value for name, value in shown.differs(last).items() if name in _AT_ONCE}
            if last is not None:
                self._shown = replace(last, **different)
            self._publish_strip()
            self.view.publish(**different)

    def _publish_strip(self) -> None:
        """Send the changed nodes of the history strip. A page that missed a revision requests the whole strip."""
        nodes, view = strip(self._document), self.view
        last = {node["id"]: node for node in view.history}
        changed = [node for node in nodes if last.pop(node["id"], None) != node]
        gone = sorted(last)  # nodes that no longer exist
        if not changed and not gone:
            return
        view.history, view.history_revision = nodes, view.history_revision + 1
        view.send({"kind": "history", "revision": view.history_revision, "nodes": changed, "gone": gone})

    def resend_strip(self) -> None:
        """Send the whole history strip."""
        self.view.send_state(["history", "history_revision"])

    def publish_vectors(self) -> None:
        """Publish the vector panel after a vector was added from Python."""
        panel = self._document.panel
        self.view.publish(vectors=panel.shown(), vector_pictures=panel.pictures, vector_clashes=self._judged_clashes())

    def publish_region(self) -> None:
        """Publish the region of the next edit."""
        with computing(self._document.session.model), self._document.session.lock:
            shown = snapshot(self._document, self._encoded)
            different = shown.differs(self._shown)
            self._shown = shown
        self.view.publish(**different)

    def take(self, outcome: Outcome, view: str) -> None:
        """Show the result of a command, and send its files to the view that requested them."""
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
        """Reset what belonged to the former session."""
        self.numbers, self.word, self.notes = {}, "", ""
        self.quality.begin(self._document.photo)
        self._thumbs_sent.clear()
        self.view.publish(whole=b"", frame={})

    # ---- whether the history is saved

    def _notice(self) -> str:
        """Return the notice that the history is not saved; empty if it is."""
        reason = editor_journal.problem(self._document.session)
        note = self.text(_NOT_SAVED, reason=reason) if reason else ""
        if bool(note) != bool(self.view.notice):
            self._unsaid = note or self.text("History is saved again.")
            self._save_later()
        return note

    def _save_later(self) -> None:
        """Retry saving after a delay; actions retry it as well."""
        delay = Timer(_SAVE_EVERY, _save_again, (ref(self),))
        delay.daemon = True
        delay.start()

    def save_again(self) -> None:
        """Retry what could not be written, and update the notice."""
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
        """Return the final status line, with a change of the journal's state if there was one."""
        word, unsaid, self._unsaid = self.word if word is None else word, self._unsaid, ""
        return f"{word} {unsaid}".strip()

    def add_notes(self, notes: Sequence[str]) -> None:
        """Append notes on how a file was read to the status line, also after the run that follows."""
        self.notes = "; ".join(
            self.text(note.template, **note.values) if isinstance(note, Note) else self.text(note) for note in notes
        )
        self.repeat_notes()

    def repeat_notes(self) -> None:
        """Append the notes to the final status line."""
        if self.notes:
            self.word = f"{self.word} {self.text('Note: {notes}.', notes=self.notes)}".strip()

    # ---- parts of it

    def _judged_clashes(self) -> list[dict[str, Any]]:
        """Return clashing vectors; clashes of measured effects follow once they are computed."""
        self._clashes.look(self._document.session.model)
        return self._clashes.shown()

    def tools(self) -> dict[str, Any]:
        """Return the settings of the tools, as written to the journal."""
        return {name: getattr(self.view, name) for name in editor_journal.TOOLS}

    def send_thumbs(self) -> None:
        """Send missing thumbnails of the history, the newest first; nothing while commands are waiting."""
        if self._inbox.waits:
            return
        session = self._document.session
        pictures: dict[int, bytes] = {}
        with session.lock:
            wanted = [node["id"] for node in self.view.history if node["id"] not in self._thumbs_sent][-_THUMBS:]
            for id in wanted:
                with suppress(JournalError):  # a restored state that is damaged has no picture
                    pictures[id] = encoding.thumbnail(self._document.shown.picture_at(id))
        self._thumbs_sent.update(wanted)
        if pictures:
            self.view.send({"kind": "thumbs", "entries": list(pictures)}, buffers=list(pictures.values()))

    def forget_thumbs(self) -> None:
        """Mark all thumbnails as not sent."""
        self._thumbs_sent.clear()

    def send_outline(self, tool: str, label: int, mask: np.ndarray | None) -> None:
        """Send the outline of a part tool's result; None if the tool does not apply."""
        bits = b"" if mask is None else encoding.packed(mask)
        self.view.send({"kind": "outline", "name": tool, "label": label}, buffers=[bits])

    def show_whole(self) -> None:
        """Update the whole photo when the idle worker has time."""

        def paste() -> None:
            if self._document.photo is not None and self.view.show_whole:
                photo = self._document.photo
                self.view.publish(whole=whole_photo(photo), frame=frame_of(photo))

        if self._document.photo is not None and self.view.show_whole:
            self._idle.ask("whole", paste)

    def _show_clashes(self) -> None:
        self.view.publish(vector_clashes=self._clashes.shown())

    def _show_quality(self) -> None:
        self.view.publish(quality=self.quality.shown(self._document.session.history.entry.id))
