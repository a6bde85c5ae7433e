"""Result: a measurement of edit vectors as a table, a plot and one sentence; Results: several of them by name.

The last line of a notebook cell shows all three, in light and in dark notebooks. Every result states its basis: number
of pictures, seeds, kind of interval and fingerprint of the model; so do its CSV and PNG. The sentence warns of a small
number of portraits.
"""

import base64
import functools
import html
import io
import math
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, cast

from matplotlib.figure import Figure

from editgan_widgets.analysis.plots import in_style, shortened, style
from editgan_widgets.scalars import plain_fields, shown

Record: TypeAlias = dict[str, Any]
"""A row of a table: column -> value, JSON-ready. `pandas.DataFrame(result.table())` takes the rows."""

FEW = 10  # portraits; with fewer, the sentence warns
_SHOWN_ROWS = 30  # maximum number of rows of a table in a notebook
_LONGEST = 60  # columns of a value of that table; its tooltip has the whole value
_DPI = 100
_NAMED = 8  # seeds that are named one by one
_SMALL = 6  # points, the type of the basis in a figure
_CHARACTERS = 22  # of that type in an inch
# Of two pictures, the one that fits the page: in JupyterLab and VS Code, whose themes set these attributes. Elsewhere,
# and where styles are removed from outputs, the light one is shown.
_THEMES = (
    "<style>"
    'body[data-jp-theme-light="false"] .eg-result-dark, .vscode-dark .eg-result-dark { display: inline !important; }'
    'body[data-jp-theme-light="false"] .eg-result-light, .vscode-dark .eg-result-light { display: none !important; }'
    "</style>"
)


@dataclass(frozen=True)
class Basis:
    """Sample size, seed, interval method and model of a result."""

    n: int | None = None  # number of pictures; None if none were used
    seed: int | None = None  # seed of the random numbers; None if none were drawn
    interval: str | None = None  # how intervals were computed; None if there are none
    fingerprint: str | None = None  # fingerprint of the model; None if unknown
    seeds: tuple[int, ...] | None = None  # of the portraits; None if there are none, or they have no seeds

    def __post_init__(self) -> None:
        plain_fields(self)

    def __str__(self) -> str:
        said = [
            None if self.n is None else f"n = {self.n}",
            None if not self.seeds else f"portraits of {_seeds_text(self.seeds)}",
            None if self.seed is None else f"random seed {self.seed}",
            self.interval,
            None if self.fingerprint is None else f"model {self.fingerprint}",
        ]
        return ", ".join(x for x in said if x)


class Table(list[Record]):
    """Records that a notebook shows as a table: a list in every other respect."""

    def _repr_html_(self) -> str:
        return _html_table(self)


class Result(ABC):
    """Base of all results. Subclasses are frozen dataclasses with a field `basis`."""

    basis: Basis
    warns_of_few = True  # False for results that warn by themselves, or conclude nothing about other portraits

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "figure" in vars(cls):
            cls.figure = in_style(cls.figure)
        for name in {"table", "summary"} & set(vars(cls)):
            setattr(cls, name, _as_table(getattr(cls, name)))
        if "__repr__" not in vars(cls):
            cls.__repr__ = _repr  # a dataclass would repeat whole arrays

    @abstractmethod
    def table(self) -> list[Record]:
        """Rows of the table; values are JSON-ready."""

    @abstractmethod
    def figure(self) -> Figure:
        """A matplotlib Figure, not shown yet."""

    @abstractmethod
    def answer(self) -> str:
        """The answer in one sentence, without a warning of a small n."""

    def sentence(self) -> str:
        """The answer in one sentence, with a warning if it is of fewer than FEW portraits."""
        n = self.basis.n
        if not self.warns_of_few or n is None or n >= FEW:
            return self.answer()
        which = "This is one portrait" if n == 1 else f"These are {n} portraits"
        return f"{self.answer()} {which}: others may differ much; take {FEW} or more."

    def __str__(self) -> str:
        return f"{self.sentence()} ({self.basis})"

    def summary(self) -> list[Record]:
        """Rows with figures of the whole result, such as R² or a condition number; [] if it has none but the table."""
        return []

    def png(self, dark: bool = False) -> bytes:
        """The figure as a PNG file, with the basis below it; the file's description is the sentence.

        `dark` is for dark pages, with a transparent background.
        """
        return self._drawn(dark, str(self.basis))

    def _drawn(self, dark: bool, below: str = "") -> bytes:
        """The figure as a PNG file, with a text below it."""
        buffer = io.BytesIO()
        with style(dark):
            figure = self.figure()
            if below:
                wrapped = textwrap.fill(below, round(figure.get_figwidth() * _CHARACTERS))
                figure.supxlabel(wrapped, x=0.01, ha="left", fontsize=_SMALL, color="grey")
            about = {"Description": str(self)}
            figure.savefig(buffer, format="png", dpi=_DPI, bbox_inches="tight", metadata=about)
        return buffer.getvalue()

    def csv(self) -> str:
        """The table as CSV, with a header line; the last column is the basis."""
        return to_csv([{**row, "basis": str(self.basis)} for row in self.table()])

    def _repr_png_(self) -> bytes:
        return self.png()

    def _repr_html_(self) -> str:
        said, basis = html.escape(self.sentence()), html.escape(str(self.basis))
        parts = [f'<p style="overflow-wrap: anywhere">{said} <small>({basis})</small></p>']
        parts += [
            _html_image(self._drawn(False), said, "light"),
            _html_image(self._drawn(True), said, "dark", hidden=True),
        ]
        parts += [_html_table(self.summary()), _html_table(self.table())]
        return f"<div>{_THEMES}{''.join(parts)}</div>"


