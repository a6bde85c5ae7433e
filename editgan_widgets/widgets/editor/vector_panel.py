"""What the editor's panel of edit vectors holds: the vectors, how each stands, and its small picture.

`VectorPanel` is changed by the editor's worker and read by callbacks, so its dictionaries are replaced and never
written to.
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

MOST_SCALE = 4.0  # of a vector, either way
_SIDE = 80  # px of a small picture, shown at 40


class VectorPanel:
    """Vectors by name and how they stand.

    Attributes:
        vectors: all that have a slider.
        own: names of those that are not the model's library, which can be removed.
        settings: how vectors stand, those that were ever moved.
        pictures: JPEG of each vector's effect on the portrait at hand; until that is drawn, on the one it came with.
    """

    def __init__(self, vectors: Mapping[str, EditVector], own: Iterable[str], note: Mapping[str, Any]) -> None:
        self.vectors = dict(vectors)
        self.own = frozenset(own)
        self.settings: dict[str, VectorSetting] = {}
        self.pictures: dict[str, bytes] = {}
        self._removed: dict[str, EditVector] = {}  # at any time; the history may bring them back
        self._undrawn = frozenset(self.vectors)  # whose picture is not of the portrait at hand
        for vector in self.vectors.values():
            self._picture_from_preview(vector)
        self.take(note)

    @property
    def lacks_pictures(self) -> bool:
        """Whether a vector's picture is yet to be drawn."""
        return bool(self._undrawn)

    def change_portrait(self) -> None:
        """All pictures are to be drawn anew; until then the old ones stay."""
        self._undrawn = frozenset(self.vectors)

    def check_free(self, name: str) -> None:
        """Raises ValueError where there is a vector of that name."""
        if name in self.vectors:
            raise ValueError(f"there is a vector {name!r} already; choose another name")

    def check_there(self, name: Any) -> None:
        """Raises ValueError where there is no vector of that name."""
        if not isinstance(name, str) or name not in self.vectors:
            known = ", ".join(sorted(self.vectors)) or "none"
            raise ValueError(f"there is no vector {name!r}; there are: {known}")

    def checked_scales(self, scales: Any) -> dict[str, dict[str, Any]]:
        """Changes of vectors' settings. Raises ValueError for a vector that is not there or a scale out of range."""
        if not isinstance(scales, Mapping):
            raise ValueError(f"scales are a mapping of vectors' names to numbers; got {scales!r}")
        for name, scale in scales.items():
            self.check_there(name)
            if not is_real(scale) or not abs(plain(scale)) <= MOST_SCALE:
                raise ValueError(f"a vector's scale is a number from {-MOST_SCALE} to {MOST_SCALE}; got {shown(scale)}")
        return {name: {"scale": float(scale), "on": True} for name, scale in scales.items()}

    @property
    def scales(self) -> dict[str, float]:
        """Scales of the vectors that are in the picture."""
        return {name: setting.effect for name, setting in self.settings.items() if setting.effect}

    @property
    def active(self) -> list[Term]:
        """What the vectors that have a slider add to the picture."""
        there = {name: setting for name, setting in self.settings.items() if name in self.vectors}
        return difference(self.vectors, {}, there)

    def setting(self, name: str) -> VectorSetting:
        """How a vector stands."""
        return self.settings.get(name, AT_REST)

    def changed(self, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, VectorSetting]:
        """Settings of some vectors after changes; those that have gone meanwhile are left out."""
        return {name: self.setting(name).changed(**values) for name, values in changes.items() if name in self.vectors}

    def parts(self, wanted: Mapping[str, VectorSetting]) -> list[Term]:
        """What is to be added to the picture so that some vectors stand otherwise; empty where that changes nothing."""
        return difference(self.vectors, self.settings, wanted)

    def put(self, wanted: Mapping[str, VectorSetting]) -> None:
        """Let some vectors stand otherwise."""
        self.settings = {**self.settings, **wanted}

    def reset(self) -> None:
        """All at rest."""
        self.settings = {}

    def add(self, vector: EditVector) -> None:
        """Give an own vector a slider."""
        self._removed.pop(vector.name, None)  # which the name means no more
        self._show(vector)

    def remove(self, name: str) -> None:
        """Take an own vector's slider away; `take` brings it back where a note has the vector in the picture."""
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
        """How the vectors stand and which were removed, as the history keeps it."""
        settings = {name: setting.to_dict() for name, setting in self.settings.items()}
        return {"vectors": settings, "removed": sorted(self._removed.keys() - self.vectors.keys())}

    def take(self, note: Mapping[str, Any]) -> bool:
        """Let the vectors stand as a `note` says; whether that is another way.

        A removed one that it has at a scale gets its slider back, and one that it says was removed goes again.
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
        """Vectors that were removed at any time of the history, whether or not they are back."""
        return dict(self._removed)

    def know_removed(self, vectors: Mapping[str, EditVector]) -> None:
        """Take another history's: those that were removed at any time, whether or not they are back."""
        self._removed = dict(vectors)

    def shown(self) -> list[dict[str, Any]]:
        """The browser's rows."""
        return [{"name": name, **self.setting(name).to_dict(), "own": name in self.own} for name in self.vectors]

    def draw_missing(self, draw: Callable[[EditVector], UInt8[np.ndarray, "h w 3"]], stop: Callable[[], bool]) -> bool:
        """Draw the pictures that are lacking, until told to stop; whether there is a new one."""
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
