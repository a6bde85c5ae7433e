"""Perceptual distances: squared difference of channel-normalised network features (LPIPS, Zhang et al. 2018, eq. 1).

`Lpips` compares by VGG16, `PerceptualDistance` by a discriminator. `perceptual_distance` takes the first that there is:

1. VGG16, where its weights are on disk: the file in EDITGAN_VGG16, or where torch.hub keeps it; nothing is downloaded.
2. The model's own discriminator, which knows the pictures of its class.
3. A stand-in: the discriminator of the shipped model "portraits-128".

The stand-in was chosen among the shipped networks by a criterion that docs/measure_perceptual.py measures on portraits,
photos, textures and drawings (docs/perceptual.md): of two pictures at the same squared error from a third, the one that
is blurred, warped, noisy or has a part moved should be further than the one of another colour.

Each distance says in `name` which features it compares. Those of the reference picture are computed once. Pictures are
`[batch, 3, H, W]` in [-1, 1]; the distance is a scalar, the batch's mean, 0 for equal pictures.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from editgan_widgets.models.checkpoints import read_bundle, with_weights
from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.vgg16 import Vgg16Features, hub_path, load_heads, lpips_heads_path, vgg16_path

_log = logging.getLogger(__name__)

_LARGEST, _LARGEST_FOR_VGG16 = 256, 512  # px of the pictures that are compared; larger ones are made smaller

OWN = "the model's discriminator"
STAND_IN = "stand-in: the discriminator of portraits-128"
_STAND_IN_FILE = Path(__file__).resolve().parents[1] / "pretrained" / "portraits-128.safetensors"


@dataclass(frozen=True)
class PerceptualReference:
    """A reference picture: its normalised features by block and, if only a part counts, the mask of its pixels."""

    image: Tensor  # [batch, 3, H, W]
    features: list[Tensor]  # [batch, C, H / 2, W / 2] and so on, unit vectors over C
    keep: Tensor | None  # bool [1, 1, H, W]; None = all
    share: float  # kept part of the picture's area, > 0


class _FeatureDistance:
    """Base of the distances: reference features, masking of pixels, sum over the feature maps."""

    name: str  # name of the features, for reports

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
        """Contribution of the squared difference of the i-th feature map."""
        raise NotImplementedError


class PerceptualDistance(_FeatureDistance):
    """Distance to a reference through a discriminator's residual blocks; below 2.

    Pictures above 256 px are made smaller first, as StyleGAN2's projection does (Karras et al. 2020, appendix D): at
    512 px the finest block alone would take half as long as the generator.

    Args:
        discriminator: gives the features; not changed.
        blocks: which blocks count, fine (0) to coarse; None for the two finest. The coarser ones cost half as much
        again, and over 40 scripted edits leaving them out changed neither the agreement nor the outside.
        name: name of the discriminator, for reports.
    """

    def __init__(self, discriminator: Discriminator, blocks: tuple[int, ...] | None = None, name: str = OWN):
        self.discriminator, self.name = discriminator, name
        count = len(discriminator.block_sizes)
        self.blocks = tuple(range(min(2, count))) if blocks is None else tuple(blocks)
        if not self.blocks or not all(0 <= i < count for i in self.blocks):
            raise ValueError(f"blocks {self.blocks} do not fit: this discriminator has blocks 0..{count - 1}")

    def _features(self, image: Tensor) -> list[Tensor]:
        image = _smaller(image, _LARGEST)
        outputs = self.discriminator.features(image, count=max(self.blocks) + 1)
        # eps inside the root: its gradient stays finite where a pixel's features are all zero
        return [x * (x.square().sum(1, keepdim=True) + 1e-8).rsqrt() for x in (outputs[i] for i in self.blocks)]

    def _weighted(self, i: int, squared: Tensor) -> Tensor:
        return squared.sum(1).mean() / len(self.blocks)


class Lpips(_FeatureDistance):
    """LPIPS by VGG16; without heads, the channels' squared differences are summed unweighted.

    Args:
        features: VGG16's convolutions; not changed.
        heads: weights of the channels, one `[C]` for each map; None without them.
    """

    def __init__(self, features: Vgg16Features, heads: Sequence[Float[Tensor, " _"]] | None = None):
        self.features = features
        self.heads = None if heads is None else [head.to(features.mean)[:, None, None] for head in heads]
        self.name = "VGG16 features, without LPIPS's heads" if heads is None else "LPIPS (VGG16)"

    def _features(self, image: Tensor) -> list[Tensor]:
        image = _smaller(image, _LARGEST_FOR_VGG16)
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
    """Return LPIPS if VGG16's weights are on disk, else the discriminator's features, else the stand-in's; see `name`.

    Args:
        discriminator: the model's own, on `device`; None if it has none.
        vgg16: torchvision's weight file; None takes the one that EDITGAN_VGG16 names, or torch.hub's.
        heads: the `lpips` package's `weights/v0.1/vgg.pth`; None takes them from that package, if it is installed.
        device: device on which the features are computed.

    Raises CheckpointError for a file that was named and cannot be used. One of torch.hub's that cannot be used is
    passed over with a warning in the log.
    """
    named = vgg16_path(vgg16)
    path = named or hub_path()
    if path is not None:
        weights = heads or lpips_heads_path()
        about = path.stat()
        key = (str(path), about.st_mtime_ns, about.st_size)
        try:
            return _lpips(key, None if weights is None else str(weights), str(device))
        except CheckpointError as error:
            if named is not None:
                raise
            _log.warning("VGG16's weights are not used for perceptual distances: %s", error)
    if discriminator is not None:
        return PerceptualDistance(discriminator)
    return PerceptualDistance(_stand_in(str(device)), name=STAND_IN)


@lru_cache(maxsize=2)
def _lpips(file: tuple[str, int, int], heads: str | None, device: str) -> Lpips:
    """LPIPS of a file, cached; modification time and size are part of the key, so that a changed file is read again."""
    features = Vgg16Features.load(file[0]).to(device)
    return Lpips(features, None if heads is None else load_heads(heads, features.channels))


@lru_cache(maxsize=2)
def _stand_in(device: str) -> Discriminator:
    bundle = read_bundle(_STAND_IN_FILE)
    config = DiscriminatorConfig.from_dict(bundle.metadata["discriminator_config"])
    network = with_weights(lambda: Discriminator(config), bundle.modules["discriminator"])
    return network.requires_grad_(False).to(device)


def _smaller(image: Tensor, largest: int) -> Tensor:
    """Average whole blocks of pixels, at most 4 x 4, of pictures above a size."""
    factor = min(image.shape[2] // largest, 4)
    return F.avg_pool2d(image, factor) if factor > 1 else image
