"""Read the first page of a TIFF with tifffile, for files that Pillow cannot read or reads wrongly."""

import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image

_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PLANAR_CONFIGURATION, _BITS_PER_SAMPLE = 284, 258  # TIFF's tags


class TiffError(ValueError):
    """A TIFF cannot be read; the message gives the reason."""


@dataclass(frozen=True, eq=False)
class TiffPage:
    """One page of a TIFF.

    Attributes:
        pixels: [H, W] or [H, W, C], of the file's type; 0 is black for unsigned integers.
        palette: colours of an indexed picture, uint8 [n, 3]; None for others.
    """

    pixels: np.ndarray
    palette: UInt8[np.ndarray, "n 3"] | None = None


def is_tiff(head: bytes) -> bool:
    """True if a file's first four bytes are those of a TIFF or BigTIFF."""
    return head[:4] in _STARTS


def is_misread(image: Image.Image) -> bool:
    """True for an opened TIFF with planes of 16 bits per channel, which Pillow decodes wrongly."""
    tags = getattr(image, "tag_v2", None)
    if tags is None or tags.get(_PLANAR_CONFIGURATION, 1) != 2:
        return False
    bits = tags.get(_BITS_PER_SAMPLE, 1)
    return max(bits if isinstance(bits, tuple) else (bits,)) > 8


def tiff_page(content: bytes, most_values: int) -> TiffPage:
    """Read the first page. Raises TiffError for a broken or unsupported file, or more than `most_values` values."""
    import tifffile

    try:
        with tifffile.TiffFile(io.BytesIO(content)) as tiff:
            page = tiff.pages[0].aspage()
            if page.size > most_values:
                raise TiffError(f"it claims {page.shape} values; make it smaller first")
            pixels = np.asarray(page.asarray())
            if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE and pixels.dtype.kind == "u":
                pixels = np.asarray(2**page.bitspersample - 1 - pixels.astype(np.uint64)).astype(pixels.dtype)
            indexed = page.photometric == tifffile.PHOTOMETRIC.PALETTE and page.colormap is not None
            palette = (np.asarray(page.colormap).T >> 8).astype(np.uint8) if indexed else None
            separate = pixels.ndim == 3 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
    except TiffError:
        raise
    except Exception as error:  # tifffile's errors for broken or unsupported files
        raise TiffError(str(error) or type(error).__name__) from error
    return TiffPage(np.moveaxis(pixels, 0, 2) if separate else pixels, palette)
