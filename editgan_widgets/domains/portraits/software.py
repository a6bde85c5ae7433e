"""SoftwareRenderer: renders portraits without OpenGL, about ten times slower.

The same meshes go through the same shaders, which `glsl` runs. This module does what OpenGL does between vertex and
fragment shader: rasterisation, perspective interpolation of attributes, and the depth test.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from .geometry import PosedHead
from .glsl import Shader, Texture
from .scene import MOVING, PASSES, SUPERSAMPLE, BaseRenderer, meshes, noise_map, shader_source

_SUBPIXELS = 256  # vertices are rounded to 1/256 pixel, as in OpenGL implementations


class Fragments(NamedTuple):
    """Pixels covered by triangles: pixel index (row-major, bottom row first), depth 0 to 1, triangle, weights."""

    pixel: Int[np.ndarray, " n"]
    depth: Float32[np.ndarray, " n"]
    triangle: Int[np.ndarray, " n"]
    weights: Float32[np.ndarray, "3 n"]  # weights of the triangle's corners, perspective-correct

    def chosen(self, which: np.ndarray) -> "Fragments":
        """Select fragments by mask or index."""
        return Fragments(self.pixel[which], self.depth[which], self.triangle[which], self.weights[:, which])


def rasterise(clip: Float[np.ndarray, "4 v"], triangles: Int[np.ndarray, "t 3"], size: int) -> Fragments:
    """Fragments of triangles in front of the camera, in the order of the triangles; corners in clip space."""
    finite = np.isfinite(clip.sum(0))[triangles].all(1)  # a lock of length 0 has no direction
    corner = np.nan_to_num(clip[:3].astype(np.float64) / clip[3])
    grid = np.rint((corner[:2] * 0.5 + 0.5) * size * _SUBPIXELS).astype(np.int64)[:, triangles]  # [2, t, 3]
    # Edge i is opposite corner i; its edge function, along[0] y - along[1] x + constant, is positive inside.
    start, end = np.roll(grid, -1, 2), np.roll(grid, -2, 2)
    along = end - start
    area = along[0, :, 0] * along[1, :, 1] - along[1, :, 0] * along[0, :, 1]
    along = along * np.sign(area)[:, None]
    constant = along[1] * start[0] - along[0] * start[1]
    owned = (along[1] < 0) | ((along[1] == 0) & (along[0] < 0))  # fill rule: one of two triangles owns a shared edge

    half = _SUBPIXELS // 2
    low = np.maximum(-((half - grid[1].min(1)) // _SUBPIXELS), 0)
    high = np.minimum((grid[1].max(1) - half) // _SUBPIXELS, size - 1)
    owner, row = _runs(np.where(finite & (area != 0), high - low + 1, 0))
    row = row + low[owner]
    left, right = np.zeros(len(row), np.int64), np.full(len(row), size - 1)
    for k in range(3):  # the columns of each row that are inside all three edges
        dx, dy = along[0, owner, k], along[1, owner, k]
        inside = dx * (row * _SUBPIXELS + half) - dy * half + constant[owner, k] - ~owned[owner, k]
        bound = inside // np.maximum(np.abs(dy) * _SUBPIXELS, 1)
        right = np.where((dy > 0) | ((dy == 0) & (inside < 0)), np.minimum(right, bound), right)
        left = np.where(dy < 0, np.maximum(left, -bound), left)
    line, column = _runs(right - left + 1)
    column, row, triangle = column + left[line], row[line], owner[line]

    x, y = column * _SUBPIXELS + half, row * _SUBPIXELS + half
    flat = (along[0, triangle].T * y - along[1, triangle].T * x + constant[triangle].T) / np.abs(area[triangle])
    depth = (flat * (corner[2] * 0.5 + 0.5)[triangles[triangle].T]).sum(0)
    weights = flat / clip[3][triangles[triangle].T]
    weights = (weights / weights.sum(0)).astype(np.float32)
    return Fragments(row * size + column, depth.astype(np.float32), triangle, weights)


def _runs(lengths: Int[np.ndarray, " m"]) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """For concatenated runs of the given lengths: the run of each element, and its index within the run."""
    lengths = np.maximum(lengths, 0)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)


@cache
def _shader(program: str, kind: str) -> Shader:
    return Shader(shader_source(program, kind), f"{program}.{kind}")


class SoftwareRenderer(BaseRenderer):
    """Renders portraits of one size with numpy; the pictures differ from OpenGL's only by rounding."""

    def _draw(self, head: PosedHead, uniforms: dict[str, tuple[float, ...] | float]) -> tuple[np.ndarray, np.ndarray]:
        given: dict[str, Any] = {
            **uniforms,
            "noise_map": Texture(noise_map()[None] / np.float32(255), interpolated=True),
            "locks": Texture(head.locks.transpose(2, 0, 1)),
            "lock_facts": Texture(head.lock_facts.T[..., None]),
        }
        frame = _Frame(self.size * SUPERSAMPLE)
        for program, mesh in PASSES:
            frame.draw(program, mesh, head, given)
        given |= {"colour": Texture(frame.colour), "label": Texture(frame.label), "depth": Texture(frame.depth[None])}
        row, column = np.indices((self.size, self.size)).reshape(2, -1) + 0.5
        place = np.stack([column, row, 0 * row, 0 * row + 1]).astype(np.float32)
        given["gl_FragCoord"] = place
        found, _ = _shader("shade", "frag").run(self.size**2, given)
        found = _as_bytes(found["out_color"]).reshape(-1, self.size, self.size) / np.float32(255)
        shaded, _ = _shader("finish", "frag").run(self.size**2, given | {"shade": Texture(found)})
        image, label = (
            _as_bytes(shaded[name]).reshape(-1, self.size, self.size) for name in ("out_color", "out_label")
        )
        return image[:3, ::-1].transpose(1, 2, 0).copy(), label[0, ::-1].copy()


