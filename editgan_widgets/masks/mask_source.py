"""MaskPixels: pixels of a mask's file or array, before it is known whether they are ids, colours or black and white."""

import io
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from editgan_widgets.deep_pixels import as_shown, deep_pixels, in_8_bits, turned
from editgan_widgets.file_kinds import what_it_is
from editgan_widgets.notes import Note
from editgan_widgets.tiff_pages import TiffError, is_misread, is_tiff, tiff_page

Source = str | os.PathLike[str] | bytes | Image.Image | np.ndarray
_LOSSY = ("JPEG", "MPO", "WEBP", "JPEG2000", "AVIF", "HEIF")
_LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp")  # compressions
_MOST_PIXELS = 64_000_000
_MOST_PAGES = 100  # maximum number of a TIFF's pages that are compared
_HALF = 128  # alpha of 255 below which a pixel counts as transparent


class MaskFileError(ValueError):
    """A file is not a mask of this picture; the message says what was given, what fits and what to do."""


@dataclass(frozen=True, eq=False)
class MaskPixels:
    """A mask as it was stored, upright.

    Attributes:
        name: name of the file, for messages.
        values: grey values or palette indices, int64 [h, w]; None for RGB.
        colours: RGB, uint8 [h, w, 3]; None for grey values.
        clear: True where it is transparent.
        palette: palette of an indexed picture, uint8 [n, 3].
        black_white: True if the file stores one bit per pixel.
        lossy: True if the format is lossy (JPEG).
        notes: conversions, for the user.
        alpha: True if an indexed picture has transparency per pixel, not per index.
    """

    name: str
    values: Int[np.ndarray, "h w"] | None
    colours: UInt8[np.ndarray, "h w 3"] | None
    clear: Bool[np.ndarray, "h w"]
    palette: UInt8[np.ndarray, "n 3"] | None = None
    black_white: bool = False
    lossy: bool = False
    notes: tuple[Note, ...] = ()
    alpha: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, px."""
        return self.clear.shape[0], self.clear.shape[1]

    def taken(self, rows: Int[np.ndarray, " H"], columns: Int[np.ndarray, " W"]) -> "MaskPixels":
        """Select rows and columns."""
        grid = np.ix_(rows, columns)
        values = None if self.values is None else self.values[grid]
        colours = None if self.colours is None else self.colours[grid]
        return replace(self, values=values, colours=colours, clear=self.clear[grid])

    def same_as(self, other: "MaskPixels") -> bool:
        """True if all pixels are equal."""
        pairs = ((self.values, other.values), (self.colours, other.colours), (self.clear, other.clear))
        return all(a is None or b is None or np.array_equal(a, b) for a, b in pairs)


def read_pixels(source: Source, num_labels: int = 0, shares: bool = False) -> MaskPixels:
    """Read a mask's file, its bytes, a Pillow image or an array.

    Args:
        source: a picture, a `.npy` file or an array: ids, bools, whole floats, RGB, RGBA, or one-hot planes.
        num_labels: number of labels, to recognise one-hot planes.
        shares: True to accept non-integer floats in 0..1, which are scaled to 0..255.

    Raises OSError for a file that is missing or may not be read, MaskFileError for a file that is not a mask.
    """
    if isinstance(source, np.ndarray):
        return _of_array(source, "the array", num_labels, shares)
    if isinstance(source, Image.Image):
        with _in_words("the mask", b""):
            return _of_image(source, "the mask", shares, None)
    if not isinstance(source, (str, os.PathLike, bytes)):
        array = np.asarray(source)  # a CPU tensor, a list of rows
        if array.dtype == object or array.ndim < 2:
            raise MaskFileError(
                f"a {type(source).__name__} is not a mask; give a path, bytes, a Pillow image or an array"
            )
        return _of_array(array, "the array", num_labels, shares)
    name = "the mask" if isinstance(source, bytes) else Path(source).name
    if (stored := _numpy_file(source, name)) is not None:
        return _of_array(stored, name, num_labels, shares)
    with _in_words(name, source):
        try:
            image = _opened(source)
        except UnidentifiedImageError:
            if is_tiff(_head(source, 4)):
                return _of_tiff(source, name, num_labels, shares)
            raise
        with image:
            if is_misread(image):
                return _of_tiff(source, name, num_labels, shares)
            return _of_image(image, name, shares, partial(_opened, source))


def _opened(source: str | os.PathLike[str] | bytes) -> Image.Image:
    return Image.open(io.BytesIO(source) if isinstance(source, bytes) else source)


def _head(source: str | os.PathLike[str] | bytes, count: int) -> bytes:
    """The first `count` bytes of a file."""
    if isinstance(source, bytes):
        return source[:count]
    with open(source, "rb") as opened:
        return opened.read(count)


@contextmanager
def _in_words(name: str, source: str | os.PathLike[str] | bytes) -> Iterator[None]:
    """Convert Pillow's errors to a MaskFileError that says what the file is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's warning about large pictures; there is a hard limit here
            yield
    except (FileNotFoundError, IsADirectoryError, PermissionError, MaskFileError):
        raise
    except Image.DecompressionBombError as error:
        raise MaskFileError(
            f"{name} claims too many pixels ({error}); give a mask of the picture's own size"
        ) from error
    except UnidentifiedImageError as error:
        kind, move = what_it_is(source) or ("of an unknown kind", "give an indexed PNG")
        raise MaskFileError(f"{name} is not a readable picture: it is {kind}; {move}") from error
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError, TypeError, IndexError) as error:
        raise MaskFileError(f"{name} is not a readable picture ({error}); give an indexed PNG") from error


