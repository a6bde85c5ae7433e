"""StyleGAN2's generator (Karras et al. 2020): z [batch, z_dim] -> w_plus [batch, num_ws, w_dim] -> picture, features.

The mapping network makes `w` from a normal code; the synthesis network (skip architecture) grows a learned 4x4 constant
to the picture, one block per resolution, each styled by rows of `w_plus`. `num_ws` is 2 log2(resolution) - 2: block b
takes rows 2b - 1 (conv0), 2b (conv1) and 2b + 1 (torgb), so a block's torgb and the next block's conv0 share a row.
Latents may be wider than w_dim: the further columns of a row are added to the styles of its layers.
State-dict names are those of the public StyleGAN2-ADA layout: `mapping.fc0.weight`, `synthesis.b8.conv0.affine.bias`, …
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.models.folding import Folded
from editgan_widgets.models.generators.protocol import GeneratorModule, Synthesis
from editgan_widgets.models.generators.stylegan2_layers import (
    LEAK,
    FullyConnected,
    SynthesisLayer,
    ToRGB,
    depthwise,
    resample_filter,
    upsample_2x,
)

KIND = "stylegan2"
NOISE_MODES = ("const", "random", "none")


@dataclass(frozen=True)
class StyleGAN2Config:
    """Sizes of a generator. Raises ValueError if they cannot be built."""

    resolution: int = 64  # height and width of the picture, px; a power of two from 8 up
    z_dim: int = 64  # length of the normal code
    w_dim: int = 128  # length of one row of w_plus
    normalize_z: bool = True  # bring each code to mean square 1 first; False if its length means something too
    mapping_layers: int = 4  # fully connected layers z -> w
    mapping_skip: bool = False  # add a linear map of the code to w, which keeps its components separate
    mapping_hinges: tuple[float, ...] = ()  # the mapping reads max(code - h, 0) too: factors with a threshold
    mapping_lr_multiplier: float = 0.01  # the mapping learns this much slower, or W drifts
    channel_base: int = 2048  # channels at a resolution: channel_base / resolution …
    channel_max: int = 128  # … but no more than this
    channels: tuple[int, ...] | None = None  # one count per resolution 4, 8, …; takes precedence over base and max
    leak: float = LEAK  # slope below zero of the synthesis layers' leaky ReLU; 0 is a ReLU
    mapping_leak: float = LEAK  # … and of the mapping's
    clamp: float | None = None  # activations and the blocks' pictures are clamped to ±clamp
    filter_taps: int = 4  # taps of the low-pass filters' stored kernels; even

    def __post_init__(self):
        if self.filter_taps < 4 or self.filter_taps % 2:
            raise ValueError(f"filters of {self.filter_taps} taps cannot be built; use an even number from 4 up")
        if self.resolution < 8 or self.resolution & (self.resolution - 1):
            raise ValueError(f"resolution {self.resolution} px cannot be built; use a power of two from 8 up")
        if self.channels is not None and len(self.channels) != len(self.resolutions):
            raise ValueError(
                f"channels has {len(self.channels)} entries; {self.resolution} px needs {len(self.resolutions)}, "
                f"one for each of {self.resolutions}"
            )

    @property
    def resolutions(self) -> tuple[int, ...]:
        """4, 8, … up to the picture's resolution."""
        return tuple(2**i for i in range(2, int(math.log2(self.resolution)) + 1))

    @property
    def num_ws(self) -> int:
        """Number of rows of w_plus."""
        return 2 * int(math.log2(self.resolution)) - 2

    @property
    def style_width(self) -> int:
        """Most styles that the layers of one row of w_plus have together."""
        *rest, last = self.resolutions
        return max(*(2 * self.channels_at(r) for r in rest), self.channels_at(last))

    def channels_at(self, resolution: int) -> int:
        """Channels of the activations at a resolution."""
        if self.channels is not None:
            return self.channels[self.resolutions.index(resolution)]
        return min(self.channel_max, self.channel_base // resolution)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        values = {"kind": KIND, **asdict(self)}
        values["channels"] = None if self.channels is None else list(self.channels)
        values["mapping_hinges"] = list(self.mapping_hinges)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "StyleGAN2Config":
        """Build from the values of `to_dict`; no kind means this one. Raises ValueError for another kind."""
        if (kind := values.get("kind", KIND)) != KIND:
            raise ValueError(f"this needs a {KIND} generator; got one of kind {kind!r}")
        values = {name: value for name, value in values.items() if name != "kind"}
        channels = values.get("channels")
        hinges = tuple(values.get("mapping_hinges", ()))
        return cls(**{**values, "channels": None if channels is None else tuple(channels), "mapping_hinges": hinges})


class StyleGAN2(GeneratorModule):
    """Mapping and synthesis together."""

    kind = KIND

    def __init__(self, config: StyleGAN2Config):
        super().__init__()
        self.config = config
        self.mapping = MappingNetwork(config)
        self.synthesis = SynthesisNetwork(config)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "StyleGAN2":
        """Build with fresh weights from what `StyleGAN2Config.to_dict` gave. Raises ValueError or TypeError."""
        return cls(StyleGAN2Config.from_dict(config))

    @property
    def resolution(self) -> int:
        """Height and width of the pictures, px."""
        return self.config.resolution

    @property
    def z_dim(self) -> int:
        """Length of a normal code z."""
        return self.config.z_dim

    @property
    def w_dim(self) -> int:
        """Length of one row of w_plus."""
        return self.config.w_dim

    @property
    def num_rows(self) -> int:
        """Number of rows of w_plus."""
        return self.config.num_ws

    @property
    def coarse_rows(self) -> int:
        """Rows up to the first layer of 32 px: they make shapes, the later ones colour and texture."""
        return min(6, self.num_rows)

    @property
    def mean_w(self) -> Tensor:
        """Mean of w, `[w_dim]`, as the trainer kept it."""
        return self.mapping.w_avg

    @property
    def feature_channels(self) -> list[int]:
        """Channels of each entry of `Synthesis.features`."""
        first, *rest = self.config.resolutions
        return [self.config.channels_at(first)] * 2 + [self.config.channels_at(r) for r in rest for _ in range(2)]

    def noise_maps(self) -> list[Tensor]:
        """Stored noise of every styled convolution, `[h, w]` each, coarse to fine."""
        return [x for name, x in self.synthesis.named_buffers() if name.endswith("noise_const")]

    @property
    def style_width(self) -> int:
        """Columns of a latent beyond w_dim, which are added to the styles of the row's layers (ExtendedGenerator)."""
        return self.config.style_width

    @property
    def row_sizes(self) -> tuple[int, ...]:
        """Height of the convolution that reads each row of w_plus, px; of the last torgb for the last row."""
        return tuple(min(4 * 2 ** ((row + 1) // 2), self.resolution) for row in range(self.num_rows))

    def style_weights(self, row: int) -> list[Tensor]:
        """Linear maps `[channels, w_dim]` of the layers that read a row of w_plus, scaled as they are used.

        In the order of `style_layers`. Raises IndexError for a row that does not exist.
        """
        layers = cast(list[FullyConnected], self.style_layers(row))
        return [layer.weight * layer.weight_gain for layer in layers]

    def style_layers(self, row: int) -> list[nn.Module]:
        """Layers that compute styles from a row of w_plus.

        A block's torgb comes after the convolution that it shares the row with. Raises IndexError for a row that does
        not exist.
        """
        if not 0 <= row < self.num_rows:
            raise IndexError(f"row {row} of w_plus does not exist; rows are 0 to {self.num_rows - 1}")
        layers = []
        for i, resolution in enumerate(self.config.resolutions):
            block = cast(SynthesisBlock, self.synthesis.get_submodule(f"b{resolution}"))
            of_rows = {2 * i: block.conv1, 2 * i + 1: block.torgb, 2 * i - 1: block.conv0 if i > 0 else None}
            if of_rows.get(row) is not None:
                layers.append(of_rows[row])
        layers.sort(key=lambda layer: isinstance(layer, ToRGB))
        return [layer.affine for layer in layers]

    def with_fresh_noise(
        self,
        w_plus: Float[Tensor, "batch num_rows w_dim"],
        rng: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Synthesis:
        """Synthesise with fresh noise from `rng`, as in training."""
        return self.synthesis(w_plus, noise_mode="random", rng=rng, dtype=dtype)

    def forward(
        self, z: Float[Tensor, "batch z_dim"], truncation_psi: float = 1.0, noise_mode: str = "const"
    ) -> Float[Tensor, "batch 3 h w"]:
        """Go from normal codes to pictures in about [-1, 1]."""
        return self.synthesis(self.w_plus(self.mapping(z, truncation_psi)), noise_mode=noise_mode).image


class MappingNetwork(nn.Module):
    """z -> w: normalise the code (optional), then fully connected layers, plus a linear map of the code (optional).

    With hinges the inputs are the code and max(code - h, 0) for each hinge h: a factor that most codes do not have
    (closed eyes, glasses) is then linear in the inputs. `w_avg` is the mean of w, tracked during training.
    """

    w_avg: Tensor
    hinges: Tensor  # [num_hinges, 1]

    def __init__(self, config: StyleGAN2Config):
        super().__init__()
        self.z_dim, self.num_layers, self.normalize = config.z_dim, config.mapping_layers, config.normalize_z
        self.register_buffer("hinges", torch.tensor(config.mapping_hinges)[:, None], persistent=False)
        reads = config.z_dim * (1 + len(config.mapping_hinges))
        for i in range(config.mapping_layers):
            inputs = reads if i == 0 else config.w_dim
            layer = FullyConnected(
                inputs,
                config.w_dim,
                activate=True,
                lr_multiplier=config.mapping_lr_multiplier,
                leak=config.mapping_leak,
            )
            self.add_module(f"fc{i}", layer)
        self.skip = None
        if config.mapping_skip:
            self.skip = FullyConnected(reads, config.w_dim, lr_multiplier=config.mapping_lr_multiplier)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(self, z: Float[Tensor, "batch z_dim"], truncation_psi: float = 1.0) -> Float[Tensor, "batch w_dim"]:
        """Map codes. `truncation_psi` in [0, 1] pulls w towards `w_avg`: 1 leaves it, 0 gives the mean portrait."""
        if z.shape[1] != self.z_dim:
            raise ValueError(f"z has {z.shape[1]} values per code, this generator takes {self.z_dim}")
        x = self.read(z)
        linear = None if self.skip is None else self.skip(x)
        for i in range(self.num_layers):
            x = self.get_submodule(f"fc{i}")(x)
        x = x if linear is None else x + linear
        return x if truncation_psi == 1 else self.w_avg.lerp(x, truncation_psi)

    def read(self, z: Float[Tensor, "batch z_dim"]) -> Float[Tensor, "batch inputs"]:
        """Inputs of the layers: the code, normalised if configured, and the parts of it beyond each hinge."""
        x = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt() if self.normalize else z
        if len(self.hinges):
            x = torch.cat([x, (x[:, None] - self.hinges).clamp_min(0).flatten(1)], dim=1)
        return x


class SynthesisNetwork(nn.Module):
    """w_plus -> picture and features."""

    def __init__(self, config: StyleGAN2Config):
        super().__init__()
        self.config = config
        for resolution in config.resolutions:
            self.add_module(f"b{resolution}", SynthesisBlock(config, resolution))

    def forward(
        self,
        w_plus: Float[Tensor, "batch num_ws width"],
        noise_mode: str = "const",
        rng: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Synthesis:
        """Make pictures. `noise_mode` is "const" (stored, the same every time), "random" (drawn from `rng`) or "none".

        `w_plus` is w_dim wide, or w_dim + style_width: the further columns are added to the styles of the row's layers,
        first those of the convolution, then those of torgb. `dtype` is the precision of the activations; the picture is
        summed and returned in float32.
        Raises ValueError if w_plus has another number of layers or another width than this generator.
        """
        if noise_mode not in NOISE_MODES:
            raise ValueError(f"noise_mode {noise_mode!r} is unknown; use one of {', '.join(map(repr, NOISE_MODES))}")
        num_ws, w_dim = self.config.num_ws, self.config.w_dim
        if w_plus.shape[1] != num_ws:
            raise ValueError(
                f"w_plus has {w_plus.shape[1]} layers, this generator takes {num_ws} ({self.config.resolution} px); "
                f"was it made with a {2 ** (w_plus.shape[1] // 2 + 1)} px model?"
            )
        if w_plus.shape[2] not in (w_dim, w_dim + self.config.style_width):
            raise ValueError(f"w_plus is {w_plus.shape[2]} wide, this generator takes {w_dim}")
        blocks = [cast(SynthesisBlock, self.get_submodule(f"b{r}")) for r in self.config.resolutions]
        x = blocks[0].const[None].expand(len(w_plus), -1, -1, -1).to(dtype)
        rows = w_plus[..., :w_dim].unbind(1)
        offsets = [None] * num_ws if w_plus.shape[2] == w_dim else w_plus[..., w_dim:].unbind(1)
        features = [x]
        image = w_plus.new_zeros(len(w_plus), 3, 4, 4)
        for i, block in enumerate(blocks):
            if i > 0:
                x = block.conv0(x, rows[2 * i - 1], noise_mode, rng, _first(offsets[2 * i - 1], x.shape[1]))
                features.append(x)
                image = block.upsample(image)
            x = block.conv1(x, rows[2 * i], noise_mode, rng, _first(offsets[2 * i], x.shape[1]))
            features.append(x)
            shared = 2 * i + 1 < num_ws - 1  # with conv0 of the next block, whose styles come first
            offset = _first(offsets[2 * i + 1], x.shape[1], x.shape[1] if shared else 0)
            image = image + block.torgb(x, rows[2 * i + 1], offset).float()
        return Synthesis(image, features)


def _first(offsets: Tensor | None, count: int, start: int = 0) -> Tensor | None:
    """A layer's columns of a row's style offsets `[batch, style_width]`."""
    return None if offsets is None else offsets[:, start : start + count]


class SynthesisBlock(nn.Module):
    """The layers of one resolution: conv0 (doubles the size; at 4 px the learned constant instead), conv1, torgb."""

    resample_filter: Tensor

    def __init__(self, config: StyleGAN2Config, resolution: int):
        super().__init__()
        channels = config.channels_at(resolution)
        self.register_buffer("resample_filter", resample_filter(config.filter_taps))
        of_layers: dict[str, Any] = {"leak": config.leak, "clamp": config.clamp, "taps": config.filter_taps}
        if resolution == 4:
            self.const = nn.Parameter(torch.randn(channels, 4, 4))
        else:
            inputs = config.channels_at(resolution // 2)
            self.conv0 = SynthesisLayer(inputs, channels, config.w_dim, resolution, up=True, **of_layers)
        self.conv1 = SynthesisLayer(channels, channels, config.w_dim, resolution, **of_layers)
        self.torgb = ToRGB(channels, config.w_dim, clamp=config.clamp)
        self._upsampling: Folded[Tensor] = Folded()

    def upsample(self, image: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 3 h2 w2"]:
        """Double the picture of the blocks before."""
        kernel = self._upsampling((self.resample_filter,), lambda: depthwise(self.resample_filter * 4, 3, image.dtype))
        return upsample_2x(image, kernel)
