"""Files of tensors in any of the public containers: torch.save's two formats, a plain pickle, `.npy`, `.npz`, JSON.

Containers are told apart by their first bytes, not by the file's name. Sizes that a file claims are compared with the
file's own size before anything is allocated.
"""

import mmap
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editgan_widgets.file_kinds import unreadable
from editgan_widgets.files import why_unreadable
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.json_files import read_json
from editgan_widgets.models.official.npz_files import is_npz, is_pickled_array, read_npz
from editgan_widgets.models.official.pickle_reader import read_legacy_torch, read_pickle
from editgan_widgets.models.official.pickle_values import PickleRefusedError

_NPY = b"\x93NUMPY"
_ZIP = b"PK\x03\x04"
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # torch.save before 1.6 begins with this number
_TENSORFLOW = b"dnnlib.tflib"


def read_tensors(path: str | Path) -> Any:
    """Read a file's content: dicts, lists, numbers, text, tensors and arrays; no code in it is run.

    `.npy` gives a numpy array, `.npz` a dict of them, JSON has arrays for its lists of numbers; an array of Python
    objects, which numpy pickles, gives what is in it. Raises CheckpointError for a file that is missing, truncated, of
    another kind, or that asks for anything but data.
    """
    path = existing(path)
    size, start = path.stat().st_size, b""
    try:
        with path.open("rb") as file:
            start = file.read(16)
        if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and (numbers := read_json(path)) is not None:
            return numbers
        if words := unreadable(path):
            raise _UnreadableError(words)
        if start.startswith(_ZIP):
            return read_npz(path) if is_npz(path) else _read_zip(path)
        if start.startswith(_NPY):
            return _read_npy(path)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            if mapped[: 2**16].find(_TENSORFLOW) >= 0:
                raise PickleRefusedError("it is a TensorFlow pickle of StyleGAN2, whose networks are code")
            if start[:1] not in (b"\x80", b"(", b"}", b"]"):
                raise PickleRefusedError("its first bytes are of no format that is known here")
            read = read_legacy_torch if start.startswith(_LEGACY[:15]) else read_pickle
            return read(mapped, size)
    except _UnreadableError as error:
        raise CheckpointError(f"{path} ({size} bytes) cannot be read as plain tensors: it is {error}") from None
    except (PickleRefusedError, OSError) as error:
        raise CheckpointError(
            f"{path} ({size} bytes) cannot be read as plain tensors: {error}{_advice(start)}"
        ) from error


class _UnreadableError(Exception):
    """A file is of a kind that holds no tensors."""


def existing(path: str | Path) -> Path:
    """Return the path of a regular file; CheckpointError for one missing or not readable, a folder, a device."""
    path = Path(path)
    if reason := why_unreadable(path):
        raise CheckpointError(reason)
    if not path.is_file():
        exists = path.exists()
        what = "is a folder, not a file" if path.is_dir() else "is no regular file" if exists else "does not exist"
        raise CheckpointError(f"weights file {path} {what}; give the path of a weights file")
    return path


def finite(path: Path, name: str, value: Tensor) -> Tensor:
    """Return a floating-point tensor as float32; raises CheckpointError where it is of integers or not finite."""
    if not value.is_floating_point():
        raise CheckpointError(f"{path}: {name} is of {value.dtype}, weights are of floating point; convert it again")
    value = value.float()
    if not value.isfinite().all():
        raise CheckpointError(f"{path}: {name} is not finite (NaN or infinity); download the file or train it again")
    return value


def state_dict(path: Path, value: Any, what: str) -> dict[str, Tensor]:
    """Check that a value is a state dict of tensors, floating-point ones finite; raises CheckpointError.

    Counters (`num_batches_tracked`) are left out.
    """
    if not isinstance(value, Mapping) or not value:
        raise CheckpointError(f"{path}: {what} is {type(value).__name__}, not a dict of tensors; give another file")
    tensors = {}
    for name, tensor in value.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise CheckpointError(
                f"{path}: {what} holds {name!r:.60} of {type(tensor).__name__}, only tensors belong there; "
                "give another file"
            )
        if not name.endswith("num_batches_tracked"):
            tensors[name] = finite(path, name, tensor)
    return tensors


def _advice(start: bytes) -> str:
    if len(start) == 16 and start[8:9] == b"{":
        return "; it looks like safetensors: bundles are read with EditGAN.load or checkpoints.load_generator"
    return (
        "; if it was truncated, copy or download it again; readable are state dicts by torch.save, a generator in the "
        "rosinality layout, StyleGAN2-ADA's .pkl, .npy, .npz, and bundles of ours"
    )


def _read_zip(path: Path) -> Any:
    """torch.save's format since 1.6: a zip of `NAME/data.pkl` and, uncompressed, `NAME/data/KEY`."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {}
            for entry in archive.infolist():
                name = PurePosixPath(entry.filename)
                if name.is_absolute() or ".." in name.parts or "\\" in entry.filename or "\0" in entry.filename:
                    raise PickleRefusedError(f"its entry {entry.filename[:60]!r} leads out of the file")
                if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
                    raise PickleRefusedError(f"its entry {entry.filename[:60]!r} is compressed, torch.save's are not")
                if "/".join(name.parts[1:]) in entries:
                    raise PickleRefusedError(f"its entry {entry.filename[:60]!r} occurs twice")
                entries["/".join(name.parts[1:])] = entry
            if "data.pkl" not in entries:
                raise PickleRefusedError("it is a zip, but not one of torch.save")
            if sum(entry.file_size for entry in entries.values()) > path.stat().st_size:
                raise PickleRefusedError("its entries overlap")
            if "byteorder" in entries and archive.read(entries["byteorder"]) != b"little":
                raise PickleRefusedError("it was written on a big-endian machine")
            found: dict[str, Tensor] = {}

            def storage(dtype: torch.dtype, key: str, numel: int) -> Tensor:
                if key not in found:
                    entry = entries.get(f"data/{key}")
                    if entry is None or entry.file_size != numel * dtype.itemsize:
                        raise PickleRefusedError(f"its storage {key[:20]!r} is missing or of another size")
                    data = bytearray(archive.read(entry))
                    found[key] = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
                return found[key] if found[key].dtype == dtype else found[key].view(dtype)

            with archive.open(entries["data.pkl"]) as file:
                size = entries["data.pkl"].file_size
                return read_pickle(file, size, storage)
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, RuntimeError, EOFError) as error:
        if isinstance(error, PickleRefusedError):
            raise
        raise PickleRefusedError(f"{error}; it is truncated or damaged") from error


def _read_npy(path: Path) -> Any:
    with path.open("rb") as file:
        if is_pickled_array(file):
            return read_pickle(file, path.stat().st_size)  # type: ignore[arg-type]
    try:
        mapped = np.lib.format.open_memmap(path, mode="r")  # compares the header's size with the file's
    except Exception as error:  # its header is a Python literal, whose reader raises SyntaxError, TokenError and others
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise PickleRefusedError(f"{reason}; as .npy it is truncated, damaged, or holds Python objects") from error
    if mapped.dtype.kind not in "biuf":
        raise PickleRefusedError(f"it is an array of {mapped.dtype}; only numbers are supported")
    return np.array(mapped)
