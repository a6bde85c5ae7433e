"""FactorRegressor: reads a portrait's factors (smile, yaw, age …) off its picture; trained on rendered truth.

It measures what an edit or a model does to the factors: attribute curves, leakage, balance. A factor that the picture
does not show (gaze behind closed lids, the hair of a bald person) cannot be read; `report` has the R² of each.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from .factors import FACTOR_NAMES
from .measuring import Trunk, level_means, read_network, save_network

WEIGHTS = Path(__file__).parent / "factor_regressor.safetensors"

# What is worth reading off a picture; those that portraits do not have fall away.
_WANTED = (
    *("smile", "upper_lip_raise", "jaw_open", "frown", "pucker", "blink", "squint", "eyes_wide", "brow_raise"),
    *("yaw", "pitch", "roll", "gaze_x", "gaze_y"),
    *("age", "masculinity", "weight", "skin_tone"),
    *("hair_length", "hair_volume", "hair_curl", "hair_darkness", "baldness", "fringe", "hair_tied"),
    *("beard", "moustache", "glasses", "lip_redness", "iris_color"),
    *("light_azimuth", "light_elevation"),
)


def readable_factors() -> tuple[str, ...]:
    """Names of the factors that a regressor is trained to read, in order."""
    return tuple(name for name in _WANTED if name in FACTOR_NAMES)


class FactorRegressor(nn.Module):
    """Picture [batch, 3, H, W] in [-1, 1], any size -> factors [batch, num_factors] in their own units.

    Attributes:
        names: the factors, in the order of the columns.
        report: R² on held-out renders by factor, as measured after the training.
    """

    mean: Tensor  # [num_factors], of the training data
    std: Tensor

    def __init__(self, names: Sequence[str], widths: tuple[int, ...] = (16, 32, 64, 96, 128), hidden: int = 64):
        super().__init__()
        self.names, self.hidden = tuple(names), hidden
        self.report: dict[str, float] = {}
        self.trunk = Trunk(widths)
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[-1] * 16, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, len(self.names))
        )
        self.register_buffer("mean", torch.zeros(len(self.names)))
        self.register_buffer("std", torch.ones(len(self.names)))

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b num_factors"]:
        """Read the factors."""
        return self.mean + self.std * self.head(self.trunk(image))

    def features(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Means of all levels' activations, for distances between sets of pictures."""
        return level_means(self.trunk.activations(image))

    @torch.no_grad()
    def read(self, image: Float[Tensor, "b 3 h w"], batch: int = 64) -> dict[str, np.ndarray]:
        """Factors by name, an array of `b` values each."""
        device = self.mean.device
        values = torch.cat([self(part.to(device)).cpu() for part in image.split(batch)]).numpy()
        return {name: values[:, i] for i, name in enumerate(self.names)}

    def save(self, path: str | Path) -> None:
        """Write weights (half precision), names and report as one safetensors file."""
        config = {"names": list(self.names), "widths": list(self.trunk.widths), "hidden": self.hidden}
        save_network(self, path, config, {"report": self.report})


def evaluate_factor_regressor(
    network: FactorRegressor, image: Float[Tensor, "n 3 h w"], records: Sequence[dict[str, float]]
) -> dict[str, float]:
    """R² of each factor on pictures whose factors are known: 1 is perfect, 0 no better than the mean of `records`.

    nan where a factor is the same in all records.
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
        return FactorRegressor(config["names"], tuple(config["widths"]), config["hidden"])

    network, metadata = read_network(path, "factor regressor", build, "a regressor of trunk.* and head.*")
    network.report = metadata.get("report", {})
    return network


@cache
def _shipped() -> FactorRegressor:
    return read_factor_regressor(WEIGHTS)


def load_factor_regressor(path: str | Path | None = None) -> FactorRegressor:
    """Load the shipped factor regressor or another file; `.read(image)` gives factors by name, `.report` their R².

    Raises FileNotFoundError, or MeasuringFileError for a broken or foreign file.
    """
    return _shipped() if path is None else read_factor_regressor(path)
