"""Pivotal tuning: fine-tune a copy of the generator so that it reproduces a photo at one latent.

After Roich et al. 2022 (sections 3.2 and 3.3): w_plus, the pivot, is fixed, and the weights of the synthesis network
minimise

    ln(mean squared error) + perceptual distance + locality

where locality preserves the original generator's pictures of latents near the pivot, so that edits still work there.
The stored noise maps can be tuned too, or alone, with a penalty on their autocorrelation at all scales (Karras et al.
2020, appendix D); they have no effect if the generator's noise strength is 0. The mapping and all other networks are
shared with the original model, which is not modified; its edit vectors remain valid because W is the same.
"""

import copy
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.perceptual import perceptual_distance
from editgan_widgets.scalars import plain_fields, whole

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PivotalConfig:
    """Settings of the tuning. Raises ValueError for settings out of range."""

    steps: int = 60
    lr: float = 1e-3  # learning rate of Adam on weights of unit variance (equalised layers)
    perceptual: float = 1.0  # weight of perceptual_distance; 0: not computed
    locality: float = 10.0  # weight of the squared change of pictures near the pivot; 0: not computed
    radius: float = 0.3  # position of their latents between the pivot (0) and a random w (1)
    seed: int = 0  # seed of these latents
    moves: Literal["weights", "noise", "both"] = "weights"  # tuned parameters
    noise_lr: float = 0.05  # learning rate of Adam on noise maps of unit variance
    noise_weight: float = 1.0  # weight of their squared autocorrelation, summed over maps and scales

    def __post_init__(self) -> None:
        plain_fields(self)
        whole(self.steps, "steps", least=1)
        for name in ("lr", "noise_lr"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be above 0 and finite; got {getattr(self, name)!r}")
        for name in ("perceptual", "locality", "noise_weight"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be 0 or more and finite; got {getattr(self, name)!r}")
        if self.moves not in ("weights", "noise", "both"):
            raise ValueError(f"moves must be 'weights', 'noise' or 'both'; got {self.moves!r}")
        if not 0 <= self.radius <= 1:
            raise ValueError(f"radius must be a share of the way to a random w, 0 to 1; got {self.radius!r}")


@dataclass(frozen=True)
class PivotalStep:
    """One step: its number, PSNR in dB over [-1, 1] before the step's update."""

    index: int  # 1 .. total
    total: int
    psnr: float


def tune_around(
    model: EditGAN,
    image: Float[Tensor, "1 3 h w"],
    w_plus: Float[Tensor, "1 num_ws w_dim"],
    config: PivotalConfig | None = None,
    on_step: Callable[[PivotalStep], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> EditGAN:
    """Return a model whose generator reproduces `image` at `w_plus`; `model` is not modified.

    Args:
        model: its interpreter, discriminator and encoder are shared with the copy.
        image: in [-1, 1], of the model's resolution.
        w_plus: the pivot, from `embed`.
        config: None for the defaults.
        on_step: called with every step.
        should_stop: called after every step; True ends early with the present copy, and so does an interrupt (Ctrl+C).

    Raises ValueError for a picture or a latent of another size.
    """
    config = config or PivotalConfig()
    size, shape = model.resolution, (1, model.generator.num_rows, model.generator.w_dim)
    if tuple(image.shape) != (1, 3, size, size) or tuple(w_plus.shape) != shape:
        raise ValueError(
            f"the picture is {tuple(image.shape)} and the latent {tuple(w_plus.shape)}; this model takes "
            f"{(1, 3, size, size)} and {shape}"
        )
    target, pivot = image.to(model.device).float(), w_plus.detach().to(model.device)
    generator = copy.deepcopy(model.generator)
    weights = generator.synthesis_weights() if config.moves != "noise" else []
    noises = generator.noise_maps() if config.moves != "weights" else []
    for tensor in (*weights, *noises):
        tensor.requires_grad_(True)
    groups = [{"params": weights, "lr": config.lr}, {"params": noises, "lr": config.noise_lr}]
    adam = torch.optim.Adam([group for group in groups if group["params"]])
    perceptual = reference = None
    if config.perceptual > 0:
        perceptual = perceptual_distance(model.discriminator, device=model.device)
        reference = perceptual.reference(target)
    rng = torch.Generator().manual_seed(config.seed)
    try:
        for index in range(1, config.steps + 1):
            with torch.enable_grad():
                made = generator.synthesis(pivot).image
                error = (made - target).square().mean()
                loss = (error + 1e-6).log()
                if perceptual is not None and reference is not None:
                    loss = loss + config.perceptual * perceptual(made, reference)
                if config.locality > 0:
                    near = _near(model, pivot, config.radius, rng)
                    with torch.no_grad():
                        kept = model.generator.synthesis(near).image
                    moved = generator.synthesis(near).image - kept
                    loss = loss + config.locality * moved.square().mean()
                if noises:
                    loss = loss + config.noise_weight * autocorrelation(noises)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            with torch.no_grad():
                for noise in noises:
                    noise.sub_(noise.mean()).div_(noise.std().clamp_min(1e-6))
            if on_step is not None:
                on_step(PivotalStep(index, config.steps, float(images.psnr(error))))
            if should_stop is not None and should_stop():
                break
    except KeyboardInterrupt:
        _log.warning("tuning interrupted; the generator is kept as tuned so far")
    for noise in noises:
        noise.requires_grad_(False)
    about = {**model.metadata, "tuned_from": model.base_fingerprint}
    return EditGAN(
        generator, model.discriminator, model.interpreter, model.labels, about, model.encoder, model.w_statistics()
    )


def _near(model: EditGAN, pivot: Tensor, radius: float, rng: torch.Generator) -> Tensor:
    z = torch.randn(1, model.generator.z_dim, generator=rng).to(model.device)
    with torch.no_grad():
        return pivot.lerp(model.generator.w_plus(model.generator.mapping(z)), radius)


def autocorrelation(noises: Sequence[Float[Tensor, "_ _"]], least: int = 8) -> Float[Tensor, ""]:
    """Squared autocorrelation of each map at one pixel to the right and down, at its size and halved down to 8 px."""
    total = torch.zeros((), device=noises[0].device)
    for noise in noises:
        x = noise[None, None]
        while x.shape[2] >= least or x.shape[2] == noise.shape[0]:
            for axis in (2, 3):
                total = total + (x * x.roll(1, axis)).mean().square()
            if x.shape[2] <= least:
                break
            x = F.avg_pool2d(x, 2) * 2  # twice the mean of four values has unit variance
    return total
