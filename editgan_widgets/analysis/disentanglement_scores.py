"""Disentanglement of latent codes against known factors: DCI, MIG and SAP.

DCI (Eastwood & Williams 2018, section 3), with the importances of a lasso; the mutual information gap (Chen et al.
2018, section 4.1) over bins of equal width, as in Locatello et al. 2019 (appendix C); SAP (Kumar et al. 2018, section
3). All scores are between 0 and 1, higher is more disentangled. Vanishing weights of the lasso would look disentangled
once they are normalised, so a factor that held-out samples do not show to be predicted has no importances; codes that
are independent of all factors get D = C = 0. scikit-learn is needed: `pip install
editgan-widgets[analysis]`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from scipy.stats import t as student
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import attributes_read, checked
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.plots import label
from editgan_widgets.analysis.results import Basis, Record, Result, Results
from editgan_widgets.analysis.transfer import Read, picture_of
from editgan_widgets.extras import scikit_learn
from editgan_widgets.latent.directions.arguments import kind_of, several_names
from editgan_widgets.latent.directions.style_space import styles
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Real, Whole, as_array, real, whole, without_nan

BINS = 20
SPACES = ("z", "w", "s")
_TEST_SHARE = 0.25  # share of the samples on which informativeness is measured
SCORES = ("disentanglement", "completeness", "informativeness", "MIG", "SAP")
_FOLDS = 3
_GROUPS = 10  # of samples, each of which is left out once for the intervals
_LEAST = 50  # samples
_ROUNDING = 1e-12  # spread of a column that counts as constant, relative to its largest value
_CHANCE = 0.01  # probability that codes independent of all factors get any importance


@dataclass(frozen=True, eq=False)
class Disentanglement(Result):
    """Scores of one set of codes; higher is better, at most 1."""

    space: str
    factors: tuple[str, ...]
    disentanglement: float  # D of DCI: each code is important for one factor only; nan for a single factor
    completeness: float  # C of DCI: one code is enough for each factor; nan for a single code
    informativeness: np.ndarray  # I of DCI, [factors]: R² of the lasso on samples that it was not fitted to
    mig: np.ndarray  # [factors], mutual information gap
    sap: np.ndarray  # [factors], difference of the two largest R² of single codes
    importance: np.ndarray  # [codes, factors], absolute lasso weights on standardised codes; 0 for unpredicted factors
    intervals: Mapping[str, Estimate]  # of each score, the last three as means over the factors (SCORES)
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each factor."""
        rows = zip(self.factors, self.informativeness, self.mig, self.sap, strict=True)
        return [
            {"space": self.space, "factor": name, "informativeness": float(i), "mig": float(m), "sap": float(s)}
            for name, i, m, s in rows
        ]

    def figure(self) -> Figure:
        """Importance of the codes that matter most, for each factor."""
        most = np.unique(np.argmax(self.importance, 0))
        figure = Figure(figsize=(2 + 0.3 * len(most), 1.5 + 0.25 * len(self.factors)), layout="constrained")
        axes = figure.add_subplot()
        image = axes.imshow(self.importance[most].T, cmap="viridis", vmin=0, aspect="auto")
        axes.set_yticks(range(len(self.factors)), [label(name) for name in self.factors], fontsize=8)
        axes.set_xticks(range(len(most)), [str(i) for i in most], rotation=90, fontsize=7)
        axes.set_xlabel(f"code of {self.space.upper()} (the best of each factor)")
        figure.colorbar(image, ax=axes, label="importance")
        return figure

    def answer(self) -> str:
        """State all scores."""
        said = [
            f"{name} undefined for one {'factor' if name == SCORES[0] else 'code'}"
            if np.isnan(x.value)
            else f"{name} {x.value:.2f} ({x.low:.2f} to {x.high:.2f})"
            for name, x in self.intervals.items()
        ]
        return f"{self.space.upper()}: {', '.join(said)}."

    def summary(self) -> list[Record]:
        """One record for each score of the space, with its interval; those of single factors are averaged."""
        return [
            {"space": self.space, "score": name, **without_nan({"value": x.value, "low": x.low, "high": x.high})}
            for name, x in self.intervals.items()
        ]


