"""Renders that look less like renders: other backgrounds and clothes, lights and framing (Wood et al. 2021).

A network that reads parts learns from such pictures what a face is, and not that the space behind it is smooth: on
photographs it otherwise takes curtains and dark corners for hair.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

BACKGROUND, CLOTHES = 0, 3  # ids of the portraits' parts, the same in each of their label sets
_NEW_BACKGROUND, _NEW_CLOTHES, _NEW_FRAME = 0.8, 0.5, 0.7  # shares of the pictures
_ROLL, _ZOOM, _SHIFT = 15.0, 0.18, 0.08  # degrees, log of the scale, shares of the side


def photographic(
    image: Float[Tensor, "b 3 s s"], label: Int[Tensor, "b s s"], rng: torch.Generator, framing: float = 1.0
) -> tuple[Float[Tensor, "b 3 s s"], Int[Tensor, "b s s"]]:
    """Give pictures in [-1, 1] other backgrounds, clothes, light and framing; their label maps follow the framing.

    `rng` is a CPU generator. `framing` scales how far pictures are turned, scaled and shifted: by up to 15 degrees,
    20 % and 8 % of the side at 1. What the framing shows beyond the picture is the background.
    """
    n = len(image)

    def chosen(share: float) -> Tensor:
        return (torch.rand(n, generator=rng) < share).to(image.device)[:, None, None, None]

    cloth = (label == CLOTHES)[:, None] & chosen(_NEW_CLOTHES)
    image = torch.where(cloth, _shaded(textures(image, rng), image), image)
    image, label, inside = _framed(image, label, framing * chosen(_NEW_FRAME)[:, 0, 0, 0], rng)
    behind = ((label == BACKGROUND)[:, None] & chosen(_NEW_BACKGROUND)) | ~inside[:, None]
    share = F.avg_pool2d(F.pad(behind.float(), (1, 1, 1, 1), mode="replicate"), 3, 1)
    share = torch.where(torch.rand(n, 1, 1, 1, generator=rng).to(image.device) < 0.5, share, behind.float())
    image = image + share * (textures(image, rng) - image)
    return _lit(image, rng), torch.where(inside, label, BACKGROUND)


def textures(others: Float[Tensor, "b 3 s s"], rng: torch.Generator) -> Float[Tensor, "b 3 s s"]:
    """One random picture for each of `others`: noise, sharp shapes, stripes, or pieces of `others`, in [-1, 1]."""
    n, _, size, _ = others.shape

    def draw(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=rng).to(others.device)

    low, high = 2 * draw(3, 1, 1) - 1, 2 * draw(3, 1, 1) - 1
    height = torch.zeros_like(others[:, :1])
    roughness = 0.3 + 0.6 * draw(1, 1, 1)
    for octave in range(1, int(math.log2(size))):
        coarse = torch.rand(n, 1, 2**octave + 1, 2**octave + 1, generator=rng).to(others.device) - 0.5
        noise = F.interpolate(coarse, (size, size), mode="bilinear", align_corners=True)
        height = height + noise * roughness**octave * 3
    height = height + 0.6 * torch.rand(n, 1, size, size, generator=rng).to(others.device) * draw(1, 1, 1) ** 3
    made = torch.lerp(low, high, height.add(0.5).clamp(0, 1).expand_as(others))

    angle, period = math.pi * draw(1, 1, 1), 4 + 40 * draw(1, 1, 1)
    across = torch.arange(size, device=others.device)
    along = across[None, None, None, :] * angle.cos() + across[None, None, :, None] * angle.sin()
    stripes = ((along / period + height).sin() * (1 + 8 * draw(1, 1, 1))).clamp(-1, 1)
    made = torch.where(draw(1, 1, 1) < 0.25, torch.lerp(low, high, (stripes + 1) / 2), made)

    y, x = across[None, None, :, None] / size, across[None, None, None, :] / size
    for _ in range(6):
        middle, reach = draw(2, 1, 1), 0.05 + 0.4 * draw(2, 1, 1)
        dx, dy = (x - middle[:, :1]).abs() / reach[:, :1], (y - middle[:, 1:]).abs() / reach[:, 1:]
        shape = torch.where(draw(1, 1, 1) < 0.5, torch.maximum(dx, dy), dx.square() + dy.square()) < 1
        made = torch.where(shape & (draw(1, 1, 1) < 0.3), (2 * draw(3, 1, 1) - 1) + 0.3 * (made - low), made)

    order = torch.randperm(n, generator=rng).to(others.device)
    turned = torch.rot90(others[order], int(torch.randint(1, 4, (), generator=rng)), (2, 3))
    zoomed = F.interpolate(turned[:, :, size // 4 : size // 4 * 3, : size // 2], (size, size), mode="bilinear")
    made = torch.where(draw(1, 1, 1) < 0.2, zoomed, made)
    soft = F.interpolate(F.avg_pool2d(made, 8), (size, size), mode="bilinear")  # out of focus
    return torch.where(draw(1, 1, 1) < 0.3, soft, made).clamp(-1, 1)


def _shaded(texture: Tensor, cloth: Tensor) -> Tensor:
    """A texture in the light of the cloth that it replaces."""
    light = F.avg_pool2d(F.pad(cloth.mean(1, keepdim=True), (3, 3, 3, 3), mode="reflect"), 7, 1)
    return (texture + 0.5 * light).clamp(-1, 1)


def _framed(image: Tensor, label: Tensor, chosen: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Turn, scale and shift pictures, each by its share in `chosen`; the last tensor: where they show the old one."""
    n = len(image)
    roll, zoom, across, down = (2 * torch.rand(4, n, generator=rng) - 1).to(image.device) * chosen
    turn, scale = torch.deg2rad(_ROLL * roll), (_ZOOM * zoom).exp()
    rows = [scale * turn.cos(), -scale * turn.sin(), 2 * _SHIFT * across]
    more = [scale * turn.sin(), scale * turn.cos(), 2 * _SHIFT * down]
    matrix = torch.stack([torch.stack(rows, -1), torch.stack(more, -1)], 1)
    grid = F.affine_grid(matrix, list(image.shape), align_corners=False)
    shown = F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)
    parts = F.grid_sample(label[:, None].float(), grid, mode="nearest", padding_mode="border", align_corners=False)
    return shown, parts[:, 0].round().long(), (grid.abs() <= 1).all(-1)


