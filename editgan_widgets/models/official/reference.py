"""The textbook forward pass of a StyleGAN2 generator and of one interpreter, straight from their tensors.

Slow and plain on purpose: it shares no code with models/generators and models/interpreter.py, so that a converted model
can be compared with the weights it came from (Karras et al. 2020, section 2.2 and appendix B; DatasetGAN, section 3.1).
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Weights = Mapping[str, Tensor]


def reference_w(
    weights: Weights, z: Float[Tensor, "batch z_dim"], lr_multiplier: float, slope: float = 0.2
) -> Float[Tensor, "batch w_dim"]:
    """The mapping network: normalise, then fully connected layers with a leaky ReLU of gain sqrt 2."""
    x = z / (z.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
    for i in range(sum(name.startswith("mapping.fc") and name.endswith("weight") for name in weights)):
        weight, bias = weights[f"mapping.fc{i}.weight"], weights[f"mapping.fc{i}.bias"]
        x = F.leaky_relu(x @ (weight * lr_multiplier / weight.shape[1] ** 0.5).T + bias * lr_multiplier, slope) * 2**0.5
    return x


def reference_picture(
    weights: Weights, w_plus: Float[Tensor, "1 num_ws w_dim"], slope: float = 0.2, clamp: float | None = None
) -> tuple[Float[Tensor, "1 3 h w"], list[Float[Tensor, "1 _ _ _"]]]:
    """The synthesis network with its stored noise: picture and features, coarse to fine.

    `slope` is that of the leaky ReLU below zero. `clamp` bounds every layer's result, as StyleGAN2-ADA's conv_clamp.
    """
    bound = float("inf") if clamp is None else clamp
    x = weights["synthesis.b4.const"][None]
    features, picture, resolution, row = [x], torch.zeros(1, 3, 4, 4), 4, 0
    while f"synthesis.b{resolution}.conv1.weight" in weights:
        block = f"synthesis.b{resolution}"
        for layer in ("conv1",) if resolution == 4 else ("conv0", "conv1"):
            x = _styled(weights, f"{block}.{layer}", x, w_plus[:, row], layer == "conv0", slope).clamp(-bound, bound)
            features.append(x)
            row += 1
        kernel = _modulated(weights, f"{block}.torgb", w_plus[:, row]) / x.shape[1] ** 0.5
        if resolution > 4:
            low_pass = weights[f"{block}.resample_filter"]
            picture = _filtered(_spread(picture), low_pass, 4, (len(low_pass) // 2, len(low_pass) // 2 - 1))
        colours = F.conv2d(x, kernel) + weights[f"{block}.torgb.bias"][None, :, None, None]
        picture = picture + colours.clamp(-bound, bound)
        resolution *= 2
    return picture, features


def reference_logits(
    members: Sequence[Weights], features: Sequence[Float[Tensor, "1 _ _ _"]], points: Float[Tensor, "n 2"]
) -> Float[Tensor, "n num_labels"]:
    """Mean logits of the ensemble at points (x, y) in [-1, 1]: bilinear features, concatenated, three linear layers."""
    columns = [
        F.grid_sample(x, points[None, None], mode="bilinear", padding_mode="border", align_corners=False)[0, :, 0].T
        for x in features
    ]
    pixels = torch.cat(columns, dim=1)
    logits = []
    for member in members:
        x = pixels
        for linear, norm in (("layers.0", "layers.2"), ("layers.3", "layers.5")):
            x = (x @ member[f"{linear}.weight"].T + member[f"{linear}.bias"]).relu()
            x = (x - member[f"{norm}.running_mean"]) / (member[f"{norm}.running_var"] + 1e-5).sqrt()
            x = x * member[f"{norm}.weight"] + member[f"{norm}.bias"]
        logits.append(x @ member["layers.6.weight"].T + member["layers.6.bias"])
    return torch.stack(logits).mean(0)


def _modulated(weights: Weights, layer: str, w: Tensor) -> Tensor:
    affine = weights[f"{layer}.affine.weight"]
    style = w[0] @ affine.T / affine.shape[1] ** 0.5 + weights[f"{layer}.affine.bias"]
    return weights[f"{layer}.weight"] * style[None, :, None, None]


def _styled(weights: Weights, layer: str, x: Tensor, w: Tensor, up: bool, slope: float) -> Tensor:
    kernel = _modulated(weights, layer, w)
    kernel = kernel / (kernel.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
    if up:  # a transposed convolution: the turned kernel over zeros between the pixels
        x = F.conv2d(F.pad(_spread(x), (2, 1, 2, 1)), kernel.flip(2, 3))
        low_pass = weights[f"{layer}.resample_filter"]
        x = _filtered(x, low_pass, 4, (len(low_pass) // 2 - 1, len(low_pass) // 2 - 1))
    else:
        x = F.conv2d(x, kernel, padding=1)
    noise = weights[f"{layer}.noise_const"] * weights[f"{layer}.noise_strength"]
    return F.leaky_relu(x + noise + weights[f"{layer}.bias"][None, :, None, None], slope) * 2**0.5


def _spread(x: Tensor) -> Tensor:
    """Zeros between the pixels."""
    spread = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    spread[:, :, ::2, ::2] = x
    return spread


def _filtered(x: Tensor, kernel: Tensor, gain: float, padding: tuple[int, int]) -> Tensor:
    """Filter each channel with a small kernel, turned as a convolution wants it."""
    kernel = (kernel.flip(0, 1) * gain)[None, None].repeat(x.shape[1], 1, 1, 1)
    return F.conv2d(F.pad(x, (*padding, *padding)), kernel, groups=x.shape[1])
