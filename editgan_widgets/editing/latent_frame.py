"""LatentFrame: w_plus written as an offset from a reference, in standard deviations of W along its principal axes.

    w_plus = reference + (std * offset) @ axes            offset [batch, num_ws, w_dim], axes and std of W

A step of Adam is then as long along a direction in which W hardly varies as along one in which it varies much, both
measured in what the mapping network produces, so pictures stay portraits, and a prior is just the offset's square.
Coordinates "w" are W's own, in which EditGAN optimises: w_plus = reference + offset.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.models.editgan import EditGAN


class LatentFrame:
    """Coordinates of w_plus around a reference.

    Args:
        model: tells the axes of W.
        reference: latents whose offset is 0.
        least_std: floor for an axis' std, as a part of the rms: no axis is quite frozen.
        layers: rows of w_plus that move, first and one past the last; None = all.
        coordinates: "std" as above, "w" for W's own.

    Raises ValueError for layers that the reference does not have.
    """

    def __init__(
        self,
        model: EditGAN,
        reference: Float[Tensor, "batch num_ws w_dim"],
        least_std: float,
        layers: tuple[int, int] | None = None,
        coordinates: Literal["std", "w"] = "std",
    ):
        self.reference = reference
        if coordinates == "w":
            self.to_latent = self.to_offset = torch.eye(reference.shape[2], device=reference.device)
        else:
            statistics = model.w_statistics()
            rms = statistics.std.square().mean().sqrt().clamp_min(1e-8)
            std = statistics.std.clamp_min(least_std * rms)
            self.to_latent = std[:, None] * statistics.axes  # [w_dim, w_dim]
            self.to_offset = statistics.axes.T / std
        rows = torch.ones(reference.shape[1], 1, device=reference.device)
        if layers is not None:
            first, end = layers
            if not 0 <= first < end <= len(rows):
                raise ValueError(
                    f"layers {layers} do not fit: w_plus has rows 0..{len(rows) - 1}; give the first row and one past "
                    f"the last, such as (3, {len(rows)})"
                )
            rows = torch.zeros_like(rows)
            rows[first:end] = 1
        self.moves = rows

    def offset(self, w_plus: Float[Tensor, "batch num_ws w_dim"]) -> Float[Tensor, "batch num_ws w_dim"]:
        """Offset of latents, in standard deviations."""
        return (w_plus - self.reference) @ self.to_offset

    def latent(self, offset: Float[Tensor, "batch num_ws w_dim"]) -> Float[Tensor, "batch num_ws w_dim"]:
        """Latents of an offset."""
        return self.reference + offset @ self.to_latent
