"""Document: what an editor works on, and what it worked on before; `apply` (tools) is what changes it.

What is shown of it follows from it (snapshot.py): nothing here says how something is shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from editgan_widgets.documents.animation import FrameRecorder
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.session import EditSession
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.optimize import EditStep
from editgan_widgets.widgets.core.strings import translated
from editgan_widgets.widgets.editor import journal as editor_journal
from editgan_widgets.widgets.editor.commands import Download
from editgan_widgets.widgets.editor.vector_panel import VectorPanel

_MOST_FORMER = 8  # pictures that undo goes back to; their journals stay on disk longer


@dataclass(frozen=True, eq=False)
class _Former:
    """Another picture than the one that is worked on, as it was left."""

    session: EditSession
    photo: PhotoSession | None
    recorder: FrameRecorder
    removed: Mapping[str, EditVector]
    entries: int  # of its history


@dataclass(frozen=True, eq=False)
class Run:
    """An optimisation that follows a command.

    Attributes:
        steps: of it.
        start: begins it; called with the session's lock held.
        begins: the status while it runs.
        kept: the status' end, of the step that was kept.
        fruitless: the same where none was.
        judged: whether the agreement that was reached is an edit's (quality_notes.py).
    """

    steps: int
    start: Callable[[], Iterator[EditStep]]
    begins: str
    kept: Callable[[EditStep], str]
    fruitless: str
    judged: bool = False


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a command beside the document's change.

    Attributes:
        said: the status; None leaves it.
        notes: how a file was read.
        group: of the history, that a run belongs to; None for one of its own.
        run: what follows, if anything.
        files: that the browser saves.
        begins: whether the document holds another picture than before.
    """

    said: str | None = None
    notes: Sequence[str] = ()
    group: int | None = None
    run: Run | None = None
    files: tuple[Download, ...] = ()
    begins: bool = False


class Document:
    """A session with the photo that it came from, the vectors' sliders, and its journal.

    The worker alone changes it, other threads look.

    Args:
        session: what is edited; an EditSession, or what has its methods.
        panel: the vectors, how they stand in the session's picture.
        journal: True keeps journals in new folders of the user's, False none, a folder that of the first session.
        language: of the texts.

    Attributes:
        session, panel: as given; another session takes the first one's place by `begin`, `go_back` and `go_on`.
        photo: that was opened, where the picture is no portrait of the model.
        original: the label map `[H, W]` that the eraser brings back.
        recorder: frames of the last edit.
        compared: entry of the history that Compare shows; None for the picture before all edits.
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
        self.original = session.label_map.copy()
        self.recorder = FrameRecorder()
        self._accepted = self._newest  # entry of the history: all up to it are accepted
        self._keeps_journals = journal is not False
        editor_journal.begin(session, journal)
        self._tools_kept: dict[str, Any] = {}
        self._former: list[_Former | Path] = []  # a path is of a journal that was not read yet
        self._later: list[_Former] = []  # that were gone back from

    @property
    def journal(self) -> Path | None:
        """Folder of the session's journal; None where nothing was kept yet."""
        return editor_journal.journal_of(self.session)

    @property
    def labels(self) -> Any:
        """The parts' labels, in the model's own colours."""
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
        """What was embedded of the photo, at the picture's size."""
        if self._cut is None or self._cut[0] is not self.photo:
            assert self.photo is not None
            self._cut = self.photo, self.photo.cut
        return self._cut[1]

    @property
    def place(self) -> tuple[int, int]:
        """Where the history is, and how far it goes: the same while nothing was done."""
        return self.session.history.entry.id, self._newest

    @property
    def _newest(self) -> int:
        return next(reversed(self.session.history.entries))

    @property
    def pending(self) -> bool:
        """Whether an edit is done and neither accepted nor gone on from."""
        entry, session = self.session.history.entry, self.session
        if (
            entry.id <= self._accepted
            or session.strength is None
            or entry.made["do"] not in ("edit", "drag", "strength")
        ):
            return False
        return entry.made["do"] == "strength" or session.kept_step is None or session.kept_step.index > 0

    def accept(self) -> None:
        """Take all that was done as it is."""
        self._accepted = self._newest

    @property
    def can_go_back(self) -> bool:
        """Whether undo leads to the picture before this one."""
        return bool(self._former) and not self.session.can_undo

    @property
    def can_go_on(self) -> bool:
        """Whether redo leads to the picture that was gone back from: nothing was done since."""
        return bool(self._later) and self._later[-1].entries == len(self.session.history.entries)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return self.session.can_undo or self.can_go_back

    @property
    def can_redo(self) -> bool:
        """Whether there is something to do again."""
        return self.session.can_redo or self.can_go_on

    def begin(self, session: EditSession, photo: PhotoSession | None) -> None:
        """Go over to another session, whose history is its own; undo at its beginning leads back."""
        editor_journal.begin(session, self._keeps_journals, photo, self.journal)
        self._former = [*self._former, self._left()][-_MOST_FORMER:]
        self._later = []
        self.panel.reset()
        self._take(_Former(session, photo, FrameRecorder(), {}, 0))

    def go_back(self) -> None:
        """Go over to the picture before, as it was left. Raises JournalError where its journal cannot be read."""
        former = self._former[-1]
        if isinstance(former, Path):
            former = self._read(former)
        left = self._left()
        self._former.pop()
        self._later.append(replace(left, entries=len(former.session.history.entries)))
        self._take(former)

    def go_on(self) -> None:
        """Go over to the picture that was gone back from."""
        self._former.append(self._left())
        self._take(self._later.pop())

    def resume(self, found: editor_journal.Restored) -> None:
        """Take over what a journal tells beside its session: the photo, and the vectors that are or were the user's."""
        self.photo = found.photo
        self.original = self.session.picture_at(0)[1]
        self.panel.own = frozenset(found.vectors)
        self.panel.know_removed(found.removed)
        self._former = [] if found.before is None else [found.before]

    def close(self) -> None:
        """Give the journals free, of this picture and of those that undo and redo lead to."""
        for other in (self, *self._former, *self._later):
            if not isinstance(other, Path):
                editor_journal.close(other.session)

    def keep_tools(self, tools: Mapping[str, Any]) -> None:
        """Write into the journal how the tools stand, where that is another way than before."""
        if tools != self._tools_kept:
            self._tools_kept = dict(tools)
            editor_journal.keep_tools(self.session, tools)

    def _left(self) -> _Former:
        session, removed = self.session, self.panel.removed
        return _Former(session, self.photo, self.recorder, removed, len(session.history.entries))

    def _take(self, former: _Former) -> None:
        self.original = former.session.picture_at(0)[1]
        self.session, self.photo, self.recorder = former.session, former.photo, former.recorder
        self._accepted, self.compared = self._newest, None
        self.panel.know_removed(former.removed)
        self.panel.change_portrait()
        if self._tools_kept:  # so that its journal is the newest one, too
            editor_journal.keep_tools(former.session, self._tools_kept)

    def _read(self, journal: Path) -> _Former:
        found = editor_journal.restored(journal, self.session.model)
        for vector in found.vectors.values():
            if vector.name not in self.panel.vectors:
                self.panel.add(vector)
        if found.before is not None:
            self._former.insert(0, found.before)
        editor_journal.begin(found.session, True)  # which has one
        return _Former(found.session, found.photo, FrameRecorder(), found.removed, 0)
