"""PortraitAttributes: the factors of a portrait and the sizes of three of its parts, from the same statistics.

The renderer has no factor for the size of a nose, so the factor regressor cannot be trained on one. Its part statistics
(part_statistics.py) contain it: area, position and variances of each part, as predicted by the segmenter.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.labels import LabelSet

from .factor_regressor import FactorRegressor
from .part_statistics import NUMBERS, SIZE, seen_share

_NOSE = ("nose", "nostrils", "bridge", "nose tip", "ala of nose")
_LIPS = ("upper lip", "lower lip")
_FOREHEAD = ("forehead", "temple", "frown")
# By docs/measure_judges.py, on 300 renders at 128 px: standard deviation, in percent of the picture's side, and R²
# against the sizes of the exact parts.
_MEASURED = {"nose_width": (1.23, 0.61), "lip_thickness": (1.22, 0.85), "forehead_height": (5.76, 0.98)}
SIZE_NAMES = tuple(_MEASURED)


class PortraitAttributes(nn.Module):
    """Reads the factors of a regressor and the sizes of nose, lips and forehead.

    Attributes:
        names: factors, then sizes.
        report: R² of each on held-out renders.
        std: standard deviation of each over renders, in the order of `names`.
    """

    std: Tensor

    def __init__(self, regressor: FactorRegressor):
        super().__init__()
        self.regressor = regressor
        self.names = (*regressor.names, *_MEASURED)
        self.report = {**regressor.report, **{name: r2 for name, (_, r2) in _MEASURED.items()}}
        sizes = torch.tensor([std for std, _ in _MEASURED.values()]).to(regressor.std)
        self.register_buffer("std", torch.cat([regressor.std, sizes]), persistent=False)

    def features(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """The regressor's standardised statistics of pictures in [-1, 1]."""
        return self.regressor.features(image)

    @torch.no_grad()
    def read(self, image: Float[Tensor, "b 3 h w"], batch: int = 64) -> dict[str, np.ndarray]:
        """Factors and sizes by name, an array of `b` values each."""
        parts = [self.features(part.to(self.std.device)) for part in image.split(batch)]
        return self.read_statistics(torch.cat(parts))

    @torch.no_grad()
    def read_statistics(self, statistics: Float[Tensor, "b c"]) -> dict[str, np.ndarray]:
        """Factors and sizes by name, from the output of `features`."""
        network = self.regressor
        plain = network.statistics_mean + network.statistics_std * statistics
        sizes = part_sizes(plain, network.statistics.segmenter.labels)
        return {**network.read_statistics(statistics), **sizes}


def part_sizes(statistics: Float[Tensor, "b c"], labels: LabelSet) -> Mapping[str, np.ndarray]:
    """Sizes by name, in percent of the picture's side, an array of `b` values each.

    `nose_width` is the width of a rectangle with the nose's variance of x, `lip_thickness` the area of both lips over
    their width, `forehead_height` the area of the forehead over its width; 0 where the parts are not visible.

    Args:
        statistics: output of PartStatistics, not standardised.
        labels: label set of its segmenter, with the parts of FINE_LABELS.
    """
    table = statistics.double().unflatten(1, (len(labels), NUMBERS))
    nose, lips, forehead = (table[:, list(labels.ids(*parts))] for parts in (_NOSE, _LIPS, _FOREHEAD))
    found = {"nose_width": _width(nose), "lip_thickness": _height(lips), "forehead_height": _height(forehead)}
    return {name: (100 * value).cpu().numpy() for name, value in found.items()}


def _areas(parts: Float[Tensor, "b p c"]) -> Float[Tensor, "b p"]:
    return torch.expm1(parts[..., 0]).clamp_min(0)  # px


def _width(parts: Float[Tensor, "b p c"]) -> Float[Tensor, " b"]:
    """Width of the union of parts, share of the picture's side."""
    area = _areas(parts)
    seen = seen_share(area).clamp_min(1e-6)
    share = area / area.sum(1, keepdim=True).clamp_min(1e-6)
    centre, variance = parts[..., 1] / seen, parts[..., 3] / seen
    middle = (share * centre).sum(1, keepdim=True)
    spread = (share * (variance + (centre - middle) ** 2)).sum(1).clamp_min(0)
    return math.sqrt(3) * spread.sqrt()  # a uniform distribution of width v, in half sides, has variance v² / 12


def _height(parts: Float[Tensor, "b p c"]) -> Float[Tensor, " b"]:
    """Area over width, share of the picture's side."""
    return _areas(parts).sum(1) / SIZE**2 / _width(parts).clamp_min(1e-3)
