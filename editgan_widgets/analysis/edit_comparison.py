"""Ways to edit one attribute, side by side: success, identity and realism over a sweep of strengths.

The experiment of EditGAN's table 1 on any model and attribute: held-out portraits without the attribute are edited by
each way at several strengths. Success is the share of them that then have the attribute, identity the similarity of
the faces before and after, and KID the distance of the edited pictures from sampled ones that have the attribute.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import attributes_read, checked, try_network
from editgan_widgets.analysis.directions import scale_for
from editgan_widgets.analysis.distribution import Estimate, kernel_distance
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.results import FEW, Basis, Record, Result, Table
from editgan_widgets.analysis.transfer import Read, checked_values, picture_of, source_seeds
from editgan_widgets.latent.directions.arguments import Strengths, kind_of, one_vector, several_strengths
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.refine import best_step, refine
from editgan_widgets.latent.target import NothingToRefineError
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import whole

HAS_SHARE = 0.3  # the share of the samples with the highest values that count as having the attribute
TUNED_ON = 20  # portraits on which the scale of strength 1 is found
_BATCH = 20
_REFERENCE = 2**40  # added to the seed of the samples that edits are compared with

FIGURES = ("success", "identity", "KID")
EDITGAN_TABLE_1: tuple[Record, ...] = (
    {"way": "MaskGAN", "labels": 30_000, "success": 0.773, "FID": 46.84, "identity": 0.461},
    {"way": "LocalEditing", "labels": None, "success": 0.260, "FID": 41.26, "identity": 0.582},
    {"way": "InterFaceGAN", "labels": 30_000, "success": 0.835, "FID": 39.42, "identity": 0.730},
    {"way": "EditGAN", "labels": 16, "success": 0.915, "FID": 41.74, "identity": 0.705},
    {"way": "EditGAN, 30 steps of refinement", "labels": 16, "success": 0.858, "FID": 40.83, "identity": 0.745},
)
"""Smiles on 400 photographs, as published (Ling et al. 2021, table 1)."""


@dataclass(frozen=True, eq=False)
class EditWay:
    """One way to edit: a vector or direction, and steps of refinement after it."""

    name: str
    vector: EditVector
    labels: int  # labelled pictures that it was learned from
    refined: int = 0  # steps of refinement (latent/refine.py)

    def __post_init__(self) -> None:
        object.__setattr__(self, "vector", one_vector(self.vector))
        for name in ("labels", "refined"):
            object.__setattr__(self, name, whole(getattr(self, name), name, least=0))


@dataclass(frozen=True)
class WayMeasure:
    """Figures of one way at one strength."""

    way: str
    labels: int
    refined: int
    strength: float  # 1 raises the attribute's mean by the threshold minus the median of the samples
    scale: float  # scale of the vector
    success: Estimate  # share of the portraits, Wilson's interval
    identity: Estimate  # mean cosine of the embeddings before and after, Student's interval
    kid: Estimate  # Student's interval over blocks
    changes: Mapping[str, float] = field(default_factory=dict)  # mean of each attribute, in the samples' deviations

    def figures(self) -> dict[str, Estimate]:
        """The three figures by name."""
        return dict(zip(FIGURES, (self.success, self.identity, self.kid), strict=True))


@dataclass(frozen=True, eq=False)
class EditComparison(Result):
    """Figures of all ways at all strengths."""

    attribute: str
    threshold: float  # a picture has the attribute if its value is at least this
    unedited: Estimate  # KID of the portraits before the edits
    natural: Mapping[str, float]  # as WayMeasure.changes, from the portraits to samples that have the attribute
    measures: tuple[WayMeasure, ...]
    basis: Basis

    @property
    def ways(self) -> tuple[str, ...]:
        """Names of the ways."""
        return tuple(dict.fromkeys(m.way for m in self.measures))

    def at(self, way: str, success: float = 0.95) -> WayMeasure:
        """Figures of a way at its least strength with at least this success, or else at that of its highest success.

        Raises ValueError for an unknown way.
        """
        found = sorted((m for m in self.measures if m.way == way), key=lambda m: m.strength)
        if not found:
            raise ValueError(f"there is no way {way!r}; there are {', '.join(map(repr, self.ways))}")
        reached = [m for m in found if m.success.value >= success]
        return reached[0] if reached else max(found, key=lambda m: m.success.value)

    def beside(self, way: str, success: float = 0.95) -> list[Record]:
        """Compare a way with each other one, each at the strength that `at` gives.

        Each figure of the way is "better", "worse", "equal within the intervals" if they overlap (which does not show
        that the figures are equal), or "unknown: too few pictures" for fewer than 10 portraits.
        """
        own = self.at(way, success).figures()
        records = []
        for other in self.ways:
            if other != way:
                theirs = self.at(other, success).figures()
                verdicts = {name: _verdict(own[name], theirs[name], name == "KID") for name in FIGURES}
                records.append({"beside": other, **verdicts})
        return Table(records)

    def side_effects(self, success: float = 0.95, count: int = 5) -> list[Record]:
        """Changes of other attributes, one record for each way at the strength that `at` gives.

        The row "samples with it" is the mean over samples that have the edited attribute minus the mean over the
        portraits. The attributes are the `count` for which some way differs most from that row. Changes are in
        standard deviations of the samples.
        """
        found = {way: self.at(way, success).changes for way in self.ways}
        others = [name for name in self.natural if name != self.attribute]

        def furthest(name: str) -> float:
            return max((abs(changes[name] - self.natural[name]) for changes in found.values()), default=0.0)

        chosen = sorted(others, key=furthest, reverse=True)[:count]
        rows = {"samples with it": self.natural, **found}
        columns = {name: f"{name} (attribute)" if name == "way" else name for name in chosen}
        return Table({"way": way, **{columns[name]: changes[name] for name in chosen}} for way, changes in rows.items())

    def table(self) -> list[Record]:
        """One record for each way and strength."""
        return [
            {
                "way": m.way,
                "labels": m.labels,
                "strength": m.strength,
                "n": m.success.n,
                **{f"{name}{suffix}": getattr(x, part) for name, x in m.figures().items() for suffix, part in _BOUNDS},
            }
            for m in self.measures
        ]

    def figure(self) -> Figure:
        """Change of identity (1 - cosine) and KID over success, a curve with intervals for each way.

        The ways may differ by orders of magnitude: the first axis is logarithmic, the second one from 0.1 on.
        """
        figure = Figure(figsize=(9.5, 4), layout="constrained")
        identity, kid = figure.subplots(1, 2)
        colours = rcParams["axes.prop_cycle"].by_key()["color"]
        for i, way in enumerate(self.ways):
            found = sorted((m for m in self.measures if m.way == way), key=lambda m: m.strength)
            look = {"color": colours[i % len(colours)], "linestyle": _LINES[i // len(colours) % len(_LINES)]}
            _curve(identity, way, [m.success for m in found], [_changed(m.identity) for m in found], look)
            _curve(kid, way, [m.success for m in found], [m.kid for m in found], look)
        kid.axhline(self.unedited.value, color="grey", linestyle=":", linewidth=1, label="unedited")
        identity.set_yscale("log")
        kid.set_yscale("symlog", linthresh=0.1)
        for axes, name in ((identity, "change of identity, 1 - cosine"), (kid, "KID")):
            axes.set_xlabel(f"share with {self.attribute}")
            axes.set_ylabel(name)
            axes.grid(alpha=0.25)
        kid.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
        return figure

    def answer(self) -> str:
        """State the way with the best identity among those that reach the highest success."""
        found = [self.at(way) for way in self.ways]
        enough = [m for m in found if m.success.value >= 0.95]
        if not enough:
            best = max(found, key=lambda m: m.success.value)
            return (
                f"None of {len(found)} ways to edit {self.attribute} reaches a success of 95%. The nearest is "
                f"{best.way!r}: {_percent(best.success)}, identity {_short(best.identity)}, KID {_short(best.kid)}."
            )
        best = max(enough, key=lambda m: m.identity.value)
        return (
            f"{len(enough)} of {len(found)} ways to edit {self.attribute} reach a success of 95%. Of these, "
            f"{best.way!r} keeps the face best: identity {_short(best.identity)}, success {_percent(best.success)}, "
            f"KID {_short(best.kid)}."
        )


@checked()
def compare_edits(
    model: EditGAN,
    ways: EditWay | Sequence[EditWay],
    attribute: str,
    read: Read,
    identity: IdentityModel,
    features: Callable[[Tensor], Tensor],
    seeds: Iterable[int] = range(50_000, 50_400),
    strengths: Strengths = (1.0, 2.0, 3.0, 4.0),
    samples: int = 2000,
    refined_portraits: int = 40,
    seed: int = 0,
    truncation_psi: float = 0.7,
    progress: bool = False,
) -> EditComparison:
    """Edit held-out portraits in several ways and measure each.

    Args:
        model: the model of all the vectors; refinement needs its interpreter.
        ways: to compare; their names differ.
        attribute: a name that `read` gives.
        read: attributes of pictures (analysis/attributes.py).
        identity: picture [n, 3, H, W] in [-1, 1] -> unit vectors [n, d].
        features: picture [n, 3, H, W] -> features [n, d] of the KID.
        seeds: seeds of the portraits; those that have more of the attribute than the median sample are left out.
        strengths: strengths of each way; see `WayMeasure.strength`.
        samples: sampled pictures, 20 or more, of which the HAS_SHARE with the highest values are those that have the
            attribute.
        refined_portraits: the first of the portraits, on which ways with refinement are measured; each takes seconds.
        seed: seed of the samples.
        truncation_psi: truncation of portraits and samples.
        progress: show progress bars.

    Ctrl+C ends it with the strengths that were measured so far; before the first one, it is raised.
    Raises ValueError for an unknown attribute, too few portraits or one that a vector was learned on, and
    WrongModelError for a vector of another model.
    """
    chosen, ways = list(seeds), _ways(ways)
    scales, samples = several_strengths(strengths), whole(samples, "samples", least=20)
    refined_portraits = whole(refined_portraits, "refined_portraits", least=1)
    for way in ways:
        way.vector.check(model)
        if way.refined:
            model.trained_interpreter()
        if known := set(source_seeds(way.vector)) & set(chosen):
            raise ValueError(f"{way.name!r} was learned on seed {min(known)}; leave it out of the seeds")
    attributes_read(model, read, [attribute])
    try_network(model, identity, "identity")
    try_network(model, features, "features")
    sampled, real = _samples(model, attribute, read, features, samples, seed, truncation_psi, progress)
    values = sampled[attribute]
    threshold, median = float(np.quantile(values, 1 - HAS_SHARE)), float(np.median(values))
    w_plus, before, kept = _portraits(model, attribute, read, chosen, median, truncation_psi)
    deviations = {name: float(x.std()) or 1.0 for name, x in sampled.items()}
    judged = _Judged(model, attribute, read, identity, features, real, threshold, deviations, w_plus, before)
    tuning = range(10_000_000, 10_000_000 + TUNED_ON)
    found: list[WayMeasure] = []
    with tqdm(total=len(ways) * len(scales), disable=not progress, unit="strength") as bar, interruptible(found):
        for way in ways:
            unit = scale_for(model, way.vector, attribute, read, threshold - median, tuning, truncation_psi)
            n = refined_portraits if way.refined else len(w_plus)
            for strength in scales:
                found.append(judged.measure(way, n, strength, strength * unit))
                bar.update()
    unedited = kernel_distance(real, _batched(features, before).cpu().numpy())
    with_it = _means({name: x[values >= threshold] for name, x in sampled.items()}, deviations)
    start = _means(judged.start, deviations)
    natural = {name: x - start[name] for name, x in with_it.items()}
    basis = Basis(len(w_plus), seed, "95% intervals: Wilson's, Student's", model.fingerprint, kept)
    return EditComparison(attribute, threshold, unedited, natural, tuple(found), basis)


def _ways(given: Any) -> list[EditWay]:
    """The ways as a list. Raises ValueError for none, other things, and a repeated name."""
    several = [given] if isinstance(given, EditWay) else list(given) if isinstance(given, Iterable) else [given]
    for way in several:
        if not isinstance(way, EditWay):
            raise ValueError(
                f"ways are EditWays; got {kind_of(way)}; make one of a vector: EditWay('a name', vector, labels=16)"
            )
    names = [way.name for way in several]
    if not names:
        raise ValueError("no ways were given; ways_to_edit(model, vector, attribute, read) makes some")
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"two ways are named {repeated[0]!r}; rename one")
    return several


@dataclass(frozen=True, eq=False)
class _Judged:
    """Portraits, and what they are judged by."""

    model: EditGAN
    attribute: str
    read: Read
    identity: IdentityModel
    features: Callable[[Tensor], Tensor]
    real: np.ndarray  # features of samples that have the attribute
    threshold: float
    deviations: Mapping[str, float]  # standard deviation of each attribute over the samples
    w_plus: Tensor
    before: Tensor  # pictures

    @cached_property
    def faces(self) -> Tensor:
        """Embeddings of the pictures before."""
        return _batched(self.identity, self.before)

    @cached_property
    def start(self) -> dict[str, np.ndarray]:
        """Attributes of the pictures before."""
        return _all_values(self.read, self.before)

    def measure(self, way: EditWay, n: int, strength: float, scale: float) -> WayMeasure:
        """Edit the first n portraits and judge the pictures."""
        after = _batched(lambda w: picture_of(self.model, w), _edited(self.model, way, self.w_plus[:n], scale))
        values, features = _judged(self.read, self.features, after)
        cosine = (_batched(self.identity, after) * self.faces[:n]).sum(1).cpu().numpy()
        return WayMeasure(
            way.name,
            way.labels,
            way.refined,
            strength,
            scale,
            Estimate.of_share(values[self.attribute] >= self.threshold),
            Estimate.of_mean(cosine),
            kernel_distance(self.real, features),
            _means({name: x - self.start[name][:n] for name, x in values.items()}, self.deviations),
        )


def _samples(
    model: EditGAN,
    attribute: str,
    read: Read,
    features: Callable[[Tensor], Tensor],
    count: int,
    seed: int,
    truncation_psi: float,
    progress: bool,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Attributes of sampled pictures, and the features of the HAS_SHARE of them that have the most of `attribute`."""
    # Other codes than those that directions are learned from with the same seed (directions.labelled_latents).
    rng = torch.Generator().manual_seed(_REFERENCE + seed)
    z = torch.randn(count, model.generator.z_dim, generator=rng).to(model.device)
    batches = []
    for part in tqdm(z.split(_BATCH), desc="samples", unit="batch", disable=not progress):
        with torch.no_grad():
            pictures = picture_of(model, model.generator.w_plus(model.generator.mapping(part, truncation_psi)))
        batches.append(_judged(read, features, pictures))
    values = _joined([x for x, _ in batches])
    chosen = checked_values(values, attribute)
    return values, np.concatenate([x for _, x in batches])[chosen >= np.quantile(chosen, 1 - HAS_SHARE)]


