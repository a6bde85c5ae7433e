"""The objective of an edit (EditGAN, section 3.3): every term is a mean over its own pixels.

    total = CE(segmentation, painted | region) + Dice(edited parts | region) + RGB(outside) + perceptual(outside) +
    identity(picture) + prior(latent) + encoder(latent, picture)

The interpreter is evaluated at the region's pixels only, and of a large region at an even part of them, another one
in each step. Means over own pixels make the weights independent of how
large a region is; the authors' release averages over the whole picture, so that a small edit's outside counts more
than a large one's (LossWeights.picture_mean does as the release).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from editgan_kernels import PixelSampler
from editgan_widgets.editing.target import EditTarget
from editgan_widgets.models.devices import has_quick_bfloat16
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generator import Synthesis
from editgan_widgets.models.perceptual import PerceptualDistance

_BFLOAT16_FROM = 256**2  # pixels of a picture whose label map is made with products in bfloat16

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
    # Pixels of the region that a step reads at most; of a larger one a part in turn. None, or on a CUDA device: all.
    pixels: int | None = 2048
    picture_mean: bool = False  # RGB and perceptual are means over the whole picture, where the region counts 0

    def __post_init__(self) -> None:
        if self.pixels is not None and self.pixels < 1:
            raise ValueError(f"pixels must be 1 or more, or None; got {self.pixels!r}")


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


@dataclass(frozen=True)
class Descent:
    """One step's objective of which the terms' gradients are taken already."""

    figures: Tensor  # [len(FIGURES)], on the device
    outputs: list[Tensor]  # what depends on the latent: picture, features, offset, w_plus
    gradients: list[Tensor]  # of the total by each of them

    def gradient(self, x: Tensor) -> Tensor:
        """Of the total by `x`, from which the outputs were computed."""
        return torch.autograd.grad(self.outputs, [x], self.gradients)[0]


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
        edited = torch.tensor(target.labels, device=device)
        self.lattices = [
            _Lattice(target, pixels, weights, edited, len(model.labels), nearest)
            for pixels in _lattices(region, None if device.type == "cuda" else weights.pixels)
        ]
        self.edited = edited
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

    @property
    def kinds(self) -> int:
        """Calls that differ in what they compute; call number i, counted by `calls`, is of kind i % kinds."""
        return math.lcm(len(self.lattices), 1 if self.perceptual is None else self.weights.perceptual_every)

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
        found: dict[str, Tensor] = {}
        total = sum(self._terms(synthesis, offset, w_plus, found), synthesis.image.new_zeros(()))
        return Evaluation(total, self._figures(synthesis.image, total, found))

    def descend(
        self,
        synthesis: Synthesis,
        offset: Float[Tensor, "1 num_ws w_dim"],
        w_plus: Float[Tensor, "1 num_ws w_dim"],
    ) -> Descent:
        """Evaluate as a call does, and take the gradients term after term: only one term's graph is kept at a time."""
        given = [synthesis.image, *synthesis.features, offset, w_plus]
        leaves = [x.detach().requires_grad_(x.requires_grad) for x in given]
        moving = [i for i, x in enumerate(leaves) if x.requires_grad]
        found: dict[str, Tensor] = {}
        total, gradients = synthesis.image.new_zeros(()), dict[int, Tensor]()
        for term in self._terms(Synthesis(leaves[0], leaves[1:-2]), leaves[-2], leaves[-1], found):
            total = total + term.detach()
            if term.requires_grad:
                found_here = torch.autograd.grad(term, [leaves[i] for i in moving], allow_unused=True)
                for i, gradient in zip(moving, found_here, strict=True):
                    if gradient is not None:
                        gradients[i] = gradient if i not in gradients else gradients[i] + gradient
        outputs, taken = [given[i] for i in gradients], list(gradients.values())
        return Descent(self._figures(synthesis.image, total, found), outputs, taken)

    def _terms(
        self, synthesis: Synthesis, offset: Tensor, w_plus: Tensor | None, found: dict[str, Tensor]
    ) -> Iterator[Tensor]:
        """Weighted terms one after the other; their unweighted values come into `found`."""
        weights, zero = self.weights, synthesis.image.new_zeros(())
        lattice = self.lattices[self.calls % len(self.lattices)]
        logits = self.interpreter.at(synthesis.features, lattice.sampler)[0].float()  # [num_labels, n]
        found |= lattice.terms(logits)
        yield weights.segmentation * found["segmentation"] + weights.dice * found["dice"]
        del logits
        difference = (synthesis.image - self.reference) * self.outside
        found["rgb"] = difference.square().sum() / self.outside_values * self.share
        found["prior"] = offset.square().mean()
        yield weights.rgb * found["rgb"] + weights.prior * found["prior"]
        found["perceptual"] = self._perceptual(synthesis.image)
        yield weights.perceptual * found["perceptual"]
        found["identity"] = zero if self.embedding is None else self._identity(synthesis.image)
        yield weights.identity * found["identity"]
        found["encoder"] = zero if self.encoder is None or w_plus is None else self._encoder(synthesis.image, w_plus)
        yield weights.encoder * found["encoder"]
        self.calls += 1

    @torch.no_grad()
    def _figures(self, image: Tensor, total: Tensor, found: dict[str, Tensor]) -> Tensor:
        clipped = image.clamp(-1, 1) - self.reference.clamp(-1, 1)
        # Value range is 2 wide: a share of it, as the picture's user sees it.
        outside = (clipped.abs() * self.outside).sum() / (2 * self.outside_values)
        values = {**found, "total": total, "outside": outside, "iou": self._iou()}
        return torch.stack([values[name].detach() for name in FIGURES])

    def _perceptual(self, image: Tensor) -> Tensor:
        """Return the perceptual distance, and in the calls between two evaluations the latest one without gradient."""
        every, due = self.weights.perceptual_every, self.calls % self.weights.perceptual_every == 0
        if self.perceptual is None or self.perceptual_reference is None or not due:
            return self.latest_perceptual
        distance = self.perceptual(image, self.perceptual_reference) * self.share
        self.latest_perceptual = distance.detach()
        return every * distance - (every - 1) * self.latest_perceptual  # its value, `every` times its gradient

    def _identity(self, image: Tensor) -> Tensor:
        assert self.embedding is not None
        assert self.embedded is not None
        return 1 - (self.embedding(image) * self.embedded).sum(1).mean()

    def _encoder(self, image: Tensor, w_plus: Tensor) -> Tensor:
        assert self.encoder is not None
        with torch.no_grad():
            encoded = self.encoder(image)
        return (w_plus - encoded).square().mean()

    def _iou(self) -> Tensor:
        """Mean over the edited parts of intersection over union inside the region; 1 where a part is in neither.

        Of each lattice the latest evaluation counts.
        """
        counts = [lattice.counts for lattice in self.lattices if lattice.counts is not None]
        both, either = (torch.stack(of_each).sum(0) for of_each in zip(*counts, strict=True))
        return torch.where(either > 0, both / either.clamp_min(1), 1.0).mean()


