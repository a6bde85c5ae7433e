"""History: an undo tree. No entry is lost: a new action after an undo starts a branch.

    history.push(state, do="paint", ...)     add an entry under the present one
    history.undo(), history.redo()           one entry back; one forward along the branch visited last
    history.visit(7)                         go to any entry, on any branch

Entries pushed in one `grouped()` block belong together, such as a stroke and the edit that follows it; `before_group`
and `after_group` are the entries to go to when they are undone and redone together. A store keeps the states:
documents/journal.py packs them and writes them to disk.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from editgan_widgets.scalars import Whole, is_whole, shown, whole

State = TypeVar("State")


class HistoryError(ValueError):
    """An entry does not exist, or there is nothing to undo or redo."""


@dataclass(eq=False)
class Entry:
    """One action. `made` and `note` have only JSON values."""

    id: int
    parent: int | None  # None for the first entry
    group: int
    made: Mapping[str, Any]  # the action, with its kind as "do": enough to repeat it
    note: Mapping[str, Any] = field(default_factory=dict)  # data of the history's owner, such as slider positions
    name: str = ""  # given by the user
    at: float = 0.0  # time, seconds since 1970
    children: list[int] = field(default_factory=list)
    latest: int | None = None  # child that was visited last: where redo goes


@runtime_checkable
class Store(Protocol[State]):
    """Keeps the states of entries."""

    def put(self, entry: Entry, state: State) -> None:
        """Store the state of a new entry, or raise and store nothing."""

    def get(self, id: int) -> State:
        """Return the state, bit for bit."""
        ...

    def moved(self, entry: Entry) -> None:
        """Record that this is the present entry now."""

    def changed(self, entry: Entry) -> None:
        """Record that an entry's name or note has changed."""


class Kept(Store[State]):
    """A store in memory: a dictionary."""

    def __init__(self) -> None:
        self._states: dict[int, State] = {}

    def put(self, entry: Entry, state: State) -> None:
        """Store the object itself."""
        self._states[entry.id] = state

    def get(self, id: int) -> State:
        """Return the object itself."""
        return self._states[id]


