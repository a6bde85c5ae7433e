"""Scripted mask edits: what a user would paint, as operations on a portrait's label map, to measure editing with.

Each edit of `SCRIPTED_EDITS` takes a label map `[H, W]` uint8 and its LabelSet and gives the painted label map, of the
same shape. Its sizes are fractions of the picture's height. `warp` and `grow` work on any label set.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage

from editgan_widgets.labels import LabelSet

LabelMap = UInt8[np.ndarray, "h w"]
Mask = Bool[np.ndarray, "h w"]
Grid = Float[np.ndarray, "h w"]


@dataclass(frozen=True)
class ScriptedEdit:
    """One edit: its name, the parts whose shape it asks for, and the operation that paints it."""

    name: str
    parts: tuple[str, ...]  # names without their side, "brow" stands for both brows
    operation: Callable[[LabelMap, LabelSet], LabelMap | None]

    def paint(self, label_map: LabelMap, labels: LabelSet) -> LabelMap | None:
        """Give the painted label map, or None where the picture (or the label set) lacks what the edit needs."""
        painted = self.operation(label_map, labels)
        return None if painted is None or np.array_equal(painted, label_map) else painted

    def part_ids(self, labels: LabelSet) -> tuple[int, ...]:
        """Ids of the edited parts in a label set, both sides of paired ones."""
        return ids(labels, *self.parts)


def ids(labels: LabelSet, *names: str) -> tuple[int, ...]:
    """Ids of the labels of these names; a name without its side stands for both sides. Unknown names give none."""
    found = []
    for label in labels:
        plain = label.name.removeprefix(label.side).strip(" _-") if label.side else label.name
        if label.name in names or plain in names:
            found.append(label.id)
    return tuple(found)


def warp(
    label_map: LabelMap,
    parts: tuple[int, ...],
    source: Callable[[Grid, Grid], tuple[Grid, Grid]],
    over: tuple[int, ...],
) -> LabelMap:
    """Move or stretch parts: the pixel at (x, y) takes the part found at `source(x, y)`, if a part is there.

    Coordinates are pixel centres in px. Pixels that the parts leave take the nearest label that is not one of them. The
    parts are painted over their own old place and over the labels `over`, nowhere else.
    """
    height, width = label_map.shape
    y, x = np.mgrid[:height, :width] + 0.5
    from_x, from_y = source(x, y)
    column, row = np.floor(from_x).astype(int), np.floor(from_y).astype(int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    found = label_map[row.clip(0, height - 1), column.clip(0, width - 1)]
    old = np.isin(label_map, parts)
    paint = inside & np.isin(found, parts) & (old | np.isin(label_map, over))
    _, nearest = ndimage.distance_transform_edt(old, return_indices=True)  # type: ignore[reportGeneralTypeIssues]
    return np.where(paint, found, label_map[tuple(nearest)])


def grow(label_map: LabelMap, seed: Mask, label: int, dy: Float[np.ndarray, "w"], over: tuple[int, ...]) -> LabelMap:
    """Smear the pixels of `seed` along their columns by `dy` px (down where positive), over the labels `over` only."""
    smear = np.zeros_like(seed)
    direction = 1 if dy.sum() >= 0 else -1
    for step in range(1, int(np.abs(dy).max()) + 1):
        shifted = np.roll(seed, direction * step, axis=0)
        if direction > 0:
            shifted[:step] = False
        else:
            shifted[-step:] = False
        smear |= shifted & (np.abs(dy) >= step)
    return np.where(smear & np.isin(label_map, over), label, label_map).astype(np.uint8)


def extent(mask: Mask) -> tuple[float, float, float, float]:
    """Left, top, right and bottom edge of a mask's pixels in px. The mask must not be empty."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _arch(x: np.ndarray, left: float, right: float) -> np.ndarray:
    """1 in the middle between left and right, 0 at both and outside, a parabola between."""
    middle, half = (left + right) / 2, (right - left) / 2
    return np.clip(1 - ((x - middle) / half) ** 2, 0, None)


MOUTH = ("upper lip", "lower lip", "teeth", "mouth", "commissure")
NOSE = ("nose", "bridge", "nose tip", "ala of nose", "nostrils")
FOREHEAD = ("forehead", "temple", "frown")
BARE_SKIN = ("skin", "cheek", "chin", "jaw", "philtrum", "wrinkles", *FOREHEAD)


def _on_skin(labels: LabelSet) -> tuple[int, ...]:
    return ids(labels, *BARE_SKIN, "beard", "moustache", "commissure")


def wider_smile(label_map: LabelMap, labels: LabelSet, stretch: float = 1.25, lift: float = 0.02) -> LabelMap | None:
    """Stretch the mouth sideways and lift its corners."""
    mouth = ids(labels, *MOUTH)
    if not _seen(label_map, mouth):
        return None
    left, _, right, _ = extent(np.isin(label_map, mouth))
    middle, half = (left + right) / 2, (right - left) / 2 * stretch
    up = lift * len(label_map)
    return warp(
        label_map,
        mouth,
        lambda x, y: (middle + (x - middle) / stretch, y + up * ((x - middle) / half) ** 2),
        over=_on_skin(labels),
    )


