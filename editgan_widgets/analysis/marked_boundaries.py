"""MarkedBoundary: the hyperplane in W between portraits that a person marked + and those marked −.

A boundary of InterFaceGAN (Shen et al. 2020, section 3.1) from a dozen marks in place of thousands of labels. Its
accuracy is that of leave-one-out: each portrait is judged by the boundary of all others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from editgan_widgets.analysis.arguments import checked
from editgan_widgets.analysis.directions import LabelledLatents
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.found_directions import in_deviations
from editgan_widgets.analysis.hand_labels import labelled_seeds
from editgan_widgets.analysis.label_classes import few_labels, labels_of
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.extras import MissingExtraError, scikit_learn
from editgan_widgets.latent.directions.boundaries import METHODS, known_method
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN

LEAST_MARKS = 2  # per sign; with fewer, leave-one-out is impossible
_ROUNDING = 1e-5  # of the rows of one latent


@dataclass(frozen=True, eq=False)
class MarkedBoundary(Result):
    """A boundary, and how well it is learned from its marks."""

    vector: EditVector  # towards +, the same in every row; scale 1 is one standard deviation of W along it
    method: str
    accuracy: Estimate  # leave-one-out accuracy, Wilson's interval
    distances: np.ndarray  # [n], of each mark from the boundary that was learned without it, in W's unit
    positive: np.ndarray  # bool [n]
    warns_of_few = False
    basis: Basis

    @property
    def few(self) -> bool:
        """True if there are too few marks to rely on."""
        return few_labels(self.positive)

    def table(self) -> list[Record]:
        """One record for each mark."""
        return [
            {"marked": "+" if mark else "-", "distance": float(distance), "right": bool((distance > 0) == mark)}
            for mark, distance in zip(self.positive, self.distances, strict=True)
        ]

    def figure(self) -> Figure:
        """Distances from the boundary, by mark."""
        figure = Figure(figsize=(4.5, 2.2), layout="constrained")
        axes = figure.add_subplot()
        axes.scatter(self.distances, np.where(self.positive, 1, 0), alpha=0.7)
        axes.axvline(0, color="grey", linewidth=0.7)
        axes.set_yticks([0, 1], ["marked \N{MINUS SIGN}", "marked +"])
        axes.set_ylim(-0.5, 1.5)
        axes.set_xlabel("distance from the boundary of all other marks")
        return figure

    def answer(self) -> str:
        """State the accuracy, and whether there are enough marks."""
        x = self.accuracy
        said = (
            f"The {self.method} boundary of {self.vector.name!r} is right for {x.value:.0%} ({x.low:.0%} to "
            f"{x.high:.0%}) of {x.n} marks that it was not learned from"
        )
        return said + ("; these are few marks, add more of both signs." if self.few else ".")


@checked()
def marked_boundary(
    model: EditGAN,
    w: Tensor | np.ndarray | LabelledLatents | Mapping[int, Any],
    positive: Sequence[bool | int] | np.ndarray | Tensor | None = None,
    name: str | None = None,
    method: str | None = None,
) -> MarkedBoundary:
    """Learn a boundary from marked latents.

    Args:
        model: the model of the latents.
        w: labels by seed, such as `{3: 1, 7: 0}`; labelled latents (`labelled_seeds`); or latents of the marked
            portraits, `[n, w_dim]`, or `[n, num_ws, w_dim]` if all rows of each are equal, as those of samples are.
        positive: True, or 1, for those marked +; False, or 0, for the others; None for labels.
        name: name of the edit vector; None takes that of the labels, or "marked".
        method: "svm", "logistic" or "mean difference"; None takes "svm" if scikit-learn is installed, else the last.

    Raises ValueError for another method, and for fewer than two marks of a sign, or latents that are
    all the same.
    """
    if isinstance(w, Mapping):
        w = labelled_seeds(model, w, name or "marked")
    if isinstance(w, LabelledLatents):
        if positive is not None:
            raise ValueError("labelled latents have their marks; leave out positive")
        w, positive, name = w.w, w.values, name or w.attribute
    if positive is None:
        raise ValueError("positive has one mark for each latent, 1 or 0; or give labels by seed, such as {3: 1, 7: 0}")
    name = name or "marked"
    points = _points(w, model)
    marks = labels_of(list(positive) if isinstance(positive, Iterable) else positive, "positive", len(points))
    counts = int(marks.sum()), int((~marks).sum())
    if min(counts) < LEAST_MARKS:
        raise ValueError(
            f"mark at least {LEAST_MARKS} portraits + and {LEAST_MARKS} \N{MINUS SIGN}; got {counts[0]} and {counts[1]}"
        )
    method = _available() if method is None else known_method(method)
    fit = METHODS[method]
    if len(np.unique(points, axis=0)) < 2:
        raise ValueError("all marked portraits are the same; mark others, sampled with a truncation_psi above 0")
    distances = np.empty(len(points))
    for i in range(len(points)):
        others = np.arange(len(points)) != i
        normal, offset = fit(points[others], marks[others])
        distances[i] = points[i] @ normal + offset
    normal, _ = fit(points, marks)
    recipe = {
        "fingerprint": model.base_fingerprint, "resolution": model.resolution, "method": f"marks, {method}",
        "space": "W", "marked +": counts[0], "marked -": counts[1],
    }  # fmt: skip
    rows = torch.from_numpy(normal).float()[None].repeat(model.generator.num_rows, 1)
    return MarkedBoundary(
        in_deviations(model, EditVector(name, rows, (), recipe)), method,
        Estimate.of_share((distances > 0) == marks), distances, marks,
        Basis(len(points), None, "95% Wilson's interval of leave-one-out", model.fingerprint),
    )  # fmt: skip


def _points(w: Tensor | np.ndarray, model: EditGAN) -> Float[np.ndarray, "n w_dim"]:
    """Latents of W as float64; those of W+ only if their rows are equal."""
    given = np.asarray(w.detach().cpu() if isinstance(w, Tensor) else w, np.float64)
    width = model.generator.w_dim
    if given.ndim == 3 and given.shape[2] == width and np.ptp(given, axis=1).max(initial=0) <= _ROUNDING:
        return given[:, 0]
    if given.ndim != 2 or given.shape[1] != width:
        rows = "; the rows of these latents differ, so they are none of W" if given.ndim == 3 else ""
        raise ValueError(f"w are latents of W, [n, {width}]; got shape {given.shape}{rows}")
    return given


def _available() -> str:
    try:
        scikit_learn("svm")
    except MissingExtraError:
        return "mean difference"
    return "svm"
