"""numpy's `.npz`: a zip of `.npy` arrays, stored or compressed. The sizes it claims are checked before it is read."""

import math
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np

from editgan_widgets.models.official.pickle_reader import read_pickle
from editgan_widgets.models.official.pickle_values import PickleRefusedError

_LARGEST = 2**31  # bytes of all arrays together; compressed ones may be many times larger than the file
_MOST_ARRAYS = 10_000
_MOST_AXES = 32


def is_npz(path: Path) -> bool:
    """True if a zip holds `.npy` arrays only."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            return bool(names) and all(name.endswith(".npy") for name in names)
    except (OSError, zipfile.BadZipFile, ValueError):
        return False


def is_pickled_array(file: IO[bytes]) -> bool:
    """True if a `.npy` holds Python objects; the file is then positioned at the pickle after its header."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return read(file)[2] == np.dtype(object)
    except Exception:  # the header is a Python literal, whose reader raises SyntaxError and others
        return False


def read_npz(path: Path) -> dict[str, Any]:
    """Read arrays of numbers by name, and the content of arrays of Python objects; arrays of text are omitted.

    No pickle is executed; an object array whose pickle is refused is omitted if the file has other arrays. Raises
    PickleRefusedError for a damaged file, and for one whose arrays would take more than 2 GiB.
    """
    arrays: dict[str, Any] = {}
    refused: PickleRefusedError | None = None
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_ARRAYS or sum(entry.file_size for entry in entries) > _LARGEST:
                raise PickleRefusedError(f"its {len(entries)} arrays claim more than {_LARGEST:,} bytes")
            for entry in entries:
                try:
                    array = _array(archive, entry)
                except _ObjectsRefusedError as error:
                    refused = error
                    continue
                if array is not None:
                    arrays[entry.filename.removesuffix(".npy")] = array
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, struct.error) as error:
        raise PickleRefusedError(f"{_first_line(error)}; as .npz it is truncated or damaged") from error
    if refused is not None and not arrays:
        raise refused
    return arrays


class _ObjectsRefusedError(PickleRefusedError):
    """The pickle of an array of Python objects is refused."""


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Any:
    """One array of numbers, or the content of an array of Python objects; None for text and other elements."""
    with archive.open(entry) as file:
        try:
            version = np.lib.format.read_magic(file)  # type: ignore[arg-type]
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read(file)  # type: ignore[arg-type]
        except Exception as error:  # the header is a Python literal, whose reader raises SyntaxError and others
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} has no header of numpy") from error
        if dtype == np.dtype(object):
            try:
                return read_pickle(BytesIO(file.read()), entry.file_size)
            except PickleRefusedError as error:
                raise _ObjectsRefusedError(f"its array {entry.filename[:60]!r} of Python objects: {error}") from error
        if dtype.kind not in "biuf":
            return None
        if not all(type(n) is int and 0 <= n < 2**48 for n in shape) or len(shape) > _MOST_AXES:
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} claims a shape that no array has")
        left = entry.file_size - file.tell()
        if math.prod(shape) * dtype.itemsize != left:
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} of shape {shape} is of another size")
        data = file.read(left)
        if len(data) != left:
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} is truncated")
        try:
            array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
        except ValueError as error:  # an empty array may still claim more than an axis can count
            raise PickleRefusedError(f"its array {entry.filename[:60]!r} of shape {shape} is none") from error
        return array.astype(dtype.newbyteorder("="))


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
