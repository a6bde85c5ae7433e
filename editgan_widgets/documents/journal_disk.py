"""JournalDisk: writes a journal's content to its folder, completely or incrementally.

    objects/3f2a…      one array each, zlib, named by the hash of its content: equal arrays are stored once
    vectors/0.…        edit vectors
    photo.png          the opened photo, if there is one
    log.jsonl          one line for each action
    lock               held by the process that writes here
    about.json         the model, the session's start, `owner`: the only journal that writes here, and `writer`: its
                       process

After a failure the next call checks and writes the whole folder again. Files are replaced atomically, and a line that
could not be written completely is removed.
"""

import gc
import json
import os
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from editgan_widgets.documents.journal_lock import FolderLock, this_process

Writer = Callable[[Path], None]  # writes a file at the given path
_LOOK_SHARE = 0.02  # maximum share of the time for checking that the folder's files still exist
_OWNERS: "WeakValueDictionary[Path, JournalDisk]" = WeakValueDictionary()  # in this process: each folder's last owner


class TakenOverError(Exception):
    """Another session writes to the folder."""


class ForkedError(TakenOverError):
    """This process is a fork of the one that opened the journal and still writes to it."""


@dataclass(eq=False)
class Content:
    """Content of a journal's folder."""

    about: dict[str, Any] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)  # lines of the log, each with its line end
    arrays: dict[str, bytes] = field(default_factory=dict)  # by name, packed
    files: dict[str, Writer] = field(default_factory=dict)  # by their place in the folder


class JournalDisk:
    """Writes one journal's content to a folder.

    Attributes:
        folder: absolute.
        lock: marks the folder as in use.
        whole: True if the last call of `write` left the folder complete.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.lock = folder, FolderLock(folder)
        self.whole = False
        self._id = uuid.uuid4().hex
        self._process = this_process()
        self._from: tuple[str | None, int] | None = None  # owner and log size of the journal that was read
        self._lines = 0  # number of lines in the log
        self._end = 0  # length of the log, bytes
        self._sizes: dict[str, int] = {}  # size of each written array, bytes
        self._files: set[str] = set()  # names of the written files
        self._look_at = 0.0

    def go_on_from(self, owner: str | None, log_bytes: int, files: Iterable[str]) -> None:
        """Continue a folder that was just read: its owner, the size of its log and the files that exist already."""
        self._from, self._files = (owner, log_bytes), set(files)

    def write(self, content: Content) -> None:
        """Update the folder. Raises TakenOverError, or errors of writing, usually OSError."""
        if os.getpid() != self._process["pid"]:
            raise ForkedError(
                "this process was forked from the one that saves it; session.keep_journal(folder) saves this copy in "
                "another folder"
            )
        whole, self.whole = self.whole, False
        done = False
        if whole:
            with suppress(FileNotFoundError, NotADirectoryError):  # deleted or replaced: write everything again
                done = self._write_new(content)
        if not done:
            self._write_all(content)
        self.lock.hold()
        self.whole = True

    def _write_new(self, content: Content) -> bool:
        """Write new content; False if the folder is this journal's but was changed by others."""
        if _read(self.folder / "about.json") != self._about(content):
            self._check_owner()
            return False
        self._write_arrays(content.arrays)
        self._write_files(content.files)
        with (self.folder / "log.jsonl").open("r+b", buffering=0) as file:
            if file.seek(0, os.SEEK_END) != self._end:
                self._check_owner()
                return False
            _append(file, b"".join(content.lines[self._lines :]), self._end)
            self._end = file.seek(0, os.SEEK_END)
        self._lines = len(content.lines)
        return True

    def _write_all(self, content: Content) -> None:
        self._check_owner()
        (self.folder / "objects").mkdir(parents=True, exist_ok=True)
        self.lock.hold()
        about = self._about(content)
        if _read(self.folder / "about.json") != about:
            _replace(self.folder / "about.json", about)
        _OWNERS[self.folder], self._from = self, None
        self._look_at = 0.0
        self._write_arrays(content.arrays)
        self._write_files(content.files)
        log = b"".join(content.lines)
        if _read(self.folder / "log.jsonl") != log:
            _replace(self.folder / "log.jsonl", log)
        self._end, self._lines = len(log), len(content.lines)

    def _about(self, content: Content) -> bytes:
        return json.dumps({**content.about, "owner": self._id, "writer": self._process}).encode()

    def _check_owner(self) -> None:
        """Raise TakenOverError if another session owns the folder now."""
        owner = _owner(self.folder)
        if self._from is not None:  # the folder is not owned by this journal yet
            log = self.folder / "log.jsonl"
            if (owner, log.stat().st_size if log.is_file() else self._from[1]) != self._from:
                raise TakenOverError("another session continues this journal")
            return
        # If the folder is gone, it belongs to the last owner in this process, while that exists.
        if (self._last_owner() if owner is None else owner) not in (None, self._id):
            raise TakenOverError("another session continues this journal")

    def _last_owner(self) -> str | None:
        """Id of the journal in this process that wrote the folder last; None if it no longer exists."""
        if _OWNERS.get(self.folder) not in (None, self):
            gc.collect()  # a session that nothing uses any more may wait for it
        last = _OWNERS.get(self.folder)
        return None if last is None else last._id

    def _write_arrays(self, arrays: Mapping[str, bytes]) -> None:
        folder = self.folder / "objects"
        if time.monotonic() >= self._look_at:
            self._look(folder)
        for name, packed in arrays.items():
            if self._sizes.get(name) != len(packed):
                _replace(folder / name, packed)
                self._sizes[name] = len(packed)

    def _look(self, objects: Path) -> None:
        """Check which of the files still exist."""
        began = time.monotonic()
        with os.scandir(objects) as entries:
            self._sizes = {entry.name: entry.stat().st_size for entry in entries}
        self._files = {name for name in self._files if (self.folder / name).is_file()}
        self._look_at = time.monotonic() + (time.monotonic() - began) / _LOOK_SHARE

    def _write_files(self, files: Mapping[str, Writer]) -> None:
        for name, write in files.items():
            if name not in self._files:
                path = self.folder / name
                path.parent.mkdir(exist_ok=True)
                _replace(path, write)
                self._files.add(name)


def _replace(path: Path, content: bytes | Writer) -> None:
    """Write a file atomically."""
    part = path.with_name(f"part-{os.getpid()}-{path.name}")
    try:
        if isinstance(content, bytes):
            part.write_bytes(content)
        else:
            content(part)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _append(file: Any, content: bytes, end: int) -> None:
    """Append to an open, unbuffered file; an incomplete write is truncated again."""
    try:
        left = memoryview(content)
        while left:
            left = left[file.write(left) :]
    except BaseException:
        with suppress(OSError):
            file.truncate(end)
        raise


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _owner(folder: Path) -> str | None:
    try:
        about = json.loads((folder / "about.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    owner = about.get("owner") if isinstance(about, dict) else None
    return owner if isinstance(owner, str) else None


def lines_of(content: bytes) -> list[bytes]:
    """Complete lines of a log, with their line ends; an incomplete last line is ignored."""
    return [line + b"\n" for line in content.split(b"\n")[:-1]]
