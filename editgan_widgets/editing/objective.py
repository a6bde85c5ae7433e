"""The objective of an edit (EditGAN, section 3.3): every term is a mean over its own pixels.

    total = CE(segmentation, painted | region) + Dice(edited parts | region) + RGB(outside) + perceptual(outside) +
    identity(picture) + prior(latent) + encoder(latent, picture)

The interpreter is evaluated at the region's pixels only. Means over own pixels make the weights independent of how
large a region is; the authors' release averages over the whole picture, so that a small edit's outside counts more
than a large one's (LossWeights.picture_mean does as the release).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from editgan_kernels import PixelSampler
from editgan_widgets.editing.target import EditTarget
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generator import Synthesis
from editgan_widgets.models.perceptual import PerceptualDistance

Embedding: TypeAlias = Callable[[Tensor], Tensor]  # picture [1, 3, H, W] in [-1, 1] -> unit vector [1, n]


@dataclass(frozen=True)
class LossWeights:
    """Weights of the objective's terms, pictures in [-1, 1]. A weight of 0 leaves a term uncomputed."""

    segmentation: float = 1.0  # cross-entropy in nats; the unit of the others
    dice: float = 2.0  # 1 - soft Dice of the edited parts, which IoU follows; cross-entropy favours large parts
    rgb: float = 40.0  # mean squared error outside
    perceptual: float = 2.0  # PerceptualDistance outside
    perceptual_every: int = 2  # steps; it is a quarter of a step's time, and its gradient counts for those between
    prior: float = 0.01  # squared distance from the start in the latent frame's units, mean over layers and axes
    balance_power: float = 0.5  # a pixel counts 1 / area(its label in the region) ** this: no outvoting
    changed: float = 2.0  # a repainted pixel counts this much more than one that is to stay
    identity: float = 1.0  # 1 - cosine of an embedding before and after, where the edit is given one
    encoder: float = (
        0.0  # squared distance from what the encoder says of the picture, where the model has one; W's unit
    )
    picture_mean: bool = False  # RGB and perceptual are means over the whole picture, where the region counts 0


@dataclass(frozen=True)
class Losses:
    """Values of one step, unweighted; `total` is the weighted sum. `segmentation` is cross-entropy in nats."""

    segmentation: float
    rgb: float
    perceptual: float  # of this step or the one before (LossWeights.perceptual_every)
    prior: float
    total: float
    dice: float = 0.0
    identity: float = 0.0
    encoder: float = 0.0


@dataclass(frozen=True)
class Evaluation:
    """One step's objective: `total` to differentiate, and all figures `[len(FIGURES)]` on the device, in that order."""

    total: Tensor
    figures: Tensor


_NO_INTERPRETER = "this model has no interpreter yet; train one (editgan train, or training.train_interpreter)"

FIGURES = ("segmentation", "rgb", "perceptual", "prior", "total", "dice", "identity", "encoder", "iou", "outside")


