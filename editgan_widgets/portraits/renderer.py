"""Renderer: factor records in, portraits out; a rasteriser with a fragment shader (moderngl over EGL).

Parts are painted in rest coordinates of the head, so a brow, a nostril or a hairline follows every identity,
expression and pose. Two attachments are written: the shaded colour, supersampled 2 x 2, and the part id, which is
never blended.
"""

import colorsys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from .factors import code_from_seed, factors_from_code, override
from .geometry import PosedHead, load_mesh, origin_shares, pose

SUPERSAMPLE = 2
BATCH = 16
_SHADERS = Path(__file__).parent / "shaders"


class NoEGLError(RuntimeError):
    """No OpenGL context could be made."""


@dataclass(frozen=True)
class Portrait:
    """A rendered portrait with its exact part ids and the factor record that made it."""

    image: UInt8[np.ndarray, "h w 3"]
    label_map: UInt8[np.ndarray, "h w"]
    factors: dict[str, float]


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
    """Colours (linear light) and shader factors of one record."""
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
    tint = np.array([1 + 0.08 * warmth, 1.0, 1 - 0.10 * warmth])
    male = factors["masculinity"]
    man = float(np.clip((male - 0.5) / 0.25, 0, 1))
    age = float(np.clip((factors["age"] - 28) / 45, 0, 1))
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
        "background_gradient": factors["background_gradient"],
        "key_direction": direction,
        "key_color": tuple(tint * (0.55 + 0.55 * contrast)),
        "ambient_sky": tuple((0.62 - 0.34 * contrast) * (2 - tint)),
        "ambient_ground": tuple((0.42 - 0.26 * contrast) * np.array([1.0, 0.92, 0.86])),
        "gaze": (factors["gaze_x"], factors["gaze_y"]),
        "hairline": (
            factors["hair_line"],
            factors["baldness"],
            factors["brow_thickness"] + 0.5 * male,
            factors["neckline"],
        ),
        "facial_hair": (factors["beard"] * man, factors["moustache"] * man, grey, 0.0),
        "skin_factors": (age, factors["smile"], 0.0, 0.5 * (1 - male)),
        "hair_factors": (factors["hair_curl"], factors["hair_part"] * 0.55, factors["hair_volume"], 0.12),
    }


