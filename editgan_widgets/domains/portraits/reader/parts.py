"""Parts of a photographed or painted face, by a segmenter trained on renders with other backgrounds and lights.

The judge (segmenter.py) reads renders more exactly, but takes curtains and dark corners of photographs for hair.
"""

from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from editgan_widgets import images
from editgan_widgets.domains.portraits.segmenter import MergedSegmenter, Segmenter, load_segmenter
from editgan_widgets.labels import LabelSet

WEIGHTS = Path(__file__).with_name("parts.safetensors")


def read_parts(pixels: UInt8[np.ndarray, "s s 3"], labels: LabelSet) -> UInt8[np.ndarray, "s s"]:
    """Label map of a picture that is framed like the portraits.

    Raises ValueError for a size that is no multiple of 16 px, and for labels that are not portraits' parts.
    """
    return _segmenter(labels).label_map(images.from_uint8(pixels, "cpu"))[0].numpy()


@cache
def _segmenter(labels: LabelSet) -> Segmenter | MergedSegmenter:
    return load_segmenter(WEIGHTS, labels)
