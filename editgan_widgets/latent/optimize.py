"""optimize_edit: Adam on w_plus until the segmentation matches the painted one (EditGAN, section 3.3), step by step.

Points can be dragged in the same optimisation (latent/terms/drag.py).

To stop, do not call `next` again; drawing, logging, recording and testing are consumers of the same iterator. Adam
updates the latent's offset from the reference in units along W's axes (latent/latent_frame.py).
"""

import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.latent.adam import Adam
from editgan_widgets.latent.edit_config import PRECISIONS, EditConfig
from editgan_widgets.latent.latent_frame import LatentFrame
from editgan_widgets.latent.objective import Descent, Objective, edit_objective
from editgan_widgets.latent.target import EditTarget
from editgan_widgets.latent.terms.drag import DragPoint, DragTerm, checked_points
from editgan_widgets.latent.terms.term import Term
from editgan_widgets.models.devices import bfloat16_in_hardware
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.readback import Readback
from editgan_widgets.models.recorded_steps import RecordedSteps, Step
from editgan_widgets.scalars import Flag, Real, real
from editgan_widgets.schedules import learning_rate


@dataclass(frozen=True)
class EditStep:
    """One step: its latent, the picture of that latent, and the figures of the objective there."""

    index: int  # 1 .. total; step i is the latent after i updates, step 0 (with_start) is the start
    total: int
    w_plus: Tensor = field(repr=False)  # [1, num_ws, w_dim], a separate copy
    image: np.ndarray = field(repr=False)  # uint8 [H, W, 3]
    figures: Mapping[str, float]  # unweighted, in the order of the objective's terms; `total` is the weighted sum
    score: float  # `agreement`, or -total: the best step is the one with the highest
    reached: float  # 0 to 1, mean of the goals' figures: IoU of painted parts, share of the way of dragged points
    agreement: float  # agreement_score of this step
    seconds: float  # since the edit began
    left_out: Mapping[str, str] = field(default_factory=dict)  # requested terms that were not computed, with the reason

    @property
    def iou(self) -> float:
        """IoU of predicted and painted mask, edited parts inside the region only, 0 to 1; nan if none was painted."""
        return self.figures.get("iou", math.nan)

    @property
    def outside(self) -> float:
        """Mean absolute change outside the region, as a share of the value range."""
        return self.figures["outside"]


def agreement_score(reached: Real, outside: Real, config: EditConfig) -> float:
    """`reached` (0 to 1) minus the penalty for change outside: the score of steps if `config.best` is "iou"."""
    beyond = max(0.0, real(outside, "outside") - config.outside_budget)
    return real(reached, "reached") - config.outside_penalty * beyond


def optimize_edit(
    model: EditGAN,
    w_plus: Float[Tensor, "1 num_ws width"],
    target: EditTarget,
    config: EditConfig | None = None,
    reference: Float[Tensor, "1 num_ws reference_width"] | None = None,
    with_start: Flag = False,
    points: Sequence[DragPoint] = (),
) -> Generator[EditStep, None, None]:
    """Optimise `w_plus` towards `target` and `points`; yields one EditStep after every update.

    Args:
        model: frozen; needs an interpreter if the target has parts.
        w_plus: latent to start from.
        target: target label map and region.
        config: None for the defaults.
        reference: latent whose picture is preserved outside the region and which the prior is relative to; `w_plus` if
            None. An edit that continues a stopped one passes the latent before that one, so that changes outside do not
            accumulate.
        with_start: yield step 0 first, the start with its figures.
        points: points to drag, inside the target's region.

    Raises at the first `next`: ValueError if the target's size or the config's layers do not fit the model, or if there
    is no goal; DragError for points that cannot be dragged.
    """
    config = config or EditConfig()
    start_time = time.perf_counter()
    size = (model.resolution, model.resolution)
    if target.label_map.shape != size:
        raise ValueError(f"the target is {target.label_map.shape} px, but this model generates {size} px")
    reference = w_plus if reference is None else reference
    styles = w_plus.detach()[..., model.generator.w_dim :]
    frame = LatentFrame(model, reference.detach(), config.units, config.layers, config.coordinates, styles)
    if not target.labels and not points:
        raise ValueError("nothing to edit: the target has no parts and there are no points to drag")
    with torch.no_grad():
        before = model.generator.synthesis(reference)
    goals = list[Term]()
    if points:
        known = checked_points(points, model.resolution)
        features = before.features
        if not torch.equal(w_plus, reference):  # the handles are points of the picture that the drag starts from
            with torch.no_grad():
                features = model.generator.synthesis(w_plus).features
        goals.append(DragTerm(features, model.resolution, known, config.weights.drag, config.steps))
    objective = edit_objective(model, target, before.image, config.weights, config.embedding, config.nearest, goals)
    del before
    offset = frame.offset(w_plus.detach()).requires_grad_()
    adam = Adam(offset, config.beta2)
    read = Readback()
    evaluations = _Evaluations(model, objective, frame, offset, _dtype(config, offset.device))
    try:
        for index in range(config.steps + 1):
            evaluation = evaluations()
            if index == 0 and not with_start:
                adam.step(_rate(config, 0), evaluation.gradient())
                del evaluation  # frees its features before those of the next step are computed
                continue
            pixels, figures = read((evaluation.pixels, evaluation.figures))  # the only synchronisation of the step
            values = dict(zip(objective.names, figures.tolist(), strict=True))
            outside = values["outside"]
            reached = sum(values[name] for name in objective.goals) / len(objective.goals)
            finite = all(map(math.isfinite, values.values()))  # otherwise the step is never the best
            agreement = agreement_score(reached, outside, config) if finite else -math.inf
            score = agreement if config.best == "iou" or not finite else -values["total"]
            done = index == config.steps or (
                config.stop_iou is not None and reached >= config.stop_iou and outside <= config.outside_budget
            )
            latent, seconds = evaluation.latent.clone(), time.perf_counter() - start_time
            shown, left_out = MappingProxyType(values), objective.left_out
            yield EditStep(index, config.steps, latent, pixels, shown, score, reached, agreement, seconds, left_out)
            if done:
                return
            adam.step(_rate(config, index), evaluation.gradient())
            del evaluation
    finally:
        evaluations.close()


