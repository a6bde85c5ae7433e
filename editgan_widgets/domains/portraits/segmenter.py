"""Segmenter: a small U-Net (Ronneberger et al. 2015) trained on rendered portraits with their exact part ids.

It is the independent judge of edits: it reads pictures, never a generator's features, and no edit is optimised against
it. It also labels the 16 generator samples that the shipped interpreter is trained on, in place of a human annotator.
"""

import copy
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.labels import LabelSet

from .measuring import MeasuringFileError, level_means, read_network, save_network
from .parts import FINE_LABELS, ids_within

WEIGHTS = Path(__file__).parent / "segmenter.safetensors"


class SegmenterFileError(MeasuringFileError):
    """A weights file is not of a segmenter; the message says which file, what it has and what would fit."""


class Segmenter(nn.Module):
    """U-Net: image [batch, 3, H, W] in [-1, 1] -> logits [batch, num_labels, H, W]; H, W multiples of 2**(levels-1).

    Attributes:
        labels: the parts of the logits, in order.
    """

    def __init__(self, labels: LabelSet = FINE_LABELS, widths: tuple[int, ...] = (16, 32, 48, 64, 96)):
        super().__init__()
        self.labels, self.widths = labels, widths
        self.down = nn.ModuleList(_block(a, b) for a, b in zip((3, *widths), widths, strict=False))
        self.up = nn.ModuleList(_block(widths[i] + widths[i - 1], widths[i - 1]) for i in range(len(widths) - 1, 0, -1))
        self.head = nn.Conv2d(widths[0], len(labels), 1)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b num_labels h w"]:
        """Return logits at the picture's size. Raises ValueError for a size that the levels cannot halve."""
        x, *skips = self.levels(image)[::-1]
        for block, skip in zip(self.up, skips, strict=True):
            x = block(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), skip], 1))
        return self.head(x)

    def features(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Mean activations of all encoder levels, for distances between sets of pictures."""
        return level_means(self.levels(image))

    def levels(self, image: Float[Tensor, "b 3 h w"]) -> list[Tensor]:
        """Activations of the encoder levels, fine to coarse."""
        step = 2 ** (len(self.widths) - 1)
        if image.shape[2] % step or image.shape[3] % step:
            raise ValueError(
                f"the picture is {image.shape[3]} x {image.shape[2]} px; the segmenter takes multiples of {step}: "
                "resize it"
            )
        kept, x = [], image
        for i, block in enumerate(self.down):
            x = block(F.avg_pool2d(x, 2) if i else x)
            kept.append(x)
        return kept

    def label_map(self, image: Float[Tensor, "b 3 h w"]) -> Tensor:
        """Most likely part of every pixel, uint8 [batch, H, W]."""
        return most_likely_parts(self, image)

    def save(self, path: str | Path, metadata: dict | None = None) -> None:
        """Write weights (half precision) and metadata as one safetensors file."""
        config = {"widths": list(self.widths), "labels": self.labels.to_dict()}
        save_network(self, path, config, metadata)


class MergedSegmenter(nn.Module):
    """A segmenter whose fine parts are merged: logits [batch, len(labels), H, W] of a coarser label set.

    The probability of a part is the sum over its fine parts. Raises UnknownLabelError if a fine part belongs to none of
    `labels`.
    """

    ids: Tensor  # [fine labels], coarse id of each fine part

    def __init__(self, segmenter: Segmenter, labels: LabelSet):
        super().__init__()
        self.segmenter, self.labels = segmenter, labels
        ids = torch.from_numpy(ids_within(labels, of=segmenter.labels)).long()
        if missing := sorted(set(range(len(labels))) - set(ids.tolist())):
            raise ValueError(
                f"the segmenter predicts {segmenter.labels}, none of which is {labels[missing[0]].name!r} of {labels}; "
                "train one on finer parts"
            )
        self.register_buffer("ids", ids, persistent=False)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b num_labels h w"]:
        """Return logits of the coarse parts."""
        logits = self.segmenter(image)
        top = logits.amax(1, keepdim=True)
        sums = torch.zeros_like(logits[:, : len(self.labels)]).index_add_(1, self.ids, (logits - top).exp())
        return sums.clamp_min(1e-30).log() + top

    def features(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Mean activations of all encoder levels of the fine segmenter."""
        return self.segmenter.features(image)

    def label_map(self, image: Float[Tensor, "b 3 h w"]) -> Tensor:
        """Most likely part of every pixel, uint8 [batch, H, W]."""
        return most_likely_parts(self, image)


@torch.no_grad()
def most_likely_parts(segmenter: nn.Module, image: Float[Tensor, "b 3 h w"]) -> Tensor:
    """Most likely part of every pixel, uint8 [batch, H, W]."""
    return segmenter(image).argmax(1).to(torch.uint8)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    layers = []
    for a in (inputs, outputs):
        layers += [nn.Conv2d(a, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def read_segmenter(path: str | Path) -> Segmenter:
    """Read a file of `Segmenter.save`; float32, eval mode, no gradients.

    Raises FileNotFoundError, or SegmenterFileError for a broken or different file.
    """

    def build(config: dict) -> Segmenter:
        return Segmenter(LabelSet.from_dict(config["labels"]), tuple(config["widths"]))

    layout = "a U-Net of down.*, up.* and head.*"
    network, _ = read_network(path, "segmenter", build, layout, SegmenterFileError)
    return network


@cache
def _shipped() -> Segmenter:
    return read_segmenter(WEIGHTS)


def load_segmenter(path: str | Path | None = None, labels: LabelSet | None = None) -> Segmenter | MergedSegmenter:
    """Load a copy of the shipped segmenter (64 or 128 px), or another file.

    It maps pictures NCHW in [-1, 1] to logits over FINE_LABELS, or over `labels`, such as `model.labels`, for which
    fine parts are merged.

    Raises FileNotFoundError, SegmenterFileError for a broken or different file, UnknownLabelError or ValueError for
    labels that it cannot predict.
    """
    segmenter = copy.deepcopy(_shipped()) if path is None else read_segmenter(path)
    return segmenter if labels is None or labels == segmenter.labels else MergedSegmenter(segmenter, labels)
