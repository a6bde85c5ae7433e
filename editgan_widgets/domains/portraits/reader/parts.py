"""Parts of a photographed or painted face, by a segmenter trained on renders with other backgrounds and lights.

The judge (segmenter.py) reads renders more exactly, but takes curtains and dark corners of photographs for hair. The
picture is read as it is and mirrored. Half of the training renders have rare traits; parts that few people have are
therefore read only where they are clearly more likely than others.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.domains.portraits.segmenter import MergedSegmenter, Segmenter, load_segmenter
from editgan_widgets.labels import LabelSet

WEIGHTS = Path(__file__).with_name("parts.safetensors")

# Subtracted from the log probabilities of rare parts.
_RARE = {"beard": 3.0, "moustache": 2.0, "glasses": 1.5, "sideburns": 1.0, "wrinkles": 0.7, "frown": 0.7}
_LEAST_ISLAND = 1 / 1000  # share of the pixels; smaller separate pieces of the large parts are relabelled
_LARGEST_SPOT = 0.03  # share of the pixels; smaller holes in the hair are filled
_LARGE = ("background", "hair", "clothes", "skin", "neck", "beard", "cheek", "jaw", "forehead", "temple", "glasses")


def read_parts(pixels: UInt8[np.ndarray, "s s 3"], labels: LabelSet) -> UInt8[np.ndarray, "s s"]:
    """Label map of a picture that is framed like the portraits.

    Raises ValueError for a size that is no multiple of 16 px, and for labels that are not portraits' parts.
    """
    found = _logits(pixels, labels).argmax(0).to(torch.uint8).numpy()
    return _without_bald_spots(_without_islands(found, labels), labels)


@torch.no_grad()
def _logits(pixels: UInt8[np.ndarray, "s s 3"], labels: LabelSet) -> Float[Tensor, "labels s s"]:
    image, network = images.from_uint8(pixels, "cpu"), _segmenter(labels)
    both = network(torch.cat([image, image.flip(3)])).log_softmax(1)
    mirrored = both[1].flip(2)[[labels.other_side(label.id) for label in labels]]
    rare = torch.tensor([_RARE.get(label.name, 0.0) for label in labels])
    return (both[0] + mirrored) / 2 - rare[:, None, None]


def _without_islands(label_map: UInt8[np.ndarray, "s s"], labels: LabelSet) -> UInt8[np.ndarray, "s s"]:
    """Give small separate pieces of large parts the label of the nearest other pixel."""
    least = _LEAST_ISLAND * label_map.size
    wrong = np.zeros(label_map.shape, bool)
    for label in labels:
        if label.name not in _LARGE:
            continue
        wrong |= _small_pieces(label_map == label.id, least)
    if not wrong.any() or wrong.all():
        return label_map
    nearest: Any = ndimage.distance_transform_edt(wrong, return_distances=False, return_indices=True)
    return label_map[nearest[0], nearest[1]]


def _without_bald_spots(label_map: UInt8[np.ndarray, "s s"], labels: LabelSet) -> UInt8[np.ndarray, "s s"]:
    """Fill small holes in the hair with hair: bright strands are taken for skin."""
    hair = label_map == labels["hair"].id
    holes = np.asarray(ndimage.binary_fill_holes(hair)) & ~hair
    spots = _small_pieces(holes, _LARGEST_SPOT * label_map.size)
    return np.where(spots, labels["hair"].id, label_map).astype(np.uint8)


def _small_pieces(mask: Bool[np.ndarray, "s s"], least: float) -> Bool[np.ndarray, "s s"]:
    """The connected pieces of a mask that have less than `least` pixels."""
    found: Any = ndimage.label(mask, np.ones((3, 3)))
    pieces, count = found
    small = np.bincount(pieces.ravel(), minlength=count + 1) < least
    small[0] = False
    return small[pieces]


@cache
def _segmenter(labels: LabelSet) -> Segmenter | MergedSegmenter:
    return load_segmenter(WEIGHTS, labels)
