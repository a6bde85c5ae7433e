"""Latents from the files of projectors and encoders, fitted to a model: `load_latents("projected_w.npz", model)`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.latent.latent_shapes import Space, fitted
from editgan_widgets.latent.latents_or_vector import by_name, compared
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.latent_files import NamedTensors, latents_in, latents_of_bundle
from editgan_widgets.models.official.tensor_files import existing, read_tensors
from editgan_widgets.scalars import Flag, flag


@dataclass(frozen=True, eq=False)
class Latents:
    """Latents of a file, in its order.

    Attributes:
        w_plus: float32 `[n, rows, w_dim]`, on the CPU.
        names: of each latent, as the file has them (the picture's path, the key), with its number where one array
            holds several; empty where the file has none.
    """

    w_plus: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.w_plus)


def load_latents(
    path: str | Path, model: EditGAN, space: Space = None, force: Flag = False
) -> Float[Tensor, "n rows w_dim"]:
    """Read latents from a file: `w_plus` of a model, float32, on the model's device.

    Read are `.npz` (NVIDIA's `projected_w.npz`, and names such as w_plus, latents, dlatents), `.npy`, files of
    torch.save and pickles of numbers (rosinality's projector, e4e, pSp, ReStyle, PTI: a tensor, a list, or a dict), and
    the safetensors that `editgan convert` writes. Nothing in a file is run. Codes of W are repeated in every row.
    Codes z cannot be told from codes of W where both are of one length: an array named "z", or one of the length of z
    alone, is refused; map any other z first (`model.generator.mapping`).

    Args:
        path: of the file.
        model: whose rows and width the latents must have.
        space: what an array `[n, w_dim]` is: "w" for n codes of W, "w_plus" for the rows of one latent. None takes it
            as one latent where n is the model's number of rows, and otherwise as n codes of W; where n is the number of
            rows of a StyleGAN2 of another size, it is refused.
        force: read an array that measures as a direction and has no name that says otherwise.

    Raises CheckpointError for a file without latents, with NaN or infinity in them, with latents of another model,
    which it names by its size, or with an array that measures as a direction (latent/latents_or_vector.py).
    """
    return read_latents(path, model, space, force).w_plus.to(model.device)


def read_latents(path: str | Path, model: EditGAN, space: Space = None, force: Flag = False) -> Latents:
    """As `load_latents`, on the CPU and with the names of the latents."""
    path = existing(path)
    content = latents_of_bundle(path) if path.suffix == ".safetensors" else read_tensors(path)
    found = fitted_latents(path, latents_in(path, content), model, space)
    if not flag(force, "force") and isinstance(content, (np.ndarray, Tensor)) and by_name(path.stem) != "latents":
        measured = compared(found.w_plus, model)
        if measured.kind == "edit vector":
            raise CheckpointError(
                f"{path.name} looks like a direction, not like latents: {measured}; read it with load_direction, or "
                "give force=True (--force on the command line) if it holds latents"
            )
    return found


def fitted_latents(path: Path, found: NamedTensors, model: EditGAN, space: Space = None) -> Latents:
    """Fit a file's latents to a model. Raises CheckpointError where they do not fit."""
    batches, names = [], []
    for name, tensor in found:
        try:
            batch = fitted(tensor, model, f"the latent {name!r}" if name else "the latent", space)
        except ValueError as error:
            raise CheckpointError(f"{path}: {error}; give latents of this model, or the model they are of") from error
        batches.append(batch)
        names += [name] if len(batch) == 1 else [f"{name} {i}".strip() for i in range(len(batch))]
    return Latents(torch.cat(batches), tuple(names))
