"""State of the editor's panel of edit vectors: the vectors, their settings and their thumbnails.

`VectorPanel` is changed by the editor's worker and read by callbacks, so its dictionaries are replaced, never modified.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8

from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.directions.vector_settings import (
    AT_REST,
    Term,
    VectorSetting,
    after_picture,
    difference,
)
from editgan_widgets.scalars import is_real, plain, shown
from editgan_widgets.widgets.core import encoding

MOST_SCALE = 4.0  # maximum absolute scale of a vector
_SIDE = 80  # px of a thumbnail, shown at 40


class VectorPanel:
    """Vectors by name and their settings.

    Attributes:
        vectors: all vectors with a slider.
        own: names of the user's vectors, which can be removed, unlike the model's library.
        settings: settings of the vectors that were ever moved.
        pictures: JPEG of each vector's effect on the present portrait, or its own preview until that is rendered.
    """

    def __init__(self, vectors: Mapping[str, EditVector], own: Iterable[str], note: Mapping[str, Any]) -> None:
        self.vectors = dict(vectors)
        self.own = frozenset(own)
        self.settings: dict[str, VectorSetting] = {}
        self.pictures: dict[str, bytes] = {}
        self._removed: dict[str, EditVector] = {}  # removed at any time; undo may restore them
        self._undrawn = frozenset(self.vectors)  # vectors whose thumbnail does not show the present portrait
        for vector in self.vectors.values():
            self._picture_from_preview(vector)
        self.take(note)

    @property
    def lacks_pictures(self) -> bool:
        """True if a thumbnail is not rendered yet."""
        return bool(self._undrawn)

    def change_portrait(self) -> None:
        """Mark all thumbnails as outdated; they are shown until they are rendered again."""
        self._undrawn = frozenset(self.vectors)

    def check_free(self, name: str) -> None:
        """Raise ValueError if there is a vector of that name."""
        if name in self.vectors:
            raise ValueError(f"a vector named {name!r} exists already; choose another name")

    def check_there(self, name: Any) -> None:
        """Raise ValueError if there is no vector of that name."""
        if not isinstance(name, str) or name not in self.vectors:
            known = ", ".join(sorted(self.vectors)) or "none"
            raise ValueError(f"there is no vector {name!r}; there are: {known}")

    def checked_scales(self, scales: Any) -> dict[str, dict[str, Any]]:
        """Changes of vectors' settings. Raises ValueError for an unknown vector or a scale out of range."""
        if not isinstance(scales, Mapping):
            raise ValueError(f"scales are a mapping of vectors' names to numbers; got {scales!r}")
        for name, scale in scales.items():
            self.check_there(name)
            if not is_real(scale) or not abs(plain(scale)) <= MOST_SCALE:
                raise ValueError(f"a vector's scale is a number from {-MOST_SCALE} to {MOST_SCALE}; got {shown(scale)}")
        return {name: {"scale": float(scale), "on": True} for name, scale in scales.items()}

    @property
    def scales(self) -> dict[str, float]:
        """Scales of the applied vectors."""
        return {name: setting.effect for name, setting in self.settings.items() if setting.effect}

    @property
    def active(self) -> list[Term]:
        """Terms that the vectors add to the latent."""
        there = {name: setting for name, setting in self.settings.items() if name in self.vectors}
        return difference(self.vectors, {}, there)

    def setting(self, name: str) -> VectorSetting:
        """The settings of a vector."""
        return self.settings.get(name, AT_REST)

    def changed(self, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, VectorSetting]:
        """Settings of some vectors after changes; vectors removed meanwhile are left out."""
        return {name: self.setting(name).changed(**values) for name, values in changes.items() if name in self.vectors}

    def parts(self, wanted: Mapping[str, VectorSetting]) -> list[Term]:
        """Terms to add to the latent for new settings of some vectors; empty if they change nothing."""
        return difference(self.vectors, self.settings, wanted)

    def put(self, wanted: Mapping[str, VectorSetting]) -> None:
        """Replace the settings of some vectors."""
        self.settings = {**self.settings, **wanted}

    def reset(self) -> None:
        """Set all vectors to scale 0."""
        self.settings = {}

    def add(self, vector: EditVector) -> None:
        """Add one of the user's vectors, with a slider."""
        self._removed.pop(vector.name, None)  # the name now belongs to the new vector
        self._show(vector)

    def remove(self, name: str) -> None:
        """Remove one of the user's vectors; `take` restores it for states of the history that use it."""
        self._removed[name] = self.vectors[name]
        self._hide(name)

    def _show(self, vector: EditVector) -> None:
        self.vectors = {**self.vectors, vector.name: vector}
        self.own |= {vector.name}
        self._undrawn |= {vector.name}
        self._picture_from_preview(vector)

    def _hide(self, name: str) -> None:
        self.vectors = {other: vector for other, vector in self.vectors.items() if other != name}
        self.settings = {other: setting for other, setting in self.settings.items() if other != name}
        self.pictures = {other: picture for other, picture in self.pictures.items() if other != name}
        self.own -= {name}
        self._undrawn -= {name}

    def note(self) -> dict[str, Any]:
        """Settings and removed vectors, as stored in the history."""
        settings = {name: setting.to_dict() for name, setting in self.settings.items()}
        return {"vectors": settings, "removed": sorted(self._removed.keys() - self.vectors.keys())}

    def take(self, note: Mapping[str, Any]) -> bool:
        """Restore the settings of a `note`; returns whether they differ from the present ones.

        A removed vector used by the note gets its slider back; one that the note lists as removed is removed again.
        """
        settings = {name: VectorSetting.from_dict(kept) for name, kept in note.get("vectors", {}).items()}
        gone = set(note.get("removed", ()))
        vectors = self.vectors
        for name, vector in self._removed.items():
            if name in gone and self.vectors.get(name) is vector:
                self._hide(name)
            elif name not in gone | self.vectors.keys() and settings.get(name, AT_REST) != AT_REST:
                self._show(vector)
        changed = settings != self.settings or vectors.keys() != self.vectors.keys()
        self.settings = settings
        return changed

    @property
    def removed(self) -> Mapping[str, EditVector]:
        """Vectors that were removed at any time of the history, including restored ones."""
        return dict(self._removed)

    def know_removed(self, vectors: Mapping[str, EditVector]) -> None:
        """Set the removed vectors of another history, including restored ones."""
        self._removed = dict(vectors)

    def shown(self) -> list[dict[str, Any]]:
        """Rows of the panel, for the browser."""
        return [{"name": name, **self.setting(name).to_dict(), "own": name in self.own} for name in self.vectors]

    def draw_missing(self, draw: Callable[[EditVector], UInt8[np.ndarray, "h w 3"]], stop: Callable[[], bool]) -> bool:
        """Render missing thumbnails until `stop` is true; returns whether one was rendered."""
        missing = [name for name in self.vectors if name in self._undrawn]
        drawn = False
        for name in missing:
            if stop():
                break
            vector = self.vectors.get(name)
            if vector is not None:
                self.pictures = {**self.pictures, name: encoding.thumbnail(draw(vector), _SIDE)}
                self._undrawn -= {name}
                drawn = True
        return drawn

    def _picture_from_preview(self, vector: EditVector) -> None:
        picture = after_picture(vector)
        if picture is not None:
            self.pictures = {**self.pictures, vector.name: encoding.thumbnail(picture, _SIDE)}
