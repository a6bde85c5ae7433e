"""Find directions by one of several methods, and measure the attributes that each changes.

SeFa, GANSpace and StyleSpace need no labels: each direction is named after the attribute that it changes most.
Boundaries (SVM, logistic, mean difference) are learned for each attribute.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import attributes_read, checked
from editgan_widgets.analysis.attributes import compared_attributes
from editgan_widgets.analysis.boundary_quality import boundary_of
from editgan_widgets.analysis.directions import LEAST_SAMPLES, latents_by_attribute
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.plots import heat_map, largest_columns
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.transfer import Read, picture_of
from editgan_widgets.latent.directions.arguments import Parts, ids_of_each, several_names
from editgan_widgets.latent.directions.boundaries import METHODS, known_method
from editgan_widgets.latent.directions.edit_vector import EditVector, Layers, layer_weights
from editgan_widgets.latent.directions.style_space import channel_vector, part_channels
from editgan_widgets.latent.directions.unsupervised import ganspace, sefa
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Real, Whole, real, whole, without_nan

UNSUPERVISED = ("sefa", "ganspace", "stylespace")
_AT_ONCE = 24  # portraits that are generated together
_ROUNDING = 1e-6  # standard deviation of an attribute that counts as constant, relative to its largest value


@dataclass(frozen=True, eq=False)
class Directions(Result):
    """Directions, the effect of each on the attributes, and how specific it is."""

    method: str
    vectors: tuple[EditVector, ...]  # scale 1 = one standard deviation of W along the direction
    attributes: tuple[str, ...]
    effects: np.ndarray  # [vectors, attributes], mean change at scale 1, in standard deviations; nan if constant
    low: np.ndarray  # [vectors, attributes], 95% interval of the mean
    high: np.ndarray
    basis: Basis

    @property
    def main(self) -> tuple[str, ...]:
        """The attribute that each direction changes most."""
        return tuple(self.attributes[i] for i in _sizes(self.effects).argmax(1))

    @property
    def specificity(self) -> np.ndarray:
        """Share of each direction's total effect on its main attribute, 0 to 1."""
        effects = _sizes(self.effects)
        return effects.max(1) / np.maximum(effects.sum(1), 1e-12)

    def table(self) -> list[Record]:
        """One record for each direction."""
        return [
            {
                "direction": vector.name,
                "changes most": main,
                **{
                    name: without_nan(float(values[i, self.attributes.index(main)]))
                    for name, values in (("effect", self.effects), ("low", self.low), ("high", self.high))
                },
                "specificity": float(specific),
            }
            for i, (vector, main, specific) in enumerate(zip(self.vectors, self.main, self.specificity, strict=True))
        ]

    def figure(self) -> Figure:
        """Effects as a heat map, of the attributes that change most."""
        kept = largest_columns(self.effects)
        names, attributes = [vector.name for vector in self.vectors], [self.attributes[i] for i in kept]
        return heat_map(self.effects[:, kept], names, attributes, "standard deviations")

    def answer(self) -> str:
        """Name the most specific direction."""
        best = int(self.specificity.argmax())
        k = self.attributes.index(self.main[best])
        effect, low, high = (float(values[best, k]) for values in (self.effects, self.low, self.high))
        said = Estimate(effect, low, high, self.basis.n or 0).shown("+.2f")
        method = _SPELLED.get(self.method, self.method)
        return (
            f"Of {len(self.vectors)} {method} directions the most specific is {self.vectors[best].name!r}: "
            f"{self.specificity[best]:.0%} of its effect is on {self.main[best]}, "
            f"{said} standard deviations at scale 1."
        )


