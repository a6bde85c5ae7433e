"""The layers that StyleGAN2's two networks are made of, in plain torch (Karras et al. 2020, section 2, appendix B).

Activations are `[batch, channels, height, width]`, styles `[batch, channels]`. Parameters carry the names and shapes of
the public StyleGAN2-ADA layout, so weights in that layout load one to one.

A modulated convolution is `demodulation * conv(weight, style * x)` and not one convolution per sample: the weight is
shared by the batch, which on a CPU is several times quicker, and a frozen weight needs no gradient when an edit
differentiates by the style. Up-sampling is a transposed convolution followed by a depthwise 4-tap filter: folding both
into one 6x6 kernel is the same function and 1.3 to 3 times slower. What depends on weights alone is folded once where
they are frozen; at batch 1 those many small operations cost more than the convolutions.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan_kernels import modulated_convolution
from editgan_widgets.models.folding import Folded

LEAK = 0.2  # slope of the leaky ReLU below zero
GAIN = math.sqrt(2)  # keeps unit variance through a leaky ReLU
FIR_TAPS = (1.0, 3.0, 3.0, 1.0)


def resample_filter(taps: int = len(FIR_TAPS)) -> Float[Tensor, "taps taps"]:
    """The separable low-pass filter [1, 3, 3, 1] as a kernel of sum 1, 4x4, or with zeros around it for more taps."""
    row = F.pad(torch.tensor(FIR_TAPS), [(taps - len(FIR_TAPS)) // 2] * 2)
    kernel = torch.outer(row, row)
    return kernel / kernel.sum()


def depthwise(kernel: Float[Tensor, "k k"], channels: int, dtype: torch.dtype) -> Float[Tensor, "c 1 k k"]:
    """Repeat a small kernel for every channel, as grouped convolutions want it."""
    return _in_order(kernel.to(dtype)[None, None].repeat(channels, 1, 1, 1))


def _in_order(weight: Tensor) -> Tensor:
    """In channels_last order, which the maps that are convolved with it take over."""
    return weight.contiguous(memory_format=torch.channels_last)


def filter_2d(
    x: Float[Tensor, "b c h w"], kernel: Float[Tensor, "c 1 k k"], padding: int, stride: int = 1
) -> Float[Tensor, "b c h2 w2"]:
    """Filter every channel with its symmetric kernel; zero padding on all sides, then every `stride`-th pixel."""
    return F.conv2d(x, kernel, padding=padding, stride=stride, groups=x.shape[1])


def upsample_2x(x: Float[Tensor, "b c h w"], kernel: Float[Tensor, "c 1 k k"]) -> Float[Tensor, "b c h2 w2"]:
    """Double height and width: zeros between the pixels, then the low-pass filter of 4, 6 … taps, whose sum is 4."""
    return F.conv_transpose2d(x, kernel, stride=2, padding=kernel.shape[-1] // 2 - 1, groups=x.shape[1])


class FullyConnected(nn.Module):
    """Linear layer with equalised learning rate: weights stored at unit variance, scaled when used.

    `lr_multiplier` below 1 makes the layer learn slower than the optimiser's rate. `activate` adds the leaky ReLU;
    its gain is folded into weight and bias: the leaky ReLU, of slope `leak` below zero, is positively homogeneous.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        activate: bool = False,
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
        leak: float = LEAK,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), float(bias_init)))
        gain = GAIN if activate else 1.0
        self.weight_gain = gain * lr_multiplier / math.sqrt(inputs)
        self.bias_gain = gain * lr_multiplier
        self.activate = activate
        self.leak = leak
        self._folded: Folded[tuple[Tensor, Tensor]] = Folded()

    def forward(self, x: Float[Tensor, "b inputs"]) -> Float[Tensor, "b outputs"]:
        """Apply the layer."""
        weight, bias = self._folded((self.weight, self.bias), self._fold)
        x = F.linear(x, weight, bias)
        return F.leaky_relu(x, self.leak) if self.activate else x

    def _fold(self) -> tuple[Tensor, Tensor]:
        return self.weight * self.weight_gain, self.bias * self.bias_gain


@dataclass(frozen=True)
class _FoldedConvolution:
    weight: Tensor  # scaled
    bias: Tensor | None
    low_pass: Tensor | None  # depthwise kernel