def _of_tiff(source: str | os.PathLike[str] | bytes, name: str, num_labels: int, shares: bool) -> MaskPixels:
    """A TIFF that Pillow cannot read: 64 bits, float16, RGB floats, planes of 16 bits, a palette of 16 bits."""
    try:
        page = tiff_page(source if isinstance(source, bytes) else Path(source).read_bytes(), 4 * _MOST_PIXELS)
    except TiffError as error:
        raise MaskFileError(f"{name} is a TIFF that cannot be read ({error}); save it as indexed PNG") from error
    pixels = page.pixels
    if page.palette is not None and pixels.ndim == 2 and pixels.dtype.kind == "u" and int(pixels.max()) < 256:
        palette, index = page.palette[:256], pixels.astype(np.int64)
        return MaskPixels(name, index, page.palette[index], np.zeros(index.shape, bool), palette)
    if pixels.ndim == 3 and pixels.shape[2] in (2, 3, 4) and pixels.dtype != np.uint8:
        return _of_deep(name, _in_16_bits(pixels, name))
    return _of_array(pixels, name, num_labels, shares)


def _in_16_bits(pixels: np.ndarray, name: str) -> np.ndarray:
    """Colours and alpha as uint16 [H, W, C]. Raises MaskFileError for numbers outside [0, 1] and 0..65535."""
    if pixels.dtype.kind == "f" and np.isfinite(pixels).all() and pixels.min() >= 0 and pixels.max() <= 1:
        return np.rint(pixels.astype(np.float64) * 65535).astype(np.uint16)
    if pixels.dtype.kind in "iu" and pixels.min() >= 0 and pixels.max() <= 65535:
        return pixels.astype(np.uint16)
    raise MaskFileError(
        f"{name} holds colours of {pixels.dtype} from {float(pixels.min()):g} to {float(pixels.max()):g}; save it as "
        "indexed PNG, or as RGB of 8 or 16 bits"
    )


def _of_deep(name: str, pixels: np.ndarray, lossy: bool = False, notes: tuple[Note, ...] = ()) -> MaskPixels:
    """Grey, grey and alpha, RGB or RGBA of 16 bits, [H, W, C]; equal channels are values, not colours."""
    colours = pixels if pixels.shape[2] in (1, 3) else pixels[..., :-1]
    clear = np.zeros(pixels.shape[:2], bool) if pixels.shape[2] in (1, 3) else pixels[..., -1] < 257 * _HALF
    if (colours == colours[..., :1]).all():
        return MaskPixels(name, colours[..., 0].astype(np.int64), None, clear, None, False, lossy, notes)
    return MaskPixels(name, None, in_8_bits(colours)[0], clear, None, False, lossy, notes)


