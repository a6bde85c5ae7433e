"""LabelSet: the named parts of a class of pictures, their colours, sides and edit groups.

A label map is an array `[H, W]` uint8 of label ids. Ids and colours are converted only here.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from editgan_widgets.scalars import Whole, is_whole, plain, shown


class UnknownLabelError(ValueError):
    """The label set does not have a part of that name or id."""


@dataclass(frozen=True)
class Label:
    """One part: its id in label maps, its name, its display colour `#rrggbb` and, for paired parts, its side."""

    id: int
    name: str
    color: str
    side: str | None = None  # "left" or "right" of the person shown, None for parts that are not paired
    groups: tuple[str, ...] = ()  # edit groups it belongs to, as Q_edit of EditGAN, section 3.3

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Display colour as three values in 0..255."""
        return int(self.color[1:3], 16), int(self.color[3:5], 16), int(self.color[5:7], 16)


class LabelSet:
    """The parts of one class of pictures, ids 0..n-1 in order; id 0 is the background.

    Raises ValueError for a gap in the ids or a repeated name.
    """

    def __init__(self, name: str, labels: Iterable[Label]):
        self.name = name
        self.labels = tuple(labels)
        if [label.id for label in self.labels] != list(range(len(self.labels))):
            raise ValueError(
                f"LabelSet {name!r}: ids must run 0, 1, 2 … without gaps; got {[x.id for x in self.labels]}"
            )
        self._by_name = {label.name: label for label in self.labels}
        if len(self._by_name) != len(self.labels):
            raise ValueError(f"LabelSet {name!r}: a name is repeated")

    def __iter__(self) -> Iterator[Label]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LabelSet) and self.labels == other.labels

    def __hash__(self) -> int:
        return hash(self.labels)

    def __repr__(self) -> str:
        return f"LabelSet({self.name!r}, {len(self)} labels)"

    def __getitem__(self, key: str | Whole) -> Label:
        """Label of a name or id. Raises UnknownLabelError that suggests the nearest name."""
        key = plain(key)
        if isinstance(key, str):
            if key in self._by_name:
                return self._by_name[key]
            near = difflib.get_close_matches(key, self._by_name, n=1, cutoff=0.0)
            raise UnknownLabelError(f"label {key!r} is not in LabelSet {self.name!r}; nearest: {near[0]!r}")
        if is_whole(key) and 0 <= int(key) < len(self.labels):  # type: ignore[arg-type]
            return self.labels[int(key)]  # type: ignore[arg-type]
        raise UnknownLabelError(f"label id {shown(key)} is not in LabelSet {self.name!r}; ids run 0..{len(self) - 1}")

    def group(self, name: str) -> tuple[Label, ...]:
        """All labels of an edit group, for example `"smile"`. Raises UnknownLabelError for an unknown group."""
        members = tuple(label for label in self.labels if name in label.groups)
        if not members:
            known = sorted({g for label in self.labels for g in label.groups})
            raise UnknownLabelError(f"edit group {name!r} is not in LabelSet {self.name!r}; it has: {', '.join(known)}")
        return members

    @property
    def palette(self) -> UInt8[np.ndarray, "num_labels 3"]:
        """Display colours by id."""
        return np.array([label.rgb for label in self.labels], np.uint8)

    def colorize(self, label_map: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
        """Convert a label map to a picture in the labels' colours."""
        return self.palette[label_map]

    def check(self, label_map: np.ndarray) -> None:
        """Raise UnknownLabelError if the map contains an id that is not in this set."""
        highest = int(label_map.max(initial=0))
        if highest >= len(self):
            raise UnknownLabelError(f"label id {highest} is not in LabelSet {self.name!r}; ids run 0..{len(self) - 1}")

    def to_dict(self) -> dict:
        """JSON values, as stored in checkpoints."""
        return {
            "name": self.name,
            "labels": [
                {"id": x.id, "name": x.name, "color": x.color, "side": x.side, "groups": list(x.groups)}
                for x in self.labels
            ],
        }

    @classmethod
    def from_dict(cls, data: dict) -> "LabelSet":
        """Build a label set from the values of `to_dict`."""
        return cls(data["name"], [Label(**{**x, "groups": tuple(x["groups"])}) for x in data["labels"]])
