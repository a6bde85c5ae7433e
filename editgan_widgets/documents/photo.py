"""Photo: a user's picture, the square of it that a model edits, and pasting of edits into the whole picture.

Any file that Pillow reads becomes upright uint8 RGB `[H, W, 3]`. A `Crop` is a square in its pixels; `cut` resizes it
to the model's size, and `paste` adds the difference of the pictures before and after an edit at the photo's own
resolution, so that detail that the model cannot generate (pores, a background) is preserved. "feather" fades the
difference out around the region; "gradient" solves for a picture with the edit's gradients inside the region and the
photo's colours on its border (Pérez et al. 2003, section 2), which leaves no seam.
"""

import importlib
import io
import math
import os
import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from scipy import ndimage, sparse
from scipy.sparse import linalg

from editgan_widgets.deep_pixels import as_shown, deep_pixels, in_8_bits, turned
from editgan_widgets.file_kinds import what_it_is
from editgan_widgets.notes import Note
from editgan_widgets.scalars import Real, Whole, plain_fields, real, whole
from editgan_widgets.squares import Square, cut_square, padded
from editgan_widgets.tiff_pages import TiffError, is_misread, is_tiff, tiff_page

MOST_PIXELS = 2 * 89_478_485  # maximum of a picture, as in Pillow: a small file may declare more than fits into memory
_LARGEST_CROP = 8  # times the photo's longer side
_MOST_UNKNOWNS = 40_000  # size of the linear system; larger regions use a coarser grid, because the solution is smooth

Source = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | np.ndarray


class PhotoError(ValueError):
    """A picture cannot be read. The message names the file, its content, what can be read, and what to do."""


@dataclass(frozen=True)
class Crop:
    """A square of a photo, in its pixels; it may be turned around its centre, and reach beyond the photo's border."""

    x: float  # px, left edge, before it is turned
    y: float  # px, upper edge, before it is turned
    side: float  # px, above 0
    roll: float = 0.0  # degrees, positive is clockwise

    def __post_init__(self) -> None:
        plain_fields(self)
        if not (np.isfinite([self.x, self.y, self.side, self.roll]).all() and self.side > 0):
            values = f"{self.x}, {self.y}, {self.side}, {self.roll}"
            raise ValueError(f"a crop has finite x, y and roll and a side above 0 px; got {values}")

    @classmethod
    def of(cls, square: Square) -> "Crop":
        """The crop that is a square."""
        return cls(square.x - square.side / 2, square.y - square.side / 2, square.side, square.roll)

    @property
    def square(self) -> Square:
        """The same square, by its centre."""
        return Square(self.x + self.side / 2, self.y + self.side / 2, self.side, self.roll)

    @property
    def numbers(self) -> tuple[float, ...]:
        """x, y and side, and the roll if there is one, for `Crop(*numbers)`."""
        values = (self.x, self.y, self.side, self.roll) if self.roll else (self.x, self.y, self.side)
        return tuple(map(float, values))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower edge of the upright box around it."""
        if not self.roll:
            return self.x, self.y, self.x + self.side, self.y + self.side
        (left, upper), (right, lower) = self.square.corners().min(0), self.square.corners().max(0)
        return float(left), float(upper), float(right), float(lower)


@dataclass(frozen=True)
class Photo:
    """An upright picture.

    Attributes:
        pixels: uint8 [H, W, 3].
        notes: conversions (turned upright, transparency laid on grey …), for the user.
    """

    pixels: UInt8[np.ndarray, "h w 3"]
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Width in px."""
        return self.pixels.shape[1]

    @property
    def height(self) -> int:
        """Height in px."""
        return self.pixels.shape[0]

    def central_crop(self) -> Crop:
        """The largest square in the middle."""
        side = min(self.width, self.height)
        return Crop((self.width - side) / 2, (self.height - side) / 2, side)

    def cut(self, crop: Crop, size: Whole) -> UInt8[np.ndarray, "size size 3"]:
        """Cut out a square, upright, and resize it to `size` px; border pixels are repeated outside the photo."""
        side = whole(size, "size", least=1)
        if crop.side > _LARGEST_CROP * max(self.width, self.height):
            raise ValueError(
                f"{crop} is more than {_LARGEST_CROP} times as large as the photo of {self.width} x {self.height} px"
            )
        left, upper, right, lower = crop.box
        if right <= 0 or lower <= 0 or left >= self.width or upper >= self.height:
            raise ValueError(f"{crop} is outside the photo of {self.width} x {self.height} px; move it")
        if crop.roll:
            return cut_square(self.pixels, crop.square, side)
        edges = math.floor(left), math.floor(upper), math.ceil(right), math.ceil(lower)
        around = Image.fromarray(padded(self.pixels, edges))
        box = (left - edges[0], upper - edges[1], left - edges[0] + crop.side, upper - edges[1] + crop.side)
        return np.asarray(around.resize((side, side), Image.Resampling.LANCZOS, box=box))