def _of_image(image: Image.Image, name: str, shares: bool, reopen: Callable[[], Image.Image] | None) -> MaskPixels:
    """Pixels of an opened image; `reopen` opens the file again, for the low bytes of 16 bits that Pillow drops."""
    if image.width * image.height > _MOST_PIXELS:
        raise MaskFileError(f"{name} is {image.width} x {image.height} px; give a mask of the picture's own size")
    notes: list[Note] = []
    raw = _raw_mode(image)
    lossy = image.format in _LOSSY or image.info.get("compression") in _LOSSY_TIFF
    deep = None if reopen is None else deep_pixels(image, reopen)
    _refuse_pages(image, name)
    if getattr(image, "n_frames", 1) > 1:
        notes.append(Note("first picture of several"))
    if image.getexif().get(0x0112, 1) in range(2, 9):
        notes.append(Note("rotated upright"))
    palette, hidden = _palette(image), _hidden_indices(image)
    upright = ImageOps.exif_transpose(image)
    mode = upright.mode
    opaque = np.zeros((upright.height, upright.width), bool)
    if deep is not None:
        return _of_deep(name, turned(deep, image), lossy, tuple(notes))
    if mode in ("1", "L", "I", "F") or mode.startswith("I;16"):
        array = as_shown(_expanded(np.asarray(upright), raw), image)
        values = _whole(_in_255(array) if shares else array, name)
        return MaskPixels(name, values, None, opaque, None, mode == "1", lossy, tuple(notes))
    if mode in ("LA", "La"):
        pixels = np.asarray(upright.convert("LA"))
        return MaskPixels(
            name, pixels[..., 0].astype(np.int64), None, pixels[..., 1] < _HALF, None, False, lossy, tuple(notes)
        )
    if mode in ("P", "PA") and palette is not None:
        stored = np.asarray(upright)
        index = (stored[..., 0] if mode == "PA" else stored).astype(np.int64)
        padded = np.zeros((256, 3), np.uint8)
        padded[: len(palette)] = palette
        clear = stored[..., 1] < _HALF if mode == "PA" else np.isin(index, hidden)
        return MaskPixels(name, index, padded[index], clear, palette, False, lossy, tuple(notes), mode == "PA")
    if mode in ("RGBA", "RGBa", "RGBX"):
        pixels = np.asarray(upright.convert("RGBA"))
        return MaskPixels(name, None, pixels[..., :3], pixels[..., 3] < _HALF, None, False, lossy, tuple(notes))
    return MaskPixels(name, None, np.asarray(upright.convert("RGB")), opaque, None, False, lossy, tuple(notes))


def _refuse_pages(image: Image.Image, name: str) -> None:
    """Raise MaskFileError for a TIFF whose further pages have the first one's size and other pixels."""
    count = getattr(image, "n_frames", 1)
    if image.format != "TIFF" or count == 1:
        return
    first = np.array(image)
    try:
        for at in range(1, min(count, _MOST_PAGES)):
            image.seek(at)
            if image.size[::-1] == first.shape[:2] and not np.array_equal(np.asarray(image), first):
                raise MaskFileError(
                    f"{name} has {count} pages that differ; save the page that holds the ids alone, or give one-hot "
                    "planes as .npy"
                )
    finally:
        image.seek(0)


def _raw_mode(image: Image.Image) -> str:
    tile = getattr(image, "tile", None)
    given = tile[0][3] if tile else ""
    given = given[0] if isinstance(given, tuple) and given else given
    return given if isinstance(given, str) else ""


def _expanded(values: np.ndarray, raw: str) -> np.ndarray:
    """Original grey values of 2 or 4 bits, which Pillow scales to 0..255; I: 0 is white, R: bits are reversed."""
    spread = {"L;2": 85, "L;4": 17}.get(raw.rstrip("IR"))
    return values if spread is None else values // spread


def _palette(image: Image.Image) -> np.ndarray | None:
    given = image.getpalette("RGB") if image.mode in ("P", "PA") else None
    return np.array(given, np.uint8).reshape(-1, 3) if given else None


