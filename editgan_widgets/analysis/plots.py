"""Style of the figures: colours, a dark variant, texts that fit and that the installed fonts can draw, heat maps.

`Result.figure` is drawn within `style`, so a figure looks the same whatever a notebook has set for matplotlib.
"""

import functools
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import numpy as np
from cycler import cycler
from jaxtyping import Float, Int
from matplotlib import font_manager, rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from editgan_widgets.analysis.distribution import Estimate

# The colours of Okabe and Ito (2008), which can be told apart with a colour vision deficiency; lighter on dark pages.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6B6B6B")
_LIGHTER = ("#56B4E9", "#FF8A4C", "#2FC59B", "#E3A1C6", "#F0C24B", "#8FB7FF", "#B8B8B8")
_INK, _LINES = "#E0E0E0", "#9E9E9E"
_LIGHT: dict[Any, Any] = {"axes.prop_cycle": cycler(color=_COLOURS)}
_DARK: dict[Any, Any] = {
    "axes.prop_cycle": cycler(color=_LIGHTER),
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor", "legend.labelcolor"), _INK),
    **dict.fromkeys(("xtick.labelcolor", "ytick.labelcolor"), _INK),
    **dict.fromkeys(("xtick.color", "ytick.color", "axes.edgecolor", "legend.edgecolor"), _LINES),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor"), "none"),
}
_LONGEST = 32  # columns of a name in a figure; a Chinese character takes two
_UNKNOWN = "\N{WHITE SQUARE}"  # in place of a character that no font has
_LETTER = 0.075  # inches, width of a letter at 8 points
_MOST_NUMBERS = 240  # cells of a heat map that have their numbers written in them

_UNKNOWNS = re.compile(f"{_UNKNOWN}{{3,}}")
_NOT_DRAWN = re.compile("emoji|last ?resort", re.IGNORECASE)  # coloured bitmaps; boxes in place of all characters

_lock = threading.RLock()  # matplotlib's settings are global
_families: dict[str, None] = {}  # further fonts, which have characters of names that were drawn

F = TypeVar("F", bound=Callable[..., Figure])


@contextmanager
def style(dark: bool = False) -> Iterator[None]:
    """Draw figures in the project's style; `dark` is for dark pages, with a transparent background."""
    with _lock, rc_context(_DARK if dark else {}):
        yield


def in_style(draw: F) -> F:
    """Wrap a function that returns a figure: it is drawn in the style, with fonts that have its characters."""

    @functools.wraps(draw)
    def drawn(*args, **kwargs):
        dark = rcParams["text.color"] == _INK
        with _lock, rc_context({} if dark else _LIGHT):
            figure = draw(*args, **kwargs)
        for text in figure.findobj(Text) if _families else ():
            text.set_fontfamily(["sans-serif", *_families])  # type: ignore[attr-defined]
        return figure

    return drawn  # type: ignore[return-value]


def ink() -> str:
    """Colour of texts and of lines that should stand out: black, or light grey in the dark style."""
    return rcParams["text.color"]


def label(text: object, longest: int = _LONGEST) -> str:
    """A name as a text of a figure: one line of at most `longest` columns, without characters that no font has.

    Dollar signs are escaped, because matplotlib reads what is between two of them as mathematics; an underscore at the
    start is moved, because a legend leaves such names out.
    """
    line = " ".join(str(text).split())
    line = "".join(character if _is_drawn(character) else _UNKNOWN for character in line)
    line = shortened(_UNKNOWNS.sub(f"{2 * _UNKNOWN}…", line), longest).replace("$", r"\$")
    return f" {line}" if line.startswith("_") else line


def shortened(text: str, longest: int = _LONGEST) -> str:
    """A text of at most `longest` columns: the start and the end of a longer one, with an ellipsis between them."""
    if _columns(text) <= longest:
        return text
    start, end = "", ""
    for character in text:
        if _columns(start + character) > (longest - 1) * 2 // 3:
            break
        start += character
    for character in reversed(text):
        if _columns(start + end + character) + 1 > longest:
            break
        end = character + end
    return f"{start.rstrip()}…{end.lstrip()}"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _is_drawn(character: str) -> bool:
    """True if the default font or another installed one has the character; the other font is remembered."""
    if ord(character) in _characters(font_manager.findfont(FontProperties(family=["sans-serif"]))):
        return True
    family = _family_with(character)
    if family is not None:
        _families[family] = None
    return family is not None


