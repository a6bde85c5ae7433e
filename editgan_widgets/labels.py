"""LabelSet: the named parts of a class of pictures, their colours, sides and edit groups.

A label map is an array `[H, W]` uint8 of label ids. `colorize` turns ids into colours.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import UInt8

from editgan_widgets.scalars import Whole, is_real, is_whole, plain, shown, whole

Parts: TypeAlias = str | Whole | Iterable[str | Whole]
"""An id, a name, a name without its side ("brow": both), an edit group ("eyes"), or several of these."""

MOST_LABELS = 256  # ids of a uint8 label map


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

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"the name of label {shown(self.id)} must be a text; got {shown(self.name)}")
        object.__setattr__(self, "id", whole(self.id, f"the id of label {self.name!r}"))
        if not isinstance(self.groups, (tuple, list)) or not all(isinstance(group, str) for group in self.groups):
            raise ValueError(
                f"the groups of label {self.name!r} must be a tuple of names, such as ('eyes',); got "
                f"{shown(self.groups)}"
            )
        object.__setattr__(self, "groups", tuple(self.groups))
        if not isinstance(self.color, str) or not re.fullmatch("#[0-9a-fA-F]{6}", self.color):
            raise ValueError(f"the colour of label {self.name!r} must be written #rrggbb; got {self.color!r}")
        if self.side not in (None, "left", "right"):
            raise ValueError(f"the side of label {self.name!r} must be 'left', 'right' or None; got {self.side!r}")

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Display colour as three values in 0..255."""
        return int(self.color[1:3], 16), int(self.color[3:5], 16), int(self.color[5:7], 16)