class History(Generic[State]):
    """A tree of entries, one of which is the present one. Not thread-safe.

    Attributes:
        state: state of the present entry.
        entry: the present entry.
        entries: all entries by id, in order of creation.
    """

    def __init__(self, first: State, store: Store[State] | None = None) -> None:
        self.store: Store[State] = Kept() if store is None else store
        self.entries: dict[int, Entry] = {}
        self._groups = 0
        self._group: int | None = None
        self.state = first
        self.entry = Entry(0, None, 0, {"do": "begin"}, at=time.time())
        self.entries[0] = self.entry
        self.store.put(self.entry, first)

    def __repr__(self) -> str:
        return f"History({len(self.entries)} entries, at entry {self.entry.id}: {self.entry.made['do']})"

    @classmethod
    def of(cls, entries: list[Entry], present: int, store: Store[State]) -> "History[State]":
        """Rebuild a history from entries in order of creation, whose states the store has.

        Raises HistoryError if the entries are not a tree, or the present one is not among them.
        """
        history = cls.__new__(cls)
        history.store, history.entries, history._group = store, {}, None
        for entry in entries:
            if (entry.parent is None) != (not history.entries):
                raise HistoryError(f"entry {entry.id} starts a second tree, or has no parent")
            if history.entries and entry.id <= next(reversed(history.entries)):
                raise HistoryError(f"entry {entry.id} is repeated or out of order")
            if entry.parent is not None and entry.parent not in history.entries:
                raise HistoryError(f"entry {entry.id} follows entry {entry.parent}, which is not there")
            entry.children, entry.latest = [], None
            history.entries[entry.id] = entry
            if entry.parent is not None:
                above = history.entries[entry.parent]
                above.children.append(entry.id)
                above.latest = entry.id
        if present not in history.entries:
            raise HistoryError(f"the present entry {present} is not there")
        history._groups = max(entry.group for entry in entries)
        history.entry = history.entries[present]
        history.state = store.get(present)
        history._remember()
        return history

    @property
    def can_undo(self) -> bool:
        """True if the present entry has a parent."""
        return self.entry.parent is not None

    @property
    def can_redo(self) -> bool:
        """True if a child of the present entry was undone."""
        return self.entry.latest is not None

    @contextmanager
    def grouped(self, group: int | None = None) -> Iterator[int]:
        """Entries pushed inside belong to one group, a new or an existing one. Yields its number."""
        outer, self._group = self._group, self.new_group() if group is None else group
        try:
            yield self._group
        finally:
            self._group = outer

    def new_group(self) -> int:
        """An unused group number."""
        self._groups += 1
        return self._groups

    def push(self, state: State, **made: Any) -> Entry:
        """Add an entry under the present one and make it the present one."""
        group = self.new_group() if self._group is None else self._group
        entry = Entry(
            next(reversed(self.entries)) + 1, self.entry.id, group, made, dict(self.entry.note), at=time.time()
        )
        above = self.entry
        self.store.put(entry, state)  # if this raises, the history is unchanged
        try:
            self._link(above, entry, state)
        except KeyboardInterrupt:
            self._link(above, entry, state)
            raise
        return entry

    def _link(self, above: Entry, entry: Entry, state: State) -> None:
        """Add an entry under another one and make it the present one; idempotent."""
        self.entries[entry.id] = entry
        if entry.id not in above.children:
            above.children.append(entry.id)
        above.latest = entry.id
        self.entry, self.state = entry, state

    def undo(self) -> None:
        """Go one entry back. Raises HistoryError at the beginning."""
        if self.entry.parent is None:
            raise HistoryError("nothing to undo: nothing was painted or edited yet")
        self.visit(self.entry.parent)

    def redo(self) -> None:
        """Go one entry forward. Raises HistoryError if nothing was undone."""
        if self.entry.latest is None:
            raise HistoryError("nothing to redo: nothing was undone since the last stroke or edit")
        self.visit(self.entry.latest)

    def before_group(self) -> int:
        """Id of the entry before the present entry's group; the present one at the beginning."""
        above = self.entry
        while above.parent is not None and above.group == self.entry.group:
            above = self.entries[above.parent]
        return above.id

    def after_group(self) -> int:
        """Id of the last entry of the group that was undone from here; the present one if none was."""
        if self.entry.latest is None:
            return self.entry.id
        below = self.entries[self.entry.latest]
        while below.latest is not None and self.entries[below.latest].group == below.group:
            below = self.entries[below.latest]
        return below.id

    def visit(self, id: Whole) -> None:
        """Go to any entry. Raises HistoryError for an unknown id."""
        entry = self.find(id)
        if entry is self.entry:
            return
        self.state, self.entry = self.store.get(entry.id), entry
        self._remember()
        self.store.moved(entry)

    def rename(self, id: Whole, name: str) -> None:
        """Name an entry, at most 80 characters; an empty name removes it. Raises HistoryError."""
        if len(name) > 80:
            raise HistoryError(f"an entry's name may have at most 80 characters; got {len(name)}")
        entry = self.find(id)
        entry.name = name.strip()
        self.store.changed(entry)

    def annotate(self, **note: Any) -> None:
        """Add data to the present entry's note; new entries inherit it."""
        before = self.entry.note
        self.entry.note = {**before, **note}
        try:
            self.store.changed(self.entry)
        except BaseException:
            self.entry.note = before
            raise

    def find(self, id: Whole) -> Entry:
        """The entry of an id. Raises HistoryError."""
        number = whole(id, "id") if is_whole(id) else None
        if number not in self.entries:
            raise HistoryError(
                f"there is no entry {shown(id)} in the history; it has 0 to {next(reversed(self.entries))}"
            )
        return self.entries[number]

    def path(self, id: Whole | None = None) -> list[Entry]:
        """Entries from the first one to the one of this id, or to the present one if None."""
        entry = self.entry if id is None else self.find(id)
        found = [entry]
        while entry.parent is not None:
            entry = self.entries[entry.parent]
            found.append(entry)
        return found[::-1]

    def _remember(self) -> None:
        """Let redo lead to the present entry from all its ancestors."""
        entry = self.entry
        while entry.parent is not None:
            above = self.entries[entry.parent]
            above.latest = entry.id
            entry = above
