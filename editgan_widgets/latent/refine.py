"""refine: optimisation steps after applying an edit vector (EditGAN, section 3.4, self-supervised refinement).

The target is the interpreter's segmentation right after the vector was added; outside the vector's parts the picture is
pulled back to the one before. According to the paper, 10 steps repair most, and more than 30 gain little.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.latent.directions.edit_vector import EditVector, Layers
from editgan_widgets.latent.label_maps import predicted_label_map
from editgan_widgets.latent.optimize import EditConfig, EditStep, optimize_edit
from editgan_widgets.latent.target import EditTarget, from_segmentations
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Flag, Real, Whole, whole

_log = logging.getLogger(__name__)


def refine(
    model: EditGAN,
    w_plus: Float[Tensor, "1 num_ws width"],
    vector: EditVector,
    steps: Whole = 30,
    scale: Real = 1.0,
    layers: Layers = None,
    config: EditConfig | None = None,
    force: Flag = False,
) -> Iterator[EditStep]:
    """Apply a vector and refine the result; yields step 0, the vector alone, and one EditStep after every update.

    Args:
        model: frozen; needs an interpreter.
        w_plus: latent before the edit.
        vector, scale, layers, force: as in EditVector.apply.
        steps: 0 applies only the vector.
        config: None means `EditConfig.preset("default", refine=True)`; its `steps` are ignored.

    Raises at the first `next`: WrongModelError for a vector of another model, ValueError for steps below 0 or a vector
    that does not change the interpreter's segmentation.
    """
    count = whole(steps, "steps", least=0)
    config = replace(config or EditConfig.preset("default", refine=True), steps=max(count, 1))
    applied = vector.apply(w_plus.detach(), scale, model, force, layers)
    target = refine_target(model, w_plus, applied, vector.labels, config)
    for step in optimize_edit(model, applied, target, config, reference=w_plus, with_start=True):
        yield replace(step, total=count)
        if count == 0:
            return


def best_step(steps: Iterator[EditStep] | list[EditStep]) -> EditStep:
    """The step with the highest score, including step 0; an interrupt (Ctrl+C) ends early with the best so far.

    Raises ValueError if there are no steps.
    """
    best: EditStep | None = None
    try:
        for step in steps:
            if best is None or step.score > best.score:
                best = step
    except KeyboardInterrupt:
        if best is None:
            raise
        _log.warning("refining interrupted; the best step is kept")
    if best is None:
        raise ValueError("there is no step to choose from")
    return best


def refine_target(
    model: EditGAN,
    before: Float[Tensor, "1 num_ws width"],
    applied: Float[Tensor, "1 num_ws applied_width"],
    labels: tuple[str, ...],
    config: EditConfig,
) -> EditTarget:
    """Target of refining: the segmentation of `applied`, around the vector's parts in either segmentation.

    Part names that the model does not have are ignored. Raises ValueError if the vector changes no segmentation.
    """
    maps = []
    for latent in (before, applied):
        with torch.no_grad():
            features = model.generator.synthesis(latent).features
        maps.append(predicted_label_map(model, features).cpu().numpy())
    parts = model.labels.exact_ids(labels)
    return from_segmentations(maps[0], maps[1], parts, config.buffer_px, config.whole_parts)