def open_photo(source: Source, background: tuple[int, int, int] = (128, 128, 128)) -> Photo:
    """Read a picture from a file, its bytes, a Pillow image or an array.

    It is rotated by its EXIF orientation; transparency is laid on `background`; grey, palettes and CMYK (with its
    colour profile, if any) are converted to 8-bit RGB, and so are 16 bits, where 10, 12 and 14 bits are recognised
    (deep_pixels.py); of an animation, the first frame is used. HEIC is read if pillow-heif is installed.

    Raises OSError for a file that is missing or may not be read, PhotoError for a file that is not a picture, is
    broken, or has more than MOST_PIXELS.
    """
    if isinstance(source, np.ndarray):
        if source.ndim >= 2 and source.shape[0] * source.shape[1] > MOST_PIXELS:
            raise PhotoError(f"the array is {source.shape}, more than {MOST_PIXELS:,} pixels; reduce it first")
        pixels, note = _from_array(source, background)
        return Photo(pixels, (note,) if note else ())
    if not isinstance(source, (str, os.PathLike, bytes, Image.Image)) and not hasattr(source, "read"):
        raise PhotoError(
            f"a {type(source).__name__} is not a picture; give a path, bytes, a Pillow image or a numpy array"
        )
    name = "the picture"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's warning about large pictures; there is a hard limit here
            if isinstance(source, Image.Image):
                _check_size(source, name)
                return _converted(source, background, None)
            if isinstance(source, (str, os.PathLike)):
                name = Path(source).name
                _refuse_raw(source, name)
            with _opened(source) as image:
                _check_size(image, name)
                if is_misread(image) and (photo := _by_tifffile(source, background, name)) is not None:
                    return photo
                return _converted(image, background, partial(_opened, source))
    except (FileNotFoundError, IsADirectoryError, PermissionError, PhotoError):
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError(f"{name} claims more than {MOST_PIXELS:,} pixels; make it smaller first") from error
    except UnidentifiedImageError as error:
        assert not isinstance(source, Image.Image)  # already opened
        if (photo := _by_tifffile(source, background, name)) is not None:
            return photo
        kind, move = what_it_is(source) or ("of an unknown kind", "use JPEG, PNG, WebP, TIFF, GIF or BMP")
        raise PhotoError(f"{name} is not a readable picture: it is {kind}; {move}") from error
    # Pillow's errors for broken files.
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError, TypeError, IndexError, struct.error) as error:
        raise PhotoError(f"{name} is broken ({error}); save it again and retry") from error


def _opened(source: str | os.PathLike[str] | bytes | BinaryIO) -> Image.Image:
    """Open a file; HEIC with pillow-heif, if installed."""
    if not isinstance(source, (str, os.PathLike, bytes)):
        source.seek(0)
    try:
        return Image.open(io.BytesIO(source) if isinstance(source, bytes) else source)
    except UnidentifiedImageError:
        found = what_it_is(source)
        if found is None or found[0] not in ("a HEIC picture", "an AVIF picture"):
            raise
        try:
            pillow_heif: Any = importlib.import_module("pillow_heif")
        except ImportError:
            raise UnidentifiedImageError("pillow-heif is not installed") from None
        heif = pillow_heif.open_heif(io.BytesIO(source) if isinstance(source, bytes) else source)
        return heif.to_pillow()


def _bytes_of(source: str | os.PathLike[str] | bytes | BinaryIO, most: int = -1) -> bytes:
    """A file's content, or its first `most` bytes."""
    if isinstance(source, bytes):
        return source if most < 0 else source[:most]
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return file.read(most)
    source.seek(0)
    return source.read(most)


def _refuse_raw(path: str | os.PathLike[str], name: str) -> None:
    """Refuse camera RAW files: they are TIFF with a small preview, which would be opened instead of the picture."""
    found = what_it_is(path)
    if found is not None and "RAW" in found[0]:
        raise PhotoError(f"{name} is {found[0]}; {found[1]}")


