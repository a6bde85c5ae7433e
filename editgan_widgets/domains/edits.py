"""Mask edits that a script paints on a picture of a domain, in the place of a user.

Scripted edits measure the quality of edits (analysis/mask_edits.py). A model's library of edit vectors is learned from
library edits (analysis/vector_library.py).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from editgan_widgets.labels import LabelSet, UnknownLabelError
from editgan_widgets.masks.part_operations import LabelMap, Operation


@dataclass(frozen=True)
class ScriptedEdit:
    """One edit: its name, the parts whose shape it changes, and the operation that paints it."""

    name: str
    parts: tuple[str, ...]  # names without the side: "brow" means both brows
    operation: Callable[[LabelMap, LabelSet], LabelMap | None]

    def paint(self, label_map: LabelMap, labels: LabelSet) -> LabelMap | None:
        """Return the painted label map, or None if the picture or the label set does not have its parts."""
        painted = self.operation(label_map, labels)
        return None if painted is None or np.array_equal(painted, label_map) else painted

    def part_ids(self, labels: LabelSet) -> tuple[int, ...]:
        """Ids of the edited parts in a label set, both sides of paired parts."""
        return labels.ids(*self.parts)


@dataclass(frozen=True)
class LibraryEdit:
    """One edit: its operation, and the factor that it should change, if the regressor has one for it."""

    name: str
    operation: Operation
    attribute: str | None = None  # a factor of the domain's judge
    direction: int = 1  # sign of the wanted change of the attribute
    layers: tuple[int, int] | None = None  # rows of w_plus that move; None = all

    def paint(self, label_map: LabelMap, labels: LabelSet) -> LabelMap | None:
        """Return the painted label map, or None if the picture or the label set does not have its parts."""
        try:
            painted = self.operation(label_map, labels)
        except UnknownLabelError:  # a coarser label set
            return None
        return None if np.array_equal(painted, label_map) else painted
