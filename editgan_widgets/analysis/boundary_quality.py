"""Boundary: the hyperplane in W between pictures with an attribute and those without it, and its accuracy.

As in InterFaceGAN (Shen et al. 2020, sections 3.1 and 4.2): the boundary is learned from the extremes of the scores.
Its accuracy is given on held-out extremes and on all held-out samples; papers often give the first only. 0/1 labels
have no extremes: the classes are the labels, and all of them are used.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from scipy.stats import rankdata

from editgan_widgets.analysis.arguments import attributes_read, checked
from editgan_widgets.analysis.directions import LEAST_SAMPLES, LabelledLatents, latents_by_attribute
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.label_classes import Classes, classes_of
from editgan_widgets.analysis.plots import label
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.latent.directions.arguments import kind_of
from editgan_widgets.latent.directions.boundaries import METHODS, Fit, Plane, in_axes, known_method, whitening
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Real, Whole, real, whole

SHARES = (0.25, 0.5, 1.0)  # shares of the training samples in the learning curve; the last is the whole set
_TEST_SHARE = 0.3
_PERMUTATIONS = 200
_FOLDS = 3  # in which whitened and standardised latents are compared
_GAIN = 0.8  # whitened latents are taken if their error is below this share of the other
_LEAST = 10  # samples of each class


@dataclass(frozen=True, eq=False)
class Boundary(Result):
    """A boundary and its accuracy on samples that it was not learned from."""

    vector: EditVector  # unit normal in W, repeated in every row; scale 1 = one unit of W
    attribute: str
    method: str
    on_extremes: Estimate  # accuracy on held-out samples with the highest and lowest scores, Wilson's interval
    on_all: Estimate  # accuracy on all held-out samples; scores are split at the median, 0/1 labels are the classes
    p_value: float  # for the accuracy on all, by permutation of the held-out labels
    learning: tuple[tuple[int, float], ...]  # training samples, accuracy on all held-out samples
    cosine: float  # between the boundaries of two halves of the training samples, -1 to 1
    basis: Basis
    positive: float  # share of the samples in the positive class, 0 to 1
    labels: bool  # True for 0/1 labels: all of them are used, and `on_extremes` equals `on_all`
    left_out: int  # samples whose attribute is not finite

    def table(self) -> list[Record]:
        """One record for each kind of accuracy, and the learning curve."""
        rows: list[Record] = [
            {"measured on": name, "samples": x.n, "accuracy": x.value, "low": x.low, "high": x.high}
            for name, x in (("held-out extremes", self.on_extremes), ("all held-out", self.on_all))
            if name == "all held-out" or not self.labels
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
        axes.set_title(f"{label(self.attribute)}, {self.method}", fontsize=10)
        return figure

    def answer(self) -> str:
        """State both accuracies."""
        a, b = self.on_extremes, self.on_all
        extremes = f"{a.value:.0%} ({a.low:.0%} to {a.high:.0%}) of held-out extremes and "
        return (
            f"The {self.method} boundary of {self.attribute} is right for {'' if self.labels else extremes}"
            f"{b.value:.0%} ({b.low:.0%} to {b.high:.0%}) of all held-out samples, p = {self.p_value:.2g}"
            + (f"; {self.positive:.0%} of the samples are positive" if self.labels else "")
            + (f"; {self.left_out} samples without a finite {self.attribute} are left out" if self.left_out else "")
            + "."
        )


@checked()
def boundary(
    model: EditGAN,
    attribute: str,
    read: Read,
    method: str = "svm",
    samples: Whole = 2000,
    share: Real = 0.1,
    seed: Whole = 0,
    progress: bool = False,
) -> Boundary:
    """Learn the boundary of an attribute in W from sampled pictures.

    Args:
        model: the model to sample.
        attribute: a name that `read` returns.
        read: attributes of pictures (analysis/attributes.py): scores, or 0/1 labels, which are the two classes. Samples
            whose value is not finite are left out; the result says how many.
        method: "svm", "logistic" or "mean difference".
        samples: number of pictures; InterFaceGAN uses 500,000.
        share: share of the samples at each end of the scores, used for training; InterFaceGAN uses 0.02. Of 0/1
            labels, all are used.
        seed: seed of samples, split and permutations.
        progress: show a progress bar.

    "svm" and "logistic" are fitted to standardised latents. Of scores, they are fitted to whitened latents if these
    lower 1 - Spearman's correlation of distances and scores on held-out training samples by a fifth, which is the case
    for scores without noise.
    Samples say nothing about axes that W hardly varies along, so the normal is found in W's covariance only. For
    noiseless scores on portraits-128, whose W has 384 axes with standard deviations that differ by a factor of 700, the
    correlation of `w @ normal` with the scores is 0.94 for "svm" from 2,000 samples and 0.997 from 20,000; the plain
    cosine of the normals is 0.4. On a W of few axes that differ by a factor of 10, the plain cosine is about 0.99 for
    "svm", 0.97 to 0.99 for "logistic", and 0.4 to 0.85 for "mean difference", which is biased towards the axes along
    which W varies most.

    Ctrl+C ends the sampling; the boundary is learned from the samples so far. Raises ValueError for an unknown
    attribute or method, a share outside 0 to 0.5, an attribute that is the same in all
    samples, fewer than 20 samples, and for fewer than 10 in a class; MissingExtraError without scikit-learn.
    """
    count = whole(samples, "samples")
    if count < LEAST_SAMPLES:
        raise ValueError(f"samples are pictures to learn from, {LEAST_SAMPLES} or more, better 1,000; got {count}")
    known_method(method)
    share = _checked_share(share)
    attributes_read(model, read, [attribute])
    latents = latents_by_attribute(model, read, [attribute], count, seed, progress=progress)[0]
    return boundary_of(model, latents, method, share, seed)


@checked()
def boundary_of(
    model: EditGAN, latents: LabelledLatents, method: str = "svm", share: Real = 0.1, seed: Whole = 0
) -> Boundary:
    """Learn the boundary from labelled latents, 20 or more (directions.py). Arguments and errors as in `boundary`."""
    if not isinstance(latents, LabelledLatents):
        raise ValueError(f"latents must be LabelledLatents, such as those of labelled_seeds; got {kind_of(latents)}")
    known_method(method)
    share, seed = _checked_share(share), whole(seed, "seed", least=0)
    if latents.w.ndim != 2 or latents.w.shape[1] != model.generator.w_dim:
        raise ValueError(f"w are latents of W, [n, {model.generator.w_dim}]; got shape {tuple(latents.w.shape)}")
    if len(latents.w) < LEAST_SAMPLES:
        raise ValueError(
            f"{len(latents.w)} labelled samples are too few to hold some out; give {LEAST_SAMPLES} or more, or "
            "learn by marked_boundary, which judges a few labels by leave-one-out"
        )
    if bool((latents.w == latents.w[0]).all()):
        raise ValueError("all latents are the same; give samples that differ")
    classes = classes_of(latents.values, latents.attribute, len(latents.w), _LEAST)
    w = latents.w.double().cpu().numpy()[classes.kept]
    rng = np.random.default_rng(seed)
    test, train = _split(classes, rng)
    fit, whitened = _suited(method, w, classes, train, share)
    halves = [_learn(fit, w, classes, half, share)[0] for half in np.array_split(train, 2)]
    parts = [train[: max(int(part * len(train)), 2 * _LEAST)] for part in SHARES]
    planes = [_learn(fit, w, classes, some, share) for some in parts]
    true = classes.positive[test]
    right = [_said(plane, w[test]) == true for plane in planes]
    learning = [(len(some), float(hits.mean())) for some, hits in zip(parts, right, strict=True)]
    extreme = classes.ends(test, share)
    normal = planes[-1][0]
    recipe = {
        "fingerprint": model.base_fingerprint, "resolution": model.resolution, "method": f"boundary, {method}",
        "attribute": latents.attribute, "space": "W", "labelled": len(w), "share": 1.0 if classes.labels else share,
        "whitened": whitened, "seed": seed,
    }  # fmt: skip
    rows = torch.from_numpy(normal).float()[None].repeat(model.generator.num_rows, 1)
    return Boundary(
        EditVector(f"{latents.attribute}, {method}", rows, (), recipe), latents.attribute, method,
        Estimate.of_share(_said(planes[-1], w[extreme]) == classes.positive[extreme]), Estimate.of_share(right[-1]),
        _permutation_p(_said(planes[-1], w[test]), true, rng), tuple(learning), float(halves[0] @ halves[1]),
        Basis(len(w), seed, "95% Wilson's interval over held-out samples", model.fingerprint),
        float(classes.positive.mean()), classes.labels, classes.left_out,
    )  # fmt: skip


def _checked_share(given: Real) -> float:
    share = real(given, "share")
    if not 0 < share <= 0.5:
        raise ValueError(f"share must be above 0 and at most 0.5; got {share!r}")
    return share


def _split(classes: Classes, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Indices for test and training. The first samples of both hold the two classes in proportion."""
    order, place = np.empty(0, int), np.empty(0)
    for side in (False, True):
        members = rng.permutation(np.flatnonzero(classes.positive == side))
        order = np.concatenate([order, members])
        place = np.concatenate([place, (np.arange(len(members)) + rng.random()) / len(members)])
    order = order[np.argsort(place, kind="stable")]
    test, train = np.split(order, [int(_TEST_SHARE * len(order))])
    return test, train


