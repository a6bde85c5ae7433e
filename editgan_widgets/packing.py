"""Arrays as zlib-compressed bytes and as base64 text: in journals, saved pictures, scripts and messages to a page."""

import base64
import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np


def deflated(array: np.ndarray, level: int = -1) -> bytes:
    """Compress an array's values, in C order, by zlib; `level` is 1 (fast) to 9 (small), -1 for zlib's default."""
    return zlib.compress(np.ascontiguousarray(array).tobytes(), level)


def inflated(data: bytes, size: int) -> bytes:
    """Decompress zlib data of a known size in bytes, and not more than that. Raises ValueError for other data."""
    inflate = zlib.decompressobj()
    try:
        raw = inflate.decompress(data, size + 1)
    except zlib.error as error:
        raise ValueError(f"it is not compressed by zlib ({error})") from error
    if len(raw) != size or not inflate.eof or inflate.unused_data:
        raise ValueError(f"it does not hold the {size} bytes of its shape")
    return raw


def packed_text(array: np.ndarray, level: int = -1) -> str:
    """Return an array's values as base64, compressed by zlib unless `level` is 0."""
    data = deflated(array, level) if level else np.ascontiguousarray(array).tobytes()
    return base64.b64encode(data).decode("ascii")


def unpacked_text(text: Any, shape: Sequence[int], dtype: str, compressed: bool = True) -> np.ndarray:
    """Return the read-only array that `packed_text` packed; `compressed` is False for level 0.

    Raises ValueError for anything that is not base64 text, and for data of another size.
    """
    if any(side < 0 for side in shape):
        raise ValueError(f"an array's shape holds lengths from 0 up; got {tuple(shape)}")
    size = math.prod(shape) * np.dtype(dtype).itemsize
    try:
        data = base64.b64decode(text, validate=True)
    except TypeError as error:
        raise ValueError(f"base64 is text; got {type(text).__name__}") from error
    if compressed:
        data = inflated(data, size)
    elif len(data) != size:
        raise ValueError(f"it holds {len(data)} bytes, not the {size} of its shape")
    return np.frombuffer(data, dtype).reshape(shape)
