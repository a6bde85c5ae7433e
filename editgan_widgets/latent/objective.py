"""Objective: the weighted sum of an optimisation's terms, and the figures of all terms.

`edit_objective` lists the terms of an edit (EditGAN, section 3.3):

    total = segmentation(inside) + drag(points) + outside(RGB) + prior(latent) + perceptual(outside) + identity(picture)
            + encoder(latent, picture)

Each term is a mean over its own pixels, so that its weight does not depend on the size of the region. EditGAN's release
averages over the whole picture instead, as LossWeights.picture_mean does.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.latent.target import EditTarget
from editgan_widgets.latent.terms.encoder import EncoderTerm
from editgan_widgets.latent.terms.identity import IdentityModel, IdentityTerm
from editgan_widgets.latent.terms.outside import OutsideTerm
from editgan_widgets.latent.terms.perceptual import PerceptualTerm
from editgan_widgets.latent.terms.prior import PriorTerm
from editgan_widgets.latent.terms.segmentation import SegmentationTerm, SegmentationWeights
from editgan_widgets.latent.terms.term import Candidate, Term, checked_term, checked_value, zero
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generators.protocol import Synthesis
from editgan_widgets.models.perceptual import perceptual_distance
from editgan_widgets.scalars import plain_fields, shown, whole


@dataclass(frozen=True)
class LossWeights:
    """Weights of a mask edit's terms, pictures in [-1, 1]. A term of weight 0 is not computed."""

    segmentation: float = 1.0  # cross-entropy in nats
    dice: float = 2.0  # 1 - soft Dice of the edited parts, closer to IoU than cross-entropy, which favours large parts
    rgb: float = 40.0  # mean squared error outside
    perceptual: float = 2.0  # perceptual_distance outside
    perceptual_every: int = 2  # steps between two computations, to save time; their weight is scaled accordingly
    prior: float = 0.01  # squared distance from the start in the latent frame's units, mean over rows and axes
    balance_power: float = 0.5  # weight of a pixel = 1 / area(its label in the region) ** this, to balance the labels
    changed: float = 2.0  # weight of a repainted pixel relative to an unchanged one
    identity: float = 1.0  # 1 - cosine of the identity embeddings before and after; needs EditConfig.embedding
    drag: float = 5.0  # difference of the features at dragged points
    encoder: float = 0.0  # squared distance from the encoder's latent of the picture, in W's unit; needs an encoder
    # Maximum number of the region's pixels per step; a larger region is read in turns. None, or on a CUDA device: all.
    pixels: int | None = 2048
    picture_mean: bool = False  # RGB and perceptual are means over the whole picture, with 0 inside the region

    @classmethod
    def only(cls, **weights: Any) -> "LossWeights":
        """The given weights and settings; every weight that is not given is 0."""
        zeros = {weight.name: 0.0 for weight in fields(cls) if isinstance(weight.default, float)}
        return cls(**{**zeros, **weights})

    def __post_init__(self) -> None:
        plain_fields(self)
        if self.pixels is not None:
            whole(self.pixels, "pixels (None for all)", least=1)
        whole(self.perceptual_every, "perceptual_every", least=1)
        for weight in fields(self):
            value = getattr(self, weight.name)
            if isinstance(weight.default, float) and not 0 <= value < math.inf:
                raise ValueError(f"the weight {weight.name!r} must be a finite number, 0 or more; got {shown(value)}")


@dataclass(frozen=True)
class Evaluation:
    """The objective at one candidate: `total` to differentiate, and `figures` in the order of `Objective.names`."""

    total: Float[Tensor, ""]
    figures: Float[Tensor, " names"]


@dataclass(frozen=True)
class Descent:
    """The objective at one candidate, with its gradients with respect to `outputs`."""

    figures: Float[Tensor, " names"]
    outputs: list[Tensor]  # inputs of the terms, which depend on the latent: image, features, offset, w_plus
    gradients: list[Tensor]  # gradient of the total with respect to each of them

    def gradient(self, x: Tensor) -> Tensor:
        """Gradient of the total with respect to `x`, from which the outputs were computed."""
        return torch.autograd.grad(self.outputs, [x], self.gradients)[0]


