"""A label map as an indexed PNG: the index is the label's id, the palette the labels' colours, so it looks like a mask.

Painting programs may reorder the palette or save colours instead of indices. So on the way back a colour that is a
label's counts before the index does, and plain grey values 0, 1, 2 … are ids. Anything between two labels, such as the
soft edge of a brush, is refused and not guessed at.
"""

import io
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from editgan_widgets.files import write_bytes
from editgan_widgets.labels import LabelSet


class MaskFileError(ValueError):
    """A file is no mask of this picture; the message says what came, what fits and the next move."""


def mask_png(label_map: UInt8[np.ndarray, "h w"], labels: LabelSet) -> bytes:
    """The label map as PNG. Raises UnknownLabelError for an id that the labels do not have."""
    labels.check(label_map)
    image = Image.fromarray(np.ascontiguousarray(label_map, np.uint8), "P")
    image.putpalette(labels.palette.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def save_mask(label_map: UInt8[np.ndarray, "h w"], labels: LabelSet, path: str | Path) -> None:
    """Write `mask_png`. Raises ValueError for an ending other than .png."""
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"a mask is an indexed .png; got {path.name!r}")
    write_bytes(path, mask_png(label_map, labels))


def open_mask(source: str | Path | bytes, labels: LabelSet, size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    """Read a mask that `save_mask` or a painting program wrote.

    Args:
        source: a file or its bytes.
        labels: whose ids and colours it holds.
        size: height and width that it must have.

    Raises OSError for a file that cannot be read, MaskFileError for what is no picture, another size, or an id or a
    colour that is no label's.
    """
    name = "the mask" if isinstance(source, bytes) else Path(source).name
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            if (image.height, image.width) != tuple(size):
                raise MaskFileError(
                    f"{name} is {image.width} x {image.height} px, this picture's mask is {size[1]} x {size[0]}; "
                    "resize it with nearest-neighbour sampling, so that ids stay ids"
                )
            if image.mode in ("1", "L", "I;16", "I"):
                return _checked_ids(np.asarray(image), labels, name)
            if image.mode == "P" and _palette_is_of_this_order(image, labels):
                return _checked_ids(np.asarray(image), labels, name)
            return _by_colour(np.asarray(image.convert("RGBA")), labels, name)
    except (FileNotFoundError, IsADirectoryError, PermissionError, MaskFileError):
        raise
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise MaskFileError(f"{name} is no picture that can be read ({error}); give an indexed PNG") from error


def _palette_is_of_this_order(image: Image.Image, labels: LabelSet) -> bool:
    """Whether every index in use that is a label's id has its colour, so that indices are ids."""
    palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    used = np.unique(np.asarray(image))
    known = used[used < min(len(labels), len(palette))]
    return bool((palette[known] == labels.palette[known]).all())


def _checked_ids(ids: np.ndarray, labels: LabelSet, name: str) -> np.ndarray:
    foreign = (ids < 0) | (ids >= len(labels))
    if foreign.any():
        raise MaskFileError(
            f"{name} holds id {int(ids[foreign][0])} at {int(foreign.sum())} px, ids of {labels.name!r} run "
            f"0..{len(labels) - 1}; save a mask from the editor to see which id is which part"
        )
    return ids.astype(np.uint8)


def _by_colour(pixels: UInt8[np.ndarray, "h w 4"], labels: LabelSet, name: str) -> np.ndarray:
    ids = np.full(pixels.shape[:2], -1)
    for label in reversed(labels.labels):  # of two with one colour the first counts
        ids[(pixels[..., :3] == label.rgb).all(2) & (pixels[..., 3] == 255)] = label.id
    foreign = ids < 0
    if foreign.any():
        y, x = (int(places[0]) for places in np.nonzero(foreign))
        red, green, blue = (int(value) for value in pixels[y, x, :3])
        clear = " (not opaque)" if pixels[y, x, 3] < 255 else ""
        raise MaskFileError(
            f"{name} has the colour #{red:02x}{green:02x}{blue:02x}{clear} at x {x}, y {y}, and {int(foreign.sum())} "
            f"such px in all, which is no part of {labels.name!r}; paint with hard edges in the mask's own colours"
        )
    return ids.astype(np.uint8)
