"""Materials: colours and numbers of the shaders, computed from a portrait's factors.

Colours are linear light, RGB; the tables of colours are in sRGB.
"""

import colorsys
from collections.abc import Sequence

import numpy as np

from .geometry import origin_shares
from .hair import hair_curl_shown, smoothstep

_Stops = tuple[tuple[float, tuple[float, float, float]], ...]  # positions, ascending, and their colours
_Uniforms = dict[str, tuple[float, ...] | float]

SKIN: _Stops = (
    (0.0, (0.98, 0.84, 0.76)),
    (0.25, (0.93, 0.74, 0.62)),
    (0.5, (0.80, 0.58, 0.43)),
    (0.75, (0.55, 0.36, 0.25)),
    (1.0, (0.34, 0.21, 0.15)),
)
HAIR: _Stops = (
    (0.0, (0.90, 0.76, 0.50)),
    (0.3, (0.66, 0.46, 0.25)),
    (0.6, (0.38, 0.23, 0.13)),
    (1.0, (0.10, 0.075, 0.065)),
)
IRIS: _Stops = (
    (0.0, (0.20, 0.11, 0.06)),
    (0.35, (0.42, 0.26, 0.12)),
    (0.6, (0.35, 0.45, 0.22)),
    (1.0, (0.30, 0.50, 0.72)),
)
RIMS: _Stops = ((0.0, (0.07, 0.07, 0.08)), (0.5, (0.36, 0.20, 0.11)), (1.0, (0.80, 0.66, 0.40)))
EYE_SHADOW: _Stops = ((0.0, (0.62, 0.50, 0.46)), (0.5, (0.55, 0.58, 0.80)), (1.0, (0.86, 0.55, 0.60)))


def materials(factors: dict[str, float]) -> _Uniforms:
    """Colours (linear light) and shader uniforms of one factor record."""
    return {
        **_skin(factors),
        **_hair(factors),
        **_eyes(factors),
        **_clothes(factors),
        **_background(factors),
        **_light(factors),
    }


def _skin(factors: dict[str, float]) -> _Uniforms:
    """Skin, lips and lines of the face."""
    african, asian, caucasian = origin_shares(factors)
    melanin = float(np.clip(0.80 * african + 0.36 * asian + 0.20 * caucasian + factors["skin_tone"], 0.02, 1))
    skin = _mix(SKIN, melanin) * (1 + 0.04 * factors["skin_warmth"] * np.array([-0.6, 0.8, -0.4]))
    lips = skin * np.array([0.90, 0.66, 0.66]) * (1 - 0.35 * max(factors["lip_redness"], 0.0))
    lips += np.array([0.24, 0.02, 0.05]) * max(factors["lip_redness"], 0.0)
    old = float(np.clip((factors["age"] + 10 * factors["wrinkle_age"] - 38) / 36, 0, 1))
    return {
        "skin_color": _linear(np.clip(skin, 0, 1)),
        "lip_color": _linear(np.clip(lips, 0, 1)),
        "skin_factors": (old, factors["smile"], factors["freckles"] * (1 - melanin), factors["blush"]),
        "line_factors": (
            float(np.clip(factors["frown_lines"] * (0.5 + 0.5 * old) + 0.6 * max(-factors["brow_raise"], 0), 0, 1)),
            factors["brow_raise"],
            factors["squint"],
            factors["skin_gloss"],
        ),
    }


def _hair(factors: dict[str, float]) -> _Uniforms:
    """Hair, brows and beard."""
    origins = origin_shares(factors)
    african, asian, _ = origins
    darkness = np.clip(factors["hair_darkness"] ** 0.8 + 0.55 * african + 0.5 * asian, 0, 1)
    red = factors["hair_redness"] * (1 - darkness) * 0.9
    hair = _mix(HAIR, float(darkness)) * (1 - red) + np.array([0.62, 0.27, 0.10]) * red
    grey = float(np.clip((factors["age"] + 10 * factors["greying"] - 52) / 25, 0, 1))
    hair = hair * (1 - grey) + np.array([0.74, 0.73, 0.72]) * grey
    male, curl = factors["masculinity"], hair_curl_shown(factors, origins)
    man = float(np.clip((male - 0.5) / 0.25, 0, 1))
    return {
        "hair_color": _linear(np.clip(hair, 0, 1)),
        "hairline": (
            factors["hair_line"],
            factors["baldness"],
            factors["brow_thickness"] + 0.9 * male - 0.3,
            factors["neckline"],
        ),
        "facial_hair": (
            max(factors["beard"] - 1 + man, 0.0),
            max(factors["moustache"] - 1 + man, 0.0),
            factors["sideburns"] * (0.35 + 0.65 * man) * (1 - factors["baldness"]),
            male,
        ),
        "hair_shape": (curl, 1.0),
        "hair_factors": (curl, factors["hair_streaks"], factors["hair_mess"], grey),
    }


