"""The rosinality layout of StyleGAN2 (also that of pSp, e4e, StyleGAN-NADA and EditGAN's release) and ours.

Its tensors equal ours up to leading axes of length 1, and its low-pass kernels have the gain of a doubling, 4.
"""

import math
import re
from typing import Any

import torch
from torch import Tensor

from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.generators.stylegan2 import StyleGAN2
from editgan_widgets.models.generators.stylegan2_layers import resample_filter
from editgan_widgets.models.misfit import missing_and_unknown
from editgan_widgets.models.official.sizes import (
    LEAST_GAIN,
    PUBLIC_MULTIPLIER,
    StateDict,
    infer_config,
    mapping_gain,
    with_buffers,
)

# Rosinality name -> (our name, leading axes of length 1).
_STYLED = {
    "conv.weight": ("weight", 1),
    "conv.modulation.weight": ("affine.weight", 0),
    "conv.modulation.bias": ("affine.bias", 0),
    "noise.weight": ("noise_strength", 1),
    "activate.bias": ("bias", 0),
}
_TO_RGB = {
    "conv.weight": ("weight", 1),
    "conv.modulation.weight": ("affine.weight", 0),
    "conv.modulation.bias": ("affine.bias", 0),
    "bias": ("bias", -1),  # [1, 3, 1, 1] beside [3]
}


_MOST_BLOCKS = 9  # 2048 px


def _rosinality_names(resolution: int, mapping_layers: int) -> dict[str, tuple[str, int]]:
    """All tensors: rosinality name -> (our name, number of leading axes of length 1; -1: bias of a picture)."""
    names = {"input.input": ("synthesis.b4.const", 1)}
    for i in range(mapping_layers):
        for kind in ("weight", "bias"):
            names[f"style.{i + 1}.{kind}"] = (f"mapping.fc{i}.{kind}", 0)
    layers = [("conv1", "synthesis.b4.conv1")]
    pictures = [("to_rgb1", "synthesis.b4.torgb")]
    for k in range(int(math.log2(resolution)) - 2):
        block = f"synthesis.b{8 * 2**k}"
        layers += [(f"convs.{2 * k}", f"{block}.conv0"), (f"convs.{2 * k + 1}", f"{block}.conv1")]
        pictures.append((f"to_rgbs.{k}", f"{block}.torgb"))
    for i, (theirs, ours) in enumerate(layers):
        names |= {f"{theirs}.{a}": (f"{ours}.{b}", axes) for a, (b, axes) in _STYLED.items()}
        names[f"noises.noise_{i}"] = (f"{ours}.noise_const", 2)
    for theirs, ours in pictures:
        names |= {f"{theirs}.{a}": (f"{ours}.{b}", axes) for a, (b, axes) in _TO_RGB.items()}
    return names


def from_rosinality(g_ema: StateDict, latent_avg: Tensor | None = None) -> dict[str, Tensor]:
    """Turn a rosinality `g_ema` state dict into StyleGAN2-ADA names; `latent_avg` becomes `mapping.w_avg` (else zeros).

    Missing noise buffers (`noises.*`) become zeros, as if `noise_mode="none"`; missing low-pass kernels become the
    usual ones. Raises CheckpointError for missing or unknown tensors and wrong shapes.
    """
    names, kernels = rosinality_names(g_ema)
    needed = [name for name in names if not name.startswith("noises.")]
    given = [name for name in g_ema if not name.startswith("noises.") or name not in names]
    given = [name for name in given if name not in kernels]
    if words := missing_and_unknown(needed, given, "StyleGAN2 generator"):
        raise CheckpointError(
            f"g_ema with {len(g_ema)} tensors is not a rosinality generator: {words} (a whole one has style.*, "
            "input.input, conv1, convs.*, to_rgb1, to_rgbs.*)"
        )
    weights: dict[str, Tensor] = {}
    for theirs, (ours, axes) in names.items():
        if theirs not in g_ema:
            continue
        value = g_ema[theirs].float()
        shape = value.shape[axes:] if axes >= 0 else value.shape[1:2]
        if value.numel() != math.prod(shape):
            raise CheckpointError(f"g_ema tensor {theirs} has shape {tuple(value.shape)}; its leading axes must be 1")
        weights[ours] = value.reshape(shape)
    w_dim = weights["mapping.fc0.weight"].shape[0]
    weights["mapping.w_avg"] = torch.zeros(w_dim) if latent_avg is None else latent_avg.float().reshape(-1)
    weights |= {ours: g_ema[theirs].float() / 4 for theirs, ours in kernels.items() if theirs in g_ema}
    return weights | with_buffers(weights)


