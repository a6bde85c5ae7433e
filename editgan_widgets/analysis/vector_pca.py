"""Principal components of a set of edit vectors, and their effective number of dimensions."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from matplotlib.figure import Figure

from editgan_widgets.analysis.plots import ink
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.vector_cosines import common_fingerprint, stack
from editgan_widgets.latent.directions.arguments import Vectors, of_one_model, several_vectors
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError

_ROUNDING = 1e-6  # relative to the largest singular value; vectors are stored in float32


@dataclass(frozen=True, eq=False)
class VectorPCA(Result):
    """Principal components of a set of vectors; the mean is not removed, because 0 means no edit."""

    names: tuple[str, ...]
    explained: np.ndarray  # [k], share of the squared length along each component, descending
    effective_rank: float  # exp of the entropy of the shares: 1 for one direction, k for k equal shares
    components: tuple[EditVector, ...]  # unit vectors
    weights: np.ndarray  # [n, k], each vector in the components
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each component, with the vectors of largest weight."""
        rows = []
        for k, share in enumerate(self.explained):
            most = np.argsort(-np.abs(self.weights[:, k]))[:3]
            said = ", ".join(f"{self.weights[i, k]:+.2g} {self.names[i]}" for i in most)
            rows.append(
                {
                    "component": k + 1,
                    "share": float(share),
                    "sum": float(self.explained[: k + 1].sum()),
                    "vectors": said,
                }
            )
        return rows

    def summary(self) -> list[Record]:
        """One record: the effective rank."""
        return [{"vectors": len(self.names), "effective rank": self.effective_rank}]

    def figure(self) -> Figure:
        """Shares of the components and their sum."""
        figure = Figure(figsize=(6, 2.6), layout="constrained")
        axes = figure.add_subplot()
        places = np.arange(1, len(self.explained) + 1)
        axes.bar(places, self.explained, label="share")
        axes.plot(places, np.cumsum(self.explained), "o-", color=ink(), label="sum", markersize=3)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("component")
        axes.set_ylabel("share of squared length")
        axes.legend()
        return figure

    def answer(self) -> str:
        """State the effective rank."""
        need = int(np.searchsorted(np.cumsum(self.explained), 0.9 - 1e-9)) + 1
        return (
            f"{len(self.names)} vectors have an effective rank of {self.effective_rank:.1f}; {need} components hold "
            "90% of their squared length."
        )


def pca_vectors(vectors: Vectors) -> VectorPCA:
    """Find the principal components of edit vectors by SVD (GANSpace, Härkönen et al. 2020, on vectors).

    Raises EditVectorError for no vectors, vectors of different shapes, or only zero vectors, WrongModelError
    for vectors of several models.
    """
    given = several_vectors(vectors)
    of_one_model(given)
    stacked = stack(given)
    flat = stacked.reshape(len(given), -1)
    u, s, vt = np.linalg.svd(flat, full_matrices=False)
    if not s.any():
        raise EditVectorError("all edit vectors are zero; there is nothing to decompose")
    kept = s > s[0] * _ROUNDING
    explained = s[kept] ** 2 / (s[kept] ** 2).sum()
    fingerprint = common_fingerprint(given)
    recipe = {"fingerprint": fingerprint} if fingerprint else {}
    first = replace(given[0], labels=(), recipe=recipe, preview=None, licence=None, delta_styles=None)
    axes = torch.from_numpy(vt[kept].reshape(-1, *stacked.shape[1:])).float()
    components = tuple(replace(first, name=f"component {k + 1}", delta_w_plus=axis) for k, axis in enumerate(axes))
    entropy = -(explained * np.log(explained)).sum()
    return VectorPCA(
        names=tuple(vector.name for vector in given),
        explained=explained,
        effective_rank=float(np.exp(entropy)),
        components=components,
        weights=(u * s)[:, kept],
        basis=Basis(fingerprint=fingerprint),
    )