def _lit(image: Tensor, rng: torch.Generator) -> Tensor:
    """Another exposure, contrast and white balance, light that falls from one side, and shadows."""
    n, _, size, _ = image.shape

    def draw(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=rng).to(image.device)

    at = torch.linspace(-1, 1, size, device=image.device)
    angle = 2 * math.pi * draw(1, 1, 1)
    slope = at[None, None, None, :] * angle.cos() + at[None, None, :, None] * angle.sin()
    light = (0.5 * draw(1, 1, 1) * slope + 0.5 * (draw(1, 1, 1) - 0.5) + _shadows(image, rng)).exp()
    value = ((image + 1) / 2).clamp(1e-3, 1) ** (1.2 * (draw(1, 1, 1) - 0.5)).exp()
    grey = value.mean(1, keepdim=True)
    coloured = grey + (value - grey) * 1.6 * draw(1, 1, 1)
    return (coloured * light * (1 + 0.4 * (draw(3, 1, 1) - 0.5))).clamp(0, 1) * 2 - 1


def _shadows(image: Tensor, rng: torch.Generator) -> Tensor:
    """Log of the light in soft shadows of random shape, `[b, 1, s, s]`: a dark jaw is not always a beard."""
    n, _, size, _ = image.shape
    cells = int(torch.randint(3, 9, (), generator=rng))
    coarse = torch.rand(n, 1, cells, cells, generator=rng).to(image.device)
    noise = F.interpolate(coarse, (size, size), mode="bicubic", align_corners=True)
    sharp = 2 + 6 * torch.rand(n, 1, 1, 1, generator=rng).to(image.device)
    depth = torch.rand(n, 1, 1, 1, generator=rng).to(image.device) ** 1.5
    return -1.2 * depth * (sharp * (noise - 0.6)).sigmoid()
