"""embed: find the latent of a given picture (EditGAN, section 3.2) by one pass of the encoder and then Adam.

Adam minimises, over the offset of w_plus from the first pass in units along W's axes (latent/latent_frame.py),

    ln(mean squared error) + perceptual distance + prior * mean(offset²)

The first term is proportional to the PSNR: its gradient does not vanish as the error decreases, and a decibel has the
same weight at 20 dB as at 30. The prior keeps the latent close to the encoder's result or to W's mean, where edits
work. The pictures of a batch are independent.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.latent.adam import Adam
from editgan_widgets.latent.embed_config import EmbedConfig
from editgan_widgets.latent.latent_frame import LatentFrame
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.perceptual import perceptual_distance
from editgan_widgets.models.readback import Readback
from editgan_widgets.schedules import learning_rate

Start = Literal["encoder", "mean"]


_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EmbedStep:
    """One step: latents, their pictures and PSNR."""

    index: int  # 0 .. total; 0 is the first pass, step i the latents after i updates
    total: int
    w_plus: Tensor = field(repr=False)  # [n, num_ws, w_dim], a separate copy
    image: np.ndarray = field(repr=False)  # uint8 [n, H, W, 3]
    psnr: np.ndarray  # [n], dB over the range [-1, 1]
    started_from: Start
    seconds: float  # since the embedding began
    perceptual_features: str | None = None  # features of the perceptual term; None if its weight is 0
    left_out: Mapping[str, str] = field(default_factory=dict)  # terms of a weight above 0 not computed, with the reason


@dataclass(frozen=True)
class Embedding:
    """The latents of n pictures: for each the best of its steps, including the first pass."""

    w_plus: Tensor = field(repr=False)  # [n, num_ws, w_dim]
    image: np.ndarray = field(repr=False)  # uint8 [n, H, W, 3], the pictures of `w_plus`
    psnr: np.ndarray  # [n], dB over the range [-1, 1], against the given pictures
    first: EmbedStep = field(repr=False)  # the first pass
    best_step: np.ndarray  # [n], the step that was kept; 0 is the first pass
    steps: int  # updates: as configured, or fewer if it was stopped
    seconds: float

    @property
    def started_from(self) -> Start:
        """ "encoder", or "mean" of W if the model has no encoder."""
        return self.first.started_from

    @property
    def perceptual_features(self) -> str | None:
        """Features of the perceptual term (models/perceptual.py); None if its weight is 0."""
        return self.first.perceptual_features

    @property
    def left_out(self) -> Mapping[str, str]:
        """Terms of a weight above 0 that were not computed, with the reason."""
        return self.first.left_out


def embed(
    model: EditGAN,
    image: Float[Tensor, "n 3 h w"],
    config: EmbedConfig | None = None,
    on_step: Callable[[EmbedStep], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Embedding:
    """Embed pictures and keep each one's best step by PSNR.

    Args:
        model: frozen; with an encoder the start is its result, otherwise the mean of W.
        image: in [-1, 1], of the model's resolution (`images.from_uint8`).
        config: None for the defaults.
        on_step: called with every step, including the first pass (0).
        should_stop: called after every step; True ends early with the best so far (`CancelToken.is_set` fits).

    An interrupt (Ctrl+C) after the first pass ends it early too, with the best so far.

    Raises ValueError for pictures of another size or range.
    """
    kept: _Best | None = None
    try:
        for step in optimize_embedding(model, image, config):
            kept = _Best(step) if kept is None else kept
            kept.take(step)
            if on_step is not None:
                on_step(step)
            if should_stop is not None and should_stop():
                break
    except KeyboardInterrupt:
        if kept is None:
            raise
        _log.warning("embedding interrupted at step %d of %d; the best step is kept", kept.last.index, kept.last.total)
    assert kept is not None
    return kept.embedding()


def optimize_embedding(
    model: EditGAN, image: Float[Tensor, "n 3 h w"], config: EmbedConfig | None = None
) -> Iterator[EmbedStep]:
    """Embed pictures step by step; yields the first pass and then one EmbedStep after every update.

    To stop, do not call `next` again. Arguments as in `embed`. Raises ValueError at the first `next` for pictures of
    another size or range.
    """
    config = config or EmbedConfig()
    began = time.perf_counter()
    target = _checked(model, image).to(model.device)
    start, started_from = _first_pass(model, target)
    # From the mean, colours have to be found too, and all rows move together at first.
    units = config.units if started_from == "encoder" else replace(config.units, fine=1.0)
    frame = LatentFrame(model, start, units, coordinates=config.coordinates)
    objective = _Objective(model, target, config)
    offset = torch.zeros_like(start).requires_grad_()
    adam = Adam(offset, config.beta2)
    slow, read = offset.detach().clone(), Readback()
    for index in range(config.steps + 1):
        # Grad mode is not set across a yield, because the consumer's code would run in it.
        with torch.set_grad_enabled(index < config.steps):
            together = started_from == "mean" and index < config.together
            free = offset.mean(1, keepdim=True).expand_as(offset) if together else offset
            latent = frame.latent(free)
            made = model.generator.synthesis(latent).image
            loss = objective(index, made, free, latent)
        w_now = latent.detach().clone()
        pixels, psnr = read((images.to_bytes(made), _psnr(made, target)))  # the only synchronisation of the step
        seconds = time.perf_counter() - began
        about = (objective.features, objective.left_out)
        yield EmbedStep(index, config.steps, w_now, pixels, psnr, started_from, seconds, *about)
        if index < config.steps:
            adam.step(_rate(config, index), torch.autograd.grad(loss, [offset])[0])
            if config.lookahead and (index + 1) % config.lookahead == 0:
                with torch.no_grad():
                    offset.copy_(slow.lerp_(offset, 0.5))


class _Objective:
    """Sum over the pictures, so that each picture's gradient is independent of the others."""

    def __init__(self, model: EditGAN, target: Tensor, config: EmbedConfig):
        self.target, self.config = target, config
        self.encoder = model.encoder if config.encoder > 0 else None
        self.perceptual = self.reference = None
        if config.perceptual > 0:
            self.perceptual = perceptual_distance(model.discriminator, device=model.device)
            self.reference = self.perceptual.reference(target)
        self.features = None if self.perceptual is None else self.perceptual.name
        lacks_encoder = config.encoder > 0 and model.encoder is None
        self.left_out = {"encoder": "the model has no encoder"} if lacks_encoder else {}

    def __call__(self, index: int, made: Tensor, offset: Tensor, latent: Tensor) -> Tensor:
        config = self.config
        error = (made - self.target).square().mean((1, 2, 3))
        error = (error + _LEAST_ERROR).log() if config.error == "log" else error
        total = config.error_weight * error.sum() + config.prior * offset.square().mean((1, 2)).sum()
        if self.encoder is not None:
            with torch.no_grad():
                encoded = self.encoder(made)
            total = total + config.encoder * (latent - encoded).square().mean((1, 2)).sum()
        if self.perceptual is not None and self.reference is not None and index % config.perceptual_every == 0:
            weight = config.perceptual * config.perceptual_every * len(made)  # the distance is a mean over the batch
            total = total + weight * self.perceptual(made, self.reference)
        return total


