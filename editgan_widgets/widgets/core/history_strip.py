"""The history strip: one node per group of entries, with branches where a step was undone and another one taken."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from editgan_widgets.documents.history import Entry, History
from editgan_widgets.labels import LabelSet

MOST_SHOWN = 200  # newest entries, and as many ancestors of the present one
Text = Callable[..., str]  # translates an English text with its values (strings.py)


def shown_entries(history: History[Any]) -> list[Entry]:
    """Entries that end a group or that another group follows, of the newest and the ancestors of the present one."""
    entries = history.entries

    def ends_or_forks(entry: Entry) -> bool:
        others = [entries[id].group != entry.group for id in entry.children]
        return all(others) or any(others)

    shown = set(islice(reversed(entries), MOST_SHOWN))
    entry = history.entry
    for _ in range(MOST_SHOWN):
        shown.add(entry.id)
        if entry.parent is None:
            break
        entry = entries[entry.parent]
    return [entries[id] for id in sorted(shown) if ends_or_forks(entries[id])]


def strip(history: History[Any], labels: LabelSet, text: Text) -> list[dict[str, Any]]:
    """Return the nodes that the page draws: {id, parent, name, at} of each shown entry; the present one has `present`.

    A present entry in the middle of a group is shown as the end of its group.
    """
    shown = {entry.id for entry in shown_entries(history)}
    present = present_id(history, shown)
    nodes = []
    for id in sorted(shown):
        entry = history.entries[id]
        above = entry.parent
        while above is not None and above not in shown:
            above = history.entries[above].parent
        name = entry.name or title(history, entry, labels, text)
        node = {"id": id, "parent": above, "name": name, "at": entry.at}
        nodes.append({**node, "present": True} if id == present else node)
    return nodes


def present_id(history: History[Any], shown: set[int]) -> int:
    """Id of the node that represents the present entry."""
    entry = history.entry
    while entry.id not in shown and entry.latest is not None:
        entry = history.entries[entry.latest]
    return entry.id


def title(history: History[Any], entry: Entry, labels: LabelSet, text: Text) -> str:
    """Title of a node: what its group did up to this entry, at most two steps."""
    made = [entry.made]
    above = entry
    while above.parent is not None and history.entries[above.parent].group == entry.group:
        above = history.entries[above.parent]
        made.insert(0, above.made)
    words: list[tuple[str, str]] = []  # text and kind of each step
    for one in made:
        kind = one["do"]
        if kind in ("edit", "strength", "vector") and words and words[-1][1] == kind:
            words.pop()  # of several consecutive ones only the last is named
        words.append((_word(one, labels, text), kind))
    shown = list(dict.fromkeys(word for word, _ in words if word))
    return " · ".join(shown[-2:])


def _word(made: Mapping[str, Any], labels: LabelSet, text: Text) -> str:
    kind = made["do"]
    if kind == "begin":
        return text("Start")
    if kind == "paint":
        return text(labels[made["stroke"]["label"]].name)
    if kind == "label_map":
        part = text(labels[made["part"]].name) if "part" in made else ""
        tool = text(made["tool"]) if "tool" in made else text("parts")
        return f"{part} {tool}".strip()
    if kind == "edit":
        return text("{steps} steps", steps=made["ran"])
    if kind == "strength":
        return f"{made['strength']:.0%}"
    if kind == "vector":
        terms = made["vector"].get("combined") or [{"name": made["vector"]["name"], "scale": made["scale"]}]
        return ", ".join(f"{text(term['name'])} {term['scale']:+.2g}" for term in terms)
    return text({"adopt": "Parts from the picture", "go_to": "Opened", "drag": "Drag"}.get(kind, kind))
