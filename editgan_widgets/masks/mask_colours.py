"""Part ids from a mask's colours: exact, with a small drift, or at soft edges between parts.

A pixel matches a part if no channel differs from the part's colour by more than DRIFT levels, or if it is near (NEAR)
and clearly nearer than to any other part's colour, as in a JPEG. The labels' own and safe palettes are tried, and the
one that more pixels match is used. Pixels that match no part are soft edges if their colour is between those of the
surrounding parts; each gets the surrounding part with the nearest colour. A flat area of an unknown colour, or too many
pixels that match no part, raise MaskFileError.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, UInt8
from scipy import ndimage

from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.masks.mask_source import MaskFileError, MaskPixels
from editgan_widgets.notes import Note
from editgan_widgets.palettes import palettes_of

DRIFT = 4  # tolerance per channel, of 255
_BLACK_WHITE = 8  # of 255; colours this close to black or white do not identify a palette
_LEAST_MATCH = 0.5  # minimum share of pixels in the parts' colours
_LEAST_TELLING = 0.25  # the same for pixels that are neither black nor white
NEAR = 20.0  # Euclidean distance
_OUT_OF_RANGE = 48  # levels by which a soft edge may exceed the range of the colours around it
_MOST_OUTLIERS = 0.04  # maximum share of pixels
_MOST_OUTLIERS_LOSSY = 0.15  # the same for a JPEG, which has ringing at edges


@dataclass(frozen=True, eq=False)
class ColourMatch:
    """Match of a mask's colours with one palette.

    Attributes:
        labels: the labels in that palette.
        nearest: id of the nearest colour, per pixel.
        drift: largest difference of a channel from that colour.
        near: True if the pixel matches that part.
        match: share of the opaque pixels that match.
        telling: the same for pixels that are neither black nor white; None if there are none.
    """

    labels: LabelSet
    nearest: Int[np.ndarray, "h w"]
    drift: Int[np.ndarray, "h w"]
    near: Bool[np.ndarray, "h w"]
    match: float
    telling: float | None

    @property
    def convinces(self) -> bool:
        """True if enough pixels have the parts' colours, including enough that are neither black nor white."""
        return self.match >= _LEAST_MATCH and self.telling is not None and self.telling >= _LEAST_TELLING


def best_match(pixels: MaskPixels, labels: LabelSet) -> ColourMatch:
    """The palette that matches a mask's colours best; if two match equally, the labels' own."""
    matches = [_matched(pixels, one) for one in palettes_of(labels).values()]
    return max(matches, key=lambda match: (match.match, match.telling or 0.0))


def ids_by_colour(
    pixels: MaskPixels, match: ColourMatch, scale: int = 1
) -> tuple[UInt8[np.ndarray, "h w"], tuple[Note, ...]]:
    """Ids and notes; `scale` is the mask's pixels per pixel of the label map. Raises MaskFileError."""
    assert pixels.colours is not None
    opaque = ~pixels.clear
    sure = opaque & (match.near if pixels.lossy else _supported(match, 2 * scale + 1))
    if not match.match >= _LEAST_MATCH:
        raise MaskFileError(_foreign_picture(pixels, match))
    soft = opaque & ~sure
    notes: list[Note] = []
    drifted = int((sure & (match.drift > 0)).sum())
    if drifted:
        most = int(match.drift[sure].max())
        notes.append(
            Note("{count:,} px differ from their part's colour by up to {most} of 255", count=drifted, most=most)
        )
    ids = match.nearest.astype(np.uint8)
    if soft.any():
        _check_foreign(pixels, match, sure, soft, scale)
        ids[soft] = _of_surroundings(pixels, match, sure, soft, 4 * scale + 1)
        notes.append(Note("{count:,} px of soft edges took the nearest part", count=int(soft.sum())))
    return ids, tuple(notes)


def hex_of(colour: np.ndarray) -> str:
    """A colour as #rrggbb."""
    return "#" + "".join(f"{int(channel):02x}" for channel in colour)


def _matched(pixels: MaskPixels, labels: LabelSet) -> ColourMatch:
    assert pixels.colours is not None
    colours = pixels.colours.reshape(-1, 3).astype(np.uint32)
    packed = (colours[:, 0] << 16) | (colours[:, 1] << 8) | colours[:, 2]
    unique, inverse = np.unique(packed, return_inverse=True)
    distinct = np.stack([unique >> 16, (unique >> 8) & 255, unique & 255], axis=1).astype(np.int32)
    nearest, drift, near = _nearest(distinct, labels)
    opaque = np.bincount(inverse.ravel(), weights=(~pixels.clear).ravel(), minlength=len(unique))
    grey_end = (distinct.max(1) <= _BLACK_WHITE) | (distinct.min(1) >= 255 - _BLACK_WHITE)
    told = opaque[~grey_end].sum()
    shape = pixels.size
    return ColourMatch(
        labels,
        *(values[inverse].reshape(shape) for values in (nearest, drift, near)),
        match=float(opaque[near].sum() / max(opaque.sum(), 1)),
        telling=float(opaque[near & ~grey_end].sum() / told) if told else None,
    )


