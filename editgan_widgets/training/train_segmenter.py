"""Train the portraits' segmenter on renders, which come with their exact part ids.

Pictures are augmented (blur, noise, light, colour, lower resolution), so that the segmenter also works on generated
portraits. The loss is cross-entropy with larger weights for small parts, and soft Dice (Milletari et al. 2016), which
weights all parts equally, like the mean IoU.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from editgan_widgets import images as pictures
from editgan_widgets.domains.portraits.parts import FINE_LABELS, ids_within
from editgan_widgets.domains.portraits.segmenter import MergedSegmenter, Segmenter
from editgan_widgets.iou import confusion, mean_iou
from editgan_widgets.labels import LabelSet
from editgan_widgets.models.devices import resolve_device
from editgan_widgets.training.photographic import photographic
from editgan_widgets.training.runs import RunLength, fit


@dataclass(frozen=True)
class TrainSegmenterConfig:
    """Settings of the training."""

    total_images: int = 16_000
    max_minutes: float | None = None  # time limit; the learning rate decays accordingly
    batch: int = 16
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    small_part_power: float = 0.3  # class weight = (share of pixels) ** -power: 0 = no weights, 1 = all parts equal
    dice_weight: float = 1.0  # weight of the soft Dice loss relative to the cross-entropy
    large_part_pixels: float = 0.02  # share of the pixels; larger parts are subsampled to it in the loss
    held_out: int = 200  # last pictures of the folder: for the reported mIoU
    half_size_share: float = 0.4  # share of the batches at half size, because the segmenter is used at 64 and 128 px
    widths: tuple[int, ...] = (16, 32, 48, 64, 96)  # channels of each level of the U-Net, fine to coarse
    photographic: bool = False  # other backgrounds, clothes, light and framing: for pictures that are not renders
    seed: int = 0


def train_segmenter(
    data_dir: str | Path,
    config: TrainSegmenterConfig = TrainSegmenterConfig(),
    on_step: Callable[[int, float], None] | None = None,
    device: torch.device | str | None = "cpu",
    start: Segmenter | None = None,
    labels: LabelSet = FINE_LABELS,
) -> tuple[Segmenter, dict[str, float]]:
    """Train on a folder of `editgan render`; return the network and its held-out mIoU at full and half size.

    `labels` are the parts to predict: PORTRAIT_LABELS, or a coarser set. `start` provides the initial weights and is
    not modified; None for random weights. If it has other parts, its last layer is not used; if its finest level has
    fewer channels, it is widened without changing its output. Returns the network on the CPU.

    Raises ValueError for a folder without portraits or with too few, for a start with other levels, and for a device
    that this machine does not have.
    """
    target = resolve_device(device)
    folder = Path(data_dir)
    if not (folder / "images.npy").is_file() or not (folder / "label_maps.npy").is_file():
        raise ValueError(
            f"{folder} holds no images.npy and label_maps.npy; `editgan render --out {folder}` writes them"
        )
    images = np.load(folder / "images.npy", mmap_mode="r")
    label_maps = np.load(folder / "label_maps.npy", mmap_mode="r")
    count = len(images) - config.held_out
    if count < config.batch:
        raise ValueError(
            f"{folder} has {len(images)} portraits; with {config.held_out} held out, too few remain: render more"
        )
    rng = torch.Generator().manual_seed(config.seed)
    order = np.random.default_rng(config.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = Segmenter(labels, config.widths)
    if start is not None:
        take_weights(model, start)
    model.to(target)
    ids = ids_within(model.labels)
    share = np.bincount(ids[np.asarray(label_maps[: min(count, 500)])].ravel(), minlength=len(model.labels)) + 1.0
    weight = torch.from_numpy((share / share.sum()) ** -config.small_part_power).float()
    weight /= (weight * torch.from_numpy(share / share.sum())).sum()
    weight = weight.to(target)
    kept = torch.from_numpy(np.clip(config.large_part_pixels / (share / share.sum()), 0, 1)).float().to(target)

    def batch_loss() -> Tensor:
        chosen = np.sort(order.choice(count, config.batch, replace=False))
        image = pictures.from_uint8(images[chosen], target)
        label = torch.from_numpy(ids[label_maps[chosen]].astype(np.int64)).to(target)
        if order.random() < config.half_size_share:
            image, label = F.avg_pool2d(image, 2), label[:, ::2, ::2]
        if config.photographic:
            image, label = photographic(image, label, rng)
        logits = model(disturb(image, rng))
        # Most pixels are inside a few large parts and add little, and a softmax over all costs as much as the network.
        chance = kept[label]
        chosen = torch.rand(label.shape, generator=rng).to(target) < chance
        rows, label = logits.permute(0, 2, 3, 1)[chosen].float(), label[chosen]
        return part_loss(rows, label, weight, 1 / chance[chosen], config.dice_weight)

    length = RunLength(config.total_images, config.max_minutes)
    seen = fit(model, batch_loss, length, config.batch, config.learning_rate, config.weight_decay, on_step)
    model.cpu()
    last_images, last_labels = (
        pictures.from_uint8(images[count:]),
        torch.from_numpy(ids[np.asarray(label_maps[count:])]),
    )
    report = {
        "images": float(seen),
        "miou": held_out_miou(model, last_images, last_labels),
        "miou_half_size": held_out_miou(model, F.avg_pool2d(last_images, 2), last_labels[:, ::2, ::2]),
    }
    return model, report


def take_weights(model: Segmenter, start: Segmenter) -> None:
    """Copy the weights of another segmenter; additional channels at the finest level get weight 0 in later layers.

    Raises ValueError if a coarser level has another width, or the finest one fewer channels than `start`.
    """
    if model.widths[1:] != start.widths[1:] or model.widths[0] < start.widths[0]:
        raise ValueError(
            f"the segmenter to start from has levels of {start.widths} channels, this one {model.widths}; only the "
            "first may differ, and only be wider"
        )
    mine = model.state_dict()
    for name, value in start.state_dict().items():
        if name.startswith("head.") and start.labels != model.labels:
            continue
        if value.dim() > 1:
            mine[name][:, value.shape[1] :] = 0
            mine[name][: value.shape[0], : value.shape[1]] = value
        else:
            mine[name][... if value.dim() == 0 else slice(len(value))] = value
    model.load_state_dict(mine)


def part_loss(
    logits: Float[Tensor, "n num_labels"],
    label: Int[Tensor, " n"],
    part_weight: Float[Tensor, " num_labels"],
    stands_for: Float[Tensor, " n"],
    dice_weight: float,
) -> Float[Tensor, ""]:
    """Weighted cross-entropy, and soft Dice loss 1 - 2 |A and B| / (|A| + |B|), mean over the visible parts.

    `stands_for` is the number of pixels that each sampled pixel represents.
    """
    log_share = logits.log_softmax(1)
    right = log_share.gather(1, label[:, None])[:, 0]
    weight = part_weight[label] * stands_for
    entropy = -(right * weight).sum() / weight.sum()
    if dice_weight <= 0:
        return entropy
    none = torch.zeros_like(log_share[0])
    true_area = none.index_add(0, label, stands_for)
    overlap = none.index_add(0, label, right.exp() * stands_for)
    dice = (2 * overlap + 1) / (stands_for @ log_share.exp() + true_area + 1)
    return entropy + dice_weight * (1 - dice[true_area > 0].mean())


def disturb(image: Tensor, rng: torch.Generator, colours: bool = True) -> Tensor:
    """Blur, downsample, tint, shade and add noise, by a random amount per picture; `rng` is a CPU generator.

    Without `colours`, pictures are not tinted or shaded.
    """
    n = len(image)

    def draw(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=rng).to(image.device)

    blurred = F.avg_pool2d(F.pad(image, (1, 1, 1, 1), mode="reflect"), 3, 1)
    image = torch.lerp(image, blurred, draw(1, 1, 1))
    if torch.rand((), generator=rng) < 0.25:
        small = F.avg_pool2d(image, 2)
        image = torch.lerp(image, F.interpolate(small, scale_factor=2, mode="bilinear"), 0.9 * draw(1, 1, 1))
    if colours:
        gain = 1 + 0.25 * (draw(3, 1, 1) - 0.5) + 0.4 * (draw(1, 1, 1) - 0.5)
        image = image * gain + 0.3 * (draw(1, 1, 1) - 0.5)
    noise = torch.randn(image.shape, generator=rng).to(image.device)
    return image + noise * 0.12 * draw(1, 1, 1) ** 2


def held_out_miou(model: Segmenter | MergedSegmenter, images: Tensor, labels: Tensor, batch: int = 32) -> float:
    """Mean IoU over the parts, with the pixels of all pictures pooled."""
    counts = np.zeros((len(model.labels),) * 2, np.int64)
    for image, label in zip(images.split(batch), labels.split(batch), strict=True):
        seen = model.label_map(image).to(torch.uint8).numpy()
        counts += confusion(seen, label.to(torch.uint8).numpy(), len(model.labels))
    return mean_iou(counts)