def _suited(method: str, w: np.ndarray, classes: Classes, train: np.ndarray, share: float) -> tuple[Fit, bool]:
    """The method, on whitened latents if these lower 1 - Spearman's correlation on held-out samples by a fifth."""
    fit = METHODS[method]
    if method == "mean difference" or classes.labels or len(train) < 2 * w.shape[1]:
        return fit, False
    white = in_axes(fit, whitening(w[train]))
    errors = np.zeros(2)
    for k in range(_FOLDS):
        held_out = np.arange(len(train)) // 2 % _FOLDS == k  # in pairs, as the classes alternate
        test, rest = train[held_out], train[~held_out]
        for i, one in enumerate((fit, white)):
            normal, _ = _learn(one, w, classes, rest, share)
            errors[i] += 1 - np.corrcoef(rankdata(w[test] @ normal), rankdata(classes.values[test]))[0, 1]
    whitened = bool(errors[1] < _GAIN * errors[0])
    return (white if whitened else fit), whitened


def _learn(fit: Fit, w: np.ndarray, classes: Classes, among: np.ndarray, share: float) -> Plane:
    chosen = classes.ends(among, share)
    return fit(w[chosen], classes.positive[chosen])


def _said(plane: Plane, w: np.ndarray) -> np.ndarray:
    normal, offset = plane
    return w @ normal + offset > 0


def _permutation_p(said: np.ndarray, true: np.ndarray, rng: np.random.Generator) -> float:
    """Share of random relabellings with at least this accuracy, counting the true labelling as one."""
    seen = float((said == true).mean())
    by_chance = [float((said == rng.permutation(true)).mean()) for _ in range(_PERMUTATIONS)]
    return (1 + sum(value >= seen for value in by_chance)) / (1 + _PERMUTATIONS)
