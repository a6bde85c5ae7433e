"""Journal: a session's history packed small, and on disk after every action, so that a crash loses nothing.

    objects/3f2a…      one array each, zlib, named by the hash of what it holds: equal arrays are kept once
    log.jsonl          one line for each action: a new entry and its arrays, a move, a name
    about.json         which model, and what the session began with

Arrays are plain numbers and lines are JSON: reading a journal runs nothing. A line that a crash cut short is left out.
"""

import hashlib
import json
import logging
import os
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic

import numpy as np

from editgan_widgets.editing.history import Entry, History, HistoryError, State, Store

_FORMAT = "editgan-widgets journal 1"
_LIVE = 24  # states that are kept unpacked: those the user goes to and fro between
_log = logging.getLogger(__name__)
_DTYPES = ("uint8", "bool", "float32")


class JournalError(ValueError):
    """A folder that holds no journal, or a broken one."""


class Arrays:
    """Arrays by the hash of their content: in memory, or as files in a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._packed: dict[str, bytes] = {}

    def put(self, array: np.ndarray) -> dict[str, Any]:
        """Keep an array of uint8, bool or float32; gives what `get` takes."""
        content = np.ascontiguousarray(array)
        assert content.dtype.name in _DTYPES, content.dtype
        raw = content.tobytes()
        name = hashlib.sha256(raw).hexdigest()[:32]
        if self.folder is None:
            if name not in self._packed:
                self._packed[name] = zlib.compress(raw, 1)
        else:
            path = self.folder / name
            if not path.exists():
                part = path.with_suffix(f".{os.getpid()}")
                part.write_bytes(zlib.compress(raw, 1))
                part.replace(path)
        return {"array": name, "dtype": content.dtype.name, "shape": list(content.shape)}

    def get(self, reference: Any) -> np.ndarray:
        """Give an array back, read-only. Raises JournalError for one that is missing or broken."""
        try:
            name, shape = str(reference["array"]), [int(n) for n in reference["shape"]]
            if reference["dtype"] not in _DTYPES or not name.isalnum():
                raise ValueError(f"array {name!r} of {reference['dtype']!r}")
            packed = self._packed[name] if self.folder is None else (self.folder / name).read_bytes()
            return np.frombuffer(zlib.decompress(packed), reference["dtype"]).reshape(shape)
        except (KeyError, TypeError, ValueError, OSError, zlib.error) as error:
            raise JournalError(f"an array of the journal is missing or broken ({error})") from error


class Journal(Store[State], Generic[State]):
    """A store that packs states, and writes them and all that happens to a folder where one is given.

    Args:
        pack: a state as JSON values, with `put` of Arrays in place of each array.
        unpack: the state of such values.
        folder: an empty or new one, or one that `read` is to read; None keeps all in memory.
    """

    def __init__(
        self,
        pack: Callable[[State, Arrays], dict[str, Any]],
        unpack: Callable[[dict[str, Any], Arrays], State],
        folder: str | Path | None = None,
    ) -> None:
        self._pack, self._unpack = pack, unpack
        self.folder = None if folder is None else Path(folder)
        self.arrays = Arrays(None if self.folder is None else self.folder / "objects")
        self.taken_over = False  # another session has restored the folder and writes to it now
        self._end = 0  # of the log, as this journal left it
        self._packed: dict[int, str] = {}  # JSON, which is smaller than what it says
        self._live: OrderedDict[int, State] = OrderedDict()

    def begin(self, about: dict[str, Any]) -> None:
        """Make the folder. Raises JournalError where there is a journal already, OSError where it cannot be made."""
        if self.folder is None:
            return
        if (self.folder / "about.json").exists():
            raise JournalError(f"{self.folder} holds a journal already; give another folder, or restore it")
        (self.folder / "objects").mkdir(parents=True, exist_ok=True)
        (self.folder / "about.json").write_text(json.dumps({"format": _FORMAT, **about}), encoding="utf-8")

    def put(self, entry: Entry, state: State) -> None:
        """Pack a state and write its entry down."""
        packed = self._pack(state, self.arrays)
        self._packed[entry.id] = json.dumps(packed)
        self._keep(entry.id, state)
        self.write({"entry": _plain(entry), "state": packed})

    def get(self, id: int) -> State:
        """Give a state, unpacked where it is not among the newest."""
        if id not in self._live:
            self._keep(id, self._unpack(json.loads(self._packed[id]), self.arrays))
        self._live.move_to_end(id)
        return self._live[id]

    def moved(self, entry: Entry) -> None:
        """Write down where the user is."""
        self.write({"present": entry.id})

    def changed(self, entry: Entry) -> None:
        """Write down an entry's new name or note."""
        self.write({"changed": entry.id, "name": entry.name, "note": dict(entry.note)})

    def write(self, line: dict[str, Any]) -> None:
        """Add a line to the log; lines of other kinds than the store's own are given to `read`'s caller."""
        if self.folder is None or self.taken_over:
            return
        with (self.folder / "log.jsonl").open("ab") as file:
            if file.tell() != self._end:
                self.taken_over = True
                _log.warning("another session goes on with the journal in %s; this one is no longer kept", self.folder)
                return
            file.write(json.dumps(line).encode() + b"\n")
            self._end = file.tell()

    def copy_into(self, other: "Journal[State]", history: History[State]) -> None:
        """Write a whole history into another journal."""
        for entry in history.entries.values():
            other.put(entry, self.get(entry.id))
        other.moved(history.entry)

    def read(self) -> tuple[dict[str, Any], History[State], list[dict[str, Any]]]:
        """Read the folder: what the session began with, its history, and the lines that are none of the store's.

        Raises JournalError.
        """
        assert self.folder is not None
        about, entries, others, present = read_about(self.folder), [], [], 0
        by_id: dict[int, Entry] = {}
        try:
            _end_line(self.folder / "log.jsonl")
            for line in _lines(self.folder / "log.jsonl"):
                if "entry" in line:
                    entry = Entry(**line["entry"])
                    entries.append(entry)
                    by_id[entry.id], present = entry, entry.id
                    self._packed[entry.id] = json.dumps(line["state"])
                elif "present" in line:
                    present = line["present"]
                elif "changed" in line:
                    entry = by_id[line["changed"]]
                    entry.name, entry.note = line["name"], line["note"]
                elif "restored" not in line:
                    others.append(line)
            self._end = (self.folder / "log.jsonl").stat().st_size
            history = History.of(entries, present, self)
            self.write({"restored": time.time()})
            return about, history, others
        except (KeyError, TypeError, ValueError, HistoryError, OSError) as error:
            raise JournalError(f"the journal in {self.folder} is broken ({error})") from error

    def _keep(self, id: int, state: State) -> None:
        self._live[id] = state
        while len(self._live) > _LIVE:
            self._live.popitem(last=False)