def rosinality_names(g_ema: StateDict) -> tuple[dict[str, tuple[str, int]], dict[str, str]]:
    """Names of a state dict's generator, whose numbers of blocks and layers are the highest that occur in it.

    Returns all tensors as {name: (our name, leading axes of length 1)}, and the low-pass kernels as {name: our name}.
    """
    blocks = [1, *(int(m[1]) // 2 + 1 for name in g_ema if (m := re.match(r"convs\.(\d{1,2})\.", name)))]
    blocks += [int(m[1]) + 1 for name in g_ema if (m := re.match(r"to_rgbs\.(\d{1,2})\.", name))]
    layers = [1, *(int(m[1]) for name in g_ema if (m := re.match(r"style\.(\d{1,2})\.", name)))]
    count = min(max(blocks), _MOST_BLOCKS)
    return _rosinality_names(4 * 2**count, max(layers)), _kernels(count)


def _kernels(blocks: int) -> dict[str, str]:
    """Low-pass kernels: rosinality name -> our name."""
    names = {}
    for k in range(min(blocks, _MOST_BLOCKS)):
        names[f"convs.{2 * k}.conv.blur.kernel"] = f"synthesis.b{8 * 2**k}.conv0.resample_filter"
        names[f"to_rgbs.{k}.upsample.kernel"] = f"synthesis.b{8 * 2**k}.resample_filter"
    return names


def to_rosinality(weights: StateDict | StyleGAN2, mapping_lr_multiplier: float = PUBLIC_MULTIPLIER) -> dict[str, Any]:
    """Turn a generator into `{"g_ema": …, "latent_avg": …}` in the rosinality layout, ready for torch.save.

    Readers of this layout scale the mapping's weights and biases by 0.01; weights of another multiplier are stored
    times multiplier / 0.01, which gives the same picture.

    Args:
        weights: a StyleGAN2, or a state dict in StyleGAN2-ADA names.
        mapping_lr_multiplier: multiplier of the state dict (`StyleGAN2Config`); a StyleGAN2 uses its own.

    Raises CheckpointError if the weights do not fit this multiplier, and for a generator that does not normalise its
    codes, which readers of this layout always do.
    """
    if isinstance(weights, StyleGAN2):
        if not weights.config.normalize_z or weights.config.mapping_skip or weights.config.mapping_hinges:
            raise CheckpointError(
                "the rosinality layout normalises codes and has no linear map beside the mapping; this generator has "
                f"normalize_z {weights.config.normalize_z}, mapping_skip {weights.config.mapping_skip}: keep its bundle"
            )
        weights, mapping_lr_multiplier = weights.state_dict(), weights.config.mapping_lr_multiplier
    config = infer_config(weights)
    if (gain := mapping_gain(weights, mapping_lr_multiplier)) < LEAST_GAIN:
        raise CheckpointError(
            f"the mapping's weights do not fit mapping_lr_multiplier {mapping_lr_multiplier:g}: root mean "
            f"square {gain:.2g} when used, about 1 fits; give the generator itself, or the multiplier of its config"
        )
    g_ema = {}
    for theirs, (ours, axes) in _rosinality_names(config.resolution, config.mapping_layers).items():
        value = weights[ours].detach()
        if theirs.startswith("style.") and mapping_lr_multiplier != PUBLIC_MULTIPLIER:
            value = value * (mapping_lr_multiplier / PUBLIC_MULTIPLIER)
        shape = (1,) * axes + tuple(value.shape) if axes >= 0 else (1, len(value), 1, 1)
        g_ema[theirs] = value.reshape(shape).clone()
    for k in range(int(math.log2(config.resolution)) - 2):  # both of gain 4, as a doubling of the size needs it
        g_ema[f"convs.{2 * k}.conv.blur.kernel"] = resample_filter() * 4
        g_ema[f"to_rgbs.{k}.upsample.kernel"] = resample_filter() * 4
    return {"g_ema": g_ema, "latent_avg": weights["mapping.w_avg"].detach().clone()}
