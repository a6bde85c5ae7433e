"""Stability of a vector: learn it again with other random numbers, and compare the directions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from tqdm.auto import tqdm

from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.latent.directions.arguments import checked, kind_of, of_one_model, one_vector, several_vectors
from editgan_widgets.latent.directions.edit_vector import EditVector


@dataclass(frozen=True, eq=False)
class Stability(Result):
    """Agreement of vectors that were learned for the same edit."""

    vectors: tuple[EditVector, ...]
    cosine: np.ndarray  # [k, k], of the whole vectors
    by_row: np.ndarray  # [rows], mean cosine of pairs; nan if a vector does not move the row
    agreement: Estimate  # mean cosine of pairs; jackknife interval
    warns_of_few = False
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each vector: its mean cosine with the others."""
        k = len(self.vectors)
        mean = (self.cosine.sum(1) - 1) / (k - 1)
        return [
            {"vector": vector.name, "norm": float(vector.delta_w_plus.norm()), "cosine with the others": float(m)}
            for vector, m in zip(self.vectors, mean, strict=True)
        ]

    def summary(self) -> list[Record]:
        """One record: the mean cosine with its interval."""
        x = self.agreement
        return [{"vectors": len(self.vectors), "mean cosine": x.value, "low": x.low, "high": x.high}]

    def figure(self) -> Figure:
        """Mean cosine of each row of w_plus."""
        figure = Figure(figsize=(4.5, 3), layout="constrained")
        axes = figure.add_subplot()
        axes.bar(range(len(self.by_row)), np.nan_to_num(self.by_row))
        axes.axhline(self.agreement.value, color="grey", linewidth=0.7)
        axes.set_ylim(min(0, float(np.nanmin(np.append(self.by_row, 0)))), 1)
        axes.set_xlabel("row of w_plus")
        axes.set_ylabel("mean cosine")
        return figure

    def answer(self) -> str:
        """State the mean cosine."""
        return f"{len(self.vectors)} vectors learned for the same edit agree with a mean cosine of {self.agreement}."


@checked()
def stability(
    learn: Callable[[int], Any] | Iterable[EditVector], seeds: Iterable[int] = range(5), progress: bool = False
) -> Stability:
    """Learn a vector once for each seed, and compare the results.

    Args:
        learn: seed -> vector, for example an edit of another portrait, or a boundary of other samples (its result is
            as good as its vector). Or the vectors themselves, if they are learned already.
        seeds: passed to `learn`, at least two different ones.
        progress: show a progress bar.

    Raises ValueError for fewer than two seeds, vectors of different shapes, or a zero vector. Ctrl+C keeps the vectors
    learned so far, if there are at least two.
    """
    chosen = list(seeds)
    if not callable(learn):
        return stability_of(several_vectors(learn, "learn"))
    if isinstance(learn, type) or len(chosen) < 2:
        problem = f"learn is {kind_of(learn)}" if isinstance(learn, type) else f"{len(chosen)} seed was given"
        raise ValueError(f"stability compares vectors learned with two seeds or more; {problem}")
    vectors: list[EditVector] = []
    with interruptible(vectors, 2):
        for seed in tqdm(chosen, disable=not progress, desc="vectors"):
            vectors.append(one_vector(learn(seed), "the result of learn"))  # noqa: PERF401
    return stability_of(vectors)


def stability_of(vectors: Iterable[EditVector]) -> Stability:
    """Compare vectors that were learned for the same edit. Errors as in `stability`."""
    chosen = tuple(several_vectors(vectors))
    of_one_model(chosen)
    if len(chosen) < 2:
        raise ValueError(f"{len(chosen)} vectors cannot be compared; learn two or more")
    if len(shapes := {tuple(vector.delta_w_plus.shape) for vector in chosen}) > 1:
        raise ValueError(f"vectors of different models cannot be compared: their shapes are {sorted(shapes)}")
    deltas = np.stack([vector.delta_w_plus.double().cpu().numpy() for vector in chosen])
    norms = np.linalg.norm(deltas, axis=(1, 2))
    if not norms.all():
        raise ValueError(f"{chosen[int(np.argmin(norms))].name!r} is zero everywhere; it has no direction")
    flat = deltas.reshape(len(chosen), -1) / norms[:, None]
    cosine = flat @ flat.T
    mean = _mean_of_pairs(cosine)
    k = len(chosen)
    without = np.array([_mean_of_pairs(np.delete(np.delete(cosine, i, 0), i, 1)) for i in range(k)]) if k > 2 else None
    half = np.nan if without is None else 1.96 * np.sqrt((k - 1) / k * ((without - without.mean()) ** 2).sum())
    agreement = Estimate(mean, float(max(mean - half, -1)), float(min(mean + half, 1)), k)
    fingerprints = {vector.fingerprint for vector in chosen}
    basis = Basis(k, None, "95% jackknife over vectors", fingerprints.pop() if len(fingerprints) == 1 else None)
    return Stability(chosen, cosine, _by_row(deltas), agreement, basis)


def _mean_of_pairs(cosine: Float[np.ndarray, "k k"]) -> float:
    return float(cosine[np.triu_indices(len(cosine), 1)].mean())


def _by_row(deltas: Float[np.ndarray, "k rows w_dim"]) -> Float[np.ndarray, " rows"]:
    norms = np.linalg.norm(deltas, axis=2, keepdims=True)
    unit = deltas / np.where(norms > 0, norms, np.nan)
    gram = np.einsum("krd,lrd->rkl", unit, unit)
    return np.array([_mean_of_pairs(row) for row in gram])
