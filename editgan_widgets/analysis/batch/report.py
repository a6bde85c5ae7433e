"""BatchReport: what a batch did to each portrait, as one table."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from editgan_widgets.analysis.batch.portraits import Skipped
from editgan_widgets.analysis.plots import label, named_bars
from editgan_widgets.analysis.results import Basis, Record, Result

MEASURES = ("change", "change outside", "identity", "psnr")
ABOUT = ("portrait", "vector", "strength", "picture", *MEASURES)
COLUMNS = (*ABOUT, "portraits", "skipped")  # of the table and the summary, apart from attributes


@dataclass(frozen=True, eq=False)
class BatchReport(Result):
    """Pictures and measurements of a batch.

    A row has the portrait's name, vector, strength and the picture's path in `folder`; `change`, the mean absolute
    change of the picture, and `change outside` the vector's parts, both 0 to 1; `identity`, the cosine of the pictures'
    embeddings; `psnr` of a photo's embedding, dB; and the change of each attribute, in its own unit. A measurement that
    is not available is None. Portraits that could not be edited have one row each, with the reason in `skipped`.
    """

    folder: Path
    rows: tuple[Record, ...]  # one per edit, ordered by portrait, vector and strength
    skipped: tuple[Skipped, ...]
    missing: int  # edits that are not done because the call was stopped; the same call makes them
    attributes: tuple[str, ...]
    warns_of_few = False
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each edit, then one for each skipped portrait."""
        blank = dict.fromkeys((*ABOUT, *self.attributes))
        return [{**blank, **row, "skipped": None} for row in self.rows] + [
            {**blank, "portrait": x.name, "skipped": x.reason} for x in self.skipped
        ]

    def summary(self) -> list[Record]:
        """Means over the portraits: one record for each vector and strength."""
        groups: dict[tuple[str, float], list[Record]] = {}
        for row in self.rows:
            groups.setdefault((row["vector"], row["strength"]), []).append(row)
        names = ("change", "change outside", "identity", *self.attributes)
        return [
            {
                "vector": vector,
                "strength": strength,
                "portraits": len(rows),
                **{name: _mean(rows, name) for name in names},
            }
            for (vector, strength), rows in groups.items()
        ]

    def figure(self) -> Figure:
        """Change of the picture by vector, and the attributes that change most, in their spread over the edits."""
        rows = self.summary()
        named = [f"{row['vector']} {row['strength']:g}" for row in rows]
        figure = Figure(figsize=(9 if self.attributes else 4.5, 1.4 + 0.35 * max(len(rows), 1)), layout="constrained")
        axes = figure.subplots(1, 2 if self.attributes else 1, squeeze=False)[0]
        named_bars(axes[0], named, [row["change"] or 0 for row in rows])
        axes[0].set_xlabel("mean change of the picture, 0 to 1")
        if self.attributes and rows:
            values = np.array([[np.nan if row[x] is None else row[x] for x in self.attributes] for row in rows], float)
            spread = np.array([np.std([r[x] for r in self.rows if r[x] is not None] or [0]) for x in self.attributes])
            scaled = np.nan_to_num(values / np.maximum(spread, 1e-9))
            most = np.argsort(-np.abs(scaled).max(0))[:12]
            image = axes[1].imshow(scaled[:, most], cmap="RdBu_r", vmin=-2, vmax=2, aspect="auto")
            axes[1].set_xticks(
                range(len(most)), [label(self.attributes[i]) for i in most], rotation=60, ha="right", fontsize=8
            )
            axes[1].set_yticks([])
            figure.colorbar(image, ax=axes[1], label="mean change / its spread")
        return figure

    def answer(self) -> str:
        """State how much is done, skipped and missing."""
        portraits = len({row["portrait"] for row in self.rows})
        said = f"{len(self.rows)} edits of {portraits} portraits are in {self.folder}"
        if self.skipped:
            first = self.skipped[0]
            said += f"; {len(self.skipped)} could not be edited, such as {first.name}: {first.reason}"
        if self.missing:
            said += f"; {self.missing} edits are missing, which the same call makes"
        return said.rstrip(".") + "."


def _mean(rows: list[Record], name: str) -> float | None:
    values = [row[name] for row in rows if row[name] is not None]
    return float(np.mean(values)) if values else None
