"""Interpreter: DatasetGAN's ensemble of per-pixel classifiers over synthesis features (DatasetGAN, section 3.1;
EditGAN, 3.2).

Every pixel's features, all levels upsampled to one size and concatenated, go through
Linear-ReLU-BN-Linear-ReLU-BN-Linear. The members of the ensemble are stacked into one batched model and their logits
averaged. The cube of upsampled features is never built: see editgan_kernels.pyramid_linear.

Shapes: features list of `[batch, C_l, H_l, W_l]` coarse to fine; logits `[batch, num_labels, H, W]`, or `[batch,
num_labels, n]` in a region.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from editgan_kernels import PixelSampler, PyramidStrips, pyramid_linear, pyramid_linear_at
from editgan_widgets.models.folding import Folded

# Number of first-layer outputs from which separate members and strips of rows are faster and use less memory.
_STRIPS_FROM = {"cpu": 2**20}
_STRIPS_FROM_ELSEWHERE = 2**24
_STRIP_PIXELS = {"cpu": 4096}  # pixels whose data fit into the cache
_STRIP_PIXELS_ELSEWHERE = 2**16
_BN_EPS = 1e-5
_BN_MOMENTUM = 0.1


@dataclass(frozen=True)
class InterpreterConfig:
    """Sizes of an interpreter; `feature_channels` are those of the generator that it reads."""

    feature_channels: tuple[int, ...]
    num_labels: int
    ensemble: int = 5  # members; DatasetGAN takes 10, which doubles the cost of the editing loop
    hidden: tuple[int, int] = (64, 32)  # DatasetGAN: (256, 128) for 32 or more labels over 6,016 channels

    def __post_init__(self) -> None:
        object.__setattr__(self, "feature_channels", tuple(int(c) for c in self.feature_channels))
        object.__setattr__(self, "hidden", tuple(int(h) for h in self.hidden))
        if self.num_labels < 2 or self.ensemble < 1 or len(self.hidden) != 2 or min(self.hidden) < 1:
            raise ValueError(f"InterpreterConfig needs at least 2 labels, 1 member and 2 hidden sizes; got {self}")

    def to_dict(self) -> dict:
        """Return the fields as JSON values, as stored in checkpoints."""
        data = asdict(self)
        return {**data, "feature_channels": list(self.feature_channels), "hidden": list(self.hidden)}

    @classmethod
    def from_dict(cls, data: dict) -> "InterpreterConfig":
        """Read the form that `to_dict` gives."""
        return cls(**{**data, "feature_channels": tuple(data["feature_channels"]), "hidden": tuple(data["hidden"])})


class Interpreter(nn.Module):
    """The segmentation branch: `interpreter(features) -> logits`, the mean over the ensemble.

    Parameters are stacked over the members. Outside training the batch norms (each after a ReLU) are folded
    into the next linear layer, the features' standardisation into the first, and the members' last layers, whose
    outputs are averaged, become one.
    """

    def __init__(self, config: InterpreterConfig):
        super().__init__()
        self.config = config
        members, (h1, h2) = config.ensemble, config.hidden
        channels = sum(config.feature_channels)
        self.weight1 = nn.Parameter(torch.empty(members * h1, channels))
        self.bias1 = nn.Parameter(torch.zeros(members * h1))
        self.norm1 = _StackedNorm(members, h1)
        self.weight2 = nn.Parameter(torch.empty(members, h2, h1))
        self.bias2 = nn.Parameter(torch.zeros(members, h2))
        self.norm2 = _StackedNorm(members, h2)
        self.weight3 = nn.Parameter(torch.empty(members, config.num_labels, h2))
        self.bias3 = nn.Parameter(torch.zeros(members, config.num_labels))
        self.feature_mean: Tensor
        self.feature_std: Tensor
        self.register_buffer("feature_mean", torch.zeros(channels))
        self.register_buffer("feature_std", torch.ones(channels))
        self.reset_parameters(None)
        self._folded: Folded[_FoldedInterpreter] = Folded()

    def reset_parameters(self, rng: torch.Generator | None) -> None:
        """Draw new weights from `rng` (torch's global one if None)."""
        for weight in (self.weight1, self.weight2, self.weight3):
            nn.init.normal_(weight, std=1 / math.sqrt(weight.shape[-1]), generator=rng)

    def forward(
        self,
        features: Sequence[Float[Tensor, "batch _ _ _"]],
        size: tuple[int, int] | None = None,
        dtype: torch.dtype | None = None,
    ) -> Float[Tensor, "batch num_labels h w"]:
        """Logits of every pixel at `size` (H, W), by default that of the finest level.

        `dtype` is that of the products of a large picture without gradients, None the features' own; the logits are
        summed in float32 at least.
        """
        self._check(features)
        size = size or (features[-1].shape[2], features[-1].shape[3])
        folded = self.folded()
        outputs = len(features[0]) * len(folded.bias1) * size[0] * size[1]
        if outputs >= _STRIPS_FROM.get(features[0].device.type, _STRIPS_FROM_ELSEWHERE) and not torch.is_grad_enabled():
            dtype = dtype or features[0].dtype
            return self._in_strips(folded.to(dtype), [x.to(dtype) for x in features], size)
        hidden = pyramid_linear(features, folded.weight1, folded.bias1, size)  # [batch, members * h1, H, W]
        return self._head(folded, hidden.flatten(2).transpose(1, 2)).unflatten(2, size)

    def at(
        self,
        features: Sequence[Float[Tensor, "batch _ _ _"]],
        region: Bool[Tensor, "h w"] | PixelSampler,
    ) -> Float[Tensor, "batch num_labels n"]:
        """Logits at a region's n pixels only, row-major. A loop passes a PixelSampler, which keeps its taps."""
        self._check(features)
        sampler = region if isinstance(region, PixelSampler) else PixelSampler.from_region(region)
        folded = self.folded()
        return self._head(folded, pyramid_linear_at(features, folded.weight1, folded.bias1, sampler))

    def member_logits(
        self, features: Sequence[Float[Tensor, "batch _ _ _"]], size: tuple[int, int] | None = None
    ) -> Float[Tensor, "ensemble batch num_labels h w"]:
        """Logits of each member at every pixel; `forward` returns their mean. Takes `ensemble` times its memory."""
        self._check(features)
        size = size or (features[-1].shape[2], features[-1].shape[3])
        folded, batch = self.folded(), len(features[0])
        hidden = pyramid_linear(features, folded.weight1, folded.bias1, size).flatten(2).transpose(1, 2)
        x = self._second(folded, hidden)  # [members, batch * n, h2]
        logits = torch.baddbmm(folded.bias3[:, None], x, folded.weight3.transpose(1, 2))
        return logits.unflatten(1, (batch, -1)).transpose(2, 3).unflatten(3, size)

    def members(self, pixels: Float[Tensor, "n channels"]) -> Float[Tensor, "ensemble n num_labels"]:
        """Every member's logits for n pixels' raw features; in training mode the norms use the batch's statistics."""
        scaled = self.weight1 / self.feature_std
        hidden = pixels @ scaled.T + (self.bias1 - scaled @ self.feature_mean)  # [n, members * h1]
        x = hidden.unflatten(1, (self.config.ensemble, -1)).transpose(0, 1)  # [members, n, h1]
        x = self.norm1(x.relu())
        x = self.norm2(torch.baddbmm(self.bias2[:, None], x, self.weight2.transpose(1, 2)).relu())
        return torch.baddbmm(self.bias3[:, None], x, self.weight3.transpose(1, 2))

    def folded(self) -> "_FoldedInterpreter":
        """Return the inference weights, kept for as long as the interpreter stays frozen."""
        return self._folded((*self.parameters(), *self.buffers()), lambda: _fold(self))

    def _head(self, folded: "_FoldedInterpreter", hidden: Tensor) -> Tensor:
        """From the first layer's outputs `[batch, n, members * h1]` to mean logits `[batch, num_labels, n]`."""
        batch, n, _ = hidden.shape
        x = self._second(folded, hidden)  # [members, batch * n, h2]
        weight3 = folded.merged_weight3.unflatten(0, (len(x), -1))  # [members, h2, num_labels]
        logits = torch.bmm(x, weight3).sum(0) + folded.merged_bias3
        return logits.unflatten(0, (batch, n)).transpose(1, 2)

    def _in_strips(self, folded: "_FoldedInterpreter", features: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        members, labels, (h1, h2) = self.config.ensemble, self.config.num_labels, self.config.hidden
        pixels = _STRIP_PIXELS.get(features[0].device.type, _STRIP_PIXELS_ELSEWHERE)
        strips, strip_rows = PyramidStrips(features, size), max(4, pixels // size[1] // 4 * 4)
        bias3 = folded.merged_bias3.to(torch.promote_types(folded.merged_bias3.dtype, torch.float32))
        logits = bias3.repeat(len(features[0]), *size, 1)  # [batch, H, W, num_labels]
        # Used again: fresh memory costs more than the product.
        second = features[0].new_empty(strip_rows * size[1], h2)
        for m in range(members):
            rows, top = slice(m * h1, (m + 1) * h1), 0
            weight1 = [weight[rows] for weight in folded.weight1]
            weight2, weight3 = folded.weight2[m].T, folded.merged_weight3[m * h2 : (m + 1) * h2]
            for strip in strips(weight1, folded.bias1[rows], strip_rows):
                height = strip.shape[1]
                for i, first in enumerate(strip.relu_().flatten(1, 2)):  # [height * W, h1]
                    x = torch.addmm(folded.bias2[m], first, weight2, out=second[: len(first)]).relu_()
                    sums = logits[i, top : top + height].view(-1, labels)
                    if x.dtype == sums.dtype:
                        sums.addmm_(x, weight3)
                    else:
                        sums.add_(x @ weight3)
                top += height
        return logits.permute(0, 3, 1, 2)

    def _second(self, folded: "_FoldedInterpreter", hidden: Tensor) -> Tensor:
        # In place, because no gradient needs the former value of `hidden`.
        rows = hidden.relu_().flatten(0, 1).unflatten(1, (self.config.ensemble, -1)).transpose(0, 1)
        return torch.baddbmm(folded.bias2[:, None], rows, folded.weight2.transpose(1, 2)).relu_()

    def _check(self, features: Sequence[Tensor]) -> None:
        got = [x.shape[1] for x in features]
        if got != list(self.config.feature_channels):
            raise ValueError(
                f"this interpreter reads features of {list(self.config.feature_channels)} channels, got {got}; "
                "was it trained on another generator?"
            )


@dataclass(frozen=True)
class _FoldedInterpreter:
    weight1: list[Tensor]  # one [members * h1, C_l] per level
    bias1: Tensor
    weight2: Tensor  # [members, h2, h1]
    bias2: Tensor
    weight3: Tensor  # [members, num_labels, h2]
    bias3: Tensor
    merged_weight3: Tensor  # [members * h2, num_labels], mean over the ensemble
    merged_bias3: Tensor

    def to(self, dtype: torch.dtype) -> "_FoldedInterpreter":
        """The same in another precision."""
        if self.bias1.dtype == dtype:
            return self
        weight1, *rest = (getattr(self, field.name) for field in fields(self))
        return _FoldedInterpreter([x.to(dtype) for x in weight1], *(x.to(dtype) for x in rest))


def _fold(interpreter: Interpreter) -> _FoldedInterpreter:
    channels = list(interpreter.config.feature_channels)
    weight1 = interpreter.weight1 / interpreter.feature_std
    bias1 = interpreter.bias1 - weight1 @ interpreter.feature_mean
    scale1, shift1 = interpreter.norm1.affine()  # y = scale · x + shift, after the ReLU: into the next layer
    scale2, shift2 = interpreter.norm2.affine()
    weight2 = interpreter.weight2 * scale1[:, None]
    bias2 = interpreter.bias2 + (interpreter.weight2 @ shift1[..., None])[..., 0]
    weight3 = interpreter.weight3 * scale2[:, None]
    bias3 = interpreter.bias3 + (interpreter.weight3 @ shift2[..., None])[..., 0]
    members = interpreter.config.ensemble
    return _FoldedInterpreter(
        weight1=[x.contiguous() for x in weight1.split(channels, dim=1)],
        bias1=bias1,
        weight2=weight2,
        bias2=bias2,
        weight3=weight3,
        bias3=bias3,
        merged_weight3=weight3.transpose(1, 2).reshape(-1, interpreter.config.num_labels) / members,
        merged_bias3=bias3.mean(0),
    )


class _StackedNorm(nn.Module):
    """Batch norm of `[members, n, width]` over n, for each member separately."""

    def __init__(self, members: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(members, width))
        self.bias = nn.Parameter(torch.zeros(members, width))
        self.running_mean: Tensor
        self.running_var: Tensor
        self.register_buffer("running_mean", torch.zeros(members, width))
        self.register_buffer("running_var", torch.ones(members, width))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            scale, shift = self.affine()
            return x * scale[:, None] + shift[:, None]
        var, mean = torch.var_mean(x, dim=1, correction=0)
        with torch.no_grad():
            self.running_mean.lerp_(mean, _BN_MOMENTUM)
            self.running_var.lerp_(var, _BN_MOMENTUM)
        scale = self.weight * (var + _BN_EPS).rsqrt()
        return x * scale[:, None] + (self.bias - mean * scale)[:, None]

    def affine(self) -> tuple[Tensor, Tensor]:
        """Scale and shift `[members, width]` by the running statistics."""
        scale = self.weight * (self.running_var + _BN_EPS).rsqrt()
        return scale, self.bias - self.running_mean * scale
