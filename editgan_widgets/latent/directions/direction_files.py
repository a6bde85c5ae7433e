"""Read directions from files of other programs as edit vectors of a model: `load_direction("smile.npy", model)`.

**Scale.** With `unit="file"`, `scale=1` adds the direction as it is in the file: boundaries of InterFaceGAN and
eigenvectors of SeFa have length 1, a mean difference or an e4e direction has its full length, and a component of
GANSpace one of its standard deviations, like GANSpace's sliders. The effect of length 1 depends on the spread of a
model's W; with `unit="sigma"`, `scale=1` moves a latent by one standard deviation of W along the direction.
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
from editgan_widgets.models.official.sources import refuse_network
from editgan_widgets.models.official.tensor_files import existing, read_tensors
from editgan_widgets.scalars import Whole, is_whole, shown

Unit: TypeAlias = Literal["file", "sigma"]
Index: TypeAlias = Whole | str | None

_LONGEST_NAME = 60  # characters


@dataclass(frozen=True, eq=False)
class _Set:
    """Directions of a file, in the shape of a model's latents."""

    directions: list[Tensor]  # [rows, w_dim] each
    names: list[str]
    sigma: Tensor | None
    key: str
    said: bool  # True if the file declares them as directions
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
    """Read a direction from a file as an edit vector of a model. No code in the file is executed.

    Supported are InterFaceGAN's boundaries, mean differences and e4e directions (`.npy`, `.npz`, torch.save),
    GANSpace's `.npz` and e4e's copy of it, SeFa factors (rosinality's `.pt`, `.npz`), EditGAN's edit vectors (`.npy`,
    the demo's pickle) and this package's (`.safetensors`). Files do not name the model that a direction was found in,
    so only width and rows can be checked.

    Args:
        path: the file.
        model: the model to use the direction with.
        index: which of several directions, counted from 0, or its name if the file has names.
        rows: rows of w_plus to move (latent/directions/rows.py): [4, 7] two rows, "4-7" a span; None = all.
        unit: what `scale=1` adds; see the module's docstring.
        columns: True if the directions of a matrix are its columns; None decides by the file's layout.
        name: name of the vector; None uses the file's name, with the index if there are several.
        force: read an array that seems to contain latents and not a direction (see `latents_or_vector`).

    Raises CheckpointError for a file without directions, with NaN or infinity, of another model's size, with latents,
    or with several directions if `index` is None. Raises EditVectorError for rows that the model does not have, or an
    unknown unit.
    """
    path = existing(path)
    if unit not in ("file", "sigma"):
        raise EditVectorError(f"unit must be 'file' or 'sigma'; got {unit!r}")
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
    """Like `load_direction`, from the result of `read_tensors`."""
    refuse_network(path, content, "a direction")
    fitting = _fitting(path, directions_in(path, content, rows_and_width(model)[1]), model, columns, index)
    at = _place(path, fitting, index)
    delta = fitting.directions[at]
    if not force and not fitting.said and _are_latents(path, delta, model):
        raise CheckpointError(
            f"{path} seems to hold latents, not a direction ({compared(delta, model)}): load_latents reads them; to "
            "use them as a direction anyway, give force=True"
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
    """Standard deviation of W along a direction: of the projections of random codes, the same code in every row.

    0 for a direction along which W does not vary.
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
        length = float(delta.square().sum(1).mean().sqrt())  # root mean square of the rows' lengths
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
    """True if the rows of a matrix are directions of W, and not the rows of one direction of W+."""
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
