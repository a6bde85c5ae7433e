"""Journal: a session's history, packed in memory and written to disk after every action, so that a crash loses nothing.

The memory is authoritative, and the folder (journal_disk.py) is its copy. A failing write never makes an action fail:
it turns saving off (`problem` has the reason), and later actions try again until the folder is complete.

Arrays are plain numbers and lines are JSON, so reading a journal executes nothing. A line that was truncated by a crash
is ignored.
"""

import hashlib
import json
import logging
import math
import os
import shutil
import threading
import time
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic

import numpy as np
from torch import Tensor

from editgan_widgets.documents.history import Entry, History, HistoryError, State, Store
from editgan_widgets.documents.journal_disk import Content, JournalDisk, TakenOverError, Writer, lines_of
from editgan_widgets.documents.journal_folders import expanded
from editgan_widgets.documents.journal_folders import journals_folder as journals_folder
from editgan_widgets.documents.journal_folders import new_folder as new_folder
from editgan_widgets.documents.journal_folders import newest_folders as newest_folders
from editgan_widgets.file_kinds import misplaced
from editgan_widgets.packing import deflated, inflated

_FORMAT = "editgan-widgets journal 1"
_LIVE = 24  # number of recent states that are kept unpacked
_TRYING_SHARE, _LONGEST_WAIT = 0.3, 30.0  # maximum share of the time for failing writes; maximum s between them
_log = logging.getLogger(__name__)
_OTHER_FOLDER = "choose another folder with EDITGAN_JOURNALS, or remove the file in its place"
_MOST_BYTES = 1 << 28  # maximum size of one array
_DTYPES = ("uint8", "bool", "float32")


class JournalError(ValueError):
    """A folder has no journal, or a broken one."""


class Arrays:
    """Arrays by the hash of their content, compressed in memory."""

    def __init__(self, packed: dict[str, bytes] | None = None) -> None:
        self.packed = {} if packed is None else packed
        self._known: dict[int, tuple[Any, int, dict[str, Any]]] = {}  # by id: weak reference, version, what `put` gave

    def put(self, array: np.ndarray | Tensor) -> dict[str, Any]:
        """Store an array of uint8, bool or float32; returns the reference for `get`.

        A tensor, or an array that cannot be written to, is hashed only once.
        """
        version = array._version if isinstance(array, Tensor) else 0
        known = self._known.get(id(array))
        if known is not None and known[0]() is array and known[1] == version:
            return dict(known[2])
        reference = self._hashed(array.detach().cpu().numpy() if isinstance(array, Tensor) else array)
        if isinstance(array, Tensor) or _is_constant(array):
            key, known_arrays = id(array), self._known
            self._known[key] = (weakref.ref(array, lambda _: known_arrays.pop(key, None)), version, reference)
        return dict(reference)

    def _hashed(self, array: np.ndarray) -> dict[str, Any]:
        content = np.ascontiguousarray(array)
        assert content.dtype.name in _DTYPES, content.dtype
        name = hashlib.sha256(content.tobytes()).hexdigest()[:32]
        if name not in self.packed:
            self.packed[name] = deflated(content, 1)
        return {"array": name, "dtype": content.dtype.name, "shape": list(content.shape)}

    def get(self, reference: Any) -> np.ndarray:
        """Return an array, read-only. Raises JournalError if it is missing or broken."""
        try:
            name, shape = str(reference["array"]), [int(n) for n in reference["shape"]]
            if reference["dtype"] not in _DTYPES:
                raise ValueError(f"array {name!r} of {reference['dtype']!r}")
            needed = math.prod(shape) * np.dtype(reference["dtype"]).itemsize
            if min(shape, default=0) < 0 or needed > _MOST_BYTES:
                raise ValueError(f"array {name!r} of shape {shape}")
            return np.frombuffer(inflated(self.packed[name], needed), reference["dtype"]).reshape(shape)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise JournalError(f"an array of the journal is missing or broken ({error})") from error

    def read(self, folder: Path) -> None:
        """Read the arrays of a folder, without damaged files."""
        paths: list[Path] = []
        with suppress(OSError):
            paths.extend(folder.iterdir())
        for path in paths:
            with suppress(OSError, zlib.error):
                packed = path.read_bytes()
                if _hash_of(packed) == path.name:
                    self.packed[path.name] = packed


