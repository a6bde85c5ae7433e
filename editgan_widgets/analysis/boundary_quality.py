"""Boundary: the hyperplane in W between pictures with an attribute and those without it, and its accuracy.

As in InterFaceGAN (Shen et al. 2020, sections 3.1 and 4.2): the boundary is learned from the extremes of the scores.
Its accuracy is given on held-out extremes and on all held-out samples; papers often give the first only.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from editgan_widgets.analysis.directions import LabelledLatents, labelled_latents
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.latent.directions.boundaries import METHODS, Fit
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN

SHARES = (0.25, 0.5, 1.0)  # shares of the training samples in the learning curve; the last is the whole set
_TEST_SHARE = 0.3
_PERMUTATIONS = 200


@dataclass(frozen=True, eq=False)
class Boundary(Result):
    """A boundary and its accuracy on samples that it was not learned from."""

    vector: EditVector  # unit normal in W, repeated in every row; scale 1 = one unit of W
    attribute: str
    method: str
    on_extremes: Estimate  # accuracy on held-out samples with the highest and lowest scores, Wilson's interval
    on_all: Estimate  # accuracy on all held-out samples, split at the median score
    p_value: float  # for the accuracy on all, by permutation of the held-out labels
    learning: tuple[tuple[int, float], ...]  # training samples, accuracy on all held-out samples
    cosine: float  # between the boundaries of two halves of the training samples, -1 to 1
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each kind of accuracy, and the learning curve."""
        rows: list[Record] = [
            {"measured on": name, "samples": x.n, "accuracy": x.value, "low": x.low, "high": x.high}
            for name, x in (("held-out extremes", self.on_extremes), ("all held-out", self.on_all))
        ]
        blank: dict[str, Any] = {"low": None, "high": None}
        return rows + [
            {"measured on": f"all held-out, learned from {n}", "samples": self.on_all.n, "accuracy": a, **blank}
            for n, a in self.learning
        ]

    def figure(self) -> Figure:
        """The learning curve."""
        figure = Figure(figsize=(4.5, 3), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([n for n, _ in self.learning], [a for _, a in self.learning], "o-")
        axes.axhline(0.5, color="grey", linewidth=0.7)
        axes.set_ylim(0.4, 1.02)
        axes.set_xlabel("samples learned from")
        axes.set_ylabel("accuracy on all held-out samples")
        axes.set_title(f"{self.attribute}, {self.method}", fontsize=10)
        return figure

    def sentence(self) -> str:
        """State both accuracies."""
        a, b = self.on_extremes, self.on_all
        return (
            f"The {self.method} boundary of {self.attribute} is right for {a.value:.0%} ({a.low:.0%} to {a.high:.0%}) "
            f"of held-out extremes and {b.value:.0%} ({b.low:.0%} to {b.high:.0%}) of all held-out samples, "
            f"p = {self.p_value:.2g}."
        )


def boundary(
    model: EditGAN,
    attribute: str,
    read: Read,
    method: str = "svm",
    samples: int = 2000,
    share: float = 0.1,
    seed: int = 0,
) -> Boundary:
    """Learn the boundary of an attribute in W from sampled pictures.

    Args:
        model: the model to sample.
        attribute: a name that `read` returns.
        read: attributes of pictures (analysis/attributes.py).
        method: "svm", "logistic" or "mean difference".
        samples: number of pictures; InterFaceGAN uses 500,000.
        share: share of the samples at each end of the scores, used for training; InterFaceGAN uses 0.02.
        seed: seed of samples, split and permutations.

    Raises ValueError for an unknown attribute or method, or a share outside 0 to 0.5.
    """
    latents = labelled_latents(model, attribute, read, samples, seed)
    return boundary_of(model, latents, method, share, seed)


def boundary_of(
    model: EditGAN, latents: LabelledLatents, method: str = "svm", share: float = 0.1, seed: int = 0
) -> Boundary:
    """Learn the boundary from labelled latents. Arguments and errors as in `boundary`."""
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; use one of {', '.join(map(repr, METHODS))}")
    if not 0 < share <= 0.5:
        raise ValueError(f"share must be above 0 and at most 0.5; got {share!r}")
    w, scores = latents.w.double().cpu().numpy(), latents.values
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(w))
    test, train = np.split(order, [int(_TEST_SHARE * len(w))])
    fit = METHODS[method]
    halves = [_learn(fit, w[half], scores[half], share)[0] for half in np.array_split(train, 2)]
    true = scores[test] > np.median(scores)
    parts = [train[: max(int(part * len(train)), 20)] for part in SHARES]
    planes = [_learn(fit, w[some], scores[some], share) for some in parts]
    right = [(w[test] @ normal + offset > 0) == true for normal, offset in planes]
    learning = [(len(some), float(hits.mean())) for some, hits in zip(parts, right, strict=True)]
    normal, offset = planes[-1]
    said = w[test] @ normal + offset > 0
    extreme, positive = _extremes(scores[test], share)
    recipe = {
        "fingerprint": model.base_fingerprint, "resolution": model.resolution, "method": f"boundary, {method}",
        "attribute": latents.attribute, "space": "W", "labelled": len(w), "share": share, "seed": seed,
    }  # fmt: skip
    rows = torch.from_numpy(normal).float()[None].repeat(model.generator.num_rows, 1)
    return Boundary(
        EditVector(f"{latents.attribute}, {method}", rows, (), recipe), latents.attribute, method,
        Estimate.of_share(said[extreme] == positive), Estimate.of_share(right[-1]),
        _permutation_p(said, true, rng), tuple(learning), float(halves[0] @ halves[1]),
        Basis(len(w), seed, "95% Wilson's interval over held-out samples", model.fingerprint),
    )  # fmt: skip


def _learn(fit: Fit, w: np.ndarray, scores: np.ndarray, share: float) -> tuple[np.ndarray, float]:
    chosen, positive = _extremes(scores, share)
    return fit(w[chosen], positive)


def _extremes(scores: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the highest and lowest scores, at least 5 of each, and which of them are the highest."""
    count = min(max(round(share * len(scores)), 5), len(scores) // 2)
    order = np.argsort(scores, kind="stable")
    return np.concatenate([order[:count], order[-count:]]), np.repeat([False, True], count)


def _permutation_p(said: np.ndarray, true: np.ndarray, rng: np.random.Generator) -> float:
    """Share of random relabellings with at least this accuracy, counting the true labelling as one."""
    seen = float((said == true).mean())
    by_chance = [float((said == rng.permutation(true)).mean()) for _ in range(_PERMUTATIONS)]
    return (1 + sum(value >= seen for value in by_chance)) / (1 + _PERMUTATIONS)
