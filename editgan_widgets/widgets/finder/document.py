"""The document of the finder: a portrait, directions with their pictures, kept vectors, portraits to mark."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from torch import Tensor

from editgan_widgets.analysis.marked_boundaries import MarkedBoundary
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.widgets.finder.commands import Find

STRENGTHS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)  # strengths of a row's pictures, in standard deviations


@dataclass(frozen=True)
class Effect:
    """What a direction changes most, over a few portraits."""

    attribute: str
    change: float  # at strength 1, standard deviations of the attribute
    share: float  # share of the changes of all attributes, 0 to 1


@dataclass(frozen=True, eq=False)
class Direction:
    """A row of the finder.

    Attributes:
        id: number of the row, not used again.
        vector: scale 1 is one standard deviation of W, or of the style channel, along it.
        rows: first and last row of w_plus that it moves.
        strength: strength of the slider.
        sheet: JPEG of the portrait at STRENGTHS, side by side.
        effect: None if nothing reads attributes.
        boundary: boundary of a learned direction.
    """

    id: int
    vector: EditVector
    rows: tuple[int, int]
    strength: float = 0.0
    sheet: bytes = b""
    effect: Effect | None = None
    boundary: MarkedBoundary | None = None

    @property
    def moved(self) -> EditVector:
        """The vector in its rows only."""
        first, last = self.rows
        return self.vector.masked((first, last + 1))


@dataclass(frozen=True, eq=False)
class Sample:
    """A portrait to mark."""

    seed: int
    w: Tensor  # [w_dim]
    picture: bytes  # JPEG


@dataclass(frozen=True, eq=False)
class Search:
    """A search that is not finished.

    Attributes:
        command: what is searched for.
        rows: first and last row of w_plus.
        left: found directions that are not shown yet; None before anything is found.
    """

    command: Find
    rows: tuple[int, int]
    left: tuple[EditVector, ...] | None = None


@dataclass(frozen=True, eq=False)
class Document:
    """State of the finder."""

    seed: int
    picture: np.ndarray  # uint8 [H, W, 3], the portrait with the active direction
    active: int | None = None  # id of the direction that the picture shows
    directions: tuple[Direction, ...] = ()
    next_id: int = 0
    kept: Mapping[str, EditVector] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    task: str = ""  # the last computation: "find", "portrait" or "sample"
    stale: tuple[int, ...] = ()  # ids of directions that still have pictures of another portrait
    search: Search | None = None
    wanted: int = 0  # number of portraits to mark that are not shown yet

    @property
    def left(self) -> int:
        """Number of steps of the computations that are not finished."""
        known = {one.id for one in self.directions}
        search = self.search
        found = 0 if search is None else search.command.count + 1 if search.left is None else len(search.left)
        return sum(id in known for id in self.stale) + found + self.wanted

    @property
    def at_rest(self) -> "Document":
        """The document without what is not finished."""
        return replace(self, stale=(), search=None, wanted=0)

    def direction(self, id: int) -> Direction:
        """The direction of a number. Raises ValueError if there is none."""
        for one in self.directions:
            if one.id == id:
                return one
        known = ", ".join(str(one.id) for one in self.directions) or "none"
        raise ValueError(f"there is no direction {id}; there are: {known}")

    def changed(self, direction: Direction) -> "Document":
        """The document with a direction in place of the one of the same number."""
        return replace(self, directions=tuple(direction if x.id == direction.id else x for x in self.directions))

    def added(self, direction: Direction) -> "Document":
        """The document with a new direction, whose number is the next one."""
        return replace(self, directions=(*self.directions, direction), next_id=self.next_id + 1)
