"""The document of the explorer: vectors, the chosen ones, and the results in its views."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from editgan_widgets.analysis.results import Result
from editgan_widgets.analysis.strength_strips import StrengthStrip
from editgan_widgets.analysis.vector_tables import VectorFigures, VectorTable, figures_of, vector_table
from editgan_widgets.latent.directions.edit_vector import EditVector

TABLE, STRIP, PAIRS = "vectors", "strip", "cosines"
EFFECT, CURVES, ROWS = "effect map", "attribute curves", "row norms"
LEAKAGE, TRANSFER, SAFE, INTERACTION = "leakage", "transfer rate", "safe strength", "interaction"
RESULTS = (TABLE, PAIRS, STRIP, EFFECT, CURVES, ROWS, LEAKAGE, TRANSFER, SAFE, INTERACTION)


@dataclass(frozen=True)
class Work:
    """What the worker computed last, for the status line.

    Attributes:
        of: "strip", "views", "pair" or "table".
        vector: name of the vector.
        done: number of portraits of it that are measured, of `total`.
    """

    of: str
    vector: str
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Document:
    """State of the explorer."""

    vectors: Mapping[str, EditVector]
    chosen: str
    seeds: tuple[int, ...]  # seeds of the strip's portraits
    seed: int  # seed of the large picture
    picture: np.ndarray  # uint8 [H, W, 3], `seed` at `strength`
    second: str | None = None
    strength: float = 1.0
    drafts: frozenset[str] = frozenset()  # names of vectors that were not kept yet
    own: frozenset[str] = frozenset()  # names of vectors that were kept here
    measured: Mapping[str, VectorFigures] = field(default_factory=dict)
    results: Mapping[str, Result] = field(default_factory=dict)  # results for the chosen vector and the pair
    strip: StrengthStrip | None = None
    paused: bool = False  # True if the table is measured on demand only
    work: Work | None = None

    @property
    def vector(self) -> EditVector:
        """The chosen vector."""
        return self.vectors[self.chosen]

    @property
    def figures(self) -> list[VectorFigures]:
        """One row per vector, with its measured figures."""
        return [self.measured.get(name) or figures_of(vector) for name, vector in self.vectors.items()]

    @property
    def table(self) -> VectorTable:
        """The table of all vectors."""
        return vector_table(self.figures, self.vectors.values())

    @property
    def shown(self) -> dict[str, Result]:
        """All results in view, by name."""
        strip = {} if self.strip is None else {STRIP: self.strip}
        found = {TABLE: self.table, **strip, **self.results}
        return {name: found[name] for name in RESULTS if name in found}
