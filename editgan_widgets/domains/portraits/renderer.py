"""Rendering: factor records in, portraits out, with OpenGL over EGL (moderngl), or in software if EGL is missing.

`Renderer` runs the shaders on a GPU or on Mesa's llvmpipe; `software.SoftwareRenderer` runs the same shaders on numpy
arrays, much slower. `scene` defines what is drawn.
"""

import threading
import warnings
from functools import cache
from typing import Literal

import numpy as np

from .factors import code_from_seed, factors_from_code, override
from .geometry import PosedHead
from .hair import LOCKS, POINTS
from .scene import MOVING, PASSES, SUPERSAMPLE, BaseRenderer, Portrait, meshes, noise_map, shader_source
from .software import SoftwareRenderer

Backend = Literal["egl", "software"]
BACKENDS: tuple[Backend, ...] = ("egl", "software")
_INSTALL = "install a driver, on Debian `apt-get install libegl1 libgl1-mesa-dri`"
_SAMPLERS = {"locks": 0, "lock_facts": 1, "noise_map": 2, "colour": 0, "label": 1, "depth": 2, "shade": 3}


class NoEGLError(RuntimeError):
    """No OpenGL context could be created."""


def egl_context():
    """Create an OpenGL context without a window. Raises NoEGLError."""
    try:
        import moderngl

        return moderngl.create_standalone_context(backend="egl", require=330)  # type: ignore[reportArgumentType]
    except Exception as error:  # moderngl raises bare Exception if the library or a device is missing
        raise NoEGLError(
            f"no OpenGL context over EGL ({error}); {_INSTALL}, or use the slower backend 'software', which needs none"
        ) from error


class Renderer(BaseRenderer):
    """Draws portraits of one size. It owns an OpenGL context, so use it only in the thread that created it.

    Raises NoEGLError if no context can be created.
    """

    def __init__(self, size: int):
        super().__init__(size)
        self.context = context = egl_context()
        import moderngl

        full = size * SUPERSAMPLE
        self.colour, self.label = context.texture((full, full), 4), context.texture((full, full), 1)
        self.depth = context.depth_texture((full, full))
        self.depth.compare_func = ""
        self.noise = context.texture((128, 128), 1, noise_map().tobytes())
        self.noise.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.locks = context.texture((POINTS, LOCKS), 4, dtype="f4")
        self.lock_facts = context.texture((1, LOCKS), 4, dtype="f4")
        for texture in (self.colour, self.label, self.depth, self.locks, self.lock_facts):
            texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
            texture.repeat_x = texture.repeat_y = False
        self.shade = context.texture((size, size), 4)
        self.shade.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self.frame = context.framebuffer([self.colour, self.label], self.depth)
        self.shaded = context.framebuffer([self.shade])
        self.finished = context.framebuffer(
            [context.renderbuffer((size, size), 4), context.renderbuffer((size, size), 1)]
        )
        self.moving = {
            mesh.moving: context.buffer(reserve=mesh.points * sum(MOVING[mesh.moving].values()) * 4, dynamic=True)
            for mesh in meshes().values()
            if mesh.moving
        }
        self.passes = [self._pass(program, mesh) for program, mesh in PASSES]
        self.shading, self.finish = self._pass("shade", "screen"), self._pass("finish", "screen")
        programs = [drawn.program for drawn in (*self.passes, self.shading, self.finish)]
        members = [program[name] for program in programs for name in program]
        self.uniforms = [m for m in members if isinstance(m, moderngl.Uniform) and m.name not in _SAMPLERS]

    def _pass(self, name: str, mesh_name: str):
        program = self.context.program(shader_source(name, "vert"), shader_source(name, "frag"))
        for sampler, unit in _SAMPLERS.items():
            if sampler in program:
                program[sampler].value = unit  # type: ignore[reportAttributeAccessIssue]
        mesh = meshes()[mesh_name]
        layout = {name: values.shape[1] for name, values in mesh.still.items()}
        rows = np.concatenate(list(mesh.still.values()), 1)
        content = [(self.context.buffer(rows.tobytes()), " ".join(f"{n}f" for n in layout.values()), *layout)]
        if mesh.moving:
            layout = MOVING[mesh.moving]
            content.append((self.moving[mesh.moving], " ".join(f"{n}f" for n in layout.values()), *layout))
        corners = self.context.buffer(mesh.triangles.tobytes())
        return self.context.vertex_array(program, content, index_buffer=corners, skip_errors=True)

    def close(self) -> None:
        """Release the OpenGL context."""
        self.context.release()

    def _draw(self, head: PosedHead, uniforms: dict[str, tuple[float, ...] | float]) -> tuple[np.ndarray, np.ndarray]:
        import moderngl

        for uniform in self.uniforms:
            uniform.value = uniforms[uniform.name]
        self.frame.use()
        self.context.enable(moderngl.DEPTH_TEST)
        self.context.depth_func = "<="
        self.frame.clear()
        for name, buffer in self.moving.items():
            buffer.write(getattr(head, name).tobytes())
        self.locks.write(head.locks.tobytes())
        self.lock_facts.write(head.lock_facts.tobytes())
        for unit, texture in enumerate((self.locks, self.lock_facts, self.noise)):
            texture.use(unit)
        for drawn in self.passes:
            drawn.render()
        self.context.disable(moderngl.DEPTH_TEST)
        for unit, texture in enumerate((self.colour, self.label, self.depth, self.shade)):
            texture.use(unit)
        self.shaded.use()
        self.shading.render()
        self.finished.use()
        self.finish.render()
        size = self.size
        image = np.frombuffer(self.finished.read(components=3, attachment=0, alignment=1), np.uint8)
        label = np.frombuffer(self.finished.read(components=1, attachment=1, alignment=1), np.uint8)
        return image.reshape(size, size, 3)[::-1].copy(), label.reshape(size, size)[::-1].copy()


