"""Train the portraits' factor regressor on rendered truth: pictures `[n, H, W, 3]` uint8 with their factor records.

Pictures are disturbed as for the segmenter, so that it also reads what a generator makes of a portrait. The loss is the
squared error of each factor in units of its standard deviation, so that all weigh alike.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from editgan_widgets import images as pictures
from editgan_widgets.models.devices import resolve_device
from editgan_widgets.portraits.factor_regressor import FactorRegressor, evaluate_factor_regressor, readable_factors
from editgan_widgets.portraits.measuring import at_working_size
from editgan_widgets.training.runs import RunLength, fit
from editgan_widgets.training.train_segmenter import disturb


@dataclass(frozen=True)
class TrainFactorRegressorConfig:
    """How to train; the defaults take about a quarter of an hour on one core."""

    names: tuple[str, ...] | None = None  # factors to read; None for portraits.factor_regressor.readable_factors()
    total_images: int = 100_000
    max_minutes: float | None = None  # ends by the clock; the learning rate decays in time for it
    batch: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    held_out: int = 500  # last pictures of the folder: for the reported R²
    seed: int = 0


def train_factor_regressor(
    data_dir: str | Path,
    config: TrainFactorRegressorConfig | None = None,
    on_step: Callable[[int, float], None] | None = None,
    device: torch.device | str | None = "cpu",
) -> FactorRegressor:
    """Train on a folder of `editgan render`; the network's `report` has the R² of each factor on held-out pictures.

    The network comes back on the CPU. Raises ValueError for a folder without pictures and records, with too few, or
    without a factor asked for, and for a device that this machine does not have.
    """
    target = resolve_device(device)
    config = config or TrainFactorRegressorConfig()
    folder = Path(data_dir)
    if not (folder / "images.npy").is_file() or not (folder / "factors.jsonl").is_file():
        raise ValueError(f"{folder} holds no images.npy and factors.jsonl; `editgan render --out {folder}` writes them")
    images = np.load(folder / "images.npy", mmap_mode="r")
    records = [json.loads(line) for line in (folder / "factors.jsonl").read_text().splitlines()]
    count = len(images) - config.held_out
    if count < config.batch or len(records) != len(images):
        raise ValueError(
            f"{folder} holds {len(images)} portraits and {len(records)} records; {config.held_out} are held out and a "
            f"batch needs {config.batch}: render more, or finish the render"
        )
    names = config.names or readable_factors()
    if missing := [name for name in names if name not in records[0]]:
        raise ValueError(f"{folder}/factors.jsonl has no factor {missing[0]!r}; render it with this version")
    factors = torch.tensor([[record[name] for name in names] for record in records])
    rng = torch.Generator().manual_seed(config.seed)
    order = np.random.default_rng(config.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = FactorRegressor(names)
    network.mean.copy_(factors[:count].mean(0))
    network.std.copy_(factors[:count].std(0).clamp_min(1e-3))
    network.to(target)
    factors = factors.to(target)

    def batch_loss() -> Tensor:
        chosen = np.sort(order.choice(count, config.batch, replace=False))
        image = disturb(at_working_size(pictures.from_uint8(images[chosen], target)), rng)
        return ((network(image) - factors[torch.from_numpy(chosen).to(target)]) / network.std).square().mean()

    length = RunLength(config.total_images, config.max_minutes)
    fit(network, batch_loss, length, config.batch, config.learning_rate, config.weight_decay, on_step)
    network.cpu()
    scores = evaluate_factor_regressor(network, pictures.from_uint8(images[count:]), records[count:])
    network.report = {name: round(score, 4) for name, score in scores.items() if np.isfinite(score)}
    return network
