"""Pictures of more than 8 bits a channel as bytes: which range their values have, and Pillow's 16-bit RGB read whole.

Cameras and microscopes store 10, 12 or 14 bits in 16-bit files without saying so. The rule:

    highest value     read as
    up to 255         8 bits
    up to 1,023       10 bits
    up to 4,095       12 bits: as 16 bits all of it would be darker than 7 % of white
    up to 16,383      14 bits if the highest value is within 10 % of 16,383 (a sensor's white), else 16: a dark photo
    above             16 bits

Values that are all multiples of 257 or of 256 are 8-bit values spread over 16 bits, at any brightness.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFile

from editgan_widgets.notes import Note

_WHITE = 0.9  # of 14 bits: the least highest value of a picture that has them
_ROUNDING = 1.05  # floats up to it are in 0..1
_HDR = 8.0  # floats up to it, and not whole, are light in units of white

# A raw mode of 16 bits keeps the upper byte; read in the other byte order the lower one is kept.
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
_DARK = 64  # of 255: a 16-bit picture that is brighter has all of its bits


def bits_of(values: np.ndarray) -> int:
    """How many bits whole numbers from 0 to 65,535 have, by the module's rule."""
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
    """Values from 0 to 65,535 as bytes, and a note where their range was not plain.

    Floats up to 1.05 are shares of white, those that are not whole and up to 8 are light beyond white, which is cut.
    All other numbers are taken as whole ones.
    """
    highest = float(array.max())
    if array.dtype.kind == "f" and highest <= _ROUNDING:
        return _scaled(array, 1.0), None
    if array.dtype.kind == "f" and highest <= _HDR and bool((array != np.rint(array)).any()):
        return _scaled(array, 1.0), Note("light above 1 was cut (it went up to {most:.3g})", most=highest)
    bits = bits_of(np.rint(array).astype(np.int64))
    if array.dtype == np.uint8 or (bits == 8 and highest <= 255.5):
        return _scaled(array, 255.0), None
    return _scaled(array, 2.0**bits - 1), Note("read as {bits} bits", bits=bits)


def as_shown(array: np.ndarray, image: Image.Image) -> np.ndarray:
    """Grey of 16 bits with 0 as black: a TIFF may store it with 0 as white, which Pillow turns over at 8 bits alone.

    `image` is the one that was opened, before any change; `array` may be turned.
    """
    tags = getattr(image, "tag_v2", None)
    if tags is None or tags.get(_PHOTOMETRIC, 1) != 0 or not image.mode.startswith("I;16"):
        return array
    return (65535 - array.astype(np.int64)).astype(np.uint16)


def deep_pixels(image: Image.Image, reopen: Callable[[], Image.Image]) -> np.ndarray | None:
    """All 16 bits of a dark RGB, RGBA or LA file of 16 bits a channel, uint16 [H, W, C]; None for any other.

    Pillow keeps the upper bytes, of which `image` is; `reopen` opens the same file again to read the lower ones. A
    picture that is not dark needs them not.
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


def _raw_mode(args: Any) -> str:
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _with_raw_mode(args: Any, raw: str) -> Any:
    return (raw, *args[1:]) if isinstance(args, tuple) else raw


def _scaled(array: np.ndarray, top: float) -> UInt8[np.ndarray, "h w c"]:
    return np.clip(np.rint(array * (255 / top)), 0, 255).astype(np.uint8)
