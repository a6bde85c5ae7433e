"""Leakage: changes of other attributes where a vector changes its target by one standard deviation.

The attribute dependency of StyleSpace (Wu et al. 2021, section 5), with a bootstrap interval over portraits: in each
resample, the standard deviations, the strength that the target needs and the changes there are computed again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from editgan_widgets.analysis.arguments import attributes_read, checked
from editgan_widgets.analysis.attribute_curves import AttributeCurve, CurveObserver
from editgan_widgets.analysis.plots import heat_map, largest_columns
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.transfer import Read, checked_values
from editgan_widgets.analysis.trials import observed_or_interrupted
from editgan_widgets.latent.directions.arguments import Strengths, Vectors, several_strengths, several_vectors
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import without_nan

_RESAMPLES = 200
_INTERVAL = "95% bootstrap interval over portraits"


@dataclass(frozen=True, eq=False)
class Leakage(Result):
    """Change of all attributes when each vector changes its target by one standard deviation.

    The change of an attribute that does not vary over the unedited portraits has no such unit: it is nan, and left out
    of `leak`.
    """

    vectors: tuple[str, ...]
    targets: tuple[str, ...]  # the attribute that each vector is for
    attributes: tuple[str, ...]
    matrix: np.ndarray  # [vectors, attributes], signed, in standard deviations of the attribute over portraits
    low: np.ndarray  # [vectors, attributes], 95% bootstrap interval of the matrix; nan for a single portrait
    high: np.ndarray
    leak_low: np.ndarray  # [vectors], of `leak`
    leak_high: np.ndarray
    strengths: np.ndarray  # [vectors], strength at which the target changes by one standard deviation
    reached: tuple[bool, ...]  # False: the target changes less; extrapolated from the largest strength
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each vector."""
        return [
            {
                "vector": vector,
                "target": target,
                "strength": float(strength),
                "reached": reached,
                "leakage": without_nan(float(self.leak[i])),
                "leakage low": without_nan(float(self.leak_low[i])),
                "leakage high": without_nan(float(self.leak_high[i])),
                **{
                    _column(f"{name}{suffix}"): without_nan(float(values[i, k]))
                    for k, name in enumerate(self.attributes)
                    for suffix, values in (("", self.matrix), (" low", self.low), (" high", self.high))
                },
            }
            for i, (vector, target, strength, reached) in enumerate(
                zip(self.vectors, self.targets, self.strengths, self.reached, strict=True)
            )
        ]

    @property
    def leak(self) -> Float[np.ndarray, " vectors"]:
        """Mean absolute change of the other attributes, in standard deviations, for each vector; nan without others."""
        return _mean_others(self.matrix, self._own)

    @property
    def _own(self) -> np.ndarray:
        """`[vectors, attributes]`, True for the target of each vector."""
        return np.array([[name == target for name in self.attributes] for target in self.targets])

    def figure(self) -> Figure:
        """The matrix as a heat map, of the targets and the attributes that change most."""
        targets = [i for i, name in enumerate(self.attributes) if name in self.targets]
        kept = largest_columns(self.matrix, targets)
        attributes = [self.attributes[i] for i in kept]
        return heat_map(self.matrix[:, kept], self.vectors, attributes, "standard deviations")

    def answer(self) -> str:
        """Name the largest unwanted change."""
        own = self._own
        if own.all():
            return "No other attribute was measured."
        measured = np.array(self.reached)[:, None] if any(self.reached) else np.ones((len(self.targets), 1), bool)
        other = np.where(own | ~measured, 0, np.nan_to_num(np.abs(self.matrix)))
        if not other.any():
            return "No vector changes any attribute but its own."
        i, k = np.unravel_index(int(np.argmax(other)), other.shape)
        low, high = self.low[i, k], self.high[i, k]
        interval = "" if np.isnan(low) else f"({low:+.2f} to {high:+.2f}) "
        said = (
            f"If {self.vectors[i]!r} changes {self.targets[i]} by one standard deviation, it changes "
            f"{self.attributes[k]} by {self.matrix[i, k]:+.2f} {interval}standard deviations"
        )
        if self.reached[i]:
            among = f"of the {len(self.attributes)} attributes compared"
            return f"The largest leak {among}: {said[0].lower()}{said[1:]}."
        return (
            f"{said}: extrapolated to a strength of {self.strengths[i]:.3g}, since it changes {self.targets[i]} less."
        )