def _by_tifffile(
    source: str | os.PathLike[str] | bytes | BinaryIO, background: tuple[int, int, int], name: str
) -> Photo | None:
    """Read a TIFF that Pillow cannot, such as RGB floats; None if it is not a TIFF."""
    if not is_tiff(_bytes_of(source, 4)):
        return None
    try:
        page = tiff_page(_bytes_of(source), 4 * MOST_PIXELS)
    except TiffError as error:
        raise PhotoError(f"{name} is a TIFF that cannot be read ({error}); save it as 8 or 16-bit PNG") from error
    array = page.pixels if page.palette is None else page.palette[page.pixels]
    pixels, note = _from_array(array, background)
    return Photo(pixels, (note,) if note else ())


def _check_size(image: Image.Image, name: str) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise PhotoError(
            f"{name} has {image.width} x {image.height} px, more than {MOST_PIXELS:,} pixels; make it smaller first"
        )


def _converted(image: Image.Image, background: tuple[int, int, int], reopen: Callable[[], Image.Image] | None) -> Photo:
    """Pixels and notes; `reopen` opens the file again, for the low bytes of 16 bits that Pillow drops."""
    notes = []
    deep = None if reopen is None else deep_pixels(image, reopen)
    upright = ImageOps.exif_transpose(image)
    if image.getexif().get(0x0112, 1) in range(2, 9):
        notes.append(Note("rotated upright"))
    if getattr(image, "n_frames", 1) > 1:
        notes.append(Note("first picture of several"))
    if upright.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I", "F") or deep is not None:
        array = as_shown(np.asarray(upright), image) if deep is None else turned(deep, image)
        pixels, note = _from_array(array, background)
        notes.append(note or Note("converted to 8 bits"))
        return Photo(pixels, tuple(notes))
    if upright.mode == "CMYK":
        notes.append(Note("CMYK converted to RGB"))
        upright = _to_srgb(upright)
    elif upright.mode in ("RGB", "L") and upright.info.get("icc_profile"):
        upright = _to_srgb(upright)
    if upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in upright.info:
        notes.append(Note("transparent areas filled with a plain background"))
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, (*background, 255)), upright)
    return Photo(np.array(upright.convert("RGB")), tuple(notes))


def _to_srgb(image: Image.Image) -> Image.Image:
    """Convert with the picture's colour profile, if it has a valid one."""
    profile = image.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError):  # a broken profile: use the plain conversion
            pass
    return image.convert("RGB")


def _from_array(values: np.ndarray, background: tuple[int, int, int]) -> tuple[np.ndarray, Note | None]:
    """Convert grey, grey and alpha, RGB or RGBA, of 8 to 16 bits or floats in [0, 1], to RGB bytes; and a note."""
    array = np.asarray(values)
    array = array.astype(np.uint8) * np.uint8(255) if array.dtype == bool else array
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or not array.size:
        raise PhotoError(f"the array is {values.shape}; a picture is [H, W], [H, W, 3] or [H, W, 4]")
    low, high = (float(array.min()), float(array.max())) if array.dtype.kind in "iuf" else (np.nan, np.nan)
    if not (low >= -0.01 and high <= 65535):
        raise PhotoError(
            f"the picture holds {array.dtype} from {low:g} to {high:g}; it takes uint8, uint16 or floats in [0, 1] "
            "(images.to_uint8 turns a network's pictures into one)"
        )
    colours, note = in_8_bits(array if array.shape[2] in (1, 3) else array[..., :-1])
    alpha = None if array.shape[2] in (1, 3) else in_8_bits(array[..., -1:])[0] / 255.0
    colours = np.repeat(colours, 3, axis=2) if colours.shape[2] == 1 else colours
    if alpha is not None:
        colours = np.rint(colours * alpha + np.array(background) * (1 - alpha)).astype(np.uint8)
    return np.ascontiguousarray(colours), note


# Pasting