class Convolution(nn.Module):
    """The discriminator's convolution with equalised learning rate; `down` filters and halves height and width.

    `gain` scales the result (the residual sum uses sqrt(1/2)) and is folded into weight and bias. With `clamp` the
    result is kept within -clamp * gain and clamp * gain (StyleGAN2-ADA's guard of 16-bit layers).
    """

    resample_filter: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        activate: bool = True,
        bias: bool = True,
        down: bool = False,
        gain: float = 1.0,
        clamp: float | None = None,
    ):
        super().__init__()
        self.clamp = None if clamp is None else clamp * gain
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.register_buffer("resample_filter", resample_filter())
        self.out_gain = gain * (GAIN if activate else 1.0)
        self.weight_gain = 1 / math.sqrt(inputs * kernel**2)
        self.activate = activate
        self.down = down
        self._folded: dict[torch.dtype, Folded[_FoldedConvolution]] = {}

    def forward(self, x: Float[Tensor, "b inputs h w"]) -> Float[Tensor, "b outputs h2 w2"]:
        """Apply the layer."""
        sources = [x for x in (self.weight, self.bias, self.resample_filter) if x is not None]
        folded = self._folded.setdefault(x.dtype, Folded())(sources, lambda: self._fold(x.dtype))
        kernel = self.weight.shape[-1]
        if folded.low_pass is None:
            x = F.conv2d(x, folded.weight, folded.bias, padding=kernel // 2)
        elif kernel == 1:  # filter and drop pixels first: a quarter of the multiplications
            x = F.conv2d(filter_2d(x, folded.low_pass, padding=1, stride=2), folded.weight, folded.bias)
        else:
            x = F.conv2d(filter_2d(x, folded.low_pass, padding=2), folded.weight, folded.bias, stride=2)
        x = F.leaky_relu_(x, LEAK) if self.activate else x
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)

    def _fold(self, dtype: torch.dtype) -> _FoldedConvolution:
        return _FoldedConvolution(
            _in_order((self.weight * (self.weight_gain * self.out_gain)).to(dtype)),
            None if self.bias is None else (self.bias * self.out_gain).to(dtype),
            depthwise(self.resample_filter.flip(0, 1), self.weight.shape[1], dtype) if self.down else None,
        )


@dataclass(frozen=True)
class _FoldedSynthesisLayer:
    weight: Tensor  # [o, i, 3, 3], or [i, o, 3, 3] where the layer doubles
    power: Tensor  # [i, o]: the filters' squared norms, over the leaky ReLU's squared gain
    low_pass: Tensor | None  # depthwise kernel of sum 4
    bias: Tensor  # [o]
    noise: Tensor | None  # [1, 1, h, w]: the stored noise at its strength; None if that is frozen at 0


