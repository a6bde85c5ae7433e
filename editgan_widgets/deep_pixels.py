"""Convert pictures with more than 8 bits per channel to 8 bits: range of the values, and full 16-bit RGB from Pillow.

Cameras and microscopes store 10, 12 or 14 bits in 16-bit files without declaring it. The rule:

    highest value     read as
    up to 255         8 bits
    up to 1,023       10 bits
    up to 4,095       12 bits: as 16 bits the whole picture would be darker than 7% of white
    up to 16,383      14 bits if the highest value is within 10% of 16,383 (a sensor's white), else 16: a dark photo
    above             16 bits

Values that are all multiples of 257 or of 256 are 8-bit values scaled to 16 bits, at any brightness.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFile

from editgan_widgets.notes import Note

_WHITE = 0.9  # a 14-bit picture's highest value is at least this share of 16,384
_ROUNDING = 1.05  # floats up to this are in 0..1
_HDR = 8.0  # floats up to this that are not all integers are linear light in units of white

# Pillow's raw modes of 16 bits keep the upper byte; with the opposite byte order, they keep the lower byte.
_SWAPPED = "16B" if sys.byteorder == "little" else "16L"
_OTHER_BYTE = {
    "RGB;16B": "RGB;16L",
    "RGB;16L": "RGB;16B",
    "RGB;16N": f"RGB;{_SWAPPED}",
    "RGBA;16B": "RGBA;16L",
    "RGBA;16L": "RGBA;16B",
    "RGBA;16N": f"RGBA;{_SWAPPED}",
    "LA;16B": "RGBA",
}
_PHOTOMETRIC = 262  # TIFF's tag; 0: white is 0
_DARK = 64  # value of 255 above which a 16-bit picture uses all 16 bits


def bits_of(values: np.ndarray) -> int:
    """Number of bits of integers from 0 to 65,535, by the module's rule."""
    highest = int(values.max())
    if highest > 255 and not (values % 257).any():
        return 16
    if highest > 255 and not (values % 256).any():
        return 16
    for bits in (8, 10, 12):
        if highest < 2**bits:
            return bits
    return 14 if _WHITE * 2**14 <= highest < 2**14 else 16


def in_8_bits(array: np.ndarray) -> tuple[UInt8[np.ndarray, "h w c"], Note | None]:
    """Convert values from 0 to 65,535 to bytes; returns a note too if their range was not 8 bits.

    Floats up to 1.05 are shares of white. Floats up to 8 that are not all integers are linear light, clipped at white.
    All other numbers are taken as integers.
    """
    highest = float(array.max())
    if array.dtype.kind == "f" and highest <= _ROUNDING:
        return _scaled(array, 1.0), None
    if array.dtype.kind == "f" and highest <= _HDR and bool((array != np.rint(array)).any()):
        return _scaled(array, 1.0), Note("values above 1 were clipped (the maximum was {most:.3g})", most=highest)
    bits = bits_of(np.rint(array).astype(np.int64))
    if array.dtype == np.uint8 or (bits == 8 and highest <= 255.5):
        return _scaled(array, 255.0), None
    return _scaled(array, 2.0**bits - 1), Note("read as {bits} bits", bits=bits)


def as_shown(array: np.ndarray, image: Image.Image) -> np.ndarray:
    """16-bit grey values with 0 as black: a TIFF may store 0 as white, which Pillow inverts only for 8 bits.

    `image` is the opened image, before any change; `array` has its values, possibly rotated.
    """
    tags = getattr(image, "tag_v2", None)
    if tags is None or tags.get(_PHOTOMETRIC, 1) != 0 or not image.mode.startswith("I;16"):
        return array
    return (65535 - array.astype(np.int64)).astype(np.uint16)


def deep_pixels(image: Image.Image, reopen: Callable[[], Image.Image]) -> np.ndarray | None:
    """All 16 bits of a dark RGB, RGBA or LA file with 16 bits per channel, uint16 [H, W, C]; None for any other file.

    Pillow keeps only the upper bytes, which `image` has; `reopen` opens the same file again to read the lower ones.
    They are not needed for a picture that is not dark.
    """
    raw = _raw_mode(image.tile[0][3]) if isinstance(image, ImageFile.ImageFile) and image.tile else ""
    if raw not in _OTHER_BYTE:
        return None
    upper = np.asarray(image)
    if upper[..., :3].max() >= _DARK:
        return None
    with reopen() as again:
        assert isinstance(again, ImageFile.ImageFile)
        again.tile = [one._replace(args=_with_raw_mode(one.args, _OTHER_BYTE[raw])) for one in again.tile]
        lower = np.asarray(again)
    if raw == "LA;16B":  # grey's two bytes and alpha's, as four channels
        return lower[..., ::2].astype(np.uint16) << 8 | lower[..., 1::2]
    return upper.astype(np.uint16) << 8 | lower


def turned(array: np.ndarray, image: Image.Image) -> np.ndarray:
    """Rotate an array by the image's EXIF orientation."""
    flip, quarters = {2: (1, 0), 3: (0, 2), 4: (1, 2), 5: (1, 1), 6: (0, 3), 7: (1, 3), 8: (0, 1)}.get(
        image.getexif().get(0x0112, 1), (0, 0)
    )
    return np.rot90(array[:, ::-1] if flip else array, quarters)


def _raw_mode(args: Any) -> str:
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _with_raw_mode(args: Any, raw: str) -> Any:
    return (raw, *args[1:]) if isinstance(args, tuple) else raw


def _scaled(array: np.ndarray, top: float) -> UInt8[np.ndarray, "h w c"]:
    return np.clip(np.rint(array * (255 / top)), 0, 255).astype(np.uint8)
