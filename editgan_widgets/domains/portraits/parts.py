"""PORTRAIT_LABELS: the parts of a rendered portrait, and the name of each in EditGAN's Face-34.

Face-34 (EditGAN, section 4 and supplement) has one label for both eyes, brows or ears. Here left and right are separate
parts, from the person's view, so the left eye is on the right side of a frontal picture. Clothes, glasses, the inside
of the mouth and the beard are added. The renderer writes these ids. Small pictures cannot show all of them: FINE_LABELS
are the 45 parts that are visible at 128 px, COARSE_LABELS the 23 that are visible at 64 px. GROUP_LABELS are 12 parts
that every face parser has, left and right together.
"""

import numpy as np
from jaxtyping import UInt8

from editgan_widgets.domains.portraits.palettes import PALETTES
from editgan_widgets.labels import Label, LabelSet

# name, colour, side, edit groups, name in Face-34 (None if it has no such part); the order is the id.
_PARTS: tuple[tuple[str, str, str | None, tuple[str, ...], str | None], ...] = (
    ("background", "#e8e8ec", None, ("background",), "background"),
    ("skin", "#f2c6a0", None, ("skin",), "head"),
    ("neck", "#c58a63", None, ("skin",), "neck"),
    ("clothes", "#4c72b0", None, ("clothes",), None),
    ("hair", "#6b4226", None, ("hair",), "hair"),
    ("left ear", "#f29e4c", "left", ("ears",), "ear"),
    ("right ear", "#f1c453", "right", ("ears",), "ear"),
    ("left brow", "#2c6e49", "left", ("brows",), "eyebrow"),
    ("right brow", "#8fc93a", "right", ("brows",), "eyebrow"),
    ("left eyelid", "#5e60ce", "left", ("eyes", "lids"), "top lid"),
    ("right eyelid", "#b8b8ff", "right", ("eyes", "lids"), "top lid"),
    ("left sclera", "#ffffff", "left", ("eyes",), "sclera"),
    ("right sclera", "#d6f6ff", "right", ("eyes",), "sclera"),
    ("left iris", "#0077b6", "left", ("eyes", "gaze"), "iris"),
    ("right iris", "#48cae4", "right", ("eyes", "gaze"), "iris"),
    ("nose", "#e36414", None, ("nose",), "nose"),
    ("nostrils", "#7b2cbf", None, ("nose",), "nostril"),
    ("upper lip", "#c9184a", None, ("smile", "mouth", "lips"), "superior lip"),
    ("lower lip", "#ff758f", None, ("smile", "mouth", "lips"), "inferior lip"),
    ("teeth", "#fff3b0", None, ("smile", "mouth"), "teeth"),
    ("mouth", "#3b0a1a", None, ("smile", "mouth"), None),
    ("beard", "#5f7d2f", None, ("beard",), None),
    ("cheek", "#f7b7a3", None, ("skin", "cheeks"), "cheek"),
    ("chin", "#d8a47f", None, ("skin", "chin"), "chin"),
    ("jaw", "#b5835a", None, ("skin", "chin"), "jaw"),
    ("forehead", "#ffe0b5", None, ("skin", "forehead"), "forehead"),
    ("temple", "#e6be8a", None, ("skin", "forehead"), "temple"),
    ("frown", "#a44a3f", None, ("wrinkle", "forehead"), "frown"),
    ("wrinkles", "#8a5a44", None, ("wrinkle",), "wrinkles"),
    ("philtrum", "#f4978e", None, ("skin", "moustache"), "philtrum"),
    ("moustache", "#9aa14b", None, ("moustache", "beard"), "moustache"),
    ("sideburns", "#4a3b2a", None, ("hair", "sideburns"), "sideburns"),
    ("commissure", "#7a0c2e", None, ("smile", "mouth"), "oral commissure"),
    ("bridge", "#f08a4b", None, ("nose",), "bridge"),
    ("nose tip", "#ffb347", None, ("nose",), "nose tip"),
    ("ala of nose", "#b23a00", None, ("nose",), "ala of nose"),
    ("left helix", "#d4a017", "left", ("ears",), "helix"),
    ("right helix", "#ffe45e", "right", ("ears",), "helix"),
    ("left lobule", "#b5651d", "left", ("ears",), "lobule"),
    ("right lobule", "#dda15e", "right", ("ears",), "lobule"),
    ("left lower lid", "#3d348b", "left", ("eyes", "lids"), "bottom lid"),
    ("right lower lid", "#9d8df1", "right", ("eyes", "lids"), "bottom lid"),
    ("left lashes", "#14213d", "left", ("eyes", "lashes"), "eyelashes"),
    ("right lashes", "#4a5a80", "right", ("eyes", "lashes"), "eyelashes"),
    ("left pupil", "#000000", "left", ("eyes", "gaze"), "pupil"),
    ("right pupil", "#1b3a4b", "right", ("eyes", "gaze"), "pupil"),
    ("left tear duct", "#ff4d6d", "left", ("eyes",), "tear duct"),
    ("right tear duct", "#ff8fa3", "right", ("eyes",), "tear duct"),
    ("glasses", "#00a896", None, ("glasses",), None),
)