def _nearest(distinct: np.ndarray, labels: LabelSet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each colour: id of the nearest label, largest channel difference from it, and whether it matches."""
    palette = labels.palette.astype(np.int32)
    found: list[list[np.ndarray]] = [[], [], []]
    for part in np.array_split(distinct, max(1, len(distinct) // 20_000)):
        squares = ((part[:, None] - palette[None]) ** 2).sum(2)
        ids = squares.argmin(1)  # the first of two labels with the same colour
        best = squares[np.arange(len(part)), ids]
        others = np.where(squares > best[:, None], squares, np.iinfo(np.int32).max).min(1)
        drift = np.abs(part - palette[ids]).max(1)
        near = (best == 0) | (((drift <= DRIFT) | (best <= NEAR**2)) & (4 * best <= others))
        for column, row in zip(found, (ids, drift, near), strict=True):
            column.append(row)
    return np.concatenate(found[0]), np.concatenate(found[1]), np.concatenate(found[2])


def _supported(match: ColourMatch, side: int) -> Bool[np.ndarray, "h w"]:
    """Pixels that certainly belong to a part: within DRIFT of its colour, or near it and among others that are.

    A blend of two parts at a soft edge may be near a third part's colour, but only in lines one pixel wide.
    """
    sure = match.near & (match.drift <= DRIFT)
    for id in np.unique(match.nearest[match.near & ~sure]):
        part = match.near & (match.nearest == id)
        sure |= part & (ndimage.uniform_filter(part.astype(np.float32), side) > 0.5)
    return sure


def _check_foreign(
    pixels: MaskPixels, match: ColourMatch, sure: Bool[np.ndarray, "h w"], soft: Bool[np.ndarray, "h w"], scale: int
) -> None:
    """Raise MaskFileError for a flat area of an unknown colour, or many pixels that are not soft edges."""
    assert pixels.colours is not None
    colours = pixels.colours.astype(np.int32)
    strange = soft & ~match.near
    side, reach = 2 * scale + 1, 4 * scale + 1
    spread = ndimage.maximum_filter(colours, (side, side, 1)) - ndimage.minimum_filter(colours, (side, side, 1))
    flat = ndimage.minimum_filter(strange, side, mode="constant", cval=False) & (spread.max(2) <= 2)
    low = ndimage.minimum_filter(np.where(sure[..., None], colours, 999), (reach, reach, 1)) - _OUT_OF_RANGE
    high = ndimage.maximum_filter(np.where(sure[..., None], colours, -999), (reach, reach, 1)) + _OUT_OF_RANGE
    outlier = strange & ((colours < low) | (colours > high)).any(2)
    most = (_MOST_OUTLIERS_LOSSY if pixels.lossy else _MOST_OUTLIERS) * outlier.size
    if not flat.any() and outlier.sum() <= most:
        return
    y, x = (int(places[0]) for places in np.nonzero(flat if flat.any() else outlier))
    colour = pixels.colours[y, x]
    same = int((np.abs(colours - colour.astype(np.int32)).max(2) <= 2)[~pixels.clear].sum())
    raise MaskFileError(
        f"{pixels.name} has the colour {hex_of(colour)} at x {x}, y {y}, and {same:,} such px in all, which is no part "
        f"of {match.labels.name!r}; the closest is {_named(match.labels[int(match.nearest[y, x])])}; paint with hard "
        "edges in the mask's own colours"
    )


def _of_surroundings(
    pixels: MaskPixels, match: ColourMatch, sure: Bool[np.ndarray, "h w"], soft: Bool[np.ndarray, "h w"], reach: int
) -> UInt8[np.ndarray, " n"]:
    """The part of each soft pixel: the nearest colour among parts within a square of `reach` px, or else among all."""
    assert pixels.colours is not None
    wanted = pixels.colours[soft].astype(np.int32)
    best = np.full(len(wanted), np.inf)
    chosen = np.zeros(len(wanted), np.uint8)
    far = 1e9  # larger than any colour distance, so that parts nearby are preferred
    for id in np.unique(match.nearest[sure]):
        near = ndimage.maximum_filter(sure & (match.nearest == id), reach)[soft]
        cost = ((wanted - np.array(match.labels[int(id)].rgb)) ** 2).sum(1) + np.where(near, 0, far)
        nearer = cost < best
        best[nearer], chosen[nearer] = cost[nearer], id
    return chosen


def _foreign_picture(pixels: MaskPixels, match: ColourMatch) -> str:
    assert pixels.colours is not None
    colours, counts = np.unique(pixels.colours[~pixels.clear & ~match.near], axis=0, return_counts=True)
    colour = colours[counts.argmax()]
    y, x = (int(places[0]) for places in np.nonzero((pixels.colours == colour).all(2)))
    part = _named(match.labels[int(match.nearest[y, x])])
    what = "it looks like a photo; open it as a picture" if len(colours) > 2000 else "paint in the mask's own colours"
    return (
        f"{pixels.name} is no mask of {match.labels.name!r}: {match.match:.0%} of its pixels have a part's colour; its "
        f"most frequent other colour is {hex_of(colour)} ({int(counts.max()):,} px, first at x {x}, y {y}), the "
        f"closest part is {part}; {what}, or save it as indexed PNG or grey ids"
    )


def _named(label: Label) -> str:
    return f"{label.name!r} ({label.color})"
