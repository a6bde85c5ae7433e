"""Meshes, materials and passes of a portrait. The renderers share them and differ only in how shaders are run.

Parts are painted in rest coordinates of the head, so a brow, a nostril or a hairline follows every identity,
expression and pose. The first pass writes shaded colour, part id and depth, supersampled 2 x 2. The second computes
occlusion and shadow from depth. The last filters the colours, applies occlusion and shadow, and takes the most frequent
id; ids are never blended.
"""

import colorsys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Float32, Int, UInt8

from . import wear
from .geometry import PosedHead, load_mesh, origin_shares, pose
from .hair import LOCKS, POINTS, hair_curl_shown, smoothstep

SUPERSAMPLE = 2
BATCH = 16
# Program and mesh, roughly from front to back, so that hidden fragments are not shaded.
PASSES = (
    ("depth", "skin"),
    ("wear", "wear"),
    ("inner", "inner"),
    ("hair", "hair"),
    ("head", "skin"),
    ("background", "screen"),
)
MOVING = {  # attributes that a posed head provides, in the order of their columns
    "vertices": {"position": 3, "normal": 3},
    "wear": {"position": 3, "normal": 3, "place": 1},
}
_VERTEX = {
    "depth": "head",
    "inner": "head",
    "shade": "background",
    "finish": "background",
}  # programs that use the vertex shader of another one
_SHADERS = Path(__file__).parent / "shaders"
_Self = TypeVar("_Self", bound="BaseRenderer")


@dataclass(frozen=True)
class Portrait:
    """A rendered portrait with its exact part ids, its factor record and its facial landmarks.

    Landmarks are (x, y) in picture pixels, x to the right and y down from the upper left corner, in the order of
    `LANDMARKS`; a point may be hidden or outside the picture.
    """

    image: UInt8[np.ndarray, "h w 3"]
    label_map: UInt8[np.ndarray, "h w"]
    factors: dict[str, float]
    landmarks: Float32[np.ndarray, "n 2"]


def _linear(rgb: tuple[float, float, float] | np.ndarray) -> tuple[float, ...]:
    return tuple(float(c) ** 2.2 for c in rgb)


def _mix(stops: Sequence[tuple[float, tuple[float, float, float]]], at: float) -> np.ndarray:
    positions = [s[0] for s in stops]
    return np.array([np.interp(at, positions, [s[1][k] for s in stops]) for k in range(3)])


SKIN = (
    (0.0, (0.98, 0.84, 0.76)),
    (0.25, (0.93, 0.74, 0.62)),
    (0.5, (0.80, 0.58, 0.43)),
    (0.75, (0.55, 0.36, 0.25)),
    (1.0, (0.34, 0.21, 0.15)),
)
HAIR = ((0.0, (0.90, 0.76, 0.50)), (0.3, (0.66, 0.46, 0.25)), (0.6, (0.38, 0.23, 0.13)), (1.0, (0.10, 0.075, 0.065)))
IRIS = ((0.0, (0.20, 0.11, 0.06)), (0.35, (0.42, 0.26, 0.12)), (0.6, (0.35, 0.45, 0.22)), (1.0, (0.30, 0.50, 0.72)))


