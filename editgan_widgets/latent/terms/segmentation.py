"""Segmentation term: the interpreter's label map inside the region should be the painted one (EditGAN, section 3.3).

loss = segmentation * cross-entropy + dice * (1 - soft Dice of the edited parts), each a mean over the region's pixels.
The interpreter is evaluated at the region's pixels only. Of a region larger than `most` pixels, each evaluation reads
one of several interleaved lattices in turn.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from editgan_kernels import PixelSampler
from editgan_widgets.iou import iou
from editgan_widgets.latent.target import EditTarget
from editgan_widgets.latent.terms.term import Candidate, TermValue
from editgan_widgets.models.interpreter import Interpreter


@dataclass(frozen=True)
class SegmentationWeights:
    """Weights inside the segmentation term. A weight of 0 leaves a part out."""

    segmentation: float  # cross-entropy, in nats
    dice: float  # 1 - soft Dice of the edited parts
    balance_power: float  # a pixel counts 1 / area(its label in the region) ** balance_power
    changed: float  # weight of a repainted pixel relative to an unchanged one
    most: int | None  # pixels that one evaluation reads at most; None = all


class SegmentationTerm:
    """Reports `segmentation` (cross-entropy, nats), `dice` (1 - soft Dice) and `iou`.

    `iou` is the mean over the edited parts of the intersection over union of predicted and painted mask inside the
    region, 0 to 1; a part that is in neither counts 1. With several lattices it combines the latest counts of each.
    """

    names = ("iou", "segmentation", "dice")
    goal = "iou"

    def __init__(
        self,
        interpreter: Interpreter,
        target: EditTarget,
        num_labels: int,
        weights: SegmentationWeights,
        device: torch.device,
        nearest: bool = False,
    ):
        self._interpreter, self._weights = interpreter, weights
        region = torch.tensor(target.region, device=device)
        edited = torch.tensor(target.labels, device=device)
        self.lattices = [
            _Lattice(target, pixels, weights, edited, num_labels, nearest) for pixels in _lattices(region, weights.most)
        ]
        self.period = len(self.lattices)

    def value(self, at: Candidate) -> TermValue:
        """Evaluate at the lattice whose turn it is."""
        lattice = self.lattices[at.call % len(self.lattices)]
        logits = self._interpreter.at(at.features, lattice.sampler)[0].float()  # [num_labels, n]
        segmentation, dice = lattice.losses(logits)
        loss = self._weights.segmentation * segmentation + self._weights.dice * dice
        return TermValue(loss, {"segmentation": segmentation, "dice": dice, "iou": self._iou()})

    @torch.no_grad()
    def _iou(self) -> Float[Tensor, ""]:
        counts = [lattice.counts for lattice in self.lattices if lattice.counts is not None]
        both, either = (torch.stack(of_each).sum(0) for of_each in zip(*counts, strict=True))
        return iou(both, either, 1.0).mean()


class _Lattice:
    """Pixels of the region that one evaluation reads, the painted labels there, and the weight of each."""

    def __init__(
        self,
        target: EditTarget,
        pixels: Bool[Tensor, "h w"],
        weights: SegmentationWeights,
        edited: Tensor,
        num_labels: int,
        nearest: bool,
    ):
        self.sampler = PixelSampler.from_region(pixels, nearest)
        wanted = torch.tensor(target.label_map, device=pixels.device).long()
        changed = torch.tensor(target.changed, device=pixels.device)[pixels]
        area = torch.bincount(wanted[torch.tensor(target.region, device=pixels.device)], minlength=num_labels).float()
        self.wanted = wanted[pixels]  # [n]
        weight = area[self.wanted].pow(-weights.balance_power) * torch.where(changed, weights.changed, 1.0)
        self.pixel_weight = weight / weight.sum()
        self.edited = edited
        self.wanted_parts = self.wanted == edited[:, None]  # [edited, n]
        self.counts: tuple[Tensor, Tensor] | None = None  # per edited part: pixels in both masks, pixels in either

    def losses(self, logits: Float[Tensor, "num_labels n"]) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Cross-entropy and 1 - Dice; counts intersection and union for `iou`."""
        log_p = logits.log_softmax(0)
        segmentation = -(log_p.gather(0, self.wanted[None])[0] * self.pixel_weight).sum()
        p = log_p[self.edited].exp()
        overlap = (p * self.wanted_parts).sum(1)
        dice = (1 - (2 * overlap + 1) / (p.sum(1) + self.wanted_parts.sum(1) + 1)).mean()
        with torch.no_grad():
            parts = logits.argmax(0) == self.edited[:, None]
            self.counts = (parts & self.wanted_parts).sum(1), (parts | self.wanted_parts).sum(1)
        return segmentation, dice


def _lattices(region: Bool[Tensor, "h w"], most: int | None) -> list[Bool[Tensor, "h w"]]:
    """Return the region itself, or interleaved parts of it with at most `most` pixels each."""
    count = 1 if most is None else -(-int(region.sum()) // most)
    if count <= 1:
        return [region]
    y, x = (torch.arange(n, device=region.device) for n in region.shape)
    place = (x + _slant(count) * y[:, None]) % count  # each row and column of the picture meets all parts
    parts = [region & (place == i) for i in range(count)]
    return [part for part in parts if bool(part.any())]


def _slant(count: int) -> int:
    """Shift between rows of a lattice of every `count`-th pixel that keeps its pixels farthest apart."""
    return max((a for a in range(1, count) if math.gcd(a, count) == 1), key=lambda a: _spacing(a, count), default=1)


def _spacing(slant: int, count: int) -> int:
    """Smallest squared distance of two pixels of a lattice."""
    return min(
        dx**2 + dy**2
        for dy in range(-count, count + 1)
        for dx in range(-count, count + 1)
        if (dx or dy) and (dx + slant * dy) % count == 0
    )