def _is_constant(array: np.ndarray) -> bool:
    """True if neither an array nor the array that it is a view of is writeable."""
    base = array.base
    return not array.flags.writeable and (not isinstance(base, np.ndarray) or _is_constant(base))


def _hash_of(packed: bytes) -> str | None:
    """Hash of compressed content; None if it is truncated or far too large. It is decompressed in pieces."""
    inflate, name, size = zlib.decompressobj(), hashlib.sha256(), 0
    while not inflate.eof and size <= _MOST_BYTES:
        piece = inflate.decompress(packed, 1 << 20)
        packed = inflate.unconsumed_tail
        if not piece and not packed:
            break
        name.update(piece)
        size += len(piece)
    return name.hexdigest()[:32] if inflate.eof and size <= _MOST_BYTES else None


class Journal(Store[State], Generic[State]):
    """A store that packs states and, if a folder is given, writes them and all actions to it.

    Only `begin` and `read` raise OSError; see `problem`. Methods may be called from several threads.

    Args:
        pack: converts a state to JSON values, with `Arrays.put` for each array.
        unpack: converts such values to a state.
        folder: an empty or new one, or one for `read`; `~` is the home folder. None keeps everything in memory.

    Attributes:
        clock: seconds, by which a failed write is not tried again at once.
        arrays: arrays of all states.
        problem: why the folder is not up to date, one line; empty if it is, or if there is no folder.
        saved_once: True if the folder was complete at any time.
        watched: True if `problem` is shown to the user; otherwise it is logged as a warning.
        taken_over: True if another session has restored the folder, or this process is a fork of the one that writes
            to it; this journal then stops writing.
    """

    def __init__(
        self,
        pack: Callable[[State, Arrays], dict[str, Any]],
        unpack: Callable[[dict[str, Any], Arrays], State],
        folder: str | Path | None = None,
    ) -> None:
        self._pack, self._unpack = pack, unpack
        self.folder = None if folder is None else expanded(folder)
        self._content = Content()
        self.arrays = Arrays(self._content.arrays)
        self.clock: Callable[[], float] = time.monotonic
        self.problem = ""
        self.saved_once = False
        self.watched = False
        self.taken_over = False
        self._disk = None if self.folder is None else JournalDisk(self.folder)
        self._lock = threading.RLock()
        self._try_again = 0.0
        self._packed: dict[int, str] = {}  # JSON, which takes less memory than its values
        self._live: OrderedDict[int, State] = OrderedDict()

    def begin(self, about: dict[str, Any], required: bool = True) -> None:
        """Write the folder for the first time.

        Raises JournalError if it has a journal already. If it cannot be written, raises OSError (or another error of
        the writer) if `required`, and otherwise tries again later.
        """
        if self._disk is None:
            return
        folder = self._disk.folder
        new = not os.path.exists(folder)  # Path.exists may raise an error
        if os.path.exists(folder / "about.json"):
            raise JournalError(f"{folder} already has a journal; give another folder, or restore it")
        self._content.about = json.loads(_json({"format": _FORMAT, **about}))
        if not required:
            self.save()
            return
        try:
            self._disk.write(self._content)
        except BaseException:
            self._disk.lock.release()
            if new:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        self.saved_once = True

    def put(self, entry: Entry, state: State) -> None:
        """Pack a state and log its entry. If this raises, nothing is stored."""
        packed = _json(self._pack(state, self.arrays))
        line = "" if self._disk is None else _entry_line(entry, packed)
        with self._lock:
            self._packed[entry.id] = packed
            self._keep(entry.id, state)
            self._add(line)

    def get(self, id: int) -> State:
        """Return a state; it is unpacked unless it is a recent one. Raises JournalError if it is broken."""
        with self._lock:
            if id not in self._live:
                if id not in self._packed:
                    raise JournalError(f"the state of entry {id} is missing")
                try:
                    state = self._unpack(json.loads(self._packed[id]), self.arrays)
                except JournalError:
                    raise
                except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError) as error:
                    raise JournalError(f"the state of entry {id} is broken ({error})") from error
                self._keep(id, state)
            self._live.move_to_end(id)
            return self._live[id]

    def moved(self, entry: Entry) -> None:
        """Log the present entry."""
        self.write({"present": entry.id})

    def changed(self, entry: Entry) -> None:
        """Log an entry's new name or note."""
        self.write({"changed": entry.id, "name": entry.name, "note": dict(entry.note)})

    def write(self, line: dict[str, Any]) -> None:
        """Add a line to the log; `read` returns lines of kinds that the store does not use itself."""
        if self._disk is not None:
            with self._lock:
                self._add(_json(line))

    def attach(self, name: str, write: Writer, written: bool = False) -> None:
        """Store a file with the history.

        Args:
            name: its path in the folder, such as "photo.png".
            write: writes it to a path; called again if the folder has to be rewritten.
            written: True if it is in the folder already.
        """
        with self._lock:
            self._content.files[name] = write
            if self._disk is not None and not written:
                self._save_if_due()

    def count(self, kind: str) -> int:
        """Number of lines of the caller's own kind, such as "vector"."""
        start = b'{"' + kind.encode() + b'":'
        return sum(line.startswith(start) for line in self._content.lines)

    def save(self) -> bool:
        """Bring the folder up to date now; returns True on success. Never raises OSError."""
        with self._lock:
            if self._disk is None or self.taken_over:
                return False
            began = self.clock()
            try:
                self._disk.write(self._content)
            except TakenOverError as error:
                self.taken_over = True
                self._disk.lock.release()
                self._set_problem(str(error))
            except Exception as error:  # usually OSError, but libraries that write files have their own errors
                now = self.clock()
                self._try_again = now + min((now - began) / _TRYING_SHARE, _LONGEST_WAIT)
                self._set_problem(_reason(error), error)
            else:
                self.saved_once = True
                self._set_problem("")
            return not self.problem

    def close(self) -> None:
        """Write pending lines and release the folder for pruning; a later action locks it again."""
        with self._lock:
            if self._disk is None:
                return
            if self.problem:
                self.save()
            self._disk.lock.release()

    def copy_into(self, other: "Journal[State]", history: History[State]) -> None:
        """Copy the whole history to another journal, which `begin` then writes."""
        with self._lock:
            other.arrays.packed.update(self.arrays.packed)
            other._packed, other._live = dict(self._packed), OrderedDict(self._live)
            lines = [_entry_line(entry, self._packed[entry.id]) for entry in history.entries.values()]
            lines.append(_json({"present": history.entry.id}))
            other._content.lines.extend(line.encode() + b"\n" for line in lines)

    def read(self) -> tuple[dict[str, Any], History[State], list[dict[str, Any]]]:
        """Read the folder: about.json, the history, and the lines of other kinds.

        A damaged state cannot be visited; if it is the present one, the session starts at its nearest intact ancestor.
        The folder may be read-only. Raises JournalError if there is no journal or no state.
        """
        assert self._disk is not None
        folder = self._disk.folder
        about = read_about(folder)
        self._disk.lock.hold()
        self._content.about = {name: value for name, value in about.items() if name not in ("owner", "writer")}
        try:
            log = (folder / "log.jsonl").read_bytes()
            self._content.lines.extend(lines_of(log))
            self.arrays.read(folder / "objects")
            entries, present, others = self._parsed()
            history = History.of(list(entries.values()), self._readable(entries, present), self)
        except (KeyError, TypeError, ValueError, HistoryError, OSError) as error:
            self._disk.lock.release()
            raise JournalError(f"the journal in {folder} is broken ({error})") from error
        owner = about.get("owner")
        files = [file for file in ("photo.png",) if (folder / file).is_file()]
        files += [f"vectors/{path.name}" for path in (folder / "vectors").glob("*")]
        self._disk.go_on_from(owner if isinstance(owner, str) else None, len(log), files)
        self.saved_once = True
        self.write({"restored": time.time()})
        return about, history, others

    def _parsed(self) -> tuple[dict[int, Entry], int, list[dict[str, Any]]]:
        """Entries by id, the present one, and the other lines."""
        entries: dict[int, Entry] = {}
        others, present = [], 0
        for content in self._content.lines:
            try:
                line = json.loads(content)
                entry = _entry_of(line, entries)
                state = None if entry is None else _json(line["state"])
            except (KeyError, TypeError, ValueError, RecursionError):  # truncated, or not a line of a journal
                continue
            if entry is not None and state is not None:
                if entry.parent is not None and entry.parent not in entries and entries:
                    _log.warning("entry %s of the journal is damaged and left out", entry.parent)
                    entry.parent = next(reversed(entries))
                entries[entry.id], present = entry, entry.id  # a second one of that id replaces a truncated one
                self._packed[entry.id] = state
            elif "present" in line:
                id = line["present"]
                present = id if _is_id(id) and id in entries else present
            elif "changed" in line:
                id, name, note = line["changed"], line.get("name"), line.get("note")
                if _is_id(id) and id in entries and isinstance(name, str) and isinstance(note, dict):
                    entries[id].name, entries[id].note = name, note
            elif "restored" not in line:
                others.append(line)
        return entries, present, others

    def _readable(self, entries: dict[int, Entry], present: int) -> int:
        """The present entry, or its nearest ancestor with an intact state."""
        id: int | None = present
        while id is not None and id in entries:
            try:
                self.get(id)
                break
            except JournalError as error:
                id = entries[id].parent
                if id is None:
                    raise
                _log.warning("entry %d of the journal is damaged (%s); its picture is left out", present, error)
        return present if id is None else id

    def _add(self, line: str) -> None:
        if self._disk is not None and not self.taken_over:
            self._content.lines.append(line.encode() + b"\n")
            self._save_if_due()

    def _save_if_due(self) -> None:
        if self._content.about and (not self.problem or self.clock() >= self._try_again):
            self.save()

    def _set_problem(self, problem: str, error: BaseException | None = None) -> None:
        before, self.problem = self.problem, problem
        if bool(before) == bool(problem):
            return
        level = logging.INFO if self.watched else logging.WARNING
        unexpected = error if error is not None and not isinstance(error, OSError) else None
        if problem:
            said = f"History is no longer saved: {problem}" if self.taken_over else not_saved(problem)
            _log.log(level, "%s", said, exc_info=unexpected)
        else:
            _log.log(level, "History is saved again, in %s", self.folder)

    def _keep(self, id: int, state: State) -> None:
        self._live[id] = state
        self._live.move_to_end(id)
        while len(self._live) > _LIVE:
            self._live.popitem(last=False)


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _entry_of(line: Any, entries: dict[int, Entry]) -> Entry | None:
    """The entry of a log line; None for a line of another kind. Raises TypeError or ValueError for a malformed one."""
    if not isinstance(line, dict):
        raise ValueError("a line is an object")
    if "entry" not in line:
        return None
    entry = Entry(**line["entry"])
    whole = _is_id(entry.id) and _is_id(entry.group) and (entry.parent is None or _is_id(entry.parent))
    plain = isinstance(entry.made, dict) and isinstance(entry.note, dict) and isinstance(entry.made.get("do"), str)
    if not (whole and plain and isinstance(entry.name, str) and isinstance(entry.at, (int, float))):
        raise ValueError("an entry of other fields")
    if entries and entry.id not in entries:
        if entry.parent is None or entry.id <= next(reversed(entries)):
            raise ValueError("an entry out of order")
    elif entries and (entry.parent is None) != (entries[entry.id].parent is None):
        raise ValueError("an entry that takes another's place")
    return entry


