"""A slow generator written from the paper's definitions, in our layout and in rosinality's."""

import torch
import torch.nn.functional as F

from editgan_widgets.models.generators import stylegan2_layers as layers
from editgan_widgets.models.generators.stylegan2 import StyleGAN2, StyleGAN2Config


def zeros_between(x: torch.Tensor) -> torch.Tensor:
    b, c, h, w = x.shape
    spread = x.new_zeros(b, c, 2 * h, 2 * w)
    spread[:, :, ::2, ::2] = x
    return spread


def low_pass(x: torch.Tensor, gain: float, before: int, after: int) -> torch.Tensor:
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype) / 8
    x = F.pad(x, (before, after, before, after))
    h, w = x.shape[2] - 3, x.shape[3] - 3
    x = sum(taps[t] * x[:, :, t : t + h] for t in range(4))
    return gain * sum(taps[t] * x[:, :, :, t : t + w] for t in range(4))


def naive_synthesis_layer(layer: layers.SynthesisLayer, x, w, noise) -> torch.Tensor:
    """One convolution for each sample, with its own modulated and demodulated weight."""
    styles = w @ layer.affine.weight.T / layer.affine.weight.shape[1] ** 0.5 + layer.affine.bias
    samples = []
    for sample, style in zip(x, styles, strict=True):
        weight = layer.weight * style[None, :, None, None]
        weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        sample = sample[None]
        if layer.up:  # transposed convolution = convolution with the flipped kernel, zeros between the pixels
            size = 2 * x.shape[2]
            spread = F.pad(zeros_between(sample), (2, 1, 2, 1))
            sample = F.conv2d(spread, weight.flip(2, 3))
            assert sample.shape[2] == size + 1
            sample = low_pass(sample, 4.0, 1, 1)
        else:
            sample = F.conv2d(sample, weight, padding=1)
        samples.append(sample)
    x = torch.cat(samples) + noise * layer.noise_strength + layer.bias[None, :, None, None]
    return torch.where(x > 0, x, 0.2 * x) * 2**0.5


TINY = StyleGAN2Config(resolution=32, z_dim=8, w_dim=16, mapping_layers=2, channel_base=256, channel_max=16)


def make_random_generator(config: StyleGAN2Config = TINY) -> StyleGAN2:
    """A tiny generator whose noise, biases and mean are not zero, unlike initially."""
    torch.manual_seed(0)
    generator = StyleGAN2(config)
    with torch.no_grad():
        generator.mapping.w_avg.normal_()
        for name, parameter in generator.named_parameters():
            if name.endswith(("noise_strength", "bias")):
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return generator


def naive_mapping(weights: dict[str, torch.Tensor], z: torch.Tensor) -> torch.Tensor:
    x = z / (z.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
    for i in range(2):
        weight, bias = weights[f"mapping.fc{i}.weight"], weights[f"mapping.fc{i}.bias"]
        x = x @ (weight * 0.01 / weight.shape[1] ** 0.5).T + bias * 0.01
        x = torch.where(x > 0, x, 0.2 * x) * 2**0.5
    return x


def naive_synthesis(generator: StyleGAN2, w_plus: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    synthesis = generator.synthesis
    x = synthesis.b4.const[None].repeat(len(w_plus), 1, 1, 1)
    features, image = [x], torch.zeros(len(w_plus), 3, 4, 4)
    row = 0
    for resolution in (4, 8, 16, 32):
        block = getattr(synthesis, f"b{resolution}")
        for layer in (block.conv1,) if resolution == 4 else (block.conv0, block.conv1):
            x = naive_synthesis_layer(layer, x, w_plus[:, row], layer.noise_const)
            features.append(x)
            row += 1
        style = w_plus[:, row] @ block.torgb.affine.weight.T / 4 + block.torgb.affine.bias
        weight = block.torgb.weight[:, :, 0, 0]
        rgb = torch.einsum("bihw,oi,bi->bohw", x, weight, style / weight.shape[1] ** 0.5)
        if resolution > 4:
            image = low_pass(zeros_between(image), 4.0, 2, 1)
        image = image + rgb + block.torgb.bias[None, :, None, None]
    return image, features


def rosinality_picture(file: dict, z: torch.Tensor) -> torch.Tensor:
    """Conventions of the rosinality layout: weights scaled by fan-in before demodulation, kernels of gain 4."""
    g = file["g_ema"]
    x = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
    for i in (1, 2):
        weight = g[f"style.{i}.weight"]
        x = F.linear(x, weight * (0.01 / weight.shape[1] ** 0.5), g[f"style.{i}.bias"] * 0.01)
        x = F.leaky_relu(x, 0.2) * 2**0.5
    w = x

    def modulated(name: str, x: torch.Tensor, up: bool, demodulate: bool) -> torch.Tensor:
        weight = g[f"{name}.conv.weight"]
        linear = g[f"{name}.conv.modulation.weight"]
        style = F.linear(w, linear / linear.shape[1] ** 0.5, g[f"{name}.conv.modulation.bias"])
        weight = weight / weight[0, 0].numel() ** 0.5 * style[:, None, :, None, None]
        if demodulate:
            weight = weight * (weight.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        if not up:
            pad = weight.shape[-1] // 2
            return torch.cat([F.conv2d(a[None], b, padding=pad) for a, b in zip(x, weight, strict=True)])
        pairs = zip(x, weight, strict=True)
        x = torch.cat([F.conv_transpose2d(a[None], b.transpose(0, 1), stride=2) for a, b in pairs])
        assert torch.allclose(g[f"{name}.conv.blur.kernel"].sum(), torch.tensor(4.0))
        return low_pass(x, 4.0, 1, 1)

    def styled(name: str, noise: int, x: torch.Tensor, up: bool) -> torch.Tensor:
        x = modulated(name, x, up, True) + g[f"{name}.noise.weight"] * g[f"noises.noise_{noise}"]
        return F.leaky_relu(x + g[f"{name}.activate.bias"].reshape(1, -1, 1, 1), 0.2) * 2**0.5

    x = styled("conv1", 0, g["input.input"].repeat(len(z), 1, 1, 1), False)
    image = modulated("to_rgb1", x, False, False) + g["to_rgb1.bias"]
    for k in range(3):
        x = styled(f"convs.{2 * k}", 2 * k + 1, x, True)
        x = styled(f"convs.{2 * k + 1}", 2 * k + 2, x, False)
        image = low_pass(zeros_between(image), 4.0, 2, 1)
        image = image + modulated(f"to_rgbs.{k}", x, False, False) + g[f"to_rgbs.{k}.bias"]
    return image
