"""Labels typed in by hand: portraits by seed with 1 or 0, as labelled latents, or as an attribute of any picture.

As an attribute, a ridge regression reads the label from features of the picture. It is learned from the labelled
portraits, often a few dozen, so it is much less certain than a judge: its accuracy is measured by leave-one-out and
shown with it. scikit-learn is needed: `pip install 'editgan-widgets[analysis]'`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from matplotlib.figure import Figure
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import checked, try_network
from editgan_widgets.analysis.directions import LabelledLatents
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.label_classes import few_labels, labels_of
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.transfer import picture_of
from editgan_widgets.domains.registry import judges_of
from editgan_widgets.extras import scikit_learn
from editgan_widgets.latent.directions.arguments import kind_of, portrait_seeds
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.perceptual import perceptual_distance
from editgan_widgets.scalars import plain

LEAST = 3  # labels of each kind; with two, leave-one-out learns from one
_PENALTIES = np.logspace(0, 5, 11)  # of the squared weights, of which leave-one-out chooses one
_AT_ONCE = 8  # pictures whose features are computed together


@dataclass(frozen=True, eq=False)
class LabelledAttribute(Result):
    """An attribute learned from hand-typed labels: a function of pictures, and how well it reads the labels.

    Called with pictures `[n, 3, H, W]` in [-1, 1], it returns `{attribute: values}`, about 0 without the attribute and
    1 with it. It fits every argument named `read`.
    """

    attribute: str
    seeds: tuple[int, ...]
    labels: np.ndarray  # bool [n]
    read_without: np.ndarray  # [n], value of each labelled portrait, read by what was learned from all others
    accuracy: Estimate  # share of the labels that these values agree with, Wilson's interval
    features: Callable[[Tensor], Tensor]
    weights: np.ndarray  # [d], of the features
    offset: float
    warns_of_few = False
    basis: Basis

    @torch.no_grad()
    def __call__(self, pictures: Float[Tensor, "n 3 h w"]) -> Mapping[str, np.ndarray]:
        """Read the attribute off pictures."""
        return {self.attribute: _described(self.features, pictures) @ self.weights + self.offset}

    def table(self) -> list[Record]:
        """One record for each labelled portrait."""
        return [
            {"seed": seed, "label": int(label), "read without it": float(value), "right": bool((value > 0.5) == label)}
            for seed, label, value in zip(self.seeds, self.labels, self.read_without, strict=True)
        ]

    def figure(self) -> Figure:
        """Values of the portraits by their labels."""
        figure = Figure(figsize=(4.5, 2.2), layout="constrained")
        axes = figure.add_subplot()
        axes.scatter(self.read_without, self.labels.astype(int), alpha=0.7)
        axes.axvline(0.5, color="grey", linewidth=0.7)
        axes.set_yticks([0, 1], ["label 0", "label 1"])
        axes.set_ylim(-0.5, 1.5)
        axes.set_xlabel(f"{self.attribute}, read without the portrait's own label")
        return figure

    def answer(self) -> str:
        """State the accuracy, and whether the labels are enough."""
        x = self.accuracy
        said = (
            f"From {x.n} labels {self.attribute} is read right for {x.value:.0%} ({x.low:.0%} to {x.high:.0%}) of the "
            "portraits, each without its own label"
        )
        if x.low <= max(float(self.labels.mean()), 1 - float(self.labels.mean())):
            return f"{said}: that may be chance, so label more portraits before you rely on it."
        return f"{said}; these are few labels, add more of both kinds." if few_labels(self.labels) else f"{said}."


@checked()
def labelled_seeds(
    model: EditGAN, labels: Mapping[int, Any], attribute: str = "label", truncation_psi: float = 0.7
) -> LabelledLatents:
    """Latents of portraits with labels that were typed in by hand.

    Args:
        model: the model whose portraits were labelled.
        labels: seed -> 1 or 0, or True or False, such as `{3: 1, 7: 0}`.
        attribute: name of what was labelled.
        truncation_psi: truncation of the portraits that were looked at.

    `marked_boundary` learns a boundary from a few of them, `boundary_of` from 20 or more. Raises ValueError for
    anything but labels by seed.
    """
    seeds, marks = _by_seed(labels)
    w_plus = torch.cat([model.sample_w_plus(seed, truncation_psi) for seed in seeds])
    return LabelledLatents(w_plus[:, 0], marks, attribute)


@checked()
def by_labels(
    model: EditGAN,
    labels: Mapping[int, Any],
    attribute: str = "label",
    features: Callable[[Tensor], Tensor] | None = None,
    truncation_psi: float = 0.7,
    progress: bool = False,
) -> LabelledAttribute:
    """Make an attribute of labels typed in by hand, for every argument named `read`.

    A ridge regression on features of the labelled portraits; both kinds of labels have the same weight.

    Args:
        model: the model whose portraits were labelled.
        labels: seed -> 1 or 0, or True or False; at least 3 of each.
        attribute: name of what was labelled.
        features: pictures `[n, 3, H, W]` in [-1, 1] -> `[n, d]`; None takes those of the domain's judge of attributes,
            or, without one, of the network that compares pictures (models/perceptual.py), averaged over the picture.
        truncation_psi: truncation of the portraits that were looked at.
        progress: show a progress bar.

    Raises ValueError for anything but labels by seed and for fewer than 3 of a kind, MissingExtraError without
    scikit-learn.
    """
    seeds, marks = _by_seed(labels)
    counts = int(marks.sum()), int((~marks).sum())
    if min(counts) < LEAST:
        raise ValueError(f"label at least {LEAST} portraits 1 and {LEAST} portraits 0; got {counts[0]} and {counts[1]}")
    scikit_learn("linear_model")
    network, name = features_of(model) if features is None else (features, "the caller's features")
    try_network(model, network, "features")
    w_plus = torch.cat([model.sample_w_plus(seed, truncation_psi) for seed in seeds])
    x = np.concatenate([_described(network, picture_of(model, some)) for some in w_plus.split(_AT_ONCE)])
    held_out = np.empty(len(x))
    for i in tqdm(range(len(x)), desc=attribute, unit="label", disable=not progress):
        others = np.arange(len(x)) != i
        weights, offset = _fitted(x[others], marks[others])
        held_out[i] = x[i] @ weights + offset
    weights, offset = _fitted(x, marks)
    accuracy = Estimate.of_share((held_out > 0.5) == marks)
    basis = Basis(len(x), None, f"95% Wilson's interval of leave-one-out, {name}", model.fingerprint, tuple(seeds))
    return LabelledAttribute(attribute, tuple(seeds), marks, held_out, accuracy, network, weights, offset, basis)


def features_of(model: EditGAN) -> tuple[Callable[[Tensor], Tensor], str]:
    """Features of pictures, and where they are from: the domain's judge, or else the network that compares pictures."""
    judge: Any = judges_of(model).factors
    if callable(getattr(judge, "features", None)):
        return judge.features, "features of the domain's judge"
    distance = perceptual_distance(model.discriminator, device=model.device)
    return PooledFeatures(distance), f"features of {distance.name}"