class SynthesisLayer(nn.Module):
    """Style-modulated 3x3 convolution, noise, bias and leaky ReLU; `up` doubles height and width.

    Demodulation, one over the norm of each sample's modulated filters, lets inputs of unit variance give outputs of
    unit variance. The activation after the leaky ReLU is what DatasetGAN's interpreter reads. With `clamp` it is kept
    within -clamp and clamp (StyleGAN2-ADA's guard of 16-bit layers). `taps` is the low-pass filter's, 4 or a larger
    even number; `leak` 0 makes the activation a ReLU.
    """

    noise_const: Tensor
    resample_filter: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        w_dim: int,
        resolution: int,
        up: bool = False,
        leak: float = LEAK,
        clamp: float | None = None,
        taps: int = len(FIR_TAPS),
    ):
        super().__init__()
        self.leak, self.clamp = leak, clamp
        self.resolution = resolution
        self.up = up
        self.affine = FullyConnected(w_dim, inputs, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.register_buffer("resample_filter", resample_filter(taps))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self._folded: dict[torch.dtype, Folded[_FoldedSynthesisLayer]] = {}

    def forward(
        self,
        x: Float[Tensor, "b inputs h w"],
        w: Float[Tensor, "b w_dim"],
        noise_mode: str = "const",
        rng: torch.Generator | None = None,
        offset: Float[Tensor, "b inputs"] | None = None,
    ) -> Float[Tensor, "b outputs h2 w2"]:
        """Apply the layer. `noise_mode` "const" adds the stored noise, "random" fresh noise, "none" nothing.

        `offset` is added to the styles.
        """
        sources = (self.weight, self.bias, self.noise_strength, self.noise_const, self.resample_filter)
        folded = self._folded.setdefault(x.dtype, Folded())(sources, lambda: self._fold(x.dtype))
        styles = self.affine(w) if offset is None else self.affine(w) + offset
        scale = (styles.square() @ folded.power + 1e-8 / GAIN**2).rsqrt()
        if noise_mode == "const":
            noise = folded.noise
        elif noise_mode == "none":
            noise = None
        elif noise_mode == "random":
            noise = self._fresh_noise(len(x), rng).to(x.dtype)
        else:
            raise ValueError(f"noise_mode {noise_mode!r} is unknown; use 'const', 'random' or 'none'")
        if self._has_kernel and not any(source.requires_grad for source in sources):
            x = modulated_convolution(x, styles, scale, folded.weight, folded.low_pass, folded.bias, noise, self.leak)
        else:
            x = self._convolve(x * styles[:, :, None, None].to(x.dtype), folded)
            shift = folded.bias[:, None, None] if noise is None else folded.bias[:, None, None] + noise
            x = F.leaky_relu_(torch.addcmul(shift, x, scale[:, :, None, None].to(x.dtype)), self.leak)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)

    @property
    def _has_kernel(self) -> bool:
        """True if `modulated_convolution` supports this layer: 4 taps and a slope above 0."""
        return self.leak > 0 and len(self.resample_filter) == len(FIR_TAPS)

    def _convolve(self, x: Tensor, folded: _FoldedSynthesisLayer) -> Tensor:
        if folded.low_pass is None:
            return F.conv2d(x, folded.weight, padding=1)
        padding = folded.low_pass.shape[-1] // 2 - 1
        return filter_2d(F.conv_transpose2d(x, folded.weight, stride=2), folded.low_pass, padding)

    def _fresh_noise(self, batch: int, rng: torch.Generator | None) -> Tensor:
        size = (batch, 1, self.resolution, self.resolution)
        noise = torch.randn(size, generator=rng, device=self.noise_const.device)
        return noise * (self.noise_strength * GAIN)

    def _fold(self, dtype: torch.dtype) -> _FoldedSynthesisLayer:
        outputs, low_pass = self.weight.shape[0], None
        if self.up:
            low_pass = depthwise(self.resample_filter.flip(0, 1) * 4, outputs, dtype)
        silent = not self.noise_strength.requires_grad and not bool(self.noise_strength)
        return _FoldedSynthesisLayer(
            weight=_in_order((self.weight.transpose(0, 1) if self.up else self.weight).to(dtype)),
            power=self.weight.square().sum(dim=(2, 3)).T / GAIN**2,
            low_pass=low_pass,
            bias=(self.bias * GAIN).to(dtype),
            noise=None if silent else (self.noise_const[None, None] * (self.noise_strength * GAIN)).to(dtype),
        )


class ToRGB(nn.Module):
    """Style-modulated 1x1 convolution to a picture, without demodulation or activation."""

    def __init__(self, inputs: int, w_dim: int, colors: int = 3, clamp: float | None = None):
        super().__init__()
        self.clamp = clamp  # keeps the result within -clamp and clamp
        self.affine = FullyConnected(w_dim, inputs, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(colors, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(colors))
        self.weight_gain = 1 / math.sqrt(inputs)

    def forward(
        self,
        x: Float[Tensor, "b inputs h w"],
        w: Float[Tensor, "b w_dim"],
        offset: Float[Tensor, "b inputs"] | None = None,
    ) -> Float[Tensor, "b colors h w"]:
        """Apply the layer: one small matrix for each sample, so the activations need no pass for the styles.

        `offset` is added to the styles.
        """
        styles = self.affine(w) if offset is None else self.affine(w) + offset
        weight = self.weight.flatten(1) * (styles * self.weight_gain)[:, None]  # [b, colors, inputs]
        rgb = torch.baddbmm(self.bias[None, :, None].to(x.dtype), weight.to(x.dtype), x.flatten(2))
        rgb = rgb.unflatten(2, x.shape[2:])
        return rgb if self.clamp is None else rgb.clamp(-self.clamp, self.clamp)