PORTRAIT_LABELS = LabelSet(
    "portraits-49",
    [Label(i, name, color, side, groups) for i, (name, color, side, groups, _) in enumerate(_PARTS)],
    PALETTES,
)

# Parts of less than a dozen pixels, and the part that each belongs to: at 128 px …
_BELONGS_TO_AT_128 = {
    **{f"{side} pupil": f"{side} iris" for side in ("left", "right")},
    **{f"{side} tear duct": f"{side} sclera" for side in ("left", "right")},
}
# … and at 64 px.
_BELONGS_TO_AT_64 = {
    **_BELONGS_TO_AT_128,
    **dict.fromkeys(("cheek", "chin", "jaw", "forehead", "temple", "frown", "wrinkles", "philtrum"), "skin"),
    **dict.fromkeys(("bridge", "nose tip", "ala of nose"), "nose"),
    **{"moustache": "beard", "sideburns": "hair", "commissure": "mouth"},
    **{f"{side} {part}": f"{side} ear" for side in ("left", "right") for part in ("helix", "lobule")},
    **{f"{side} {part}": f"{side} eyelid" for side in ("left", "right") for part in ("lower lid", "lashes")},
}
# The parts of GROUP_LABELS, and the parts of COARSE_LABELS that each consists of.
_GROUPS: dict[str, tuple[str, ...]] = {
    "background": ("background",),
    "skin": ("skin",),
    "neck": ("neck",),
    "clothes": ("clothes",),
    "hair": ("hair",),
    "ears": ("left ear", "right ear"),
    "brows": ("left brow", "right brow"),
    "eyes": tuple(f"{side} {part}" for part in ("eyelid", "sclera", "iris") for side in ("left", "right")),
    "nose": ("nose", "nostrils"),
    "mouth": ("upper lip", "lower lip", "teeth", "mouth"),
    "beard": ("beard",),
    "glasses": ("glasses",),
}
_BELONGS_TO_GROUP = {part: group for group, parts in _GROUPS.items() for part in parts if part != group}


def _without(belongs_to: dict[str, str]) -> LabelSet:
    """PORTRAIT_LABELS without the keys of `belongs_to`."""
    kept = [part for part in _PARTS if part[0] not in belongs_to]
    labels = [Label(i, name, color, side, groups) for i, (name, color, side, groups, _) in enumerate(kept)]
    return LabelSet(f"portraits-{len(labels)}", labels, PALETTES)


FINE_LABELS = _without(_BELONGS_TO_AT_128)
COARSE_LABELS = _without(_BELONGS_TO_AT_64)
GROUP_LABELS = LabelSet(
    f"portraits-{len(_GROUPS)}",
    [
        Label(i, group, COARSE_LABELS[parts[0]].color, None, COARSE_LABELS[parts[0]].groups[:1])
        for i, (group, parts) in enumerate(_GROUPS.items())
    ],
)


def ids_within(labels: LabelSet, of: LabelSet = PORTRAIT_LABELS) -> UInt8[np.ndarray, " num_labels"]:
    """Table from the ids of another portrait label set to those of `labels`: `ids_within(a, b)[map_of_b]`.

    Raises UnknownLabelError for a part that `labels` does not have and that belongs to none of its parts.
    """
    known = {label.name for label in labels}
    holders = _BELONGS_TO_AT_64 | _BELONGS_TO_GROUP

    def holder(name: str) -> str:
        return name if name in known or name not in holders else holder(holders[name])

    return np.array([labels[holder(label.name)].id for label in of], np.uint8)


def fine(label_map: UInt8[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """Convert a map of PORTRAIT_LABELS to FINE_LABELS, the parts that are visible at 128 px."""
    return ids_within(FINE_LABELS)[label_map]


def coarse(label_map: UInt8[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    """Convert a map of PORTRAIT_LABELS to COARSE_LABELS, the parts that are visible at 64 px."""
    return ids_within(COARSE_LABELS)[label_map]


FACE_34: dict[str, str] = {name: face_34 for name, _, _, _, face_34 in _PARTS if face_34 is not None}
