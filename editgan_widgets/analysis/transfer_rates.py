"""Transfer rate: the share of held-out portraits on which a vector has the effect that it was learned for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from editgan_widgets.analysis.arguments import attributes_read, checked, try_network
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.plots import bins, ink, label
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.transfer import LEAST_SHARE, Read, TransferMeasure, TransferReport, transfer
from editgan_widgets.latent.directions.arguments import one_strength
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.models.editgan import EditGAN


@dataclass(frozen=True, eq=False)
class TransferRate(Result):
    """Success of one vector on held-out portraits (EditGAN, section 3.4)."""

    report: TransferReport
    basis: Basis
    learned: bool = True  # the whole change is that of the portraits it was learned on; False: of these portraits

    def table(self) -> list[Record]:
        """One record for each portrait."""
        return [
            {
                "seed": m.seed,
                "change": m.change,
                "success": m.success,
                "identity": None if np.isnan(m.identity) else m.identity,
                "change outside": None if np.isnan(m.outside) else m.outside,
            }
            for m in self.report.measures
        ]

    def figure(self) -> Figure:
        """Histogram of the changes, with the minimum that counts as success."""
        x = self.report
        figure = Figure(figsize=(4.5, 3), layout="constrained")
        axes = figure.add_subplot()
        axes.hist([m.change for m in x.measures], bins=bins(len(x.measures)))
        axes.axvline(
            x.source_change, color=ink(), linewidth=1, label="where it was learned" if self.learned else "mean"
        )
        axes.axvline(LEAST_SHARE * x.source_change, color="grey", linestyle="--", linewidth=1, label="least success")
        axes.set_xlabel(f"change of {label(x.attribute)}")
        axes.set_ylabel("portraits")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(label(x.vector))
        axes.legend(fontsize=8)
        return figure

    def answer(self) -> str:
        """State the share with its interval."""
        x = self.report
        rate = x.success
        return (
            f"{x.vector!r} changes {x.attribute} on {rate.value:.0%} ({rate.low:.0%} to {rate.high:.0%}) of {rate.n} "
            f"{'held-out ' if self.learned else ''}portraits by at least {LEAST_SHARE:.0%} of its "
            f"{'change where it was learned' if self.learned else 'mean change'}."
        )


@checked(source_change=one_strength)
def transfer_rate(
    model: EditGAN,
    vector: EditVector,
    attribute: str,
    read: Read,
    seeds: Iterable[int] = range(50_000, 50_050),
    scale: float = 1.0,
    source_change: float | None = None,
    identity: IdentityModel | None = None,
    truncation_psi: float = 0.7,
    progress: bool = False,
) -> TransferRate:
    """Apply a vector to held-out portraits and count those that change like the one it was learned on.

    Args:
        model: the model of the vector.
        vector: its recipe has the seed or seeds that it was learned on, unless `source_change` is given.
        attribute: a name that `read` returns.
        read: attributes of pictures (analysis/attributes.py).
        seeds: seeds of held-out portraits; a seed that the vector was learned on is refused.
        scale: scale of the vector.
        source_change: full change of the attribute; None measures it on the portraits the vector was learned on.
        identity: compares faces before and after: pictures -> vectors `[n, d]`, which are scaled to length 1; None
            leaves it out.
        truncation_psi: truncation of the portraits.
        progress: show a progress bar.

    Ctrl+C ends it with the portraits so far. Raises the errors of `transfer.transfer`.
    """
    attributes_read(model, read, [attribute])
    if identity is not None:
        try_network(model, identity, "identity")
    report = transfer(
        model,
        vector,
        seeds,
        attribute,
        read,
        identity,
        source_change,
        scale,
        truncation_psi=truncation_psi,
        progress=progress,
    )
    basis = _basis(report, model.fingerprint)
    return TransferRate(report, basis)


def rate_of_changes(
    vector: str,
    attribute: str,
    seeds: Sequence[int],
    changes: np.ndarray,
    source_change: float,
    fingerprint: str | None = None,
    learned: bool = True,
) -> TransferRate:
    """Make a transfer rate of changes that were measured already, at a scale of 1.

    Args:
        vector: name of the vector.
        attribute: name of the changed attribute.
        seeds: seeds of held-out portraits.
        changes: changes of the attribute on each of them, in its own unit.
        source_change: change that counts as whole; not 0.
        fingerprint: fingerprint of the model.
        learned: `source_change` is of the portraits that the vector was learned on, not the mean of `changes`.

    Raises ValueError for a `source_change` of 0 or none that is finite.
    """
    if source_change == 0 or not np.isfinite(source_change):
        raise ValueError(f"{vector!r} changes {attribute!r} by {source_change}; name an attribute that it changes")
    nothing = float("nan")
    measures = tuple(
        TransferMeasure(int(seed), float(change), bool(change / source_change >= LEAST_SHARE), nothing, nothing)
        for seed, change in zip(seeds, changes, strict=True)
    )
    success = Estimate.of_share(np.array([m.success for m in measures]))
    report = TransferReport(
        vector, attribute, source_change, 1.0, 0, success, Estimate.of_mean(np.asarray(changes)), None, None, None,
        measures,
    )  # fmt: skip
    basis = _basis(report, fingerprint)
    return TransferRate(report, basis, learned)


def _basis(report: TransferReport, fingerprint: str | None) -> Basis:
    seeds = tuple(m.seed for m in report.measures)
    return Basis(len(seeds), None, "95% Wilson's interval over portraits", fingerprint, seeds)
