"""FolderLock: marks a journal's folder as in use, so that no process prunes it.

Each user of a folder holds a shared `flock` on its file `lock`; pruning needs an exclusive one. On file systems without
`flock`, the file lists the processes instead: host, pid and start time.
"""

import json
import math
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_FILE = "lock"
released: dict[Path, float] = {}  # folders that this process released, and when (time.monotonic)
_FOREIGN_DAYS = 14.0  # without flock, a folder of a process on another host counts as in use for this time


class FolderLock:
    """Held by a journal for as long as it writes to its folder. No method raises OSError."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / _FILE
        self._fd: int | None = None
        _LOCKS.add(self)

    @property
    def wanted(self) -> bool:
        """True if the folder was marked and not released, even if the mark was deleted."""
        return self._fd is not None

    @property
    def held(self) -> bool:
        """True if the folder is marked and is still the same folder."""
        if self._fd is None:
            return False
        try:
            here, there = os.fstat(self._fd), os.stat(self.path)
        except OSError:
            return False
        return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)

    def hold(self) -> None:
        """Mark the folder as in use; if that is impossible, the journal is still written."""
        if self.held:
            return
        self.release()
        try:
            # Opened read-only, so that the disk can still be remounted read-only.
            self._fd = os.open(self.path, os.O_RDONLY | os.O_CREAT, 0o666)
        except OSError:
            return
        if not _flock(self._fd, exclusive=False):
            with suppress(OSError), self.path.open("ab") as file:
                file.write(json.dumps(this_process()).encode() + b"\n")

    def release(self) -> None:
        """Release the folder; idempotent."""
        fd, self._fd = self._fd, None
        if fd is not None:
            released[self.path.parent] = time.monotonic()
            with suppress(OSError):
                os.close(fd)

    def __del__(self) -> None:
        self.release()


_LOCKS: WeakSet[FolderLock] = WeakSet()


def last_use(folder: Path) -> float:
    """Time at which this process released a folder (time.monotonic); inf if it uses it, -inf if it never did."""
    return math.inf if _used_here(folder) else released.get(folder, -math.inf)


def _used_here(folder: Path) -> bool:
    return any(lock.wanted and lock.path.parent == folder for lock in _LOCKS)


@contextmanager
def unused(folder: Path) -> Iterator[bool]:
    """Yield True if no process uses a folder; inside the block, no process can start to use a locked one."""
    if _used_here(folder):
        yield False
        return
    try:
        fd = os.open(folder / _FILE, os.O_RDWR)
    except FileNotFoundError:
        # A journal of an earlier version, one that was never locked, or one whose lock was deleted.
        yield not _lives(_writer(folder))
        return
    except OSError:
        yield False
        return
    try:
        free = _flock(fd, exclusive=True)
        yield free and not any(_lives(process) for process in _named(folder / _FILE))
    finally:
        os.close(fd)


def _flock(fd: int, exclusive: bool) -> bool:
    """Take a lock without waiting; False if another process holds it, or if a shared one is not supported."""
    if fcntl is None:
        return exclusive
    try:
        fcntl.flock(fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return exclusive  # no locks on this file system: what the file says decides
    return True


def this_process() -> dict[str, Any]:
    """Identification of this process: host, pid and start time."""
    pid = os.getpid()
    return {"host": socket.gethostname(), "pid": pid, "started": _started(pid), "at": time.time()}


def _started(pid: int) -> str | None:
    """Start time of a process in the kernel's ticks; None if it cannot be read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return None


def _named(path: Path) -> list[dict[str, Any]]:
    found = []
    with suppress(OSError, ValueError):
        for line in path.read_text(encoding="utf-8").splitlines():
            process = json.loads(line)
            if isinstance(process, dict):
                found.append(process)
    return found


def _writer(folder: Path) -> dict[str, Any]:
    """The process that wrote to a journal last, from its about.json; empty if it names none."""
    try:
        about = json.loads((folder / "about.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    writer = about.get("writer") if isinstance(about, dict) else None
    return writer if isinstance(writer, dict) else {}


def _lives(process: dict[str, Any]) -> bool:
    """True if a process listed in a lock file may still be running."""
    pid = process.get("pid")
    if process.get("host") != socket.gethostname():
        at = process.get("at")
        return isinstance(at, (int, float)) and time.time() - at < 86400 * _FOREIGN_DAYS
    if not isinstance(pid, int) or pid <= 0:
        return False
    if os.name != "posix":
        return pid == os.getpid() or time.time() - float(process.get("at", 0)) < 86400 * _FOREIGN_DAYS
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    started = _started(pid)
    return started is None or process.get("started") is None or started == process["started"]
