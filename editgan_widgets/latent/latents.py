"""Read latents from files of projectors and encoders: `load_latents("projected_w.npz", model)`."""

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
from editgan_widgets.models.official.sources import refuse_network
from editgan_widgets.models.official.tensor_files import existing, read_tensors
from editgan_widgets.scalars import Flag, flag


@dataclass(frozen=True, eq=False)
class Latents:
    """Latents of a file, in its order.

    Attributes:
        w_plus: float32 `[n, rows, w_dim]`, on the CPU.
        names: name of each latent in the file (the picture's path, the key), with its index if one array has several;
            empty if the file has no names.
    """

    w_plus: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.w_plus)


def load_latents(
    path: str | Path, model: EditGAN, space: Space = None, force: Flag = False
) -> Float[Tensor, "n rows w_dim"]:
    """Read latents from a file: `w_plus` of a model, float32, on the model's device.

    Supported are `.npz` (NVIDIA's `projected_w.npz`, and names such as w_plus, latents, dlatents), `.npy`, files of
    torch.save, pickles and pickled `.npy` (rosinality's projector, e4e, pSp, ReStyle, PTI: a tensor, a list, or a
    dict), JSON lists of numbers, and the safetensors that `editgan convert` writes. No code in a file is executed.
    Codes of W are repeated in every row. Codes z cannot be distinguished from codes of W of the same length: an array
    named "z", or of z's length only, is refused; map any other z first (`model.generator.mapping`).

    Args:
        path: the file.
        model: the model whose rows and width the latents must have.
        space: meaning of an array `[n, w_dim]`: "w" for n codes of W, "w_plus" for the rows of one latent. None means
            one latent if n is the model's number of rows, and otherwise n codes of W; if n is the number of rows of a
            StyleGAN2 of another size, it is refused.
        force: read an array that looks like a direction and has no name that says otherwise.

    Raises CheckpointError for a file without latents, with NaN or infinity, with latents of another model (whose size
    it names), or with an array that looks like a direction (latent/latents_or_vector.py).
    """
    return read_latents(path, model, space, force).w_plus.to(model.device)


def read_latents(path: str | Path, model: EditGAN, space: Space = None, force: Flag = False) -> Latents:
    """Like `load_latents`, on the CPU and with the names of the latents."""
    path = existing(path)
    content = latents_of_bundle(path) if path.suffix == ".safetensors" else read_tensors(path)
    refuse_network(path, content, "latents")
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
    """Convert a file's latents to a model's w_plus. Raises CheckpointError if they do not fit."""
    batches, names = [], []
    for name, tensor in found:
        try:
            batch = fitted(tensor, model, f"the latent {name!r}" if name else "the latent", space)
        except ValueError as error:
            raise CheckpointError(f"{path}: {error}; give latents of this model, or the model they are of") from error
        batches.append(batch)
        names += [name] if len(batch) == 1 else [f"{name} {i}".strip() for i in range(len(batch))]
    return Latents(torch.cat(batches), tuple(names))