class Objective:
    """Sum of terms.

    Attributes:
        names: names of the figures in display order: those of each term, then `total`.
        goals: names of the figures, 0 to 1, that measure how far the terms' goals are reached.
        period: evaluations i and i + period perform the same operations.
        left_out: terms that were asked for and are not computed, each with the reason (left_out_terms).
        calls: number of evaluations so far; may be set to choose the position of the next one in the period.

    Raises ValueError for a term whose names, goal or period do not fit, and for a figure that two terms name. A term
    that does not report the figures it names raises ValueError when it is evaluated.
    """

    def __init__(self, terms: Sequence[Term], left_out: Mapping[str, str] = MappingProxyType({})):
        self.terms, self.left_out = tuple(checked_term(term) for term in terms), dict(left_out)
        self.names = (*(name for term in self.terms for name in term.names), "total")
        self.goals = tuple(term.goal for term in self.terms if term.goal is not None)
        repeated = [name for i, name in enumerate(self.names) if name in self.names[:i]]
        if repeated:
            raise ValueError(f"two terms have a figure named {repeated[0]!r}, or a term uses 'total'; rename one")
        self.period = math.lcm(*(term.period for term in self.terms))
        self.calls = 0

    def __call__(
        self,
        synthesis: Synthesis,
        offset: Float[Tensor, "1 num_ws w_dim"],
        w_plus: Float[Tensor, "1 num_ws width"],
    ) -> Evaluation:
        """Evaluate at a latent's synthesis; `offset` is its distance from the reference in the latent frame's units."""
        figures: dict[str, Tensor] = {}
        losses = self._losses(synthesis.image, synthesis.features, offset, w_plus, figures)
        total = sum(losses, zero(synthesis.image.device))
        return Evaluation(total, self._stacked(total, figures))

    def descend(
        self,
        synthesis: Synthesis,
        offset: Float[Tensor, "1 num_ws w_dim"],
        w_plus: Float[Tensor, "1 num_ws width"],
    ) -> Descent:
        """Evaluate, and compute the gradients term by term, so that only one term's graph is in memory at a time."""
        given = [synthesis.image, *synthesis.features, offset, w_plus]
        leaves = [x.detach().requires_grad_(x.requires_grad) for x in given]
        moving = [i for i, x in enumerate(leaves) if x.requires_grad]
        figures: dict[str, Tensor] = {}
        total, gradients = zero(synthesis.image.device), dict[int, Tensor]()
        for loss in self._losses(leaves[0], leaves[1:-2], leaves[-2], leaves[-1], figures):
            total = total + loss.detach()
            if loss.requires_grad:
                of_term = torch.autograd.grad(loss, [leaves[i] for i in moving], allow_unused=True)
                for i, gradient in zip(moving, of_term, strict=True):
                    if gradient is not None:
                        gradients[i] = gradient if i not in gradients else gradients[i] + gradient
        outputs, taken = [given[i] for i in gradients], list(gradients.values())
        return Descent(self._stacked(total, figures), outputs, taken)

    def _losses(
        self, image: Tensor, features: list[Tensor], offset: Tensor, w_plus: Tensor, figures: dict[str, Tensor]
    ) -> Iterator[Tensor]:
        """Yield the loss of each term, and add its figures to `figures`."""
        at = Candidate(self.calls, image, features, offset, w_plus)
        for term in self.terms:
            value = checked_value(term, at)
            figures |= value.figures
            yield value.loss
            del value
        self.calls += 1

    def _stacked(self, total: Tensor, figures: dict[str, Tensor]) -> Float[Tensor, " names"]:
        return torch.stack([{**figures, "total": total}[name].detach() for name in self.names])


def edit_objective(
    model: EditGAN,
    target: EditTarget,
    reference: Float[Tensor, "1 3 h w"],
    weights: LossWeights,
    embedding: IdentityModel | None = None,
    nearest: bool = False,
    goals: Sequence[Term] = (),
) -> Objective:
    """List the terms of an edit.

    Args:
        model: an EditGAN; `model.perceptual_distance` determines the features of the perceptual term.
        target: target label map and region.
        reference: picture in [-1, 1] that the outside is compared with.
        weights: weights of the terms.
        embedding: network of the identity term; None leaves it out (see `Objective.left_out`).
        nearest: upsample the interpreter's features by nearest pixel, not bilinearly.
        goals: further terms after the segmentation, such as that of a drag; without parts in the target there is no
            segmentation term.

    Raises ValueError for a target with parts and a model without an interpreter.
    """
    device = reference.device
    region = torch.tensor(target.region, device=device)
    terms = list[Term]()
    if target.labels:
        terms.append(segmentation_term(model, target, weights, device, nearest))
    terms.extend(goals)
    terms.append(OutsideTerm(reference, region, weights.rgb, weights.picture_mean))
    left_out = left_out_terms(model, weights, embedding)
    if weights.perceptual > 0 and bool(region.all()):
        left_out["perceptual"] = "the region is the whole picture, nothing is outside"
    elif weights.perceptual > 0:
        distance = perceptual_distance(model.discriminator, device=device)
        every = weights.perceptual_every
        terms.append(PerceptualTerm(distance, reference, region, weights.perceptual, every, weights.picture_mean))
    if weights.prior > 0:
        terms.append(PriorTerm(weights.prior))
    if weights.identity > 0 and embedding is not None:
        terms.append(IdentityTerm(embedding, reference, weights.identity))
    if weights.encoder > 0 and model.encoder is not None:
        terms.append(EncoderTerm(model.encoder, weights.encoder))
    return Objective(terms, left_out)


def segmentation_term(
    model: EditGAN, target: EditTarget, weights: LossWeights, device: torch.device, nearest: bool = False
) -> SegmentationTerm:
    """The segmentation term of an edit. Raises ValueError for a model without an interpreter."""
    inside = SegmentationWeights(
        weights.segmentation,
        weights.dice,
        weights.balance_power,
        weights.changed,
        None if device.type == "cuda" else weights.pixels,
    )
    return SegmentationTerm(model.trained_interpreter(), target, len(model.labels), inside, device, nearest)


def left_out_terms(model: EditGAN, weights: LossWeights, embedding: IdentityModel | None = None) -> dict[str, str]:
    """Terms that were asked for and that an edit cannot compute, each with the reason.

    A term is asked for if its weight is above 0. The identity term has a default weight for edits that are given an
    embedding, so it counts only if its weight differs from the default.
    """
    reasons = {}
    if weights.identity not in (0, LossWeights.identity) and embedding is None:
        reasons["identity"] = "no embedding is given (EditConfig.embedding)"
    if weights.encoder > 0 and model.encoder is None:
        reasons["encoder"] = "the model has no encoder"
    return reasons
