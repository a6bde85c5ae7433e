"""How certain the interpreter is, and whether its confidence is justified.

The members of the interpreter's ensemble disagree where the features do not determine the part: their Jensen-Shannon
divergence at a pixel is the entropy of the mean of their distributions minus the mean of their entropies (DatasetGAN,
Zhang et al. 2021, section 3.2). DatasetGAN leaves out the pictures with the highest uncertainty. The confidence of a
pixel is the probability of its most likely part; it is calibrated if, of the pixels with a confidence of 0.8, 80% are
right (Guo et al. 2017).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Integer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import checked
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.segmentation import most_likely
from editgan_widgets.models.editgan import EditGAN

TOP_SHARE = 0.1  # share of a picture's pixels, those with the highest divergence, whose mean is its uncertainty
_BINS = 15  # of confidence

Truth: TypeAlias = Callable[[Tensor], Integer[np.ndarray, "n h w"]]
"""Pictures [n, 3, H, W] in [-1, 1] -> label maps [n, H, W] with ids of the model's labels."""


@dataclass(frozen=True)
class CalibrationBin:
    """Pixels whose confidence is in one interval."""

    low: float  # bounds of the confidence, 0 to 1
    high: float
    pixels: int
    confidence: float  # mean over the pixels
    accuracy: float  # share of them whose part is right


@dataclass(frozen=True, eq=False)
class InterpreterUncertainty(Result):
    """Disagreement of the interpreter's members over some portraits, and the calibration of its confidence."""

    mean: np.ndarray  # [H, W], mean divergence of each pixel, in nats
    parts: dict[str, float]  # part -> mean divergence of the pixels predicted as it, in nats
    scores: dict[int, float]  # seed -> its uncertainty: mean of the top 10% of its pixels, in nats
    uncertainty: Estimate  # mean of the scores
    bins: tuple[CalibrationBin, ...]  # without empty ones; () without ground truth
    calibration_error: float | None  # expected calibration error, 0 to 1; None without ground truth
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each part, the most uncertain first."""
        ordered = sorted(self.parts.items(), key=lambda item: -item[1])
        return [{"part": name, "divergence": value} for name, value in ordered]

    def figure(self) -> Figure:
        """The mean map, and the reliability diagram if there is ground truth."""
        figure = Figure(figsize=(7.5, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        image = left.imshow(self.mean, cmap="magma", vmin=0)
        left.set_axis_off()
        left.set_title("disagreement of the ensemble", fontsize=10)
        figure.colorbar(image, ax=left, shrink=0.8, label="Jensen-Shannon divergence, nats")
        if self.bins:
            _reliability(right, self.bins)
            right.set_title(f"expected calibration error {self.calibration_error:.3f}", fontsize=10)
        else:
            right.set_axis_off()
        return figure

    def answer(self) -> str:
        """State the most uncertain part, and the calibration error if there is ground truth."""
        rows = self.table()
        said = f"The ensemble disagrees most at {rows[0]['part']} ({rows[0]['divergence']:.3f} nats)"
        if self.calibration_error is None:
            return f"{said}; the uncertainty of a picture is {self.uncertainty.value:.3f} nats on average."
        pixels = sum(b.pixels for b in self.bins)
        gap = sum(b.pixels * (b.confidence - b.accuracy) for b in self.bins) / pixels
        which = "more" if gap > 0 else "less"
        return (
            f"{said}; its confidence is on average {abs(gap):.1%} {which} than its accuracy (expected calibration "
            f"error {self.calibration_error:.3f})."
        )


@checked()
def interpreter_uncertainty(
    model: EditGAN,
    truth: Truth | None = None,
    seeds: Iterable[int] = range(50),
    truncation_psi: float = 0.7,
    progress: bool = False,
) -> InterpreterUncertainty:
    """Measure where the interpreter's ensemble disagrees, and how well its confidence predicts its accuracy.

    Args:
        model: an EditGAN with an interpreter.
        truth: label maps of pictures, by another network or by hand, for the calibration (`judged_parts`); None leaves
            it out.
        seeds: seeds of the portraits.
        truncation_psi: truncation of the portraits.
        progress: show a progress bar.

    Ctrl+C ends it early; the result is then of the portraits so far. Raises ValueError for a model without an
    interpreter, no seeds, or ground truth of another shape.
    """
    interpreter, chosen = model.trained_interpreter(), list(seeds)
    measured: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]] = []  # seed, map, sums by part, counts of bins
    with interruptible(measured):
        for seed in tqdm(chosen, desc="uncertainty", unit="portrait", disable=not progress):
            with torch.no_grad():
                made = model.generator.synthesis(model.sample_w_plus(seed, truncation_psi))
                logits = interpreter.member_logits(made.features)[:, 0]  # [members, labels, H, W]
                divergence = jensen_shannon(logits.softmax(1)).cpu().double().numpy()
                confidence, found = (x.cpu().numpy() for x in logits.mean(0).softmax(0).max(0))
            counts = np.zeros((3, _BINS))
            if truth is not None:
                counts = _binned(confidence, found == _checked(truth(made.image.clamp(-1, 1)), found.shape))
            sums = np.stack([np.bincount(found.ravel(), w, len(model.labels)) for w in (divergence.ravel(), None)])
            measured.append((seed, divergence, sums, counts))
    scores = {seed: top_mean(divergence) for seed, divergence, *_ in measured}
    maps = [divergence for _, divergence, *_ in measured]
    by_part = np.sum([sums for *_, sums, _ in measured], axis=0)
    counts = np.sum([counts for *_, counts in measured], axis=0)
    return InterpreterUncertainty(
        np.mean(maps, axis=0),
        {label.name: float(total / n) for label, total, n in zip(model.labels, *by_part, strict=True) if n},
        scores,
        Estimate.of_mean(np.array(list(scores.values()))),
        _bins(counts),
        None if truth is None else calibration_error(_bins(counts)),
        Basis(len(maps), None, "95% Student's interval over portraits", model.fingerprint, tuple(scores)),
    )


@checked()
def judged_parts(model: EditGAN) -> Truth:
    """Return a function that labels pictures with the segmenter of the model's domain, which is independent of it.

    Raises ValueError if the domain has no segmenter of the model's labels.
    """
    from editgan_widgets.domains.registry import judges_of

    segmenter = judges_of(model).segmenter
    if segmenter is None or getattr(segmenter, "labels", model.labels) != model.labels:
        raise ValueError(f"no judge labels pictures with {model.labels}; give a function of pictures, or truth=None")

    @torch.no_grad()
    def labelled(pictures: Tensor) -> Integer[np.ndarray, "n h w"]:
        return most_likely(segmenter(pictures))

    return labelled


def jensen_shannon(members: Float[Tensor, "members labels h w"]) -> Float[Tensor, "h w"]:
    """Jensen-Shannon divergence of the members' distributions at each pixel, in nats, 0 to ln(members)."""
    return (_entropy(members.mean(0)) - _entropy(members).mean(0)).clamp_min(0)


