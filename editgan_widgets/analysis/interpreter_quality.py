"""IoU of a model's interpreter with a segmenter, for each part and for coarser groups of parts."""

import numpy as np
import torch
from jaxtyping import Int
from torch import nn
from tqdm import tqdm

from editgan_widgets.analysis import segmentation
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.quality_figures import InterpreterQuality, QualityConfig
from editgan_widgets.domains.domain import Domain
from editgan_widgets.domains.registry import domain_of
from editgan_widgets.iou import confusion, part_iou
from editgan_widgets.labels import LabelSet
from editgan_widgets.models.editgan import EditGAN


def interpreter_quality(
    model: EditGAN, segmenter: nn.Module | None, config: QualityConfig, progress: bool = False
) -> InterpreterQuality | None:
    """IoU of the interpreter with the segmenter as ground truth; intervals by bootstrap over pictures.

    None without an interpreter or a segmenter.
    """
    if model.interpreter is None or segmenter is None:
        return None
    counts = []
    seeds = range(config.first_seed, config.first_seed + config.interpreter_samples)
    for seed in tqdm(seeds, desc="interpreter", unit="img", disable=not progress):
        with torch.no_grad():
            made = model.generator.synthesis(model.sample_w_plus(seed, config.interpreter_psi))
            found = segmentation.most_likely(model.interpreter(made.features))
            truth = segmentation.most_likely(segmenter(made.image.clamp(-1, 1)))
        counts.append(confusion(found, truth, len(model.labels)))
    stack = np.stack(counts)
    parts, miou = _iou_estimates(stack, config)
    names, coarse = coarse_groups(model.labels, domain_of(model))
    together = np.eye(len(names), dtype=np.int64)[coarse]  # [num_labels, num_coarse]
    groups, coarse_miou = _iou_estimates(np.einsum("nab,ac,bd->ncd", stack, together, together), config)
    return InterpreterQuality(
        miou,
        coarse_miou,
        {names[i]: estimate for i, estimate in groups.items()},
        {model.labels[i].name: estimate for i, estimate in parts.items()},
        dict(model.metadata.get("interpreter", {})),
    )


def coarse_groups(labels: LabelSet, of: Domain | None) -> tuple[list[str], Int[np.ndarray, " num_labels"]]:
    """Names of the coarse parts, and the index of each label's coarse part.

    These are the domain's coarse parts if it has some; otherwise parts are merged by their first edit group.
    """
    known = {} if of is None else of.coarse_parts
    if all(label.name in known for label in labels):
        of_label = [known[label.name] for label in labels]
    else:
        of_label = [label.groups[0] if label.groups else label.name for label in labels]
    names = list(dict.fromkeys(of_label))
    return names, np.array([names.index(name) for name in of_label])


def _iou_estimates(
    counts: Int[np.ndarray, "n num_labels num_labels"], config: QualityConfig
) -> tuple[dict[int, Estimate], Estimate]:
    """IoU of each visible part, by id, and their mean; the intervals are by bootstrap over pictures."""
    n = len(counts)
    rng = np.random.default_rng(config.first_seed)
    weights = rng.multinomial(n, np.full(n, 1 / n), config.resamples)
    drawn = (weights @ counts.reshape(n, -1)).reshape(-1, *counts.shape[1:])
    iou = part_iou(counts.sum(0))
    shown = np.flatnonzero(~np.isnan(iou))
    again = np.stack([part_iou(x)[shown] for x in drawn])
    again = np.where(np.isnan(again), iou[shown], again)  # a resample without the part has no value for it
    low, high = np.quantile(again, [0.025, 0.975], axis=0)
    parts = {int(i): Estimate(float(iou[i]), float(a), float(b), n) for i, a, b in zip(shown, low, high, strict=True)}
    means = np.quantile(again.mean(1), [0.025, 0.975])
    return parts, Estimate(float(iou[shown].mean()), float(means[0]), float(means[1]), n)
