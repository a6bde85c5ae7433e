"""The folder that a batch writes: pictures, latents of embedded photos, a log of what is done, and the table.

original/PORTRAIT.png            the portrait before edits
VECTOR STRENGTH/PORTRAIT.png     an edit
latents/PORTRAIT.npy             w_plus of an embedded photo, which load_latents reads
report.csv                       the table of the last call
done.jsonl                       one line for each of these pictures and latents, appended after the file is written

A line of the log has the file's path and SHA-256, and the key of what it was made from. A file counts only if it has
this digest and this key: a file that is damaged, or that another call has overwritten, is made again. Several calls may
write to one folder at the same time.
"""

import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from editgan_widgets.analysis.results import Record, to_csv
from editgan_widgets.files import safe_name, write_bytes, write_text
from editgan_widgets.scalars import is_real

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOG, TABLE = "done.jsonl", "report.csv"


@dataclass(frozen=True)
class _Entry:
    """One line of the log.

    Attributes:
        key: of what the file was made from.
        digest: SHA-256 of the file.
        row: of an edit; else None.
        psnr: of the embedding that a latent is from, dB; else None.
    """

    key: str
    digest: str
    row: Record | None = None
    psnr: float | None = None

    def line(self, path: str) -> str:
        """The entry as a line of the log."""
        about = {"row": self.row} if self.row is not None else {} if self.psnr is None else {"psnr": self.psnr}
        return json.dumps({"key": self.key, "file": path, "sha256": self.digest, **about}) + "\n"


class BatchFolder:
    """What is in the folder, and what is added. Paths of files are relative to it.

    Args:
        path: made if it is missing. Raises OSError if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_dir():
            raise NotADirectoryError(f"out is a folder for pictures and a table; {path} is a file; give another path")
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._log = path / LOG
        self._entries = _entries(self._log)
        self._digests: dict[str, tuple[tuple[int, ...], str]] = {}  # path -> state of the file, its digest

    def files(self) -> set[Path]:
        """Absolute paths of the files that were written here, by this call or an earlier one."""
        root = self.path.resolve()
        return {root / name for name in (LOG, TABLE, *self._entries)}

    def row(self, key: str, path: str, columns: Iterable[str]) -> Record | None:
        """Row of an edit that is done: it has these columns, and its picture is as it was written for the key."""
        entry = self._whole(key, path)
        fits = entry is not None and entry.row is not None and set(entry.row) == set(columns)
        return entry.row if entry is not None and fits else None

    def latent(self, key: str, name: str) -> tuple[Tensor, float] | None:
        """Latent of an embedded photo `[1, num_ws, w_dim]`, and the PSNR; None if there is none for the key."""
        path = f"latents/{file_name(name)}.npy"
        entry = self._whole(key, path)
        if entry is None or entry.psnr is None:
            return None
        return torch.from_numpy(np.load(self.path / path, allow_pickle=False)), entry.psnr

    def add_latent(self, key: str, name: str, w_plus: Tensor, psnr: float) -> None:
        """Keep the latent of an embedded photo."""
        content = io.BytesIO()
        np.save(content, w_plus.numpy())
        path = f"latents/{file_name(name)}.npy"
        self._add(path, _Entry(key, self._write(path, content.getvalue()), psnr=psnr))

    def add_picture(self, key: str, path: str, picture: np.ndarray, row: Record | None = None) -> None:
        """Write a picture as PNG, and log it with the row of its edit."""
        content = io.BytesIO()
        Image.fromarray(picture).save(content, "PNG")
        self._add(path, _Entry(key, self._write(path, content.getvalue()), row))

    def has_picture(self, key: str, path: str) -> bool:
        """True if the picture is as it was written for the key."""
        return self._whole(key, path) is not None

    def close(self, order: Iterable[str], table: list[Record]) -> None:
        """Write the table, and the log in the order of the edits' paths, which does not depend on who was first."""
        write_text(self.path / TABLE, to_csv(table))
        with self._locked():
            self._entries |= _entries(self._log)  # with those of other calls
            others = sorted(self._entries, key=lambda path: (self._entries[path].row is not None, path))
            edits = [path for path in order if path in self._entries]
            before = [path for path in others if self._entries[path].row is None]
            lines = [self._entries[path].line(path) for path in dict.fromkeys((*before, *edits, *others))]
            write_text(self._log, "".join(lines))

    def _whole(self, key: str, path: str) -> _Entry | None:
        """Entry of a file, if it is for this key and the file is unchanged."""
        entry = self._entries.get(path)
        return entry if entry is not None and entry.key == key and self._digest(path) == entry.digest else None

    def _digest(self, path: str) -> str | None:
        """Digest of a file, computed again if the file has changed; None if it cannot be read."""
        try:
            found = os.stat(self.path / path)
            state = found.st_mtime_ns, found.st_size, found.st_ino
            known = self._digests.get(path)
            if known is None or known[0] != state:
                known = state, hashlib.sha256((self.path / path).read_bytes()).hexdigest()
                self._digests[path] = known
        except OSError:
            return None
        return known[1]

    def _write(self, path: str, content: bytes) -> str:
        """Write a file; its digest."""
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, content)
        return hashlib.sha256(content).hexdigest()

    def _add(self, path: str, entry: _Entry) -> None:
        self._entries[path] = entry
        with self._locked(), self._log.open("a", encoding="utf-8") as log:
            log.write("\n" + entry.line(path))  # a crash may have cut off the line before

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other calls from writing the log, where the file system can lock."""
        if fcntl is None:
            yield
            return
        folder = os.open(self.path, os.O_RDONLY)
        try:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def picture_path(group: str, name: str) -> str:
    """Path of a portrait's picture in its group: "original", or a vector and its strength."""
    return f"{file_name(group)}/{file_name(name)}.png"


def file_name(name: str) -> str:
    """A name as a path of safe parts, relative and inside the folder; two names never have the same path."""
    return "/".join(safe_name(part) for part in name.split("/"))


def _entries(log: Path) -> dict[str, _Entry]:
    """Entries by path. Lines that are not whole, such as the last one after a crash, are left out."""
    if not log.is_file():
        return {}
    found: dict[str, _Entry] = {}
    for text in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, Mapping) and _is_whole(line):
            found[line["file"]] = _Entry(line["key"], line["sha256"], line.get("row"), line.get("psnr"))
    return found


def _is_whole(line: Mapping[str, Any]) -> bool:
    named = all(isinstance(line.get(name), str) for name in ("key", "file", "sha256"))
    row, psnr = line.get("row"), line.get("psnr")
    return named and (row is None or isinstance(row, dict)) and (psnr is None or is_real(psnr))