def disentanglement(
    codes: Float[np.ndarray, "n d"] | Tensor | Sequence[Sequence[float]],
    factors: Mapping[str, Any],
    space: str = "codes",
    bins: int = BINS,
    seed: Whole = 0,
    progress: bool = False,
) -> Disentanglement:
    """Score codes against known factors of the same samples.

    Args:
        codes: one row for each sample: an array, a tensor or lists.
        factors: name -> `[n]`, a number, or True or False, for each sample; constant factors are left out.
        space: name of the codes for tables and plots.
        bins: number of bins of equal width for the mutual information.
        seed: seed of the split into samples that the lasso is fitted to, and samples that measure informativeness.
        progress: show a progress bar.

    Raises ValueError for fewer than 50 samples, values that are not finite numbers, different lengths, or only constant
    factors.
    """
    if not isinstance(factors, Mapping):
        raise ValueError(f"factors are values by name, such as {{'smile': values}}; got {kind_of(factors)}")
    codes = as_array(codes)
    if codes.ndim != 2 or not codes.shape[1]:
        raise ValueError(f"codes have one row of numbers for each sample, [n, d]; got shape {codes.shape}")
    n, first, bins = len(codes), whole(seed, "seed", least=0), whole(bins, "bins", least=2, most=1000)
    factors = {name: as_array(values) for name, values in factors.items()}
    for name, values in factors.items():
        if np.ndim(values) != 1:
            raise ValueError(f"factor {name!r} must have one value for each sample; got shape {np.shape(values)}")
        if len(values) != n:
            raise ValueError(f"factor {name!r} has {len(values)} values for {n} codes; give one for each")
    numbers = {name: _numbers(values, f"factor {name!r}") for name, values in factors.items()}
    kept = {name: values for name, values in numbers.items() if n and np.ptp(values) > 0}
    if not kept:
        raise ValueError("no factor varies over the samples; give at least one that does")
    y = np.stack(list(kept.values()), 1)
    if n < _LEAST:
        raise ValueError(f"{n} samples are too few to score codes; give {_LEAST} or more, better 1,000")
    x = _numbers(codes, "codes")
    test, train = np.split(np.random.default_rng(first).permutation(n), [int(_TEST_SHARE * n)])
    penalties = _penalties(x[train], y[train], progress)
    importance, r2 = _lasso(x, y, train, test, penalties)
    d, c = _disentanglement_and_completeness(importance)
    mig, sap = _mig(x, y, bins), _sap(x, y)
    without = []
    for i in tqdm(range(_GROUPS), disable=not progress, desc="intervals"):
        some, rest = np.delete(train, np.s_[i::_GROUPS]), np.delete(test, np.s_[i::_GROUPS])
        fitted, explained = _lasso(x, y, some, rest, penalties)
        both = np.concatenate([some, rest])
        means = [float(scores.mean()) for scores in (explained, _mig(x[both], y[both], bins), _sap(x[both], y[both]))]
        without.append((*_disentanglement_and_completeness(fitted), *means))
    found = d, c, float(r2.mean()), float(mig.mean()), float(sap.mean())
    intervals = {
        name: _jackknife(value, np.array(others), n)
        for name, value, others in zip(SCORES, found, zip(*without, strict=True), strict=True)
    }
    return Disentanglement(
        space, tuple(kept), d, c, r2, mig, sap, importance, intervals,
        Basis(n, first, f"95% jackknife over {_GROUPS} groups of samples; {bins} bins, lasso by {_FOLDS}-fold "
              "cross-validation"),
    )  # fmt: skip


