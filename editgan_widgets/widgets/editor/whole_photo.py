"""The whole photo with the edits, as the editor shows it, and the squares that may be edited."""

from dataclasses import astuple
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.widgets.core import encoding

LARGEST = 1024  # px of the longer side


def whole_photo(photo: PhotoSession) -> bytes:
    """JPEG of `photo.pasted()`, reduced if it is larger than LARGEST."""
    with photo.session.lock:
        pixels: UInt8[np.ndarray, "h w 3"] = photo.pasted()
    image = Image.fromarray(pixels)
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return encoding.jpeg(np.asarray(image))


def frame_of(photo: PhotoSession) -> dict[str, Any]:
    """Size of the photo in px, the edited square, and the squares that were found, as JSON values."""
    size = [photo.photo.width, photo.photo.height]
    return {"size": size, "crop": [*astuple(photo.crop)], "faces": [[*astuple(crop)] for crop in photo.squares]}
