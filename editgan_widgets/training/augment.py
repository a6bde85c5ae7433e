"""Differentiable augmentation of the discriminator's input (Zhao et al. 2020), adaptive as in Karras et al. 2020.

Real and generated pictures [batch, 3, H, W] are augmented with the same probability, so that the discriminator cannot
memorise a small data set and the augmentations do not leak into the generator ("Training Generative Adversarial
Networks with Limited Data", section 2).
"""

import torch
from jaxtyping import Float
from torch import Tensor


def augment(
    image: Float[Tensor, "batch 3 h w"], probability: float, rng: torch.Generator
) -> Float[Tensor, "batch 3 h w"]:
    """Change colour, translate and cut out a square, each with `probability` and independently for each picture."""
    if probability <= 0:
        return image
    for change in (_colour, _translate, _cut_out):
        image = change(image, probability, rng)
    return image


def adapt(probability: float, real_signs: float, target: float, step: float) -> float:
    """Raise the probability by `step` if the discriminator overfits, else lower it.

    `real_signs` is the mean sign of its scores of real pictures, the overfitting measure; `target` is about 0.6.
    """
    return min(max(probability + (step if real_signs > target else -step), 0.0), 1.0)


def _uniform(batch: int, device: torch.device, rng: torch.Generator) -> Tensor:
    return torch.rand(batch, 1, 1, 1, generator=rng, device=device)


def _chosen(image: Tensor, probability: float, rng: torch.Generator) -> Tensor:
    return (_uniform(len(image), image.device, rng) < probability).to(image.dtype)


def _colour(image: Tensor, probability: float, rng: torch.Generator) -> Tensor:
    chosen = _chosen(image, probability, rng)
    brightness, saturation, contrast = (_uniform(len(image), image.device, rng) - 0.5 for _ in range(3))
    image = image + chosen * brightness
    grey = image.mean(dim=1, keepdim=True)
    image = grey + (image - grey) * (1 + chosen * saturation * 2)
    middle = image.mean(dim=(1, 2, 3), keepdim=True)
    return middle + (image - middle) * (1 + chosen * contrast)


def _translate(image: Tensor, probability: float, rng: torch.Generator, most: float = 1 / 8) -> Tensor:
    batch, _, h, w = image.shape
    chosen = _chosen(image, probability, rng).long()
    dy, dx = (((_uniform(batch, image.device, rng) * 2 - 1) * most * size).round().long() * chosen for size in (h, w))
    y = torch.arange(h, device=image.device)[None, None, :, None] + dy
    x = torch.arange(w, device=image.device)[None, None, None, :] + dx
    inside = ((y >= 0) & (y < h) & (x >= 0) & (x < w)).to(image.dtype)
    index = (y.clamp(0, h - 1) * w + x.clamp(0, w - 1)).expand(batch, 3, h, w)
    return image.flatten(2).gather(2, index.flatten(2)).view_as(image) * inside


def _cut_out(image: Tensor, probability: float, rng: torch.Generator, share: float = 0.5) -> Tensor:
    batch, _, h, w = image.shape
    chosen = _chosen(image, probability, rng)
    cy, cx = (_uniform(batch, image.device, rng) * size for size in (h, w))
    y = torch.arange(h, device=image.device)[None, None, :, None] + 0.5
    x = torch.arange(w, device=image.device)[None, None, None, :] + 0.5
    inside = ((y - cy).abs() < h * share / 2) & ((x - cx).abs() < w * share / 2)
    return image * (1 - chosen * inside.to(image.dtype))
