"""Arrays of the releases: edit vectors (1, num_ws, w_dim), latents (num_ws, w_dim), annotations (H, W) of label ids.

The demo's `current_editing_latent_cache.pickle` holds an edit vector (num_ws, w_dim) and the ids of its parts.
"""

import math
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.direction_files import holds_directions
from editgan_widgets.models.official.json_files import number_array
from editgan_widgets.models.official.latent_files import holds_latents_by_name, latents_in
from editgan_widgets.models.official.tensor_files import finite

_LONGEST_SIDE = 16384  # px, of an annotation


UNDECIDED = "latents or edit vector"
_PARAMETER = re.compile(r"\.(weight|bias|kernel|const|gamma|beta|running_mean|running_var)(_orig|_[uvg])?$")


def kind_of_array(array: np.ndarray) -> str:
    """Kind of an array by shape and values: "label map", "latents", or `UNDECIDED` if it may also be an edit vector."""
    shape = tuple(n for n in array.shape if n != 1)
    whole = array.dtype.kind in "biu" or (
        array.size > 0 and bool(np.all(array == np.floor(array)) and array.min() >= 0)
    )
    if whole and len(shape) == 2:
        return "label map"
    return (
        UNDECIDED if array.size and (array.ndim in (1, 2) or (array.ndim == 3 and 1 in array.shape[:2])) else "latents"
    )


def kind_of_named(content: Any) -> str | None:
    """Kind of a tensor, list or mapping of arrays, by the names in it; None for other content."""
    if isinstance(content, Tensor):
        return kind_of_array(content.detach().float().numpy()) if content.is_floating_point() else None
    if holds_latents_by_name(content):
        return "latents"
    if holds_directions(content):
        return "edit vector"
    widths, count, numbers = set[int](), 0, 0
    for array in islice(_arrays_in(content, _DEEPEST), _MOST_LOOKED_AT):
        if not _is_latent(array):
            return None
        widths.add(array.shape[-1])
        count, numbers = count + 1, numbers + math.prod(array.shape)
        if len(widths) > 1 or numbers > _MOST_NUMBERS:
            return None
    return None if not count else UNDECIDED if count == 1 else "latents"


_DEEPEST, _MOST_LOOKED_AT = 4, 100_000  # lists and dicts within one another; arrays
_MOST_NUMBERS = 2**28  # maximum for all arrays together
_SHORTEST = 8  # numbers of a list that may be a code of W: a shorter one is of something else


def _arrays_in(content: Any, depth: int) -> Iterator[Any]:
    """Arrays in nested dicts and lists. Anything else, such as the weights of a network, is yielded as None."""
    if isinstance(content, (np.ndarray, Tensor)):
        yield content
        return
    values = list(content.values()) if isinstance(content, Mapping) else content
    is_network = isinstance(content, Mapping) and any(_PARAMETER.search(str(name)) for name in content)
    if is_network or not isinstance(values, (list, tuple)) or not values or not depth:
        yield None
        return
    if (array := number_array(values)) is not None:
        yield array if array.shape[-1] >= _SHORTEST else None
        return
    for value in values:
        yield from _arrays_in(value, depth - 1)


def _is_latent(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and 1 <= value.ndim <= 3 and value.size > 0
    return isinstance(value, Tensor) and value.is_floating_point() and 1 <= value.ndim <= 3 and value.numel() > 0


def edit_vector(path: Path, content: Any) -> tuple[Float[Tensor, "num_ws w_dim"], list[int]]:
    """Return an edit vector and, if the file has them, the ids of its parts. Raises CheckpointError."""
    value = content["edit_vector"] if isinstance(content, Mapping) and "edit_vector" in content else content
    if isinstance(value, (np.ndarray, Tensor)) and value.ndim == 3 and len(value) == 1:
        value = value[0]
    return _latent(path, value), part_ids(path, content)


def part_ids(path: Path, content: Any) -> list[int]:
    """Ids of the parts that an edit vector was painted with, if its file has them. Raises CheckpointError."""
    ids = content.get("roi_ids", []) if isinstance(content, Mapping) else []
    if not isinstance(ids, list) or not all(isinstance(x, int) and 0 <= x < 256 for x in ids):
        raise CheckpointError(f"{path}: its roi_ids are not a list of label ids; save the edit vector alone, as .npy")
    return list(ids)


def latents(path: Path, content: Any) -> Float[Tensor, "n rows w_dim"]:
    """Return a file's latents as a batch, without a model to compare with; latents of W `[d]` have one row.

    A matrix is read as the rows of one latent if a StyleGAN2 can have that many (8 to 20, even), else as latents of W.
    Raises CheckpointError.
    """
    batches = [_batch(tensor) for _, tensor in latents_in(path, content)]
    if len({batch.shape[1:] for batch in batches}) > 1:
        shapes = sorted({tuple(batch.shape[1:]) for batch in batches})[:5]
        raise CheckpointError(f"{path} holds latents of several sizes, {shapes}; give them in separate files")
    return torch.cat(batches)


def _batch(tensor: Tensor) -> Float[Tensor, "n rows w_dim"]:
    if tensor.ndim == 3:
        return tensor
    if tensor.ndim == 2:
        return tensor[None] if len(tensor) in range(8, 22, 2) else tensor[:, None]
    return tensor[None, None]


def label_map(path: Path, content: np.ndarray) -> UInt8[np.ndarray, "h w"]:
    """Return an annotation: axes of length 1 dropped, ids 0..255. Raises CheckpointError."""
    array = content.squeeze()
    sound = (
        array.ndim == 2 and array.dtype.kind in "biuf" and min(array.shape) > 0 and max(array.shape) <= _LONGEST_SIDE
    )
    if not sound or not np.all((array >= 0) & (array <= 255)) or not np.all(array == np.floor(array)):
        raise CheckpointError(
            f"{path} is an array {content.shape} of {content.dtype}, not a label map; "
            "a label map is (H, W) of label ids 0..255"
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
