"""Workpiece: what an editor works on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from editgan_widgets.editing.animation import FrameRecorder
from editgan_widgets.editing.photo_session import PhotoSession
from editgan_widgets.editing.session import EditSession
from editgan_widgets.widgets import editor_journal
from editgan_widgets.widgets.vector_panel import VectorPanel


class Workpiece:
    """A session with the photo that it came from, the vectors' sliders, and its journal.

    The worker alone changes it, other threads look.

    Args:
        session: what is edited; an EditSession, or what has its methods.
        panel: the vectors, how they stand in the session's picture.
        journal: True keeps journals in new folders of the user's, False none, a folder that of the first session.

    Attributes:
        session, panel: as given; another session takes the first one's place by `begin`.
        photo: that was opened, where the picture is no saved or sampled portrait.
        original: the label map `[H, W]` that the eraser brings back.
        pending: whether an edit is done and neither accepted nor gone on from.
        recorder: frames of the last edit.
        journal: folder of the session's journal, if it has one.
    """

    def __init__(self, session: Any, panel: VectorPanel, journal: bool | str | Path) -> None:
        self.session: EditSession = session
        self.panel = panel
        self.photo: PhotoSession | None = None
        self.original = session.label_map.copy()
        self.pending = False
        self.recorder = FrameRecorder()
        self._keeps_journals = journal is not False
        self.journal = editor_journal.begin(session, journal)
        self._tools_kept: dict[str, Any] = {}

    @property
    def labels(self) -> Any:
        """The parts' labels, in the model's own colours."""
        return self.session.model.labels

    def begin(self, session: EditSession, photo: PhotoSession | None) -> None:
        """Go over to another session, whose history is its own."""
        self.session, self.photo, self.original = session, photo, session.label_map.copy()
        self.pending = False
        self.panel.reset()
        self.panel.know_removed({})
        self.recorder = FrameRecorder()
        self.journal = editor_journal.begin(session, self._keeps_journals, photo)
        self._tools_kept = {}

    def resume(self, found: editor_journal.Restored) -> None:
        """Take over what a journal tells beside its session: the photo, and the vectors that are or were the user's."""
        self.photo = found.photo
        self.original = self.session.picture_at(0)[1]
        self.panel.own = frozenset(found.vectors)
        self.panel.know_removed(found.removed)

    def keep_tools(self, tools: Mapping[str, Any]) -> None:
        """Write into the journal how the tools stand, where that is another way than before."""
        if tools != self._tools_kept:
            self._tools_kept = dict(tools)
            editor_journal.keep_tools(self.session, tools)
