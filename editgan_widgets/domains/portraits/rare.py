"""Codes of portraits with rare traits, for training, which sees too few of them otherwise.

A trait is a range of quantiles of one or a few factors' normal numbers, such as one closed eye. A rare code is an
ordinary code in which the numbers of some traits are drawn from those ranges.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri

from .factors import FACTOR_NAMES, code_from_seed

Range = tuple[float, float]  # quantiles, 0 to 1
_MAN: Mapping[str, Range] = {"masculinity": (0.58, 1.0)}

TRAITS: Mapping[str, Mapping[str, Range]] = {
    "left wink": {"wink": (0.97, 1.0), "blink": (0.0, 0.8)},
    "right wink": {"wink": (0.0, 0.03), "blink": (0.0, 0.8)},
    "closed eyes": {"blink": (0.95, 1.0), "wink": (0.2, 0.8)},
    "wide eyes": {"eyes_wide": (0.9, 1.0), "blink": (0.0, 0.8), "wink": (0.2, 0.8)},
    "moustache": {**_MAN, "moustache": (0.65, 1.0)},
    "beard": {**_MAN, "beard": (0.75, 1.0)},
    "moustache alone": {**_MAN, "moustache": (0.65, 1.0), "beard": (0.0, 0.5)},
    "fringe": {"fringe": (0.75, 1.0), "hair_tied": (0.0, 0.8), "baldness": (0.0, 0.8)},
    "frown lines": {"frown_lines": (0.7, 1.0), "fringe": (0.0, 0.5)},
    "wrinkles": {"age": (0.85, 1.0)},
    "lowered brows": {"brow_raise": (0.0, 0.06), "fringe": (0.0, 0.5)},
    "raised brows": {"brow_raise": (0.92, 1.0), "fringe": (0.0, 0.5)},
    "glasses": {"glasses": (0.8, 1.0)},
    "smile, jaw closed": {"smile": (0.7, 1.0), "jaw_open": (0.0, 0.6), "pucker": (0.0, 0.85), "frown": (0.0, 0.8)},
    "open mouth": {"jaw_open": (0.85, 1.0)},
    "tongue": {"jaw_open": (0.85, 1.0), "tongue": (0.88, 1.0)},
    "bald": {"baldness": (0.92, 1.0)},
    "tied hair": {"hair_tied": (0.87, 1.0)},
    "far turned": {"yaw": (0.0, 0.04)},
    "far turned to the left": {"yaw": (0.96, 1.0)},
    "looking aside": {"gaze_x": (0.0, 0.06), "blink": (0.0, 0.8)},
    "looking to the left": {"gaze_x": (0.94, 1.0), "blink": (0.0, 0.8)},
}


def portrait_code(seed: int, rare: float = 0.0) -> Float[np.ndarray, " code"]:
    """Code of a seed; with probability `rare` (0 to 1) it has one to three of the `TRAITS`.

    The same on every machine. With `rare` 0 it equals `code_from_seed`. Raises ValueError for a negative seed or a
    probability out of range.
    """
    if not 0 <= rare <= 1:
        raise ValueError(f"the share of rare portraits must be in 0 to 1; got {rare!r}")
    code = code_from_seed(seed)
    draws = np.random.default_rng([int(seed), 0x51ED270B])
    if draws.random() >= rare:
        return code
    names = list(TRAITS)
    for trait in draws.choice(len(names), draws.choice([1, 2, 3], p=[0.5, 0.35, 0.15]), replace=False):
        for name, (low, high) in TRAITS[names[trait]].items():
            quantile = np.clip(low + (high - low) * draws.random(), 1e-4, 1 - 1e-4)
            code[FACTOR_NAMES.index(name)] = float(ndtri(quantile))
    return code
