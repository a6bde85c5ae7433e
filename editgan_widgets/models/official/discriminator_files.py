"""The discriminator of a public checkpoint -> ours: rosinality's `d`, StyleGAN2-ADA's `D`, anywhere in the file.

A discriminator is only needed for its features, which perceptual distances compare. An unsupported one is left out and
does not stop a conversion; the report names it and the reason.

Rosinality's names, for a picture of R px: `convs.0` reads RGB, `convs.k` is the residual block of R / 2**(k - 1) px,
`final_conv` and `final_linear.{0,1}` are the end. StyleGAN2-ADA's are those of models/discriminator.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from editgan_widgets.models.checkpoints import with_weights
from editgan_widgets.models.discriminator import ARCHITECTURES, Discriminator, DiscriminatorConfig
from editgan_widgets.models.generators.stylegan2_layers import resample_filter
from editgan_widgets.models.misfit import missing_and_unknown
from editgan_widgets.models.official.containers import contents
from editgan_widgets.models.official.tensor_files import finite

_ROSINALITY, _ADA = "final_linear.1.weight", "b4.out.weight"  # each layout's last layer
_HOLDERS = ("d", "D", "d_ema", "D_ema", "discriminator", "netD")
_MOST_BLOCKS = 9  # 2048 px


@dataclass(frozen=True)
class FoundDiscriminator:
    """Result of converting a file's discriminator."""

    network: Discriminator | None  # None if there is none or it was left out
    line: str  # for the report


class _LeftOutError(ValueError):
    """Reason why a discriminator is left out."""


def read_discriminator(path: Path, content: Any) -> FoundDiscriminator:
    """Find the discriminator in the result of `read_tensors` and convert it to ours, in eval mode.

    If the file has none, or an unsupported one, `network` is None.
    """
    found = contents(path, content)
    tensors, modules = {name: x for name, x in found.tensors.items() if x.is_floating_point()}, found.modules
    ends = [
        (len(name) - len(end), name[: -len(end)], end)
        for end in (_ROSINALITY, _ADA)
        for name in tensors
        if name == end or name.endswith(f".{end}")
    ]
    if not ends:
        held = [name for name in _HOLDERS if any(key.startswith(f"{name}.") for key in tensors)]
        if not held:
            return FoundDiscriminator(None, "discriminator: the file has none")
        count = sum(key.startswith(f"{held[0]}.") for key in tensors)
        why = f"its {count} tensors do not have the names of a StyleGAN2 discriminator"
        return FoundDiscriminator(None, f"discriminator {held[0]!r} left out: {why}")
    _, prefix, end = min(ends)
    layout = "rosinality" if end == _ROSINALITY else "StyleGAN2-ADA"
    name = f"discriminator {prefix.rstrip('.')!r} ({layout})" if prefix else f"discriminator ({layout})"
    own = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
    facts = {key[len(prefix) :]: value for key, value in modules.items() if f"{key}.".startswith(prefix)}
    try:
        weights = {key: finite(path, key, value) for key, value in own.items()}
        config, weights = _of_rosinality(weights) if end == _ROSINALITY else _of_stylegan2_ada(weights, facts)
        network = with_weights(lambda: Discriminator(config), weights)
    except (ValueError, RuntimeError, KeyError, IndexError, TypeError, OverflowError) as error:
        return FoundDiscriminator(None, f"{name} left out: {str(error).removeprefix(f'{path}: ')}")
    return FoundDiscriminator(network, f"{name} converted: {config.resolution} px, architecture {config.architecture}")


def _of_rosinality(found: Mapping[str, Tensor]) -> tuple[DiscriminatorConfig, dict[str, Tensor]]:
    blocks = sum(re.fullmatch(r"convs\.\d+\.conv1\.0\.weight", name) is not None for name in found)
    if not 0 < blocks <= _MOST_BLOCKS:
        raise _LeftOutError(f"it has {blocks} residual blocks, one of StyleGAN2 has 1 to {_MOST_BLOCKS}")
    resolution = 4 * 2**blocks
    names = {"convs.0.0.weight": f"b{resolution}.fromrgb.weight", "convs.0.1.bias": f"b{resolution}.fromrgb.bias"}
    for k in range(1, blocks + 1):
        block = f"b{resolution // 2 ** (k - 1)}"
        names |= {
            f"convs.{k}.conv1.0.weight": f"{block}.conv0.weight",
            f"convs.{k}.conv1.1.bias": f"{block}.conv0.bias",
            f"convs.{k}.conv2.0.kernel": f"{block}.conv1.resample_filter",
            f"convs.{k}.conv2.1.weight": f"{block}.conv1.weight",
            f"convs.{k}.conv2.2.bias": f"{block}.conv1.bias",
            f"convs.{k}.skip.0.kernel": f"{block}.skip.resample_filter",
            f"convs.{k}.skip.1.weight": f"{block}.skip.weight",
        }
    for theirs, ours in (("final_conv.0.weight", "b4.conv.weight"), ("final_conv.1.bias", "b4.conv.bias")):
        names[theirs] = ours
    for i, layer in enumerate(("fc", "out")):
        names |= {f"final_linear.{i}.{kind}": f"b4.{layer}.{kind}" for kind in ("weight", "bias")}
    kernels = [name for name in names if name.endswith("kernel")]
    if words := missing_and_unknown(names, [*found, *kernels], "discriminator"):
        raise _LeftOutError(f"of its tensors, {words}")
    weights = {
        ours: found[theirs].flatten() if ours.endswith("bias") else found[theirs]
        for theirs, ours in names.items()
        if theirs in found
    }
    return _completed(weights, resolution, architecture="resnet")


