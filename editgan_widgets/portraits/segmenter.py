"""Segmenter: a small U-Net trained on rendered portraits with their true part ids (Ronneberger et al. 2015).

It is the independent judge of every edit: it never sees a generator's features, and no edit is optimised against it.
It also labels the few generator samples that the shipped interpreter is trained on, as a person with a brush would.
"""

import json
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from .parts import PORTRAIT_LABELS

WEIGHTS = Path(__file__).parent / "segmenter.safetensors"
_NEXT_MOVE = "give a file that `editgan train segmenter` wrote, or none to take the one that ships"


class SegmenterFileError(ValueError):
    """A weights file is no segmenter's; the message says which file, what it holds and what would fit."""


class Segmenter(nn.Module):
    """U-Net: image [batch, 3, H, W] in [-1, 1] -> logits [batch, num_labels, H, W]; H, W multiples of 2**(levels-1)."""

    def __init__(self, num_labels: int = len(PORTRAIT_LABELS), widths: tuple[int, ...] = (12, 32, 48, 64, 96)):
        super().__init__()
        self.widths = widths
        self.down = nn.ModuleList(_block(a, b) for a, b in zip((3, *widths), widths, strict=False))
        self.up = nn.ModuleList(_block(widths[i] + widths[i - 1], widths[i - 1]) for i in range(len(widths) - 1, 0, -1))
        self.head = nn.Conv2d(widths[0], num_labels, 1)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b num_labels h w"]:
        """Return the parts' logits at the picture's own size; raises ValueError for a size the levels cannot halve."""
        step = 2 ** (len(self.widths) - 1)
        if image.shape[2] % step or image.shape[3] % step:
            raise ValueError(
                f"picture is {image.shape[3]} x {image.shape[2]} px; the segmenter takes multiples of {step}: resize it"
            )
        kept, x = [], image
        for i, block in enumerate(self.down):
            x = block(F.avg_pool2d(x, 2) if i else x)
            kept.append(x)
        for block, skip in zip(self.up, kept[-2::-1], strict=True):
            x = block(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), skip], 1))
        return self.head(x)

    @torch.no_grad()
    def label_map(self, image: Float[Tensor, "b 3 h w"]) -> Tensor:
        """Most likely part of every pixel, uint8 [batch, H, W]."""
        return self(image).argmax(1).to(torch.uint8)

    def save(self, path: str | Path, metadata: dict | None = None) -> None:
        """Write weights (half precision) and metadata as one safetensors file."""
        config = {"widths": list(self.widths), "num_labels": self.head.out_channels}
        tensors = {k: v.half() if v.is_floating_point() else v for k, v in self.state_dict().items()}
        save_file(tensors, path, {"config": json.dumps(config), "metadata": json.dumps(metadata or {})})


def _block(inputs: int, outputs: int) -> nn.Sequential:
    layers = []
    for a in (inputs, outputs):
        layers += [nn.Conv2d(a, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def read_segmenter(path: str | Path) -> Segmenter:
    """Read what `Segmenter.save` wrote; float32, in eval mode, without gradients.

    Raises FileNotFoundError, or SegmenterFileError for a broken or foreign file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no segmenter at {path}; `editgan train segmenter` writes one")
    tensors: dict[str, Tensor] = {}
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            tensors = {name: _as_float(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
        config = json.loads(about["config"])
        model = Segmenter(config["num_labels"], tuple(config["widths"]))
        model.load_state_dict(tensors)
    except SafetensorError as error:
        raise SegmenterFileError(
            f"{path} ({path.stat().st_size} bytes) cannot be read as safetensors ({error}); it may be cut short or of "
            f"another format: {_NEXT_MOVE}"
        ) from error
    except (KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
        names = [*sorted(tensors)[:3], *(["…"] if len(tensors) > 3 else [])]
        raise SegmenterFileError(
            f"{path} is a safetensors file, but no segmenter's: it holds {len(tensors)} tensors ({', '.join(names)}), "
            f"not a U-Net of down.*, up.* and head.* with its 'config': {_NEXT_MOVE}"
        ) from error
    return model.eval().requires_grad_(False)


def _as_float(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


@cache
def _shipped() -> Segmenter:
    return read_segmenter(WEIGHTS)


def load_segmenter(path: str | Path | None = None) -> Segmenter:
    """Load the shipped segmenter (64 or 128 px) or another file: image [-1, 1] NCHW -> logits over PORTRAIT_LABELS.

    Raises FileNotFoundError, or SegmenterFileError for a broken or foreign file.
    """
    return _shipped() if path is None else read_segmenter(path)
