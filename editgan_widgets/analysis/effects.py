"""Where an edit vector acts: mean change of each pixel, share of each part, and locality.

EditGAN (section 4.2) and StyleSpace (Wu et al. 2021, section 4) measure locality by such differences.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy import ndimage

from editgan_widgets.analysis.arguments import checked
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.plots import label, named_bars
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.trials import Trials, observe
from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.directions.arguments import Parts, part_ids
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN

DILATION = 0.02  # share of the height by which a target part is dilated before the effect inside it is counted
_RESAMPLES = 200
_SEEN = 2 / 255  # share of the value range below which a change of brightness has no sign


@dataclass(frozen=True, eq=False)
class EffectMap(Result):
    """Change of pictures by a vector; all maps `[H, W]`."""

    vector: str
    strength: float
    mean: np.ndarray  # mean absolute difference, 0 to 1 of the value range
    low: np.ndarray  # 95% bootstrap interval of the mean, over portraits
    high: np.ndarray
    consistency: np.ndarray  # |mean sign| of visible changes of brightness, 0 to 1; nan if never visible
    shares: dict[str, Estimate]  # part -> its share of the whole effect, 0 to 1; empty without an interpreter
    locality: Estimate | None  # share inside the target parts, before or after the edit, dilated; None without target
    target: tuple[str, ...]  # the target parts
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each part, the most changed first."""
        ordered = sorted(self.shares.items(), key=lambda item: -item[1].value)
        return [{"part": name, "share": share.value, "low": share.low, "high": share.high} for name, share in ordered]

    def summary(self) -> list[Record]:
        """One record: the locality with its interval; [] without target parts."""
        x = self.locality
        if x is None:
            return []
        return [{"target": ", ".join(self.target), "locality": x.value, "low": x.low, "high": x.high}]

    def figure(self) -> Figure:
        """The map, and the shares of the most changed parts."""
        figure = Figure(figsize=(8, 3.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        image = left.imshow(self.mean, cmap="magma", vmin=0)
        left.set_axis_off()
        left.set_title(f"{label(self.vector)}, strength {self.strength:g}", fontsize=10)
        figure.colorbar(image, ax=left, shrink=0.8).set_label("mean change, of the value range", fontsize=8)
        rows = self.table()[:10]
        if rows:
            errors = [
                [max(row["share"] - row["low"], 0) for row in rows],
                [max(row["high"] - row["share"], 0) for row in rows],
            ]
            named_bars(right, [row["part"] for row in rows], [row["share"] for row in rows], errors)
            right.set_xlabel("share of the effect")
        else:
            right.set_axis_off()
        return figure

    def answer(self) -> str:
        """State the locality, or the part that changes most."""
        if self.locality is not None:
            parts, whose = ", ".join(self.target), "its" if len(self.target) == 1 else "their"
            share = f"{self.locality.value:.0%} of the effect of {self.vector!r}"
            return f"{share} is inside {parts} and {whose} surroundings."
        rows = self.table()
        if rows:
            return f"{self.vector!r} changes {rows[0]['part']} most: {rows[0]['share']:.0%} of its effect is there."
        return f"On average {self.vector!r} changes a pixel by {self.mean.mean():.2%} of the value range."


class EffectObserver:
    """Collects the effect of one strength.

    Args:
        labels: names of the parts in the trials' label maps.
        target: ids of the vector's target parts.
        strength: to observe.
    """

    def __init__(self, labels: LabelSet, target: Sequence[int] = (), strength: float = 1.0) -> None:
        self._labels, self._target, self.strength = labels, tuple(target), strength
        self.segmented = (strength,) if self._target else ()  # strengths at which trials need label maps of edits
        self._changes: list[np.ndarray] = []  # [n, H, W]
        self._signs: np.ndarray | None = None  # [2, H, W]: sum and number of the signs
        self._parts: list[np.ndarray] = []  # [n, labels]: sum of the change in each part
        self._inside: list[np.ndarray] = []  # [n]: sum of the change inside the target

    def add(self, trials: Trials) -> None:
        """Process one batch."""
        difference = (trials.after[self.strength] - trials.before).cpu().numpy() / 2
        change = np.abs(difference).mean(1)
        signed = difference.mean(1)
        sign = np.sign(signed) * (np.abs(signed) >= _SEEN)
        signs = np.stack([sign.sum(0), np.abs(sign).sum(0)])
        parts, inside = [], []
        if trials.parts is not None:
            ids = range(len(self._labels))
            parts = [np.stack([ndimage.sum_labels(c, p, ids) for c, p in zip(change, trials.parts, strict=True)])]
            if self._target:
                seen = np.isin(trials.parts, self._target)
                if self.strength in trials.parts_after:
                    seen |= np.isin(trials.parts_after[self.strength], self._target)
                grown = _grown(seen, DILATION * change.shape[1])
                inside = [(change * grown).sum((1, 2))]
        # Only now, so that an interrupt leaves whole batches.
        self._changes.append(change.astype(np.float32))
        self._signs = signs if self._signs is None else self._signs + signs
        self._parts += parts
        self._inside += inside

    def join(self, other: "EffectObserver") -> None:
        """Take over the batches of another observer."""
        self._changes += other._changes
        self._parts += other._parts
        self._inside += other._inside
        if other._signs is not None:
            self._signs = other._signs if self._signs is None else self._signs + other._signs

    def result(self, vector: EditVector, rng: np.random.Generator, basis: Basis) -> EffectMap:
        """Return the result for all batches processed so far."""
        changes = np.concatenate(self._changes)
        weights = _bootstrap_weights(len(changes), rng)
        flat = changes.reshape(len(changes), -1)
        low, high = (x.reshape(changes.shape[1:]) for x in _middle(weights @ flat))
        whole = flat.sum(1).astype(float)
        assert self._signs is not None
        with np.errstate(invalid="ignore", divide="ignore"):
            consistency = np.abs(self._signs[0]) / self._signs[1]
        shares = {}
        if self._parts:
            parts = np.concatenate(self._parts)
            shares = {
                label.name: _ratio(parts[:, label.id], whole, weights)
                for label in self._labels
                if parts[:, label.id].any()
            }
        locality = _ratio(np.concatenate(self._inside), whole, weights) if self._inside else None
        names = tuple(self._labels[i].name for i in self._target)
        return EffectMap(
            vector.name, self.strength, changes.mean(0), low, high, consistency, shares, locality, names, basis
        )


@checked()
def effect_map(
    model: EditGAN,
    vector: EditVector,
    seeds: Iterable[int] = range(100),
    strength: float = 1.0,
    target: Parts | None = None,
    truncation_psi: float = 0.7,
    seed: int = 0,
    progress: bool = False,
) -> EffectMap:
    """Measure where a vector changes sampled portraits: mean |G(w + s d) - G(w)| per pixel.

    Args:
        model, vector: as in `trials.observe`.
        seeds: seeds of the portraits.
        strength: strength of the vector.
        target: names of the target parts, or of groups of parts, one or several; None means the vector's labels.
        truncation_psi: truncation of the portraits.
        seed: seed of the bootstrap.
        progress: show a progress bar.

    The share of each part is that of the change where the unedited portrait has it. Locality is the share inside the
    target parts of the unedited and of the edited portrait, so that it counts parts that the vector adds. Raises
    UnknownLabelError for parts that the model does not have, ValueError for a strength of 0, or for target parts and a
    model without an interpreter.
    """
    if strength == 0:
        raise ValueError("the effect of a vector at strength 0 is nothing; give another strength")
    if target is not None and model.interpreter is None:
        raise ValueError("target parts need an interpreter, which this model lacks; leave target out")
    vector.check(model)
    parts = model.labels.exact_ids(vector.labels) if target is None else part_ids(model.labels, target, "target")
    observer = EffectObserver(model.labels, parts, float(strength))
    seen = observe(model, vector, [observer], seeds, [strength], truncation_psi, progress=progress)
    basis = Basis(len(seen), seed, "95% bootstrap interval over portraits", model.fingerprint, seen)
    return observer.result(vector, np.random.default_rng(seed), basis)


def _grown(masks: np.ndarray, by: float) -> np.ndarray:
    """Masks [n, H, W] with all pixels within `by` px."""
    grown = [np.asarray(ndimage.distance_transform_edt(~mask)) <= by if mask.any() else mask for mask in masks]
    return np.stack(grown)


def _bootstrap_weights(n: int, rng: np.random.Generator) -> Float[np.ndarray, "resamples {n}"]:
    """Weight of each portrait in each resample; rows add up to 1."""
    return (rng.multinomial(n, np.full(n, 1 / n), _RESAMPLES) / n).astype(np.float32)


def _middle(drawn: Float[np.ndarray, "resamples pixels"]) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles .025 and .975 of each column, three times as fast as np.quantile."""
    last = len(drawn) - 1
    places = [(int(q * last), q * last % 1) for q in (0.025, 0.975)]
    columns = np.ascontiguousarray(drawn.T)
    columns.partition(sorted({place + step for place, _ in places for step in (0, 1)}), axis=1)
    low, high = ((1 - part) * columns[:, place] + part * columns[:, place + 1] for place, part in places)
    return low, high


def _ratio(part: np.ndarray, whole: np.ndarray, weights: np.ndarray) -> Estimate:
    """Ratio of two sums over portraits, with a bootstrap interval; 0 if nothing changed."""
    if not whole.any():
        return Estimate(0.0, 0.0, 0.0, len(whole))
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = np.nan_to_num((weights @ part) / (weights @ whole))
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(whole) > 1 else (np.nan, np.nan)
    return Estimate(float(part.sum() / whole.sum()), float(low), float(high), len(whole))
