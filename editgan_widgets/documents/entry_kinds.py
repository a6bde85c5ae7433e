"""Kinds of history entries: what an action did to the session, and its title, by the `do` of an entry.

A new kind is one line in `KINDS`. Only the module that makes its entries and the script (session_script.py), which
writes each action as a call, name it besides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from editgan_widgets.documents.history import Entry
from editgan_widgets.labels import LabelSet

Made: TypeAlias = Mapping[str, Any]
Text: TypeAlias = Callable[..., str]  # translates an English text with its values


@dataclass(frozen=True)
class Kind:
    """What entries of a kind have in common.

    Attributes:
        title: of one entry, from what it did, the labels and the translation.
        paints: the action changed only the painted label map.
        runs: the action was an optimisation of the latent; its entry has `ran`, `since`, `completed`, `threads` and
            `settings`, and the change of the latent can be scaled.
        scales: the action scaled the change of the run in its `edit`.
        redraws: the action replaced the painted parts by those of the picture, apart from later strokes.
        merges: of several in a row only the last is named.
    """

    title: Callable[[Made, LabelSet, Text], str]
    paints: bool = False
    runs: bool = False
    scales: bool = False
    redraws: bool = False
    merges: bool = False


def kind_of(entry: Entry) -> Kind:
    """The kind of an entry; one that a newer version wrote is named by its `do`."""
    do = str(entry.made["do"])
    return KINDS.get(do) or Kind(lambda _made, _labels, text: text(do))


def title_of(entry: Entry, labels: LabelSet, text: Text) -> str:
    """Title of what one entry did."""
    return kind_of(entry).title(entry.made, labels, text)


def _tool(made: Made, labels: LabelSet, text: Text) -> str:
    part = text(labels[made["part"]].name) if "part" in made else ""
    tool = text(made["tool"]) if "tool" in made else text("parts")
    return f"{part} {tool}".strip()


def _vector(made: Made, _labels: LabelSet, text: Text) -> str:
    terms = made["vector"].get("combined") or [{"name": made["vector"]["name"], "scale": made["scale"]}]
    return ", ".join(f"{text(term['name'])} {term['scale']:+.2g}" for term in terms)


KINDS: Mapping[str, Kind] = {
    "begin": Kind(lambda _made, _labels, text: text("Start")),
    "paint": Kind(lambda made, labels, text: text(labels[made["stroke"]["label"]].name), paints=True),
    "label_map": Kind(_tool, paints=True),
    "adopt": Kind(lambda _made, _labels, text: text("Parts from the picture")),
    "edit": Kind(lambda made, _labels, text: text("{steps} steps", steps=made["ran"]), runs=True, merges=True),
    "drag": Kind(lambda _made, _labels, text: text("Drag"), runs=True, redraws=True),
    "strength": Kind(lambda made, _labels, _text: f"{made['strength']:.0%}", scales=True, merges=True),
    "vector": Kind(_vector, merges=True),
    "go_to": Kind(lambda _made, _labels, text: text("Opened")),
}
