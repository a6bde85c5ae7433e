"""Atomic writing of files with the mode of the umask, safe names of files, and why a file cannot be read.

The package, its benchmarks and its examples write files with `whole_file`. Logs, which are appended to, and the journal
(documents/journal_disk.py), which has its own order of writing, are exceptions.
"""

import hashlib
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LONGEST = 80  # characters of a name as a file name …
_BYTES = 200  # … and its bytes; file systems allow 255, with the hash and the suffix
_UNSAFE = re.compile(r"[^\w .,()+@#=-]")


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path to write to; it replaces `path` when the block ends without an error.

    The temporary file is in the same folder and has the same suffix. A symbolic link is followed: its target is
    replaced. A new file gets mode 0666 minus the umask; an existing file keeps its mode and, if the user may set it,
    its owner. After an error the old file is unchanged and the temporary one is deleted. A device or a pipe is written
    to, not replaced.

    Raises OSError with `path` as its filename: PermissionError for a folder or an existing file that this user may not
    write, FileNotFoundError for a missing folder, IsADirectoryError for a folder.
    """
    target = Path(os.path.realpath(path))
    old = target.stat() if target.exists() else None
    if old is not None and stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(21, "Is a directory", str(path))
    if old is not None and not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied", str(path))
    if old is not None and not stat.S_ISREG(old.st_mode):
        with _through_a_copy(target) as unfinished:
            yield unfinished
        return
    unfinished = target.with_name(f".part-{os.getpid()}-{secrets.token_hex(4)}{target.suffix}")
    try:
        file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error
    mode = stat.S_IMODE(os.fstat(file).st_mode) if old is None else stat.S_IMODE(old.st_mode)
    os.close(file)
    try:
        yield unfinished
        if old is not None and hasattr(os, "chown"):
            with suppress(OSError):
                os.chown(unfinished, old.st_uid, old.st_gid)
        os.chmod(unfinished, mode)  # a library may have replaced the temporary file
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file atomically; see `whole_file`."""
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content)


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """Write a text file as UTF-8 atomically; see `whole_file`."""
    write_bytes(path, content.encode())


def safe_name(name: str) -> str:
    """Turn any name, such as that of a vector of unknown origin, into the name of one file or folder, without suffix.

    The result is not empty, holds no separator of folders and is neither "." nor "..". What had to be changed gets a
    hash, so that two names never meet.
    """
    kept = _UNSAFE.sub("_", name).strip(" .")[:_LONGEST]
    safe = kept.encode()[:_BYTES].decode(errors="ignore").strip(" .")
    if safe and safe == name:
        return safe
    return f"{safe or '_'}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


def why_unreadable(path: str | os.PathLike[str]) -> str | None:
    """Return "permission denied: …" and a hint if this user may not read a file; else None.

    None also for a missing file or a folder, which callers report themselves.
    """
    try:
        os.close(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)))  # opening a pipe would block otherwise
        return None
    except PermissionError:
        mode = ""
        with suppress(OSError):
            mode = f" (mode {stat.S_IMODE(os.stat(path).st_mode):04o})"
        return (
            f"permission denied: this user may not read {os.fspath(path)}{mode}; ask its owner for `chmod a+r` on it "
            "and `chmod a+x` on its folders, or for a copy"
        )
    except OSError:
        return None


@contextmanager
def _through_a_copy(target: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        unfinished = Path(folder) / f"file{target.suffix}"
        yield unfinished
        with unfinished.open("rb") as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
