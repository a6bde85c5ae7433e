"""Perceptual distances: squared difference of channel-normalised network features (LPIPS, Zhang et al. 2018, eq. 1).

`PerceptualDistance` compares by our own discriminator, which knows the pictures of the class and needs no download;
`Lpips` by VGG16, where its weights are on disk. `perceptual_distance` takes the best that there is; each says in `name`
what it is, for reports. The reference picture's features are computed once and kept. Pictures `[batch, 3, H, W]` in
[-1, 1]; the distance is a scalar, the batch's mean, 0 for equal pictures.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from editgan_widgets.models.discriminator import Discriminator
from editgan_widgets.models.vgg16 import Vgg16Features, load_heads, lpips_heads_path, vgg16_path

_LARGEST = 256  # px of the pictures that are compared by a discriminator


@dataclass(frozen=True)
class PerceptualReference:
    """A picture to compare with: its normalised features by block and, where only a part counts, which pixels do."""

    image: Tensor  # [batch, 3, H, W]
    features: list[Tensor]  # [batch, C, H / 2, W / 2] and so on, unit vectors over C
    keep: Tensor | None  # bool [1, 1, H, W]; None = all
    share: float  # kept part of the picture's area, > 0


class _FeatureDistance:
    """What the distances share: a reference, the pixels that count, the sum over the maps."""

    name: str  # which features these are, for reports

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
        pairs = zip(self._features(image), reference.features, strict=True)
        total = torch.zeros((), device=image.device)
        for i, (ours, theirs) in enumerate(pairs):
            total = total + self._weighted(i, (ours - theirs).square())
        return total / reference.share

    def _features(self, image: Tensor) -> list[Tensor]:
        """Maps that are of length 1 over the channels at each pixel."""
        raise NotImplementedError

    def _weighted(self, i: int, squared: Float[Tensor, "batch c h w"]) -> Float[Tensor, ""]:
        """What the i-th map's squared difference adds."""
        raise NotImplementedError


class PerceptualDistance(_FeatureDistance):
    """Distance to a reference through a discriminator's residual blocks; below 2.

    Pictures above 256 px are made smaller first, as StyleGAN2's projection does (Karras et al. 2020, appendix D): at
    512 px the finest block alone would take half as long as the generator.

    Args:
        discriminator: gives the features; not changed.
        blocks: which blocks count, fine (0) to coarse; None for the two finest. The coarser ones cost half as much
        again, and over 40 scripted edits leaving them out changed neither the agreement nor the outside.
    """

    name = "discriminator features"

    def __init__(self, discriminator: Discriminator, blocks: tuple[int, ...] | None = None):
        self.discriminator = discriminator
        count = len(discriminator.block_sizes)
        self.blocks = tuple(range(min(2, count))) if blocks is None else tuple(blocks)
        if not self.blocks or not all(0 <= i < count for i in self.blocks):
            raise ValueError(f"blocks {self.blocks} do not fit: this discriminator has blocks 0..{count - 1}")

    def _features(self, image: Tensor) -> list[Tensor]:
        if image.shape[2] > _LARGEST:
            image = F.avg_pool2d(image, min(image.shape[2] // _LARGEST, 4))
        outputs = self.discriminator.features(image, count=max(self.blocks) + 1)
        # eps inside the root: its gradient stays finite where a pixel's features are all zero
        return [x * (x.square().sum(1, keepdim=True) + 1e-8).rsqrt() for x in (outputs[i] for i in self.blocks)]

    def _weighted(self, i: int, squared: Tensor) -> Tensor:
        return squared.sum(1).mean() / len(self.blocks)


class Lpips(_FeatureDistance):
    """LPIPS by VGG16; without heads, the channels' squared differences are summed as they are.

    Args:
        features: VGG16's convolutions; not changed.
        heads: weights of the channels, one `[C]` for each map; None without them.
    """

    def __init__(self, features: Vgg16Features, heads: Sequence[Float[Tensor, " _"]] | None = None):
        self.features = features
        self.heads = None if heads is None else [head.to(features.mean)[:, None, None] for head in heads]
        self.name = "VGG16 features, without heads" if heads is None else "LPIPS (VGG16, version 0.1)"

    def _features(self, image: Tensor) -> list[Tensor]:
        # eps inside the root: its gradient stays finite where a pixel's features are all zero
        return [x * (x.square().sum(1, keepdim=True) + 1e-12).rsqrt() for x in self.features(image)]

    def _weighted(self, i: int, squared: Tensor) -> Tensor:
        return (squared if self.heads is None else squared * self.heads[i]).sum(1).mean()


def perceptual_distance(
    discriminator: Discriminator | None = None,
    vgg16: str | os.PathLike[str] | None = None,
    heads: str | os.PathLike[str] | None = None,
    device: torch.device | str = "cpu",
) -> PerceptualDistance | Lpips:
    """Take LPIPS where VGG16's weights are on disk, the discriminator's features elsewhere; see `name`.

    Args:
        discriminator: what to fall back on.
        vgg16: torchvision's weight file; None takes the one that EDITGAN_VGG16 names, if it names one.
        heads: the `lpips` package's `weights/v0.1/vgg.pth`; None takes them from that package, if it is installed.
        device: where VGG16 is put.

    Raises CheckpointError for a file that was named and cannot be used, ValueError where there is neither.
    """
    path = vgg16_path(vgg16)
    if path is not None:
        features = Vgg16Features.load(path).to(device)
        weights = heads or lpips_heads_path()
        return Lpips(features, None if weights is None else load_heads(weights, features.channels))
    if discriminator is None:
        raise ValueError(
            "no features to compare by: give a discriminator, or VGG16's weights by path or in EDITGAN_VGG16"
        )
    return PerceptualDistance(discriminator)
