"""Interaction of two edit vectors, and nonlinearity of one.

Both compare the generator's pictures with those of a generator that is linear in its latents.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import checked
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.plots import label
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.latent.directions.arguments import one_vector
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.latent_shapes import alike
from editgan_widgets.models.editgan import EditGAN

_INTERVAL = "95% Student's interval over portraits"
_Pictures: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]  # latent -> deviation and linear effect, [3, H, W]


@dataclass(frozen=True, eq=False)
class Deviation(Result):
    """Deviation of pictures from those of a linear generator."""

    subject: str  # what was measured, as shown to the user
    relative: Estimate  # norm of the deviation over the norm of the linear effect; 0 for a linear generator
    by_portrait: np.ndarray  # [n]
    mean: np.ndarray  # [H, W], mean absolute deviation, of the value range
    basis: Basis

    def table(self) -> list[Record]:
        """One record."""
        value = self.relative
        return [{"subject": self.subject, "relative": value.value, "low": value.low, "high": value.high}]

    def figure(self) -> Figure:
        """The map of the deviation."""
        figure = Figure(figsize=(4, 3.2), layout="constrained")
        axes = figure.add_subplot()
        image = axes.imshow(self.mean, cmap="magma", vmin=0)
        axes.set_axis_off()
        axes.set_title(label(self.subject, 48), fontsize=10)
        figure.colorbar(image, ax=axes, label="mean deviation, of the value range")
        return figure

    def answer(self) -> str:
        """State the relative deviation with its interval."""
        return f"{self.subject}: {self.relative.shown('.0%')} of the linear effect."


@checked(first=one_vector, second=one_vector)
def interaction(
    model: EditGAN,
    first: EditVector,
    second: EditVector,
    seeds: Iterable[int] = range(50),
    strength: float = 1.0,
    truncation_psi: float = 0.7,
    progress: bool = False,
) -> Deviation:
    """Measure the deviation of the joint effect of two vectors from the sum of their effects (EditGAN, figure 5).

    E = G(w + a + b) - G(w + a) - G(w + b) + G(w), over the norm of [G(w + a) - G(w)] + [G(w + b) - G(w)]. Pictures are
    taken as the generator makes them, before pixels are clipped to the range that is shown.

    Args:
        model: the model of both vectors.
        first, second: edit vectors a and b.
        seeds, truncation_psi: seeds and truncation of the portraits.
        strength: scale of both.
        progress: show a progress bar.

    Ctrl+C ends it early; the result is of the portraits so far. Raises WrongModelError for vectors of another model,
    ValueError for a strength of 0.
    """

    _check(model, strength, first, second)

    def pictures(w_plus: Tensor) -> tuple[Tensor, Tensor]:
        none, a, b = alike(w_plus, first.apply(w_plus, strength, model), second.apply(w_plus, strength, model))
        none, one, other, both = _unclipped(model, torch.cat([none, a, b, a + b - none]))
        return both - one - other + none, one + other - 2 * none

    return _deviation(
        model, f"Interaction of {first.name!r} and {second.name!r}", pictures, seeds, truncation_psi, progress
    )


@checked()
def nonlinearity(
    model: EditGAN,
    vector: EditVector,
    seeds: Iterable[int] = range(50),
    strength: float = 1.0,
    truncation_psi: float = 0.7,
    progress: bool = False,
) -> Deviation:
    """Measure the deviation of half a vector from half its effect: G(w + s d / 2) - [G(w) + G(w + s d)] / 2.

    It is divided by the norm of G(w + s d) - G(w). Arguments as in `interaction`.
    """

    _check(model, strength, vector)

    def pictures(w_plus: Tensor) -> tuple[Tensor, Tensor]:
        half, whole = vector.apply(w_plus, strength / 2, model), vector.apply(w_plus, strength, model)
        none, middle, end = _unclipped(model, torch.cat(alike(w_plus, half, whole)))
        return middle - (none + end) / 2, end - none

    return _deviation(model, f"Nonlinearity of {vector.name!r}", pictures, seeds, truncation_psi, progress)


def _check(model: EditGAN, strength: float, *vectors: EditVector) -> None:
    for vector in vectors:
        vector.check(model)
    if strength == 0:
        raise ValueError("at strength 0 no vector has an effect; give another strength")


@torch.no_grad()
def _unclipped(model: EditGAN, w_plus: Tensor) -> Tensor:
    return model.generator.synthesis(w_plus).image


def _deviation(
    model: EditGAN, subject: str, pictures: _Pictures, seeds: Iterable[int], truncation_psi: float, progress: bool
) -> Deviation:
    measured: list[tuple[float, np.ndarray]] = []  # of each portrait: relative norm, mean deviation of each pixel
    chosen = list(seeds)
    with interruptible(measured):
        for seed in tqdm(chosen, desc=subject, unit="portrait", disable=not progress):
            deviation, effect = pictures(model.sample_w_plus(seed, truncation_psi))
            if not bool(deviation.isfinite().all() and effect.isfinite().all()):
                raise ValueError(f"{subject}: pictures are not finite numbers at this strength; give -2 to 2")
            norm, mean = float(effect.norm()), deviation.abs().mean(0).float().cpu().numpy() / 2
            measured.append((float(deviation.norm()) / norm if norm > 0 else 0.0, mean))
    values = np.array([relative for relative, _ in measured])
    basis = Basis(len(values), None, _INTERVAL, model.fingerprint, tuple(chosen[: len(values)]))
    return Deviation(subject, Estimate.of_mean(values), values, np.mean([mean for _, mean in measured], axis=0), basis)
