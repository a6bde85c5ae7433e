"""Directions from the files of those who find them, as edit vectors of a model: `load_direction("smile.npy", model)`.

**Scale.** A direction is taken as its file has it (`unit="file"`): `scale=1` adds InterFaceGAN's boundaries and SeFa's
eigenvectors at their length of 1, a mean difference or an e4e direction as a whole, and GANSpace's components by one of
their own standard deviations, as GANSpace's sliders count. What length 1 does depends on how wide a model's W is;
`unit="sigma"` scales any direction so that `scale=1` moves a latent by one standard deviation of W along it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from jaxtyping import Float
from torch import Tensor

from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError, Layers, layer_weights
from editgan_widgets.latent.latent_shapes import LatentShapeError, fitted, rows_and_width
from editgan_widgets.latent.latents_or_vector import by_name, compared
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.direction_files import FoundDirections, directions_in
from editgan_widgets.models.official.tensor_files import existing, read_tensors
from editgan_widgets.scalars import Whole, is_whole, shown

Unit: TypeAlias = Literal["file", "sigma"]
Index: TypeAlias = Whole | str | None

_LONGEST_NAME = 60  # characters


@dataclass(frozen=True, eq=False)
class _Set:
    """Directions of a file, fitted to a model."""

    directions: list[Tensor]  # [rows, w_dim] each
    names: list[str]
    sigma: Tensor | None
    key: str
    said: bool  # whether the file says that these are directions
    named: bool = False


def load_direction(
    path: str | Path,
    model: EditGAN,
    index: Index = None,
    rows: Layers = None,
    unit: Unit = "file",
    columns: bool | None = None,
    name: str | None = None,
    force: bool = False,
) -> EditVector:
    """Read a direction from a file, as an edit vector of a model. Nothing in the file is run.

    Read are InterFaceGAN's boundaries, mean differences and e4e directions (`.npy`, `.npz`, torch.save), GANSpace's
    `.npz` and e4e's copy of it, SeFa factors (rosinality's `.pt`, `.npz`), EditGAN's edit vectors (`.npy`, the demo's
    pickle) and this package's (`.safetensors`). A file does not say which model its direction was found in: width and
    rows are all that can be checked.

    Args:
        path: of the file.
        model: that it is for.
        index: which one of several, counted from 0, or its name in a file of names.
        rows: of w_plus that it moves, as latent/directions/rows.py says: [4, 7] two rows, "4-7" a span; None = all.
        unit: what `scale=1` adds; see the module's text.
        columns: whether the directions of a matrix are its columns; None as the file's layout says.
        name: of the vector; None takes the file's, with the index where there are several.
        force: read an array that seems to hold latents and no direction (see `latents_or_vector`).

    Raises CheckpointError for a file without directions, with NaN or infinity, of another model's size, or of latents;
    for several directions without an index, it says how many there are. Raises EditVectorError for rows that the model
    does not have, or another unit.
    """
    path = existing(path)
    if unit not in ("file", "sigma"):
        raise EditVectorError(f"unit is 'file' or 'sigma'; got {unit!r}")
    if path.suffix == ".safetensors":
        return _of_ours(path, model, rows, unit, name, force)
    return direction_of(path, read_tensors(path), model, index, rows, unit, columns, name, force)


def direction_of(
    path: Path,
    content: Any,
    model: EditGAN,
    index: Index = None,
    rows: Layers = None,
    unit: Unit = "file",
    columns: bool | None = None,
    name: str | None = None,
    force: bool = False,
) -> EditVector:
    """As `load_direction`, of what `read_tensors` found in the file."""
    fitting = _fitting(path, directions_in(path, content, rows_and_width(model)[1]), model, columns, index)
    at = _place(path, fitting, index)
    delta = fitting.directions[at]
    if not force and not fitting.said and _are_latents(path, delta, model):
        raise CheckpointError(
            f"{path} seems to hold latents, not a direction ({compared(delta, model)}): load_latents reads them; to "
            "use them as a direction all the same, give force=True"
        )
    scaled = delta if fitting.sigma is None else delta * fitting.sigma[at]
    several = len(fitting.directions) > 1
    recipe = {
        "converted_from": path.name,
        "key": fitting.key,
        "index": at if several else None,
        "in_sigmas_of_the_file": fitting.sigma is not None,
    }
    given = f"{path.stem} {fitting.names[at]}" if several else path.stem
    return _vector(name or given[:_LONGEST_NAME], scaled, model, rows, unit, recipe)


def sigma_along(model: EditGAN, direction: Float[Tensor, "rows w_dim"]) -> float:
    """Standard deviation of W along a direction: of the projections of random codes on it, the same code in every row.

    0 for a direction that W does not have.
    """
    statistics = model.w_statistics()
    rows = direction.to(statistics.axes)
    along = (rows @ statistics.axes.T).square() * statistics.std.square()
    squared = rows.square().sum()
    return 0.0 if float(squared) == 0 else float((along.sum() / squared).sqrt())


def _vector(
    name: str, delta: Tensor, model: EditGAN, rows: Layers, unit: Unit, recipe: dict, labels: tuple[str, ...] = ()
) -> EditVector:
    if not bool(delta.any()):
        raise CheckpointError(
            f"{recipe.get('converted_from', name)}: the direction {name!r} is zero everywhere; give another one"
        )
    sigma = sigma_along(model, delta)
    if unit == "sigma":
        if sigma < 1e-6:
            raise EditVectorError(f"W does not vary along {name!r}, so it has no sigma; use unit='file'")
        length = float(delta.square().sum(1).mean().sqrt())  # of a row, root mean square
        delta = delta * (sigma / length)
    facts = {"unit": unit, "sigma": sigma, "fingerprint": model.base_fingerprint, "resolution": model.resolution}
    return EditVector(name, delta * layer_weights(rows, len(delta), "rows")[:, None], labels, {**recipe, **facts})


def _of_ours(path: Path, model: EditGAN, rows: Layers, unit: Unit, name: str | None, force: bool) -> EditVector:
    vector = EditVector.load(path)
    if not force:
        vector.check(model)
    if tuple(vector.delta_w_plus.shape) != rows_and_width(model):
        raise CheckpointError(
            f"{path} is an edit vector {tuple(vector.delta_w_plus.shape)}, this model takes {rows_and_width(model)}"
        )
    made = _vector(name or vector.name, vector.delta_w_plus, model, rows, unit, vector.recipe, vector.labels)
    return EditVector(made.name, made.delta_w_plus, made.labels, made.recipe, vector.licence, vector.preview)


def _fitting(path: Path, found: dict[str, FoundDirections], model: EditGAN, columns: bool | None, index: Index) -> _Set:
    sets = [_fitted(path, one, model, columns, index) for one in found.values()]
    if len(sets) == 1:
        return sets[0]
    directions, names = [], []
    for name, one in zip(found, sets, strict=True):
        directions += one.directions
        names += [name] if len(one.directions) == 1 else [f"{name} {i}" for i in range(len(one.directions))]
    return _Set(directions, names, None, "", False, True)


def _fitted(path: Path, found: FoundDirections, model: EditGAN, columns: bool | None, index: Index) -> _Set:
    rows, width = rows_and_width(model)
    array, columns = found.array, found.columns if columns is None else columns
    while array.ndim > 3 and 1 in array.shape[1:-1]:
        array = array.squeeze(next(i for i in range(1, array.ndim - 1) if array.shape[i] == 1))
    if array.ndim == 2:
        array = array.T if columns else array
        if columns is None and array.shape == (width, width) and width > 1:
            raise CheckpointError(
                f"{path} holds a matrix {tuple(array.shape)}: give columns=True where its columns are the directions "
                "(as eigh and svd give them), or columns=False for its rows (on the command line, --columns, --no-"
                "columns)"
            )
        if columns is not None or _is_a_set(len(array), rows, index):
            array = array[:, None]
    try:
        batch = fitted(array, model, "the direction", "w_plus")
    except LatentShapeError as error:
        raise CheckpointError(f"{path}: {error}; give a direction of this model, or the model it is of") from error
    names = [f"{i}" for i in range(len(batch))]
    return _Set(list(batch), names, found.sigma, found.key, bool(found.key))


def _is_a_set(count: int, rows: int, index: Index) -> bool:
    """Whether a matrix of so many rows is as many directions of W, and not the rows of one direction of W+."""
    return count == 1 or (count != rows and (index is not None or count not in range(8, 22, 2)))


def _place(path: Path, found: _Set, index: Index) -> int:
    count = len(found.directions)
    if index is None:
        if count == 1:
            return 0
        named = "" if not found.named else f": {', '.join(found.names[:20])}"
        by = f"index=0 to {count - 1}" + (", or a name" if found.named else "")
        raise CheckpointError(f"{path} holds {count} directions{named}; give {by} (on the command line, --index)")
    if isinstance(index, str) and index in found.names:
        return found.names.index(index)
    digits = isinstance(index, str) and re.fullmatch(r"[0-9]{1,9}", index.strip()) is not None
    at = int(index) if digits or is_whole(index) else -1  # type: ignore[arg-type]
    if not 0 <= at < count:
        known = f"names are {', '.join(found.names[:20])}" if found.named else f"they run 0 to {count - 1}"
        raise CheckpointError(f"{path} holds {count} directions and none of index {shown(index)}; {known}")
    return at


def _are_latents(path: Path, delta: Tensor, model: EditGAN) -> bool:
    verdict = compared(delta, model).kind
    return verdict == "latents" or (verdict is None and by_name(path.stem) == "latents")
