"""EmbeddingQuality: reconstruction, identity and editability of an embedded picture, for its badge.

A latent far from W may reconstruct a picture well but not respond to edits (the trade-off of Tov et al. 2021).
Editability is the slope of an attribute along an edit vector at the embedded latent, divided by the median slope at
sampled latents: 1 is as editable as a sample, 0 not at all, below 0 in the wrong direction.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.analysis.transfer import Read, attribute_values, identity_cosine, picture_of
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.perceptual import perceptual_distance

# Limits of "good" and "fair", in the order of the badge.
_GRADES: dict[str, tuple[float, float]] = {"psnr": (25.0, 21.0), "identity": (0.8, 0.6), "editability": (0.6, 0.3)}


def worst_grade(figures: Mapping[str, float], limits: Mapping[str, tuple[float, float]]) -> str:
    """The worst grade of several figures: "good", "fair" or "poor".

    `limits` has for each figure the worst value that is good, and the worst that is fair. A figure whose limit for
    "good" is below that for "fair" is better if it is lower.
    """

    def grade(name: str, value: float) -> int:
        good, fair = limits[name]
        sign = 1 if good > fair else -1
        return 0 if sign * value >= sign * good else 1 if sign * value >= sign * fair else 2

    return ("good", "fair", "poor")[max(grade(name, value) for name, value in figures.items())]


@dataclass(frozen=True)
class Editability:
    """Slope of an attribute along a vector, per unit of scale."""

    vector: str
    attribute: str
    slope: float  # at the embedded latent, in the attribute's unit
    sampled: float  # median over sampled latents
    samples: int

    @property
    def share(self) -> float:
        """Slope divided by that at samples; nan if the attribute of samples does not change."""
        return self.slope / self.sampled if self.sampled else math.nan


@dataclass(frozen=True)
class EmbeddingQuality:
    """Figures of an embedding; None if a figure was not measured."""

    psnr: float  # dB over [-1, 1], between the picture and its reconstruction
    perceptual: float | None  # perceptual distance, 0 for equal pictures
    perceptual_name: str | None  # name of the features of that distance
    identity: float | None  # cosine of the embeddings
    editability: Editability | None

    @property
    def figures(self) -> dict[str, float]:
        """The figures that are graded, by name."""
        share = None if self.editability is None else self.editability.share
        found = {"psnr": self.psnr, "identity": self.identity, "editability": share}
        return {name: value for name, value in found.items() if value is not None and not math.isnan(value)}

    @property
    def grade(self) -> str:
        """The worst of its figures' grades: "good", "fair" or "poor"."""
        return worst_grade(self.figures, _GRADES)

    def __str__(self) -> str:
        units = {"psnr": "PSNR {:.1f} dB", "identity": "identity {:.2f}", "editability": "editability {:.0%}"}
        if self.editability is not None:
            units["editability"] = f"editability by {self.editability.vector} {{:.0%}}"
        return f"{self.grade}: " + ", ".join(units[name].format(value) for name, value in self.figures.items())


def embedding_quality(
    model: EditGAN,
    image: Float[Tensor, "1 3 h w"],
    w_plus: Float[Tensor, "1 num_ws w_dim"],
    identity: IdentityModel | None = None,
    vector: EditVector | None = None,
    attribute: str | None = None,
    read: Read | None = None,
    seeds: Sequence[int] = range(40_000_000, 40_000_016),
) -> EmbeddingQuality:
    """Measure the embedding of a picture.

    Args:
        model: the model of the latent; `model.perceptual_distance` defines the compared features.
        image: the original picture, in [-1, 1].
        w_plus: its latent.
        identity: maps pictures to unit vectors; None leaves identity out.
        vector, attribute, read: an edit vector, its factor and a predictor of factors (`FactorRegressor.read`), for
            editability; if one is None, editability is left out.
        seeds: seeds of the samples that editability is compared with.
    """
    target = image.to(model.device)
    made = picture_of(model, w_plus)
    error = (made - target).square().mean()
    cosine = None
    perceptual = perceptual_distance(model.discriminator, device=model.device)
    with torch.no_grad():
        distance, name = float(perceptual(made, perceptual.reference(target))), perceptual.name
    if identity is not None:
        cosine = identity_cosine(identity, torch.cat([target, made]))
    found = None
    if vector is not None and attribute is not None and read is not None:
        found = editability(model, w_plus, vector, attribute, read, seeds)
    return EmbeddingQuality(float(images.psnr(error)), distance, name, cosine, found)


def editability(
    model: EditGAN,
    w_plus: Float[Tensor, "1 num_ws w_dim"],
    vector: EditVector,
    attribute: str,
    read: Read,
    seeds: Sequence[int],
    truncation_psi: float = 0.7,
) -> Editability:
    """Compare an attribute's slope along a vector at a latent with that at samples.

    Raises ValueError for an attribute that `read` does not predict, WrongModelError for a vector of another model.
    """
    slope = _slope(model, w_plus, vector, attribute, read)
    sampled = [_slope(model, model.sample_w_plus(seed, truncation_psi), vector, attribute, read) for seed in seeds]
    return Editability(vector.name, attribute, slope, float(np.median(sampled)), len(sampled))


def _slope(model: EditGAN, w_plus: Tensor, vector: EditVector, attribute: str, read: Read) -> float:
    """Central difference between scales -0.5 and 0.5 of the vector."""
    pictures = torch.cat([picture_of(model, vector.apply(w_plus, scale, model)) for scale in (-0.5, 0.5)])
    low, high = attribute_values(read, pictures, attribute)
    return float(high - low)