def _as_table(rows: Callable[..., list[Record]]) -> Callable[..., Table]:
    @functools.wraps(rows)
    def table(self: Result) -> Table:
        return Table(rows(self))

    return table


def _repr(self: Result) -> str:
    return f"<{type(self).__name__}: {shortened(self.sentence(), 200)}>"


R = TypeVar("R", bound=Result)


class Results(dict[str, R], Generic[R]):
    """Results by name, in order: `found["effect map"]`, or by position: `found[0]`.

    As the last line of a cell all are shown, each under its name. `Results([first, second])` shows a list of your own.

    Args:
        results: results by name, or one after the other; the latter are named "1", "2", ….

    Raises ValueError for anything else.
    """

    def __init__(self, results: Mapping[str, R] | Iterable[R] | Any = ()) -> None:
        if not isinstance(results, Iterable) or isinstance(results, (str, bytes)):
            raise ValueError(f"give results by name or as a list; got {shown(results)}")
        named = results if isinstance(results, Mapping) else {str(i): one for i, one in enumerate(results, 1)}
        super().__init__(cast(Mapping[str, R], named))
        for name, one in self.items():
            if not isinstance(one, Result):
                raise ValueError(f"{name!r} is not a result of editgan_widgets.analysis; got {shown(one)}")

    def __getitem__(self, name: str | int) -> R:  # type: ignore[override]
        return list(self.values())[name] if isinstance(name, int) else super().__getitem__(name)

    def __repr__(self) -> str:
        return "\n".join(["Results:", *(f"  {name}: {one.sentence()}" for name, one in self.items())])

    def _repr_html_(self) -> str:
        shown_ones = (f"<h4>{html.escape(name)}</h4>{one._repr_html_()}" for name, one in self.items())
        return f"<div>{''.join(shown_ones)}</div>"


def _seeds_text(seeds: tuple[int, ...]) -> str:
    """Seeds in words: a span, a few of them, or their number and range."""
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if seeds == tuple(range(seeds[0], seeds[0] + len(seeds))):
        return f"seeds {seeds[0]} to {seeds[-1]}"
    if len(seeds) <= _NAMED:
        return f"seeds {', '.join(map(str, seeds))}"
    return f"{len(seeds)} seeds from {min(seeds)} to {max(seeds)}"


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


def _html_image(content: bytes, said: str, page: str, hidden: bool = False) -> str:
    data = base64.b64encode(content).decode("ascii")
    return (
        f'<img class="eg-result-{page}" alt="{said}" src="data:image/png;base64,{data}"{" hidden" if hidden else ""}>'
    )


def _html_table(rows: list[Record]) -> str:
    if not rows:
        return ""
    head = "".join(_html_cell("th", name) for name in rows[0])
    body = "".join(f"<tr>{''.join(_html_cell('td', x) for x in row.values())}</tr>" for row in rows[:_SHOWN_ROWS])
    more = f"<p><small>{len(rows) - _SHOWN_ROWS} more rows in .table()</small></p>" if len(rows) > _SHOWN_ROWS else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div style="overflow-x: auto">{table}</div>{more}'


def _html_cell(tag: str, value: Any) -> str:
    whole = _text(value)
    short = shortened(whole, _LONGEST)
    title = "" if short == whole else f' title="{html.escape(whole)}"'
    return f"<{tag}{title}>{html.escape(short)}</{tag}>"


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