def _portraits(
    model: EditGAN, attribute: str, read: Read, seeds: list[int], most: float, truncation_psi: float
) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """Latents, pictures and seeds of the portraits whose attribute is below `most`."""
    w_plus = torch.cat([model.sample_w_plus(seed, truncation_psi) for seed in seeds])
    pictures = _batched(lambda w: picture_of(model, w), w_plus)
    chosen = _all_values(read, pictures)[attribute] < most
    if chosen.sum() < 4:
        raise ValueError(
            f"{chosen.sum()} of {len(seeds)} portraits have less {attribute!r} than the median sample; give more seeds"
        )
    kept = torch.from_numpy(chosen).to(w_plus.device)
    return w_plus[kept], pictures[kept], tuple(seeds[i] for i in np.flatnonzero(chosen))


def _edited(model: EditGAN, way: EditWay, w_plus: Tensor, scale: float) -> Tensor:
    if not way.refined:
        return way.vector.apply(w_plus, scale, model)
    return torch.cat([_refined(model, way, w[None], scale) for w in w_plus])


def _refined(model: EditGAN, way: EditWay, w_plus: Tensor, scale: float) -> Tensor:
    """One portrait with the vector and its refinement; with the vector alone if that changes no part."""
    try:
        return best_step(refine(model, w_plus, way.vector, way.refined, scale)).w_plus
    except NothingToRefineError:
        return way.vector.apply(w_plus, scale, model)


