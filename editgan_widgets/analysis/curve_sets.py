"""Curves of several attributes of one vector in one plot, in standard deviations of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from editgan_widgets.analysis.attribute_curves import AttributeCurve
from editgan_widgets.analysis.plots import label
from editgan_widgets.analysis.results import Basis, Record, Result

_SHOWN = 6  # curves of a plot


@dataclass(frozen=True, eq=False)
class AttributeCurves(Result):
    """Curves of all attributes of one vector."""

    vector: str
    target: str  # the attribute that the vector is for
    curves: tuple[AttributeCurve, ...]  # the target's first, then by size of change
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each attribute and strength.

        Changes are in standard deviations over the unedited portraits; those of an attribute that does not vary are in
        its own unit.
        """
        return [
            {
                "attribute": curve.attribute,
                **row,
                **{name: row[name] / _unit(curve) for name in ("change", "low", "high")},
                "unit": "standard deviations" if curve.std > 0 else "own",
            }
            for curve in self.curves
            for row in curve.table()
        ]

    def summary(self) -> list[Record]:
        """One record for each attribute: slope, R², rank correlation and saturation."""
        return [{"attribute": curve.attribute, **row} for curve in self.curves for row in curve.summary()]

    def figure(self) -> Figure:
        """Curves of the most changed attributes, the target's with its interval."""
        figure = Figure(figsize=(5.5, 3.4), layout="constrained")
        axes = figure.add_subplot()
        for curve in self.curves[:_SHOWN]:
            main, unit = curve.attribute == self.target, _unit(curve)
            name = label(curve.attribute) + ("" if curve.std > 0 else " (own unit)")
            (line,) = axes.plot(curve.strengths, curve.mean / unit, "o-", label=name, linewidth=2 if main else 1)
            if main:
                low, high = curve.low / unit, curve.high / unit
                axes.fill_between(curve.strengths, low, high, alpha=0.25, color=line.get_color())
        axes.axhline(0, color="grey", linewidth=0.7)
        axes.set_xlabel("strength")
        axes.set_ylabel("change, standard deviations")
        axes.set_title(label(self.vector))
        axes.legend(fontsize=8)
        return figure

    def answer(self) -> str:
        """State the slope of the target."""
        return self.curves[0].answer()


def _unit(curve: AttributeCurve) -> float:
    """Standard deviation of the attribute; 1 for one that does not vary."""
    return curve.std if curve.std > 0 else 1.0


def curve_set(vector: str, target: str, curves: Mapping[str, AttributeCurve], basis: Basis) -> AttributeCurves:
    """Put curves together, the target's first and the others by their largest change in standard deviations.

    Raises ValueError for a target that is not among them.
    """
    if target not in curves:
        raise ValueError(f"attribute {target!r} is not read; there are: {', '.join(sorted(curves))}")
    ordered = sorted(curves.values(), key=lambda curve: (curve.attribute != target, -relative_change(curve)))
    return AttributeCurves(vector, target, tuple(ordered), basis)


def main_attribute(curves: Mapping[str, AttributeCurve]) -> str:
    """The attribute that changes most, in standard deviations. Raises ValueError if there is none."""
    if not curves:
        raise ValueError("no attribute was read; give functions of your own: by_picture(smile=my_function)")
    return max(curves, key=lambda name: relative_change(curves[name]))


def relative_change(curve: AttributeCurve) -> float:
    """Largest mean change in standard deviations; 0 for an attribute that does not vary."""
    return float(abs(curve.mean).max() / curve.std) if curve.std > 0 else 0.0
