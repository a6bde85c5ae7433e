"""numpy's `.npz`: a zip of `.npy` arrays, stored or compressed. The sizes it claims are checked before it is read."""

import math
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from editgan_widgets.models.official.pickle_reader import PickleRefusedError

_LARGEST = 2**31  # bytes of all arrays together; compressed ones may be many times larger than the file
_MOST_ARRAYS = 10_000
_MOST_AXES = 32


def is_npz(path: Path) -> bool:
    """Whether a zip holds `.npy` arrays and nothing else."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            return bool(names) and all(name.endswith(".npy") for name in names)
    except (OSError, zipfile.BadZipFile, ValueError):
        return False


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of numbers by their names; arrays of text or Python objects are left out.

    Raises PickleRefusedError for a damaged file, and for one whose arrays would take more than 2 GiB.
    """
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_ARRAYS or sum(entry.file_size for entry in entries) > _LARGEST:
                raise PickleRefusedError(f"its {len(entries)} arrays claim more than {_LARGEST:,} bytes")
            for entry in entries:
                array = _array(archive, entry)
                if array is not None:
                    arrays[entry.filename.removesuffix(".npy")] = array
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, struct.error) as error:
        raise PickleRefusedError(f"{_first_line(error)}; as .npz it is cut short or damaged") from error
    return arrays


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> np.ndarray | None:
    """One array; None where its elements are no numbers."""
    with archive.open(entry) as file:
        try:
            version = np.lib.format.read_magic(file)  # type: ignore[arg-type]
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read(file)  # type: ignore[arg-type]
        except Exception as error:  # the header is a Python literal, whose reader raises SyntaxError and others
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} has no header of numpy") from error
        if dtype.kind not in "biuf":
            return None
        if not all(type(n) is int and 0 <= n < 2**48 for n in shape) or len(shape) > _MOST_AXES:
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} claims a shape that no array has")
        left = entry.file_size - file.tell()
        if math.prod(shape) * dtype.itemsize != left:
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} of shape {shape} is of another size")
        data = file.read(left)
        if len(data) != left:
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} is cut short")
        try:
            array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
        except ValueError as error:  # an empty array may still claim more than an axis can count
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} of shape {shape} is none") from error
        return array.astype(dtype.newbyteorder("="))


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
