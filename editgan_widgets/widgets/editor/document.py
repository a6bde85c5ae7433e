"""Document: the session being edited, its photo, vectors and journal, and the pictures that were open before.

Commands change it (tools/__init__.py, `apply`); snapshot.py derives from it what the browser shows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from editgan_widgets.documents.animation import FrameRecorder
from editgan_widgets.documents.entry_kinds import kind_of
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.session import EditSession
from editgan_widgets.documents.session_view import SessionView
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.optimize import EditStep
from editgan_widgets.latent.priming import OnCandidate, Stopped
from editgan_widgets.widgets.core.strings import translated
from editgan_widgets.widgets.editor import journal as editor_journal
from editgan_widgets.widgets.editor.commands import Download
from editgan_widgets.widgets.editor.vector_panel import VectorPanel

_MOST_FORMER = 8  # pictures that undo goes back to; their journals stay on disk longer


@dataclass(frozen=True, eq=False)
class _Former:
    """A picture that was open before or, after an undo, later; in the state in which it was left."""

    session: EditSession
    photo: PhotoSession | None
    recorder: FrameRecorder
    removed: Mapping[str, EditVector]
    entries: int  # number of entries of its history


@dataclass(frozen=True, eq=False)
class Run:
    """An optimisation requested by a command.

    Attributes:
        steps: number of steps.
        start: starts the optimisation; called with the session's lock held, a function that shows a picture before
            the first step, and one that returns True if the run is to end before its first step.
        begins: status line while it runs.
        kept: returns the end of the status line for the step that was kept.
        fruitless: end of the status line if no step was kept.
        judged: True if the quality badge shows the agreement with the mask (quality_notes.py).
    """

    steps: int
    start: Callable[[OnCandidate, Stopped], Iterator[EditStep]]
    begins: str
    kept: Callable[[EditStep], str]
    fruitless: str
    judged: bool = False


@dataclass(frozen=True, eq=False)
class Outcome:
    """Result of a command, apart from the change of the document.

    Attributes:
        said: new status line; None keeps the present one.
        notes: notes on how a file was read.
        group: history group of the run that follows; None means a new group.
        run: the optimisation that follows; None if there is none.
        files: files for the browser to save.
        begins: True if the document shows another picture than before.
    """

    said: str | None = None
    notes: Sequence[str] = ()
    group: int | None = None
    run: Run | None = None
    files: tuple[Download, ...] = ()
    begins: bool = False


class Document:
    """A session with its photo, its edit vectors and its journal.

    Only the worker's thread changes a document; other threads read it.

    Args:
        session: the session to edit.
        panel: edit vectors and the positions of their sliders.
        journal: True writes a journal in a new folder of the user's state directory, False writes none; a path is the
            folder of the first session's journal.
        language: language of status lines and notes, "en" or "zh".

    Attributes:
        session, panel: as given; `begin`, `go_back` and `go_on` replace the session.
        photo: the opened photo; None for a generated portrait.
        shown: pictures, parts and places of the session or its photo, as they are shown.
        original: label map `[H, W]` that the eraser restores.
        recorder: frames of the last edit.
        compared: history entry that Compare shows; None for the picture before all edits.
    """

    def __init__(
        self, session: EditSession, panel: VectorPanel, journal: bool | str | Path, language: str = "en"
    ) -> None:
        self.session = session
        self.language = language
        self.compared: int | None = None
        self._cut: tuple[PhotoSession, np.ndarray] | None = None
        self.panel = panel
        self.photo: PhotoSession | None = None
        self.shown = SessionView(session)
        self.original = self.shown.original
        self.recorder = FrameRecorder()
        self._accepted = self._newest  # entry of the history: all up to it are accepted
        self._keeps_journals = journal is not False
        editor_journal.begin(session, journal)
        self._tools_kept: dict[str, Any] = {}
        self._former: list[_Former | Path] = []  # a path: a journal that was not read yet
        self._later: list[_Former] = []  # pictures that undo left, for redo

    @property
    def journal(self) -> Path | None:
        """Folder of the session's journal; None if nothing was written yet."""
        return editor_journal.journal_of(self.session)

    @property
    def labels(self) -> Any:
        """Label set of the model, in its own colours."""
        return self.session.model.labels

    def text(self, text: str, **values: Any) -> str:
        """A text in the user's language."""
        return translated(self.language, text, **values)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture, px."""
        height, width = self.session.label_map.shape
        return height, width

    @property
    def photo_cut(self) -> np.ndarray:
        """The crop of the photo that was embedded, at the size of the model's pictures."""
        if self._cut is None or self._cut[0] is not self.photo:
            assert self.photo is not None
            self._cut = self.photo, self.photo.cut
        return self._cut[1]

    @property
    def place(self) -> tuple[int, int]:
        """Present and newest entry of the history; equal before and after a command that changed nothing."""
        return self.session.history.entry.id, self._newest

    @property
    def _newest(self) -> int:
        return next(reversed(self.session.history.entries))

    @property
    def pending(self) -> bool:
        """True if the last action was an edit that is not accepted yet."""
        entry, session = self.session.history.entry, self.session
        kind = kind_of(entry)
        if entry.id <= self._accepted or session.strength is None or not (kind.runs or kind.scales):
            return False
        return kind.scales or session.kept_step is None or session.kept_step.index > 0

    def accept(self) -> None:
        """Accept all edits up to now."""
        self._accepted = self._newest

    @property
    def can_go_back(self) -> bool:
        """True if undo returns to the picture that was open before."""
        return bool(self._former) and not self.session.can_undo

    @property
    def can_go_on(self) -> bool:
        """True if redo returns to the picture that undo left, which no action has replaced since."""
        return bool(self._later) and self._later[-1].entries == len(self.session.history.entries)

    @property
    def can_undo(self) -> bool:
        """True if undo is possible."""
        return self.session.can_undo or self.can_go_back

    @property
    def can_redo(self) -> bool:
        """True if redo is possible."""
        return self.session.can_redo or self.can_go_on

    def begin(self, session: EditSession, photo: PhotoSession | None) -> None:
        """Switch to a new session with its own history; undo at its start returns to the present session."""
        editor_journal.begin(session, self._keeps_journals, photo, self.journal)
        self._former = [*self._former, self._left()][-_MOST_FORMER:]
        self._later = []
        self.panel.reset()
        self._take(_Former(session, photo, FrameRecorder(), {}, 0))

    def go_back(self) -> None:
        """Return to the picture that was open before. Raises JournalError if its journal cannot be read."""
        former = self._former[-1]
        if isinstance(former, Path):
            former = self._read(former)
        left = self._left()
        self._former.pop()
        self._later.append(replace(left, entries=len(former.session.history.entries)))
        self._take(former)

    def go_on(self) -> None:
        """Return to the picture that `go_back` left."""
        self._former.append(self._left())
        self._take(self._later.pop())

    def resume(self, found: editor_journal.Restored) -> None:
        """Take over the photo and the user's vectors from a restored journal."""
        self._show(found.photo)
        self.panel.own = frozenset(found.vectors)
        self.panel.know_removed(found.removed)
        self._former = [] if found.before is None else [found.before]

    def close(self) -> None:
        """Release the journals of this picture and of those that undo and redo lead to."""
        for other in (self, *self._former, *self._later):
            if not isinstance(other, Path):
                editor_journal.close(other.session)

    def keep_tools(self, tools: Mapping[str, Any]) -> None:
        """Write the settings of the tools into the journal if they have changed."""
        if tools != self._tools_kept:
            self._tools_kept = dict(tools)
            editor_journal.keep_tools(self.session, tools)

    def _left(self) -> _Former:
        session, removed = self.session, self.panel.removed
        return _Former(session, self.photo, self.recorder, removed, len(session.history.entries))

    def _take(self, former: _Former) -> None:
        self.session, self.recorder = former.session, former.recorder
        self._show(former.photo)
        self._accepted, self.compared = self._newest, None
        self.panel.know_removed(former.removed)
        self.panel.change_portrait()
        if self._tools_kept:  # this also makes its journal the newest one
            editor_journal.keep_tools(former.session, self._tools_kept)

    def _show(self, photo: PhotoSession | None) -> None:
        self.photo, self.shown = photo, SessionView(self.session, photo)
        self.original = self.shown.original

    def _read(self, journal: Path) -> _Former:
        found = editor_journal.restored(journal, self.session.model)
        for vector in found.vectors.values():
            if vector.name not in self.panel.vectors:
                self.panel.add(vector)
        if found.before is not None:
            self._former.insert(0, found.before)
        editor_journal.begin(found.session, True)  # the session already has a journal
        return _Former(found.session, found.photo, FrameRecorder(), found.removed, 0)