@cache
def available_backend() -> Backend:
    """The backend to use, determined once per process: EGL if available, else software, with a warning."""
    try:
        egl_context().release()
    except NoEGLError as error:
        why = f"no OpenGL context over EGL ({error.__cause__})"
        warnings.warn(f"portraits are rendered in software, about ten times slower: {why}; {_INSTALL}", stacklevel=3)
        return "software"
    return "egl"


def make_renderer(size: int, backend: Backend | None = None) -> BaseRenderer:
    """Create a renderer for portraits of `size` px; backend None means EGL if available, else software with a warning.

    Raises ValueError for an unsupported size or backend, NoEGLError if EGL is requested and missing.
    """
    if backend not in (None, *BACKENDS):
        raise ValueError(f"backend must be 'egl', 'software', or None for EGL if available; got {backend!r}")
    return Renderer(size) if (backend or available_backend()) == "egl" else SoftwareRenderer(size)


_thread = threading.local()


def _shared_renderer(size: int, backend: Backend | None) -> BaseRenderer:
    """One renderer per thread, size and backend."""
    kept = getattr(_thread, "renderer", None)
    if kept is None or _thread.made_for != (size, backend):
        if kept is not None:
            kept.close()
        _thread.renderer = None
        kept, _thread.made_for = make_renderer(size, backend), (size, backend)
        _thread.renderer = kept
    return kept


def render(seed: int = 0, size: int = 128, backend: Backend | None = None, **factors: float) -> Portrait:
    """Render the portrait of a seed at `size` px, with any factor overridden: `render(seed=4, smile=0.8, yaw=20)`.

    Deterministic for a seed on one machine. `backend` is "egl", "software", or None: EGL if available, else software
    with a warning. Raises UnknownFactorError, ValueError for a value out of range, NoEGLError if EGL is requested and
    missing.
    """
    record = override(factors_from_code(code_from_seed(seed)), factors)
    return next(iter(_shared_renderer(size, backend).render([record])))