def top_mean(divergence: Float[np.ndarray, "h w"]) -> float:
    """Mean of the TOP_SHARE highest values: the uncertainty of a picture."""
    count = max(1, round(TOP_SHARE * divergence.size))
    return float(np.partition(divergence.ravel(), -count)[-count:].mean())


def calibration_error(bins: Iterable[CalibrationBin]) -> float:
    """Expected calibration error: mean difference of confidence and accuracy, weighted by pixels."""
    found = list(bins)
    return sum(b.pixels * abs(b.confidence - b.accuracy) for b in found) / max(1, sum(b.pixels for b in found))


def _entropy(p: Float[Tensor, "*members labels h w"]) -> Float[Tensor, "*members h w"]:
    return torch.special.entr(p).sum(-3)


def _checked(given: Any, shape: tuple[int, ...]) -> np.ndarray:
    label_maps = np.asarray(given.detach().cpu() if isinstance(given, Tensor) else given)
    if label_maps.shape != (1, *shape):
        raise ValueError(f"truth gave label maps of shape {label_maps.shape}; {(1, *shape)} is needed")
    return label_maps[0]


def _binned(confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Number of pixels, sum of their confidence and number of right ones, for each bin; `[3, bins]`."""
    place = np.minimum((confidence.ravel() * _BINS).astype(int), _BINS - 1)
    return np.stack([np.bincount(place, w, _BINS) for w in (None, confidence.ravel(), right.ravel().astype(float))])


def _bins(counts: np.ndarray) -> tuple[CalibrationBin, ...]:
    return tuple(
        CalibrationBin(i / _BINS, (i + 1) / _BINS, int(n), float(confidence / n), float(right / n))
        for i, (n, confidence, right) in enumerate(counts.T)
        if n
    )


def _reliability(axes: Axes, bins: Iterable[CalibrationBin]) -> None:
    """Accuracy over confidence; a calibrated interpreter lies on the diagonal."""
    found = list(bins)
    widths = [b.high - b.low for b in found]
    axes.bar([b.low for b in found], [b.accuracy for b in found], widths, align="edge", edgecolor="white")
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="calibrated")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share of right pixels", aspect="equal")
    axes.legend(fontsize=7, loc="upper left")
