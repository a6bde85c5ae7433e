"""Outputs of a quality report's judges for many pictures: features, factors and octaves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm

from editgan_widgets import images
from editgan_widgets.analysis.quality_figures import Judges, QualityConfig
from editgan_widgets.domains.domain import FactorReader
from editgan_widgets.models.editgan import EditGAN


@dataclass(frozen=True)
class Seen:
    """Outputs of the judges for one set of pictures."""

    features: np.ndarray  # [n, d]
    factors: dict[str, np.ndarray]  # [n] each
    octaves: np.ndarray  # [n, 3], energy of the three finest octaves


@dataclass(frozen=True)
class Look:
    """Runs the judges on pictures."""

    model: EditGAN
    judges: Judges
    config: QualityConfig
    progress: bool
    mean: np.ndarray = field(default_factory=lambda: np.zeros(1, np.float32))  # mean of the renders' features
    std: np.ndarray = field(default_factory=lambda: np.ones(1, np.float32))  # their standard deviation

    def scale(self, features: np.ndarray) -> np.ndarray:
        """Standardise features."""
        return (features - self.mean) / self.std

    @torch.no_grad()
    def at(self, what: str, batches: Iterable[Tensor], counted: np.ndarray | Tensor, factors: bool = True) -> Seen:
        """Features and, with `factors`, factors of all pictures; the length of `counted` is their number."""
        features: list[np.ndarray] = []
        octaves: list[np.ndarray] = []
        read: list[dict[str, np.ndarray]] = []
        with tqdm(total=len(counted), desc=what, unit="img", disable=not self.progress) as bar:
            for image in batches:
                found = self.judges.features(image)
                features.append(found.float().cpu().numpy())
                octaves.append(_octaves(image).cpu().numpy())
                if factors and (regressor := self.judges.regressor) is not None:
                    read.append(self._factors(regressor, image, found))
                bar.update(len(image))
        names = read[0] if read else ()
        factors_read = {name: np.concatenate([x[name] for x in read]) for name in names}
        return Seen(self.scale(np.concatenate(features)), factors_read, np.concatenate(octaves))

    def _factors(self, regressor: FactorReader, image: Tensor, features: Tensor) -> dict[str, np.ndarray]:
        """Factors of pictures; computed from `features` if these come from the regressor."""
        if self.judges.features == getattr(regressor, "features", None) and hasattr(regressor, "read_statistics"):
            return regressor.read_statistics(features)  # type: ignore[attr-defined]
        return regressor.read(image)


def standardised(look: Look, features: np.ndarray) -> Look:
    """Standardise features by the renders', so that no strong channel dominates the distances."""
    std = features.std(0)
    return replace(look, mean=features.mean(0), std=np.maximum(std, 0.01 * float(np.median(std)) + 1e-8))


def _octaves(image: Tensor, count: int = 3) -> Float[Tensor, "n _"]:
    """Mean absolute detail that each halving of the picture removes, finest octave first; blur lowers it."""
    energies = []
    for _ in range(count):
        small = F.avg_pool2d(image, 2)
        back = F.interpolate(small, size=(image.shape[2], image.shape[3]), mode="bilinear", align_corners=False)
        energies.append((image - back).abs().mean((1, 2, 3)))
        image = small
    return torch.stack(energies, dim=1)


def spread_indices(count: int, most: int) -> Int[np.ndarray, " n"]:
    """Up to `most` evenly spaced indices."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).astype(np.int64))


def index_batches(chosen: np.ndarray, batch: int) -> list[np.ndarray]:
    """Split indices into batches."""
    return [chosen[i : i + batch] for i in range(0, len(chosen), batch)]


def codes(model: EditGAN, count: int, seed: int) -> Float[Tensor, "n z_dim"]:
    """Draw normal codes from a seed, float32 on the CPU."""
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(count, model.generator.z_dim, generator=rng)


@torch.no_grad()
def sampled(model: EditGAN, z: Tensor, psi: float, batch: int) -> Iterator[Tensor]:
    """Pictures of codes, rounded to 8 bits like the renders."""
    for part in z.split(batch):
        yield stored(model, model.generator.w_plus(model.generator.mapping(part.to(model.device), psi)))


def stored(model: EditGAN, w_plus: Tensor) -> Tensor:
    """Pictures of latents in [-1, 1], rounded to 8 bits."""
    return images.from_uint8(images.to_uint8(model.generator.synthesis(w_plus).image), model.device)
