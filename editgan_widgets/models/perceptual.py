"""PerceptualDistance: squared difference of channel-normalised network features (LPIPS, Zhang et al. 2018, equation 1).

The features are those of our own discriminator, which knows the pictures of the class and needs no download. The
reference picture's features are computed once and kept. Pictures `[batch, 3, H, W]` in [-1, 1]; the distance is a
scalar, the batch's mean, 0 for equal pictures, below 2 for each block.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from editgan_widgets.models.discriminator import Discriminator


@dataclass(frozen=True)
class PerceptualReference:
    """A picture to compare with: its normalised features by block and, where only a part counts, which pixels do."""

    image: Tensor  # [batch, 3, H, W]
    features: list[Tensor]  # [batch, C, H / 2, W / 2] and so on, unit vectors over C
    keep: Tensor | None  # bool [1, 1, H, W]; None = all
    share: float  # kept part of the picture's area, > 0


class PerceptualDistance:
    """Distance to a reference through a discriminator's residual blocks.

    Args:
        discriminator: gives the features; not changed.
        blocks: which blocks count, fine (0) to coarse; None for the two finest. The coarser ones cost half as much
        again, and over 40 scripted edits leaving them out changed neither the agreement nor the outside.
    """

    def __init__(self, discriminator: Discriminator, blocks: tuple[int, ...] | None = None):
        self.discriminator = discriminator
        count = len(discriminator.block_sizes)
        self.blocks = tuple(range(min(2, count))) if blocks is None else tuple(blocks)
        if not self.blocks or not all(0 <= i < count for i in self.blocks):
            raise ValueError(f"blocks {self.blocks} do not fit: this discriminator has blocks 0..{count - 1}")

    def reference(
        self, image: Float[Tensor, "batch 3 h w"], keep: Bool[Tensor, "h w"] | None = None
    ) -> PerceptualReference:
        """Compute and keep the features of `image`; with `keep`, only those pixels will count."""
        with torch.no_grad():
            features = self._features(image)
        share = 1.0 if keep is None else max(float(keep.float().mean()), 1e-6)
        return PerceptualReference(image.detach(), features, None if keep is None else keep[None, None], share)

    def __call__(self, image: Float[Tensor, "batch 3 h w"], reference: PerceptualReference) -> Float[Tensor, ""]:
        """Distance of `image`, normalised by the kept area.

        Pixels that do not count are taken from the reference, so that a change there neither shows nor gets a
        gradient, and the network still sees a whole picture (blacking them out, as EditGAN does, puts a hard edge into
        both).
        """
        if reference.keep is not None:
            image = torch.where(reference.keep, image, reference.image)
        total = torch.zeros((), device=image.device)
        for ours, theirs in zip(self._features(image), reference.features, strict=True):
            total = total + (ours - theirs).square().sum(1).mean()
        return total / (len(self.blocks) * reference.share)

    def _features(self, image: Tensor) -> list[Tensor]:
        outputs = self.discriminator.features(image, count=max(self.blocks) + 1)
        # eps inside the root: its gradient stays finite where a pixel's features are all zero
        return [x * (x.square().sum(1, keepdim=True) + 1e-8).rsqrt() for x in (outputs[i] for i in self.blocks)]
