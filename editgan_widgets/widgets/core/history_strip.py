"""The history strip: one node per group of entries, with branches where a step was undone and another one taken."""

from itertools import islice, pairwise
from typing import Any

from editgan_widgets.documents.entry_kinds import Text, kind_of, title_of
from editgan_widgets.documents.history import Entry, History
from editgan_widgets.labels import LabelSet

MOST_SHOWN = 200  # newest entries, and as many ancestors of the present one


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
    made = [entry]
    while made[0].parent is not None and history.entries[made[0].parent].group == entry.group:
        made.insert(0, history.entries[made[0].parent])
    named = [one for one, after in pairwise(made) if not _hides(after, one)]
    words = [title_of(one, labels, text) for one in (*named, entry)]
    return " · ".join(list(dict.fromkeys(word for word in words if word))[-2:])


def _hides(after: Entry, before: Entry) -> bool:
    """True if only the later one of two entries in a row is named."""
    return after.made["do"] == before.made["do"] and kind_of(after).merges