@torch.no_grad()
def _batched(function: Callable[[Tensor], Tensor], given: Tensor) -> Tensor:
    return torch.cat([function(part) for part in given.split(_BATCH)])


@torch.no_grad()
def _judged(
    read: Read, features: Callable[[Tensor], Tensor], pictures: Tensor
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Attributes and features of pictures. Both get the same tensors, so that they can share their work."""
    found = [(read(part), features(part)) for part in pictures.split(_BATCH)]
    return _joined([values for values, _ in found]), torch.cat([x for _, x in found]).cpu().numpy()


def _all_values(read: Read, pictures: Tensor) -> dict[str, np.ndarray]:
    """All attributes of pictures."""
    return _joined([read(part) for part in pictures.split(_BATCH)])


def _joined(batches: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Attributes of several batches as one array each."""
    return {name: np.concatenate([np.asarray(x[name], float) for x in batches]) for name in batches[0]}


def _means(values: Mapping[str, np.ndarray], deviations: Mapping[str, float]) -> dict[str, float]:
    """Mean of each attribute, in its deviation."""
    return {name: float(x.mean()) / deviations[name] for name, x in values.items()}


def _short(x: Estimate) -> str:
    return x.shown(".3f")


def _percent(x: Estimate) -> str:
    return x.shown(".0%")


def _verdict(own: Estimate, other: Estimate, less_is_better: bool) -> str:
    bounds = own.low, own.high, other.low, other.high
    if not all(map(math.isfinite, bounds)) or min(own.n, other.n) < FEW:
        return "unknown: too few pictures"
    if own.low <= other.high and other.low <= own.high:
        return "equal within the intervals"
    return "better" if (own.value < other.value) == less_is_better else "worse"


_BOUNDS = (("", "value"), (", low", "low"), (", high", "high"))


_LINES = ("-", "--", "-.")
_LEAST_CHANGE = 1e-4  # of the logarithmic axis


def _changed(identity: Estimate) -> Estimate:
    """1 - identity, at least _LEAST_CHANGE."""
    value, low, high = (max(1 - x, _LEAST_CHANGE) for x in (identity.value, identity.high, identity.low))
    return Estimate(value, low, high, identity.n)


def _curve(axes: Axes, name: str, x: Sequence[Estimate], y: Sequence[Estimate], look: Mapping[str, Any]) -> None:
    values = [e.value for e in y]
    spread = [[e.value - e.low for e in y], [e.high - e.value for e in y]]
    axes.errorbar(
        [e.value for e in x], values, yerr=spread, marker="o", markersize=3, linewidth=1.2, label=name, **look
    )