def _hidden_indices(image: Image.Image) -> list[int]:
    """Indices of a palette that are transparent."""
    given = image.info.get("transparency") if image.mode == "P" else None
    if isinstance(given, int):
        return [given]
    return [index for index, alpha in enumerate(given) if alpha < _HALF] if isinstance(given, bytes) else []


def _numpy_file(source: str | os.PathLike[str] | bytes, name: str) -> np.ndarray | None:
    """The array of a `.npy` or of a `.npz` that holds one; None for any other file."""
    head = _head(source, 6)
    archive = not isinstance(source, bytes) and Path(source).suffix.lower() == ".npz" and head.startswith(b"PK")
    if not head.startswith(b"\x93NUMPY") and not archive:
        return None
    try:
        loaded: Any = np.load(io.BytesIO(source) if isinstance(source, bytes) else source, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            if len(loaded.files) != 1:
                raise MaskFileError(
                    f"{name} holds {', '.join(loaded.files) or 'nothing'}; give one array of ids [H, W]"
                )
            return loaded[loaded.files[0]]
    except MaskFileError:
        raise
    except (OSError, ValueError, EOFError, KeyError, MemoryError, SyntaxError) as error:
        raise MaskFileError(f"{name} is not a readable array ({error}); save ids [H, W] with numpy.save") from error


def _of_array(array: np.ndarray, name: str, num_labels: int, shares: bool) -> MaskPixels:
    """Ids [H, W] with singleton axes, RGB or RGBA [H, W, C], or one-hot planes [H, W, n] or [n, H, W]."""
    shape = array.shape
    if not array.size or array.dtype.kind not in "biuf" or array.size > 4 * _MOST_PIXELS:
        raise MaskFileError(f"{name} is {array.dtype} of shape {shape}; a mask is ids [H, W]")
    while array.ndim > 2 and 1 in array.shape:
        array = np.squeeze(array, axis=array.shape.index(1))
    none = np.zeros(array.shape[:2], bool)
    if array.ndim == 2:
        values = _whole(_in_255(array) if shares else array, name)
        return MaskPixels(name, values, None, none, None, array.dtype == bool)
    if array.ndim == 3 and (ids := _of_planes(array, num_labels)) is not None:
        return MaskPixels(
            name, ids, None, np.zeros(ids.shape, bool), None, False, False, (Note("one-hot planes read as part ids"),)
        )
    if array.ndim == 3 and array.dtype == np.uint8 and array.shape[2] in (3, 4):
        clear = array[..., 3] < _HALF if array.shape[2] == 4 else none
        return MaskPixels(name, None, np.ascontiguousarray(array[..., :3]), clear)
    raise MaskFileError(
        f"{name} is {array.dtype} of shape {shape}; a mask is ids [H, W], colours [H, W, 3] uint8, or one-hot planes "
        f"[H, W, {num_labels or 'n'}]; of scores take argmax first"
    )


def _of_planes(array: np.ndarray, num_labels: int) -> np.ndarray | None:
    """Ids of one-hot planes, one for each label; None for anything else."""
    for axis in (2, 0):
        fits = num_labels > 1 and array.shape[axis] == num_labels and bool(((array == 0) | (array == 1)).all())
        if fits and bool((array.astype(np.int64).sum(axis) == 1).all()):
            return array.argmax(axis).astype(np.int64)
    return None


def _in_255(values: np.ndarray) -> np.ndarray:
    """Scale floats in 0..1 to 0..255; other numbers are returned unchanged."""
    if values.dtype.kind != "f" or not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
        return values
    return np.rint(values * 255)


def _whole(values: np.ndarray, name: str) -> np.ndarray:
    """Convert numbers to int64. Raises MaskFileError for floats that are not integers, or not finite."""
    if values.dtype.kind == "f":
        fractions = ~np.isfinite(values) | (values != np.rint(values))
        if fractions.any():
            raise MaskFileError(
                f"{name} holds {values.dtype} numbers, {int(fractions.sum()):,} of them not whole, for example "
                f"{float(values[fractions][0]):g}; a mask holds whole ids"
            )
        if np.abs(values).max() >= 2**31:
            raise MaskFileError(f"{name} holds {float(values.max()):g}; a mask holds ids from 0 to 255")
    return values.astype(np.int64)
