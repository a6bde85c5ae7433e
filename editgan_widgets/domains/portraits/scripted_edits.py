"""Scripted mask edits: operations on a portrait's label map that replace a user's painting when edits are measured.

Each edit of `SCRIPTED_EDITS` takes a label map `[H, W]` uint8 and its LabelSet and returns the painted label map of
the same shape. Sizes are fractions of the picture's height. The edits are composed of masks/part_operations.py.
"""

import numpy as np

from editgan_widgets.domains.edits import ScriptedEdit
from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.part_operations import LabelMap, extent, smear, warp


def _arch(x: np.ndarray, left: float, right: float) -> np.ndarray:
    """Parabola that is 1 midway between left and right and 0 at both and outside."""
    middle, half = (left + right) / 2, (right - left) / 2
    return np.clip(1 - ((x - middle) / half) ** 2, 0, None)


MOUTH = ("upper lip", "lower lip", "teeth", "mouth", "commissure")
NOSE = ("nose", "bridge", "nose tip", "ala of nose", "nostrils")
FOREHEAD = ("forehead", "temple", "frown")
BARE_SKIN = ("skin", "cheek", "chin", "jaw", "philtrum", "wrinkles", *FOREHEAD)


def _on_skin(labels: LabelSet) -> tuple[int, ...]:
    return labels.ids(*BARE_SKIN, "beard", "moustache", "commissure")


def wider_smile(label_map: LabelMap, labels: LabelSet, stretch: float = 1.25, lift: float = 0.02) -> LabelMap | None:
    """Stretch the mouth sideways and lift its corners."""
    mouth = labels.ids(*MOUTH)
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
    upper, lower, inner = labels.ids("upper lip"), labels.ids("lower lip"), labels.ids("mouth")
    if not (_seen(label_map, upper) and _seen(label_map, lower) and inner):
        return None
    left, _, right, _ = extent(np.isin(label_map, lower))
    down = gap * len(label_map)
    opened = warp(label_map, lower, lambda x, y: (x, y - down * _arch(x, left, right)), over=_on_skin(labels))
    below = np.maximum.accumulate(np.isin(label_map, upper), axis=0)
    above = np.maximum.accumulate(np.isin(opened, lower)[::-1], axis=0)[::-1]
    kept = np.isin(label_map, upper + labels.ids("teeth")) | np.isin(opened, lower)
    between = below & above & ~kept
    return np.where(between, inner[0], opened).astype(np.uint8)


EYE = ("sclera", "iris", "pupil", "tear duct")


def closed_eyes(label_map: LabelMap, labels: LabelSet) -> LabelMap | None:
    """Cover each eyeball with its upper lid; the lashes move with the lid's edge to the eyeball's lower rim."""
    closed, seen = label_map.copy(), False
    for side in ("left", "right"):
        eye, lid, lashes = (labels.of_side(labels.ids(*names), side) for names in (EYE, ("eyelid",), ("lashes",)))
        if lid and _seen(label_map, eye):
            eyeball = np.isin(label_map, eye)
            closed[eyeball | np.isin(label_map, lashes)] = lid[0]
            if lashes:
                closed[eyeball & ~np.roll(np.maximum.accumulate(eyeball[::-1], axis=0)[::-1], -1, axis=0)] = lashes[0]
            seen = True
    return closed if seen else None


def raised_brows(label_map: LabelMap, labels: LabelSet, rise: float = 0.025) -> LabelMap | None:
    """Move both brows up."""
    brows = labels.ids("brow")
    if not _seen(label_map, brows):
        return None
    up = round(rise * len(label_map))
    return warp(label_map, brows, lambda x, y: (x, y + up), over=labels.ids(*BARE_SKIN))


def longer_hair(label_map: LabelMap, labels: LabelSet, length: float = 0.12) -> LabelMap | None:
    """Extend the hair beside the face downwards, over background, neck and clothes."""
    hair, brows = labels.ids("hair"), labels.ids("brow")
    if not (_seen(label_map, hair) and _seen(label_map, brows)):
        return None
    seed = np.isin(label_map, hair)
    below_the_eyes = extent(np.isin(label_map, brows))[3] + 0.1 * len(label_map)
    seed[: int(below_the_eyes)] = False
    if seed.mean() < 0.004:  # short hair does not hang beside the face
        return None
    dy = np.full(label_map.shape[1], length * len(label_map))
    return smear(label_map, seed, hair[0], dy, over=labels.ids("background", "neck", "clothes"))


def higher_hairline(label_map: LabelMap, labels: LabelSet, rise: float = 0.05) -> LabelMap | None:
    """Move the hairline above the forehead up."""
    hair, skin, brows = labels.ids("hair"), labels.ids("forehead") or labels.ids("skin"), labels.ids("brow")
    if not (_seen(label_map, hair) and _seen(label_map, skin) and _seen(label_map, brows)):
        return None
    left, top, right, _ = extent(np.isin(label_map, brows))
    forehead = np.isin(label_map, labels.ids(*BARE_SKIN))
    forehead[int(top) :] = False
    dy = -rise * len(label_map) * _arch(np.arange(label_map.shape[1]) + 0.5, left, right)
    return smear(label_map, forehead, skin[0], dy, over=hair)


def bigger_nose(label_map: LabelMap, labels: LabelSet, wider: float = 1.3, longer: float = 1.1) -> LabelMap | None:
    """Make the nose wider and longer; its root does not move."""
    nose = labels.ids(*NOSE)
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
    """Extend the upper lip upwards and the lower lip downwards, most in the middle."""
    upper, lower = labels.ids("upper lip"), labels.ids("lower lip")
    if not (_seen(label_map, upper) and _seen(label_map, lower)):
        return None
    x = np.arange(label_map.shape[1]) + 0.5
    fuller = label_map
    for lip, direction in ((upper, -1), (lower, 1)):
        mask = np.isin(label_map, lip)
        left, _, right, _ = extent(mask)
        by = direction * np.ceil(thicker * len(label_map) * np.sqrt(_arch(x, left, right)))
        fuller = smear(fuller, mask, lip[0], by, over=_on_skin(labels))
    return fuller


def _seen(label_map: LabelMap, parts: tuple[int, ...]) -> bool:
    """True if the parts have enough pixels to edit: four at 64 px, the same share of the picture at other sizes."""
    return int(np.isin(label_map, parts).sum()) >= label_map.size * 4 / 64**2


SCRIPTED_EDITS = (
    ScriptedEdit("wider smile", MOUTH, wider_smile),
    ScriptedEdit("open mouth", ("lower lip", "mouth"), open_mouth),
    ScriptedEdit("closed eyes", (*EYE, "eyelid", "lashes"), closed_eyes),
    ScriptedEdit("raised brows", ("brow",), raised_brows),
    ScriptedEdit("longer hair", ("hair",), longer_hair),
    ScriptedEdit("higher hairline", ("hair",), higher_hairline),
    ScriptedEdit("bigger nose", NOSE, bigger_nose),
    ScriptedEdit("thicker lips", ("upper lip", "lower lip"), thicker_lips),
)