def _of_stylegan2_ada(
    found: Mapping[str, Tensor], modules: Mapping[str, Mapping[str, Any]]
) -> tuple[DiscriminatorConfig, dict[str, Tensor]]:
    if any(name.startswith("mapping.") for name in found):
        raise _LeftOutError(
            f"it is conditional (c_dim {modules.get('', {}).get('c_dim', 'unknown')}); only unconditional ones are "
            "supported"
        )
    sizes = [int(m[1]) for name in found if (m := re.fullmatch(r"b(\d+)\.conv0\.weight", name))]
    if not sizes or sorted(sizes) != [8 * 2**i for i in range(len(sizes))] or len(sizes) > _MOST_BLOCKS:
        raise _LeftOutError(f"it has blocks of {sorted(sizes)} px, StyleGAN2's are 8, 16, … px")
    layers = {name: facts for name, facts in modules.items() if "activation" in facts and "conv_clamp" in facts}
    activated = {name: x for name, x in layers.items() if not name.endswith("skip")}
    if other := sorted({str(x["activation"]) for x in activated.values()} - {"lrelu"}):
        raise _LeftOutError(f"its activation is {other[0]!r:.40}, only 'lrelu' is supported")
    clamps = {x["conv_clamp"] for x in activated.values()} or {None}
    if len(clamps) > 1 or any(x["conv_clamp"] is not None for name, x in layers.items() if name.endswith("skip")):
        raise _LeftOutError(f"its layers are clamped at {sorted(map(str, clamps))}, which differs between layers")
    every = all(f"b{size}.fromrgb.weight" in found for size in sizes) and "b4.fromrgb.weight" in found
    shortcuts = [f"b{size}.skip.weight" in found for size in sizes]
    architecture = "skip" if every else "resnet" if all(shortcuts) else "orig"
    stated = {str(x["architecture"]) for x in modules.values() if "architecture" in x} or {architecture}
    if stated != {architecture} or (any(shortcuts) and architecture != "resnet"):
        raise _LeftOutError(f"its architecture {sorted(stated)} is none of {ARCHITECTURES} by its tensors")
    statistics = modules.get("b4.mbstd", {})
    batch = len(found["b4.conv.weight"])  # upper bound of a group, for statistics over the whole batch
    group = statistics.get("group_size", DiscriminatorConfig.mbstd_group) or batch
    (clamp,) = clamps
    return _completed(
        found,
        max(sizes),
        architecture=architecture,
        clamp=None if clamp is None else float(clamp),
        mbstd_group=int(group),
    )


def _completed(
    weights: Mapping[str, Tensor], resolution: int, **settings: Any
) -> tuple[DiscriminatorConfig, dict[str, Tensor]]:
    """Sizes inferred from the shapes, and the tensors with default low-pass filters where none are stored."""
    colours = weights[f"b{resolution}.fromrgb.weight"].shape[1]
    if colours != 3:
        raise _LeftOutError(f"it reads pictures of {colours} channels, only RGB is supported")
    if len(weights["b4.out.weight"]) != 1:
        raise _LeftOutError(
            f"it gives {len(weights['b4.out.weight'])} scores, as a conditional one; only one is supported"
        )
    sizes = [8 * 2**i for i in range(resolution.bit_length() - 3)]
    channels = (weights["b8.conv1.weight"].shape[0], *(weights[f"b{size}.conv0.weight"].shape[0] for size in sizes))
    added = weights["b4.conv.weight"].shape[1] - channels[0]
    config = DiscriminatorConfig(resolution, channels=channels, mbstd_channels=added, **settings)
    filters = {name: value for name, value in weights.items() if name.endswith("resample_filter")}
    if other := [tuple(value.shape) for value in filters.values() if tuple(value.shape) != (4, 4)]:
        raise _LeftOutError(f"its low-pass filter is {other[0]}, only (4, 4) is supported")
    convolutions = [name.removesuffix(".weight") for name, value in weights.items() if value.ndim == 4]
    owners = [*convolutions, *(f"b{size}" for size in sizes)]
    return config, {**{f"{owner}.resample_filter": resample_filter() for owner in owners}, **weights}