@checked()
def disentanglement_of(
    model: EditGAN,
    read: Read,
    spaces: str | Sequence[str] = SPACES,
    samples: Whole = 2000,
    seed: Whole = 0,
    truncation_psi: Real = 1.0,
    batch: Whole = 50,
    progress: bool = False,
) -> Results[Disentanglement]:
    """Score a model's Z, W and S against attributes that a judge reads from the pictures.

    Args:
        model: the model to score.
        read: attributes of pictures (analysis/attributes.py).
        spaces: one or several of "z", "w" and "s" (styles of all layers, StyleSpace).
        samples: pictures; 2,000 take some minutes at 128 px on a CPU.
        seed: seed of the codes.
        truncation_psi: truncation of the pictures.
        batch: pictures at a time.
        progress: show progress bars.

    Ctrl+C ends the sampling if there are 50 samples, or the scoring with the spaces so far.
    Returns results of type Disentanglement by name: "Z space", "W space" and "S space".
    Raises ValueError for an unknown space, and the errors of `disentanglement`.
    """
    spaces = several_names(spaces, "spaces")
    if unknown := sorted(set(spaces) - set(SPACES)):
        raise ValueError(f"unknown space {unknown[0]!r}; use {', '.join(map(repr, SPACES))}")
    count, first = whole(samples, "samples"), whole(seed, "seed", least=0)
    if count < _LEAST:
        raise ValueError(f"{count} samples are too few to score codes; give {_LEAST} or more, better 1,000")
    scikit_learn("linear_model")
    if "s" in spaces:
        styles(model, model.sample_w_plus(0))  # raises for a generator without styles
    attributes_read(model, read)
    psi, most = real(truncation_psi, "truncation_psi"), whole(batch, "batch", least=1)
    found: list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]] = []  # codes by space, factors by name
    with interruptible(found, math.ceil(_LEAST / most)):
        for z, w in _latents(model, count, first, psi, most, progress):
            codes = {"z": z, "w": w}
            if "s" in spaces:
                codes["s"] = styles(model, model.generator.w_plus(w))
            values = read(picture_of(model, model.generator.w_plus(w)))
            found.append((
                {space: codes[space].double().cpu().numpy() for space in spaces},
                {name: np.asarray(some, float) for name, some in values.items()},
            ))  # fmt: skip
    factors = {name: np.concatenate([values[name] for _, values in found]) for name in found[0][1]}
    results: list[Disentanglement] = []
    with interruptible(results):
        for space in spaces:
            codes = np.concatenate([codes[space] for codes, _ in found])
            results.append(disentanglement(codes, factors, space, seed=first, progress=progress))
    named = {f"{one.space.upper()} space": one for one in results}
    return Results(
        {name: replace(one, basis=replace(one.basis, fingerprint=model.fingerprint)) for name, one in named.items()}
    )