def _dtype(config: EditConfig, device: torch.device) -> torch.dtype:
    return PRECISIONS[config.precision] if bfloat16_in_hardware(device) else torch.float32


@dataclass(frozen=True)
class _Evaluation:
    """The objective at one latent. Its tensors are valid until the next evaluation."""

    latent: Tensor
    pixels: Tensor  # uint8 [H, W, 3], on the device
    figures: Tensor
    gradient: Callable[[], Tensor]  # with respect to the offset


class _Evaluations:
    """Evaluates the objective at the offset's present value; on a CUDA device, recorded and replayed."""

    def __init__(self, model: EditGAN, objective: Objective, frame: LatentFrame, offset: Tensor, dtype: torch.dtype):
        self._model, self._objective, self._frame, self._dtype = model, objective, frame, dtype
        self._offset = offset  # a fixed address in memory: Adam updates it in place
        self._recorded = _recorded_steps(self._whole, objective.period, offset.device)

    def __call__(self) -> _Evaluation:
        if self._recorded is None:  # the gradient is lazy: that of a stopped edit's last step is not needed
            latent, pixels, descent = self._evaluate()
            return _Evaluation(latent, pixels, descent.figures, lambda: descent.gradient(self._offset))
        latent, pixels, figures, gradient = self._recorded()
        return _Evaluation(latent, pixels, figures, lambda: gradient)

    def close(self) -> None:
        """Release the recording and its memory, which otherwise only the garbage collector would free."""
        self._recorded = None

    def _whole(self, number: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        self._objective.calls = number
        latent, pixels, descent = self._evaluate()
        return latent, pixels, descent.figures, descent.gradient(self._offset)

    def _evaluate(self) -> tuple[Tensor, Tensor, Descent]:
        offset, moves = self._offset, self._frame.moves
        # Grad mode is not set across a yield, because the consumer's code would run in it.
        with torch.enable_grad():
            # Rows that do not move keep their values and get no gradient.
            free = offset * moves + offset.detach() * (1 - moves)
            latent = self._frame.latent(free)
            synthesis = self._model.generator.synthesis(latent, dtype=self._dtype)
            descent = self._objective.descend(synthesis, free, latent)
        return latent.detach(), images.to_bytes(synthesis.image)[0], descent


def _recorded_steps(step: Step, kinds: int, device: torch.device) -> RecordedSteps | None:
    return RecordedSteps(step, kinds, device) if device.type == "cuda" else None


def _rate(config: EditConfig, i: int) -> float:
    """Rate of update i = 0, 1, …: warm-up, plateau, linear fall over the last third."""
    fall_from = config.steps * 2 / 3
    down = (i - fall_from) / max(config.steps - fall_from, 1.0)
    return learning_rate(config.lr, (i + 1) / (config.warmup + 1), down, config.decay, "linear")
