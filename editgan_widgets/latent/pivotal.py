"""Pivotal tuning: fine-tune a copy of the generator around one latent, until its picture is the photo's.

After Roich et al. 2022 (sections 3.2 and 3.3): w_plus, the pivot, stays; the synthesis network's weights move down

    ln(mean squared error) + perceptual distance + locality

where locality keeps the pictures of latents near to the pivot as the untouched generator made them, so that edits still
work there. The stored noise maps may move too, or alone, held to be noise by their autocorrelation at all scales
(Karras et al. 2020, appendix D); where a generator's noise has no strength they show nothing. The mapping and all other
networks are shared with the model that it came from, which stays as it is, and so are its edit vectors: W is the same.
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

from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.perceptual import perceptual_distance
from editgan_widgets.scalars import plain_fields, whole

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PivotalConfig:
    """How the copy is tuned. Raises ValueError for settings out of range."""

    steps: int = 60
    lr: float = 1e-3  # of Adam, on weights of unit variance (equalised layers)
    perceptual: float = 1.0  # weight of perceptual_distance; 0 leaves it uncomputed
    locality: float = 10.0  # weight of the squared change of pictures near the pivot; 0 leaves it uncomputed
    radius: float = 0.3  # how far on the way from the pivot to a random w these pictures are taken
    seed: int = 0  # of these latents
    moves: Literal["weights", "noise", "both"] = "weights"  # what is tuned
    noise_lr: float = 0.05  # of Adam, on noise maps of unit variance
    noise_weight: float = 1.0  # of their squared autocorrelation, sum over maps and scales

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
            raise ValueError(f"moves is 'weights', 'noise' or 'both'; got {self.moves!r}")
        if not 0 <= self.radius <= 1:
            raise ValueError(f"radius is a share of the way to a random w, 0 to 1; got {self.radius!r}")


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
    """Give a model whose generator shows `image` at `w_plus`; `model` is left as it is.

    Args:
        model: its interpreter, discriminator and encoder serve the copy too.
        image: in [-1, 1], of the model's resolution.
        w_plus: the pivot, from `embed`.
        config: None for the defaults.
        on_step: gets every step.
        should_stop: asked after every step; True ends early with the copy as it is, and so does an interrupt (Ctrl+C).

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
                on_step(PivotalStep(index, config.steps, float(10 * torch.log10(4 / error.detach().clamp_min(1e-10)))))
            if should_stop is not None and should_stop():
                break
    except KeyboardInterrupt:
        _log.warning("tuning interrupted; the generator is kept as it is by now")
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
    """Squared correlation of each map with itself a pixel right and down, at its size and halved until 8 px."""
    total = torch.zeros((), device=noises[0].device)
    for noise in noises:
        x = noise[None, None]
        while x.shape[2] >= least or x.shape[2] == noise.shape[0]:
            for axis in (2, 3):
                total = total + (x * x.roll(1, axis)).mean().square()
            if x.shape[2] <= least:
                break
            x = F.avg_pool2d(x, 2) * 2  # twice the mean of four: unit variance again
    return total
