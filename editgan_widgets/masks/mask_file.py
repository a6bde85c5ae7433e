"""Mask files: written as indexed PNG, read from the formats of painting and labelling programs.

A mask is written with label ids as indices and the labels' colours as palette. When a file is read, its content decides
how, and notes describe it:

    indexed picture    by colour if its palette is ours (own or safe), else by index (labelme, VOC, …); a note says
                       which, if the two differ
    RGB, RGBA          by colour; small drift and soft edges are snapped (mask_colours.py), transparent = background
    grey, 16 bits      values are ids; grey and alpha likewise
    .npy, arrays       ids, whole floats, singleton axes, one-hot planes, colours
    enlargements       reduced to the picture's size (mask_size.py)

A black-and-white picture contains only one part: `open_mask` refuses it, `open_part_mask` reads it
(EditSession.paint_mask).
"""

import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image

from editgan_widgets.files import write_bytes
from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.mask_colours import DRIFT, ColourMatch, best_match, ids_by_colour
from editgan_widgets.masks.mask_size import check_size, exactly_reduced, majority, reduction_note
from editgan_widgets.masks.mask_source import MaskFileError, MaskPixels, Source, read_pixels
from editgan_widgets.notes import Note
from editgan_widgets.palettes import palettes_of

__all__ = [
    "MaskFileError",
    "OpenedMask",
    "OpenedPart",
    "Source",
    "holds_own_mask",
    "is_mask_of",
    "mask_png",
    "open_mask",
    "open_part_mask",
    "read_mask",
    "save_mask",
]

_ENDS = 8  # tolerance of black and white, of 255
_MOSTLY = 0.9  # minimum share of black and white pixels in a black-and-white picture
_LOOKED_AT = 768  # px, about the longer side of what is read to tell a mask from a photo
_MOSTLY_KNOWN = 0.5  # share of a palette's unused colours that are parts', below which it is foreign
_NAMED = 5  # ids in a message
_PHOTO = 60  # unknown ids: more of them mean a photo, not a mask with mistakes


@dataclass(frozen=True, eq=False)
class OpenedMask:
    """A mask that was read.

    Attributes:
        label_map: ids, uint8 [H, W], read-only.
        notes: decisions and changes while reading, for the user; empty for a plain mask.
    """

    label_map: UInt8[np.ndarray, "h w"]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, eq=False)
class OpenedPart:
    """The shape of one part that was read.

    Attributes:
        mask: pixels of the part, bool [H, W], read-only.
        notes: as in OpenedMask.
    """

    mask: Bool[np.ndarray, "h w"]
    notes: tuple[Note, ...] = ()


def mask_png(label_map: UInt8[np.ndarray, "h w"], labels: LabelSet) -> bytes:
    """Encode a label map as PNG. Raises UnknownLabelError for an id that the labels do not have."""
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


