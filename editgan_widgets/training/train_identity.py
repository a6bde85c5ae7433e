"""Train the portraits' identity embedding on renders of people in several views each.

The loss is supervised contrastive (Khosla et al. 2020, equation 2): among all pictures of a batch, those of the same
person should be the most similar. The folder is written by `editgan render --views 6`: consecutive pictures show the
same person.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from editgan_widgets import images as pictures
from editgan_widgets.domains.portraits.identity import Identity, evaluate_identity
from editgan_widgets.domains.portraits.measuring import at_working_size
from editgan_widgets.models.devices import resolve_device
from editgan_widgets.training.runs import RunLength, fit
from editgan_widgets.training.train_segmenter import disturb


@dataclass(frozen=True)
class TrainIdentityConfig:
    """Settings of the training."""

    total_images: int = 100_000
    max_minutes: float | None = None  # time limit; the learning rate decays accordingly
    people: int = 24  # people per batch
    views: int = 3  # pictures per person
    temperature: float = 0.15  # temperature of the similarities; a lower one weights the most similar other people more
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    held_out: int = 100  # last people of the folder: for the reported AUC
    seed: int = 0


def contrastive_loss(
    embedding: Float[Tensor, "n size"], people: Int[Tensor, " n"], temperature: float
) -> Float[Tensor, ""]:
    """Cross-entropy of picking the same person among all other pictures, mean over the person's other views."""
    logits = embedding @ embedding.T / temperature
    oneself = torch.eye(len(people), dtype=torch.bool, device=people.device)
    logits = logits.masked_fill(oneself, -torch.inf)
    same = (people[:, None] == people) & ~oneself
    log_share = torch.log_softmax(logits, dim=1).masked_fill(~same, 0)
    return -(log_share.sum(1) / same.sum(1).clamp_min(1)).mean()


def train_identity(
    data_dir: str | Path,
    config: TrainIdentityConfig | None = None,
    on_step: Callable[[int, float], None] | None = None,
    device: torch.device | str | None = "cpu",
) -> Identity:
    """Train on a folder of `editgan render --views N`; the network's `report` has the AUC on held-out people.

    Returns the network on the CPU. Raises ValueError for a folder without pictures, with one view per person, or with
    too few people, and for a device that this machine does not have.
    """
    target = resolve_device(device)
    config = config or TrainIdentityConfig()
    folder = Path(data_dir)
    if not (folder / "images.npy").is_file() or not (folder / "dataset.json").is_file():
        raise ValueError(f"{folder} has no portraits; `editgan render --views 6 --out {folder}` writes them")
    images = np.load(folder / "images.npy", mmap_mode="r")
    views = json.loads((folder / "dataset.json").read_text()).get("views", 1)
    if views < 2:
        raise ValueError(f"{folder} shows each person once; render several views: `editgan render --views 6`")
    people = len(images) // views - config.held_out
    if people < config.people:
        raise ValueError(
            f"{folder} shows {len(images) // views} people, {config.held_out} held out; a batch needs {config.people}"
        )
    shown = min(config.views, views)
    rng = torch.Generator().manual_seed(config.seed)
    order = np.random.default_rng(config.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = Identity().to(target)

    def batch_loss() -> Tensor:
        who = np.sort(order.choice(people, config.people, replace=False))
        which = np.concatenate([np.sort(order.choice(views, shown, replace=False)) for _ in who])
        label = np.repeat(who, shown)
        image = at_working_size(pictures.from_uint8(images[label * views + which], target))
        return contrastive_loss(network(disturb(image, rng)), torch.from_numpy(label).to(target), config.temperature)

    length = RunLength(config.total_images, config.max_minutes)
    fit(network, batch_loss, length, config.people * shown, config.learning_rate, config.weight_decay, on_step)
    network.cpu()
    last = pictures.from_uint8(images[people * views : (people + config.held_out) * views])
    report = evaluate_identity(network, last, np.repeat(np.arange(config.held_out), views))
    network.report = {name: round(value, 4) for name, value in report.to_dict().items()}
    return network