def not_saved(problem: str) -> str:
    """Message to the user if a journal cannot be written."""
    return f"History is no longer saved: {problem}. You can go on working; all of it is saved once writing works again."


def read_about(folder: str | Path) -> dict[str, Any]:
    """Content of a journal's about.json. Raises JournalError."""
    path = Path(folder).expanduser() / "about.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        what = misplaced(folder) if Path(folder).expanduser().is_file() else ""
        raise JournalError(f"{folder} holds no journal{what}; EditSession.keep_journal and Editor begin one") from None
    except (OSError, ValueError, RecursionError) as error:
        raise JournalError(f"the journal in {folder} is broken ({error})") from error
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise JournalError(f"{folder} holds a journal of another format than {_FORMAT!r}")
    return about


def _reason(error: BaseException) -> str:
    """Short description of an error, with its file."""
    if isinstance(error, OSError) and error.strerror:
        reason = f"{error.strerror} ({error.filename})" if error.filename else error.strerror
        in_place = isinstance(error, (FileExistsError, NotADirectoryError, IsADirectoryError))
        return f"{reason}; {_OTHER_FOLDER}" if in_place else reason
    text = str(error).strip() or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}…"


def check_json(value: Any) -> None:
    """Raise TypeError for a value that the history cannot keep."""
    _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    """Convert values that JSON does not have: numpy scalars and arrays, paths."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"the history keeps JSON values; got {type(value).__name__}")


def _entry_line(entry: Entry, packed: str) -> str:
    fields = asdict(entry)
    plain = {name: fields[name] for name in ("id", "parent", "group", "made", "note", "name", "at")}
    return f'{{"entry": {_json(plain)}, "state": {packed}}}'