@checked()
def find_directions(
    model: EditGAN,
    read: Read | None = None,
    method: str = "sefa",
    count: Whole = 10,
    attributes: str | Sequence[str] | None = None,
    parts: Parts | None = None,
    rows: Layers = None,
    seeds: Iterable[Whole] = range(24),
    samples: Whole = 1000,
    seed: Whole = 0,
    truncation_psi: Real = 0.7,
    progress: bool = False,
) -> Directions:
    """Find directions and measure each on sampled portraits.

    Args:
        model: the model to search.
        read: attributes of pictures, by which the directions are scored (analysis/attributes.py); None takes
            `compared_attributes(model)`.
        method: "sefa", "ganspace", "stylespace", "svm", "logistic" or "mean difference".
        count: number of directions of an unsupervised method; for StyleSpace, of each part.
        attributes: one or several, for which boundaries are learned; None means all attributes of `read`. Ignored by
            other methods.
        parts: labels, or groups of labels, one or several, for which StyleSpace finds channels. Ignored by other
            methods.
        rows: rows of w_plus that SeFa and GANSpace move: (first, one past the last); None = all.
        seeds: seeds of the portraits on which directions are scored.
        samples: pictures that boundaries are learned from.
        seed: seed of those samples.
        truncation_psi: truncation of the portraits.
        progress: show progress bars.

    Ctrl+C ends the sampling, or the scoring with the directions that were scored so far. The effect on an attribute
    that is the same in all portraits has no unit and is nan. Raises ValueError for an unknown method or attribute, a
    generator that the method does not support, portraits over which no attribute varies (such as a single one), and
    parts that no style channel changes noticeably; MissingExtraError where a boundary needs scikit-learn.
    """
    chosen, seed = [whole(one, "seeds") for one in seeds], whole(seed, "seed", least=0)
    if method not in (*UNSUPERVISED, *METHODS):
        known = ", ".join(map(repr, (*UNSUPERVISED, *METHODS)))
        raise ValueError(f"unknown method {method!r}; use one of {known}")
    samples = whole(samples, "samples", least=LEAST_SAMPLES)
    layer_weights(rows, model.generator.num_rows, "rows")
    if read is None:
        read = compared_attributes(model)
    if attributes is not None:
        attributes = several_names(attributes, "attributes")
    attributes_read(model, read, attributes or ())
    if method in METHODS:
        known_method(method)
        labelled = latents_by_attribute(model, read, attributes, samples, seed, progress=progress)
        vectors = [in_deviations(model, boundary_of(model, x, method, seed=seed).vector) for x in labelled]
    else:
        vectors = unsupervised_directions(model, method, count, rows, parts, seed, progress)
    if not vectors:
        raise ValueError("no style channel changes these parts noticeably and locally; name other parts")
    scale = AttributeScale(model, read, chosen, real(truncation_psi, "truncation_psi"))
    if not scale.readable.any():
        raise ValueError(f"read returned no finite number for any of the {len(chosen)} portraits; check your function")
    if not scale.varies.any():
        raise ValueError(
            f"no attribute varies over the {len(chosen)} portraits, so effects have no unit; give more seeds, or a "
            "truncation_psi above 0"
        )
    scored: list[np.ndarray] = []  # [mean, low and high, attributes] each
    with interruptible(scored):
        scored.extend(scale.interval(one) for one in tqdm(vectors, desc=method, unit="direction", disable=not progress))
    vectors, (matrix, low, high) = vectors[: len(scored)], np.array(scored).transpose(1, 0, 2)
    basis = Basis(len(chosen), seed, "95% Student's interval over portraits", model.fingerprint, tuple(chosen))
    return Directions(method, tuple(vectors), scale.names, matrix, low, high, basis)