@checked()
def leakage(
    model: EditGAN,
    vectors: Vectors,
    read: Read,
    strengths: Strengths = (0.5, 1.0, 2.0),
    seeds: Iterable[int] = range(100),
    truncation_psi: float = 0.7,
    progress: bool = False,
    seed: int = 0,
) -> Leakage:
    """Measure how much vectors change other attributes when they change their target by one standard deviation.

    Args:
        model: the model of the vectors.
        vectors: target attribute -> vector, which may raise or lower it; or one or more vectors whose recipes name
            their attributes, such as a library.
        read: attributes of pictures.
        strengths: above 0, between which the change of one standard deviation is searched.
        seeds, truncation_psi: seeds and truncation of the portraits.
        progress: show a progress bar.
        seed: seed of the bootstrap.

    Leakage is given where the target has changed by one standard deviation, up or down. Ctrl+C ends it with the vectors
    that were measured completely. Raises ValueError for no vectors, strengths of 0 or below, fewer than two seeds, an
    unknown attribute, or a target that does not vary over the portraits or change.
    """
    several_vectors(vectors)  # raises for others
    scales, chosen = several_strengths(strengths), list(seeds)
    if min(scales) <= 0:
        raise ValueError(f"strengths must be above 0; got {list(scales)}; negate a vector for the other direction")
    if len(chosen) < 2:
        raise ValueError("leakage is in standard deviations over portraits; give two seeds or more")
    targets = _targets(vectors, names := attributes_read(model, read))
    for target, vector in targets:
        vector.check(model)
        checked_values(dict.fromkeys(names, np.empty(0)), target)  # raises for an unknown attribute
    measured: list[Leakage] = []
    n = len(chosen)
    for target, vector in targets:
        observer = CurveObserver(read, scales, target)
        seen = observed_or_interrupted(model, vector, observer, chosen, scales, truncation_psi, progress, not measured)
        if seen < len(chosen) and measured:
            break  # interrupted: the vectors before are complete
        n = seen
        basis = Basis(n, seed, _INTERVAL, model.fingerprint, tuple(chosen[:n]))
        curves = {target: observer.result(vector, target, basis)} | observer.results(vector, basis)
        measured.append(leakage_of(vector, target, curves, basis, observer.values()))
        if seen < len(chosen):
            break
    return _joined(measured)


def _targets(vectors: Vectors, names: Sequence[str]) -> list[tuple[str, EditVector]]:
    """Each vector with its target: its key, or for a vector in a list or in a library, what its recipe names."""
    found = several_vectors(vectors)
    keys = list(map(str, vectors)) if isinstance(vectors, Mapping) else [None] * len(found)
    pairs = []
    for key, vector in zip(keys, found, strict=True):
        named = vector.recipe.get("attribute")
        in_library = key is None or (key == vector.name and key not in names)
        target = named if in_library and isinstance(named, str) else key
        if target is None:
            raise ValueError(
                f"the recipe of {vector.name!r} names no attribute; give vectors by their target attribute: "
                "{'smile': vector}"
            )
        pairs.append((target, vector))
    return pairs


