"""Convert latents of various shapes to w_plus [n, rows, w_dim] of a model.

A code of W, `[w_dim]`, is repeated in every row. The number of rows identifies the size of the model: a StyleGAN2 of
2^k px has 2k - 2 rows (Karras et al. 2020, two for each resolution from 4 px).
"""

from typing import Literal, TypeAlias

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generators.protocol import ExtendedGenerator

Space: TypeAlias = Literal["w", "w_plus"] | None
"""Meaning of two-dimensional latents: n codes of W, or the rows of one w_plus. None decides by their number."""

_ROW_COUNTS = tuple(range(8, 22, 2))  # rows of w_plus of StyleGAN2 from 32 to 2048 px


class LatentShapeError(ValueError):
    """Latents have the size of another model, or are not latents."""


def alike(*latents: Tensor) -> list[Tensor]:
    """Latents `[..., width]` with zeros added on the right to those that lack columns for styles; as they are if none.

    models/generators/protocol.py, ExtendedGenerator, says what these columns are.
    """
    width = max(x.shape[-1] for x in latents)
    return [x if x.shape[-1] == width else F.pad(x, (0, width - x.shape[-1])) for x in latents]


def rows_and_width(model: EditGAN) -> tuple[int, int]:
    """Rows and width of the model's w_plus."""
    return model.generator.num_rows, model.generator.w_dim


def widths(model: EditGAN) -> tuple[int, ...]:
    """Widths of the model's latents: w_dim, and with columns for styles if its generator takes them."""
    generator = model.generator
    w_dim = generator.w_dim
    return (w_dim, w_dim + generator.style_width) if isinstance(generator, ExtendedGenerator) else (w_dim,)


def fitted(tensor: Tensor, model: EditGAN, name: str, space: Space = None) -> Float[Tensor, "n rows width"]:
    """Convert latents to a batch of the model's w_plus, with the columns for styles that the latents have.

    Args:
        tensor: float `[d]`, `[n, d]`, `[n, 1, d]` (codes of W, repeated in every row), `[rows, d]` or
            `[n, rows, d]`. `[n, d]` is one w_plus if n is the model's number of rows.
        model: the model whose rows and width must fit.
        name: name of the latents in the error message.
        space: "w" or "w_plus" for two-dimensional latents whose number is ambiguous.

    Raises LatentShapeError if rows or width do not fit; it names the size of the model that they would fit.
    """
    if space not in (None, "w", "w_plus"):
        raise LatentShapeError(f"space must be 'w', 'w_plus' or None; got {space!r}")
    rows, width = rows_and_width(model)
    shape = tuple(tensor.shape)
    if not 1 <= tensor.ndim <= 3 or 0 in shape:
        raise LatentShapeError(
            f"{name} has shape {shape}, this model takes ({rows}, {width}), (1, {rows}, {width}), or ({width},) of W"
        )
    if shape[-1] not in widths(model):
        raise LatentShapeError(f"{name} has shape {shape}: {_what(shape)}; {_takes(model)}{_code_hint(shape, model)}")
    if tensor.ndim == 1:
        batch = tensor[None, None]
    elif tensor.ndim == 3:
        batch = tensor
    elif space == "w_plus" or (space is None and (shape[0] == rows or shape[0] in _ROW_COUNTS)):
        batch = tensor[None]
    else:
        batch = tensor[:, None]
    if batch.shape[1] not in (1, rows):
        advice = f"; if they are {shape[0]} codes of W, give space='w'" if tensor.ndim == 2 else ""
        raise LatentShapeError(f"{name} has shape {shape}: {_rows_of(batch.shape[1], width)}; {_takes(model)}{advice}")
    return batch.expand(-1, rows, -1).clone()


def _what(shape: tuple[int, ...]) -> str:
    *_, width = shape
    if len(shape) == 1 or (len(shape) == 3 and shape[1] == 1) or (len(shape) == 2 and shape[0] not in _ROW_COUNTS):
        return f"codes of {width} numbers"
    return _rows_of(shape[-2], width)


def _rows_of(rows: int, width: int) -> str:
    """Describe rows by their model: "18 rows of 512: a 1024 px StyleGAN2"."""
    if rows in _ROW_COUNTS:
        size = f"a {2 ** (rows // 2 + 1)} px StyleGAN2"
        return f"{rows} rows of {width}: {size}" + (" or a StyleGAN3" if rows == 16 else "")
    return f"{rows} rows of {width}, which no StyleGAN2 takes"


def _takes(model: EditGAN) -> str:
    rows, width = rows_and_width(model)
    return f"this model takes {rows} rows of {width} ({model.resolution} px)"


def _code_hint(shape: tuple[int, ...], model: EditGAN) -> str:
    z_dim, w_dim = model.generator.z_dim, model.generator.w_dim
    if shape[-1] != z_dim or z_dim == w_dim:
        return ""
    return (
        f". {z_dim} is the length of its codes z: map those first, "
        "model.generator.w_plus(model.generator.mapping(z, truncation_psi=0.7))"
    )
