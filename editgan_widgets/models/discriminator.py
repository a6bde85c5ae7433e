"""StyleGAN2's discriminator (Karras et al. 2020): picture [batch, 3, H, W] in [-1, 1] -> realness [batch, scores].

Residual blocks halve the size down to 4 px; there the minibatch standard deviation (Karras et al. 2018, section 3) is
added as one more channel, and there is one score. With `patches` the blocks end earlier and every cell is scored by
itself (Isola et al. 2017, section 3.2.2): hundreds of verdicts on texture from one picture, none on the whole. The
blocks' activations also serve as features of a perceptual distance. State-dict names are those of the public
StyleGAN2-ADA layout (`b64.conv0.weight`, `b4.fc.bias`, …).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.models.layers import Convolution, FullyConnected, resample_filter


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Sizes of a discriminator. Raises ValueError where they cannot be built."""

    resolution: int = 64  # height and width of the picture, px; a power of two from 8 up
    channel_base: int = 2048  # channels at a resolution: channel_base / resolution …
    channel_max: int = 128  # … but no more than this
    mbstd_group: int = 4  # samples that share one minibatch standard deviation
    patches: int = 1  # cells of a side that are scored: 1, the whole picture, or a power of two from 8 up

    def __post_init__(self):
        if self.resolution < 8 or self.resolution & (self.resolution - 1):
            raise ValueError(f"resolution {self.resolution} px cannot be built; use a power of two from 8 up")
        cells = [1, *(2**i for i in range(3, int(math.log2(self.resolution))))]
        if self.patches not in cells:
            raise ValueError(f"{self.patches} patches a side cannot be scored; {self.resolution} px allows {cells}")

    def channels_at(self, resolution: int) -> int:
        """Channels of the activations at a resolution."""
        return min(self.channel_max, self.channel_base // resolution)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "DiscriminatorConfig":
        """Read back what `to_dict` gave."""
        return cls(**values)


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
        """Give each residual block's output, fine to coarse: H/2, H/4, …; only the first `count` where given.

        The blocks also read smaller pictures, of half the size or a quarter.
        """
        self._check(image, smallest=self.config.resolution // 4)
        x, outputs = image.to(dtype), []
        for resolution in self.block_sizes[:count]:
            x = self.get_submodule(f"b{resolution}")(x)
            outputs.append(x)
        return outputs

    def forward(
        self, image: Float[Tensor, "batch 3 h w"], dtype: torch.dtype = torch.float32
    ) -> Float[Tensor, "batch scores"]:
        """Score pictures. `dtype` is the precision of the blocks; the end runs in float32."""
        self._check(image, smallest=self.config.resolution)
        return self.get_submodule(self.end)(self.features(image, dtype)[-1].float())

    def _check(self, image: Tensor, smallest: int) -> None:
        size, got = self.config.resolution, tuple(image.shape[2:])
        if got[0] != got[1] or size % got[0] or got[0] < smallest:
            raise ValueError(f"picture is {got} px, this discriminator takes ({size}, {size})")


class DiscriminatorBlock(nn.Module):
    """Two 3x3 convolutions beside a 1x1 shortcut; halves height and width. The finest block reads the picture first."""

    resample_filter: Tensor

    def __init__(self, config: DiscriminatorConfig, resolution: int):
        super().__init__()
        inputs, outputs = config.channels_at(resolution), config.channels_at(resolution // 2)
        self.register_buffer("resample_filter", resample_filter())
        self.fromrgb = Convolution(3, inputs, kernel=1) if resolution == config.resolution else None
        self.conv0 = Convolution(inputs, inputs, kernel=3)
        self.conv1 = Convolution(inputs, outputs, kernel=3, down=True, gain=math.sqrt(0.5))
        self.skip = Convolution(inputs, outputs, kernel=1, activate=False, bias=False, down=True, gain=math.sqrt(0.5))

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c2 h2 w2"]:
        """Apply the block."""
        if self.fromrgb is not None:
            x = self.fromrgb(x)
        return self.skip(x) + self.conv1(self.conv0(x))


class Epilogue(nn.Module):
    """The 4 px end: minibatch standard deviation, convolution, two fully connected layers."""

    def __init__(self, config: DiscriminatorConfig):
        super().__init__()
        channels = config.channels_at(4)
        self.group = config.mbstd_group
        self.conv = Convolution(channels + 1, channels, kernel=3)
        self.fc = FullyConnected(channels * 16, channels, activate=True)
        self.out = FullyConnected(channels, 1)

    def forward(self, x: Float[Tensor, "batch c 4 4"]) -> Float[Tensor, "batch 1"]:
        """Apply the end."""
        x = self.conv(torch.cat([x, minibatch_std(x, self.group)], dim=1))
        return self.out(self.fc(x.flatten(1)))


class PatchEpilogue(nn.Module):
    """The end where patches are scored: a convolution, then one score a cell."""

    def __init__(self, config: DiscriminatorConfig):
        super().__init__()
        channels = config.channels_at(config.patches)
        self.conv = Convolution(channels, channels, kernel=3)
        self.out = Convolution(channels, 1, kernel=1, activate=False)

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch scores"]:
        """Apply the end."""
        return self.out(self.conv(x)).flatten(1)


def minibatch_std(x: Float[Tensor, "batch c h w"], group: int) -> Float[Tensor, "batch 1 h w"]:
    """Standard deviation over groups of samples, averaged over channels and pixels, as one constant channel.

    Sample i belongs to group i mod (batch / size), where size is the largest divisor of the batch up to `group`.
    """
    batch, _, h, w = x.shape
    size = next(n for n in range(min(group, batch), 0, -1) if batch % n == 0)
    grouped = x.reshape(size, batch // size, -1)
    std = (grouped - grouped.mean(dim=0)).square().mean(dim=0).add(1e-8).sqrt().mean(dim=1)
    return std.repeat(size)[:, None, None, None].expand(batch, 1, h, w)