@functools.cache
def _characters(path: str) -> frozenset[int]:
    with suppress(RuntimeError, OSError):  # a font file that cannot be read
        return frozenset(font_manager.get_font(path).get_charmap())
    return frozenset()


@functools.cache
def _family_with(character: str) -> str | None:
    """An installed font that has a character; None if there is none."""
    if unicodedata.category(character)[0] == "C":  # control characters and lone surrogates
        return None
    entries = font_manager.fontManager.ttflist
    fonts = {x.fname: x.name for x in entries if x.style == "normal" and not _NOT_DRAWN.search(x.name)}
    return next((name for path, name in fonts.items() if ord(character) in _characters(path)), None)


def named_bars(
    axes: Axes, names: Sequence[str], values: Sequence[float], errors: Sequence[Sequence[float]] = ()
) -> None:
    """Draw horizontal bars, the first one on top; `errors` are lengths below and above the values, or empty."""
    places = np.arange(len(names))
    axes.barh(places, values, xerr=errors or None, error_kw={"ecolor": ink(), "elinewidth": 1})
    axes.set_yticks(places, [label(name) for name in names])
    axes.invert_yaxis()


def named_points(axes: Axes, names: Sequence[str], values: Sequence[Estimate | None]) -> None:
    """Draw a point with its interval in a row for each name, the first one on top; None leaves the row empty."""
    found = [(i, x) for i, x in enumerate(values) if x is not None and np.isfinite(x.value)]
    errors = [
        [max(np.nan_to_num(x.value - x.low), 0) for _, x in found],
        [max(np.nan_to_num(x.high - x.value), 0) for _, x in found],
    ]
    axes.errorbar([x.value for _, x in found], [i for i, _ in found], xerr=errors, fmt="o", markersize=4, elinewidth=1)
    axes.set_yticks(range(len(names)), [label(name) for name in names], fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.25)


def heat_map(
    matrix: Float[np.ndarray, "rows columns"], rows: Sequence[str], columns: Sequence[str], measure: str
) -> Figure:
    """A heat map around 0: red is positive, blue negative, white 0. Its cells contain their numbers if they are few.

    The colours end at 1, or at the largest absolute value if that is larger. A few cells that are much larger do not
    make the others pale: the colours then end earlier, and the colour bar has a pointed end.
    """
    above, beside = [label(name) for name in columns], [label(name) for name in rows]
    wide, high = (_LETTER * max(map(_columns, texts), default=0) for texts in (beside, above))  # inches
    size = (1.2 + wide + 0.34 * len(columns), 0.5 + 0.9 * high + 0.3 * len(rows))
    figure = Figure(figsize=(max(size[0], 3.2), max(size[1], 2)), layout="constrained")
    axes = figure.add_subplot()
    sizes = np.abs(matrix[np.isfinite(matrix)])
    largest = float(sizes.max(initial=0))
    limit = max(1.0, min(largest, 2 * float(np.quantile(sizes, 0.9)) if sizes.size else 0.0))
    image = axes.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_xticks(range(len(columns)), above, rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(rows)), beside, fontsize=8)
    ends = "both" if largest > limit else "neither"
    figure.colorbar(image, ax=axes, label=measure, extend=ends, fraction=0.05)
    for i, j in np.ndindex(matrix.shape) if matrix.size <= _MOST_NUMBERS else ():
        value = float(matrix[i, j])
        if np.isfinite(value):
            colour = "white" if abs(value) > 0.6 * limit else "black"
            axes.text(j, i, short(value), ha="center", va="center", fontsize=6, color=colour)
    return figure


def largest_columns(
    matrix: Float[np.ndarray, "rows columns"], always: Sequence[int] = (), most: int = 16
) -> Int[np.ndarray, " kept"]:
    """Columns that a readable heat map has: `always`, then those with the largest absolute values, in their order."""
    sizes = np.nan_to_num(np.abs(matrix)).max(0, initial=0)
    sizes[list(always)] = np.inf
    return np.sort(np.argsort(-sizes, kind="stable")[:most])


def bins(n: int) -> int:
    """Number of bars of a histogram of `n` values."""
    return int(np.clip(n // 4, 5, 30))


def short(value: float) -> str:
    """A number with about two digits, and a real minus sign: ".03", "−1.2", "12"."""
    if abs(value) < 0.995:
        text = f"{value:.2f}".replace("0.", ".", 1)
    else:
        text = f"{value:.1f}" if abs(value) < 9.95 else f"{value:.0f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")
