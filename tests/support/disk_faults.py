"""Disk faults of a journal for tests: each is a context manager that takes a folder, and repairs it on exit."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from editgan_widgets.documents import journal_disk
from editgan_widgets.documents.journal import new_folder

Fault = Callable[[Path], AbstractContextManager[None]]


def mounted(folder: Path, *options: str) -> bool:
    """Call mount for a folder; False if that is not permitted."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    return subprocess.run(["mount", *options, str(folder)], capture_output=True, check=False).returncode == 0


@contextmanager
def failing_writes(number: int) -> Iterator[None]:
    """Every write of a journal fails with an errno; used if the tests may not mount."""

    def fail(path: object, *_: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    kept = journal_disk._replace, journal_disk._append
    journal_disk._replace = journal_disk._append = fail  # type: ignore[assignment]
    try:
        yield
    finally:
        journal_disk._replace, journal_disk._append = kept


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """The disk is full: a tmpfs without a free block, or writes that fail."""
    import errno

    filler = folder.parent / "filler"
    if os.path.ismount(folder.parent):
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        yield
        filler.unlink()
    else:
        with failing_writes(errno.ENOSPC):
            yield


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder is read-only: by a mount, by permissions, or by failing writes."""
    import errno

    if os.path.ismount(folder.parent):
        assert mounted(folder.parent, "-o", "remount,ro")
        yield
        assert mounted(folder.parent, "-o", "remount,rw")
    elif os.geteuid():
        for path in (folder / "objects", folder):
            path.chmod(0o500)
        (folder / "log.jsonl").chmod(0o400)
        yield
        for path in (folder, folder / "objects"):
            path.chmod(0o700)
        (folder / "log.jsonl").chmod(0o600)
    else:
        with failing_writes(errno.EROFS):
            yield


@contextmanager
def deleted(folder: Path) -> Iterator[None]:
    """The folder is deleted."""
    shutil.rmtree(folder)
    yield


@contextmanager
def replaced_by_a_file(folder: Path) -> Iterator[None]:
    """A file has the folder's name."""
    shutil.rmtree(folder)
    folder.write_text("")
    yield
    folder.unlink()


@contextmanager
def pruned(_folder: Path) -> Iterator[None]:
    """Another editor starts a journal and prunes all that it may."""
    new_folder(keep=0)
    yield


@contextmanager
def objects_gone(folder: Path) -> Iterator[None]:
    """The arrays are deleted."""
    shutil.rmtree(folder / "objects")
    yield


@contextmanager
def corrupted(folder: Path) -> Iterator[None]:
    """The log and half of the arrays are truncated or overwritten."""
    for i, path in enumerate(sorted((folder / "objects").iterdir())):
        if i % 2:
            path.write_bytes(path.read_bytes()[: 3 + i])
    log = (folder / "log.jsonl").read_bytes()
    (folder / "log.jsonl").write_bytes(log[: len(log) // 2] + b"\xff\x00")
    yield


FAULTS: dict[str, Fault] = {
    fault.__name__: fault for fault in (full, read_only, deleted, replaced_by_a_file, pruned, objects_gone, corrupted)
}
