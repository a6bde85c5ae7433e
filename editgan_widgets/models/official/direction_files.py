"""Directions in the file formats of the tools that find them, by name, before they are fitted to a model.

| file | what it holds | unit of a direction |
|---|---|---|
| InterFaceGAN: `boundary.npy` | [1, d] | length 1 |
| mean differences, e4e's and others' `.npy`, `.pt` | [d], [rows, d], [1, rows, d], [n, d], [n, rows, d] | as it is |
| SeFa by rosinality's `closed_form_factorization.py` | {"ckpt", "eigvec" [d, n]}, a direction a column | length 1 |
| SeFa as `.npz` | "eigenvectors" in columns, or "boundaries", "directions" in rows | as it is |
| GANSpace: `.npz` | lat_comp, act_comp [n, 1, d] and their lat_stdev, act_stdev [n] | one standard deviation |
| e4e's GANSpace: `.pt` | {"comp" [n, d], "std" [n], "mean"} | one standard deviation |
| EditGAN: `.npy` [1, rows, d], demo's pickle {"edit_vector", "roi_ids"} | the difference of two latents | the edit |
| any dict of names | one direction each | as it is |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from editgan_widgets.models.array_like import float_tensor
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.latent_files import holds_latents_by_name
from editgan_widgets.models.official.names import COMPONENTS, DIRECTION_SETS, DIRECTIONS, EIGENVECTORS, plain
from editgan_widgets.models.official.pickle_values import Opaque


@dataclass(frozen=True, eq=False)
class FoundDirections:
    """Directions of one file.

    Attributes:
        array: float32; the meaning of its axes depends on `columns` or, if that is None, on the model's rows.
        key: the name in the file that marks it as a direction; "" if none does.
        columns: True if the columns of a matrix are directions, False if its rows are, None if the file does not state
            it.
        sigma: float32 `[n]`, standard deviations along the directions, by which the file scales them; None without.
    """

    array: Tensor
    key: str = ""
    columns: bool | None = None
    sigma: Tensor | None = None


_MOST = 100_000  # directions of a file


def holds_directions(content: Any) -> bool:
    """True if a mapping has an array under a name of directions."""
    names = _names(content) if isinstance(content, Mapping) else {}
    return any(name in names for name in (*EIGENVECTORS, *COMPONENTS, *DIRECTION_SETS, *DIRECTIONS))


def directions_in(path: Path, content: Any, width: int) -> dict[str, FoundDirections]:
    """Find the directions in the result of `read_tensors`; of several arrays, those of the model's `width`.

    Returns one entry for a file of one array, and one for each name of a dict of directions. Raises CheckpointError.
    """
    try:
        found = _found(path, content, width)
    except ValueError as error:
        raise error if isinstance(error, CheckpointError) else CheckpointError(f"{path}: {error}; {_FITS}") from error
    if not found or len(found) > _MOST:
        raise CheckpointError(f"{path} holds {_holds(content)} and no direction; {_FITS}")
    return found


_FITS = (
    "give an array of directions as .npy, .npz or by torch.save, a SeFa factor, or GANSpace's .npz; save the "
    "components of a pickled object (such as a fitted PCA) alone"
)


def _found(path: Path, content: Any, width: int) -> dict[str, FoundDirections]:
    if isinstance(content, (Tensor, np.ndarray)):
        return {"": FoundDirections(float_tensor(content, "the array"))}
    if isinstance(content, (list, tuple)) and content and all(_is_array(value) for value in content):
        return {f"{i}": FoundDirections(float_tensor(value, f"direction {i}")) for i, value in enumerate(content)}
    if isinstance(content, (list, tuple)):
        return {"": FoundDirections(float_tensor(list(content), "the list"))}
    if not isinstance(content, Mapping):
        return {}
    names = _names(content)
    for word in EIGENVECTORS:
        if word in names:
            return {"": _at(content, names[word], columns=True)}
    if of_width := _components(content, names, width):
        return {"": of_width}
    for word in DIRECTION_SETS:
        if word in names:
            return {"": _at(content, names[word], columns=False)}
    for word in DIRECTIONS:
        if word in names:
            return {"": _at(content, names[word])}
    if holds_latents_by_name(content):
        raise CheckpointError(f"{path} holds latents, by the names in it: load_latents reads them; {_FITS}")
    return {
        str(key): FoundDirections(float_tensor(value, str(key))) for key, value in content.items() if _is_array(value)
    }


def _components(content: Mapping, names: Mapping[str, Any], width: int) -> FoundDirections | None:
    """GANSpace's principal components, those in the space of the model's width."""
    there = [word for word in COMPONENTS if word in names]
    fits = [word for word in there if np.shape(content[names[word]])[-1] == width]
    for word in fits or there:
        deviations = names.get(COMPONENTS[word])
        sigma = None if deviations is None else float_tensor(content[deviations], str(deviations)).flatten()
        array = float_tensor(content[names[word]], str(names[word]))
        if sigma is not None and len(sigma) != len(array):
            raise ValueError(f"{names[word]} has {len(array)} components and {deviations} {len(sigma)} numbers")
        return FoundDirections(array, str(names[word]), False, sigma)
    return None


def _at(content: Mapping, key: Any, columns: bool | None = None) -> FoundDirections:
    return FoundDirections(float_tensor(content[key], str(key)), str(key), columns)


def _names(content: Mapping) -> dict[str, Any]:
    return {plain(key): key for key, value in content.items() if isinstance(key, str) and _is_array(value)}


def _is_array(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.is_floating_point() and value.ndim > 0
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim > 0


def _holds(content: Any) -> str:
    if isinstance(content, Mapping):
        return f"{sorted(map(str, content))[:5]}"
    return repr(content)[:80] if isinstance(content, Opaque) else type(content).__name__
