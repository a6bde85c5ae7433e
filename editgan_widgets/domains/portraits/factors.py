"""Factors: the parameters of a rendered portrait, and the Gaussian code that they are computed from.

A portrait is determined by a code of `CODE_SIZE` independent standard normal numbers. Each factor is a monotone
function of one or a few of them, so nearby codes give similar portraits. A seed draws a code, a code gives a factor
record (plain JSON numbers), and any factor can be overridden by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

LOCAL_STD = 0.3  # share of a target's full strength; 0.45 makes caricatures, 0.28 plausible people


class UnknownFactorError(ValueError):
    """Portraits have no factor of that name."""


@dataclass(frozen=True)
class Factor:
    """One factor: its name, meaning, unit and range, and the map from a standard normal number to its value."""

    name: str
    meaning: str
    low: float
    high: float
    from_normal: Callable[[float], float]


def _uniform(low: float, high: float) -> Callable[[float], float]:
    return lambda g: low + (high - low) * float(ndtr(g))


def _normal(std: float, limit: float, mean: float = 0.0) -> Callable[[float], float]:
    return lambda g: float(np.clip(mean + std * g, -limit, limit))


def _sometimes(share: float, high: float) -> Callable[[float], float]:
    """Zero for most people; uniform from 0 to `high` over the `share` of people that have it."""
    return lambda g: high * max(0.0, float(ndtr(g)) - (1 - share)) / share


def _often(share: float, least: float) -> Callable[[float], float]:
    """Zero for most people; mostly between `least` and 1 for the `share` that have it, with a short ramp in between."""

    def value(g: float) -> float:
        over = max(0.0, float(ndtr(g)) - (1 - share)) / share
        return min(over / 0.1, 1.0) * least + (1 - least) * max(0.0, (over - 0.1) / 0.9)

    return value


LOCAL_AXES = (
    *("head_width", "head_height", "head_roundness", "head_squareness", "head_fat", "forehead_height"),
    *("brow_height", "brow_angle", "eye_size", "eye_distance", "eye_tilt", "eye_openness", "eye_fold", "eye_bags"),
    *("nose_width", "nose_length", "nose_depth", "nose_hump", "nose_tip", "nose_flare"),
    *("mouth_width", "mouth_height", "upper_lip", "lower_lip"),
    *("chin_width", "chin_height", "chin_prominence", "jaw_width", "cheek_bones", "cheek_volume"),
    *("ear_size", "ear_wing", "neck_width"),
)

# Open eyes, level brows, a slender jaw: typical in front of a camera.
_LOCAL_MEAN = {
    "head_width": -0.1,
    "head_roundness": -0.3,
    "head_squareness": -0.3,
    "head_fat": -0.35,
    "brow_height": 0.15,
    "brow_angle": -0.25,
    "eye_openness": 0.35,
    "eye_size": 0.5,
    "eye_bags": -0.2,
    "nose_width": -0.1,
    "mouth_width": 0.3,
    "upper_lip": 0.15,
    "lower_lip": 0.15,
    "chin_width": -0.3,
    "jaw_width": -0.4,
    "cheek_volume": -0.15,
    "neck_width": -0.1,
}

FACTORS: tuple[Factor, ...] = (
    Factor("age", "years", 18, 75, _uniform(18, 75)),
    Factor("masculinity", "0 female to 1 male shape", 0, 1, lambda g: float(ndtr(2.5 * g))),
    Factor("african", "weight in the origin mix, before the shares are taken", -3, 3, _normal(1, 3)),
    Factor("asian", "weight in the origin mix, before the shares are taken", -3, 3, _normal(1, 3)),
    Factor("caucasian", "weight in the origin mix, before the shares are taken", -3, 3, _normal(1, 3)),
    Factor("weight", "-1 lean to 1 heavy", -1, 1, _normal(0.3, 1, -0.3)),
    *(
        Factor(
            axis, "local shape, in full strengths of the target", -1, 1, _normal(LOCAL_STD, 1, _LOCAL_MEAN.get(axis, 0))
        )
        for axis in LOCAL_AXES
    ),
    Factor("smile", "0 to 1", 0, 1, _sometimes(0.92, 1.0)),
    Factor("upper_lip_raise", "0 to 1: shows the upper teeth", 0, 1, _sometimes(0.55, 0.8)),
    Factor("jaw_open", "0 to 1", 0, 1, _sometimes(0.4, 0.7)),
    Factor("frown", "0 to 1: mouth corners down", 0, 1, _sometimes(0.18, 0.7)),
    Factor("pucker", "0 to 1", 0, 1, _sometimes(0.15, 0.6)),
    Factor("blink", "0 open to 1 closed", 0, 1, _sometimes(0.18, 1.0)),
    Factor(
        "wink",
        "-1 right eye closed to 1 left eye closed",
        -1,
        1,
        lambda g: float(np.sign(g) * _sometimes(0.06, 1)(abs(g))),
    ),
    Factor("eyes_wide", "0 to 1", 0, 1, _sometimes(0.3, 0.7)),
    Factor("brow_raise", "-1 lowered to 1 raised", -1, 1, _normal(0.4, 1, 0.25)),
    Factor("yaw", "degrees, positive turns to the person's left", -40, 40, _normal(13, 38)),
    Factor("pitch", "degrees, positive looks down", -20, 20, _normal(5, 15)),
    Factor("roll", "degrees", -15, 15, _normal(3.5, 12)),
    Factor("gaze_x", "radians, positive to the person's left", -0.5, 0.5, _normal(0.22, 0.45)),
    Factor("gaze_y", "radians, positive up", -0.3, 0.3, _normal(0.1, 0.25)),
    Factor("skin_tone", "melanin relative to the origin mix's mean", -0.4, 0.4, _normal(0.1, 0.3)),
    Factor("skin_warmth", "-1 rosy to 1 olive", -1, 1, _normal(0.4, 1)),
    Factor("hair_length", "0 cropped, 0.35 bob, 1 over the shoulders; before the sex shift", 0, 1, _uniform(0, 1)),
    Factor("hair_volume", "0 flat to 1 afro", 0, 1, _uniform(0, 1)),
    Factor("hair_line", "-1 low to 1 receding", -1.5, 1.5, _normal(0.5, 1.5)),
    Factor("baldness", "0 full hair, 1 bald", 0, 1, _sometimes(0.12, 1.0)),
    Factor("fringe", "0 swept back to 1 down to the brows", 0, 1, _often(0.5, 0.3)),
    Factor("hair_part", "-1 parted on the right to 1 on the left", -1, 1, _normal(0.5, 1)),
    Factor("hair_curl", "0 straight, 0.5 wavy, 1 curly", 0, 1, _uniform(0, 1)),
    Factor("hair_darkness", "0 blond to 1 black", 0, 1, _uniform(0, 1)),
    Factor("hair_redness", "0 to 1", 0, 1, _uniform(0, 1)),
    Factor("greying", "shifts the age at which hair greys, in decades", -2, 2, _normal(0.8, 2)),
    Factor("beard", "0 to 1; men only", 0, 1, _sometimes(0.5, 1.0)),
    Factor("moustache", "0 to 1; men only", 0, 1, _often(0.4, 0.5)),
    Factor("brow_thickness", "-1 thin to 1 thick", -1, 1, _normal(0.45, 1)),
    Factor("lip_redness", "-1 pale to 1 lipstick", -1, 1, _normal(0.45, 1)),
    Factor("iris_color", "0 dark brown, 0.5 green, 1 blue", 0, 1, _uniform(0, 1)),
    Factor("shirt_hue", "turns", 0, 1, _uniform(0, 1)),
    Factor("shirt_saturation", "0 to 1", 0, 1, _uniform(0.0, 0.75)),
    Factor("shirt_value", "0 to 1", 0, 1, _uniform(0.12, 0.95)),
    Factor("neckline", "-1 turtle neck to 1 deep V", -1, 1, _normal(0.45, 1)),
    Factor("background_hue", "turns", 0, 1, _uniform(0, 1)),
    Factor("background_saturation", "0 to 1", 0, 1, _uniform(0.0, 0.45)),
    Factor("background_value", "0 to 1", 0, 1, _uniform(0.3, 0.95)),
    Factor("background_gradient", "-1 darker above to 1 brighter above", -1, 1, _normal(0.4, 1)),
    Factor("light_azimuth", "degrees, positive from the person's left", -80, 80, _normal(32, 75)),
    Factor("light_elevation", "degrees", -10, 70, lambda g: float(np.clip(32 + 12 * g, 0, 65))),
    Factor("light_warmth", "-1 blue to 1 orange", -1, 1, _normal(0.4, 1)),
    Factor("light_contrast", "0 flat to 1 hard", 0, 1, _uniform(0.1, 0.85)),
    # added in version 2; the order above must not change
    Factor("hair_tied", "0 loose to 1 drawn back into a bun", 0, 1, _often(0.14, 0.5)),
    Factor("hair_sweep", "-1 forwards to 1 swept back", -1, 1, _normal(0.5, 1, 0.1)),
    Factor("hair_mess", "0 combed to 1 tousled", 0, 1, _sometimes(0.7, 0.9)),
    Factor("hair_layers", "0 cut at one length to 1 layered", 0, 1, _uniform(0.0, 1.0)),
    Factor("hair_streaks", "0 one colour to 1 lighter streaks", 0, 1, _sometimes(0.4, 1.0)),
    Factor("sideburns", "0 to 1; longer on men", 0, 1, _uniform(0.0, 1.0)),
    Factor("glasses", "0 none; fades in up to 0.3, 1 heavy frame", 0, 1, _often(0.22, 0.35)),
    Factor("glasses_shape", "-1 round to 1 rectangular", -1, 1, _normal(0.6, 1)),
    Factor("glasses_size", "-1 small to 1 large", -1, 1, _normal(0.45, 1)),
    Factor("glasses_tone", "0 black, 0.5 brown, 1 gold", 0, 1, _uniform(0.0, 1.0)),
    Factor("freckles", "0 to 1", 0, 1, _sometimes(0.3, 1.0)),
    Factor("blush", "0 to 1: rosy cheeks", 0, 1, _uniform(0.0, 1.0)),
    Factor("eye_shadow", "0 to 1: make-up on the lids; weaker on men", 0, 1, _sometimes(0.5, 1.0)),
    Factor("lash_length", "0 to 1; shorter on men", 0, 1, _uniform(0.0, 1.0)),
    Factor("wrinkle_age", "shifts the age at which wrinkles come, in decades", -2, 2, _normal(0.7, 2)),
    Factor("frown_lines", "0 to 1: lines between the brows, deeper with age", 0, 1, _often(0.4, 0.4)),
    Factor("collar", "0 round neckline to 1 shirt collar", 0, 1, _often(0.45, 0.4)),
    Factor(
        "shirt_pattern",
        "-1 dotted, 0 plain, 1 striped",
        -1,
        1,
        lambda g: float(np.sign(g) * _sometimes(0.25, 1)(abs(g))),
    ),
    Factor("fill_light", "0 to 1", 0, 1, _uniform(0.2, 1.0)),
    Factor("rim_light", "0 to 1", 0, 1, _uniform(0.0, 1.0)),
    Factor("squint", "0 to 1", 0, 1, _sometimes(0.3, 0.5)),
    Factor("smile_side", "-1 right corner only to 1 left corner only", -1, 1, _normal(0.25, 1)),
    Factor("brow_side", "-1 right brow up to 1 left brow up", -1, 1, _normal(0.25, 1)),
    Factor("tongue", "0 to 1 out; needs an open jaw", 0, 1, _sometimes(0.15, 1.0)),
    Factor("pupil_size", "0 narrow to 1 wide", 0, 1, _uniform(0.0, 1.0)),
    Factor("skin_gloss", "0 matt to 1 glossy", 0, 1, _uniform(0.0, 1.0)),
)
FACTOR_NAMES = tuple(factor.name for factor in FACTORS)
CODE_SIZE = len(FACTORS)


def code_from_seed(seed: int) -> Float[np.ndarray, " code"]:
    """Draw the standard normal code of a seed; the same on every machine. Raises ValueError for a negative seed."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"a portrait's seed is a whole number from 0 up; got {seed!r}")
    return np.random.default_rng([int(seed), 0x9E3779B9]).standard_normal(CODE_SIZE)