def materials(factors: dict[str, float]) -> dict[str, tuple[float, ...] | float]:
    """Colours (linear light) and shader uniforms of one factor record."""
    african, asian, caucasian = origin_shares(factors)
    melanin = float(np.clip(0.80 * african + 0.36 * asian + 0.20 * caucasian + factors["skin_tone"], 0.02, 1))
    skin = _mix(SKIN, melanin) * (1 + 0.04 * factors["skin_warmth"] * np.array([-0.6, 0.8, -0.4]))
    darkness = np.clip(factors["hair_darkness"] ** 0.8 + 0.55 * african + 0.5 * asian, 0, 1)
    red = factors["hair_redness"] * (1 - darkness) * 0.9
    hair = _mix(HAIR, float(darkness)) * (1 - red) + np.array([0.62, 0.27, 0.10]) * red
    grey = float(np.clip((factors["age"] + 10 * factors["greying"] - 52) / 25, 0, 1))
    hair = hair * (1 - grey) + np.array([0.74, 0.73, 0.72]) * grey
    lips = skin * np.array([0.90, 0.66, 0.66]) * (1 - 0.35 * max(factors["lip_redness"], 0.0))
    lips += np.array([0.24, 0.02, 0.05]) * max(factors["lip_redness"], 0.0)
    iris = _mix(IRIS, factors["iris_color"] * (1 - 0.9 * african) * (1 - 0.9 * asian))
    azimuth, elevation = np.radians([factors["light_azimuth"], factors["light_elevation"]])
    direction = (np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation))
    contrast, warmth = factors["light_contrast"], factors["light_warmth"]
    tint = np.array([1 + 0.07 * warmth, 1.0, 1 - 0.09 * warmth])
    male = factors["masculinity"]
    man = float(np.clip((male - 0.5) / 0.25, 0, 1))
    old = float(np.clip((factors["age"] + 10 * factors["wrinkle_age"] - 38) / 36, 0, 1))
    shown = float(np.clip(factors["glasses_tone"], 0, 1))
    rim_tone = _mix(((0.0, (0.07, 0.07, 0.08)), (0.5, (0.36, 0.20, 0.11)), (1.0, (0.80, 0.66, 0.40))), shown)
    make_up = _mix(
        ((0.0, (0.62, 0.50, 0.46)), (0.5, (0.55, 0.58, 0.80)), (1.0, (0.86, 0.55, 0.60))), factors["shirt_hue"]
    )
    shirt_value, gradient = factors["shirt_value"], factors["background_gradient"]
    return {
        "skin_color": _linear(np.clip(skin, 0, 1)),
        "hair_color": _linear(np.clip(hair, 0, 1)),
        "lip_color": _linear(np.clip(lips, 0, 1)),
        "iris_color": _linear(iris),
        "shirt_color": _linear(
            colorsys.hsv_to_rgb(factors["shirt_hue"] % 1, factors["shirt_saturation"], factors["shirt_value"])
        ),
        "background_color": _linear(
            colorsys.hsv_to_rgb(
                factors["background_hue"] % 1, factors["background_saturation"], factors["background_value"]
            )
        ),
        "background_second": _linear(
            colorsys.hsv_to_rgb(
                (factors["background_hue"] + 0.10 * gradient) % 1,
                min(factors["background_saturation"] * 1.25, 1.0),
                factors["background_value"] * (1 - 0.38 * abs(gradient)),
            )
        ),
        "background_factors": (
            gradient,
            float(np.tanh(2.2 * (factors["background_value"] - 0.62) + 1.6 * gradient)),
            float(smoothstep(0.23, 0.10, factors["background_saturation"])),
            factors["background_hue"],
        ),
        "key_direction": direction,
        "key_color": tuple(tint * (0.62 + 0.42 * contrast)),
        "fill_color": tuple((2 - tint) * (0.16 + 0.22 * factors["fill_light"]) * (1.1 - 0.5 * contrast)),
        "rim_color": tuple((2 - tint) * 0.55 * factors["rim_light"]),
        "ambient_sky": tuple((0.46 - 0.22 * contrast) * (2 - tint)),
        "ambient_ground": tuple((0.36 - 0.18 * contrast) * np.array([1.05, 0.92, 0.86])),
        "shadow_strength": 0.35 + 0.55 * contrast,
        "shadow_color": tuple(make_up),
        "rim_tone": _linear(rim_tone),
        "gaze": (factors["gaze_x"], factors["gaze_y"]),
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
        "skin_factors": (old, factors["smile"], factors["freckles"] * (1 - melanin), factors["blush"]),
        "line_factors": (
            float(np.clip(factors["frown_lines"] * (0.5 + 0.5 * old) + 0.6 * max(-factors["brow_raise"], 0), 0, 1)),
            factors["brow_raise"],
            factors["squint"],
            factors["skin_gloss"],
        ),
        "eye_factors": (
            factors["eye_shadow"] * (1 - 0.85 * male),
            factors["lash_length"] * (1 - 0.6 * male),
            factors["pupil_size"],
            float(smoothstep(0.05, 0.4, factors["collar"])),
        ),
        "shirt_pattern": (factors["shirt_pattern"], 0.55 if shirt_value > 0.4 else 1.8),
        "hair_shape": (hair_curl_shown(factors, origin_shares(factors)), 1.0),
        "hair_factors": (
            hair_curl_shown(factors, origin_shares(factors)),
            factors["hair_streaks"],
            factors["hair_mess"],
            grey,
        ),
    }


