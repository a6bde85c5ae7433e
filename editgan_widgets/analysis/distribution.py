"""Distances between two sets of pictures, from their features: KID, FID, precision, recall, density, coverage, copies.

Features are float arrays `[n, d]` of any network. Figures are comparable only for the same network and the same n.
Every figure has a 95% confidence interval.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy import linalg, special

Features = Float[np.ndarray, "_ d"]  # the two sets of a comparison may differ in number

_CHUNK = 1024  # rows of a distance matrix that are held at once


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% confidence interval and the number of pictures."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return self.shown(".4g")

    def shown(self, form: str) -> str:
        """The figure and its interval, each in a format such as ".0%"."""
        if not np.isfinite([self.low, self.high]).all():
            return f"{self.value:{form}} (too few for an interval)"
        return f"{self.value:{form}} ({self.low:{form}} to {self.high:{form}})"

    @classmethod
    def of_share(cls, hits: np.ndarray) -> "Estimate":
        """Share of True values, with Wilson's interval."""
        from scipy.stats import binomtest  # takes a second

        interval = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
        return cls(float(hits.mean()), float(interval.low), float(interval.high), len(hits))

    @classmethod
    def of_mean(cls, values: np.ndarray, n: int | None = None) -> "Estimate":
        """Mean of independent values, with Student's interval; nan bounds for a single one."""
        mean = float(np.mean(values))
        if len(values) < 2:
            return cls(mean, float("nan"), float("nan"), n or len(values))
        half = float(special.stdtrit(len(values) - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(len(values)))
        return cls(mean, mean - half, mean + half, n or len(values))


def kernel_distance(real: Features, fake: Features, block: int = 1000) -> Estimate:
    """KID (Bińkowski et al. 2018, section 4): unbiased squared MMD with the kernel (x·y / d + 1)³.

    The mean over disjoint blocks of `block` pictures, or of fewer if there are not five such blocks, drawn in a random
    order that is the same in every call. Its expectation is 0 for equal distributions, so it can be negative. A picture
    of both sets is not compared with itself.
    """
    n = min(len(real), len(fake))
    size = max(min(block, n // 5), 2)
    rng = np.random.default_rng(0)
    x, y = (given[rng.permutation(len(given))[:n]] for given in (real, fake))
    parts = range(0, n - size + 1, size)
    return Estimate.of_mean(np.array([_mmd2(x[i : i + size], y[i : i + size]) for i in parts]), n)


def _mmd2(x: Features, y: Features) -> float:
    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a.astype(np.float64) @ b.T / a.shape[1] + 1) ** 3

    n = len(x)
    within = sum((k.sum() - np.trace(k)) / (n * (n - 1)) for k in (kernel(x, x), kernel(y, y)))
    across, other = kernel(x, y), _different(x, y)
    return float(within - 2 * (across[other].mean() if other.any() else across.mean()))


def _different(x: Features, y: Features) -> Bool[np.ndarray, "n m"]:
    """False for pairs with equal features, which are the same picture."""
    _, which = np.unique(np.concatenate([x, y]), axis=0, return_inverse=True)
    which = which.reshape(-1)
    return which[: len(x), None] != which[None, len(x) :]


def frechet_distance(real: Features, fake: Features, rng: np.random.Generator, resamples: int = 20) -> Estimate:
    """FID (Heusel et al. 2017, equation 6): distance of two Gaussians; the interval is ±1.96 bootstrap deviations.

    It decreases with n even for equal distributions: compare it with the FID of two halves of the real pictures.
    """
    value = _frechet(real, fake)
    draws = [
        _frechet(real[rng.integers(len(real), size=len(real))], fake[rng.integers(len(fake), size=len(fake))])
        for _ in range(resamples)
    ]
    half = 1.96 * float(np.std(draws, ddof=1))
    return Estimate(value, max(value - half, 0.0), value + half, min(len(real), len(fake)))


def _frechet(x: Features, y: Features) -> float:
    means = x.mean(0, dtype=np.float64) - y.mean(0, dtype=np.float64)
    a, b = np.atleast_2d(np.cov(x.T.astype(np.float64))), np.atleast_2d(np.cov(y.T.astype(np.float64)))
    # The trace of the product's square root is the sum of the roots of its eigenvalues, which are real and >= 0.
    roots = np.sqrt(np.clip(np.real(linalg.eigvals(a @ b)), 0, None))
    return float(max(means @ means + np.trace(a) + np.trace(b) - 2 * roots.sum(), 0.0))


@dataclass(frozen=True)
class Manifold:
    """Fidelity and variety, separately: k-nearest-neighbour balls of real and generated pictures in feature space."""

    precision: Estimate  # share of the fakes inside a real picture's ball (Kynkäänniemi et al. 2019)
    recall: Estimate  # share of the real pictures inside a fake's ball
    density: Estimate  # mean number of real balls that contain a fake, over k (Naeem et al. 2020); may exceed 1
    coverage: Estimate  # share of the real pictures with a fake in their ball


def manifold(real: Features, fake: Features, k: int = 3, k_density: int = 5) -> Manifold:
    """Precision and recall with k-th neighbours, density and coverage with `k_density`-th ones.

    Raises ValueError if a set has not more than `k_density` pictures.
    """
    most = max(k, k_density)
    if min(len(real), len(fake)) <= most:
        raise ValueError(
            f"{len(real)} real and {len(fake)} fake pictures; neighbourhoods need more than {most} of each"
        )
    real_radii, fake_radii = neighbour_distances(real, most), neighbour_distances(fake, k)
    inside_real = np.zeros(len(fake), bool)
    inside_fake = np.zeros(len(real), bool)
    covered = np.zeros(len(real), bool)
    around = np.zeros(len(fake))
    for start, distance in _distances(real, fake):
        rows = slice(start, start + len(distance))
        inside_real |= (distance <= real_radii[rows, k - 1, None]).any(0)
        near = distance <= real_radii[rows, k_density - 1, None]
        around += near.sum(0)
        covered[rows] = near.any(1)
        inside_fake[rows] = (distance <= fake_radii[None, :, k - 1]).any(1)
    return Manifold(
        Estimate.of_share(inside_real),
        Estimate.of_share(inside_fake),
        Estimate.of_mean(around / k_density),
        Estimate.of_share(covered),
    )


def neighbour_distances(features: Float[np.ndarray, "n d"], k: int) -> Float[np.ndarray, "n k"]:
    """Distances to the 1st … k-th nearest neighbour in the same set."""
    found = []
    for start, distance in _distances(features, features):
        rows = np.arange(len(distance))
        distance[rows, start + rows] = np.inf
        found.append(np.sort(np.partition(distance, k - 1, axis=1)[:, :k], axis=1))
    return np.concatenate(found)


def nearest(
    features: Float[np.ndarray, "n d"], among: Float[np.ndarray, "m d"]
) -> tuple[Float[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Distance and index of the nearest neighbour in another set."""
    distances, indices = [], []
    for _, distance in _distances(features, among):
        index = distance.argmin(1)
        indices.append(index)
        distances.append(distance[np.arange(len(index)), index])
    return np.concatenate(distances), np.concatenate(indices)


def _distances(x: np.ndarray, y: np.ndarray):
    """Yield (first row, Euclidean distances) for blocks of rows of `x` to all rows of `y`."""
    theirs = torch.from_numpy(np.ascontiguousarray(y, np.float32))
    for start in range(0, len(x), _CHUNK):
        ours = torch.from_numpy(np.ascontiguousarray(x[start : start + _CHUNK], np.float32))
        # No matrix products: with their rounding, equal points would have a distance above 0.
        yield start, torch.cdist(ours, theirs, compute_mode="donot_use_mm_for_euclid_dist").numpy()


@dataclass(frozen=True)
class Copies:
    """Distances of samples to their nearest renders, compared with those between renders."""

    sample_distance: float  # median distance from a sample to the nearest render
    render_distance: float  # median distance from a render to the nearest other render
    suspicious: Estimate  # share of the samples nearer to a render than 99% of the renders are; 0.01 is chance
    index: np.ndarray  # [n] of the nearest render of each sample
    distance: np.ndarray  # [n]


def copies(real: Features, fake: Features) -> Copies:
    """Find the nearest render of each sample, and the share that is nearer than renders are to each other."""
    own = neighbour_distances(real, 1)[:, 0]
    distance, index = nearest(fake, real)
    suspicious = Estimate.of_share(distance < np.quantile(own, 0.01))
    return Copies(float(np.median(distance)), float(np.median(own)), suspicious, index, distance)


def ratios(
    real: Float[np.ndarray, "n k"], fake: Float[np.ndarray, "m k"], rng: np.random.Generator, resamples: int = 500
) -> Iterator[Estimate]:
    """Mean of each column over the fakes, divided by that over the real pictures; intervals by bootstrap over both."""
    for x, y in zip(real.T, fake.T, strict=True):
        drawn = [
            float(y[rng.integers(len(y), size=len(y))].mean() / x[rng.integers(len(x), size=len(x))].mean())
            for _ in range(resamples)
        ]
        low, high = np.quantile(drawn, [0.025, 0.975])
        yield Estimate(float(y.mean() / x.mean()), float(low), float(high), min(len(x), len(y)))


def overlap(real: Float[np.ndarray, " n"], fake: Float[np.ndarray, " m"], bins: int = 20) -> float:
    """Common area of two histograms over the range of the real values: 1 for equal ones, 0 for disjoint ones."""
    low, high = float(real.min()), float(real.max())
    if high <= low:
        return float(np.mean(fake == low))
    shares = [np.histogram(np.clip(values, low, high), bins, (low, high))[0] / len(values) for values in (real, fake)]
    return float(np.minimum(*shares).sum())
