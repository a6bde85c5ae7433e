"""The whole photo with the edits pasted in, as the editor shows it."""

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
