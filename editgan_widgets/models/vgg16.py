"""LPIPS on VGG16 (Zhang et al. 2018, version 0.1), from weight files that the user has; torchvision is not needed.

The features are those after the last ReLU before each of VGG16's five poolings; each pixel's are brought to length 1.
With the heads of the `lpips` package their squared differences are weighted by channel and summed; without them every
channel counts the same.
"""

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.tensor_files import finite, read_tensors, state_dict

VGG16_VARIABLE = "EDITGAN_VGG16"  # environment variable: path of torchvision's vgg16-397923af.pth
STAGES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))  # numbers of torchvision's `features`
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # for pictures in [0, 1]


def vgg16_path(path: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the path of VGG16's weights that was named: the one given, else that of EDITGAN_VGG16, else None.

    Raises CheckpointError if a named file does not exist.
    """
    named = path if path is not None else os.environ.get(VGG16_VARIABLE)
    if not named:
        return None
    named = Path(named).expanduser()
    if not named.is_file():
        origin = "was given" if path is not None else f"is set in {VGG16_VARIABLE}"
        raise CheckpointError(
            f"VGG16's weights are not at {named}, which {origin}; give the path of torchvision's vgg16-397923af.pth"
        )
    return named


def hub_path() -> Path | None:
    """Path of VGG16's weights in torch.hub's cache; None without them. Nothing is downloaded.

    That is `hub/checkpoints/vgg16-397923af.pth` in TORCH_HOME, else in XDG_CACHE_HOME/torch, else in ~/.cache/torch.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or os.path.join(cache, "torch")
    path = Path(home).expanduser() / "hub" / "checkpoints" / "vgg16-397923af.pth"
    return path if path.is_file() and os.access(path, os.R_OK) else None


def lpips_heads_path() -> Path | None:
    """Path of the VGG16 heads in the installed `lpips` package; None without it. The package is not imported."""
    found = importlib.util.find_spec("lpips")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / "weights" / "v0.1" / "vgg.pth"
    return path if path.is_file() else None


class Vgg16Features(nn.Module):
    """VGG16's convolutions: pictures in [-1, 1] -> five maps, from full size to a sixteenth of it."""

    mean: Tensor
    std: Tensor

    def __init__(self, weights: Mapping[str, Tensor]):
        super().__init__()
        self.convolutions = nn.ModuleDict()
        for number in (i for stage in STAGES for i in stage):
            weight = weights[f"features.{number}.weight"]
            layer = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, device="meta")
            layer.load_state_dict({k: weights[f"features.{number}.{k}"] for k in ("weight", "bias")}, assign=True)
            self.convolutions[str(number)] = layer
        self.register_buffer("mean", torch.tensor(_IMAGENET_MEAN).reshape(3, 1, 1) * 2 - 1)
        self.register_buffer("std", torch.tensor(_IMAGENET_STD).reshape(3, 1, 1) * 2)
        self.eval().requires_grad_(False)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Vgg16Features":
        """Read torchvision's weight file. Raises CheckpointError if it is of another network."""
        weights = state_dict(Path(path), read_tensors(Path(path)), "the file")
        try:
            return cls(weights)
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(
                f"{path} with {len(weights)} tensors is not torchvision's VGG16 "
                f"({' '.join(str(error).split())[:200]}); give vgg16-397923af.pth"
            ) from error

    @property
    def channels(self) -> list[int]:
        """Channels of the five maps."""
        return [self.convolutions[str(stage[-1])].get_parameter("weight").shape[0] for stage in STAGES]

    def forward(self, image: Float[Tensor, "batch 3 h w"]) -> list[Float[Tensor, "batch _ _ _"]]:
        """Return the maps; the picture's sides are at least 16 px."""
        x, maps = (image - self.mean) / self.std, []
        for i, stage in enumerate(STAGES):
            x = F.max_pool2d(x, 2) if i else x
            for number in stage:
                x = F.relu_(self.convolutions[str(number)](x))
            maps.append(x)
        return maps


def load_heads(path: str | os.PathLike[str], channels: list[int]) -> list[Float[Tensor, "_"]]:
    """Read the heads, `lin{0..4}.model.1.weight` [1, C, 1, 1]. Raises CheckpointError for other tensors."""
    content = state_dict(Path(path), read_tensors(Path(path)), "the file")
    found = [content.get(f"lin{i}.model.1.weight") for i in range(len(channels))]
    heads = [finite(Path(path), f"lin{i}", x).flatten() for i, x in enumerate(found) if x is not None]
    if [len(head) for head in heads] != channels:
        raise CheckpointError(f"{path} holds no heads for maps of {channels} channels; give lpips/weights/v0.1/vgg.pth")
    return heads
