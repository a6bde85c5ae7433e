"""Priming: a mask edit starts from the best of the known edit vectors that change what was painted.

Gradient steps from the unedited latent do not find every edit: closed eyes lie far away, and on the way the picture
gets worse. A vector that was learned for such parts leads there directly. So the vectors whose parts were painted are
tried at a few scales, and the edit starts from the one whose picture agrees best with the painted mask inside the
region. The change outside is not compared: nearly every vector changes something outside, and the steps that follow
repair it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.latent.objective import LossWeights, segmentation_term
from editgan_widgets.latent.target import EditTarget
from editgan_widgets.latent.terms.segmentation import SegmentationTerm
from editgan_widgets.latent.terms.term import Candidate
from editgan_widgets.models.editgan import EditGAN

MOST_VECTORS = 5  # tried for one edit
SCALES = (0.6, 1.2)
LEAST_GAIN = 0.15  # share of the segmentation loss that a vector must remove to be used


@dataclass(frozen=True, eq=False)
class Start:
    """Where an edit starts instead of the unedited latent."""

    vector: EditVector
    scale: float
    w_plus: Tensor  # [1, num_ws, w_dim]
    gain: float | None = None  # share of the segmentation loss inside the region that it removes; None: not measured

    @property
    def name(self) -> str:
        """The vector's name and scale, for a user."""
        return f"{self.vector.name} x {self.scale:g}"


@torch.no_grad()
def primed_start(
    model: EditGAN,
    w_plus: Float[Tensor, "1 num_ws w_dim"],
    target: EditTarget,
    vectors: Iterable[EditVector],
    weights: LossWeights | None = None,
) -> Start | None:
    """Find the vector and scale from which an edit should start.

    Args:
        model: with an interpreter.
        w_plus: the unedited latent.
        target: what was painted.
        vectors: known edits; those of another model, and those whose parts were not painted, are not tried.
        weights: of the edit; None takes the defaults.

    Returns None where no vector removes LEAST_GAIN of the segmentation loss.
    """
    tried = matching_vectors(vectors, target, model)
    if not tried or not target.labels:
        return None
    term = segmentation_term(model, target, weights or LossWeights(), w_plus.device)
    unedited = _loss(model, term, w_plus)
    gains = {}
    for vector, sign in tried:
        for scale in SCALES:
            start = Start(vector, sign * scale, vector.apply(w_plus, sign * scale))
            gains[start] = 1 - _loss(model, term, start.w_plus) / unedited
    best = max(gains, key=lambda start: gains[start])
    return replace(best, gain=gains[best]) if gains[best] >= LEAST_GAIN else None


def matching_vectors(vectors: Iterable[EditVector], target: EditTarget, model: EditGAN) -> list[tuple[EditVector, int]]:
    """List the vectors that change the painted parts, at most MOST_VECTORS, each with the sign of its scale.

    They are ordered by the overlap of their parts with the painted ones. The sign is -1 if the parts overlap more with
    what was painted over: glasses are removed by the vector that puts them on, with a negative scale.
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


def _loss(model: EditGAN, term: SegmentationTerm, w_plus: Tensor) -> float:
    synthesis = model.generator.synthesis(w_plus)
    at = Candidate(0, synthesis.image, synthesis.features, torch.zeros_like(w_plus), w_plus)
    return float(term.value(at).loss)
