"""Length of each row of an edit vector."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from editgan_widgets.analysis.arguments import checked
from editgan_widgets.analysis.plots import label
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generators.protocol import StyledGenerator


@dataclass(frozen=True, eq=False)
class RowNorms(Result):
    """Length of a vector's rows."""

    vector: str
    norms: np.ndarray  # [num_ws], Euclidean, in units of W
    shares: np.ndarray  # [num_ws], of the squared length; they sum to 1, or are 0 for a zero vector
    spreads: np.ndarray | None  # [num_ws], norms / root mean square distance of W from its mean; None without model
    sizes: tuple[int, ...] | None  # px, of the layer that reads each row; None if unknown
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each row of w_plus."""
        return [
            {
                "row": i,
                "size": None if self.sizes is None else self.sizes[i],
                "norm": float(self.norms[i]),
                "share": float(self.shares[i]),
                "spreads": None if self.spreads is None else float(self.spreads[i]),
            }
            for i in range(len(self.norms))
        ]

    def figure(self) -> Figure:
        """Bars of the norms."""
        figure = Figure(figsize=(6, 2.6), layout="constrained")
        axes = figure.add_subplot()
        values = self.norms if self.spreads is None else self.spreads
        axes.bar(range(len(values)), values)
        axes.set_xlabel("row of w_plus")
        axes.set_ylabel("norm" if self.spreads is None else "norm / spread of W")
        if self.sizes is not None:
            axes.set_xticks(range(len(values)), [f"{i}\n{size}" for i, size in enumerate(self.sizes)], fontsize=7)
            axes.set_xlabel("row of w_plus, and size of its layer in px")
        axes.set_title(label(self.vector))
        return figure

    def answer(self) -> str:
        """Name the rows that hold at least 80% of the squared length."""
        if not self.norms.any():
            return f"{self.vector!r} is zero in every row."
        order = np.argsort(-self.shares)
        most = order[: int(np.searchsorted(np.cumsum(self.shares[order]), 0.8)) + 1]
        rows = ", ".join(str(i) for i in sorted(most.tolist()))
        return f"{self.shares[most].sum():.0%} of the squared length of {self.vector!r} is in rows {rows}."


@checked()
def row_norms(vector: EditVector, model: EditGAN | None = None) -> RowNorms:
    """Measure the length of each row of an edit vector.

    Args:
        vector: a vector of num_ws rows.
        model: provides W's spread and the layers' sizes; None leaves both out.

    StyleGAN2's rows act from coarse to fine (Karras et al. 2020); EditGAN, section 3.4, edits all of them. Raises
    WrongModelError for another model.
    """
    norms = vector.delta_w_plus.double().norm(dim=1).numpy()
    squared = norms**2
    shares = squared / squared.sum() if squared.any() else squared
    spreads = sizes = None
    if model is not None:
        vector.check(model)
        spread = float(model.w_statistics().std.double().square().sum().sqrt())
        spreads = norms / spread
        sizes = model.generator.row_sizes if isinstance(model.generator, StyledGenerator) else None
    return RowNorms(vector.name, norms, shares, spreads, sizes, Basis(fingerprint=vector.fingerprint))
