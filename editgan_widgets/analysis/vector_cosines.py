"""Similarity of edit vectors: cosines of whole vectors and of rows, compared with random directions."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from scipy import special

from editgan_widgets.analysis.plots import heat_map
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.latent.directions.arguments import Vectors, of_one_model, several_vectors
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError

_LEAST_VARIANCE = 1e-9  # of a cosine; that of vectors without a common row is always 0


@dataclass(frozen=True, eq=False)
class Cosines(Result):
    """Cosines of all pairs of vectors."""

    names: tuple[str, ...]
    cosine: np.ndarray  # [n, n], -1 to 1
    by_row: np.ndarray  # [num_ws, n, n]; nan if a vector is zero in that row
    gram: np.ndarray  # [n, n], inner products, in units of W
    condition: float  # condition number of the unit vectors' Gram matrix: 1 if orthogonal, infinite if dependent
    p_value: np.ndarray  # [n, n], probability that random directions are at least as similar, two-sided
    random_std: np.ndarray  # [n, n], standard deviation of the cosine of two such random directions
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each pair, the most similar first."""
        pairs = [(i, j) for i in range(len(self.names)) for j in range(i)]
        pairs.sort(key=lambda pair: -abs(self.cosine[pair]))
        return [
            {
                "first": self.names[j],
                "second": self.names[i],
                "cosine": float(self.cosine[i, j]),
                "inner product": float(self.gram[i, j]),
                "p": float(self.p_value[i, j]),
            }
            for i, j in pairs
        ]

    def summary(self) -> list[Record]:
        """One record: the condition number of the Gram matrix of the vectors, each scaled to length 1."""
        dependent = not np.isfinite(self.condition)
        return [{"vectors": len(self.names), "condition number": "infinite" if dependent else self.condition}]

    def figure(self) -> Figure:
        """The matrix as a heat map."""
        return heat_map(self.cosine, self.names, self.names, "cosine")

    def answer(self) -> str:
        """Name the most similar pair."""
        rows = self.table()
        if not rows:
            return "A single vector has no cosines."
        first, below = rows[0], np.tri(len(self.names), k=-1)
        i, j = np.unravel_index(int(np.argmax(np.where(below, np.abs(self.cosine), -1))), self.cosine.shape)
        far = abs(first["cosine"]) / max(self.random_std[i, j], _LEAST_VARIANCE**0.5)
        return (
            f"The most similar of {len(self.names)} vectors are {first['first']!r} and {first['second']!r}: cosine "
            f"{first['cosine']:.2f}, {far:.0f} times the standard deviation of random directions."
        )


def cosines(vectors: Vectors) -> Cosines:
    """Compare the directions of edit vectors (InterFaceGAN, Shen et al. 2020, table 2).

    They are compared with vectors that are turned at random in W, by one rotation for all rows. The cosine then has
    the variance <A A', B B'> / width, with the rows of the vectors, scaled to length 1, as rows of the matrices A and
    B. It is 1 / (rows * width) for unrelated rows, and 1 / width for a direction of W that is the same in every row.
    `p_value` is that of directions drawn uniformly from a sphere with this variance. Raises EditVectorError for no
    vectors, vectors of different shapes, or a zero vector, WrongModelError for vectors of several models.
    """
    given = several_vectors(vectors)
    stacked = stack(given)
    of_one_model(given)
    flat = stacked.reshape(len(given), -1)
    lengths = np.linalg.norm(flat, axis=1)
    if not lengths.all():
        zero = given[int(np.argmin(lengths))].name
        raise EditVectorError(f"edit vector {zero!r} is zero everywhere, so it has no direction; leave it out")
    unit = flat / lengths[:, None]
    cosine = np.clip(unit @ unit.T, -1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = stacked / np.linalg.norm(stacked, axis=2, keepdims=True)
        by_row = np.clip(np.einsum("ird,jrd->rij", rows, rows), -1, 1)
    gram = np.einsum("ird,isd->irs", stacked, stacked) / lengths[:, None, None] ** 2
    variance = np.einsum("irs,jrs->ij", gram, gram) / stacked.shape[2]
    values = np.linalg.eigvalsh(unit @ unit.T)
    condition = float(values[-1] / values[0]) if values[0] > values[-1] * 1e-12 else float("inf")
    return Cosines(
        names=tuple(vector.name for vector in given),
        cosine=cosine,
        by_row=by_row,
        gram=flat @ flat.T,
        condition=condition,
        p_value=cosine_p_value(cosine, 1 / np.maximum(variance, _LEAST_VARIANCE)),
        random_std=np.sqrt(variance),
        basis=Basis(fingerprint=common_fingerprint(given)),
    )


def cosine_p_value(cosine: np.ndarray, dimensions: np.ndarray | float) -> np.ndarray:
    """Probability that the cosine of two uniformly drawn directions is at least as far from 0.

    (1 + cosine) / 2 follows a Beta((D - 1) / 2, (D - 1) / 2) distribution; D need not be a whole number.
    """
    half = (dimensions - 1) / 2
    return np.asarray(np.minimum(1.0, 2 * special.betainc(half, half, (1 - np.abs(cosine)) / 2)))


def stack(vectors: list[EditVector]) -> np.ndarray:
    """Deltas as one float64 array [n, num_ws, w_dim]. Raises EditVectorError for no vectors or different shapes."""
    if not vectors:
        raise EditVectorError("no edit vector was given; give one or more")
    shapes = {tuple(vector.delta_w_plus.shape): vector.name for vector in vectors}
    if len(shapes) > 1:
        said = " and ".join(f"{name!r} of {shape[0]} x {shape[1]}" for shape, name in shapes.items())
        raise EditVectorError(f"edit vectors differ in rows x width: {said}; compare those of one model")
    return np.stack([vector.delta_w_plus.double().numpy() for vector in vectors])


def common_fingerprint(vectors: list[EditVector]) -> str | None:
    """Fingerprint of the model that all vectors were made with; None if unknown or not the same."""
    fingerprints = {vector.fingerprint for vector in vectors}
    return fingerprints.pop() if len(fingerprints) == 1 else None
