"""GraphNetwork: a small network that is stored as a list of operations and their constants, in one safetensors file.

For networks of others, converted once from their own format (docs/convert_face_networks.py): no class has to be written
for each of them, and running one needs torch alone. Maps are `[batch, channels, height, width]`; "flatten" orders the
numbers of a map by rows, columns, channels, as TensorFlow Lite does.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

FORMAT = "editgan-widgets graph networks 1"


@dataclass(frozen=True)
class Operation:
    """One step: reads tensors by name, writes one."""

    kind: str  # a key of KINDS
    inputs: tuple[str, ...]
    output: str
    settings: Mapping[str, Any]


class GraphNetwork(nn.Module):
    """Operations in order, from one input tensor to named outputs.

    Args:
        operations: each reads the input ("input"), constants, or outputs of those before it.
        constants: weights and other fixed tensors by name.
        outputs: names of the tensors that are returned.

    Raises ValueError for an operation that does not exist, or reads what is not there.
    """

    def __init__(self, operations: Sequence[Operation], constants: Mapping[str, Tensor], outputs: Sequence[str]):
        super().__init__()
        self.operations, self.outputs = tuple(operations), tuple(outputs)
        known = {"input", *constants}
        for operation in self.operations:
            if operation.kind not in KINDS:
                raise ValueError(f"operation {operation.kind!r} does not exist; there are {', '.join(KINDS)}")
            if missing := set(operation.inputs) - known:
                raise ValueError(
                    f"operation {operation.output!r} reads {', '.join(sorted(missing))}, which is not there"
                )
            known.add(operation.output)
        if missing := set(self.outputs) - known:
            raise ValueError(f"the outputs {', '.join(sorted(missing))} are not there")
        self._last = {name: i for i, one in enumerate(self.operations) for name in one.inputs}
        self.names = tuple(constants)
        for i, value in enumerate(constants.values()):
            self.register_buffer(f"constant{i}", value)

    @torch.no_grad()
    def forward(self, x: Float[Tensor, "batch channels h w"]) -> dict[str, Tensor]:
        """Run the network; returns its outputs by name."""
        values = {"input": x} | {name: self.get_buffer(f"constant{i}") for i, name in enumerate(self.names)}
        for i, one in enumerate(self.operations):
            values[one.output] = KINDS[one.kind](*(values[name] for name in one.inputs), **one.settings)
            for name in one.inputs:  # frees maps that no later operation reads
                if self._last[name] == i and name not in self.outputs:
                    values.pop(name, None)
        return {name: values[name] for name in self.outputs}


def save_networks(networks: Mapping[str, GraphNetwork], path: str | Path, about: Mapping[str, Any]) -> None:
    """Write networks to one safetensors file; constants are stored as float16. `about` says whose they are."""
    tensors, graphs = {}, {}
    for name, network in networks.items():
        graphs[name] = {"operations": [asdict(one) for one in network.operations], "outputs": network.outputs}
        for i, constant in enumerate(network.names):
            tensors[f"{name}/{constant}"] = network.get_buffer(f"constant{i}").half().contiguous()
    text = json.dumps({"format": FORMAT, "graphs": graphs, **about})
    save_file(tensors, str(path), {"editgan": text})


def load_networks(path: str | Path) -> dict[str, GraphNetwork]:
    """Read networks that `save_networks` wrote. Raises ValueError for another file."""
    with safe_open(str(path), framework="pt") as file:
        about = json.loads((file.metadata() or {}).get("editgan", "{}"))
        if about.get("format") != FORMAT:
            raise ValueError(f"{path} holds no graph networks; it is {about.get('format') or 'another file'}")
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    found = {}
    for name, graph in about["graphs"].items():
        constants = {key.split("/", 1)[1]: value for key, value in tensors.items() if key.startswith(f"{name}/")}
        operations = [
            Operation(one["kind"], tuple(one["inputs"]), one["output"], one["settings"]) for one in graph["operations"]
        ]
        found[name] = GraphNetwork(operations, constants, graph["outputs"]).eval()
    return found


def _same(x: Tensor, kernel: Sequence[int], stride: int, value: float = 0.0) -> Tensor:
    """Pad so that the output has ceil(size / stride) pixels: less before than after, if they differ."""
    sides = []
    for size, k in ((x.shape[3], kernel[1]), (x.shape[2], kernel[0])):
        total = max((math.ceil(size / stride) - 1) * stride + k - size, 0)
        sides += [total // 2, total - total // 2]
    return F.pad(x, sides, value=value) if any(sides) else x


def _convolution(x: Tensor, weight: Tensor, bias: Tensor, stride: int, same: bool, groups: int, relu: bool) -> Tensor:
    x = F.conv2d(_same(x, weight.shape[2:], stride) if same else x, weight, bias, stride, groups=groups)
    return F.relu_(x) if relu else x


def _pooled(x: Tensor, size: int, stride: int, same: bool) -> Tensor:
    return F.max_pool2d(_same(x, (size, size), stride, float("-inf")) if same else x, size, stride)


def _padded(x: Tensor, channels: Sequence[int], rows: Sequence[int], columns: Sequence[int]) -> Tensor:
    return F.pad(x, [*columns, *rows, *channels])


def _enlarged(x: Tensor, height: int, width: int, half_pixels: bool) -> Tensor:
    if half_pixels:
        return F.interpolate(x, (height, width), mode="bilinear", align_corners=False)
    rows = torch.arange(height, device=x.device) * (x.shape[2] / height)
    columns = torch.arange(width, device=x.device) * (x.shape[3] / width)
    return _sampled(x, *torch.meshgrid(columns, rows, indexing="xy"))


def _sampled(x: Tensor, columns: Tensor, rows: Tensor) -> Tensor:
    """Values of maps at positions in px, bilinear, with border pixels repeated; pixel centres are whole numbers."""
    size = torch.tensor([x.shape[3] - 1, x.shape[2] - 1], device=x.device)
    grid = (torch.stack([columns, rows], -1) / size * 2 - 1).expand(len(x), -1, -1, -1)
    return F.grid_sample(x, grid.to(x), mode="bilinear", padding_mode="border", align_corners=True)


def _to_space(x: Tensor, block: int) -> Tensor:
    """Channels to pixels, in TensorFlow's order: the block's position varies slower than the channel."""
    n, c, h, w = x.shape
    x = x.reshape(n, block, block, c // block**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(n, c // block**2, h * block, w * block)


def _flattened(x: Tensor, shape: Sequence[int]) -> Tensor:
    return (x.permute(0, 2, 3, 1) if x.ndim == 4 else x).reshape(len(x), *shape)


def _crop_matrix(
    points: Tensor,
    subset: Sequence[int],
    left: int,
    right: int,
    turn: float,
    size: Sequence[int],
    scale: Sequence[float],
) -> Tensor:
    """Affine maps `[n, 2, 3]` from the pixels of a crop around some points `[n, points, 3]` to the map's pixels."""
    x, y = points[:, :, 0], points[:, :, 1]
    roll = turn - torch.atan2(-(y[:, right] - y[:, left]), x[:, right] - x[:, left])
    cos, sin = torch.cos(roll)[:, None], torch.sin(roll)[:, None]
    chosen = torch.as_tensor(subset, device=x.device)
    along, across = x[:, chosen] * cos + y[:, chosen] * sin, y[:, chosen] * cos - x[:, chosen] * sin
    middle = [(v.amax(1) + v.amin(1)) / 2 for v in (along, across)]
    extent = [(v.amax(1) - v.amin(1)) * s for v, s in zip((along, across), scale, strict=True)]
    cos, sin = cos[:, 0], sin[:, 0]
    centre = middle[0] * cos - middle[1] * sin, middle[0] * sin + middle[1] * cos
    a, b = extent[0] / size[0], extent[1] / size[1]
    rows = [
        torch.stack([a * cos, -b * sin, centre[0] - (extent[0] * cos - extent[1] * sin) / 2], 1),
        torch.stack([a * sin, b * cos, centre[1] - (extent[0] * sin + extent[1] * cos) / 2], 1),
    ]
    return torch.stack(rows, 1)


