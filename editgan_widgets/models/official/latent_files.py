"""Latents in the files of projectors and encoders: arrays by name, before they are fitted to a model.

| file | what it holds |
|---|---|
| NVIDIA's `projector.py`: `projected_w.npz` | `w` [1, rows, d] |
| any `.npz` | one array, or one by a known name: w, w_plus, latents, dlatents, ws, … |
| `.npy`, tensors by torch.save | codes of W or latents of W+, one or several |
| rosinality's `projector.py`: `.pt` | {path of the picture: {"img", "latent" [d] or [rows, d], "noise"}} |
| e4e, pSp, ReStyle, PTI, HyperStyle: `.pt` | a tensor, a Parameter, a list, or a dict of names |
| ReStyle: `latents.npy` | a dict in a pickled array: name of the picture -> a latent for each step |
| JSON | nested lists of numbers, alone or by name |
| this package: `*.arrays.safetensors` of `editgan convert` | module "latents" |
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from torch import Tensor

from editgan_widgets.models.array_like import float_tensor
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.json_files import is_of_shape, list_shape
from editgan_widgets.models.official.names import COMPONENTS, DIRECTION_SETS, DIRECTIONS, EIGENVECTORS, plain
from editgan_widgets.models.official.pickle_values import Opaque

NamedTensors = list[tuple[str, Tensor]]

# Names of latents, lower case and without "_", "-" and " "; earlier ones win where a file has several.
_LATENT_KEYS = (
    *("wplus", "w+", "wp", "wpluses", "projectedwplus", "projectedw", "latentplus", "latentsplus"),
    *("latent", "latents", "latentin", "latentcode", "latentcodes", "resultlatent", "resultlatents", "latentpath"),
    *("dlatent", "dlatents", "dlatentin", "dlatentcode", "optimallatent", "bestlatent", "finallatent"),
    *("w", "ws", "wpivot", "pivot", "pivots", "wcode", "wcodes", "wlatent", "wlatents", "wopt", "woptimized"),
    *("code", "codes", "style", "styles", "inversion", "inversions", "inverted", "embedding", "embeddings"),
    *("editedlatent", "editedlatents", "editedw", "encodedlatents", "encoded", "projection", "projected"),
)
_DIRECTION_KEYS = {*EIGENVECTORS, *COMPONENTS, *DIRECTION_SETS, *DIRECTIONS}
_CODE_KEYS = ("z", "zs", "zcode", "zcodes", "noisecode")
_NO_LATENTS = ("img", "image", "images", "noise", "noises", "loss", "losses", "lpips", "step", "steps", "seed", "seeds")
_DEEPEST = 4  # maximum nesting of dicts and lists
_MOST = 100_000  # latents of a file
_MOST_PLACES = 1_000_000  # dicts, lists and arrays that are looked at
_MOST_NUMBERS = 2**24  # maximum for a nested list
_MOST_IN_ALL = 2**28  # numbers of all latents together: 1 GiB


def latents_in(path: Path, content: Any) -> NamedTensors:
    """Find the latents in the result of `read_tensors`, by name: float32 `[d]`, `[n, d]` or `[n, rows, d]`.

    Raises CheckpointError if there are none, or several arrays with unknown names.
    """
    try:
        places = list(_walk(path, content, "", _DEEPEST, _Budget(path)))  # complete before anything is copied
        found = [(name, _shaped(path, name, value)) for name, value in places]
    except ValueError as error:
        raise error if isinstance(error, CheckpointError) else CheckpointError(f"{path}: {error}") from error
    if not found:
        raise CheckpointError(f"{path} holds {_holds(content)} and no latents; {_FITS}")
    return found


def holds_latents_by_name(content: Any) -> bool:
    """True if a mapping, or each mapping in it, has an array under a name of latents."""
    if not isinstance(content, Mapping):
        return False
    if _key_of(content) is not None:
        return True
    values = list(content.values())
    return bool(values) and all(isinstance(value, Mapping) and _key_of(value) is not None for value in values)


def latents_of_bundle(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file that may be latents: those that `editgan convert` wrote, or all of a file.

    Raises CheckpointError for a file that is not a safetensors file of latents.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            names = list(file.keys())
            ours = [name for name in names if name.startswith("latents/")]
            if not ours and any("/" in name or name == "delta_w_plus" for name in names):
                is_vector = "delta_w_plus" in names
                what = "an edit vector" if is_vector else "a model or another bundle"
                reader = "EditVector.load or load_direction" if is_vector else "load_model"
                raise CheckpointError(f"{path} is {what} and holds no latents: {reader} reads it; {_FITS}")
            return {name.removeprefix("latents/"): file.get_tensor(name) for name in ours or names}
    except SafetensorError as error:
        raise CheckpointError(
            f"{path} is not a complete safetensors file ({error}); copy or convert it again"
        ) from error


_FITS = (
    "give an array or a tensor of latents, a dict or list of these, or an .npz with one of them under the name 'w' or "
    "'latents'"
)


class _Budget:
    """Limits of a walk over nested containers: a small file that repeats its parts could otherwise take years."""

    def __init__(self, path: Path):
        self._path, self._places, self._latents, self._numbers = path, _MOST_PLACES, _MOST, _MOST_IN_ALL

    def look(self) -> None:
        """Count a visited container. Raises CheckpointError above the limit."""
        self._places -= 1
        if self._places < 0:
            raise CheckpointError(f"{self._path} holds more than {_MOST_PLACES:,} parts; {_FITS}")

    def take(self, numbers: int) -> None:
        """Count a latent and its numbers before it is copied. Raises CheckpointError above the limits."""
        self._latents, self._numbers = self._latents - 1, self._numbers - numbers
        if self._latents < 0:
            raise CheckpointError(f"{self._path} holds more than {_MOST:,} latents; give at most so many")
        if self._numbers < 0:
            raise CheckpointError(f"{self._path} holds latents of more than {_MOST_IN_ALL:,} numbers; give fewer")


def _walk(path: Path, content: Any, name: str, depth: int, budget: _Budget) -> Iterator[tuple[str, Any]]:
    """Names and arrays, or nested lists of numbers, that may be latents."""
    budget.look()
    if isinstance(content, (Tensor, np.ndarray)):
        budget.take(math.prod(content.shape))
        yield name, content
    elif depth and isinstance(content, Mapping):
        yield from _of_mapping(path, content, name, depth, budget)
    elif depth and isinstance(content, (list, tuple)):
        if _is_array(path, name, content, budget):
            yield name, content
            return
        for i, value in enumerate(content):
            inner = f"{name} {i}".strip()
            if isinstance(value, (Tensor, np.ndarray, Mapping, list, tuple)):
                yield from _walk(path, value, inner, depth - 1, budget)


def _of_mapping(path: Path, content: Mapping, name: str, depth: int, budget: _Budget) -> Iterator[tuple[str, Any]]:
    key = _key_of(content)
    if key is not None:
        yield from _walk(path, content[key], name, depth - 1, budget)
        return
    if any(plain(inner) in _DIRECTION_KEYS and _may_be_latents(value) for inner, value in content.items()):
        raise CheckpointError(f"{path} holds {_holds(content)}: directions, which load_direction reads; {_FITS}")
    if any(plain(inner) in _CODE_KEYS for inner in content):
        raise CheckpointError(
            f"{path} holds codes z, which every model maps in its own way: load them, then "
            "model.generator.w_plus(model.generator.mapping(z, truncation_psi=0.7)); give latents of W or W+ here"
        )
    inner = {k: v for k, v in content.items() if plain(k) not in _NO_LATENTS and _may_be_latents(v)}
    if len({np.shape(v)[-1] for v in inner.values() if isinstance(v, (np.ndarray, Tensor))}) > 1:
        raise CheckpointError(
            f"{path} holds {_holds(content)}, and no name says which are latents; save them alone, under the name 'w'"
        )
    for key, value in inner.items():
        yield from _walk(path, value, f"{name} {key}".strip()[:200], depth - 1, budget)


def _key_of(content: Mapping) -> Any:
    """The key of a mapping that names latents; None if there is none."""
    by_name = {plain(key): key for key, value in reversed(list(content.items())) if _may_be_latents(value)}
    return next((by_name[name] for name in _LATENT_KEYS if name in by_name), None)


def _may_be_latents(value: Any) -> bool:
    """True for an array of floating-point numbers, or a container that may hold such arrays."""
    if isinstance(value, Tensor):
        return value.is_floating_point() and value.ndim > 0
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and value.ndim > 0
    return isinstance(value, (Mapping, list, tuple)) and len(value) > 0


def _is_array(path: Path, name: str, content: list | tuple, budget: _Budget) -> bool:
    """True for a nested list of numbers, or a list of codes `[d]` of one length, which are counted as one latent."""
    if content and all(isinstance(x, (Tensor, np.ndarray)) and np.ndim(x) == 1 for x in content):
        if len({len(x) for x in content}) > 1:
            return False
        budget.take(len(content) * len(content[0]))
        return True
    shape = list_shape(content)
    if shape is None:
        return False
    what = f"the list {name!r}" if name else "a list"
    if math.prod(shape) > _MOST_NUMBERS or not is_of_shape(content, shape):
        raise CheckpointError(
            f"{path} holds {what} of numbers whose lists are not all of one length, or more than {_MOST_NUMBERS:,} of "
            f"them; save the latents as an array; {_FITS}"
        )
    budget.take(math.prod(shape))
    return True


def _shaped(path: Path, name: str, value: Any) -> Tensor:
    """Latents as float32; axes of length 1 beyond three dimensions are dropped: [n, 1, rows, d]."""
    kind = "list" if isinstance(value, (list, tuple)) else "array"
    tensor = float_tensor(value, f"the {kind} {name!r}" if name else f"the {kind}")
    shape = tuple(tensor.shape)
    while tensor.ndim > 3 and 1 in tensor.shape[:-2]:
        tensor = tensor.squeeze(max(i for i in range(tensor.ndim - 2) if tensor.shape[i] == 1))
    if not 1 <= tensor.ndim <= 3 or 0 in tensor.shape:
        raise CheckpointError(f"{path} holds an array {shape}, which is not a latent; {_FITS}")
    return tensor


def _holds(content: Any) -> str:
    if isinstance(content, Mapping):
        return f"{sorted(map(str, content))[:5]}"
    return repr(content)[:80] if isinstance(content, Opaque) else type(content).__name__