class _Frame:
    """Colour [3, h, w] and part id [1, h, w], both in steps of 1/255 as stored, and depth [h, w]; bottom row first."""

    def __init__(self, size: int):
        self.size = size
        self.colour = np.zeros((3, size, size), np.float32)
        self.label = np.zeros((1, size, size), np.float32)
        self.depth = np.ones((size, size), np.float32)

    def draw(self, program: str, mesh_name: str, head: PosedHead, given: Mapping[str, Any]) -> None:
        mesh = meshes()[mesh_name]
        attributes = {name: values.T for name, values in mesh.still.items()}
        if mesh.moving:
            names, widths = zip(*MOVING[mesh.moving].items(), strict=True)
            columns = np.split(getattr(head, mesh.moving).T, np.cumsum(widths)[:-1])
            attributes |= dict(zip(names, columns, strict=True))
        attributes = {name: rows[0] if len(rows) == 1 else rows for name, rows in attributes.items()}
        varyings, _ = _shader(program, "vert").run(mesh.points, {**given, **attributes})
        near = self.depth.reshape(-1)
        fragments = rasterise(varyings.pop("gl_Position"), mesh.triangles, self.size)
        fragments = fragments.chosen(fragments.depth <= near[fragments.pixel])
        # in each pixel sorted by depth, nearest first; of equally near fragments the last drawn comes first
        fragments = fragments.chosen(np.lexsort((-np.arange(len(fragments.pixel)), fragments.depth, fragments.pixel)))
        first = np.flatnonzero(np.diff(fragments.pixel, prepend=-1))
        count = np.diff(first, append=len(fragments.pixel))
        layer = 0
        while len(first):  # where the shader discards a fragment, the one behind it is visible
            shown = self.shade(program, mesh.triangles, varyings, fragments.chosen(first + layer), given)
            layer += 1
            behind = ~shown & (count > layer)
            first, count = first[behind], count[behind]

    def shade(
        self,
        program: str,
        triangles: np.ndarray,
        varyings: Mapping[str, np.ndarray],
        fragments: Fragments,
        given: Mapping[str, Any],
    ) -> np.ndarray:
        """Write the fragments, one per pixel, that the shader does not discard; return their mask."""
        shader = _shader(program, "frag")
        corners = triangles[fragments.triangle].T
        smooth = {
            name: sum(varyings[name][..., c] * w for c, w in zip(corners, fragments.weights, strict=True))
            for name in shader.tree.inputs
        }
        shaded, kept = shader.run(len(fragments.pixel), {**given, **smooth})
        pixel = fragments.pixel[kept]
        self.depth.reshape(-1)[pixel] = fragments.depth[kept]
        if "out_color" in shaded:
            self.colour.reshape(3, -1)[:, pixel] = _as_bytes(shaded["out_color"][:3, kept]) / np.float32(255)
            self.label.reshape(1, -1)[:, pixel] = _as_bytes(shaded["out_label"][:1, kept]) / np.float32(255)
        return kept


def _as_bytes(values: Float32[np.ndarray, "..."]) -> UInt8[np.ndarray, "..."]:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
