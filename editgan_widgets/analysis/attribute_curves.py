"""Change of an attribute with a vector's strength: curve, slope and saturation (InterFaceGAN; EditGAN, figure 10)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy import special
from torch import Tensor

from editgan_widgets.analysis.arguments import attributes_read, checked
from editgan_widgets.analysis.plots import label
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.analysis.trials import Trials, observe
from editgan_widgets.latent.directions.arguments import Strengths, several_strengths
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import without_nan

STRENGTHS = (-1.0, -0.5, 0.5, 1.0, 1.5)
_AT_ONCE = 8  # pictures that are read together
_INTERVAL = "95% Student's interval over portraits"
_FLAT = 0.2  # share of the slope at 0 below which the curve counts as saturated


@dataclass(frozen=True, eq=False)
class AttributeCurve(Result):
    """Mean change of one attribute at each strength, over the same portraits."""

    vector: str
    attribute: str
    strengths: np.ndarray  # [s], ascending, including 0
    mean: np.ndarray  # [s], mean change from the unedited picture, in the attribute's own unit
    low: np.ndarray  # [s], 95% interval of the mean
    high: np.ndarray
    std: float  # standard deviation of the attribute over the unedited portraits
    slope: float  # slope of the mean at strength 0, in the attribute's unit
    r2: float  # R² of a line through 0 fitted to the means; nan if nothing changes
    saturation: float | None  # smallest strength above 0 from which the curve is flat; None if it never is
    spearman: float  # mean over portraits of the rank correlation of strength and attribute, -1 to 1
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each strength."""
        return [
            {"strength": float(s), "change": float(m), "low": float(a), "high": float(b)}
            for s, m, a, b in zip(self.strengths, self.mean, self.low, self.high, strict=True)
        ]

    def summary(self) -> list[Record]:
        """One record: slope, R², rank correlation and saturation."""
        return [
            {
                "slope at 0": self.slope,
                "slope, standard deviations": self.slope / self.std if self.std > 0 else None,
                "R²": without_nan(self.r2),
                "Spearman": without_nan(self.spearman),
                "saturates at": self.saturation,
            }
        ]

    def figure(self) -> Figure:
        """The curve with its interval."""
        figure = Figure(figsize=(4.5, 3), layout="constrained")
        axes = figure.add_subplot()
        axes.fill_between(self.strengths, self.low, self.high, alpha=0.3)
        axes.plot(self.strengths, self.mean, "o-")
        axes.axhline(0, color="grey", linewidth=0.7)
        axes.set_xlabel("strength")
        axes.set_ylabel(f"change of {label(self.attribute)}")
        axes.set_title(label(self.vector))
        return figure

    def answer(self) -> str:
        """State the slope at strength 0, and the strength from which the curve is flat."""
        slope = self.slope + 0.0  # no "-0"
        per = f" ({slope / self.std:+.2f} standard deviations)" if self.std > 0 else ""
        end = "" if self.saturation is None else f"; it saturates at a strength of {self.saturation:g}"
        return f"Per unit of strength {self.vector!r} changes {self.attribute} by {slope:+.3g}{per}{end}."


class CurveObserver:
    """Collects attributes at several strengths.

    Args:
        read: pictures -> attributes.
        strengths: to observe; 0 is added.
        needed: an attribute without which the first batch raises ValueError; None needs none.
    """

    def __init__(self, read: Read, strengths: Sequence[float] = STRENGTHS, needed: str | None = None) -> None:
        self._read, self._needed = read, needed
        self.strengths = np.array(sorted({0.0, *(float(s) for s in strengths)}))
        self._values: dict[str, list[np.ndarray]] = {}  # [n, s] each

    def add(self, trials: Trials) -> None:
        """Process one batch."""
        n, edits = len(trials.before), [float(s) for s in self.strengths if s != 0]
        before = self._read(trials.before)
        if self._needed is not None:
            _check_known(self._needed, before)
        after = _read_all(self._read, torch.cat([trials.after[s] for s in edits])) if edits else {}
        found = {}
        for name, unedited in before.items():
            columns = np.reshape(after[name], (len(edits), n)) if edits else np.empty((0, n))
            values = np.insert(columns, int(np.searchsorted(edits, 0)), unedited, 0)
            found[name] = values.T.astype(float)
        for name, values in found.items():
            self._values.setdefault(name, []).append(values)

    def join(self, other: "CurveObserver") -> None:
        """Take over the batches of another observer."""
        for name, found in other._values.items():
            self._values.setdefault(name, []).extend(found)

    def values(self) -> dict[str, Float[np.ndarray, "n s"]]:
        """Attributes of each portrait at each strength."""
        return {name: np.concatenate(found) for name, found in self._values.items()}

    def result(self, vector: EditVector, attribute: str, basis: Basis) -> AttributeCurve:
        """Return the curve of one attribute, of the portraits on which it is a finite number at every strength.

        Raises ValueError for an unknown attribute, and if it is finite on no portrait.
        """
        _check_known(attribute, self._values)
        values = np.concatenate(self._values[attribute])
        finite = np.isfinite(values).all(1)
        if not finite.any():
            raise ValueError(f"attribute {attribute!r} is not a finite number on any of {len(values)} portraits")
        if not finite.all():
            chosen = np.flatnonzero(finite).tolist()
            seeds = basis.seeds if basis.seeds is None else tuple(basis.seeds[i] for i in chosen)
            basis = replace(basis, n=len(chosen), seeds=seeds)
        return curve_of(vector.name, attribute, self.strengths, values[finite], basis)

    def results(self, vector: EditVector, basis: Basis) -> dict[str, AttributeCurve]:
        """Return the curves of all attributes that are finite on some portrait, by name."""
        readable = [name for name, found in self.values().items() if np.isfinite(found).all(1).any()]
        return {name: self.result(vector, name, basis) for name in readable}


