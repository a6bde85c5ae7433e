"""Domain: knowledge about a class of pictures (portraits, cars, …): labels, palettes, judges, vectors, scripted edits.

A model belongs to the domain named in its metadata, or else to the domain that has its label set
(domains/registry.py). A model without a domain can be edited like any other, but functions that need a judge are not
available for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from editgan_widgets.domains.edits import LibraryEdit, ScriptedEdit
from editgan_widgets.labels import LabelSet
from editgan_widgets.scalars import shown
from editgan_widgets.squares import Square


@runtime_checkable
class FactorReader(Protocol):
    """Predicts factors such as smile or age from pictures."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        ...

    @property
    def report(self) -> Mapping[str, float]:
        """R² of each factor on held-out pictures; empty if it was not measured."""
        ...

    @property
    def std(self) -> Float[Tensor, " factors"]:
        """Standard deviation of each factor over pictures of the domain, in the order of `names`."""
        ...

    def read(self, image: Float[Tensor, "b 3 h w"]) -> dict[str, np.ndarray]:
        """Return `b` values for each factor; pictures in [-1, 1]."""
        ...


@dataclass(frozen=True)
class Judges:
    """Networks that measure a domain's pictures. No edit is optimised against them. Each may be None.

    The instances are shared: do not train, move or modify them.
    """

    segmenter: nn.Module | None = None  # picture [b, 3, h, w] in [-1, 1] -> logits [b, labels, h, w]
    factors: FactorReader | None = None
    identity: nn.Module | None = None  # picture [b, 3, h, w] in [-1, 1] -> unit vectors [b, n]: who is shown


@dataclass(frozen=True)
class Subject:
    """Something of a domain in a picture, for example a face."""

    square: Square  # frames it as the domain's pictures do
    score: float  # how sure it is, 0 to 1


@dataclass(frozen=True, eq=False)
class SubjectPoints:
    """Landmarks of the subject of a picture that is framed like the domain's pictures; the same points in each one."""

    points: Float[np.ndarray, "n 2"]  # x and y in shares of the picture, from its upper left corner
    noise: float  # standard error of a coordinate, in the same unit
    scale: float = 1.0  # length that distances are compared with, such as that between the eyes, in the same unit


@dataclass(frozen=True)
class Opening:
    """An opening between landmarks, such as an eye or the mouth; indices are those of `SubjectPoints.points`.

    Attributes:
        upper: landmarks along the upper edge, without the corners.
        lower: landmarks along the lower edge, opposite those of `upper`.
        corners: the two ends.
        seen: names of the parts that are visible in it.
        lids: names of the parts along its edges.
        above: landmarks at the upper end of the skin that covers the opening when it closes. Empty for an opening
            without a lid; what is visible in it then moves with its upper edge.
    """

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    corners: tuple[int, int]
    seen: tuple[str, ...]
    lids: tuple[str, ...] = ()
    above: tuple[int, ...] = ()


@runtime_checkable
class Rendering(Protocol):
    """A rendered picture whose parts are known."""

    @property
    def image(self) -> UInt8[np.ndarray, "h w 3"]:
        """The picture."""
        ...

    @property
    def label_map(self) -> UInt8[np.ndarray, "h w"]:
        """Label map, with ids of the domain's most detailed label set."""
        ...


@dataclass(frozen=True)
class Domain:
    """A class of pictures. Only name and label sets are required; functions load large data on demand.

    Attributes:
        name: as in the metadata of models.
        label_sets: label sets of the domain's models.
        palettes: further colours `#rrggbb` of the parts, by palette and name of the part; a model gets those that have
            all its parts.
        coarse_parts: name of a part -> name of the coarse part that it belongs to in reports, for all label sets; empty
            merges parts by their first edit group.
        load_judges: loads new judges onto a device.
        incidental: factors that nearly every edit changes a little, such as colours; not counted as effects.
        probe: name of a shipped edit vector and of the factor that it changes. Its effect on a picture measures whether
            the picture can be edited.
        vectors: folders of edit vectors that ship with the domain's models.
        scripted_edits: mask edits that measure how well edits work.
        library_edits: mask edits that a model's library of edit vectors is learned from.
        captions: sentences that describe pictures of the domain, for edits by text.
        render: seed and size in px -> a picture with its parts.
        find: uint8 [h, w, 3] -> its subjects, the most prominent first.
        subjects: what they are called, in the plural.
        landmarks: uint8 [s, s, 3], framed like the domain's pictures -> landmarks of its subject, or None. The second
            argument is None, or landmarks of nearly the same picture, with which a quicker reading is enough.
        openings: openings between the landmarks.
        read_parts: a photograph, framed like the domain's pictures, and a label set -> its label map.
    """

    name: str
    label_sets: tuple[LabelSet, ...]
    palettes: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)
    coarse_parts: Mapping[str, str] = field(default_factory=dict, hash=False)
    load_judges: Callable[[torch.device], Judges] | None = None
    incidental: frozenset[str] = frozenset()
    probe: str | None = None
    vectors: tuple[Path, ...] = ()
    scripted_edits: Callable[[], tuple[ScriptedEdit, ...]] = tuple
    library_edits: Callable[[], tuple[LibraryEdit, ...]] = tuple
    captions: tuple[str, ...] = ()
    render: Callable[[int, int], Rendering] | None = None
    find: Callable[[UInt8[np.ndarray, "h w 3"]], list[Subject]] | None = None
    subjects: str = "subjects"
    landmarks: Callable[[UInt8[np.ndarray, "s s 3"], SubjectPoints | None], SubjectPoints | None] | None = None
    openings: tuple[Opening, ...] = ()
    read_parts: Callable[[UInt8[np.ndarray, "s s 3"], LabelSet], UInt8[np.ndarray, "s s"]] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"a domain's name must be a text, as in the metadata of its models; got {self.name!r}")
        self._check_several("label_sets", LabelSet, "a tuple of LabelSets")
        self._check_several("openings", Opening, "a tuple of Openings")
        self._check_several("vectors", Path, "a tuple of Paths")
        self._check_several("captions", str, "a tuple of texts")
        self._check_several("incidental", str, "a frozenset of names", frozenset)

    def _check_several(self, attribute: str, of: type, what: str, kind: type[tuple] | type[frozenset] = tuple) -> None:
        """Convert an attribute to a `kind`. Raises ValueError for a single value, or one that is no `of`."""
        given = getattr(self, attribute)
        several = isinstance(given, (tuple, list, set, frozenset))
        if not several or not all(isinstance(one, of) for one in given):
            raise ValueError(f"{attribute} of domain {self.name!r} must be {what}; got {shown(given)}")
        object.__setattr__(self, attribute, kind(given))