def paste(
    photo: Photo,
    crop: Crop,
    before: UInt8[np.ndarray, "s s 3"],
    after: UInt8[np.ndarray, "s s 3"],
    region: Bool[np.ndarray, "s s"],
    method: Literal["feather", "gradient"] = "gradient",
    feather_px: Real = 3.0,
    residual: Real = 1.0,
) -> UInt8[np.ndarray, "h w 3"]:
    """Paste an edit into a copy of the photo, at the photo's resolution.

    Args:
        photo: the whole picture.
        crop: the edited square.
        before: the model's picture of the crop before the edit (not the crop itself, because the reconstruction error
            is not part of the edit).
        after: the model's picture after the edit.
        region: where the edit may act; nothing changes outside.
        method: "feather" adds the difference, faded out towards the region's border; "gradient" uses the difference's
            gradients and matches the photo on the border.
        feather_px: width of the fade, in the model's px.
        residual: share of the reconstruction error that is kept inside the region, 0 to 1. With 1 the photo changes
            exactly by the difference; with 0 the region shows the model's picture with the photo's finer detail, except
            where the edit changed much, because the old outline of a moved part is such detail too.

    Raises ValueError for pictures or a region of other sizes than each other, or numbers out of range.
    """
    size = before.shape[0]
    if not before.shape == after.shape == (size, size, 3) or region.shape != (size, size):
        raise ValueError(
            f"before {before.shape}, after {after.shape} and region {region.shape} must be of one size, "
            "[S, S, 3] and [S, S]"
        )
    if method not in ("feather", "gradient"):
        raise ValueError(f"method must be 'feather' or 'gradient'; got {method!r}")
    feather, kept = real(feather_px, "feather_px", least=0), real(residual, "residual", least=0, most=1)
    difference = after.astype(np.float32) - before
    seen = photo.cut(crop, size).astype(np.float32) if kept < 1 else None
    if seen is not None:
        difference += (1 - kept) * (before.astype(np.float32) - seen)
    region = _ending_inside(photo, crop, region)
    if method == "gradient":
        difference = _meeting_zero(difference, region)
        share = region.astype(np.float32)
        share = np.clip(ndimage.gaussian_filter(share, 0.5, mode="nearest") * 2 - 0.5, 0, 1)
    else:
        share = _feathered(region, feather)
    change = difference * share[..., None]
    # A cubic spline rings across the region's border, so nothing is added more than a pixel outside.
    near = ndimage.binary_dilation(region)
    result = photo.pixels.copy()
    if not near.any():
        return result
    left, upper, right, lower = _reach(photo, crop, near)
    if right <= left or lower <= upper:
        return result
    grid = _in_the_model(crop, size, (left, upper, right, lower))
    weight = ndimage.map_coordinates(near.astype(np.float32), grid, order=1, mode="nearest")
    if crop.roll:  # the box around it has pixels outside it
        weight *= np.all([(at >= -0.5) & (at <= size - 0.5) for at in grid], axis=0)
    added = np.stack([_resample(change[..., i], grid, crop.side / size) for i in range(3)], axis=-1)
    here = result[upper:lower, left:right].astype(np.float32)
    if seen is not None:
        detail = here - np.stack([_resample(seen[..., i], grid, crop.side / size) for i in range(3)], axis=-1)
        moved = ndimage.map_coordinates(_moved(before, after) * share, grid, order=1, mode="nearest")
        added -= (1 - kept) * moved[..., None] * detail
    here += added * weight[..., None]
    result[upper:lower, left:right] = np.clip(np.rint(here), 0, 255).astype(np.uint8)
    return result


def _in_the_model(crop: Crop, size: int, box: tuple[int, int, int, int]) -> list[Float[np.ndarray, "h w"]]:
    """Rows and columns, in the model's pixels, of the centres of the photo's pixels in a box."""
    left, upper, right, lower = box
    if not crop.roll:
        rows = (np.arange(upper, lower) + 0.5 - crop.y) / crop.side * size - 0.5
        columns = (np.arange(left, right) + 0.5 - crop.x) / crop.side * size - 0.5
        return list(np.meshgrid(rows, columns, indexing="ij"))
    x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(upper, lower) + 0.5)
    places = crop.square.from_picture(np.stack([x, y], -1)) * size - 0.5
    return [places[..., 1], places[..., 0]]


def _moved(before: UInt8[np.ndarray, "s s 3"], after: UInt8[np.ndarray, "s s 3"]) -> Float[np.ndarray, "s s"]:
    """Confidence that a pixel's content changed, 0 to 1: small for shading, 1 for a moved outline."""
    change = np.abs(after.astype(np.float32) - before).max(2)
    return ndimage.gaussian_filter(np.clip((ndimage.grey_dilation(change, 3) - 10) / 20, 0, 1), 0.7)


def _reach(photo: Photo, crop: Crop, near: Bool[np.ndarray, "s s"]) -> tuple[int, int, int, int]:
    """Left, upper, right and lower edge of the area that an edit can change, px, with a model pixel's margin."""
    unit = crop.side / len(near)
    rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
    if crop.roll:
        (x0, x1), (y0, y1) = ((int(at[0]) - 1, int(at[-1]) + 2) for at in (columns, rows))
        corners = crop.square.to_picture(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) / len(near))
        (left, upper), (right, lower) = np.floor(corners.min(0)), np.ceil(corners.max(0))
        return max(int(left), 0), max(int(upper), 0), min(int(right), photo.width), min(int(lower), photo.height)
    return (
        max(math.floor(crop.x + (int(columns[0]) - 1) * unit), math.floor(crop.x), 0),
        max(math.floor(crop.y + (int(rows[0]) - 1) * unit), math.floor(crop.y), 0),
        min(math.ceil(crop.x + (int(columns[-1]) + 2) * unit), math.ceil(crop.x + crop.side), photo.width),
        min(math.ceil(crop.y + (int(rows[-1]) + 2) * unit), math.ceil(crop.y + crop.side), photo.height),
    )


