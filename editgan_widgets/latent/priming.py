"""Priming: a mask edit starts from the known edit vector whose picture agrees best with the painted mask.

An edit vector that was learned for the painted parts leads most of the way to the target, and its rows already move
together. The vectors whose parts were painted are evaluated at a few scales by the segmentation term alone. The change
outside the region is ignored here: nearly every vector causes some, and the optimisation that follows reduces it.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.latent.objective import LossWeights, segmentation_term
from editgan_widgets.latent.target import EditTarget
from editgan_widgets.latent.terms.segmentation import SegmentationTerm
from editgan_widgets.latent.terms.term import Candidate
from editgan_widgets.models.editgan import EditGAN

MOST_VECTORS = 3  # tried for one edit
FIRST_SCALE = 0.9  # scale at which every vector is tried; the best one is tried at OTHER_SCALES too
OTHER_SCALES = (0.6, 1.2)
LEAST_GAIN = 0.15  # share of the segmentation loss that a vector must remove to be used


OnCandidate: TypeAlias = Callable[[UInt8[np.ndarray, "h w 3"]], None]
Stopped: TypeAlias = Callable[[], bool]


class SearchStopped(Exception):
    """The caller stopped the search for a vector."""


@dataclass(frozen=True, eq=False)
class Start:
    """Starting point of an edit: the unedited latent plus a scaled edit vector."""

    vector: EditVector
    scale: float
    w_plus: Tensor  # [1, num_ws, w_dim]
    gain: float | None = None  # share of the segmentation loss that it removes, at most 1; None if it was not measured

    def __repr__(self) -> str:
        gain = "" if self.gain is None else f", gain {self.gain:.2f}"
        return f"Start({self.name}{gain})"

    @property
    def name(self) -> str:
        """Name of the vector and its scale, for the status line."""
        return f"{self.vector.name} x {self.scale:g}"


@torch.no_grad()
def primed_start(
    model: EditGAN,
    w_plus: Float[Tensor, "1 num_ws w_dim"],
    target: EditTarget,
    vectors: Iterable[EditVector],
    weights: LossWeights | None = None,
    on_candidate: OnCandidate | None = None,
    stopped: Stopped | None = None,
) -> Start | None:
    """Find the vector and the scale that remove the largest share of the segmentation loss.

    Args:
        model: with an interpreter.
        w_plus: the unedited latent.
        target: target of the painted mask.
        vectors: candidates; vectors of another model and vectors whose parts were not painted are skipped.
        weights: weights of the segmentation term; None means the defaults.
        on_candidate: called with the picture of each candidate that is good enough to be used and better than those
            before it; the last one is the picture of the result.
        stopped: called before each pass through the generator and after the last one; True ends the search.

    Returns None if no vector removes at least LEAST_GAIN of the loss. Raises SearchStopped.
    """
    tried = matching_vectors(vectors, target, model)
    if not tried or not target.labels:
        return None
    term = segmentation_term(model, target, weights or LossWeights(), w_plus.device)

    def check() -> None:
        if stopped is not None and stopped():
            raise SearchStopped

    check()
    unedited, _ = _evaluated(model, term, w_plus)
    if not unedited > 0:  # the weights leave nothing of the term, or the picture has reached the target
        return None
    shown = -math.inf  # gain of the candidate that was passed to on_candidate last

    def start_at(vector: EditVector, scale: float) -> Start:
        nonlocal shown
        check()
        start = vector.apply(w_plus, scale)
        loss, image = _evaluated(model, term, start)
        gain = 1 - loss / unedited
        if on_candidate is not None and gain >= LEAST_GAIN and gain > shown:
            shown = gain
            on_candidate(images.to_uint8(image)[0])
        return Start(vector, scale, start, gain)

    best = max((start_at(vector, sign * FIRST_SCALE) for vector, sign in tried), key=_gain)
    sign = 1 if best.scale > 0 else -1
    best = max(best, *(start_at(best.vector, sign * scale) for scale in OTHER_SCALES), key=_gain)
    check()
    return best if _gain(best) >= LEAST_GAIN else None


def matching_vectors(vectors: Iterable[EditVector], target: EditTarget, model: EditGAN) -> list[tuple[EditVector, int]]:
    """List the vectors that change the painted parts, at most MOST_VECTORS, each with the sign of its scale.

    They are ordered by the overlap of their parts with the painted ones. The sign is -1 if the parts overlap more with
    those that were painted over: glasses are removed by the vector that puts them on, with a negative scale.
    """
    painted, replaced = _names(target.labels, model.labels), _names(target.replaced, model.labels)
    ranked = []
    for vector in vectors:
        parts = set(vector.labels)
        to, away = _overlap(parts, painted), _overlap(parts, replaced)
        if max(to, away) > 0 and _fits(vector, model):
            ranked.append((max(to, away), vector, 1 if to >= away else -1))
    ranked.sort(key=lambda entry: -entry[0])
    return [(vector, sign) for _, vector, sign in ranked[:MOST_VECTORS]]


def _gain(start: Start) -> float:
    return -math.inf if start.gain is None else start.gain


def _names(ids: Iterable[int], labels: LabelSet) -> set[str]:
    return {labels[i].name for i in ids}


def _overlap(one: set[str], other: set[str]) -> float:
    """Jaccard index of two sets, 0 to 1."""
    return len(one & other) / len(one | other) if one and other else 0.0


def _fits(vector: EditVector, model: EditGAN) -> bool:
    try:
        vector.check(model)
    except EditVectorError:
        return False
    return vector.delta_w_plus.shape == (model.generator.num_rows, model.generator.w_dim)


def _evaluated(model: EditGAN, term: SegmentationTerm, w_plus: Tensor) -> tuple[float, Tensor]:
    """Segmentation loss and picture of a latent."""
    synthesis = model.generator.synthesis(w_plus)
    at = Candidate(0, synthesis.image, synthesis.features, torch.zeros_like(w_plus), w_plus)
    return float(term.value(at).loss), synthesis.image
