"""Reduce an enlarged mask to the picture's size: exactly if it is a nearest-neighbour enlargement, else by majority.

A nearest-neighbour enlargement is inverted by taking one pixel of each block; enlarging the result must give the same
mask again. The rounding rules of Pillow, OpenCV, torch and scikit-image are tried, which differ for other than integer
factors.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from editgan_widgets.masks.mask_source import MaskFileError, MaskPixels
from editgan_widgets.notes import Note

_UNIFORM = 0.8  # minimum share of blocks with a single part in an enlargement that was painted on


def _as_pillow(large: int, small: int) -> np.ndarray:
    """Indices as computed by Pillow itself, because of its rounding."""
    row = Image.fromarray(np.arange(small, dtype=np.int32)[None])
    return np.asarray(row.resize((large, 1), Image.Resampling.NEAREST))[0].astype(int)


_ROUNDINGS: tuple[Callable[[int, int], np.ndarray], ...] = (
    _as_pillow,
    lambda large, small: (2 * np.arange(large) + 1) * small // (2 * large),  # pixel centres, exactly
    lambda large, small: np.arange(large) * small // large,  # upper left corners, exactly
    lambda large, small: np.floor(np.arange(large) * (1 / (large / small))).astype(int),  # as OpenCV computes it
    lambda large, small: np.floor(np.arange(large, dtype=np.float32) * np.float32(small / large)).astype(int),  # torch
    lambda large, small: np.clip(np.rint((np.arange(large) + 0.5) * small / large - 0.5), 0, small - 1).astype(int),
)


def check_size(pixels: MaskPixels, size: tuple[int, int]) -> None:
    """Raise MaskFileError for a mask that is smaller than `size` (height, width), or of another shape."""
    height, width = pixels.size
    if height >= size[0] and width >= size[1] and abs(height * size[1] - width * size[0]) <= max(height, width) / 2:
        return
    raise MaskFileError(_misfit(pixels, size))


def exactly_reduced(pixels: MaskPixels, size: tuple[int, int]) -> MaskPixels | None:
    """The mask at `size` if it is a nearest-neighbour enlargement of it, else None."""
    height, width = pixels.size
    if (height, width) == tuple(size):
        return pixels
    for rounding in _ROUNDINGS:
        rows, columns = rounding(height, size[0]), rounding(width, size[1])
        reduced = pixels.taken(_middles(rows, size[0]), _middles(columns, size[1]))
        if reduced.taken(rows, columns).same_as(pixels):
            return reduced
    return None


def majority(
    ids: UInt8[np.ndarray, "h w"], pixels: MaskPixels, size: tuple[int, int]
) -> tuple[UInt8[np.ndarray, "H W"], Note]:
    """The most frequent id in each block of a whole multiple of `size`, and a note.

    Raises MaskFileError for another size, or where more than a fifth of the blocks hold several parts.
    """
    height, width = ids.shape
    factor = height // size[0]
    if (height, width) != (size[0] * factor, size[1] * factor):
        raise MaskFileError(_misfit(pixels, size))
    blocks = ids.reshape(size[0], factor, size[1], factor).transpose(0, 2, 1, 3).reshape(*size, factor * factor)
    mixed = int((blocks != blocks[..., :1]).any(2).sum())
    if mixed > (1 - _UNIFORM) * size[0] * size[1]:
        raise MaskFileError(
            f"{_misfit(pixels, size)} (as an enlargement by {factor} it does not fit: {mixed:,} of "
            f"{size[0] * size[1]:,} blocks hold several parts)"
        )
    present = np.unique(ids)
    counts = np.stack([(blocks == id).sum(2) for id in present])
    note = Note(
        "reduced from {width} x {height} px, {count:,} px took the most frequent of several parts",
        width=width,
        height=height,
        count=mixed,
    )
    return present[counts.argmax(0)].astype(np.uint8), note


def reduction_note(pixels: MaskPixels, size: tuple[int, int]) -> tuple[Note, ...]:
    """Note for the user on what `exactly_reduced` did; empty if the size was right."""
    height, width = pixels.size
    if (height, width) == tuple(size):
        return ()
    if height % size[0] or width % size[1]:
        words = "reduced from {width} x {height} px, a nearest-pixel enlargement by a fractional factor"
        return (Note(words, width=width, height=height),)
    return (Note("reduced from {width} x {height} px, an exact enlargement", width=width, height=height),)


def _middles(blocks: Int[np.ndarray, " large"], count: int) -> Int[np.ndarray, " count"]:
    """The middle of each run of equal numbers 0 … count - 1."""
    first = np.searchsorted(blocks, np.arange(count), "left")
    last = np.searchsorted(blocks, np.arange(count), "right") - 1
    return (first + last) // 2


def _misfit(pixels: MaskPixels, size: tuple[int, int]) -> str:
    height, width = pixels.size
    return (
        f"{pixels.name} is {width} x {height} px, this picture's mask is {size[1]} x {size[0]}; "
        "resize it with nearest-neighbour sampling, so that ids stay ids"
    )