def _numbers(values: Any, name: str) -> np.ndarray:
    """The values as float64. Raises ValueError for others than finite numbers, True and False, with their count."""
    try:
        numbers = as_array(values).astype(float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers, or True and False, one for each sample") from None
    if bad := int((~np.isfinite(numbers)).sum()):
        raise ValueError(f"{name} must be finite numbers; {bad} of {numbers.size} values are nan or infinite")
    return numbers


@torch.no_grad()
def _latents(
    model: EditGAN, samples: int, seed: int, psi: float, batch: int, progress: bool
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    rng = torch.Generator().manual_seed(seed)
    z = torch.randn(samples, model.generator.z_dim, generator=rng)
    for part in tqdm(z.split(batch), disable=not progress, desc="pictures"):
        yield part, model.generator.mapping(part.to(model.device), psi)


def _penalties(x: np.ndarray, y: np.ndarray, progress: bool) -> Float[np.ndarray, " k"]:
    """The lasso's penalty for each factor, by cross-validation; of standardised codes and factors."""
    linear_model = scikit_learn("linear_model")
    x, y = _standardised(x, x), _standardised(y, y)
    fit = linear_model.LassoCV(cv=_FOLDS, alphas=20, eps=1e-2, max_iter=5000, tol=1e-3)
    return np.array([fit.fit(x, target).alpha_ for target in tqdm(y.T, disable=not progress, desc="factors")])


def _lasso(
    x: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, penalties: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Importances `[d, k]`, 0 for factors that are not predicted, and R² `[k]` on held-out samples."""
    linear_model = scikit_learn("linear_model")
    x, y = _standardised(x, x[train]), _standardised(y, y[train])
    importance, r2 = [], []
    for target, penalty in zip(y.T, penalties, strict=True):
        fit = linear_model.Lasso(penalty, max_iter=5000, tol=1e-3).fit(x[train], target[train])
        held_out = _is_predicted(fit.predict(x[test]), target[test], _CHANCE / y.shape[1])
        importance.append(np.abs(fit.coef_) * held_out)
        r2.append(max(float(fit.score(x[test], target[test])), 0.0))
    return np.stack(importance, 1), np.array(r2)


def _standardised(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    return (values - of.mean(0)) / _unit(of.std(0), of)


def _unit(spread: np.ndarray, of: np.ndarray) -> np.ndarray:
    """The spread of each column; 1 for one that does not vary, up to rounding."""
    return np.where(spread > _ROUNDING * np.abs(of).max(0, initial=0), spread, 1.0)


def _jackknife(value: float, without: Float[np.ndarray, " groups"], n: int) -> Estimate:
    """A score, 0 to 1, with Student's interval from its values without each group of samples (Efron 1982)."""
    k = len(without)
    error = float(np.sqrt((k - 1) / k * ((without - without.mean()) ** 2).sum()))
    half = float(student.ppf(0.975, k - 1)) * error
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0), n)


def _is_predicted(predicted: np.ndarray, true: np.ndarray, chance: float) -> bool:
    """True if the prediction is better than the mean, and its correlation has a one-sided p-value below `chance`."""
    if np.square(true - predicted).sum() >= np.square(true - true.mean()).sum() or np.ptp(predicted) == 0:
        return False
    r, free = float(np.corrcoef(predicted, true)[0, 1]), len(true) - 2
    return bool(student.sf(r * np.sqrt(free / max(1 - r * r, 1e-12)), free) < chance)


def _disentanglement_and_completeness(importance: Float[np.ndarray, "d k"]) -> tuple[float, float]:
    """D: mean over codes of 1 - entropy over factors, weighted by importance. C: likewise over factors.

    D is nan for a single factor, C for a single code: there is nothing to be told apart.
    """
    total = importance.sum()
    d = 1 - _entropy(importance, axis=1)
    c = 1 - _entropy(importance, axis=0)
    scores = (
        (0.0, 0.0) if total <= 0 else ((d * importance.sum(1)).sum() / total, (c * importance.sum(0)).sum() / total)
    )
    codes, factors = importance.shape
    return float(scores[0]) if factors > 1 else math.nan, float(scores[1]) if codes > 1 else math.nan


def _entropy(weights: np.ndarray, axis: int) -> np.ndarray:
    """Entropy of the weights along an axis, to the base of its length; 0 for a length of 1."""
    if weights.shape[axis] == 1:
        return np.zeros(weights.shape[1 - axis])
    p = weights / np.maximum(weights.sum(axis, keepdims=True), 1e-12)
    return -(p * np.log(np.maximum(p, 1e-12))).sum(axis) / np.log(weights.shape[axis])


def _mig(x: np.ndarray, y: np.ndarray, bins: int) -> Float[np.ndarray, " k"]:
    """Gap between the two largest mutual informations of a code with each factor, divided by the factor's entropy."""
    codes, factors = _binned(x, bins), _binned(y, bins)
    gaps = []
    for factor in factors.T:
        mutual = np.sort([_mutual_information(code, factor, bins) for code in codes.T])
        second = mutual[-2] if len(mutual) > 1 else 0.0
        gaps.append((mutual[-1] - second) / max(_mutual_information(factor, factor, bins), 1e-12))
    return np.array(gaps)


def _binned(values: np.ndarray, bins: int) -> Int[np.ndarray, "n d"]:
    low, width = values.min(0), _unit(np.ptp(values, 0), values)
    return np.minimum(((values - low) / width * bins).astype(int), bins - 1)


def _mutual_information(a: np.ndarray, b: np.ndarray, bins: int) -> float:
    """Mutual information of two sequences of bins, in nats."""
    joint = np.bincount(a * bins + b, minlength=bins * bins).reshape(bins, bins) / len(a)
    independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / independent[seen])).sum())


def _sap(x: np.ndarray, y: np.ndarray) -> Float[np.ndarray, " k"]:
    """Difference of the two largest squared correlations of single codes with each factor."""
    x, y = _standardised(x, x), _standardised(y, y)
    r2 = np.sort((x.T @ y / len(x)) ** 2, 0)
    return r2[-1] - (r2[-2] if len(r2) > 1 else 0)