class LabelSet:
    """The parts of one class of pictures, ids 0..n-1 in order; id 0 is the background.

    `palettes` are further colours of the parts, by palette and name of the part, for example for colour-blind users.
    Palettes that lack a part of this set are left out. They are ignored when sets are compared, and not stored with a
    model.

    Raises ValueError for a gap in the ids, a repeated name, no labels or more than 256.
    """

    def __init__(self, name: str, labels: Iterable[Label], palettes: Mapping[str, Mapping[str, str]] | None = None):
        self.name = name
        self.labels = tuple(labels)
        if strange := [label for label in self.labels if not isinstance(label, Label)]:
            raise ValueError(
                f"LabelSet {name!r}: parts are Labels, such as Label(0, 'sky', '#ffffff'); got {shown(strange[0])}"
            )
        if not 1 <= len(self.labels) <= MOST_LABELS:
            raise ValueError(f"LabelSet {name!r}: a label map holds 1 to {MOST_LABELS} parts; got {len(self.labels)}")
        if [label.id for label in self.labels] != list(range(len(self.labels))):
            raise ValueError(
                f"LabelSet {name!r}: ids must run 0, 1, 2 … without gaps; got {[x.id for x in self.labels]}"
            )
        self._by_name = {label.name: label for label in self.labels}
        if len(self._by_name) != len(self.labels):
            raise ValueError(f"LabelSet {name!r}: a name is repeated")
        known = (palettes or {}).items()
        self.palettes = {palette: dict(colours) for palette, colours in known if self._by_name.keys() <= colours.keys()}

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
        members = tuple(label for label in self.labels if isinstance(name, str) and name in label.groups)
        if not members:
            known = sorted({g for label in self.labels for g in label.groups})
            raise UnknownLabelError(
                f"edit group {shown(name)} is not in LabelSet {self.name!r}; it has: {', '.join(known)}"
            )
        return members

    def ids(self, *names: str) -> tuple[int, ...]:
        """Ids of the parts with these names; a name without its side means both sides. Unknown names give none."""
        wanted = {name for name in names if isinstance(name, str)}
        return tuple(x.id for x in self.labels if x.name in wanted or self.base_name(x.id) in wanted)

    def exact_ids(self, names: Iterable[str]) -> tuple[int, ...]:
        """Ids of the parts with exactly these names. Unknown names give none."""
        wanted = {names} if isinstance(names, str) else {name for name in names if isinstance(name, str)}
        return tuple(x.id for x in self.labels if x.name in wanted)

    def resolve(self, parts: Parts) -> tuple[int, ...]:
        """Ids of `parts`, ascending; unknown names are ignored if at least one name is known.

        Raises UnknownLabelError if none is known, for an id out of range, and for anything that is not an id or a name.
        """
        wanted = _several(plain(parts))
        found: set[int] = set()
        for one in wanted:
            if isinstance(one, str):
                found.update(self.ids(one) or (x.id for x in self.labels if one in x.groups))
            else:
                found.add(self[one].id)
        if not found:
            names = [one for one in wanted if isinstance(one, str)]
            if names:
                _ = self[names[0]]  # raises an error that suggests the nearest name
            raise UnknownLabelError(f"no part was named; LabelSet {self.name!r} has {', '.join(self._by_name)}")
        return tuple(sorted(found))

    def base_name(self, part: str | Whole) -> str:
        """Name of a part without its side: "eye" for "left eye"."""
        label = self[part]
        return label.name.removeprefix(label.side).strip(" _-") if label.side else label.name

    def of_side(self, ids: Parts, side: str | None) -> tuple[int, ...]:
        """Select those parts, by id or full name, that are on a side: "left", "right", or None for unpaired parts.

        Returns their ids. Raises UnknownLabelError for an unknown part, ValueError for another side.
        """
        if side not in ("left", "right", None):
            raise ValueError(f"a side is 'left', 'right' or None; got {shown(side)}")
        return tuple(label.id for label in map(self.__getitem__, _several(plain(ids))) if label.side == side)

    def by_side(self, parts: Parts) -> list[tuple[int, ...]]:
        """Ids of the unpaired parts, of the left ones and of the right ones; empty groups are left out."""
        wanted = self.resolve(parts)
        return [group for side in (None, "left", "right") if (group := self.of_side(wanted, side))]

    def other_side(self, part: str | Whole) -> int:
        """Id of the part on the other side, "right eye" for "left eye"; of the part itself if it is not paired.

        Raises UnknownLabelError for an unknown part.
        """
        label = self[part]
        if label.side is None:
            return label.id
        both = self.ids(self.base_name(label.id))
        return next((i for i in both if self.labels[i].side not in (None, label.side)), label.id)

    @property
    def mirrored_ids(self) -> UInt8[np.ndarray, "256"]:
        """Table of the other side's id for each id; the same id for parts that are not paired."""
        table = np.arange(256, dtype=np.uint8)
        for label in self.labels:
            table[label.id] = self.other_side(label.id)
        return table

    def recoloured(self, colours: Mapping[str, str]) -> "LabelSet":
        """The same parts in other colours `#rrggbb`, by name. Raises KeyError for a part without one."""
        return LabelSet(self.name, [replace(x, color=colours[x.name]) for x in self.labels], self.palettes)

    def with_palettes(self, palettes: Mapping[str, Mapping[str, str]]) -> "LabelSet":
        """The same parts with further palettes; existing palettes are kept."""
        return LabelSet(self.name, self.labels, {**palettes, **self.palettes})

    @property
    def palette(self) -> UInt8[np.ndarray, "num_labels 3"]:
        """Display colours by id."""
        return np.array([label.rgb for label in self.labels], np.uint8)

    def colorize(self, label_map: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
        """Convert a label map to a picture in the labels' colours."""
        return self.palette[label_map]

    def check(self, label_map: np.ndarray) -> None:
        """Raise UnknownLabelError if the map contains an id that is not in this set, or is no map of integers."""
        if not np.issubdtype(label_map.dtype, np.integer):
            raise UnknownLabelError(f"a label map holds integer label ids; got {label_map.dtype}")
        lowest, highest = int(label_map.min(initial=0)), int(label_map.max(initial=0))
        if lowest < 0 or highest >= len(self):
            wrong = lowest if lowest < 0 else highest
            raise UnknownLabelError(f"label id {wrong} is not in LabelSet {self.name!r}; ids run 0..{len(self) - 1}")

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


def _several(parts: Any) -> tuple[Any, ...]:
    """One part or several, as a tuple. Raises UnknownLabelError for what is neither."""
    if isinstance(parts, (str, bytes, bool)) or is_real(parts):
        return (parts,)
    try:
        return tuple(parts)
    except TypeError:
        raise UnknownLabelError(f"parts are ids or names of parts, one or several; got {shown(parts)}") from None