@dataclass(frozen=True)
class Mesh:
    """Triangles of a pass: static attributes by their names in the shader, and which of `MOVING` a head provides."""

    triangles: Int[np.ndarray, "t 3"]
    still: dict[str, Float32[np.ndarray, "v _"]]
    moving: str | None = None

    @property
    def points(self) -> int:
        """Number of vertices."""
        return len(next(iter(self.still.values())))


@cache
def meshes() -> dict[str, Mesh]:
    """The meshes of `PASSES`, and `screen`, which the second pass uses too."""
    head = load_mesh()
    skin = (head.kind[head.triangles] == 0).all(1)
    still = {
        "rest": head.rest,
        "masks": head.masks[:, :4] / 255,
        "masks2": np.stack([head.masks[:, 4], head.kind], 1) / 255,
    }
    lock, point, side = np.meshgrid(np.arange(LOCKS), np.arange(POINTS), [-1, 1], indexing="ij")
    ids = np.arange(lock.size).reshape(lock.shape)
    a, b, c, d = ids[:, :-1, 0], ids[:, 1:, 0], ids[:, 1:, 1], ids[:, :-1, 1]
    ribbons = np.stack([a, b, c, a, c, d], -1)
    corners = np.stack([lock, point, side], -1).reshape(-1, 3)
    metal = np.arange(wear.COLLAR_POINTS + wear.GLASSES_POINTS)[:, None] >= wear.COLLAR_POINTS
    square = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])

    def mesh(triangles: np.ndarray, still: dict[str, np.ndarray], moving: str | None = None) -> Mesh:
        attributes = {name: values.astype(np.float32) for name, values in still.items()}
        return Mesh(triangles.reshape(-1, 3).astype(np.int32), attributes, moving)

    return {
        "skin": mesh(head.triangles[skin], still, "vertices"),
        "inner": mesh(head.triangles[~skin], still, "vertices"),
        "wear": mesh(wear.triangles(), {"metal": metal}, "wear"),
        "hair": mesh(ribbons, {"corner": corners}),
        "screen": mesh(np.array([[0, 1, 2], [2, 1, 3]]), {"corner": square}),
    }


@cache
def noise_map() -> UInt8[np.ndarray, "128 128"]:
    """Random numbers that the noise of the shaders interpolates."""
    return np.random.default_rng(7).integers(0, 256, (128, 128), np.uint8)


def shader_source(program: str, kind: str) -> str:
    """Read a program's shader, "vert" or "frag", and insert its includes."""
    text = (_SHADERS / f"{_VERTEX.get(program, program) if kind == 'vert' else program}.{kind}").read_text()
    for part in ("common", "lens"):
        text = text.replace(f"#include {part}", (_SHADERS / f"{part}.glsl").read_text())
    return text


class BaseRenderer(ABC):
    """Draws portraits of one size."""

    def __init__(self, size: int):
        if not 16 <= size <= 2048:
            raise ValueError(f"portrait size must be 16 to 2048 px; got {size}")
        self.size = size

    @abstractmethod
    def _draw(
        self, head: PosedHead, uniforms: dict[str, tuple[float, ...] | float]
    ) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"]]:
        """Picture and part ids, top row first."""

    def render(self, records: Sequence[dict[str, float]]) -> Iterator[Portrait]:
        """Render portraits of factor records, one by one."""
        for start in range(0, len(records), BATCH):
            batch = list(records[start : start + BATCH])
            for factors, head in zip(batch, pose(batch), strict=True):
                place = {"frame": head.frame, "lens": head.lens, "skull_centre": head.skull_centre, "lids": head.lids}
                image, label_map = self._draw(head, materials(factors) | place)
                yield Portrait(image, label_map, factors, head.landmarks * np.float32(self.size))

    def close(self) -> None:  # noqa: B027 - not every renderer has resources
        """Release the renderer's resources."""

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_) -> None:
        self.close()