def _cropped(x: Tensor, matrix: Tensor, size: int) -> Tensor:
    """Crops `[n, channels, size, size]` of maps."""
    at = torch.arange(size, device=x.device, dtype=x.dtype)
    columns, rows = torch.meshgrid(at, at, indexing="xy")
    place = torch.stack([columns, rows, torch.ones_like(rows)], -1) @ matrix.transpose(1, 2)[:, None]
    limit = torch.tensor([x.shape[3] - 1, x.shape[2] - 1], device=x.device)
    return F.grid_sample(x, place / limit * 2 - 1, mode="bilinear", padding_mode="zeros", align_corners=True)


def _placed(points: Tensor, matrix: Tensor, unit: float) -> Tensor:
    """Points `[n, points, 2]` of crops, in px of the network's input, of which a map's pixel is `unit`."""
    return points @ matrix[:, :, :2].transpose(1, 2) + matrix[:, None, :, 2] * unit


KINDS: dict[str, Callable[..., Tensor]] = {
    "convolution": _convolution,
    "add": lambda x, y, relu: F.relu(x + y) if relu else x + y,
    "scale": lambda x, by: x * by,
    "relu": F.relu,
    "prelu": lambda x, slope: F.prelu(x, slope),
    "max pool": _pooled,
    "pad": _padded,
    "enlarge": _enlarged,
    "channels to pixels": _to_space,
    "flatten": _flattened,
    "join": lambda *parts, axis: torch.cat(parts, axis),
    "crop matrix": _crop_matrix,
    "crop": _cropped,
    "place": _placed,
}