def _eyes(factors: dict[str, float]) -> _Uniforms:
    """Irises, gaze and make-up."""
    african, asian, _ = origin_shares(factors)
    male = factors["masculinity"]
    return {
        "iris_color": _linear(_mix(IRIS, factors["iris_color"] * (1 - 0.9 * african) * (1 - 0.9 * asian))),
        "shadow_color": tuple(_mix(EYE_SHADOW, factors["shirt_hue"])),
        "gaze": (factors["gaze_x"], factors["gaze_y"]),
        "eye_factors": (
            factors["eye_shadow"] * (1 - 0.85 * male),
            factors["lash_length"] * (1 - 0.6 * male),
            factors["pupil_size"],
            float(smoothstep(0.05, 0.4, factors["collar"])),
        ),
    }


def _clothes(factors: dict[str, float]) -> _Uniforms:
    """Shirt and glasses."""
    value = factors["shirt_value"]
    return {
        "shirt_color": _linear(colorsys.hsv_to_rgb(factors["shirt_hue"] % 1, factors["shirt_saturation"], value)),
        "shirt_pattern": (factors["shirt_pattern"], 0.55 if value > 0.4 else 1.8),
        "rim_tone": _linear(_mix(RIMS, float(np.clip(factors["glasses_tone"], 0, 1)))),
    }


def _background(factors: dict[str, float]) -> _Uniforms:
    """The background's two colours."""
    hue, saturation, value, gradient = (
        factors[f"background_{name}"] for name in ("hue", "saturation", "value", "gradient")
    )
    second = (hue + 0.10 * gradient) % 1, min(saturation * 1.25, 1.0), value * (1 - 0.38 * abs(gradient))
    return {
        "background_color": _linear(colorsys.hsv_to_rgb(hue % 1, saturation, value)),
        "background_second": _linear(colorsys.hsv_to_rgb(*second)),
        "background_factors": (
            gradient,
            float(np.tanh(2.2 * (value - 0.62) + 1.6 * gradient)),
            float(smoothstep(0.23, 0.10, saturation)),
            hue,
        ),
    }


def _light(factors: dict[str, float]) -> _Uniforms:
    """Key, fill and rim light, ambient light and shadows."""
    azimuth, elevation = np.radians([factors["light_azimuth"], factors["light_elevation"]])
    contrast, warmth = factors["light_contrast"], factors["light_warmth"]
    tint = np.array([1 + 0.07 * warmth, 1.0, 1 - 0.09 * warmth])
    return {
        "key_direction": (np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)),
        "key_color": tuple(tint * (0.62 + 0.42 * contrast)),
        "fill_color": tuple((2 - tint) * (0.16 + 0.22 * factors["fill_light"]) * (1.1 - 0.5 * contrast)),
        "rim_color": tuple((2 - tint) * 0.55 * factors["rim_light"]),
        "ambient_sky": tuple((0.46 - 0.22 * contrast) * (2 - tint)),
        "ambient_ground": tuple((0.36 - 0.18 * contrast) * np.array([1.05, 0.92, 0.86])),
        "shadow_strength": 0.35 + 0.55 * contrast,
    }


def _linear(rgb: tuple[float, float, float] | np.ndarray) -> tuple[float, ...]:
    return tuple(float(c) ** 2.2 for c in rgb)


def _mix(stops: Sequence[tuple[float, tuple[float, float, float]]], at: float) -> np.ndarray:
    positions = [s[0] for s in stops]
    return np.array([np.interp(at, positions, [s[1][k] for s in stops]) for k in range(3)])
