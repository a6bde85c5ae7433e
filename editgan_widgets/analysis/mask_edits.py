"""Measure a mask edit: agreement with the painted mask inside the region, and change of the picture outside.

Each edit is measured twice: by the interpreter, against which the edit was optimised, and by an independent segmenter
(image [-1, 1] NCHW -> logits over the same labels); the second figure is unbiased. As in EditGAN, section 4.2, but for
single edits.
"""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median

import numpy as np
from jaxtyping import UInt8
from torch import nn

from editgan_widgets import images
from editgan_widgets.analysis import segmentation
from editgan_widgets.analysis.transfer import identity_cosine
from editgan_widgets.documents.session import EditSession
from editgan_widgets.domains.edits import ScriptedEdit
from editgan_widgets.iou import confusion, pooled_iou_inside
from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import without_nan

FIGURES = (
    "iou_before",
    "iou_after",
    "judge_iou_before",
    "judge_iou_after",
    "change_outside",
    "region_fraction",
    "identity",
    "seconds",
)


@dataclass(frozen=True)
class EditMeasure:
    """Figures of one edit. IoU is pooled over the edited parts inside the region; nan if none is visible."""

    edit: str
    seed: int
    iou_before: float  # by the interpreter, of the unedited picture against the painted mask
    iou_after: float
    judge_iou_before: float  # by the independent segmenter
    judge_iou_after: float
    change_outside: float  # mean absolute difference outside the region, of the range 0..1
    region_fraction: float  # share of the picture
    seconds: float  # for all steps
    steps: int
    identity: float = math.nan  # cosine of the embeddings before and after; nan without an identity network

    def to_dict(self) -> dict:
        """Return the fields as JSON values; nan becomes None."""
        return without_nan(asdict(self))


@dataclass(frozen=True)
class EditRecord:
    """Figures and pictures of an edit. Pictures are `[H, W, 3]` uint8, label maps `[H, W]` uint8."""

    measure: EditMeasure
    before: np.ndarray = field(repr=False)
    painted: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)
    predicted: np.ndarray = field(repr=False)  # the interpreter's map of the result
    judged: np.ndarray = field(repr=False)  # the independent segmenter's

    def strip(self, labels: LabelSet) -> UInt8[np.ndarray, "5 h w 3"]:
        """Before, painted mask, after, the interpreter's mask and the judge's, side by side for a contact sheet."""
        masks = (labels.colorize(self.painted), labels.colorize(self.predicted), labels.colorize(self.judged))
        return np.stack([self.before, masks[0], self.after, masks[1], masks[2]])


def measure_edit(
    session: EditSession,
    edit: ScriptedEdit,
    judge: nn.Module,
    seed: int,
    steps: int,
    identity: IdentityModel | None = None,
) -> EditRecord | None:
    """Paint a scripted edit in a new session, optimise and measure; None if the picture does not show the part.

    `seed` is only recorded. `identity` maps pictures to unit vectors; None leaves identity out. The edit stays
    committed in the session.
    """
    labels = session.model.labels
    start, shown = session.predicted_label_map, session.image
    painted = edit.paint(session.label_map, labels)
    if painted is None:
        return None
    session.set_label_map(painted)
    region = session.region
    if region is None:
        return None
    began = time.perf_counter()
    count = sum(1 for _ in session.edit(steps=steps))
    seconds = time.perf_counter() - began
    parts = edit.part_ids(labels)
    judged = segmentation.segment(judge, session.image)
    difference = np.abs(session.image.astype(float) - shown).mean(axis=2) / 255
    measure = EditMeasure(
        edit=edit.name,
        seed=seed,
        iou_before=pooled_iou_inside(start, painted, region, parts),
        iou_after=pooled_iou_inside(session.predicted_label_map, painted, region, parts),
        judge_iou_before=pooled_iou_inside(segmentation.segment(judge, shown), painted, region, parts),
        judge_iou_after=pooled_iou_inside(judged, painted, region, parts),
        change_outside=float(difference[~region].mean()) if not region.all() else float("nan"),
        region_fraction=float(region.mean()),
        seconds=seconds,
        steps=count,
        identity=identity_cosine(identity, images.from_uint8(np.stack([shown, session.image]), session.model.device)),
    )
    return EditRecord(measure, shown, painted, session.image, session.predicted_label_map, judged)


def measure_edits(
    model: EditGAN,
    judge: nn.Module,
    edits: Iterable[ScriptedEdit],
    seeds: Sequence[int],
    per_edit: int,
    steps: int = 30,
    truncation_psi: float = 0.7,
    identity: IdentityModel | None = None,
) -> Iterator[EditRecord]:
    """Run each edit on the first `per_edit` seeds whose portrait shows the part; yields a record per edit and seed.

    Edits start at different seeds of the list, so that they do not all use the same few portraits.
    """
    for number, edit in enumerate(edits):
        offset = number * per_edit % len(seeds)
        done = 0
        for seed in (*seeds[offset:], *seeds[:offset]):
            if done == per_edit:
                break
            session = EditSession.from_seed(model, seed=seed, truncation_psi=truncation_psi)
            record = measure_edit(session, edit, judge, seed, steps, identity)
            if record is not None:
                done += 1
                yield record


def medians(measures: Sequence[EditMeasure]) -> dict[str, float]:
    """Median of each figure over the edits; nan is ignored."""
    return {name: _median([getattr(measure, name) for measure in measures]) for name in FIGURES}


def by_edit(measures: Sequence[EditMeasure]) -> dict[str, dict[str, float]]:
    """`medians` per edit, in order of appearance."""
    names = dict.fromkeys(measure.edit for measure in measures)
    return {name: medians([measure for measure in measures if measure.edit == name]) for name in names}


def few_shot_confusion(
    model: EditGAN, judge: nn.Module, seeds: Iterable[int], truncation_psi: float = 0.7
) -> np.ndarray:
    """Confusion matrix `[num_labels, num_labels]` of interpreter and judge, the truth, over sampled seeds."""
    total = np.zeros((len(model.labels), len(model.labels)), np.int64)
    for seed in seeds:
        session = EditSession.from_seed(model, seed=seed, truncation_psi=truncation_psi)
        truth = segmentation.segment(judge, session.image)
        total += confusion(session.predicted_label_map, truth, len(model.labels))
    return total


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return median(known) if known else float("nan")
