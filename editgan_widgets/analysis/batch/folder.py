"""The folder that a batch writes: pictures, latents of embedded photos, a log of what is done, and the table.

original/PORTRAIT.png            the portrait before edits
VECTOR STRENGTH/PORTRAIT.png     an edit
latents/PORTRAIT.npy             w_plus of an embedded photo, which load_latents reads
report.csv                       the table
done.jsonl                       one line for each edit and embedding, written after its files
"""

import hashlib
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from editgan_widgets.analysis.results import Record, to_csv
from editgan_widgets.files import write_bytes, write_text

_LONGEST = 80  # characters of a part of a file name
_UNSAFE = re.compile(r"[^\w .,()+@#=-]")


class BatchFolder:
    """What is in the folder, and what is added.

    Args:
        path: made if it is missing. Raises OSError if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._log = path / "done.jsonl"
        self._rows: dict[str, Record] = {}
        self._embedded: dict[str, float] = {}  # key of a photo -> PSNR
        for line in _lines(self._log):
            if "row" in line:
                self._rows[line["key"]] = line["row"]
            else:
                self._embedded[line["key"]] = line["psnr"]

    def row(self, key: str, columns: Iterable[str]) -> Record | None:
        """Row of an edit that is done: it has these columns, and its picture is there."""
        row = self._rows.get(key)
        if row is None or set(row) != set(columns) or not (self.path / str(row["picture"])).is_file():
            return None
        return row

    def latent(self, key: str, name: str) -> tuple[Tensor, float] | None:
        """Latent of an embedded photo `[1, num_ws, w_dim]`, and the PSNR; None if there is none."""
        file = self.path / "latents" / f"{file_name(name)}.npy"
        if key not in self._embedded or not file.is_file():
            return None
        return torch.from_numpy(np.load(file, allow_pickle=False)), self._embedded[key]

    def add_latent(self, key: str, name: str, w_plus: Tensor, psnr: float) -> None:
        """Keep the latent of an embedded photo."""
        content = io.BytesIO()
        np.save(content, w_plus.numpy())
        self._write(f"latents/{file_name(name)}.npy", content.getvalue())
        self._embedded[key] = psnr
        self._append({"key": key, "psnr": psnr})

    def add_picture(self, group: str, name: str, picture: np.ndarray) -> str:
        """Write a picture as PNG; its path inside the folder."""
        content = io.BytesIO()
        Image.fromarray(picture).save(content, "PNG")
        path = f"{file_name(group)}/{file_name(name)}.png"
        self._write(path, content.getvalue())
        return path

    def has_picture(self, group: str, name: str) -> bool:
        """True if the picture is there."""
        return (self.path / file_name(group) / f"{file_name(name)}.png").is_file()

    def add_row(self, key: str, row: Record) -> None:
        """Log an edit whose picture is written."""
        self._rows[key] = row
        self._append({"key": key, "row": row})

    def close(self, order: Iterable[str], table: list[Record]) -> None:
        """Write the table, and the log in the order of the edits' keys, which does not depend on who was first."""
        write_text(self.path / "report.csv", to_csv(table))
        first = [key for key in order if key in self._rows]
        rows = dict.fromkeys([*first, *sorted(self._rows)])
        lines = [{"key": key, "psnr": self._embedded[key]} for key in sorted(self._embedded)]
        lines += [{"key": key, "row": self._rows[key]} for key in rows]
        write_text(self._log, "".join(json.dumps(line) + "\n" for line in lines))

    def _write(self, path: str, content: bytes) -> None:
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, content)

    def _append(self, line: dict[str, Any]) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def file_name(name: str) -> str:
    """A name as a path of safe parts; what had to be changed gets a hash, so that two names never meet."""
    return "/".join(_safe(part) for part in name.split("/"))


def _safe(part: str) -> str:
    safe = _UNSAFE.sub("_", part).strip(" .")[:_LONGEST]
    return safe if safe == part else f"{safe or '_'}-{hashlib.sha256(part.encode()).hexdigest()[:8]}"


def _lines(log: Path) -> list[dict[str, Any]]:
    """Whole lines of the log; the last one may be cut off by a crash."""
    if not log.is_file():
        return []
    found = []
    for text in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and isinstance(line.get("key"), str) and ("row" in line or "psnr" in line):
            found.append(line)
    return found
