"""Result: a measurement of edit vectors as a table, a plot and one sentence.

The last line of a notebook cell shows all three. Every result states its basis: number of pictures, seed, kind of
interval and fingerprint of the model.
"""

import base64
import html
import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, TypeAlias

from matplotlib.figure import Figure

from editgan_widgets.scalars import plain_fields

Record: TypeAlias = dict[str, Any]
"""A row of a table: column -> value, JSON-ready. `pandas.DataFrame(result.table())` takes the rows."""

_SHOWN_ROWS = 30  # maximum number of rows of a table in a notebook
_DPI = 100


@dataclass(frozen=True)
class Basis:
    """Sample size, seed, interval method and model of a result."""

    n: int | None = None  # number of pictures; None if none were used
    seed: int | None = None  # seed of the random numbers; None if none were drawn
    interval: str | None = None  # how intervals were computed; None if there are none
    fingerprint: str | None = None  # fingerprint of the model; None if unknown

    def __post_init__(self) -> None:
        plain_fields(self)

    def __str__(self) -> str:
        said = [
            None if self.n is None else f"n = {self.n}",
            None if self.seed is None else f"seed {self.seed}",
            self.interval,
            None if self.fingerprint is None else f"model {self.fingerprint}",
        ]
        return ", ".join(x for x in said if x)


class Result(ABC):
    """Base of all results. Subclasses are frozen dataclasses with a field `basis`."""

    basis: Basis

    @abstractmethod
    def table(self) -> list[Record]:
        """Rows of the table; values are JSON-ready."""

    @abstractmethod
    def figure(self) -> Figure:
        """A matplotlib Figure, not shown yet."""

    @abstractmethod
    def sentence(self) -> str:
        """The answer in one sentence."""

    def png(self) -> bytes:
        """The figure as a PNG file."""
        buffer = io.BytesIO()
        self.figure().savefig(buffer, format="png", dpi=_DPI, bbox_inches="tight")
        return buffer.getvalue()

    def csv(self) -> str:
        """The table as CSV, with a header line."""
        return to_csv(self.table())

    def _repr_png_(self) -> bytes:
        return self.png()

    def _repr_html_(self) -> str:
        picture = base64.b64encode(self.png()).decode("ascii")
        said, basis = html.escape(self.sentence()), html.escape(str(self.basis))
        image = f'<img alt="{said}" src="data:image/png;base64,{picture}">'
        return f"<div><p>{said} <small>({basis})</small></p>{image}{_html_table(self.table())}</div>"


def to_csv(rows: list[Record]) -> str:
    """A table as CSV, with a header line; "" for an empty table."""
    import csv

    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _html_table(rows: list[Record]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_shown(value))}</td>" for value in row.values()) + "</tr>"
        for row in rows[:_SHOWN_ROWS]
    )
    more = f"<p><small>{len(rows) - _SHOWN_ROWS} more rows in .table()</small></p>" if len(rows) > _SHOWN_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)
