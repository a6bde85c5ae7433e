"""Part colours for colour-blind users, and distances of colours under simulated colour blindness.

Protanopia, deuteranopia and tritanopia are simulated with the matrices of Machado, Oliveira and Fernandes (2009) at
severity 1, on linear RGB. Distances are CIEDE2000: 1 is just noticeable, 10 is visible at a glance.
"""

import numpy as np
from jaxtyping import Float, UInt8
from skimage.color import deltaE_ciede2000, rgb2lab

from editgan_widgets.labels import LabelSet

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
    """The labels in one of their palettes; "own" is their own colours.

    Raises ValueError for a palette that the labels do not have.
    """
    known = palettes_of(labels)
    if palette not in known:
        raise ValueError(f"LabelSet {labels.name!r} has no palette {palette!r}; use {' or '.join(map(repr, known))}")
    return known[palette]


def palettes_of(labels: LabelSet) -> dict[str, LabelSet]:
    """The labels in each of their palettes: always "own", then those of LabelSet.palettes."""
    return {"own": labels} | {name: labels.recoloured(colours) for name, colours in labels.palettes.items()}