_LEAST_ERROR = 1e-6  # 66 dB, more than 8 bits can represent: keeps the slope of the logarithm finite


class _Best:
    """Each picture's best step so far."""

    def __init__(self, first: EmbedStep):
        self.first = self.last = first
        self.w_plus, self.image, self.psnr = first.w_plus.clone(), first.image.copy(), first.psnr.copy()
        self.step = np.zeros(len(first.psnr), np.int64)

    def take(self, step: EmbedStep) -> None:
        better = step.psnr > self.psnr
        chosen = torch.from_numpy(better).to(self.w_plus.device)[:, None, None]
        w_plus = torch.where(chosen, step.w_plus, self.w_plus)
        image = np.where(better[:, None, None, None], step.image, self.image)
        psnr, number = np.where(better, step.psnr, self.psnr), np.where(better, step.index, self.step)
        # One assignment, so that an interrupt leaves a consistent step.
        self.last, self.w_plus, self.image, self.psnr, self.step = step, w_plus, image, psnr, number

    def embedding(self) -> Embedding:
        last = self.last
        return Embedding(self.w_plus, self.image, self.psnr, self.first, self.step, last.index, last.seconds)


def _checked(model: EditGAN, image: Tensor) -> Tensor:
    size = model.resolution
    if image.ndim != 4 or tuple(image.shape[1:]) != (3, size, size) or not len(image):
        raise ValueError(
            f"pictures have shape {tuple(image.shape)}, this model embeds (n, 3, {size}, {size}): crop and resize them "
            "first, and turn uint8 arrays into tensors with images.from_uint8"
        )
    low, high = float(image.min()), float(image.max())
    if not (low >= -1.01 and high <= 1.01):
        raise ValueError(
            f"the pictures' values are {low:g} to {high:g}, but embed takes [-1, 1]; use images.from_uint8"
        )
    return image.detach().float()


@torch.no_grad()
def _first_pass(model: EditGAN, image: Tensor) -> tuple[Tensor, Start]:
    if model.encoder is not None:
        return model.encode(image).detach(), "encoder"
    return model.generator.w_plus(model.w_statistics().mean.expand(len(image), -1)).clone(), "mean"


def _psnr(made: Tensor, target: Tensor) -> Float[Tensor, " n"]:
    return images.psnr((made.detach().clamp(-1, 1) - target).square().mean((1, 2, 3)))


def _rate(config: EmbedConfig, i: int) -> float:
    """Rate of update i = 0, 1, …: warm-up, plateau, cosine to 0 over the last steps."""
    falling = max(config.decay_share * config.steps, 1.0)
    down = (i + 1 - (config.steps - falling)) / (falling + 1)
    return learning_rate(config.lr, (i + 1) / (config.warmup + 1), down)
