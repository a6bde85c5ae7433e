"""StyleGAN2's discriminator (Karras et al. 2020): picture [batch, 3, H, W] in [-1, 1] -> realness [batch, scores].

Residual blocks halve the size down to 4 px. There the minibatch standard deviation (Karras et al. 2018, section 3) is
added as a channel, and the picture gets one score. With `patches`, the blocks end earlier and every cell of the last
map gets a score (Isola et al. 2017, section 3.2.2): hundreds of scores of local texture, none for the whole picture.
The blocks' activations also serve as features of a perceptual distance. State-dict names are those of the public
StyleGAN2-ADA layout (`b64.conv0.weight`, `b4.fc.bias`, …).

Karras et al. 2020, figure 7, has three architectures: "resnet", with a shortcut around each block, "skip", where every
block reads the picture at its own size, and "orig", with neither.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.models.generators.stylegan2_layers import (
    Convolution,
    FullyConnected,
    depthwise,
    filter_2d,
    resample_filter,
)

ARCHITECTURES = ("resnet", "skip", "orig")


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Sizes of a discriminator. Raises ValueError if they cannot be built."""

    resolution: int = 64  # height and width of the picture, px; a power of two from 8 up
    channel_base: int = 2048  # channels at a resolution: channel_base / resolution …
    channel_max: int = 128  # … but no more than this
    mbstd_group: int = 4  # samples that share one minibatch standard deviation
    patches: int = 1  # cells of a side that are scored: 1, the whole picture, or a power of two from 8 up
    channels: tuple[int, ...] | None = None  # one count per resolution 4, 8, …; wins over base and max
    architecture: str = "resnet"  # one of ARCHITECTURES
    mbstd_channels: int = 1  # channels that the minibatch standard deviation adds; 0 leaves it out
    clamp: float | None = None  # activations are kept within -clamp and clamp

    def __post_init__(self):
        if self.resolution < 8 or self.resolution & (self.resolution - 1):
            raise ValueError(f"resolution {self.resolution} px cannot be built; use a power of two from 8 up")
        cells = [1, *(2**i for i in range(3, int(math.log2(self.resolution))))]
        if self.patches not in cells:
            raise ValueError(f"{self.patches} patches a side cannot be scored; {self.resolution} px allows {cells}")
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"architecture {self.architecture!r} cannot be built; use one of {ARCHITECTURES}")
        if self.mbstd_group < 1 or self.mbstd_channels < 0 or not (self.clamp is None or 0 < self.clamp < math.inf):
            raise ValueError(
                f"mbstd_group {self.mbstd_group}, mbstd_channels {self.mbstd_channels} and clamp {self.clamp} cannot "
                "be built; they are at least 1, at least 0, and above 0 or None"
            )
        sizes = int(math.log2(self.resolution)) - 1
        if self.channels is not None and len(self.channels) != sizes:
            raise ValueError(f"channels has {len(self.channels)} entries; {self.resolution} px needs {sizes}")
        if self.mbstd_channels and self.channels_at(4) % self.mbstd_channels:
            raise ValueError(f"{self.channels_at(4)} channels at 4 px cannot be split into {self.mbstd_channels} parts")

    def channels_at(self, resolution: int) -> int:
        """Channels of the activations at a resolution."""
        if self.channels is not None:
            return self.channels[int(math.log2(resolution)) - 2]
        return min(self.channel_max, self.channel_base // resolution)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        return {**asdict(self), "channels": None if self.channels is None else list(self.channels)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "DiscriminatorConfig":
        """Build from the values that `to_dict` returned."""
        channels = values.get("channels")
        return cls(**{**values, "channels": None if channels is None else tuple(channels)})


class Discriminator(nn.Module):
    """Scores how real pictures look; higher is more real."""

    def __init__(self, config: DiscriminatorConfig):
        super().__init__()
        self.config = config
        last = 4 if config.patches == 1 else config.patches
        self.block_sizes = [2**i for i in range(int(math.log2(config.resolution)), int(math.log2(last)), -1)]
        for resolution in self.block_sizes:
            self.add_module(f"b{resolution}", DiscriminatorBlock(config, resolution))
        self.end = f"b{last}"
        self.add_module(self.end, Epilogue(config) if config.patches == 1 else PatchEpilogue(config))

    def features(
        self, image: Float[Tensor, "batch 3 h w"], dtype: torch.dtype = torch.float32, count: int | None = None
    ) -> list[Float[Tensor, "batch _ _ _"]]:
        """Return each residual block's output, fine to coarse: H/2, H/4, …; with `count` only the first ones.

        Raises ValueError for pictures whose height or width is not a multiple of 2 ** (number of blocks).
        """
        step = 2 ** len(self.block_sizes[:count])
        if image.shape[2] % step or image.shape[3] % step:
            raise ValueError(
                f"the picture is {tuple(image.shape[2:])} px; both sides must be multiples of {step} px: resize it"
            )
        return self._blocks(image.to(dtype), count)[0]

    def forward(
        self, image: Float[Tensor, "batch 3 h w"], dtype: torch.dtype = torch.float32
    ) -> Float[Tensor, "batch scores"]:
        """Score pictures. `dtype` is the precision of the blocks; the end runs in float32."""
        size, got = self.config.resolution, tuple(image.shape[2:])
        if got != (size, size):
            raise ValueError(f"picture is {got} px, this discriminator takes ({size}, {size})")
        outputs, picture = self._blocks(image.to(dtype), None)
        picture = None if picture is None else picture.float()
        return self.get_submodule(self.end)(outputs[-1].float(), picture)

    def _blocks(self, image: Tensor, count: int | None) -> tuple[list[Tensor], Tensor | None]:
        """Every block's output and, in the architecture "skip", the picture as small as the last one."""
        x, picture, outputs = None, image, []
        for resolution in self.block_sizes[:count]:
            x, picture = self.get_submodule(f"b{resolution}")(x, picture)
            outputs.append(x)
        return outputs, picture


class DiscriminatorBlock(nn.Module):
    """Two 3x3 convolutions, beside a 1x1 shortcut in "resnet"; halves height and width.

    The finest block reads the picture first, in "skip" every block.
    """

    resample_filter: Tensor

    def __init__(self, config: DiscriminatorConfig, resolution: int):
        super().__init__()
        inputs, outputs = config.channels_at(resolution), config.channels_at(resolution // 2)
        self.register_buffer("resample_filter", resample_filter())
        self.reads_all = config.architecture == "skip"
        self.fromrgb = self.skip = None
        if resolution == config.resolution or self.reads_all:
            self.fromrgb = Convolution(3, inputs, kernel=1, clamp=config.clamp)
        gain = math.sqrt(0.5) if config.architecture == "resnet" else 1.0
        self.conv0 = Convolution(inputs, inputs, kernel=3, clamp=config.clamp)
        self.conv1 = Convolution(inputs, outputs, kernel=3, down=True, gain=gain, clamp=config.clamp)
        if config.architecture == "resnet":
            self.skip = Convolution(inputs, outputs, kernel=1, activate=False, bias=False, down=True, gain=gain)

    def forward(
        self, x: Float[Tensor, "batch c h w"] | None, picture: Float[Tensor, "batch 3 h w"] | None
    ) -> tuple[Float[Tensor, "batch c2 h2 w2"], Float[Tensor, "batch 3 h2 w2"] | None]:
        """Apply the block to `x`, the output of the block before, and `picture`, if the architecture reads it."""
        if self.fromrgb is not None and picture is not None:
            read = self.fromrgb(picture)
            x = read if x is None else x + read
            low_pass = depthwise(self.resample_filter.flip(0, 1), 3, picture.dtype)
            picture = filter_2d(picture, low_pass, padding=1, stride=2) if self.reads_all else None
        assert x is not None  # the finest block reads the picture
        changed = self.conv1(self.conv0(x))
        return changed if self.skip is None else self.skip(x) + changed, picture


class Epilogue(nn.Module):
    """The 4 px end: minibatch standard deviation, convolution, two fully connected layers; "skip" reads the picture."""

    def __init__(self, config: DiscriminatorConfig):
        super().__init__()
        channels = config.channels_at(4)
        self.group, self.added = config.mbstd_group, config.mbstd_channels
        reads_all = config.architecture == "skip"
        self.fromrgb = Convolution(3, channels, kernel=1, clamp=config.clamp) if reads_all else None
        self.conv = Convolution(channels + self.added, channels, kernel=3, clamp=config.clamp)
        self.fc = FullyConnected(channels * 16, channels, activate=True)
        self.out = FullyConnected(channels, 1)

    def forward(
        self, x: Float[Tensor, "batch c 4 4"], picture: Float[Tensor, "batch 3 4 4"] | None = None
    ) -> Float[Tensor, "batch 1"]:
        """Score the output of the last block."""
        if self.fromrgb is not None and picture is not None:
            x = x + self.fromrgb(picture)
        if self.added:
            x = torch.cat([x, minibatch_std(x, self.group, self.added)], dim=1)
        x = self.conv(x)
        return self.out(self.fc(x.flatten(1)))


class PatchEpilogue(nn.Module):
    """The end where patches are scored: a convolution, then one score a cell."""

    def __init__(self, config: DiscriminatorConfig):
        super().__init__()
        channels = config.channels_at(config.patches)
        self.conv = Convolution(channels, channels, kernel=3)
        self.out = Convolution(channels, 1, kernel=1, activate=False)

    def forward(
        self, x: Float[Tensor, "batch c h w"], picture: Float[Tensor, "batch 3 h w"] | None = None
    ) -> Float[Tensor, "batch scores"]:
        """Score the output of the last block."""
        return self.out(self.conv(x)).flatten(1)


def minibatch_std(x: Float[Tensor, "batch c h w"], group: int, added: int = 1) -> Float[Tensor, "batch {added} h w"]:
    """Standard deviation over groups of samples, averaged over pixels and 1/`added` of the channels each.

    Gives `added` channels, each constant over a picture.
    Sample i belongs to group i mod (batch / size), where size is the largest divisor of the batch up to `group`.
    """
    batch, _, h, w = x.shape
    size = next(n for n in range(min(group, batch), 0, -1) if batch % n == 0)
    grouped = x.reshape(size, batch // size, added, -1)
    std = (grouped - grouped.mean(dim=0)).square().mean(dim=0).add(1e-8).sqrt().mean(dim=2)
    return std.repeat(size, 1)[:, :, None, None].expand(batch, added, h, w)
