"""LatentFrame: w_plus written as an offset from a reference, in units along W's principal axes.

    w_plus = reference + mix @ (unit * offset @ axes)         offset [batch, num_ws, w_dim], axes of W

A step of Adam has the same length in every coordinate, so the units determine which directions an edit prefers:

- `unit` is between the standard deviation of W along an axis and the same length for all axes (`whitening`): movement
  along axes on which W hardly varies is small but possible.
- `mix` makes rows move more together than apart (`spread`), and fine rows less than coarse ones (`fine`). Each
  generated picture has the same w in all rows; if the rows of an edit diverge, lips tear and colours run (the "delta"
  of Tov et al. 2021, section 4). A prior on the offset therefore mostly penalises leaving W.

Coordinates "w" are W's own, as in EditGAN: w_plus = reference + offset.

Columns of a latent beyond w_dim, which a vector of S adds, do not move.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import plain_fields


@dataclass(frozen=True)
class Units:
    """Units of the offset's coordinates. Raises ValueError for settings out of range.

    The defaults were found by mask edits on portraits-128. Whitened axes and free rows (1, 0.1, 1, 1) tear lips and
    change more outside the region. Stiffer rows (spread 0.5, fine 0.7) keep embeddings where vectors work (EmbedConfig
    uses them), but follow a mask less well.
    """

    whitening: float = 0.5  # 1: an axis' unit is its standard deviation; 0: the rms of all; between: geometric mean
    least_std: float = 0.1  # minimum of an axis' std, as a share of the rms, so that no axis is frozen
    spread: float = 0.7  # how far each row may deviate from the shared step: 0 = not at all, 1 = freely
    fine: float = 0.85  # factor of the movement from each row to the next, beyond the coarse rows

    def __post_init__(self) -> None:
        plain_fields(self)
        for name, low in (("whitening", 0), ("least_std", 0), ("spread", _LEAST), ("fine", _LEAST)):
            if not low <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from {low} to 1; got {getattr(self, name)!r}")


_LEAST = 1e-3  # at 0 the offset of a latent would not be unique


class LatentFrame:
    """Coordinates of w_plus around a reference.

    Args:
        model: provides the axes of W.
        reference: latents whose offset is 0.
        units: units of the coordinates.
        layers: rows of w_plus that move, first and one past the last; None = all.
        styles: columns beyond w_dim, the same in every latent of the frame; None = those of the reference.
        coordinates: "units" as above; "w" for W's own, which ignores `units`.

    Raises ValueError for layers that the reference does not have.
    """

    def __init__(
        self,
        model: EditGAN,
        reference: Float[Tensor, "batch num_ws width"],
        units: Units,
        layers: tuple[int, int] | None = None,
        coordinates: Literal["units", "w"] = "units",
        styles: Float[Tensor, "batch num_ws style_width"] | None = None,
    ):
        w_dim = model.generator.w_dim
        self.reference = reference[..., :w_dim]
        self._styles = reference[..., w_dim:] if styles is None else styles
        self.moves = _moving_rows(reference, layers)
        if coordinates == "w":
            self.to_latent = self.to_offset = torch.eye(w_dim, device=reference.device)
            self.mix = self.unmix = torch.eye(reference.shape[1], device=reference.device)
            return
        statistics = model.w_statistics()
        rms = statistics.std.square().mean().sqrt().clamp_min(1e-8)
        std = statistics.std.clamp_min(units.least_std * rms)
        unit = std**units.whitening * rms ** (1 - units.whitening)
        self.to_latent = unit[:, None] * statistics.axes  # [w_dim, w_dim]
        self.to_offset = statistics.axes.T / unit
        self.mix = _mix(self.moves[:, 0], units, model.generator.coarse_rows)
        self.unmix = torch.linalg.inv(self.mix)

    def offset(self, w_plus: Float[Tensor, "batch num_ws width"]) -> Float[Tensor, "batch num_ws w_dim"]:
        """Convert latents to offsets from the reference, in the frame's units."""
        return self.unmix @ ((w_plus[..., : self.reference.shape[2]] - self.reference) @ self.to_offset)

    def latent(self, offset: Float[Tensor, "batch num_ws w_dim"]) -> Float[Tensor, "batch num_ws width"]:
        """Convert offsets in the frame's units to latents."""
        moved = self.reference + self.mix @ offset @ self.to_latent
        return torch.cat([moved, self._styles], 2) if self._styles.shape[2] else moved


def _moving_rows(reference: Tensor, layers: tuple[int, int] | None) -> Float[Tensor, "num_ws 1"]:
    """1 for the rows that move, 0 for the others."""
    count = reference.shape[1]
    if layers is None:
        return torch.ones(count, 1, device=reference.device)
    first, end = layers
    if not 0 <= first < end <= count:
        raise ValueError(
            f"layers {layers} do not fit: w_plus has rows 0..{count - 1}; give the first row and one past the last, "
            f"such as (3, {count})"
        )
    rows = torch.zeros(count, 1, device=reference.device)
    rows[first:end] = 1
    return rows


def _mix(moves: Float[Tensor, " num_ws"], units: Units, coarse_rows: int) -> Float[Tensor, "num_ws num_ws"]:
    """Matrix from rows of the coordinates to rows of the latent's offset; rows that do not move are decoupled."""
    common = torch.outer(moves, moves) / moves.sum()
    row = torch.arange(len(moves), device=moves.device)
    size = units.fine ** (row - coarse_rows + 1).clamp_min(0)
    return size[:, None] * (common + units.spread * (moves.diag() - common)) + (1 - moves).diag()