def factors_from_code(code: Float[np.ndarray, " code"]) -> dict[str, float]:
    """Turn a code into the factor record; raises ValueError if the code has another size."""
    if code.shape != (CODE_SIZE,):
        raise ValueError(f"a portrait's code has {CODE_SIZE} numbers; got shape {code.shape}; use code_from_seed(seed)")
    return {factor.name: round(factor.from_normal(float(g)), 5) for factor, g in zip(FACTORS, code, strict=True)}


def override(factors: dict[str, float], changes: dict[str, float]) -> dict[str, float]:
    """Replace factors by name; raises UnknownFactorError for an unknown name, ValueError for a value out of range."""
    result = dict(factors)
    for name, value in changes.items():
        if name not in result:
            import difflib

            near = difflib.get_close_matches(name, FACTOR_NAMES, n=1, cutoff=0.0)[0]
            raise UnknownFactorError(f"portraits have no factor {name!r}; nearest: {near!r}")
        factor = FACTORS[FACTOR_NAMES.index(name)]
        number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        if not (number and np.isfinite(value) and factor.low <= value <= factor.high):
            raise ValueError(
                f"factor {name!r} ({factor.meaning}) takes {factor.low:g} to {factor.high:g}; got {value!r}"
            )
        result[name] = float(value)
    return result