class Objective:
    """The losses of one edit; what does not change between steps is computed once.

    Args:
        model: with an interpreter; without a discriminator the perceptual term is left out.
        target: where and what.
        reference: picture `[1, 3, H, W]` that the outside is held to.
        weights: of the terms.
        embedding: of the identity term; None leaves it out.
        nearest: the interpreter's features are upsampled to the nearest pixel, not bilinearly.
    """

    def __init__(
        self,
        model: EditGAN,
        target: EditTarget,
        reference: Float[Tensor, "1 3 h w"],
        weights: LossWeights,
        embedding: Embedding | None = None,
        nearest: bool = False,
    ):
        if model.interpreter is None:
            raise ValueError(_NO_INTERPRETER)
        self.interpreter, self.weights = model.interpreter, weights
        self.encoder = model.encoder if weights.encoder > 0 else None
        self.embedding = embedding if weights.identity > 0 else None
        self.embedded = None if self.embedding is None else self.embedding(reference).detach()
        device = reference.device
        region = torch.from_numpy(target.region).to(device)
        self.sampler = PixelSampler.from_region(region, nearest)
        wanted = torch.from_numpy(target.label_map).to(device).long()[region]  # [n]
        changed = torch.from_numpy(target.changed).to(device)[region]
        area = torch.bincount(wanted, minlength=len(model.labels)).float()
        weight = area[wanted].pow(-weights.balance_power) * torch.where(changed, weights.changed, 1.0)
        self.wanted, self.pixel_weight = wanted, weight / weight.sum()
        self.edited = torch.tensor(target.labels, device=device)
        self.wanted_parts = wanted == self.edited[:, None]  # [edited, n]
        self.reference = reference.detach()
        self.outside = (~region).float()[None, None]
        self.outside_values = max(float(self.outside.sum()) * reference.shape[1], 1.0)
        # What turns a mean over the outside into the one that counts.
        self.share = float(self.outside.mean()) if weights.picture_mean else 1.0
        self.perceptual = self.perceptual_reference = None
        if model.discriminator is not None and weights.perceptual > 0 and not bool(region.all()):
            self.perceptual = PerceptualDistance(model.discriminator)
            self.perceptual_reference = self.perceptual.reference(self.reference, ~region)
        self.calls, self.latest_perceptual = 0, torch.zeros((), device=device)

    def __call__(
        self,
        synthesis: Synthesis,
        offset: Float[Tensor, "1 num_ws w_dim"],
        w_plus: Float[Tensor, "1 num_ws w_dim"] | None = None,
    ) -> Evaluation:
        """Evaluate at a synthesis.

        Args:
            synthesis: of the latent.
            offset: its distance from the reference, in the latent frame's unit.
            w_plus: the latent; the encoder's term is left out without it.
        """
        logits = self.interpreter.at(synthesis.features, self.sampler)[0]  # [num_labels, n]
        log_p = logits.log_softmax(0)
        segmentation = -(log_p.gather(0, self.wanted[None])[0] * self.pixel_weight).sum()
        p = log_p[self.edited].exp()
        overlap = (p * self.wanted_parts).sum(1)
        dice = (1 - (2 * overlap + 1) / (p.sum(1) + self.wanted_parts.sum(1) + 1)).mean()
        difference = (synthesis.image - self.reference) * self.outside
        rgb = difference.square().sum() / self.outside_values * self.share
        perceptual = self._perceptual(synthesis.image)
        prior = offset.square().mean()
        identity, encoder = self._identity(synthesis.image), self._encoder(synthesis.image, w_plus)
        weights = self.weights
        total = (
            weights.segmentation * segmentation
            + weights.dice * dice
            + weights.rgb * rgb
            + weights.perceptual * perceptual
            + weights.prior * prior
            + weights.identity * identity
            + weights.encoder * encoder
        )
        with torch.no_grad():
            iou = self._iou(logits)
            clipped = synthesis.image.clamp(-1, 1) - self.reference.clamp(-1, 1)
            # Value range is 2 wide: a share of it, as the picture's user sees it.
            outside = (clipped.abs() * self.outside).sum() / (2 * self.outside_values)
            found = (segmentation, rgb, perceptual, prior, total, dice, identity, encoder, iou, outside)
            figures = torch.stack([x.detach() for x in found])
        return Evaluation(total, figures)

    def _perceptual(self, image: Tensor) -> Tensor:
        """Return the perceptual distance, and in the calls between two evaluations the latest one without gradient."""
        every, due = self.weights.perceptual_every, self.calls % self.weights.perceptual_every == 0
        self.calls += 1
        if self.perceptual is None or self.perceptual_reference is None or not due:
            return self.latest_perceptual
        distance = self.perceptual(image, self.perceptual_reference) * self.share
        self.latest_perceptual = distance.detach()
        return every * distance - (every - 1) * self.latest_perceptual  # its value, `every` times its gradient

    def _identity(self, image: Tensor) -> Tensor:
        if self.embedding is None or self.embedded is None:
            return image.new_zeros(())
        return 1 - (self.embedding(image) * self.embedded).sum(1).mean()

    def _encoder(self, image: Tensor, w_plus: Tensor | None) -> Tensor:
        if self.encoder is None or w_plus is None:
            return image.new_zeros(())
        with torch.no_grad():
            encoded = self.encoder(image)
        return (w_plus - encoded).square().mean()

    def _iou(self, logits: Tensor) -> Tensor:
        """Mean over the edited parts of intersection over union inside the region; 1 where a part is in neither."""
        parts = logits.argmax(0) == self.edited[:, None]
        union = (parts | self.wanted_parts).sum(1)
        return torch.where(union > 0, (parts & self.wanted_parts).sum(1) / union.clamp_min(1), 1.0).mean()


def predicted_label_map(model: EditGAN, features: list[Tensor]) -> UInt8[Tensor, "h w"]:
    """Label map that the interpreter sees in one picture's features."""
    if model.interpreter is None:
        raise ValueError(_NO_INTERPRETER)
    with torch.no_grad():
        return model.interpreter(features)[0].argmax(0).to(torch.uint8)