class AttributeScale:
    """Attributes of sampled portraits, in whose spread the effect of a direction is measured.

    Args:
        model: the model that generates the portraits.
        read: attributes of pictures.
        seeds, truncation_psi: seeds and truncation of the portraits.

    Attributes:
        names: names of the attributes.
        readable: `[attributes]`, False for those that are finite on no portrait.
        varies: `[attributes]`, False for those that are the same in all portraits, whose effects are nan.
    """

    def __init__(self, model: EditGAN, read: Read, seeds: Sequence[Whole], truncation_psi: Real = 0.7) -> None:
        self._model, self._read = model, read
        self._w_plus = torch.cat([model.sample_w_plus(seed, truncation_psi) for seed in seeds])
        found = self._attributes(self._w_plus)
        self.names = tuple(found)
        self._before = self._values(found)
        std = np.array([np.std(x[np.isfinite(x)]) if np.isfinite(x).any() else 0.0 for x in self._before])
        size = np.abs(np.nan_to_num(self._before)).max(1, initial=0)
        self.readable = np.isfinite(self._before).any(1)
        self.varies = std > _ROUNDING * size
        self._std = np.where(self.varies, std, np.nan)

    def effect(self, vector: EditVector, scale: float = 1.0) -> Float[np.ndarray, " attributes"]:
        """Mean change of each attribute by a vector, in standard deviations over the portraits; nan if constant."""
        return self.change(vector, scale) / self._std

    def interval(self, vector: EditVector, scale: float = 1.0) -> Float[np.ndarray, "3 attributes"]:
        """`effect`, and the bounds of its 95% interval (Student's, over portraits)."""
        found = [Estimate.of_mean(x) if len(x) else None for x in self._changes(vector, scale)]
        nothing = (np.nan,) * 3
        return np.array([nothing if x is None else (x.value, x.low, x.high) for x in found]).T / self._std

    def change(self, vector: EditVector, scale: float = 1.0) -> Float[np.ndarray, " attributes"]:
        """Mean change of each attribute, in its own unit, over the portraits where it is finite before and after."""
        return np.array([x.mean() if len(x) else np.nan for x in self._changes(vector, scale)])

    def _changes(self, vector: EditVector, scale: float) -> list[Float[np.ndarray, " n"]]:
        """Changes of each attribute that are finite."""
        changes = self._values(self._attributes(vector.apply(self._w_plus, scale))) - self._before
        return [x[np.isfinite(x)] for x in changes]

    def _attributes(self, w_plus: Tensor) -> dict[str, np.ndarray]:
        """Attributes of the pictures of latents, a few at a time."""
        parts = [self._read(picture_of(self._model, some)) for some in w_plus.split(_AT_ONCE)]
        return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}

    def _values(self, found: Mapping[str, np.ndarray]) -> Float[np.ndarray, "attributes n"]:
        return np.array([np.asarray(found[name], float) for name in self.names]).reshape(len(self.names), -1)


def unsupervised_directions(
    model: EditGAN,
    method: str = "sefa",
    count: Whole = 10,
    rows: Layers = None,
    parts: Parts | None = None,
    seed: Whole = 0,
    progress: bool = False,
) -> list[EditVector]:
    """Find directions by SeFa, GANSpace or StyleSpace; scale 1 is one standard deviation of W (of S) along each.

    Arguments as of `find_directions`. Raises ValueError for another method, or a generator that it does not fit.
    """
    if method == "sefa":
        return [in_deviations(model, vector) for vector in sefa(model, count, rows)]
    if method == "ganspace":
        return ganspace(model, count, rows, seed=seed)
    if method != "stylespace":
        raise ValueError(f"unknown method {method!r}; use one of {', '.join(map(repr, UNSUPERVISED))}")
    if parts is None:
        raise ValueError("StyleSpace finds channels of parts; name some, such as parts=['hair']")
    channels = {
        (channel.row, channel.layer, channel.channel): None
        for some in ids_of_each(model.labels, parts)
        for channel in part_channels(model, some, count=count, seed=seed, progress=progress)
    }
    return [channel_vector(model, *place) for place in channels]


def in_deviations(model: EditGAN, vector: EditVector) -> EditVector:
    """Scale a vector so that 1 is one standard deviation of W along its rows' direction. Raises ValueError for zero."""
    if not bool(vector.delta_w_plus.any()):
        raise ValueError(f"edit vector {vector.name!r} is zero and has no direction; learn it from latents that differ")
    direction = vector.delta_w_plus[vector.delta_w_plus.norm(dim=1).argmax()].double()
    statistics = model.w_statistics()
    along = statistics.axes.double().cpu() @ (direction.cpu() / direction.norm())
    deviation = float((along * statistics.std.double().cpu()).norm())
    scaled = vector.times(deviation / float(direction.norm()))
    return replace(scaled, recipe={**vector.recipe, "std": deviation})


_SPELLED = {"sefa": "SeFa", "ganspace": "GANSpace", "stylespace": "StyleSpace", "svm": "SVM"}


def _sizes(effects: np.ndarray) -> np.ndarray:
    """Absolute effects; 0 for those without a unit."""
    return np.nan_to_num(np.abs(effects), nan=0.0)