def _check_known(attribute: str, known: Iterable[str]) -> None:
    if attribute not in (names := sorted(known)):
        raise ValueError(f"unknown attribute {attribute!r}; known attributes: {', '.join(names)}")


def _read_all(read: Read, pictures: Tensor) -> Mapping[str, np.ndarray]:
    """Read pictures a few at a time: the memory of a judge grows with their number."""
    parts = [read(some) for some in pictures.split(_AT_ONCE)]
    return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}


@checked()
def attribute_curve(
    model: EditGAN,
    vector: EditVector,
    attribute: str,
    read: Read,
    strengths: Strengths = STRENGTHS,
    seeds: Iterable[int] = range(100),
    truncation_psi: float = 0.7,
    progress: bool = False,
) -> AttributeCurve:
    """Measure how an attribute of sampled portraits changes with a vector's strength.

    Args:
        model, vector: as in `trials.observe`.
        attribute: a name that `read` returns.
        read: attributes of pictures: `attributes_of(model)`, or your own functions (analysis/attributes.py).
        strengths: scales of the vector; 0 is added.
        seeds: seeds of the portraits.
        truncation_psi: truncation of the portraits.
        progress: show a progress bar.

    Portraits on which the attribute is not a finite number are left out. Raises ValueError for an unknown attribute and
    for strengths that are all 0.
    """
    vector.check(model)
    scales = several_strengths(strengths)
    if not any(scales):
        raise ValueError(f"strengths are scales of the vector, some of them not 0; got {list(scales)}")
    attributes_read(model, read, [attribute])
    observer = CurveObserver(read, scales, attribute)
    seen = observe(model, vector, [observer], seeds, scales, truncation_psi, progress=progress)
    return observer.result(vector, attribute, Basis(len(seen), None, _INTERVAL, model.fingerprint, seen))


def curve_of(
    vector: str, attribute: str, strengths: Float[np.ndarray, " s"], values: Float[np.ndarray, "n s"], basis: Basis
) -> AttributeCurve:
    """Make a curve from values: one row per portrait, one column per strength, ascending and including 0."""
    zero = int(np.flatnonzero(strengths == 0)[0])
    change = values - values[:, zero : zero + 1]
    n = len(change)
    mean = change.mean(0)
    half = special.stdtrit(n - 1, 0.975) * change.std(0, ddof=1) / n**0.5 if n > 1 else np.full(len(mean), np.nan)
    slope = _slope_at_zero(strengths, mean, zero)
    line = float(strengths @ mean / (strengths @ strengths)) * strengths
    total = float(((mean - mean.mean()) ** 2).sum())
    r2 = 1 - float(((mean - line) ** 2).sum()) / total if total > 0 else float("nan")
    std = float(values[:, zero].std(ddof=1)) if n > 1 else float("nan")
    saturation = _saturation(strengths, mean, slope, zero)
    return AttributeCurve(
        vector, attribute, strengths, mean, mean - half, mean + half, std, slope, r2, saturation,
        float(np.mean(_rank_correlations(strengths, values))), basis,
    )  # fmt: skip


def _slope_at_zero(strengths: np.ndarray, mean: np.ndarray, zero: int) -> float:
    """Slope at 0 of the parabola through 0 and its neighbours, or of the line if 0 has only one neighbour."""
    near = [i for i in (zero - 1, zero + 1) if 0 <= i < len(strengths)]
    if len(near) == 1:
        return float(mean[near[0]] / strengths[near[0]])
    (a, b), (fa, fb) = strengths[near], mean[near]
    return float((fa * b**2 - fb * a**2) / (a * b * (b - a)))


def _saturation(strengths: np.ndarray, mean: np.ndarray, slope: float, zero: int) -> float | None:
    """Left end of the first interval above 0 from which all slopes are below _FLAT times the slope at 0."""
    if slope == 0:
        return None
    slopes = np.diff(mean[zero:]) / np.diff(strengths[zero:])
    flat = slopes / slope < _FLAT
    for i in range(1, len(flat)):
        if flat[i:].all():
            return float(strengths[zero + i])
    return None


def _rank_correlations(strengths: Float[np.ndarray, " s"], values: Float[np.ndarray, "n s"]) -> Float[np.ndarray, " n"]:
    """Spearman's correlation of the strengths with each row; 0 for a row of equal values."""
    from scipy import stats  # takes a second

    first, second = (stats.rankdata(x, axis=-1) for x in (strengths, values))
    first, second = first - first.mean(), second - second.mean(1, keepdims=True)
    lengths = np.linalg.norm(first) * np.linalg.norm(second, axis=1)
    return np.divide(second @ first, lengths, out=np.zeros(len(values)), where=lengths > 0)
