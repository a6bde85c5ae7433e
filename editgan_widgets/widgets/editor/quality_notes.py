"""QualityNotes: quality of the photo's embedding and of the last edit; embeddings are judged while idle."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from editgan_widgets.analysis.embedding_quality import EmbeddingQuality
from editgan_widgets.analysis.photo_quality import LikenessQuality, photo_quality
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.latent.edit_quality import EditQuality
from editgan_widgets.latent.optimize import EditConfig, EditStep
from editgan_widgets.widgets.core.idle_worker import IdleWorker


@dataclass(frozen=True)
class PictureQuality:
    """Quality of the picture; a field is None if there is nothing to judge, or it is not judged yet."""

    embedding: EmbeddingQuality | LikenessQuality | None  # for the opened photo or painting
    edit: EditQuality | None  # for the edit that made the present picture

    def __str__(self) -> str:
        photo = "photo" if isinstance(self.embedding, LikenessQuality) else "embedded"
        said = [f"{name}: {value}" for name, value in ((photo, self.embedding), ("edit", self.edit)) if value]
        return "; ".join(said) or "nothing to judge"


class QualityNotes:
    """Qualities of one session: of its photo, and of each edit by its history entry.

    Args:
        idle: worker that judges a photo.
        changed: called after a photo was judged.
    """

    def __init__(self, idle: IdleWorker, changed: Callable[[], None]) -> None:
        self._idle, self._changed = idle, changed
        self._photo: PhotoSession | None = None
        self._embedding: EmbeddingQuality | LikenessQuality | None = None
        self._edits: dict[int, EditQuality] = {}

    def begin(self, photo: PhotoSession | None) -> None:
        """Start a new session; its photo is judged while the editor is idle."""
        self._photo, self._embedding, self._edits = photo, None, {}
        if photo is not None:
            self._idle.ask("quality", lambda: self._judge(photo))

    def edited(self, entry: int, step: EditStep, config: EditConfig) -> None:
        """Record the quality of an edit, by its history entry and its committed step."""
        self._edits[entry] = EditQuality.of(step, config)

    def of(self, entry: int) -> PictureQuality:
        """The qualities at a history entry."""
        return PictureQuality(self._embedding, self._edits.get(entry))

    def shown(self, entry: int) -> dict[str, Any]:
        """The qualities at a history entry, as JSON values for the browser."""
        now, state = self.of(entry), {}
        if now.embedding is not None:
            vector = now.embedding.editability.vector if now.embedding.editability else ""
            state["embedding"] = {"grade": now.embedding.grade, "vector": vector, **now.embedding.figures}
        if now.edit is not None:
            edit = now.edit
            state["edit"] = {
                "agreement": edit.agreement,
                "outside": edit.outside,
                "reached": edit.reached,
                "kept": edit.kept,
            }
        return state

    def _judge(self, photo: PhotoSession) -> None:
        if photo is not self._photo:  # another photo was opened meanwhile
            return
        quality = photo_quality(photo, photo.session.model)
        if photo is self._photo:
            self._embedding = quality
            self._changed()
