"""Renderer: factor records in, portraits out; a rasteriser with a fragment shader (moderngl over EGL).

Parts are painted in rest coordinates of the head, so a brow, a nostril or a hairline follows every identity,
expression and pose. The first pass writes shaded colour, part id and depth, supersampled 2 x 2; the second takes the
mean colour and the commonest id, which is never blended, and darkens what the depth says is occluded or in shadow.
"""

import colorsys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from . import wear
from .factors import code_from_seed, factors_from_code, override
from .geometry import PosedHead, load_mesh, origin_shares, pose
from .hair import LOCKS, POINTS, hair_curl_shown, smoothstep

SUPERSAMPLE = 2
BATCH = 16
_SAMPLERS = {"locks": 0, "lock_facts": 1, "noise_map": 2, "colour": 0, "label": 1, "depth": 2}
_VERTEX = {"depth": "head", "inner": "head", "finish": "background"}  # programs with another's vertex shader
_SHADERS = Path(__file__).parent / "shaders"


class NoEGLError(RuntimeError):
    """No OpenGL context could be made."""


@dataclass(frozen=True)
class Portrait:
    """A rendered portrait with its exact part ids, the factor record that made it, and where the face's points are.

    Landmarks are (x, y) in picture pixels, x to the right and y down from the upper left corner, in the order of
    `LANDMARKS`; a point may be hidden, and may stand outside the picture.
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
    tint = np.array([1 + 0.07 * warmth, 1.0, 1 - 0.09 * warmth])
    male = factors["masculinity"]
    man = float(np.clip((male - 0.5) / 0.25, 0, 1))
    old = float(np.clip((factors["age"] + 10 * factors["wrinkle_age"] - 38) / 36, 0, 1))
    shown = float(np.clip(factors["glasses_tone"], 0, 1))
    rim_tone = _mix(((0.0, (0.07, 0.07, 0.08)), (0.5, (0.36, 0.20, 0.11)), (1.0, (0.80, 0.66, 0.40))), shown)
    make_up = _mix(
        ((0.0, (0.62, 0.50, 0.46)), (0.5, (0.55, 0.58, 0.80)), (1.0, (0.86, 0.55, 0.60))), factors["shirt_hue"]
    )
    shirt_value = factors["shirt_value"]
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
            factors["beard"] * man,
            factors["moustache"] * man,
            factors["sideburns"] * (0.35 + 0.65 * man) * (1 - factors["baldness"]),
            male,
        ),
        "skin_factors": (old, factors["smile"], factors["freckles"] * (1 - melanin), factors["blush"]),
        "line_factors": (
            float(np.clip(factors["frown_lines"] * (0.25 + 0.75 * old) + 0.5 * max(-factors["brow_raise"], 0), 0, 1)),
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
        context, full = self.context, size * SUPERSAMPLE
        self.colour, self.label = context.texture((full, full), 4), context.texture((full, full), 1)
        self.depth = context.depth_texture((full, full))
        self.depth.compare_func = ""
        for texture in (self.colour, self.label, self.depth):
            texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
            texture.repeat_x = texture.repeat_y = False
        self.frame = context.framebuffer([self.colour, self.label], self.depth)
        targets = [context.renderbuffer((size, size), 4), context.renderbuffer((size, size), 1)]
        self.finished = context.framebuffer(targets)
        self.programs = {
            name: self._program(name) for name in ("depth", "head", "inner", "hair", "wear", "background", "finish")
        }
        members = [program[name] for program in self.programs.values() for name in program]
        self.uniforms = [m for m in members if isinstance(m, moderngl.Uniform) and m.name not in _SAMPLERS]

        mesh = load_mesh()
        vertices = len(mesh.rest)
        still = np.zeros((vertices, 9), np.float32)
        still[:, :3] = mesh.rest
        still[:, 3:7] = mesh.masks[:, :4] / 255
        still[:, 7], still[:, 8] = mesh.masks[:, 4] / 255, mesh.kind / 255
        self.moving = context.buffer(reserve=vertices * 6 * 4, dynamic=True)
        content = [
            (self.moving, "3f 3f", "position", "normal"),
            (context.buffer(still.tobytes()), "3f 4f 2f", "rest", "masks", "masks2"),
        ]
        skin = (mesh.kind[mesh.triangles] == 0).all(1)

        def part(program: str, chosen: np.ndarray):
            ids = context.buffer(mesh.triangles[chosen].astype(np.int32).tobytes())
            return context.vertex_array(self.programs[program], content, index_buffer=ids, skip_errors=True)

        self.head_depth, self.head, self.inner = part("depth", skin), part("head", skin), part("inner", ~skin)
        numbers = np.random.default_rng(7).integers(0, 256, (128, 128), np.uint8)
        self.noise = context.texture((128, 128), 1, numbers.tobytes())
        self.noise.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.locks = context.texture((POINTS, LOCKS), 4, dtype="f4")
        self.lock_facts = context.texture((1, LOCKS), 4, dtype="f4")
        for texture in (self.locks, self.lock_facts):
            texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        lock, point, side = np.meshgrid(np.arange(LOCKS), np.arange(POINTS), [-1, 1], indexing="ij")
        corners = np.stack([lock, point, side], -1).astype(np.float32)
        ids = np.arange(lock.size).reshape(lock.shape)
        a, b, c, d = ids[:, :-1, 0], ids[:, 1:, 0], ids[:, 1:, 1], ids[:, :-1, 1]
        quads = np.stack([a, b, c, a, c, d], -1).astype(np.int32)
        self.hair = context.vertex_array(
            self.programs["hair"],
            [(context.buffer(corners.tobytes()), "3f", "corner")],
            index_buffer=context.buffer(quads.tobytes()),
        )
        points = wear.COLLAR_POINTS + wear.GLASSES_POINTS
        metal = (np.arange(points) >= wear.COLLAR_POINTS).astype(np.float32)
        self.worn = context.buffer(reserve=points * 7 * 4, dynamic=True)
        self.wear = context.vertex_array(
            self.programs["wear"],
            [
                (self.worn, "3f 3f 1f", "position", "normal", "place"),
                (context.buffer(metal.tobytes()), "1f", "metal"),
            ],
            index_buffer=context.buffer(wear.triangles().tobytes()),
        )
        corner = context.buffer(np.array([-1, -1, 1, -1, -1, 1, 1, 1], np.float32).tobytes())
        self.background = context.vertex_array(self.programs["background"], [(corner, "2f", "corner")])
        self.finish = context.vertex_array(self.programs["finish"], [(corner, "2f", "corner")])

    def _program(self, name: str):
        def source(kind: str) -> str:
            text = (_SHADERS / f"{_VERTEX.get(name, name) if kind == 'vert' else name}.{kind}").read_text()
            for part in ("common", "lens"):
                text = text.replace(f"#include {part}", (_SHADERS / f"{part}.glsl").read_text())
            return text

        program = self.context.program(source("vert"), source("frag"))
        for sampler, unit in _SAMPLERS.items():
            if sampler in program:
                program[sampler].value = unit  # type: ignore[reportAttributeAccessIssue]
        return program

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

        look = materials(factors) | {"frame": head.frame, "lens": head.lens, "skull_centre": head.skull_centre}
        for uniform in self.uniforms:
            uniform.value = look[uniform.name]
        self.frame.use()
        self.context.enable(moderngl.DEPTH_TEST)
        self.context.depth_func = "<="
        self.frame.clear()
        self.moving.write(head.vertices.tobytes())
        self.worn.write(head.wear.tobytes())
        self.locks.write(head.locks.tobytes())
        self.lock_facts.write(head.lock_facts.tobytes())
        for unit, texture in enumerate((self.locks, self.lock_facts, self.noise)):
            texture.use(unit)
        # nearest first, as far as depth alone can tell: what is hidden is not shaded
        self.head_depth.render()
        self.wear.render()
        self.inner.render()
        self.hair.render()
        self.head.render()
        self.background.render(moderngl.TRIANGLE_STRIP)
        self.finished.use()
        self.context.disable(moderngl.DEPTH_TEST)
        for unit, texture in enumerate((self.colour, self.label, self.depth)):
            texture.use(unit)
        self.finish.render(moderngl.TRIANGLE_STRIP)
        size = self.size
        image = np.frombuffer(self.finished.read(components=3, attachment=0, alignment=1), np.uint8)
        label = np.frombuffer(self.finished.read(components=1, attachment=1, alignment=1), np.uint8)
        image, label = image.reshape(size, size, 3)[::-1].copy(), label.reshape(size, size)[::-1].copy()
        return Portrait(image, label, factors, head.landmarks * np.float32(size))


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