def open_mouth(label_map: LabelMap, labels: LabelSet, gap: float = 0.04) -> LabelMap | None:
    """Lower the lower lip and show the inside of the mouth between the lips."""
    upper, lower, inner = ids(labels, "upper lip"), ids(labels, "lower lip"), ids(labels, "mouth")
    if not (_seen(label_map, upper) and _seen(label_map, lower) and inner):
        return None
    left, _, right, _ = extent(np.isin(label_map, lower))
    down = gap * len(label_map)
    opened = warp(label_map, lower, lambda x, y: (x, y - down * _arch(x, left, right)), over=_on_skin(labels))
    below = np.maximum.accumulate(np.isin(label_map, upper), axis=0)
    above = np.maximum.accumulate(np.isin(opened, lower)[::-1], axis=0)[::-1]
    kept = np.isin(label_map, upper + ids(labels, "teeth")) | np.isin(opened, lower)
    between = below & above & ~kept
    return np.where(between, inner[0], opened).astype(np.uint8)


_EYE = ("sclera", "iris", "pupil", "tear duct")


def closed_eyes(label_map: LabelMap, labels: LabelSet) -> LabelMap | None:
    """Cover each eyeball with its upper lid."""
    closed, seen = label_map.copy(), False
    for side in ("left", "right"):
        eye = tuple(i for i in ids(labels, *_EYE) if labels[i].side == side)
        lid = [i for i in ids(labels, "eyelid") if labels[i].side == side]
        if lid and _seen(label_map, eye):
            closed[np.isin(label_map, eye)] = lid[0]
            seen = True
    return closed if seen else None


def raised_brows(label_map: LabelMap, labels: LabelSet, rise: float = 0.025) -> LabelMap | None:
    """Move both brows up."""
    brows = ids(labels, "brow")
    if not _seen(label_map, brows):
        return None
    up = round(rise * len(label_map))
    return warp(label_map, brows, lambda x, y: (x, y + up), over=ids(labels, *BARE_SKIN))


def longer_hair(label_map: LabelMap, labels: LabelSet, length: float = 0.12) -> LabelMap | None:
    """Let the hair beside the face fall further, over background, neck and clothes."""
    hair, brows = ids(labels, "hair"), ids(labels, "brow")
    if not (_seen(label_map, hair) and _seen(label_map, brows)):
        return None
    seed = np.isin(label_map, hair)
    below_the_eyes = extent(np.isin(label_map, brows))[3] + 0.1 * len(label_map)
    seed[: int(below_the_eyes)] = False
    if seed.mean() < 0.004:  # cropped hair does not hang beside the face
        return None
    dy = np.full(label_map.shape[1], length * len(label_map))
    return grow(label_map, seed, hair[0], dy, over=ids(labels, "background", "neck", "clothes"))


def higher_hairline(label_map: LabelMap, labels: LabelSet, rise: float = 0.05) -> LabelMap | None:
    """Move the hairline above the forehead up."""
    hair, skin, brows = ids(labels, "hair"), ids(labels, "forehead") or ids(labels, "skin"), ids(labels, "brow")
    if not (_seen(label_map, hair) and _seen(label_map, skin) and _seen(label_map, brows)):
        return None
    left, top, right, _ = extent(np.isin(label_map, brows))
    forehead = np.isin(label_map, ids(labels, *BARE_SKIN))
    forehead[int(top) :] = False
    dy = -rise * len(label_map) * _arch(np.arange(label_map.shape[1]) + 0.5, left, right)
    return grow(label_map, forehead, skin[0], dy, over=hair)


def bigger_nose(label_map: LabelMap, labels: LabelSet, wider: float = 1.3, longer: float = 1.1) -> LabelMap | None:
    """Make the nose wider and longer, its root stays."""
    nose = ids(labels, *NOSE)
    if not _seen(label_map, nose):
        return None
    left, top, right, _ = extent(np.isin(label_map, nose))
    middle = (left + right) / 2
    return warp(
        label_map,
        nose,
        lambda x, y: (middle + (x - middle) / wider, top + (y - top) / longer),
        over=_on_skin(labels),
    )


def thicker_lips(label_map: LabelMap, labels: LabelSet, thicker: float = 0.02) -> LabelMap | None:
    """Let the upper lip grow upwards and the lower lip downwards, most in the middle."""
    upper, lower = ids(labels, "upper lip"), ids(labels, "lower lip")
    if not (_seen(label_map, upper) and _seen(label_map, lower)):
        return None
    x = np.arange(label_map.shape[1]) + 0.5
    fuller = label_map
    for lip, direction in ((upper, -1), (lower, 1)):
        mask = np.isin(label_map, lip)
        left, _, right, _ = extent(mask)
        by = direction * np.ceil(thicker * len(label_map) * np.sqrt(_arch(x, left, right)))
        fuller = grow(fuller, mask, lip[0], by, over=_on_skin(labels))
    return fuller


def _seen(label_map: LabelMap, parts: tuple[int, ...]) -> bool:
    """Whether the parts have pixels enough to be edited: four at 64 px, as much of the picture at other sizes."""
    return int(np.isin(label_map, parts).sum()) >= label_map.size * 4 / 64**2


SCRIPTED_EDITS = (
    ScriptedEdit("wider smile", MOUTH, wider_smile),
    ScriptedEdit("open mouth", ("lower lip", "mouth"), open_mouth),
    ScriptedEdit("closed eyes", (*_EYE, "eyelid"), closed_eyes),
    ScriptedEdit("raised brows", ("brow",), raised_brows),
    ScriptedEdit("longer hair", ("hair",), longer_hair),
    ScriptedEdit("higher hairline", ("hair",), higher_hairline),
    ScriptedEdit("bigger nose", NOSE, bigger_nose),
    ScriptedEdit("thicker lips", ("upper lip", "lower lip"), thicker_lips),
)
