"""Safe strength: the largest scale of an edit vector at which latents stay within W."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy import special
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import checked
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.plots import bins, ink, label
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.latent.directions.arguments import one_strength
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN

LEAST_STD = 0.01  # minimum standard deviation of an axis, as a share of W's largest one


@dataclass(frozen=True, eq=False)
class SafeStrength(Result):
    """The largest scale of a vector that keeps latents within W's ellipsoid, over sampled latents."""

    vector: str
    strength: Estimate  # median over the samples; the interval contains the middle 95% of them
    by_sample: np.ndarray  # [n]; 0 if the sample itself is outside
    by_row: np.ndarray  # [num_ws], median over the samples for the row alone; infinite if the vector is zero there
    quantile: float  # share of W inside the ellipsoid
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each row of w_plus."""
        return [
            {"row": i, "safe strength": None if not np.isfinite(value) else float(value)}
            for i, value in enumerate(self.by_row)
        ]

    def summary(self) -> list[Record]:
        """One record: the median over the samples, and the interval that contains the middle 95% of them."""
        x = self.strength
        return [{"vector": self.vector, "safe strength": x.value, "low": x.low, "high": x.high}]

    def figure(self) -> Figure:
        """Histogram over the samples."""
        figure = Figure(figsize=(5, 2.6), layout="constrained")
        axes = figure.add_subplot()
        axes.hist(self.by_sample, bins=bins(len(self.by_sample)))
        axes.axvline(self.strength.value, color=ink(), label="median")
        axes.set_xlabel("safe strength")
        axes.set_ylabel("samples")
        axes.set_title(label(self.vector))
        axes.legend()
        return figure

    def answer(self) -> str:
        """State the median safe strength."""
        value = self.strength
        return (
            f"{self.vector!r} stays within the {self.quantile:.0%} ellipsoid of W up to a strength of {value.value:.2f}"
            f" in the median portrait ({value.low:.2f} to {value.high:.2f} in 95% of the portraits)."
        )


@checked(quantile=one_strength)
def safe_strength(
    vector: EditVector,
    model: EditGAN,
    seeds: Iterable[int] = range(200),
    truncation_psi: float = 0.7,
    quantile: float = 0.99,
    progress: bool = False,
) -> SafeStrength:
    """Find the largest s for which every row of w_plus + s * delta stays within W's Mahalanobis ellipsoid.

    The ellipsoid contains `quantile` of a Gaussian with W's mean and covariance: its squared distance is at most the
    chi-squared quantile of w_dim degrees of freedom. Axes below LEAST_STD of the widest are widened to it.

    Args:
        vector: measured for positive scales; negate it for negative ones.
        model: the model of the vector.
        seeds: seeds of the portraits to start from.
        truncation_psi: truncation of the portraits.
        quantile: quantile of W, 0 to 1.
        progress: show a progress bar.

    Ctrl+C ends it with the portraits so far. Raises WrongModelError for a vector of another model, ValueError for a
    vector that is zero, no seeds, or a quantile out of range.
    """
    _check(vector, model, quantile)
    chosen = list(seeds)
    found: list[Tensor] = []
    with interruptible(found):
        bar = tqdm(chosen, desc=vector.name, unit="portrait", disable=not progress)
        found.extend(model.sample_w_plus(seed, truncation_psi) for seed in bar)
    return safe_strength_from(torch.cat(found), vector, model, quantile, chosen[: len(found)])


def safe_strength_from(
    w_plus: Float[Tensor, "n rows width"],
    vector: EditVector,
    model: EditGAN,
    quantile: float = 0.99,
    seeds: Sequence[int] | None = None,
) -> SafeStrength:
    """`safe_strength` of portraits whose latents are known, and their seeds."""
    _check(vector, model, quantile)
    statistics = model.w_statistics()
    std, axes, mean = (x.double().cpu() for x in (statistics.std, statistics.axes, statistics.mean))
    std = std.clamp_min(float(std.max()) * LEAST_STD)
    limit = float(special.chdtri(len(std), 1 - quantile))
    start = ((w_plus[..., : len(mean)].double().cpu() - mean) @ axes.T / std).numpy()
    step = (vector.delta_w_plus.double() @ axes.T / std).numpy()
    rows = _largest(start, step, limit)
    by_sample = rows.min(axis=1)
    low, middle, high = np.quantile(by_sample, [0.025, 0.5, 0.975])
    basis = Basis(
        len(w_plus), None, "middle 95% of the portraits", model.fingerprint, None if seeds is None else tuple(seeds)
    )
    estimate = Estimate(float(middle), float(low), float(high), len(w_plus))
    return SafeStrength(vector.name, estimate, by_sample, np.median(rows, axis=0), quantile, basis)


def _check(vector: EditVector, model: EditGAN, quantile: float) -> None:
    vector.check(model)
    if not bool(vector.delta_w_plus.any()):
        raise ValueError(f"edit vector {vector.name!r} is zero everywhere, so every strength of it is safe")
    if not 0 < quantile < 1:
        raise ValueError(f"quantile is a share of W, above 0 and below 1; got {quantile}")


def _largest(start: np.ndarray, step: np.ndarray, limit: float) -> np.ndarray:
    """Largest s >= 0 with |start + s step|² <= limit, for each sample and row; 0 if start is outside."""
    a = (step**2).sum(-1)[None]
    b = (start * step[None]).sum(-1)
    c = (start**2).sum(-1) - limit
    with np.errstate(divide="ignore", invalid="ignore"):
        root = (-b + np.sqrt(np.maximum(b**2 - a * c, 0))) / a
    return np.where(c > 0, 0.0, np.where(a > 0, root, np.inf))
