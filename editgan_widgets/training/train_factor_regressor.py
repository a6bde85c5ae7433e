"""Train the portraits' factor regressor on renders: pictures `[n, H, W, 3]` uint8 with their factor records.

First the statistics of the pictures' parts are computed, which takes longer; then a small network learns to predict the
factors from them. Pictures are blurred and made noisy as for the segmenter, so that the regressor also works on
generated portraits; their colours, which are factors too, are not changed. The loss is the squared error of each factor
in units of its standard deviation, so that all factors have the same weight.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from editgan_widgets import images as pictures
from editgan_widgets.domains.portraits.factor_regressor import (
    FactorRegressor,
    evaluate_factor_regressor,
    readable_factors,
)
from editgan_widgets.domains.portraits.segmenter import WEIGHTS, Segmenter, read_segmenter
from editgan_widgets.models.devices import resolve_device
from editgan_widgets.training.runs import RunLength, fit, quick_arithmetic, stop_flag
from editgan_widgets.training.train_segmenter import disturb


@dataclass(frozen=True)
class TrainFactorRegressorConfig:
    """Settings of the training."""

    names: tuple[str, ...] | None = None  # factors; None for portraits.factor_regressor.readable_factors()
    total_images: int = 24_000  # pictures whose statistics are computed, each once
    max_minutes: float | None = None  # time limit for computing statistics
    disturbed_share: float = 0.7  # share of these pictures that are augmented
    rounds: int = 40  # epochs of the small network
    batch: int = 128  # vectors of statistics per batch
    learning_rate: float = 2e-3  # falls along a cosine
    weight_decay: float = 0.3
    held_out: int = 500  # last pictures of the folder: for the reported R²
    seed: int = 0


def train_factor_regressor(
    data_dir: str | Path,
    config: TrainFactorRegressorConfig | None = None,
    on_step: Callable[[int, float], None] | None = None,
    device: torch.device | str | None = "cpu",
    segmenter: Segmenter | None = None,
) -> FactorRegressor:
    """Train on a folder of `editgan render`; the network's `report` has the R² of each factor on held-out pictures.

    `segmenter` segments the pictures, None for the shipped one; the network keeps a copy. `on_step` gets the number of
    pictures and the loss, which is nan while the statistics are computed.

    Returns the network on the CPU. Raises ValueError for a folder without pictures and records, with too few of them,
    or without a requested factor, and for a device that this machine does not have.
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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = FactorRegressor(names, copy.deepcopy(segmenter or load_fine_segmenter()))
    network.mean.copy_(factors[:count].mean(0))
    network.std.copy_(factors[:count].std(0).clamp_min(1e-3))
    network.to(target)
    factors = factors.to(target)

    statistics, wanted = _take_statistics(network, images, factors, count, config, on_step)
    network.statistics_mean.copy_(statistics.mean(0))
    network.statistics_std.copy_(statistics.std(0).clamp_min(1e-3))
    _fit_head(network, network.standardised(statistics), wanted, config, on_step)
    network.cpu()
    scores = evaluate_factor_regressor(network, pictures.from_uint8(images[count:]), records[count:])
    network.report = {name: round(score, 4) for name, score in scores.items() if np.isfinite(score)}
    return network


def _take_statistics(
    network: FactorRegressor,
    images: np.ndarray,
    factors: Tensor,
    count: int,
    config: TrainFactorRegressorConfig,
    on_step: Callable[[int, float], None] | None,
) -> tuple[Tensor, Tensor]:
    """Statistics of random pictures among the first `count`, many of them augmented, and their factors."""
    device = factors.device
    rng = torch.Generator().manual_seed(config.seed)
    chosen = np.random.default_rng(config.seed).permutation(count)[: config.total_images]
    length = RunLength(len(chosen), config.max_minutes)
    taken, rows, seen = [], [], 0
    with stop_flag() as stop, torch.no_grad():
        for part in np.array_split(chosen, max(len(chosen) // 32, 1)):
            part = np.sort(part)
            image = pictures.from_uint8(images[part], device)
            plain = torch.rand(len(image), 1, 1, 1, generator=rng).to(device) >= config.disturbed_share
            image = torch.where(plain, image, disturb(image, rng, colours=False))
            with quick_arithmetic(network.statistics.segmenter):
                taken.append(network.statistics(image))
            rows.append(torch.from_numpy(part))
            seen += len(part)
            if on_step is not None:
                on_step(seen, float("nan"))
            if stop.is_set() or length.progress(seen) >= 1:
                break
    return torch.cat(taken), factors[torch.cat(rows).to(device)]


def _fit_head(
    network: FactorRegressor,
    statistics: Tensor,
    wanted: Tensor,
    config: TrainFactorRegressorConfig,
    on_step: Callable[[int, float], None] | None,
) -> None:
    """Train the small network."""
    rng = torch.Generator().manual_seed(config.seed)

    def batch_loss() -> Tensor:
        picked = torch.randint(len(statistics), (config.batch,), generator=rng).to(statistics.device)
        return ((network.from_statistics(statistics[picked]) - wanted[picked]) / network.std).square().mean()

    def report(_: int, loss: float) -> None:
        if on_step is not None:
            on_step(len(statistics), loss)

    network.statistics.requires_grad_(False)
    length = RunLength(max(config.rounds * len(statistics), config.batch))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)  # for the dropout
        fit(network, batch_loss, length, config.batch, config.learning_rate, config.weight_decay, report)


def load_fine_segmenter() -> Segmenter:
    """Return the shipped segmenter, with all its parts."""
    return read_segmenter(WEIGHTS)
