"""A table of edit vectors: length, success, leakage and safe strength of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from editgan_widgets.analysis.arguments import attributes_read, checked
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.plots import named_points
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.analysis.trials import observed_or_interrupted
from editgan_widgets.analysis.vector_cosines import common_fingerprint
from editgan_widgets.analysis.vector_studies import VectorStudy
from editgan_widgets.analysis.w_ellipsoid import SafeStrength, safe_strength
from editgan_widgets.latent.directions.arguments import Vectors, several_vectors
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import without_nan


@dataclass(frozen=True)
class VectorFigures:
    """Figures of one vector; None for what was not measured."""

    vector: str
    norm: float  # Euclidean, of all rows, in W's own unit
    attribute: str | None = None  # the attribute that the vector is for; None without one, or if it is not read
    success: Estimate | None = None  # share of held-out portraits on which the attribute changes as it should
    leakage: float | None = None  # mean change of the other attributes, in standard deviations, per one of its own
    leakage_low: float | None = None  # 95% bootstrap interval of it
    leakage_high: float | None = None
    safe: Estimate | None = None  # strength up to which latents stay within W's ellipsoid; median over portraits
    n: int = 0  # portraits that success and leakage rest on

    @property
    def leak(self) -> Estimate | None:
        """Leakage with its interval; with bounds of nan where there are too few portraits for one."""
        if self.leakage is None:
            return None
        low, high = (np.nan if x is None else x for x in (self.leakage_low, self.leakage_high))
        return Estimate(self.leakage, low, high, self.n)


@dataclass(frozen=True, eq=False)
class VectorTable(Result):
    """Figures of several vectors."""

    rows: tuple[VectorFigures, ...]
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each vector."""
        return [
            {
                "vector": row.vector,
                "norm": row.norm,
                "attribute": row.attribute,
                "success": None if row.success is None else row.success.value,
                "success low": None if row.success is None else row.success.low,
                "success high": None if row.success is None else row.success.high,
                "leakage": row.leakage,
                "leakage low": row.leakage_low,
                "leakage high": row.leakage_high,
                "safe strength": None if row.safe is None else row.safe.value,
                "n": row.n,
            }
            for row in self.rows
        ]

    def figure(self) -> Figure:
        """Success with its interval, leakage and safe strength of each vector; norms where none was measured."""
        leaks = [row.leak for row in self.rows]
        columns = {
            "success, share of portraits": [row.success for row in self.rows],
            "leakage, standard deviations": leaks,
            "safe strength": [row.safe for row in self.rows],
        }
        columns = {name: found for name, found in columns.items() if any(x is not None for x in found)}
        if not columns:
            columns = {"norm": [Estimate(row.norm, row.norm, row.norm, 1) for row in self.rows]}
        figure = Figure(figsize=(2 + 2.2 * len(columns), 1 + 0.24 * len(self.rows)), layout="constrained")
        panels = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
        for axes, (name, found) in zip(panels, columns.items(), strict=True):
            named_points(axes, [row.vector for row in self.rows], found)
            axes.set_xlabel(name, fontsize=9)
        return figure

    def answer(self) -> str:
        """Name the vector that leaks least."""
        leaks = [(row.leak, row.vector) for row in self.rows if row.leak is not None]
        if not leaks and any(row.success for row in self.rows):
            return f"{len(self.rows)} edit vectors; leakage was not measured, since no other attributes were read."
        if not leaks:
            return f"{len(self.rows)} edit vectors; neither success nor leakage was measured."
        leak, name = min(leaks, key=lambda found: found[0].value)
        said = f"{leak.value:.2f}" if np.isnan(leak.low) else leak.shown(".2f")
        return f"Of {len(self.rows)} edit vectors {name!r} leaks least: by {said} standard deviations on average."


def figures_of(vector: EditVector, study: VectorStudy | None = None, safe: SafeStrength | None = None) -> VectorFigures:
    """Figures of one vector from what was measured of it."""
    norm = float(vector.delta_w_plus.double().norm())
    strength = None if safe is None else safe.strength
    if study is None:
        return VectorFigures(vector.name, norm, safe=strength)
    transfer, leakage = study.transfer(), study.leakage()
    return VectorFigures(
        vector=vector.name,
        norm=norm,
        attribute=study.target,
        success=None if transfer is None else transfer.report.success,
        leakage=None if leakage is None else without_nan(float(leakage.leak[0])),
        leakage_low=None if leakage is None else without_nan(float(leakage.leak_low[0])),
        leakage_high=None if leakage is None else without_nan(float(leakage.leak_high[0])),
        safe=strength,
        n=study.n,
    )


def vector_table(
    rows: Sequence[VectorFigures], vectors: Iterable[EditVector], seeds: tuple[int, ...] | None = None
) -> VectorTable:
    """Put figures of vectors into a table."""
    counts = [row.n for row in rows if row.n]
    fingerprint = common_fingerprint(list(vectors))
    interval = "95%: success by Wilson's interval, leakage by bootstrap, over portraits" if counts else None
    return VectorTable(tuple(rows), Basis(min(counts) if counts else None, None, interval, fingerprint, seeds))


@checked()
def compare_vectors(
    model: EditGAN,
    vectors: Vectors,
    read: Read | None = None,
    seeds: Iterable[int] = range(50_000, 50_050),
    truncation_psi: float = 0.7,
    progress: bool = False,
) -> VectorTable:
    """Measure several vectors on the same held-out portraits.

    Args:
        model: the model of the vectors. Raises WrongModelError for another one.
        vectors: to compare; one, several, or a library by name.
        read: attributes of pictures; None leaves out success and leakage. A vector whose recipe names no attribute that
            is read has neither.
        seeds, truncation_psi: seeds and truncation of the portraits.
        progress: show a progress bar.

    Ctrl+C ends it with the vectors that were measured completely.
    """
    given, chosen = several_vectors(vectors), list(seeds)
    for vector in given:
        vector.check(model)
    if read is not None:
        attributes_read(model, read)
    rows = []
    for vector in given:
        study, seen = None, len(chosen)
        if read is not None:
            study = VectorStudy(model, vector, read, maps=False)
            seen = observed_or_interrupted(
                model, vector, study, chosen, study.strengths, truncation_psi, progress, not rows
            )
            if seen < len(chosen) and rows:
                break  # interrupted: the rows before are complete
        moves = bool(vector.delta_w_plus.any())  # a zero vector has no safe strength
        safe = safe_strength(vector, model, chosen, truncation_psi) if moves else None
        rows.append(figures_of(vector, study, safe))
        if seen < len(chosen):
            break
    return vector_table(rows, given[: len(rows)], tuple(chosen[: rows[0].n]) if read is not None else None)