def _feathered(region: Bool[np.ndarray, "s s"], feather_px: float) -> np.ndarray:
    """Weight of an edit: 1 inside the region, falling to 0 at its border, except at the picture's own border."""
    wider = np.pad(region, 1, mode="edge")
    if wider.all():  # without a border there is no distance to one
        return np.ones(region.shape, np.float32)
    depth = np.asarray(ndimage.distance_transform_edt(wider))[1:-1, 1:-1]
    return np.clip(depth / max(feather_px, 1e-6), 0, 1).astype(np.float32)


def _ending_inside(photo: Photo, crop: Crop, region: Bool[np.ndarray, "s s"]) -> np.ndarray:
    """The region without the crop's border pixels where the photo continues, so that it has a border to match."""
    inner = region.copy()
    if crop.roll:
        inner[[0, -1]] = inner[:, [0, -1]] = False
        return inner
    inner[:, 0] &= crop.x <= 0
    inner[0] &= crop.y <= 0
    inner[:, -1] &= crop.x + crop.side >= photo.width
    inner[-1] &= crop.y + crop.side >= photo.height
    return inner


def _meeting_zero(difference: Float[np.ndarray, "s s 3"], region: Bool[np.ndarray, "s s"]) -> np.ndarray:
    """Return the function with the difference's gradients inside the region and 0 on its border.

    It is the difference minus the membrane through its values on the border: Laplace's equation with one unknown per
    pixel of the region, and zero normal derivative at the picture's own border.
    """
    if not region.any():
        return np.zeros_like(difference)
    if region.all():  # no border to match
        return difference
    step = int(np.ceil(np.sqrt(region.sum() / _MOST_UNKNOWNS)))
    if step > 1:
        small = tuple(slice(None, None, step) for _ in range(2))
        coarse = ndimage.uniform_filter(difference, _odd(step), mode="nearest", axes=(0, 1))[small]
        scale = [a / b for a, b in zip(region.shape, region[small].shape, strict=True)]
        membrane = ndimage.zoom(_membrane(coarse, region[small]), (*scale, 1), order=1, mode="nearest", grid_mode=True)
        return (difference - membrane) * region[..., None]
    return (difference - _membrane(difference, region)) * region[..., None]


def _membrane(values: Float[np.ndarray, "h w 3"], inside: Bool[np.ndarray, "h w"]) -> np.ndarray:
    """Solve Laplace's equation inside, with the values outside as boundary; a sparse direct solver."""
    count = int(inside.sum())
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(count)
    bordered = np.pad(number, 1, constant_values=-2)  # -2: outside the picture, no neighbour; -1: a known value
    known = np.pad(values.astype(np.float64), ((1, 1), (1, 1), (0, 0)))
    rows, columns = np.nonzero(inside)
    degree, right = np.zeros(count), np.zeros((count, 3))
    at, of = [], []
    for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        neighbour = bordered[rows + 1 + dy, columns + 1 + dx]
        degree += neighbour > -2
        border = neighbour == -1
        right[border] += known[rows[border] + 1 + dy, columns[border] + 1 + dx]
        at.append(np.flatnonzero(neighbour >= 0))
        of.append(neighbour[neighbour >= 0])
    indices = np.concatenate(at), np.concatenate(of)
    system = sparse.diags(degree) - sparse.coo_matrix((np.ones(len(indices[0])), indices), (count, count))
    result = values.astype(np.float64).copy()
    result[inside] = linalg.splu(system.tocsc()).solve(right)
    return result.astype(np.float32)


def _resample(values: np.ndarray, grid: Sequence[np.ndarray], finer: float) -> np.ndarray:
    """Values at a grid of rows and columns; the photo has `finer` px per px of the model's picture.

    Cubic interpolation if `finer` is 1 or more; otherwise the mean over the area of a pixel.
    """
    if finer < 1:
        values = ndimage.uniform_filter(values, _odd(1 / finer), mode="nearest")
    return ndimage.map_coordinates(values, grid, order=3 if finer >= 1 else 1, mode="nearest")


def _odd(size: float) -> int:
    """The odd integer nearest to a size, for a filter with a centre."""
    return 2 * int(size / 2) + 1
