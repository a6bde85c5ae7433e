"""Pictures and masks as bytes for the browser: JPEG for frames, PNG for committed pictures, zlib for masks."""

import io

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from editgan_widgets.packing import deflated

LARGEST_PNG = 256  # px; larger pictures are sent as JPEG q95, a tenth of the bytes


def jpeg(pixels: UInt8[np.ndarray, "h w 3"], quality: int = 90) -> bytes:
    """Encode a picture for one frame of a stream."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=0 if quality >= 95 else 2)
    return out.getvalue()


def thumbnail(pixels: UInt8[np.ndarray, "h w 3"], side: int = 56) -> bytes:
    """Encode a small picture, at most `side` px."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BOX)
    return jpeg(np.asarray(image), 85)


def png(pixels: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """Encode a picture without loss."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def still(pixels: UInt8[np.ndarray, "h w 3"]) -> bytes:
    """Encode a picture that stays on the screen: PNG up to 256 px, JPEG q95 with full colour above."""
    return png(pixels) if max(pixels.shape[:2]) <= LARGEST_PNG else jpeg(pixels, 95)


def packed(array: UInt8[np.ndarray, "h w"] | Bool[np.ndarray, "h w"]) -> bytes:
    """Deflate a label map or a mask; the browser inflates it with DecompressionStream."""
    return deflated(array.astype(np.uint8, copy=False), 1)
