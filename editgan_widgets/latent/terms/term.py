"""Term: one summand of the objective, with the figures that it reports.

A new goal or constraint of an edit is one class with this interface, added to the list of terms of an Objective.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.scalars import shown, whole


@dataclass(frozen=True)
class Candidate:
    """A latent to evaluate, with the generator's picture and features of it."""

    call: int  # evaluations of the objective before this one
    image: Float[Tensor, "1 3 h w"]  # in [-1, 1], not clipped
    features: list[Tensor]  # maps [1, channels, h, w], coarse to fine
    offset: Float[Tensor, "1 num_ws w_dim"]  # distance from the reference, in the latent frame's units
    w_plus: Float[Tensor, "1 num_ws width"]


@dataclass(frozen=True)
class TermValue:
    """A term's value at one candidate."""

    loss: Float[Tensor, ""]  # weighted; differentiable by image, features, offset or w_plus
    figures: Mapping[str, Float[Tensor, ""]]  # unweighted, by the term's names


@runtime_checkable
class Term(Protocol):
    """One summand of the objective."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the figures, in the order in which they are shown."""
        ...

    @property
    def period(self) -> int:
        """Evaluation i computes the same operations as evaluation i + period; 1 for most terms."""
        ...

    @property
    def goal(self) -> str | None:
        """Name of the figure, 0 to 1, that measures progress towards the goal; None if the term only preserves."""
        ...

    def value(self, at: Candidate) -> TermValue:
        """Evaluate the term at a candidate; returns the weighted loss and the unweighted figures."""
        ...


def checked_term(term: Any) -> Term:
    """A term whose names, goal and period fit together. Raises ValueError that names the term and what is wrong."""
    kind = type(term).__name__
    if not isinstance(term, Term):
        raise ValueError(f"a term has names, period, goal and value (latent/terms/term.py); got {shown(term)}")
    if not isinstance(term.names, (tuple, list)) or not all(isinstance(name, str) for name in term.names):
        raise ValueError(f"the names of {kind} must be a tuple of texts, such as ('iou',); got {shown(term.names)}")
    if term.goal is not None and term.goal not in term.names:
        raise ValueError(
            f"the goal of {kind} must be one of its own figures ({', '.join(term.names) or 'none'}) or None; got "
            f"{shown(term.goal)}"
        )
    whole(term.period, f"the period of {kind}", least=1)
    return term


def checked_value(term: Term, at: Candidate) -> TermValue:
    """A term's value at a candidate. Raises ValueError unless it has exactly the figures that the term names."""
    value = term.value(at)
    if value.figures.keys() != set(term.names):
        raise ValueError(
            f"{type(term).__name__} must report the figures that it names, {', '.join(term.names) or 'none'}; got "
            f"{', '.join(map(str, value.figures)) or 'none'}; change its TermValue or its names"
        )
    return value


def zero(device: torch.device) -> Float[Tensor, ""]:
    """Return the scalar 0 on a device."""
    return torch.zeros((), device=device)
