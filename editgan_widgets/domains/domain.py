"""Domain: a class of pictures (portraits, cars, …) as the rest of the package sees it.

A domain says which label sets belong to it, and which judges can measure its pictures. A model belongs to the domain
that its metadata name, or whose label set it has (domains/registry.py). A model without a domain edits as any other;
only what needs judges is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.labels import LabelSet


@runtime_checkable
class FactorReader(Protocol):
    """Reads factors such as smile or age off pictures."""

    @property
    def names(self) -> tuple[str, ...]:
        """Factors that it reads."""
        ...

    @property
    def report(self) -> Mapping[str, float]:
        """R² of each factor on held-out pictures; empty where it was not measured."""
        ...

    @property
    def std(self) -> Float[Tensor, " factors"]:
        """Standard deviation of each factor over pictures of the domain, in the order of `names`."""
        ...

    def read(self, image: Float[Tensor, "b 3 h w"]) -> dict[str, np.ndarray]:
        """Give `b` values for each factor; pictures in [-1, 1]."""
        ...


@dataclass(frozen=True)
class Judges:
    """Networks that measure a domain's pictures; no edit is optimised against them. None where there is no such judge.

    Callers share them: do not train, move or change them.
    """

    segmenter: nn.Module | None = None  # picture [b, 3, h, w] in [-1, 1] -> logits [b, labels, h, w]
    factors: FactorReader | None = None
    identity: nn.Module | None = None  # picture [b, 3, h, w] in [-1, 1] -> unit vectors [b, n]: who is shown


@dataclass(frozen=True)
class Domain:
    """A class of pictures.

    Attributes:
        name: as metadata of a model name it.
        label_sets: of the domain's models.
        load_judges: loads fresh judges onto a device; None where there are none.
        incidental: factors that nearly every edit changes a little, such as colours; they do not count in an effect.
        probe: name of a shipped edit vector, and of the factor that it changes: its effect on a picture says whether
            that picture can still be edited. None where there is none.
    """

    name: str
    label_sets: tuple[LabelSet, ...]
    load_judges: Callable[[torch.device], Judges] | None = None
    incidental: frozenset[str] = frozenset()
    probe: str | None = None
