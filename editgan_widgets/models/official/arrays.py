"""Arrays of the releases: edit vectors (1, num_ws, w_dim), latents (num_ws, w_dim), annotations (H, W) of label ids.

The demo's `current_editing_latent_cache.pickle` holds an edit vector (num_ws, w_dim) and the ids of its parts.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.tensor_files import finite

_LONGEST_SIDE = 16384  # px, of an annotation


def kind_of_array(array: np.ndarray) -> str:
    """Tell "edit vector", "latents" and "label map" apart by shape and values."""
    shape = tuple(n for n in array.shape if n != 1)
    whole = array.dtype.kind in "biu" or (
        array.size > 0 and bool(np.all(array == np.floor(array)) and array.min() >= 0)
    )
    if whole and len(shape) == 2:
        return "label map"
    return "edit vector" if array.ndim == 3 and len(array) == 1 else "latents"


def edit_vector(path: Path, content: np.ndarray | Mapping[str, Any]) -> tuple[Float[Tensor, "num_ws w_dim"], list[int]]:
    """Give an edit vector and, where the file tells, the ids of its parts. Raises CheckpointError."""
    if isinstance(content, np.ndarray):
        return _latent(path, content[0] if content.ndim == 3 and len(content) == 1 else content), []
    ids = content.get("roi_ids", [])
    if not isinstance(ids, list) or not all(isinstance(x, int) and 0 <= x < 256 for x in ids):
        raise CheckpointError(f"{path}: its roi_ids are no list of label ids; save the edit vector alone, as .npy")
    return _latent(path, content["edit_vector"]), list(ids)


def latents(path: Path, content: np.ndarray) -> Float[Tensor, "n num_ws w_dim"]:
    """Give latents as a batch. Raises CheckpointError."""
    rows = content if content.ndim == 3 else content[None]
    return torch.stack([_latent(path, row) for row in rows]) if len(rows) else _latent(path, rows)[None]


def label_map(path: Path, content: np.ndarray) -> UInt8[np.ndarray, "h w"]:
    """Give an annotation: axes of length 1 dropped, ids 0..255. Raises CheckpointError."""
    array = content.squeeze()
    sound = (
        array.ndim == 2 and array.dtype.kind in "biuf" and min(array.shape) > 0 and max(array.shape) <= _LONGEST_SIDE
    )
    if not sound or not np.all((array >= 0) & (array <= 255)) or not np.all(array == np.floor(array)):
        raise CheckpointError(
            f"{path} is an array {content.shape} of {content.dtype} and no label map; one is (H, W) of label ids 0..255"
        )
    return array.astype(np.uint8)


def _latent(path: Path, value: Any) -> Float[Tensor, "num_ws w_dim"]:
    tensor = torch.from_numpy(value) if isinstance(value, np.ndarray) and value.dtype != np.uint16 else value
    if not isinstance(tensor, Tensor) or tensor.ndim != 2 or not tensor.numel():
        shape = tuple(value.shape) if isinstance(value, (np.ndarray, Tensor)) else type(value).__name__
        raise CheckpointError(
            f"{path} holds {shape} and no latent; give an edit vector (1, 16, 512) or a latent (16, 512)"
        )
    return finite(path, "the array", tensor)
