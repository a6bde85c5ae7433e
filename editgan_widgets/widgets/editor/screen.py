"""Screen: what an editor shows and says of its workpiece, in the user's language."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from threading import Timer
from typing import Any
from weakref import ref

import numpy as np

from editgan_widgets.documents.journal import JournalError
from editgan_widgets.documents.session import EditSession
from editgan_widgets.latent.described_config import described
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.notes import Note
from editgan_widgets.widgets.core import encoding, history_strip
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.core.idle_worker import IdleWorker
from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.core.strings import translated
from editgan_widgets.widgets.editor import journal as editor_journal
from editgan_widgets.widgets.editor.actions import Inbox
from editgan_widgets.widgets.editor.clash_notes import ClashNotes
from editgan_widgets.widgets.editor.document import Workpiece
from editgan_widgets.widgets.editor.quality_notes import QualityNotes
from editgan_widgets.widgets.editor.view import EditorView
from editgan_widgets.widgets.editor.whole_photo import whole_photo

SETTINGS = ("lr", "outside_budget", "buffer_px", "stop_iou")  # of EditConfig, that the browser has fields for
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
    """Brings view and canvas to what the workpiece holds, from whichever thread.

    Args:
        piece: what is shown.
        view, canvas: where it is shown.
        inbox: while something waits in it, pictures of the history wait too.
        idle: what makes pictures that are not needed at once.

    Attributes:
        image: the picture, uint8 `[H, W, 3]`; during an edit its newest step.
        word: what is said once the worker has done what it was asked.
        notes: how a file was read that the parts came from.
        numbers: figures of the last edit, while they are of the present picture.
        failure: the error that `wait` raises.
        quality: what the picture is worth.
        closed: whether the editor was closed: nothing is tried any more.
    """

    def __init__(self, piece: Workpiece, view: EditorView, canvas: PartCanvas, inbox: Inbox, idle: IdleWorker) -> None:
        self.view = view
        self.image: np.ndarray = piece.session.image
        self.word = ""
        self.notes = ""
        self.numbers: dict[str, Any] = {}
        self.failure: Exception | None = None
        self.closed = False
        self.quality = QualityNotes(idle, self._show_quality)
        self._clashes = ClashNotes(piece.panel, idle, self._show_clashes)
        self._piece, self._canvas, self._inbox, self._idle = piece, canvas, inbox, idle
        self._thumbs_sent: set[int] = set()  # entries of the history whose pictures the browser has
        self._unsaid = ""  # that saving was turned off or works again

    # ---- all of it

    def publish(self, picture: bool = True, region: bool = True, **state: Any) -> None:
        """Show what the session holds, and `state` with it.

        `picture=False` leaves the picture as it is, `region=False` where the next edit may act: after a run that was
        stopped the interpreter is asked for it first.
        """
        piece, session = self._piece, self._piece.session
        with session.lock:
            label_map, painted = session.label_map, session.untried
            if region:
                state.update(self._next_edit())
            state.update(can_undo=piece.can_undo, can_redo=piece.can_redo)
            state["pending"] = session.strength if piece.pending else None
            state["history"] = self.history()
            if picture:
                self.image = session.image
                state["image"] = encoding.still(self.image)
                self.show_whole()
            state["quality"] = self.quality.shown(session.history.entry.id)
            state["notice"] = self._notice()
        self._canvas.store(self.image, label_map)
        state["mask"] = encoding.packed(label_map)
        state["painted"] = encoding.packed(painted) if painted.any() else b""
        self.view.publish(**state)
        self.send_thumbs()

    def publish_region(self) -> None:
        """Show where the next edit may act."""
        with computing(self._piece.session.model), self._piece.session.lock:
            state = self._next_edit()
        self.view.publish(**state)

    def _next_edit(self) -> dict[str, Any]:
        session = self._piece.session
        region = session.region
        return {"can_edit": session.can_edit, "region": b"" if region is None else encoding.packed(region)}

    def begin(self, word: str) -> None:
        """Show another session than before, whose first word this is."""
        piece = self._piece
        self.numbers, self.word, self.notes = {}, word, ""
        self.quality.begin(piece.photo)
        self._thumbs_sent.clear()
        self.publish(whole=b"", **self.beginning(), **self.vectors())

    def beginning(self) -> dict[str, Any]:
        """What was before all edits: picture, parts, photo."""
        piece = self._piece
        return {
            "before": encoding.still(piece.session.original_image),
            "before_name": "",
            "photo": b"" if piece.photo is None else encoding.still(piece.photo.cut),
            "original": encoding.packed(piece.original),
        }

    # ---- whether the history is saved

    def _notice(self) -> str:
        """The note that the history is not saved; empty where it is."""
        reason = editor_journal.problem(self._piece.session)
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
        piece = self._piece
        if self.closed or not editor_journal.problem(piece.session):
            return
        with piece.session.lock:
            editor_journal.save(piece.session)
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
        return translated(self.view.language, text, **values)

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

    def vectors(self) -> dict[str, Any]:
        """State of the vectors' panel; what clashes by what it does follows once there is time."""
        panel = self._piece.panel
        self._clashes.look(self._piece.session.model)
        return {"vectors": panel.shown(), "vector_pictures": panel.pictures, "vector_clashes": self._clashes.shown()}

    def settings(self) -> dict[str, Any]:
        """How edits are optimised."""
        config = getattr(self._piece.session, "config", None) or EditConfig()
        description = described(config) or {"preset": ""}
        settings = {"preset": description["preset"], **{name: getattr(config, name) for name in SETTINGS}}
        return {**settings, "terms": self._terms()}

    def _terms(self) -> str:
        """Which perceptual features edits compare, and which terms they cannot compute."""
        session = self._piece.session
        if not isinstance(session, EditSession):
            return ""
        said = self.text("Perceptual features: {name}.", name=session.perceptual_features)
        if left_out := session.left_out():
            names = ", ".join(self.text(name) for name in left_out)
            said += " " + self.text("Not computed: {names}.", names=names)
        return said

    def tools(self) -> dict[str, Any]:
        """How the tools stand, as the journal keeps it."""
        return {name: getattr(self.view, name) for name in editor_journal.TOOLS}

    def history(self) -> list[dict[str, Any]]:
        """The history's strip."""
        return history_strip.strip(self._piece.session.history, self._piece.labels, self.text)

    def title(self, entry: int) -> str:
        """The name of an entry of the history, or what was done in it."""
        history = self._piece.session.history
        found = history.find(entry)
        return found.name or history_strip.title(history, found, self._piece.labels, self.text)

    def send_thumbs(self) -> None:
        """Give the browser the pictures of the history that it lacks, the newest first; not while something waits."""
        if self._inbox.waits:
            return
        session = self._piece.session
        pictures: dict[int, bytes] = {}
        with session.lock:
            wanted = [node["id"] for node in self.view.history if node["id"] not in self._thumbs_sent][-_THUMBS:]
            for id in wanted:
                with suppress(JournalError):  # a restored state that is damaged has no picture
                    pictures[id] = encoding.thumbnail(session.picture_at(id)[0])
        self._thumbs_sent.update(wanted)
        if pictures:
            self.view.send({"kind": "thumbs", "entries": list(pictures)}, buffers=list(pictures.values()))

    def forget_thumbs(self) -> None:
        """The browser has no pictures of the history: send all again."""
        self._thumbs_sent.clear()

    def send_outline(self, tool: str, label: int, mask: np.ndarray | None) -> None:
        """Show where a part would be after a part tool; None where it does not fit."""
        bits = b"" if mask is None else encoding.packed(mask)
        self.view.send({"kind": "outline", "name": tool, "label": label}, buffers=[bits])

    def download(self, view: str, name: str, content: bytes, kind: str = "image/png") -> None:
        """Let the browser of one view save a file."""
        self.view.send({"kind": "download", "view": view, "name": name, "type": kind}, buffers=[content])

    def show_whole(self) -> None:
        """Bring the whole photo up to date once there is time."""

        def paste() -> None:
            if self._piece.photo is not None and self.view.show_whole:
                self.view.publish(whole=whole_photo(self._piece.photo))

        if self._piece.photo is not None and self.view.show_whole:
            self._idle.ask("whole", paste)

    def _show_clashes(self) -> None:
        self.view.publish(vector_clashes=self._clashes.shown())

    def _show_quality(self) -> None:
        self.view.publish(quality=self.quality.shown(self._piece.session.history.entry.id))
