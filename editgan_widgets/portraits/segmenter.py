"""Segmenter: a small U-Net trained on rendered portraits with their true part ids (Ronneberger et al. 2015).

It is the independent judge of every edit: it never sees a generator's features, and no edit is optimised against it.
It also labels the few generator samples that the shipped interpreter is trained on, as a person with a brush would.
"""

from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .measuring import MeasuringFileError, level_means, read_network, save_network
from .parts import COARSE_LABELS

WEIGHTS = Path(__file__).parent / "segmenter.safetensors"


class SegmenterFileError(MeasuringFileError):
    """A weights file is no segmenter's; the message says which file, what it holds and what would fit."""


class Segmenter(nn.Module):
    """U-Net: image [batch, 3, H, W] in [-1, 1] -> logits [batch, num_labels, H, W]; H, W multiples of 2**(levels-1)."""

    def __init__(self, num_labels: int = len(COARSE_LABELS), widths: tuple[int, ...] = (12, 32, 48, 64, 96)):
        super().__init__()
        self.widths = widths
        self.down = nn.ModuleList(_block(a, b) for a, b in zip((3, *widths), widths, strict=False))
        self.up = nn.ModuleList(_block(widths[i] + widths[i - 1], widths[i - 1]) for i in range(len(widths) - 1, 0, -1))
        self.head = nn.Conv2d(widths[0], num_labels, 1)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b num_labels h w"]:
        """Return the parts' logits at the picture's own size; raises ValueError for a size the levels cannot halve."""
        x, *skips = self._levels(image)[::-1]
        for block, skip in zip(self.up, skips, strict=True):
            x = block(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), skip], 1))
        return self.head(x)

    def features(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Means of all levels' activations on the way down, for distances between sets of pictures."""
        return level_means(self._levels(image))

    def _levels(self, image: Tensor) -> list[Tensor]:
        """Activations on the way down, fine to coarse."""
        step = 2 ** (len(self.widths) - 1)
        if image.shape[2] % step or image.shape[3] % step:
            raise ValueError(
                f"picture is {image.shape[3]} x {image.shape[2]} px; the segmenter takes multiples of {step}: resize it"
            )
        kept, x = [], image
        for i, block in enumerate(self.down):
            x = block(F.avg_pool2d(x, 2) if i else x)
            kept.append(x)
        return kept

    @torch.no_grad()
    def label_map(self, image: Float[Tensor, "b 3 h w"]) -> Tensor:
        """Most likely part of every pixel, uint8 [batch, H, W]."""
        return self(image).argmax(1).to(torch.uint8)

    def save(self, path: str | Path, metadata: dict | None = None) -> None:
        """Write weights (half precision) and metadata as one safetensors file."""
        config = {"widths": list(self.widths), "num_labels": self.head.out_channels}
        save_network(self, path, config, metadata)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    layers = []
    for a in (inputs, outputs):
        layers += [nn.Conv2d(a, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def read_segmenter(path: str | Path) -> Segmenter:
    """Read what `Segmenter.save` wrote; float32, in eval mode, without gradients.

    Raises FileNotFoundError, or SegmenterFileError for a broken or foreign file.
    """

    def build(config: dict) -> Segmenter:
        return Segmenter(config["num_labels"], tuple(config["widths"]))

    layout = "a U-Net of down.*, up.* and head.*"
    network, _ = read_network(path, "segmenter", build, layout, SegmenterFileError)
    return network


@cache
def _shipped() -> Segmenter:
    return read_segmenter(WEIGHTS)


def load_segmenter(path: str | Path | None = None) -> Segmenter:
    """Load the shipped segmenter (64 or 128 px) or another file: image [-1, 1] NCHW -> logits over COARSE_LABELS.

    Raises FileNotFoundError, or SegmenterFileError for a broken or foreign file.
    """
    return _shipped() if path is None else read_segmenter(path)
