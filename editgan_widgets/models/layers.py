"""The layers that StyleGAN2's two networks are made of, in plain torch (Karras et al. 2020, section 2, appendix B).

Activations are `[batch, channels, height, width]`, styles `[batch, channels]`. Parameters carry the names and shapes of
the public StyleGAN2-ADA layout, so weights in that layout load one to one.

A modulated convolution is `demodulation * conv(weight, style * x)` and not one convolution per sample: the weight is
shared by the batch, which on a CPU is several times quicker, and a frozen weight needs no gradient when an edit
differentiates by the style. Up-sampling is a transposed convolution followed by a depthwise 4-tap filter: folding both
into one 6x6 kernel is the same function and 1.3 to 3 times slower.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

LEAK = 0.2  # slope of the leaky ReLU below zero
GAIN = math.sqrt(2)  # keeps unit variance through a leaky ReLU
FIR_TAPS = (1.0, 3.0, 3.0, 1.0)


def leaky_relu(x: Tensor) -> Tensor:
    """Leaky ReLU with slope 0.2, times sqrt(2). The gain is one more pass over `x`; hot layers scale beforehand."""
    return F.leaky_relu(x, LEAK) * GAIN


def resample_filter() -> Float[Tensor, "4 4"]:
    """The separable low-pass filter [1, 3, 3, 1] as a 4x4 kernel of sum 1."""
    taps = torch.tensor(FIR_TAPS)
    kernel = torch.outer(taps, taps)
    return kernel / kernel.sum()


def filter_2d(
    x: Float[Tensor, "b c h w"], kernel: Float[Tensor, "k k"], padding: int, stride: int = 1
) -> Float[Tensor, "b c h2 w2"]:
    """Filter every channel with the same small kernel; zero padding on all sides, then every `stride`-th pixel."""
    channels = x.shape[1]
    depthwise = kernel.to(x.dtype).flip(0, 1)[None, None].repeat(channels, 1, 1, 1)
    return F.conv2d(x, depthwise, padding=padding, stride=stride, groups=channels)


def upsample_2x(x: Float[Tensor, "b c h w"], kernel: Float[Tensor, "4 4"]) -> Float[Tensor, "b c h2 w2"]:
    """Double height and width: zeros between the pixels, then the low-pass filter with gain 4."""
    channels = x.shape[1]
    depthwise = (kernel * 4).to(x.dtype)[None, None].repeat(channels, 1, 1, 1)
    return F.conv_transpose2d(x, depthwise, stride=2, padding=1, groups=channels)


class FullyConnected(nn.Module):
    """Linear layer with equalised learning rate: weights stored at unit variance, scaled when used.

    `lr_multiplier` below 1 makes the layer learn slower than the optimiser's rate. `activate` adds the leaky ReLU.
    """

    def __init__(
        self, inputs: int, outputs: int, activate: bool = False, lr_multiplier: float = 1.0, bias_init: float = 0.0
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), float(bias_init)))
        self.weight_gain = lr_multiplier / math.sqrt(inputs)
        self.bias_gain = lr_multiplier
        self.activate = activate

    def forward(self, x: Float[Tensor, "b inputs"]) -> Float[Tensor, "b outputs"]:
        """Apply the layer."""
        bias = self.bias if self.bias_gain == 1 else self.bias * self.bias_gain
        x = F.linear(x, self.weight * self.weight_gain, bias)
        return leaky_relu(x) if self.activate else x


class Convolution(nn.Module):
    """The discriminator's convolution with equalised learning rate; `down` filters and halves height and width.

    `gain` scales the result (the residual sum uses sqrt(1/2)); it is folded into weight and bias: the leaky ReLU is
    positively homogeneous.
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
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.register_buffer("resample_filter", resample_filter())
        self.out_gain = gain * (GAIN if activate else 1.0)
        self.weight_gain = 1 / math.sqrt(inputs * kernel**2)
        self.activate = activate
        self.down = down

    def forward(self, x: Float[Tensor, "b inputs h w"]) -> Float[Tensor, "b outputs h2 w2"]:
        """Apply the layer."""
        kernel = self.weight.shape[-1]
        weight = (self.weight * (self.weight_gain * self.out_gain)).to(x.dtype)
        bias = None if self.bias is None else (self.bias * self.out_gain).to(x.dtype)
        if self.down and kernel == 1:  # filter and drop pixels first: a quarter of the multiplications
            x = F.conv2d(filter_2d(x, self.resample_filter, padding=1, stride=2), weight, bias)
        elif self.down:
            x = F.conv2d(filter_2d(x, self.resample_filter, padding=2), weight, bias, stride=2)
        else:
            x = F.conv2d(x, weight, bias, padding=kernel // 2)
        return F.leaky_relu(x, LEAK) if self.activate else x


def demodulation(weight: Float[Tensor, "o i k k"], styles: Float[Tensor, "b i"]) -> Float[Tensor, "b o"]:
    """One over the norm of each sample's modulated filters: inputs of unit variance give outputs of unit variance."""
    return (styles.square() @ weight.square().sum(dim=(2, 3)).T + 1e-8).rsqrt()


class SynthesisLayer(nn.Module):
    """Style-modulated 3x3 convolution, noise, bias and leaky ReLU; `up` doubles height and width.

    The activation after the leaky ReLU is what DatasetGAN's interpreter reads.
    """

    noise_const: Tensor
    resample_filter: Tensor

    def __init__(self, inputs: int, outputs: int, w_dim: int, resolution: int, up: bool = False):
        super().__init__()
        self.resolution = resolution
        self.up = up
        self.affine = FullyConnected(w_dim, inputs, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.register_buffer("resample_filter", resample_filter())
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(
        self,
        x: Float[Tensor, "b inputs h w"],
        w: Float[Tensor, "b w_dim"],
        noise_mode: str = "const",
        rng: torch.Generator | None = None,
    ) -> Float[Tensor, "b outputs h2 w2"]:
        """Apply the layer. `noise_mode` "const" adds the stored noise, "random" fresh noise, "none" nothing."""
        styles = self.affine(w)
        scale = demodulation(self.weight, styles) * GAIN
        bias = (self.bias * GAIN)[None, :, None, None]
        noise = self._noise(len(x), noise_mode, rng)
        x = self._convolve(x * styles[:, :, None, None].to(x.dtype), self.weight)
        scale = scale[:, :, None, None]
        if noise is None or len(noise) == 1:
            shift = bias if noise is None else bias + noise
            return F.leaky_relu_(torch.addcmul(shift.to(x.dtype), x, scale.to(x.dtype)), LEAK)
        x = torch.addcmul(noise.to(x.dtype), x, scale.to(x.dtype)).add_(bias.to(x.dtype))
        return F.leaky_relu_(x, LEAK)

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        weight = weight.to(x.dtype)
        if not self.up:
            return F.conv2d(x, weight, padding=1)
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        return filter_2d(x, self.resample_filter * 4, padding=1)

    def _noise(self, batch: int, noise_mode: str, rng: torch.Generator | None) -> Tensor | None:
        if noise_mode == "none":
            return None
        if noise_mode == "const":
            return self.noise_const[None, None] * (self.noise_strength * GAIN)
        if noise_mode != "random":
            raise ValueError(f"noise_mode {noise_mode!r} is unknown; use 'const', 'random' or 'none'")
        size = (batch, 1, self.resolution, self.resolution)
        noise = torch.randn(size, generator=rng, device=self.noise_const.device)
        return noise * (self.noise_strength * GAIN)


class ToRGB(nn.Module):
    """Style-modulated 1x1 convolution to a picture, without demodulation or activation."""

    def __init__(self, inputs: int, w_dim: int, colors: int = 3):
        super().__init__()
        self.affine = FullyConnected(w_dim, inputs, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(colors, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(colors))
        self.weight_gain = 1 / math.sqrt(inputs)

    def forward(self, x: Float[Tensor, "b inputs h w"], w: Float[Tensor, "b w_dim"]) -> Float[Tensor, "b colors h w"]:
        """Apply the layer."""
        styles = self.affine(w) * self.weight_gain
        return F.conv2d(x * styles[:, :, None, None].to(x.dtype), self.weight.to(x.dtype), self.bias.to(x.dtype))