def open_mask(source: Source, labels: LabelSet, size: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
    """A copy of the label map of `read_mask`, without notes. Same arguments and errors."""
    return read_mask(source, labels, size).label_map.copy()


def read_mask(source: Source, labels: LabelSet, size: tuple[int, int]) -> OpenedMask:
    """Read the mask of a whole picture by the rules in the module's docstring.

    Args:
        source: a file, its bytes, a Pillow image or an array.
        labels: label set of its ids and colours.
        size: height and width of the label map, px; enlargements are reduced to it.

    Raises OSError for a file that cannot be read, MaskFileError for a file that is not a picture, another size, a
    black-and-white picture, or an unknown id or colour.
    """
    stored = read_pixels(source, len(labels))
    check_size(stored, size)
    if stored.clear.all():
        raise MaskFileError(f"{stored.name} is transparent (not opaque) everywhere; save it with its background layer")
    reduced = exactly_reduced(stored, size)
    pixels = stored if reduced is None else reduced
    ids, notes = _ids(pixels, labels, max(1, pixels.size[0] // size[0]))
    if reduced is None:
        ids, note = majority(ids, stored, size)
        notes = (*notes, note)
    else:
        notes = (*reduction_note(stored, size), *notes)
    ids.setflags(write=False)
    return OpenedMask(ids, (*stored.notes, *notes))


def open_part_mask(source: Source, size: tuple[int, int]) -> OpenedPart:
    """Read the shape of one part: white in a black-and-white picture, True, 1, or opaque pixels.

    Args:
        source: a file, its bytes, a Pillow image or an array; floats in 0..1 are shares. Grey counts from half on, and
            a picture of two values as its upper one.
        size: height and width, px; enlargements are reduced.

    Raises OSError for a file that cannot be read, MaskFileError for another size, for a picture of more than one part,
    or one that marks nothing.
    """
    stored = read_pixels(source, shares=True)
    check_size(stored, size)
    reduced = exactly_reduced(stored, size)
    pixels = stored if reduced is None else reduced
    mask, notes = _part(pixels)
    if reduced is None:
        ids, note = majority(mask.astype(np.uint8), stored, size)
        mask, notes = ids.astype(bool), (*notes, note)
    else:
        notes = (*reduction_note(stored, size), *notes)
    if not mask.any():
        raise MaskFileError(f"{stored.name} marks no pixel; the part is white, True or 1 in a black and white mask")
    mask.setflags(write=False)
    return OpenedPart(mask, (*stored.notes, *notes))


def holds_own_mask(content: bytes, labels: LabelSet) -> bool:
    """True if a file is an indexed picture with one of the labels' palettes, as `mask_png` writes."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            given = image.getpalette("RGB") if image.mode == "P" and "editgan-widgets" not in image.info else None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        return False
    return given is not None and _is_own_palette(np.array(given, np.uint8).reshape(-1, 3), labels)


def is_mask_of(pixels: UInt8[np.ndarray, "h w 3"], labels: LabelSet) -> bool:
    """True if a picture is a mask and not a photo: two or more parts in the labels' colours, or grey part ids.

    Of a large picture, only every n-th row and column is read.
    """
    step = max(1, round(max(pixels.shape[:2]) / _LOOKED_AT))
    pixels = pixels[::step, ::step]
    stored = MaskPixels("the picture", None, pixels, np.zeros(pixels.shape[:2], bool))
    if _is_grey(stored):
        return 0 < int(pixels.max()) < len(labels)
    match = best_match(stored, labels)
    telling = match.telling is not None and match.telling >= _MOSTLY
    return telling and match.match >= _MOSTLY and len(np.unique(match.nearest[match.near])) > 1


def _is_own_palette(palette: UInt8[np.ndarray, "n 3"], labels: LabelSet) -> bool:
    count = len(labels)
    return any(
        len(palette) >= count and bool((palette[:count] == x.palette).all()) for x in palettes_of(labels).values()
    )


def _ids(pixels: MaskPixels, labels: LabelSet, scale: int) -> tuple[UInt8[np.ndarray, "h w"], tuple[Note, ...]]:
    """Ids and notes of any kind of mask."""
    if pixels.colours is None:
        return _of_values(pixels, labels)
    if pixels.palette is not None:
        return _of_index(pixels, labels, scale)
    match = best_match(pixels, labels)
    if match.convinces or _all_one_label(pixels, match):
        return _of_colours(pixels, match, scale)
    if _is_grey(pixels) and not pixels.lossy and int(pixels.colours.max()) < 255:
        grey = replace(pixels, values=pixels.colours[..., 0].astype(np.int64), colours=None)
        ids, notes = _of_values(grey, labels)
        return ids, (*notes, Note("grey values of an RGB picture were read as part ids"))
    _refuse_black_white(pixels, labels)
    return _of_colours(pixels, match, scale)


def _of_values(pixels: MaskPixels, labels: LabelSet) -> tuple[UInt8[np.ndarray, "h w"], tuple[Note, ...]]:
    assert pixels.values is not None
    _refuse_black_white(pixels, labels)
    if pixels.lossy:
        raise MaskFileError(
            f"{pixels.name} holds grey values in a format that changes them, so ids are lost; save it as PNG"
        )
    values, notes = np.where(pixels.clear, 0, pixels.values), list[Note]()
    for spread in (257, 256):
        if int(values.max()) >= max(spread, len(labels)) and not (values % spread).any():
            values = values // spread
            notes.append(Note("ids scaled from 8 to 16 bits were scaled back"))
    return _checked(values, labels, pixels.name), (*notes, *_clear_note(pixels.clear))


def _of_index(pixels: MaskPixels, labels: LabelSet, scale: int) -> tuple[UInt8[np.ndarray, "h w"], tuple[Note, ...]]:
    """An indexed picture: by index where index and colour agree or the palette is foreign, else by colour."""
    assert pixels.values is not None
    assert pixels.palette is not None
    hidden = pixels.clear if pixels.alpha else np.zeros_like(pixels.clear)
    values = np.where(hidden, 0, pixels.values)
    if _is_own_palette(pixels.palette, labels) or _agrees(pixels, labels):
        return _checked(values, labels, pixels.name), _clear_note(hidden)
    match = best_match(pixels, labels)
    if match.convinces:
        # Transparent pixels without a part's colour were left out; transparent pixels with one count.
        clear = hidden | (pixels.clear & (match.drift > 0))
        return _of_either(replace(pixels, clear=clear), np.where(clear, 0, values), labels, match, scale)
    _refuse_black_white(pixels, labels)
    clear = hidden | (pixels.clear & (values >= len(labels)))
    note = Note("its palette is not that of {labels}: index numbers were read as part ids", labels=repr(labels.name))
    return _checked(np.where(clear, 0, values), labels, pixels.name), (note, *_clear_note(clear))


def _of_either(
    pixels: MaskPixels, values: np.ndarray, labels: LabelSet, match: ColourMatch, scale: int
) -> tuple[UInt8[np.ndarray, "h w"], tuple[Note, ...]]:
    """An indexed picture in parts' colours: by colour, or by index where the rest of the palette is foreign."""
    ids, notes = _of_colours(pixels, match, scale)
    other = int((values != ids).sum())
    if not other or int(values.max()) >= len(labels):
        return ids, notes
    if _has_foreign_rest(pixels, match):
        note = Note(
            "its palette is not that of {labels}, but uses the same colours: read as indices; by colour {count:,} px "
            "would be other parts",
            labels=repr(labels.name),
            count=other,
        )
        return _checked(values, labels, pixels.name), (note, *_clear_note(pixels.clear))
    named = (name for name, x in palettes_of(labels).items() if bool((x.palette == match.labels.palette).all()))
    note = Note(
        "read by colour, in the {palette} palette; as indices {count:,} px would be other parts",
        palette=next(named),
        count=other,
    )
    return ids, (note, *notes)


def _has_foreign_rest(pixels: MaskPixels, match: ColourMatch) -> bool:
    """True if most unused colours of the palette, except grey padding, are not colours of parts."""
    assert pixels.palette is not None
    assert pixels.values is not None
    used = np.zeros(256, bool)
    used[np.unique(pixels.values)] = True
    rest = pixels.palette[~used[: len(pixels.palette)]].astype(np.int32)
    rest = np.unique(rest[rest.max(1) > rest.min(1)], axis=0)
    known = (np.abs(rest[:, None] - match.labels.palette.astype(np.int32)[None]).max(2) <= DRIFT).any(1)
    return len(rest) > 0 and float(known.mean()) < _MOSTLY_KNOWN


def _agrees(pixels: MaskPixels, labels: LabelSet) -> bool:
    """True if every used index that is a label id has that label's colour, so that indices are ids."""
    assert pixels.values is not None
    assert pixels.palette is not None
    used = np.unique(pixels.values)
    known = used[used < min(len(labels), len(pixels.palette))]
    if not len(known):
        return False
    return any(bool((pixels.palette[known] == x.palette[known]).all()) for x in palettes_of(labels).values())


def _of_colours(
    pixels: MaskPixels, match: ColourMatch, scale: int
) -> tuple[UInt8[np.ndarray, "h w"], tuple[Note, ...]]:
    ids, notes = ids_by_colour(pixels, match, scale)
    ids[pixels.clear] = 0
    return ids, (*notes, *_clear_note(pixels.clear))


def _all_one_label(pixels: MaskPixels, match: ColourMatch) -> bool:
    """True if the mask has only the background's colour, which may be black or white."""
    opaque = ~pixels.clear
    return bool((match.drift[opaque] == 0).all() and (match.nearest[opaque] == 0).all())


def _is_grey(pixels: MaskPixels) -> bool:
    colours = pixels.colours
    return colours is not None and bool((colours == colours[..., :1]).all())


def _clear_note(clear: Bool[np.ndarray, "h w"]) -> tuple[Note, ...]:
    count = int(clear.sum())
    return (Note("{count:,} transparent px were read as background", count=count),) if count else ()


def _refuse_black_white(pixels: MaskPixels, labels: LabelSet) -> None:
    if _is_black_white(pixels, len(labels)):
        raise MaskFileError(
            f"{pixels.name} is black and white: it shows one part and not which part is where; to paint one part from "
            "it, use session.paint_mask(file, label=…), or in the editor 'Paint the selected part from a mask'; a "
            "whole mask holds part ids or the parts' colours"
        )


def _is_black_white(pixels: MaskPixels, num_labels: int) -> bool:
    """True if a mask has two values: 0 and 1, or 0 and 255, possibly with soft edges."""
    opaque = ~pixels.clear
    if pixels.black_white:
        return True
    if pixels.values is not None:
        values = pixels.values[opaque]
        if num_labels > 2 and set(np.unique(values)) <= {0, 1} and values.any():
            return True
        if pixels.colours is None:
            top = _top(int(values.max()))
            return top > 1 and int(values.max()) >= num_labels and _at_ends(values, top)
    assert pixels.colours is not None
    colours = pixels.colours[opaque].astype(np.int32)
    return bool((colours.max(1) - colours.min(1)).max() <= 2 * _ENDS) and _at_ends(colours.mean(1), 255)


def _at_ends(shades: np.ndarray, top: int) -> bool:
    """True if shades are black and white with at most soft edges; False for ids with a void id of 255."""
    if shades.min() < 0:
        return False
    black, white = shades <= _ENDS * top / 255, shades >= top - _ENDS * top / 255
    exact = bool(((shades == 0) | (shades == top)).all())
    soft = not (black | white).all() or bool((white & (shades != top)).any())
    return (exact or soft) and float((black | white).mean()) >= _MOSTLY


def _top(highest: int) -> int:
    """White of a black and white mask: 65535, 255 or 1."""
    return 65535 if highest > 65535 - 257 * _ENDS else 255 if 255 - _ENDS <= highest <= 255 else 1


def _part(pixels: MaskPixels) -> tuple[Bool[np.ndarray, "h w"], tuple[Note, ...]]:
    opaque = ~pixels.clear
    shades = _shades(pixels)
    seen = shades[opaque]
    if not seen.any():
        return np.zeros_like(opaque), ()
    distinct = np.unique(seen)
    if pixels.clear.any() and not _ends(seen):  # a cut-out: the part is opaque
        return opaque, (Note("only the opaque pixels were used"),)
    if len(distinct) <= 2 and distinct[-1] > 0 and (len(distinct) == 1 or distinct[0] == 0 or _ends(seen)):
        return opaque & (shades >= max(int(distinct[-1]), 1)), ()
    if not _ends(seen):
        raise MaskFileError(
            f"{pixels.name} holds {len(distinct)} values and is not black and white; a mask of one part is white on "
            "black; a mask of all parts is opened with load_mask"
        )
    between = int(((seen > _ENDS) & (seen < 255 - _ENDS)).sum())
    return opaque & (shades >= 128), (
        Note("{count:,} px of soft edges were cut at half", count=between),
    ) if between else ()


def _ends(shades: np.ndarray) -> bool:
    """True if most shades are black or white, and some are white."""
    ends = (shades <= _ENDS) | (shades >= 255 - _ENDS)
    return float(ends.mean()) >= 0.7 and int(shades.max()) >= 255 - _ENDS


def _shades(pixels: MaskPixels) -> np.ndarray:
    """Grey values in 0..255; indices and ids are returned unchanged."""
    colours = pixels.colours
    if colours is not None and (pixels.palette is None or _is_black_white(pixels, 0)):
        spread = colours.max(2)
        return spread.astype(np.int64)
    assert pixels.values is not None
    top = _top(int(pixels.values.max()))
    return pixels.values // 257 if top == 65535 else pixels.values


def _checked(ids: np.ndarray, labels: LabelSet, name: str) -> UInt8[np.ndarray, "h w"]:
    foreign = (ids < 0) | (ids >= len(labels))
    if foreign.any():
        unknown, counts = np.unique(ids[foreign], return_counts=True)
        named = ", ".join(f"id {id} at {count:,} px" for id, count in zip(unknown[:_NAMED], counts, strict=False))
        more = f" and {len(unknown) - _NAMED} more ids" if len(unknown) > _NAMED else ""
        void = "; 255 or -1 often marks ignored pixels: paint a part there" if {*unknown} <= {-1, 255} else ""
        void = "; with so many values it looks like a photo" if len(unknown) > _PHOTO else void
        raise MaskFileError(
            f"{name} holds {named}{more}, ids of {labels.name!r} run 0..{len(labels) - 1}{void}; save a mask from the "
            "editor to see which id is which part"
        )
    return ids.astype(np.uint8)
