"""A folder of training pictures: memory-mapped arrays, and batches of them in a reproducible order.

A data folder contains `images.npy` uint8 [N, H, W, 3], and optionally `label_maps.npy` uint8 [N, H, W] and
`latents.npy` float32 [N, z_dim]. Pictures larger than the network by a power of two are averaged down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from editgan_widgets import images as pictures


class DataError(ValueError):
    """A data folder does not fit the configuration; the message names its content, what would fit and a remedy."""


class TrainingData:
    """The memory-mapped arrays of a data folder, and reproducible batches."""

    def __init__(
        self,
        folder: str | Path,
        resolution: int,
        z_dim: int | None = None,
        part_weights: Mapping[int, float] | None = None,
        held_out: int = 0,
        batch: int = 1,
        seed: int = 0,
        labelled: bool = False,
    ):
        """Open a folder.

        Args:
            folder: as `editgan render` writes it.
            resolution: height and width of the pictures in batches, px.
            z_dim: length of the pictures' codes; None does not read `latents.npy`.
            part_weights: label id -> weight of its pixels, 1 for others; if empty, `label_maps.npy` is not read.
            held_out: number of pictures at the end of the folder that are not used; at most a quarter.
            batch: pictures in a batch.
            seed: seed of the order.
            labelled: read `label_maps.npy` for `Batch.labels`.

        Raises DataError for a folder that does not fit.
        """
        self.batch_size, self.seed = batch, seed
        folder = Path(folder)
        self.images = self._load(folder, "images.npy")
        size = resolution
        n, h, w = self.images.shape[:3]
        if self.images.dtype != np.uint8 or self.images.shape[3:] != (3,):
            raise DataError(f"{folder}/images.npy is {self.images.dtype} {self.images.shape}; need uint8 [N, H, W, 3]")
        self.shrink = h // size
        if h != w or h % size or self.shrink & (self.shrink - 1):
            raise DataError(
                f"{folder}/images.npy holds {w}x{h} px pictures; a {size} px network takes {size} px or a power of two "
                f"times that: render larger pictures or train a smaller network"
            )
        self.held_out = min(held_out, n // 4)
        self.count = n - self.held_out
        if self.count < batch:
            raise DataError(f"{folder} holds {n} pictures, {self.held_out} held out; a batch needs {batch}")
        self.labelled, self.weighted = labelled, bool(part_weights)
        self.label_maps = self._load(folder, "label_maps.npy") if part_weights or labelled else None
        self.latents = self._load(folder, "latents.npy") if z_dim is not None else None
        for name, array, shape in (
            ("label_maps.npy", self.label_maps, (n, h, w)),
            ("latents.npy", self.latents, (n, z_dim)),
        ):
            if array is not None and array.shape != shape:
                raise DataError(
                    f"{folder}/{name} is {array.shape}; it must be {shape} to fit images.npy and the network"
                )
        weights = np.ones(256, np.float32)
        for label, weight in (part_weights or {}).items():
            weights[label] = weight
        self.part_weights = torch.from_numpy(weights)

    @staticmethod
    def _load(folder: Path, name: str) -> np.ndarray:
        path = folder / name
        if not path.is_file():
            raise DataError(f"{path} does not exist; a data folder is made by `editgan render --out {folder}`")
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            raise DataError(f"{path} is not a complete .npy array: {error}; render the folder again") from error

    def indices(self, images_seen: int) -> np.ndarray:
        """Indices of the batch after `images_seen` pictures; every epoch has each picture once, in a new order."""
        positions = np.arange(images_seen, images_seen + self.batch_size)
        chosen = np.empty(len(positions), np.int64)
        for epoch in np.unique(positions // self.count):
            order = self._order(int(epoch))
            here = positions // self.count == epoch
            chosen[here] = order[positions[here] % self.count]
        return chosen

    def _order(self, epoch: int) -> np.ndarray:
        if getattr(self, "_epoch", None) != epoch:
            self._epoch = epoch
            self._permutation = np.random.default_rng((self.seed, epoch)).permutation(self.count)
        return self._permutation

    def batch(self, indices: np.ndarray, device: torch.device) -> "Batch":
        """Read pictures, their pixel weights (mean 1 in each picture) and their codes."""
        image = pictures.from_uint8(self.images[indices], device)
        weight = latents = labels = None
        if self.label_maps is not None:
            labels = torch.from_numpy(self.label_maps[indices].astype(np.int64))
        if labels is not None and self.weighted:
            weight = self.part_weights[labels][:, None].to(device)
            weight = weight / weight.mean(dim=(1, 2, 3), keepdim=True)
        if self.latents is not None:
            latents = torch.from_numpy(self.latents[indices].astype(np.float32)).to(device)
        if self.shrink > 1:
            image = F.avg_pool2d(image, self.shrink)
            weight = None if weight is None else F.avg_pool2d(weight, self.shrink)
        if labels is not None:
            half = self.shrink // 2
            labels = labels[:, half :: self.shrink, half :: self.shrink].to(device)
        return Batch(image, weight, latents, labels if self.labelled else None)


@dataclass(frozen=True)
class Batch:
    """A batch of training pictures."""

    image: Tensor  # [batch, 3, H, W] in [-1, 1]
    weight: Tensor | None  # [batch, 1, H, W], mean 1; None: all pixels have the same weight
    latents: Tensor | None  # [batch, z_dim]
    labels: Tensor | None = None  # [batch, H, W], ids of parts, if they were asked for
