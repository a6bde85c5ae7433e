"""Meshes and passes of a portrait. The renderers share them and differ only in how shaders are run.

Parts are painted in rest coordinates of the head, so a brow, a nostril or a hairline follows every identity,
expression and pose. The first pass writes shaded colour, part id and depth, supersampled 2 x 2. The second computes
occlusion and shadow from depth. The last filters the colours, applies occlusion and shadow, and takes the most frequent
id; ids are never blended.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Float32, Int, UInt8

from . import wear
from .geometry import PosedHead, load_mesh, pose
from .hair import LOCKS, POINTS
from .materials import materials

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