@dataclass(frozen=True)
class PooledFeatures:
    """The feature maps of a perceptual distance, averaged over the picture."""

    distance: Any

    @torch.no_grad()
    def __call__(self, pictures: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
        """Describe pictures in [-1, 1]."""
        return torch.cat([maps.mean((2, 3)) for maps in self.distance.reference(pictures).features], 1)


def _by_seed(labels: Any) -> tuple[list[int], Bool[np.ndarray, " n"]]:
    if not isinstance(labels, Mapping):
        raise ValueError(f"labels are 1 or 0 by seed, such as {{3: 1, 7: 0}}; got {kind_of(labels)}")
    seeds = portrait_seeds(labels, "labels")
    return seeds, labels_of([plain(label) for label in labels.values()], "labels", len(seeds))


@torch.no_grad()
def _described(features: Callable[[Tensor], Tensor], pictures: Tensor) -> Float[np.ndarray, "n d"]:
    return torch.cat([features(some).cpu() for some in pictures.split(_AT_ONCE)]).double().numpy()


def _fitted(x: Float[np.ndarray, "n d"], positive: Bool[np.ndarray, " n"]) -> tuple[Float[np.ndarray, " d"], float]:
    """Weights and offset of a ridge regression of 0 and 1 on standardised features."""
    mean, std = x.mean(0), np.maximum(x.std(0), 1e-6)
    share = np.where(positive, positive.mean(), 1 - positive.mean())
    ridge = scikit_learn("linear_model").RidgeCV(alphas=_PENALTIES)
    ridge.fit((x - mean) / std, positive.astype(float), sample_weight=0.5 / share)
    weights = ridge.coef_ / std
    return weights, float(ridge.intercept_ - mean @ weights)