def read_about(folder: str | Path) -> dict[str, Any]:
    """What a journal says of its session, without its history. Raises JournalError."""
    path = Path(folder) / "about.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise JournalError(f"{folder} holds no journal; EditSession.keep_journal and Editor begin one") from None
    except (OSError, ValueError) as error:
        raise JournalError(f"the journal in {folder} is broken ({error})") from error
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise JournalError(f"{folder} holds a journal of another format than {_FORMAT!r}")
    return about


def journals_folder() -> Path:
    """Where editors keep their journals: the variable EDITGAN_JOURNALS, or the user's folder for programs' state."""
    named = os.environ.get("EDITGAN_JOURNALS")
    if named:
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "editgan-widgets" / "journals"


def new_folder(keep: int = 20) -> Path:
    """A name for a new journal in `journals_folder`; of the old ones the newest `keep` stay."""
    root = journals_folder()
    root.mkdir(parents=True, exist_ok=True)
    for old in newest_folders()[keep:]:
        _remove(old)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    return root / f"{stamp}-{os.getpid()}-{time.monotonic_ns() % 1_000_000:06d}"


def newest_folders() -> list[Path]:
    """Journals in `journals_folder`, the one written to last first."""
    found = [path for path in journals_folder().glob("*") if (path / "log.jsonl").is_file()]
    return sorted(found, key=lambda path: (path / "log.jsonl").stat().st_mtime_ns, reverse=True)


def _remove(folder: Path) -> None:
    """Delete a journal's own files, and the folder where nothing else is in it."""
    for path in (*folder.glob("objects/*"), *folder.glob("vectors/*"), *folder.glob("*")):
        if path.is_file():
            path.unlink(missing_ok=True)
    for path in (folder / "objects", folder / "vectors", folder):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _plain(entry: Entry) -> dict[str, Any]:
    fields = asdict(entry)
    return {name: fields[name] for name in ("id", "parent", "group", "made", "note", "name", "at")}


def _end_line(path: Path) -> None:
    """Let the next line begin at a line's beginning, where a crash cut the last one short."""
    with path.open("r+b") as file:
        if file.seek(0, os.SEEK_END) and file.seek(-1, os.SEEK_END) and file.read(1) != b"\n":
            file.write(b"\n")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    for line in lines[:-1]:  # what follows the last line's end was cut short
        try:
            content = json.loads(line)
        except ValueError:
            continue
        if isinstance(content, dict):
            yield content
