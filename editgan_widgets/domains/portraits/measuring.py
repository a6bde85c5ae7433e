"""Shared by the judges: a small convolutional trunk, and reading and writing of weights.

The judges are trained on renders and take pictures of any size. No edit is optimised against them.
"""

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from editgan_widgets.file_kinds import misplaced
from editgan_widgets.files import whole_file, why_unreadable

WORKING_SIZE = 64  # px

Network = TypeVar("Network", bound=nn.Module)


class MeasuringFileError(ValueError):
    """A weights file is not of the requested network; the message says what the file has and what would fit."""


class Trunk(nn.Module):
    """Picture [batch, 3, H, W] in [-1, 1], any size -> activations [batch, widths[-1], 4, 4]; 0.32 M weights.

    The size is halved four times. The first stage keeps the full size, because an eye is only six pixels wide.
    """

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 96, 128)):
        super().__init__()
        self.widths = widths
        levels = [nn.Sequential(*_layer(3, widths[0]))]
        for i, (a, b) in enumerate(itertools.pairwise(widths), 2):
            more = _layer(b, b) if i < len(widths) else ()
            levels.append(nn.Sequential(*_layer(a, b, stride=2), *more))
        self.levels = nn.ModuleList(levels)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c 4 4"]:
        """Resize pictures to the working size and apply the layers."""
        return self.activations(image)[-1]

    def activations(self, image: Float[Tensor, "b 3 h w"]) -> list[Tensor]:
        """Return the activations of every level, fine to coarse."""
        x, outputs = at_working_size(image), []
        for level in self.levels:
            x = level(x)
            outputs.append(x)
        return outputs


def level_means(activations: Sequence[Tensor]) -> Float[Tensor, "b c"]:
    """Mean of each channel of each level: features of whole pictures, for distances between sets of pictures.

    All levels are used, because the coarse ones hardly distinguish a blurred portrait from a sharp one.
    """
    return torch.cat([x.mean((2, 3)) for x in activations], dim=1)


def _layer(inputs: int, outputs: int, stride: int = 1) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)


def at_working_size(image: Float[Tensor, "b 3 h w"], size: int = WORKING_SIZE) -> Float[Tensor, "b 3 size size"]:
    """Resize pictures to `size` px: average pooling if the factor is an integer, else interpolation."""
    height, width = image.shape[2:]
    if (height, width) == (size, size):
        return image
    if height == width and height % size == 0:
        return F.avg_pool2d(image, height // size)
    return F.interpolate(image, (size, size), mode="bilinear", antialias=True)


def fold_batch_norm(network: nn.Module) -> None:
    """Fold each batch normalisation into the convolution before it, in place: the same function, computed faster.

    The network is in eval mode; afterwards it can neither be trained nor saved as the file that it came from.
    """
    for block in network.modules():
        if isinstance(block, nn.Sequential):
            for i in range(1, len(block)):
                convolution, norm = block[i - 1], block[i]
                if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    block[i - 1], block[i] = fuse_conv_bn_eval(convolution, norm), nn.Identity()


def save_network(network: nn.Module, path: str | Path, config: dict[str, Any], metadata: dict | None = None) -> None:
    """Write weights (half precision), the network's configuration and metadata as one safetensors file.

    Raises ValueError if a weight is not finite in half precision.
    """
    tensors = {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()}
    if bad := [name for name, value in tensors.items() if value.is_floating_point() and not value.isfinite().all()]:
        raise ValueError(f"{path}: {bad[0]} is not finite in half precision; nothing was written; train it again")
    with whole_file(path) as unfinished:
        save_file(tensors, unfinished, {"config": json.dumps(config), "metadata": json.dumps(metadata or {})})


def read_network(
    path: str | Path,
    kind: str,
    build: Callable[[dict[str, Any]], Network],
    layout: str,
    error_type: type[ValueError] = MeasuringFileError,
) -> tuple[Network, dict[str, Any]]:
    """Read a file of `save_network`: the network (float32, eval mode, no gradients) and its metadata.

    Args:
        path: the file.
        kind: name of the network in messages and, with dashes for spaces, in the command `editgan train <kind>`.
        build: builds the network from its configuration.
        layout: description of the expected content, for the message.
        error_type: raised for a broken or different file.

    Raises FileNotFoundError, or `error_type`.
    """
    path, command = Path(path), f"editgan train {kind.replace(' ', '-')}"
    next_move = f"give a file that `{command}` wrote, or None for the shipped one"
    if reason := why_unreadable(path):
        raise error_type(f"{kind}: {reason}")
    if not path.is_file():
        raise FileNotFoundError(f"no {kind} at {path}; `{command}` writes one")
    tensors: dict[str, Tensor] = {}
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            tensors = {name: _as_float(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
        network = build(json.loads(about["config"]))
        network.load_state_dict(tensors)
        metadata = json.loads(about.get("metadata", "{}"))
    except SafetensorError as error:
        raise error_type(
            f"{path} ({path.stat().st_size} bytes) cannot be read as safetensors ({error}){misplaced(path)}; it may be "
            "truncated or of "
            f"another format: {next_move}"
        ) from error
    except (KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
        names = [*sorted(tensors)[:3], *(["…"] if len(tensors) > 3 else [])]
        raise error_type(
            f"{path} is a safetensors file, but not of a {kind}: it has {len(tensors)} tensors ({', '.join(names)}), "
            f"not {layout} with its 'config'; {next_move}"
        ) from error
    return network.eval().requires_grad_(False), metadata


def _as_float(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
