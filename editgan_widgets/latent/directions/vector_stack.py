"""Several edit vectors: comparison, combination with scales, layers and order, and listing of a folder.

stack = combine([(smile, 1.0, None), (age, 0.7, (0, 6)), (gaze, -0.5, None)])
compare([smile, age, gaze]).conflicts()
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from jaxtyping import Float

from editgan_widgets.latent.directions.edit_vector import (
    EditVector,
    EditVectorError,
    Layers,
    WrongModelError,
    checked_scale,
    parts_of_delta,
)
from editgan_widgets.latent.directions.rows import rows_in_json
from editgan_widgets.latent.latent_shapes import alike
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Flag, Real, flag, real

CONFLICT = 0.3  # absolute cosine above which two vectors are not independent

Part: TypeAlias = tuple[EditVector, float] | tuple[EditVector, float, Layers]


class ConflictWarning(UserWarning):
    """Combined vectors are not independent: they cancel in part, or their common direction counts twice."""


class Conflict(NamedTuple):
    """Two vectors that are not independent."""

    first: int  # indices of the compared vectors
    second: int
    cosine: float  # below 0 they cancel in part, above 0 their common direction counts twice


@dataclass(frozen=True, eq=False)
class Comparison:
    """Dot products, lengths and cosines of n vectors."""

    names: tuple[str, ...]
    gram: np.ndarray  # [n, n] dot products
    layer_norms: np.ndarray  # [n, num_ws] length of each row

    @property
    def norms(self) -> Float[np.ndarray, " n"]:
        """Length of each vector."""
        return np.sqrt(np.diag(self.gram))

    @property
    def cosine(self) -> Float[np.ndarray, "n n"]:
        """Cosines, -1..1; 0 for a zero vector."""
        norms = np.maximum(self.norms, 1e-12)
        return self.gram / np.outer(norms, norms)

    def conflicts(self, threshold: Real = CONFLICT) -> tuple[Conflict, ...]:
        """Pairs whose absolute cosine is above the threshold, largest first."""
        cosine, n, beyond = self.cosine, len(self.names), real(threshold, "threshold")
        pairs = [Conflict(i, j, float(cosine[i, j])) for i in range(n) for j in range(i + 1, n)]
        return tuple(sorted((x for x in pairs if abs(x.cosine) > beyond), key=lambda x: -abs(x.cosine)))

    def describe(self, conflict: Conflict) -> str:
        """Describe a conflict in a sentence."""
        what = "undo one another in part" if conflict.cosine < 0 else "share a direction, which counts twice"
        return (
            f"{self.names[conflict.first]!r} and {self.names[conflict.second]!r} {what} (cosine {conflict.cosine:.2f})"
        )


def compare(vectors: Iterable[EditVector]) -> Comparison:
    """Compare the `delta_w_plus` of vectors of one model. Raises EditVectorError for none, or for unlike shapes."""
    stack = list(vectors)
    _check_alike(stack)
    rows = torch.stack([vector.delta_w_plus for vector in stack]).double()
    flat = rows.flatten(1)
    names = tuple(vector.name for vector in stack)
    return Comparison(names, (flat @ flat.T).numpy(), rows.norm(dim=2).numpy())


def combine(
    parts: Iterable[Part],
    name: str | None = None,
    orthogonal: Flag = False,
    warn: Real | None = CONFLICT,
    force: Flag = False,
) -> EditVector:
    """Combine vectors: the sum of (vector, scale) or (vector, scale, layers).

    Args:
        parts: one or more; layers None = all.
        name: name of the result; None joins the names of the parts.
        orthogonal: project each vector to the orthogonal complement of those before it, so that earlier ones keep
            their effect; otherwise the order does not matter.
        warn: absolute cosine of two scaled parts above which a ConflictWarning is issued; None never warns.
        force: combine vectors of different models.

    Raises EditVectorError for no parts, different shapes or layers that do not fit, WrongModelError for vectors of
    different models.
    """
    given = [(part[0], checked_scale(part[1]), part[2] if len(part) == 3 else None) for part in parts]
    apart = flag(orthogonal, "orthogonal", EditVectorError)
    vectors = [vector for vector, _, _ in given]
    _check_alike(vectors)
    fingerprints = dict.fromkeys(vector.fingerprint for vector in vectors if vector.fingerprint is not None)
    if len(fingerprints) > 1 and not flag(force, "force", EditVectorError):
        made = ", ".join(f"{vector.name!r} with {vector.fingerprint}" for vector in vectors)
        raise WrongModelError(f"the vectors were made with several models ({made}); pass force=True to add them anyway")
    scaled = [vector.masked(layers).times(scale) for vector, scale, layers in given]
    if warn is not None:
        comparison = compare(scaled)
        for conflict in comparison.conflicts(warn):
            warnings.warn(comparison.describe(conflict), ConflictWarning, stacklevel=2)
    w_dim = vectors[0].delta_w_plus.shape[1]
    deltas = alike(*(vector.delta.double() for vector in scaled))
    total = torch.stack(_one_after_another(deltas, w_dim) if apart else deltas).sum(0)
    recipe = {
        "combined": [
            {"name": vector.name, "scale": scale, "layers": rows_in_json(layers, len(vector.delta_w_plus))}
            for vector, scale, layers in given
        ],
        "orthogonal": apart,
    }
    if len(fingerprints) == 1:
        recipe["fingerprint"] = next(iter(fingerprints))
    resolutions = {vector.recipe["resolution"] for vector in vectors if "resolution" in vector.recipe}
    if len(resolutions) == 1:
        recipe["resolution"] = resolutions.pop()
    labels = tuple(dict.fromkeys(label for vector in vectors for label in vector.labels))
    licences = dict.fromkeys(vector.licence for vector in vectors if vector.licence is not None)
    licence = " AND ".join(licences) or None
    joined = name or " + ".join(vector.name for vector in vectors)
    delta_w_plus, styles = parts_of_delta(total, w_dim)
    return EditVector(joined, delta_w_plus, labels, recipe, licence, delta_styles=styles)


def summed(parts: Iterable[Part], name: str | None = None) -> EditVector:
    """Like `combine`, without warnings about conflicts: the sum of several sliders.

    A vector without painted parts acts wherever the picture changes, and so does a sum that contains one.
    """
    given = list(parts)
    vector = combine(given, name, warn=None)
    return vector if all(part[0].labels for part in given) else replace(vector, labels=())


@dataclass(frozen=True, eq=False)
class VectorFile:
    """A file of a folder: its vector, or the problem with it."""

    path: Path
    vector: EditVector | None
    problem: str | None = None  # why it cannot be read, or cannot be applied to the given model


def list_edit_vectors(folder: str | Path, model: EditGAN | None = None) -> tuple[VectorFile, ...]:
    """Read a folder's .safetensors files in order of name; broken files are listed with their problem.

    Args:
        folder: searched without its subfolders.
        model: if given, vectors of another model are listed with that as their problem.

    Raises FileNotFoundError if the folder does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder at {folder}; EditVector.save makes the one that it writes to")
    found = []
    for path in sorted(folder.glob("*.safetensors")):
        vector = None
        try:
            vector = EditVector.load(path)
            if model is not None:
                vector.check(model)
        except (EditVectorError, OSError) as error:
            found.append(VectorFile(path, vector, str(error)))
        else:
            found.append(VectorFile(path, vector))
    return tuple(found)


def _check_alike(vectors: Sequence[EditVector]) -> None:
    if not vectors:
        raise EditVectorError("no edit vector was given; give one or more")
    for vector in vectors:
        if vector.delta_w_plus.shape != vectors[0].delta_w_plus.shape:
            raise EditVectorError(
                f"edit vector {vector.name!r} has {tuple(vector.delta_w_plus.shape)} layers x width, "
                f"{vectors[0].name!r} has {tuple(vectors[0].delta_w_plus.shape)}; are the models of one size?"
            )


def _one_after_another(deltas: list[torch.Tensor], w_dim: int) -> list[torch.Tensor]:
    """Subtract from each vector its projections on those before it (Gram-Schmidt), as they are in W+."""
    kept, axes = [], []
    for delta in deltas:
        rest = delta.clone()
        for axis in axes:
            rest -= (rest * axis)[:, :w_dim].sum() * axis
        kept.append(rest)
        length = float(rest[:, :w_dim].norm())
        if length > 1e-6 * max(float(delta[:, :w_dim].norm()), 1e-12):
            axes.append(rest / length)
    return kept
