"""PyramidEncoder: EditGAN's own encoder, picture [batch, 3, H, W] in [-1, 1] -> w_plus [batch, num_ws, w_dim].

A ResNet (He et al. 2016, bottleneck blocks) and a feature pyramid (Lin et al. 2017): its maps at 1/16, 1/8 and 1/4 of
the picture's size feed three, four and num_ws - 7 heads, each of strided convolutions down to one pixel and a linear
layer, which gives one row of w_plus, absolute and not relative to W's mean.

The release leaves its batch norms in training mode and encodes one picture at a time: `statistics="picture"` does that,
without changing anything from call to call. Settings that the release's files do not contain follow the two papers: the
maps are smoothed after they have all been merged, and upsampled bilinearly by 2.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

COARSE, MEDIUM = 3, 4  # rows of w_plus that are read at 1/16 and 1/8; the rest at 1/4
_EXPANSION = 4  # outputs of a bottleneck block over its inner width
_EPS = 1e-5


@dataclass(frozen=True)
class PyramidEncoderConfig:
    """Sizes of the encoder; the defaults are those of the 512 px release. Raises ValueError if they do not fit."""

    resolution: int = 512  # height and width of the picture, px; a power of two from 64 up
    num_ws: int = 16  # rows of w_plus
    w_dim: int = 512  # length of a row
    width: int = 64  # channels of the first convolution
    blocks: tuple[int, ...] = (3, 4, 6, 3)  # bottleneck blocks at 1/4, 1/8, 1/16, 1/32
    channels: int = 512  # channels of the pyramid's maps
    statistics: str = "picture"  # batch norms use each picture's own statistics, or the "stored" ones

    def __post_init__(self):
        if self.resolution < 64 or self.resolution & (self.resolution - 1):
            raise ValueError(f"resolution {self.resolution} px cannot be built; use a power of two from 64 up")
        if len(self.blocks) != 4 or self.num_ws <= COARSE + MEDIUM or self.statistics not in ("picture", "stored"):
            raise ValueError(f"4 groups of blocks, over 7 rows and statistics 'picture' or 'stored' fit; got {self}")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        return asdict(self) | {"blocks": list(self.blocks), "kind": "pyramid"}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "PyramidEncoderConfig":
        """Build from the values that `to_dict` returned."""
        plain = {name: value for name, value in values.items() if name != "kind"}
        return cls(**{**plain, "blocks": tuple(plain["blocks"])})


class PyramidEncoder(nn.Module):
    """Gives the latent whose picture is near to the one that is shown."""

    def __init__(self, config: PyramidEncoderConfig):
        super().__init__()
        self.config = config
        self.pyramid = Pyramid(config)
        strides = [16] * COARSE + [8] * MEDIUM + [4] * (config.num_ws - COARSE - MEDIUM)
        self.heads = nn.ModuleList(Head(config.channels, config.w_dim, config.resolution // s) for s in strides)

    def forward(self, image: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch num_ws w_dim"]:
        """Encode pictures of the config's resolution; raises ValueError for another size."""
        size = self.config.resolution
        if tuple(image.shape[2:]) != (size, size):
            raise ValueError(
                f"picture is {image.shape[3]} x {image.shape[2]} px, this encoder takes {size} x {size}: crop and "
                "resize it first"
            )
        coarse, medium, fine = self.pyramid(image)
        levels = [coarse] * COARSE + [medium] * MEDIUM + [fine] * (self.config.num_ws - COARSE - MEDIUM)
        return torch.stack([head(level) for head, level in zip(self.heads, levels, strict=True)], dim=1)


class Pyramid(nn.Module):
    """ResNet and top-down pathway: picture -> maps at 1/16, 1/8 and 1/4."""

    def __init__(self, config: PyramidEncoderConfig):
        super().__init__()
        self.conv1 = nn.Conv2d(3, config.width, 7, stride=2, padding=3, bias=False)
        self.bn1 = Norm(config.width, config.statistics)
        inputs = config.width
        for i, count in enumerate(config.blocks):
            layers = []
            for n in range(count):
                layers.append(Bottleneck(inputs, config.width * 2**i, 2 if i and not n else 1, config.statistics))
                inputs = config.width * 2**i * _EXPANSION
            self.add_module(f"layer{i + 1}", nn.Sequential(*layers))
        self.toplayer = nn.Conv2d(inputs, config.channels, 1)
        for i in (1, 2, 3):
            self.add_module(f"latlayer{i}", nn.Conv2d(inputs // 2**i, config.channels, 1))
            self.add_module(f"smooth{i}", nn.Conv2d(config.channels, config.channels, 3, padding=1))

    def forward(self, image: Float[Tensor, "batch 3 h w"]) -> list[Float[Tensor, "batch c _ _"]]:
        """Return the three maps, coarse to fine."""
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(image))), 3, stride=2, padding=1)
        levels = []
        for i in (1, 2, 3, 4):
            x = self.get_submodule(f"layer{i}")(x)
            levels.append(x)
        merged, maps = self.toplayer(levels[3]), []
        for i in (1, 2, 3):
            lateral = self.get_submodule(f"latlayer{i}")(levels[3 - i])
            merged = lateral + F.interpolate(merged, size=lateral.shape[2:], mode="bilinear", align_corners=False)
            maps.append(self.get_submodule(f"smooth{i}")(merged))
        return maps


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut; the 3x3 one may halve the size."""

    def __init__(self, inputs: int, width: int, stride: int, statistics: str):
        super().__init__()
        outputs = width * _EXPANSION
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), Norm(width, statistics)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = Norm(width, statistics)
        self.conv3, self.bn3 = nn.Conv2d(width, outputs, 1, bias=False), Norm(outputs, statistics)
        changes = stride != 1 or inputs != outputs
        projection = (nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), Norm(outputs, statistics))
        self.shortcut = nn.Sequential(*projection) if changes else nn.Sequential()

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c2 h2 w2"]:
        """Apply the block."""
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + self.shortcut(x))


class Norm(nn.Module):
    """Batch norm by each picture's own statistics, or by stored ones."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, statistics: str):
        super().__init__()
        self.own = statistics == "picture"
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch c h w"]:
        """Normalise a map with the picture's own or the stored statistics."""
        if self.own:
            return F.group_norm(x, x.shape[1], self.weight, self.bias, _EPS)  # a group for each channel
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=_EPS)


class Head(nn.Module):
    """A map -> one row of w_plus."""

    def __init__(self, channels: int, w_dim: int, size: int):
        super().__init__()
        halvings = size.bit_length() - 1
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 3, stride=2, padding=1) for _ in range(halvings))
        self.linear = nn.Linear(channels, w_dim)

    def forward(self, x: Float[Tensor, "batch c h w"]) -> Float[Tensor, "batch w_dim"]:
        """Compute the row of w_plus that this head predicts."""
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.01)
        return self.linear(x.flatten(1))
