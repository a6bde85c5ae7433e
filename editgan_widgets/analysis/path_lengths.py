"""Perceptual path length, and linear separability (Karras et al. 2019, section 4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import checked
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.label_classes import labels_of
from editgan_widgets.analysis.plots import bins
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.extras import scikit_learn
from editgan_widgets.latent.directions.arguments import kind_of
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.perceptual import perceptual_distance
from editgan_widgets.scalars import Whole, as_array, whole

Distance: TypeAlias = Callable[[Tensor, Tensor], float]
"""Distance of two pictures `[1, 3, H, W]` in about [-1, 1]."""

EPSILON = 1e-4  # step along a path, as in the paper
_TRIM = (1, 99)  # percentiles; samples outside are ignored


@dataclass(frozen=True, eq=False)
class PathLength(Result):
    """Mean perceptual change along paths in a latent space, per squared step."""

    space: str
    length: Estimate
    values: np.ndarray  # one per sample, before trimming
    basis: Basis

    def table(self) -> list[Record]:
        """One record."""
        x = self.length
        return [{"space": self.space, "path length": x.value, "low": x.low, "high": x.high}]

    def figure(self) -> Figure:
        """Histogram of the trimmed samples."""
        figure = Figure(figsize=(4.5, 3), layout="constrained")
        axes = figure.add_subplot()
        axes.hist(_trimmed(self.values), bins=bins(len(self.values)))
        axes.set_xlabel(f"perceptual change per squared step in {self.space.upper()}")
        axes.set_ylabel("samples")
        return figure

    def answer(self) -> str:
        """State the length with its interval."""
        return f"The perceptual path length in {self.space.upper()} is {self.length}."


@checked()
def path_length(
    model: EditGAN,
    space: str = "w",
    samples: Whole = 500,
    seed: Whole = 0,
    ends: bool = False,
    distance: Distance | None = None,
    progress: bool = False,
) -> PathLength:
    """Measure the perceptual change of pictures over short steps between latents.

    d(G(x(t)), G(x(t + eps))) / eps², with x between two random latents: linear in W, spherical in Z.

    Args:
        model: the model to measure.
        space: "z" or "w".
        samples: pairs; the paper uses 100,000. The highest and the lowest percent are ignored.
        seed: seed of the pairs.
        ends: True measures at t = 0 only, False at random t in 0..1.
        distance: of two pictures; None means perceptual features (models/perceptual.py). Only figures with VGG16's
            features can be compared with the paper's.
        progress: show a progress bar.

    Raises ValueError for an unknown space or too few samples. Ctrl+C keeps the samples so far, if at least 10.
    """
    space = space.lower() if isinstance(space, str) else space
    if space not in ("z", "w"):
        raise ValueError(f"unknown space {space!r}; use 'z' or 'w'")
    samples, first = whole(samples, "samples"), whole(seed, "seed", least=0)
    if samples < 10:
        raise ValueError(f"{samples} samples are too few; give 10 or more")
    if distance is None:
        perceptual = perceptual_distance(model.discriminator, device=model.device)
        distance, name = (lambda a, b: float(perceptual(a, perceptual.reference(b)))), perceptual.name
    else:
        name = "the caller's distance"
    rng = torch.Generator().manual_seed(first)
    values: list[float] = []
    with interruptible(values, 10):
        bar = tqdm(range(samples), disable=not progress, desc="path length")
        values.extend(_step(model, space, ends, distance, rng) for _ in bar)
    found = np.array(values)
    interval = f"95% Student's interval over pairs, features of {name}"
    estimate = Estimate.of_mean(_trimmed(found), len(found))
    return PathLength(space, estimate, found, Basis(len(found), first, interval, model.fingerprint))


@torch.no_grad()
def _step(model: EditGAN, space: str, ends: bool, distance: Distance, rng: torch.Generator) -> float:
    z = torch.randn(2, model.generator.z_dim, generator=rng).double()
    t = 0.0 if ends else float(torch.rand((), generator=rng))
    mapping = model.generator.mapping
    if space == "z":
        codes = torch.stack([_slerp(z[0], z[1], t), _slerp(z[0], z[1], t + EPSILON)])
        w = mapping(codes.float().to(model.device))
    else:
        first, second = mapping(z.float().to(model.device)).double()
        w = torch.stack([first.lerp(second, t), first.lerp(second, t + EPSILON)]).float()
    one, other = model.generator.synthesis(model.generator.w_plus(w)).image
    found = float(distance(one[None], other[None]))
    if not np.isfinite(found):
        raise ValueError(f"distance returned {found} for two pictures; it must return a finite number")
    return found / EPSILON**2


def _slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Interpolate along the great circle between two directions, and linearly between their lengths."""
    one, other = a / a.norm(), b / b.norm()
    across = other - (one @ other) * one
    angle = t * torch.acos((one @ other).clamp(-1, 1))
    direction = one * torch.cos(angle) + across / across.norm() * torch.sin(angle)
    return direction * (a.norm() * (1 - t) + b.norm() * t)


def _trimmed(values: np.ndarray) -> np.ndarray:
    low, high = np.percentile(values, _TRIM)
    return values[(values >= low) & (values <= high)]


def linear_separability(
    latents: Float[np.ndarray, "n d"] | Tensor, attributes: Mapping[str, Any], seed: Whole = 0
) -> float:
    """exp of the sum over attributes of H(Y | X): 1 if hyperplanes separate all of them, 2 for one attribute at chance.

    X is the side of a linear SVM's plane, Y the attribute. The SVM is fitted to a random half of the samples, the
    entropy is computed on the other half.

    Args:
        latents: one row for each sample.
        attributes: name -> True or False for each sample, for example by a judge, without its least certain samples.
        seed: seed of the order.

    Raises ValueError for fewer than 40 samples, or an attribute that is constant in one half.
    """
    if not isinstance(attributes, Mapping) or not attributes:
        raise ValueError(f"attributes are labels by name, such as {{'smile': labels}}; got {kind_of(attributes)}")
    latents = as_array(latents)
    if latents.ndim != 2:
        raise ValueError(f"latents have one row for each sample, [n, d]; got shape {latents.shape}")
    svm, preprocessing, pipeline = scikit_learn("svm"), scikit_learn("preprocessing"), scikit_learn("pipeline")
    if latents.dtype.kind not in "biuf" or not np.isfinite(latents).all():
        raise ValueError("latents must be finite numbers; leave out the samples that are not")
    if len(latents) < 40:
        raise ValueError(f"{len(latents)} samples are too few; give 40 or more")
    first = whole(seed, "seed", least=0)
    train, test = np.array_split(np.random.default_rng(first).permutation(len(latents)), 2)
    total = 0.0
    for name, values in attributes.items():
        y = labels_of(values, f"attribute {name!r}", len(latents))
        for half in (train, test):
            if len(np.unique(y[half])) < 2:
                raise ValueError(
                    f"attribute {name!r} is the same for all samples of one half; give more samples with and without it"
                )
        fit = pipeline.make_pipeline(preprocessing.StandardScaler(), svm.LinearSVC(C=0.01, random_state=first))
        side = fit.fit(latents[train], y[train]).predict(latents[test])
        total += _conditional_entropy(y[test], side)
    return float(np.exp(total))


def _conditional_entropy(y: np.ndarray, x: np.ndarray) -> float:
    """H(Y | X) of two binary sequences, in nats."""
    total = 0.0
    for side in (False, True):
        chosen = y[x == side]
        if len(chosen):
            p = float(chosen.mean())
            total -= len(chosen) / len(y) * sum(q * np.log(q) for q in (p, 1 - p) if q > 0)
    return total
