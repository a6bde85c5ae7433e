"""refine: steps of optimisation after an edit vector was applied (EditGAN, section 3.4, self-supervised refinement).

The target is the segmentation that the interpreter sees right after the vector was added; outside the vector's parts
the picture is drawn back to the one before. 10 steps repair most, more than 30 gain little by the paper.
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
    w_plus: Float[Tensor, "1 num_ws w_dim"],
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
        vector, scale, layers, force: as of EditVector.apply.
        steps: 0 applies the vector alone.
        config: None takes `EditConfig.preset("default", refine=True)`; its `steps` do not count.

    Raises at the first `next`: WrongModelError for another model's vector, ValueError for steps below 0 or a vector
    that changes nothing the interpreter sees.
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
    """The step with the highest score, the vector alone among them; an interrupt (Ctrl+C) ends with the best so far.

    Raises ValueError where there is none.
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
    before: Float[Tensor, "1 num_ws w_dim"],
    applied: Float[Tensor, "1 num_ws w_dim"],
    labels: tuple[str, ...],
    config: EditConfig,
) -> EditTarget:
    """Give the target of refining: the segmentation of `applied`, around the parts named in either.

    Names that the model's labels lack are left out. Raises ValueError where the vector changes nothing to be seen.
    """
    maps = []
    for latent in (before, applied):
        with torch.no_grad():
            features = model.generator.synthesis(latent).features
        maps.append(predicted_label_map(model, features).cpu().numpy())
    parts = [label.id for label in model.labels if label.name in labels]
    return from_segmentations(maps[0], maps[1], parts, config.buffer_px, config.whole_parts)
