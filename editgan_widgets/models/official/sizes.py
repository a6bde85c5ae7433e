"""A generator's sizes, read off the shapes of a state dict in StyleGAN2-ADA names."""

import math
import re
from collections.abc import Mapping

import torch
from torch import Tensor

from editgan_widgets.models.generators.stylegan2 import StyleGAN2Config
from editgan_widgets.models.generators.stylegan2_layers import resample_filter
from editgan_widgets.models.official.filters import even_filter

StateDict = Mapping[str, Tensor]

PUBLIC_MULTIPLIER = 0.01  # the `mapping_lr_multiplier` that readers of the public layouts take for granted


def infer_config(weights: StateDict) -> StyleGAN2Config:
    """Read a generator's sizes off a state dict in StyleGAN2-ADA names.

    Tensors do not tell the `mapping_lr_multiplier`; it is given as 0.01, that of the public files. Raises KeyError
    where tensors are missing that tell the sizes.
    """
    resolutions = sorted(
        int(m[1]) for name in weights if (m := re.fullmatch(r"synthesis\.b(\d+)\.conv1\.weight", name))
    )
    if not resolutions:
        raise KeyError("no synthesis.b4.conv1.weight")
    first = weights["mapping.fc0.weight"]
    return StyleGAN2Config(
        resolution=resolutions[-1],
        z_dim=first.shape[1],
        w_dim=first.shape[0],
        mapping_layers=sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in weights),
        mapping_lr_multiplier=PUBLIC_MULTIPLIER,
        channels=tuple(weights[f"synthesis.b{r}.conv1.weight"].shape[0] for r in resolutions),
        filter_taps=max((len(x) for name, x in weights.items() if name.endswith(".resample_filter")), default=4),
    )


def with_buffers(weights: StateDict) -> dict[str, Tensor]:
    """Return the synthesis network's buffers: low-pass kernels all of one even size, and noise.

    What a state dict in StyleGAN2-ADA names lacks is filled in: the kernel [1, 3, 3, 1], and zeros for the noise.
    Raises ValueError for a kernel that is not square.
    """
    buffers: dict[str, Tensor] = {}
    for name in weights:
        if match := re.fullmatch(r"synthesis\.b(\d{1,5})\.(conv[01])\.weight", name):
            block, layer = f"synthesis.b{match[1]}", f"synthesis.b{match[1]}.{match[2]}"
            for filtered in (block, layer):
                usual = resample_filter()
                buffers[f"{filtered}.resample_filter"] = even_filter(weights.get(f"{filtered}.resample_filter", usual))
            if f"{layer}.noise_const" not in weights and int(match[1]) <= _LARGEST:
                buffers[f"{layer}.noise_const"] = torch.zeros(int(match[1]), int(match[1]))
                if f"{layer}.noise_strength" not in weights:  # a layer without noise
                    buffers[f"{layer}.noise_strength"] = torch.zeros([])
    taps = max((len(x) for name, x in buffers.items() if name.endswith(".resample_filter")), default=4)
    return {name: even_filter(x, taps) if name.endswith("resample_filter") else x for name, x in buffers.items()}


_LARGEST = 2048  # px


LEAST_GAIN, MOST_GAIN = 0.1, 5.0  # range of the gain of a mapping with the assumed multiplier


def mapping_gain(weights: StateDict, multiplier: float) -> float:
    """Root mean square of the weights of the mapping's largest layer, with a multiplier applied; initially 1.

    Far below 1 the mapping would squeeze all codes to one: the weights belong to a larger multiplier. Far above 1 they
    belong to a smaller one.
    """
    layers = [value for name, value in weights.items() if re.fullmatch(r"mapping\.fc\d+\.weight", name)]
    return multiplier * max((float(value.float().square().mean().sqrt()) for value in layers), default=math.inf)
