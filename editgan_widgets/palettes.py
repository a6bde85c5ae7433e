"""Part colours for colour-blind users, and distances of colours under simulated colour blindness.

Protanopia, deuteranopia and tritanopia are simulated with the matrices of Machado, Oliveira and Fernandes (2009) at
severity 1, on linear RGB. Distances are CIEDE2000: 1 is just noticeable, 10 is visible at a glance.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, UInt8
from skimage.color import deltaE_ciede2000, rgb2lab

from editgan_widgets.labels import LabelSet

PALETTES = ("own", "safe")
SAFE_DISTANCE = 20.0  # minimum CIEDE2000 distance of parts that touch in portraits
VISIONS: dict[str, Float[np.ndarray, "3 3"]] = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def seen(colours: UInt8[np.ndarray, "n 3"], vision: str) -> Float[np.ndarray, "n 3"]:
    """Simulate colours for a vision, 0 to 1. Raises KeyError for a vision that is not in VISIONS."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    mixed = np.clip(linear @ VISIONS[vision].T, 0, 1)
    return np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * mixed ** (1 / 2.4) - 0.055)


def distances(colours: UInt8[np.ndarray, "n 3"]) -> Float[np.ndarray, "n n"]:
    """CIEDE2000 distance of each pair of colours, minimum over all VISIONS."""
    labs = [rgb2lab(seen(colours, vision)) for vision in VISIONS]
    return np.min([deltaE_ciede2000(lab[:, None], lab[None]) for lab in labs], axis=0)


def recoloured(labels: LabelSet, palette: str) -> LabelSet:
    """The labels in their "own" colours, or in "safe" colours, which only the portraits' parts have.

    Raises ValueError for an unknown palette, or for parts without a safe colour.
    """
    if palette not in PALETTES:
        raise ValueError(f"unknown palette {palette!r}; use one of {', '.join(map(repr, PALETTES))}")
    if palette == "own":
        return labels
    if missing := [label.name for label in labels if label.name not in _SAFE]:
        raise ValueError(
            f"the safe palette is for the portraits' parts; it has no colour for {', '.join(missing[:3])}; "
            "use palette='own'"
        )
    return LabelSet(labels.name, [replace(label, color=_SAFE[label.name]) for label in labels])


def palettes_of(labels: LabelSet) -> dict[str, LabelSet]:
    """The labels in each palette that they have, which always includes "own"."""
    has_safe = all(label.name in _SAFE for label in labels)
    return {name: recoloured(labels, name) for name in PALETTES if name == "own" or has_safe}


# Found by a search over the 216 colours with six levels per channel: parts that share a border in samples of both
# models differ by at least SAFE_DISTANCE for all four visions, and each colour is as close to the
# part's own as that allows.
_SAFE_ROWS = """
background #ffffff
skin #ffcc99
neck #9933cc
clothes #669999
hair #663300
left ear #9999cc
right ear #999999
left brow #003333
right brow #33ffff
left eyelid #6633ff
right eyelid #ccccff
left sclera #cccccc
right sclera #00ffcc
left iris #996666
right iris #6666ff
nose #333333
nostrils #cc99ff
upper lip #cc3333
lower lip #ccffff
teeth #ffff99
mouth #330033
beard #336666
cheek #cc6633
chin #ff0033
jaw #9999ff
forehead #999900
temple #9900cc
frown #993333
wrinkles #660000
philtrum #ff66cc
moustache #999966
sideburns #000000
commissure #996699
bridge #993300
nose tip #ff9900
ala of nose #666699
left helix #cc3366
right helix #ffcc00
left lobule #666666
right lobule #99ff00
left lower lid #330066
right lower lid #cc6666
left lashes #330000
right lashes #003366
left pupil #003300
right pupil #003399
left tear duct #663333
right tear duct #9966cc
glasses #009999
"""
_SAFE = {row[:-8]: row[-7:] for row in _SAFE_ROWS.strip().splitlines()}