class Renderer:
    """Draws portraits of one size; holds an OpenGL context of its own, so use it in the thread that made it.

    Raises NoEGLError where no context can be made.
    """

    def __init__(self, size: int):
        import moderngl

        if not 16 <= size <= 2048:
            raise ValueError(f"portrait size takes 16 to 2048 px; got {size}")
        try:
            self.context = moderngl.create_standalone_context(backend="egl", require=330)  # type: ignore[reportArgumentType]
        except Exception as error:
            raise NoEGLError(
                f"no OpenGL context over EGL ({error}); next: install a driver, on Debian "
                "`apt-get install libegl1 libgl1-mesa-dri`, or use the portraits that ship: "
                "editgan_widgets.portraits.load_samples()"
            ) from error
        self.size = size
        full = size * SUPERSAMPLE
        self.colour = self.context.renderbuffer((full, full), 4)
        self.label = self.context.renderbuffer((full, full), 1)
        self.frame = self.context.framebuffer([self.colour, self.label], self.context.depth_renderbuffer((full, full)))
        self.frame.use()
        self.context.enable(moderngl.DEPTH_TEST)
        mesh = load_mesh()
        self.programs = {name: self._program(name) for name in ("head", "hair", "background")}

        vertices = len(mesh.rest)
        still = np.zeros((vertices, 9), np.float32)
        still[:, :3] = mesh.rest
        still[:, 3:7] = mesh.masks[:, :4] / 255
        still[:, 7], still[:, 8] = mesh.masks[:, 4] / 255, mesh.kind / 255
        self.moving = self.context.buffer(reserve=vertices * 6 * 4, dynamic=True)
        self.head = self.context.vertex_array(
            self.programs["head"],
            [
                (self.moving, "3f 3f", "position", "normal"),
                (self.context.buffer(still.tobytes()), "3f 4f 2f", "rest", "masks", "masks2"),
            ],
            index_buffer=self.context.buffer(mesh.triangles.astype(np.int32).tobytes()),
        )
        probe = pose([factors_from_code(code_from_seed(0))])[0].hair
        columns, rows, width = probe.shape
        grid = np.arange(columns * rows).reshape(columns, rows)
        a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
        quads = np.stack([a, b, c, a, c, d], -1).reshape(-1).astype(np.int32)
        self.strands = self.context.buffer(reserve=columns * rows * width * 4, dynamic=True)
        self.hair = self.context.vertex_array(
            self.programs["hair"],
            [(self.strands, "3f 3f 3f 3f", "position", "normal", "tangent", "strand")],
            index_buffer=self.context.buffer(quads.tobytes()),
        )
        corners = np.array([-1, -1, 1, -1, -1, 1, 1, 1], np.float32)
        self.background = self.context.vertex_array(
            self.programs["background"], [(self.context.buffer(corners.tobytes()), "2f", "corner")]
        )

    def _program(self, name: str):
        common = (_SHADERS / "common.glsl").read_text()
        fragment = (_SHADERS / f"{name}.frag").read_text().replace("#include common", common)
        return self.context.program((_SHADERS / f"{name}.vert").read_text(), fragment)

    def close(self) -> None:
        """Give the OpenGL context back."""
        self.context.release()

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def render(self, records: Sequence[dict[str, float]]) -> Iterator[Portrait]:
        """Draw portraits of factor records, one by one."""
        for start in range(0, len(records), BATCH):
            batch = list(records[start : start + BATCH])
            for factors, head in zip(batch, pose(batch), strict=True):
                yield self._draw(factors, head)

    def _draw(self, factors: dict[str, float], head: PosedHead) -> Portrait:
        import moderngl

        look = materials(factors) | {"frame": head.frame}
        for program in self.programs.values():
            for name in program:
                if name in look:
                    program[name].value = look[name]  # type: ignore[reportAttributeAccessIssue]
        self.frame.clear()
        self.background.render(moderngl.TRIANGLE_STRIP)
        self.moving.write(np.concatenate([head.vertices, head.normals], 1).tobytes())
        self.head.render()
        self.strands.write(head.hair.tobytes())
        self.hair.render()
        full = self.size * SUPERSAMPLE
        colour = np.frombuffer(self.frame.read(components=3, attachment=0, alignment=1), np.uint8)
        label = np.frombuffer(self.frame.read(components=1, attachment=1, alignment=1), np.uint8)
        colour = colour.reshape(full, full, 3)[::-1].reshape(self.size, 2, self.size, 2, 3)
        image = ((colour.astype(np.uint16).sum((1, 3)) + 2) // 4).astype(np.uint8)
        return Portrait(image, _majority(label.reshape(full, full)[::-1]), factors)


def _majority(label: UInt8[np.ndarray, "h2 w2"]) -> UInt8[np.ndarray, "h w"]:
    """The id that most of each 2 x 2 block has; the first one where all differ."""
    a, b, c, d = label[::2, ::2], label[::2, 1::2], label[1::2, ::2], label[1::2, 1::2]
    pair = np.where((b == c) | (b == d), b, np.where(c == d, c, a))
    return np.where((a == b) | (a == c) | (a == d), a, pair)


_thread = threading.local()


def _shared_renderer(size: int) -> Renderer:
    """One renderer a thread and size."""
    kept = getattr(_thread, "renderer", None)
    if kept is None or kept.size != size:
        if kept is not None:
            kept.close()
        kept = _thread.renderer = Renderer(size)
    return kept


def render(seed: int = 0, size: int = 128, **factors: float) -> Portrait:
    """Render the portrait of a seed at `size` px, with any factor overridden: `render(seed=4, smile=0.8, yaw=20)`.

    Deterministic for a seed on a machine. Raises UnknownFactorError, ValueError for a value out of range, NoEGLError
    without EGL.
    """
    record = override(factors_from_code(code_from_seed(seed)), factors)
    return next(iter(_shared_renderer(size).render([record])))
