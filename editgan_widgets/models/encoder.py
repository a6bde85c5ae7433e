"""Encoder: picture [batch, 3, H, W] in [-1, 1] -> w_plus [batch, num_ws, w_dim] in one pass (EditGAN, section 3.2).

A residual convolutional trunk halves the picture down to 4 px. The rows of w_plus fall into groups, coarse to fine, as
in "Encoding in Style" (Richardson et al. 2021); each group has its own head, which reads the trunk at a
resolution that still contains that group's detail: 4 px for coarse rows, 16 px for fine ones. Heads predict offsets
from `w_avg`, in units of W's standard deviation, so that a fresh encoder gives the mean portrait.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.models.generators.protocol import Generator

_NORM_GROUPS = 8


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of an encoder. Raises ValueError if they cannot be built."""

    resolution: int = 64  # height and width of the picture, px; a power of two from 8 up
    num_ws: int = 10  # rows of w_plus
    w_dim: int = 128  # length of a row
    channel_base: int = 2048  # channels at a resolution: channel_base / resolution …
    channel_max: int = 128  # … but no more than this; 256 at 128 px and above
    hidden: int = 192  # width of each head's hidden layer
    groups: tuple[int, ...] = (3, 7)  # first rows of the second and third group; rows past num_ws are ignored

    def __post_init__(self):
        if self.resolution < 8 or self.resolution & (self.resolution - 1):
            raise ValueError(f"resolution {self.resolution} px cannot be built; use a power of two from 8 up")
        if list(self.groups) != sorted(set(self.groups)) or any(row < 1 for row in self.groups):
            raise ValueError(f"groups must be first rows of groups, rising from 1 up; got {self.groups}")

    @classmethod
    def for_generator(cls, generator: Generator) -> "EncoderConfig":
        """Sizes that suit a generator: about 2 M parameters at 64 px, 5 M at 128 px."""
        return cls(
            resolution=generator.resolution,
            num_ws=generator.num_rows,
            w_dim=generator.w_dim,
            channel_max=min(256, 2 * generator.resolution),
            hidden=min(256, 3 * generator.resolution),
        )

    @property
    def resolutions(self) -> tuple[int, ...]:
        """The picture's resolution down to 4."""
        return tuple(2**i for i in range(int(math.log2(self.resolution)), 1, -1))

    def channels_at(self, resolution: int) -> int:
        """Channels of the trunk at a resolution, a multiple of the normalisation's groups."""
        return max(min(self.channel_max, self.channel_base // resolution) // _NORM_GROUPS, 1) * _NORM_GROUPS

    def group_slices(self) -> list[slice]:
        """Rows of w_plus that each head predicts, coarse to fine."""
        edges = [0, *(row for row in self.groups if row < self.num_ws), self.num_ws]
        return [slice(a, b) for a, b in itertools.pairwise(edges)]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        return asdict(self) | {"groups": list(self.groups)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "EncoderConfig":
        """Build from the values that `to_dict` returned."""
        return cls(**{**values, "groups": tuple(values["groups"])})


class Encoder(nn.Module):
    """Predicts the latent of a picture. `w_avg` and `w_std`: mean and standard deviation of the generator's W."""

    w_avg: Tensor  # [w_dim]
    w_std: Tensor  # [w_dim]

    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.config = config
        self.slices = config.group_slices()
        sizes = config.resolutions
        self.from_rgb = nn.Conv2d(3, config.channels_at(sizes[0]), 3, padding=1)
        self.trunk = nn.ModuleList(
            EncoderBlock(config.channels_at(a), config.channels_at(b)) for a, b in itertools.pairwise(sizes)
        )
        self.head_sizes = [min(4 * 2**i, config.resolution // 2) for i in range(len(self.slices))]
        self.heads = nn.ModuleList(
            EncoderHead(config.channels_at(size), size, config.hidden, part.stop - part.start, config.w_dim)
            for size, part in zip(self.head_sizes, self.slices, strict=True)
        )
        self.register_buffer("w_avg", torch.zeros(config.w_dim))
        self.register_buffer("w_std", torch.ones(config.w_dim))

    def forward(self, image: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch num_ws w_dim"]:
        """Encode pictures of the config's resolution; raises ValueError for another size."""
        size = self.config.resolution
        if tuple(image.shape[2:]) != (size, size):
            raise ValueError(
                f"picture is {image.shape[3]} x {image.shape[2]} px, this encoder takes {size} x {size}: crop and "
                "resize it first"
            )
        x, levels = self.from_rgb(image), {}
        for block in self.trunk:
            x = block(x)
            levels[x.shape[2]] = x
        offsets = [head(levels[size]) for head, size in zip(self.heads, self.head_sizes, strict=True)]
        return self.w_avg + self.w_std * torch.cat(offsets, dim=1)


class EncoderBlock(nn.Module):
    """Two normalised 3x3 convolutions beside a 1x1 shortcut; halves height and width."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.norm0, self.norm1 = nn.GroupNorm(_NORM_GROUPS, inputs), nn.GroupNorm(_NORM_GROUPS, inputs)
        self.conv0 = nn.Conv2d(inputs, inputs, 3, padding=1, bias=False)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c2 h2 w2"]:
        """Apply the block."""
        y = self.conv0(F.silu(self.norm0(x)))
        y = self.conv1(F.avg_pool2d(F.silu(self.norm1(y)), 2))
        return (y + self.skip(F.avg_pool2d(x, 2))) * math.sqrt(0.5)


class EncoderHead(nn.Module):
    """Predicts the offsets of one group of rows from one level of the trunk; zero before training."""

    def __init__(self, channels: int, size: int, hidden: int, rows: int, w_dim: int):
        super().__init__()
        self.rows = rows
        self.norm = nn.GroupNorm(_NORM_GROUPS, channels)
        halvings = int(math.log2(size)) - 2
        self.down = nn.ModuleList(nn.Conv2d(channels, channels, 3, stride=2, padding=1) for _ in range(halvings))
        self.squeeze = nn.Conv2d(channels, max(channels // 2, 1), 1)
        self.hidden = nn.Linear(max(channels // 2, 1) * 16, hidden)
        self.out = nn.Linear(hidden, rows * w_dim)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch rows w_dim"]:
        """Offsets in units of W's standard deviation."""
        x = F.silu(self.norm(x))
        for layer in self.down:
            x = F.silu(layer(x))
        x = F.silu(self.hidden(F.silu(self.squeeze(x)).flatten(1)))
        return self.out(x).unflatten(1, (self.rows, -1))
