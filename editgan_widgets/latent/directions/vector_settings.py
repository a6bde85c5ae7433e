"""Settings of an edit vector in a picture: its scale, whether it is on, and the rows of w_plus that it moves.

The latent of a picture is the latent without vectors plus the offset of each vector, so a change of settings adds a
`difference`. `clashes` lists active vectors that are not independent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from editgan_widgets.latent.directions.edit_vector import EditVector, layer_weights
from editgan_widgets.latent.directions.rows import span_of
from editgan_widgets.latent.directions.vector_stack import CONFLICT, compare
from editgan_widgets.scalars import plain_fields

Term: TypeAlias = tuple[EditVector, float, tuple[int, int] | None]
"""A vector, how much of it is added, and its rows."""

OPPOSED = 0.25
"""Two vectors whose cosine is below minus this partly cancel each other.

Of the 231 pairs of the portraits' library seven lie beyond it, six of them opposites by name (bigger and smaller nose
-0.62, longer and shorter hair -0.30, lower and raised brows -0.27 ...); the next one is at -0.18.
"""


@dataclass(frozen=True)
class VectorSetting:
    """Settings of one vector. `layers` are the first row and one past the last; None = all."""

    scale: float = 0.0
    on: bool = True
    layers: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        plain_fields(self)
        object.__setattr__(self, "layers", span_of(self.layers))

    @property
    def effect(self) -> float:
        """The applied scale; 0 if it is switched off."""
        return self.scale if self.on else 0.0

    def changed(self, **changes: Any) -> "VectorSetting":
        """Changed settings; a vector that is switched on at scale 0 goes to 1."""
        if changes.get("on") and "scale" not in changes and not self.scale:
            changes["scale"] = 1.0
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {"scale": self.scale, "on": self.on, "layers": None if self.layers is None else list(self.layers)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "VectorSetting":
        """Build from the values that `to_dict` returned."""
        layers = values.get("layers")
        return cls(float(values["scale"]), bool(values.get("on", True)), None if layers is None else tuple(layers))


AT_REST = VectorSetting()


@dataclass(frozen=True)
class Clash:
    """Two vectors that are on and share a direction."""

    first: str
    second: str
    cosine: float  # between the applied offsets, over all rows; below 0 the vectors are opposed


def difference(
    vectors: Mapping[str, EditVector], before: Mapping[str, VectorSetting], after: Mapping[str, VectorSetting]
) -> list[Term]:
    """List the terms to add to a latent that contains vectors as in `before`, so that it contains them as in `after`.

    Vectors that `after` does not name are unchanged. Empty if nothing changes.
    """
    parts: list[Term] = []
    for name, new in after.items():
        old = before.get(name, AT_REST)
        if old.layers == new.layers:
            change = new.effect - old.effect
            if abs(change) > 1e-9:
                parts.append((vectors[name], change, new.layers))
            continue
        parts += [(vectors[name], -old.effect, old.layers)] if old.effect else []
        parts += [(vectors[name], new.effect, new.layers)] if new.effect else []
    return parts


def clashes(vectors: Mapping[str, EditVector], settings: Mapping[str, VectorSetting]) -> tuple[Clash, ...]:
    """Pairs of active vectors whose added offsets have a cosine above CONFLICT or below -OPPOSED, the strongest first.

    Above CONFLICT their common effect is applied twice; below -OPPOSED they partly cancel each other.
    """
    active = [name for name, setting in settings.items() if setting.effect and name in vectors]
    if len(active) < 2:
        return ()
    scaled = [_in_the_picture(vectors[name], settings[name]) for name in active]
    found = compare(scaled).conflicts(min(CONFLICT, OPPOSED))
    return tuple(
        Clash(active[pair.first], active[pair.second], pair.cosine)
        for pair in found
        if pair.cosine > CONFLICT or pair.cosine < -OPPOSED
    )


def after_picture(vector: EditVector) -> np.ndarray | None:
    """The picture after the edit, cut from a preview of before and after side by side; None without a preview."""
    preview = vector.preview
    if preview is None:
        return None
    height, width = preview.shape[:2]
    return preview[:, width // 2 :] if width == 2 * height else preview


def _in_the_picture(vector: EditVector, setting: VectorSetting) -> EditVector:
    return vector.times(setting.effect * layer_weights(setting.layers, len(vector.delta_w_plus)))