def leakage_of(
    vector: EditVector,
    target: str,
    curves: Mapping[str, AttributeCurve],
    basis: Basis,
    values: Mapping[str, Float[np.ndarray, "n s"]] | None = None,
) -> Leakage:
    """Leakage of one vector from curves that were measured already.

    It is given where the target changes by one standard deviation in the direction in which the vector changes it, up
    or down. `values` are those of the curves, for the intervals; without them these are nan. Raises ValueError for a
    target that is not among the curves, or does not change.
    """
    if target not in curves:
        raise ValueError(f"attribute {target!r} is not read; there are: {', '.join(sorted(curves))}")
    own = curves[target]
    sign = 1.0 if own.mean[-1] >= 0 else -1.0
    strength, reached = matched_strength(own if sign > 0 else replace(own, mean=-own.mean))
    changes = np.array([[_in_stds(curve, strength) for curve in curves.values()]])
    is_target = np.array([[name == target for name in curves]])
    drawn = np.full((1, len(curves)), np.nan)
    if values is not None and (basis.n or 0) > 1:
        drawn = _drawn({name: values[name] for name in curves}, target, own.strengths, sign, basis.seed or 0)
    low, high = _middle(drawn)
    leak_low, leak_high = _middle(_mean_others(drawn, is_target)[:, None])
    return Leakage(
        vectors=(vector.name,),
        targets=(target,),
        attributes=tuple(curves),
        matrix=changes,
        low=np.where(np.isfinite(changes), low, np.nan),
        high=np.where(np.isfinite(changes), high, np.nan),
        leak_low=leak_low,
        leak_high=leak_high,
        strengths=np.array([strength]),
        reached=(reached,),
        basis=replace(basis, seed=basis.seed or 0, interval=_INTERVAL),
    )


def _joined(found: Sequence[Leakage]) -> Leakage:
    """One matrix of several vectors; attributes that one of them lacks are nan."""
    names = tuple(dict.fromkeys(name for one in found for name in one.attributes))

    def rows(field: str) -> np.ndarray:
        columns = [dict(zip(one.attributes, getattr(one, field)[0], strict=True)) for one in found]
        return np.array([[values.get(name, np.nan) for name in names] for values in columns])

    return Leakage(
        vectors=tuple(one.vectors[0] for one in found),
        targets=tuple(one.targets[0] for one in found),
        attributes=names,
        matrix=rows("matrix"),
        low=rows("low"),
        high=rows("high"),
        leak_low=np.concatenate([one.leak_low for one in found]),
        leak_high=np.concatenate([one.leak_high for one in found]),
        strengths=np.concatenate([one.strengths for one in found]),
        reached=tuple(one.reached[0] for one in found),
        basis=found[-1].basis,
    )


def _mean_others(matrix: Float[np.ndarray, "n attributes"], own: np.ndarray) -> Float[np.ndarray, " n"]:
    """Mean absolute change of the attributes that are no target, without those that are nan; nan without any."""
    others = ~own & np.isfinite(matrix)
    with np.errstate(invalid="ignore"):
        return np.where(others, np.abs(matrix), 0).sum(1) / others.sum(1)


def _drawn(
    values: Mapping[str, Float[np.ndarray, "n s"]], target: str, strengths: np.ndarray, sign: float, seed: int
) -> Float[np.ndarray, "resamples attributes"]:
    """The row of the matrix in resamples of the portraits; nan where the target does not change."""
    n, zero = len(values[target]), int(np.flatnonzero(strengths == 0)[0])
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), _RESAMPLES).astype(float)
    in_stds = [_resampled(x, weights, zero) for x in values.values()]  # [resamples, s] each
    own = sign * in_stds[list(values).index(target)]
    places = np.stack([_place(strengths[zero:], row[zero:]) for row in own])  # [resamples, s from 0 on]
    return np.stack([(x[:, zero:] * places).sum(1) for x in in_stds], 1)


