"""FactorRegressor: predicts a portrait's factors (smile, yaw, age …) from its picture; trained on renders.

It measures the effect of an edit or a model on the factors: attribute curves, leakage, balance. Its inputs are
statistics of the portrait's parts, as segmented by its own copy of the segmenter. A factor that is not visible (gaze
behind closed lids, the hair of a bald person) cannot be predicted; `report` has the R² of each factor.
"""

import copy
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.labels import LabelSet

from .factors import FACTOR_NAMES
from .measuring import read_network, save_network
from .part_statistics import PartStatistics
from .segmenter import Segmenter

WEIGHTS = Path(__file__).parent / "factor_regressor.safetensors"

# Factors that are visible in a picture; names that portraits do not have are ignored.
_WANTED = (
    *("smile", "upper_lip_raise", "jaw_open", "frown", "pucker", "blink", "squint", "eyes_wide", "brow_raise"),
    *("yaw", "pitch", "roll", "gaze_x", "gaze_y"),
    *("age", "masculinity", "weight", "skin_tone"),
    *("hair_length", "hair_volume", "hair_curl", "hair_darkness", "baldness", "fringe", "hair_tied"),
    *("beard", "moustache", "glasses", "lip_redness", "iris_color"),
    *("light_azimuth", "light_elevation"),
)


def readable_factors() -> tuple[str, ...]:
    """Names of the factors that a regressor is trained on, in order."""
    return tuple(name for name in _WANTED if name in FACTOR_NAMES)


class FactorRegressor(nn.Module):
    """Picture [batch, 3, H, W] in [-1, 1], any size -> factors [batch, num_factors] in their own units.

    Attributes:
        names: the factors, in the order of the columns.
        report: R² on held-out renders by factor, as measured after the training.
    """

    mean: Tensor  # [num_factors], of the training data
    std: Tensor
    statistics_mean: Tensor  # [parts * 12], likewise
    statistics_std: Tensor

    def __init__(self, names: Sequence[str], segmenter: Segmenter | None = None, hidden: int = 512):
        super().__init__()
        self.names, self.hidden = tuple(names), hidden
        self.report: dict[str, float] = {}
        self.statistics = PartStatistics(segmenter or Segmenter())
        count = self.statistics.count
        self.head = nn.Sequential(
            nn.Linear(count, hidden),
            nn.SiLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, len(self.names)),
        )
        self.register_buffer("mean", torch.zeros(len(self.names)))
        self.register_buffer("std", torch.ones(len(self.names)))
        self.register_buffer("statistics_mean", torch.zeros(count))
        self.register_buffer("statistics_std", torch.ones(count))

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b num_factors"]:
        """Predict the factors."""
        return self.from_statistics(self.features(image))

    def from_statistics(self, statistics: Float[Tensor, "b c"]) -> Float[Tensor, "b num_factors"]:
        """Predict the factors from standardised statistics, as `features` returns them."""
        return self.mean + self.std * self.head(statistics)

    def features(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Standardised statistics of the parts, 12 numbers each."""
        return self.standardised(self.statistics(image))

    def standardised(self, statistics: Float[Tensor, "b c"]) -> Float[Tensor, "b c"]:
        """Standardise by the training data's mean and standard deviation, clamped to ±6."""
        return ((statistics - self.statistics_mean) / self.statistics_std).clamp(-6, 6)

    @torch.no_grad()
    def read(self, image: Float[Tensor, "b 3 h w"], batch: int = 64) -> dict[str, np.ndarray]:
        """Factors by name, an array of `b` values each."""
        device = self.mean.device
        values = torch.cat([self(part.to(device)).cpu() for part in image.split(batch)]).numpy()
        return {name: values[:, i] for i, name in enumerate(self.names)}

    @torch.no_grad()
    def read_statistics(self, statistics: Float[Tensor, "b c"]) -> dict[str, np.ndarray]:
        """Factors by name, from the output of `features`."""
        values = self.from_statistics(statistics).cpu().numpy()
        return {name: values[:, i] for i, name in enumerate(self.names)}

    def save(self, path: str | Path) -> None:
        """Write weights (half precision), names and report as one safetensors file."""
        segmenter = self.statistics.segmenter
        parts = {"widths": list(segmenter.widths), "labels": segmenter.labels.to_dict()}
        config = {"names": list(self.names), "hidden": self.hidden, "segmenter": parts}
        save_network(self, path, config, {"report": self.report})


def evaluate_factor_regressor(
    network: FactorRegressor, image: Float[Tensor, "n 3 h w"], records: Sequence[dict[str, float]]
) -> dict[str, float]:
    """R² of each factor on pictures with known factors: 1 is perfect, 0 is no better than the mean of `records`.

    nan for a factor that is constant over the records.
    """
    found = network.read(image)
    scores = {}
    for name in network.names:
        truth = np.array([record[name] for record in records])
        spread = float(np.square(truth - truth.mean()).sum())
        scores[name] = 1 - float(np.square(truth - found[name]).sum()) / spread if spread > 0 else float("nan")
    return scores


def read_factor_regressor(path: str | Path) -> FactorRegressor:
    """Read what `FactorRegressor.save` wrote. Raises FileNotFoundError, or MeasuringFileError for another file."""

    def build(config: dict) -> FactorRegressor:
        parts = config["segmenter"]
        segmenter = Segmenter(LabelSet.from_dict(parts["labels"]), tuple(parts["widths"]))
        return FactorRegressor(config["names"], segmenter, config["hidden"])

    network, metadata = read_network(path, "factor regressor", build, "a regressor of statistics.* and head.*")
    network.report = metadata.get("report", {})
    return network


@cache
def _shipped() -> FactorRegressor:
    return read_factor_regressor(WEIGHTS)


def load_factor_regressor(path: str | Path | None = None) -> FactorRegressor:
    """Load a copy of the shipped factor regressor, or another file.

    `.read(image)` returns factors by name, `.report` their R².

    Raises FileNotFoundError, or MeasuringFileError for a broken or different file.
    """
    return copy.deepcopy(_shipped()) if path is None else read_factor_regressor(path)