class _Lattice:
    """Pixels of the region that one step reads, what is wanted there, and how much each counts."""

    def __init__(
        self,
        target: EditTarget,
        pixels: Bool[Tensor, "h w"],
        weights: LossWeights,
        edited: Tensor,
        num_labels: int,
        nearest: bool,
    ):
        self.sampler = PixelSampler.from_region(pixels, nearest)
        wanted = torch.from_numpy(target.label_map).to(pixels.device).long()
        changed = torch.from_numpy(target.changed).to(pixels.device)[pixels]
        area = torch.bincount(wanted[torch.from_numpy(target.region).to(pixels.device)], minlength=num_labels).float()
        self.wanted = wanted[pixels]  # [n]
        weight = area[self.wanted].pow(-weights.balance_power) * torch.where(changed, weights.changed, 1.0)
        self.pixel_weight = weight / weight.sum()
        self.edited = edited
        self.wanted_parts = self.wanted == edited[:, None]  # [edited, n]
        self.counts: tuple[Tensor, Tensor] | None = None  # of the latest evaluation: in both, in either

    def terms(self, logits: Float[Tensor, "num_labels n"]) -> dict[str, Tensor]:
        """Cross-entropy and Dice."""
        log_p = logits.log_softmax(0)
        segmentation = -(log_p.gather(0, self.wanted[None])[0] * self.pixel_weight).sum()
        p = log_p[self.edited].exp()
        overlap = (p * self.wanted_parts).sum(1)
        dice = (1 - (2 * overlap + 1) / (p.sum(1) + self.wanted_parts.sum(1) + 1)).mean()
        with torch.no_grad():
            parts = logits.argmax(0) == self.edited[:, None]
            self.counts = (parts & self.wanted_parts).sum(1), (parts | self.wanted_parts).sum(1)
        return {"segmentation": segmentation, "dice": dice}


def _lattices(region: Bool[Tensor, "h w"], most: int | None) -> list[Bool[Tensor, "h w"]]:
    """The region where it has at most so many pixels, else as many interleaved parts of it as that takes."""
    count = 1 if most is None else -(-int(region.sum()) // most)
    if count <= 1:
        return [region]
    y, x = (torch.arange(n, device=region.device) for n in region.shape)
    place = (x + _slant(count) * y[:, None]) % count  # each row and column of the picture meets all parts
    parts = [region & (place == i) for i in range(count)]
    return [part for part in parts if bool(part.any())]


def _slant(count: int) -> int:
    """Rows' shift against each other of a lattice that takes every `count`-th pixel: as even as it gets."""
    return max((a for a in range(1, count) if math.gcd(a, count) == 1), key=lambda a: _spacing(a, count), default=1)


def _spacing(slant: int, count: int) -> int:
    """Squared distance of two pixels of a lattice that are next to each other."""
    return min(
        dx**2 + dy**2
        for dy in range(-count, count + 1)
        for dx in range(-count, count + 1)
        if (dx or dy) and (dx + slant * dy) % count == 0
    )


def predicted_label_map(model: EditGAN, features: list[Tensor]) -> UInt8[Tensor, "h w"]:
    """Label map that the interpreter sees in one picture's features.

    From 256 px up its products are in bfloat16 where the CPU has AMX tiles: at 512 px 1.5 times as quick, and another
    label for the two pixels in a thousand whose two likeliest ones are as good as equal.
    """
    if model.interpreter is None:
        raise ValueError(_NO_INTERPRETER)
    finest = features[-1]
    large = finest.shape[2] * finest.shape[3] >= _BFLOAT16_FROM
    dtype = torch.bfloat16 if large and has_quick_bfloat16(finest.device) else None
    with torch.no_grad():
        return model.interpreter(features, dtype=dtype)[0].argmax(0).to(torch.uint8)