def _resampled(x: Float[np.ndarray, "n s"], weights: np.ndarray, zero: int) -> Float[np.ndarray, "resamples s"]:
    """Mean change at each strength in standard deviations, for each resample, over the portraits with finite values."""
    kept = np.isfinite(x).all(1)
    x, weights = x[kept], weights[:, kept]
    count = np.maximum(weights.sum(1), 1)[:, None]
    base = x[:, zero] - x[:, zero].mean() if len(x) else x[:, zero]
    variance = (weights @ base**2)[:, None] / count - ((weights @ base)[:, None] / count) ** 2
    std = np.sqrt(np.maximum(variance, 0) * count / np.maximum(count - 1, 1))
    change = weights @ (x - x[:, zero : zero + 1]) / count
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(std > 0, change / std, np.where(change == 0, 0.0, np.nan))


def _place(s: Float[np.ndarray, " s"], change: Float[np.ndarray, " s"]) -> Float[np.ndarray, " s"]:
    """Weights of the strengths by which a curve is interpolated where `change` is 1; nan if it never increases."""
    if not change[-1] > 0:
        return np.full(len(s), np.nan)
    strength, _ = _strength_at(s, change)
    place = np.zeros(len(s))
    if strength > s[-1]:
        place[-1] = strength / s[-1]
        return place
    i = min(max(int(np.searchsorted(s, strength)), 1), len(s) - 1)
    part = (strength - s[i - 1]) / (s[i] - s[i - 1])
    place[i - 1], place[i] = 1 - part, part
    return place


def _middle(drawn: Float[np.ndarray, "resamples k"]) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles .025 and .975 of each column over the resamples that have a value; nan without any."""
    bounds = np.full((2, drawn.shape[1]), np.nan)
    some = np.isfinite(drawn).any(0)
    if some.any():
        bounds[:, some] = np.nanquantile(
            np.where(np.isfinite(drawn[:, some]), drawn[:, some], np.nan), (0.025, 0.975), 0
        )
    return bounds[0], bounds[1]


def _in_stds(curve: AttributeCurve, strength: float) -> float:
    """Change at a strength in standard deviations; nan for a change of an attribute that does not vary."""
    change = _change_at(curve, strength)
    return change / curve.std if curve.std > 0 else 0.0 if change == 0 else float("nan")


_COLUMNS = ("vector", "target", "strength", "reached", "leakage", "leakage low", "leakage high")


def _column(attribute: str) -> str:
    return f"{attribute} (attribute)" if attribute in _COLUMNS else attribute


def _change_at(curve: AttributeCurve, strength: float) -> float:
    """Mean change at a strength above 0: interpolated, or extrapolated along the line from 0 to the largest one."""
    if strength > curve.strengths[-1]:
        return float(curve.mean[-1] / curve.strengths[-1] * strength)
    return float(np.interp(strength, curve.strengths, curve.mean))


def matched_strength(curve: AttributeCurve) -> tuple[float, bool]:
    """Smallest strength above 0 at which the mean changes by one standard deviation, and whether it is on the curve.

    The curve is interpolated between strengths. Raises ValueError if the attribute does not vary, does not change, or
    decreases.
    """
    if not curve.std > 0:
        raise ValueError(f"{curve.attribute!r} does not vary over the portraits, so it has no standard deviation")
    zero = int(np.flatnonzero(curve.strengths == 0)[0])
    s, change = curve.strengths[zero:], curve.mean[zero:] / curve.std
    if not change[-1] > 0:
        raise ValueError(
            f"{curve.vector!r} does not increase {curve.attribute!r}; name another attribute, or negate the vector"
        )
    return _strength_at(s, change)


def _strength_at(s: Float[np.ndarray, " s"], change: Float[np.ndarray, " s"]) -> tuple[float, bool]:
    """Smallest strength at which `change`, above 0 at the end, is 1, and whether it is on the curve."""
    over = np.flatnonzero(change >= 1)
    if not len(over):
        return float(s[-1] / change[-1]), False
    i = over[0]
    part = (1 - change[i - 1]) / (change[i] - change[i - 1])
    return float(s[i - 1] + part * (s[i] - s[i - 1])), True
