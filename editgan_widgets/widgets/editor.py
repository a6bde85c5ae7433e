"""Editor: canvas, tools, session and worker put together; paint on a part and the picture follows.

What the browser or Python asks for is an action in a queue. The worker thread takes them out in order, paints, goes
back or forward in the history, and then runs the edit; nothing else touches the session. So callbacks return at once on
whichever thread the Jupyter kernel runs them, and a new action makes a running edit end within one step, keeping its
best.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from editgan_widgets import images
from editgan_widgets.editing.edit_vector import EditVector, EditVectorError
from editgan_widgets.editing.fills import fill, lasso
from editgan_widgets.editing.library import load_vectors
from editgan_widgets.editing.part_operations import Operation
from editgan_widgets.editing.photo_session import PhotoSession
from editgan_widgets.editing.saved_picture import SavedPictureError, open_picture, picture_png, save_picture
from editgan_widgets.editing.session import EditSession, SessionError
from editgan_widgets.editing.strokes import Stroke, check_stroke, covered, rasterise
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.streaming import CancelToken, FramePacer, Worker
from editgan_widgets.widgets import encoding
from editgan_widgets.widgets.editor_view import SHAPES, EditorView
from editgan_widgets.widgets.part_canvas import PartCanvas
from editgan_widgets.widgets.part_tools import part_tool

MOST_SCALE = 4.0  # of a vector, either way
_LARGEST_STROKE = 100_000  # points
_LARGEST_FILE = 64_000_000  # bytes of a picture from the browser
_FPS = 6.0  # of the stream; on two cores without a GPU every shown frame takes from the edit beside it
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Action:
    """One thing to do before the next edit; `run` is the number of steps to edit afterwards, 0 for none."""

    kind: str  # paint, erase, operate, undo, redo, refresh, vectors, preview, keep, save, open, none
    stroke: Stroke | None = None
    operation: Operation | None = None  # on the label map
    id: str = ""  # the browser's name for the stroke
    run: int = 0
    scales: Mapping[str, float] = field(default_factory=dict)  # of vectors, those that are to change
    name: str = ""  # under which to keep a vector
    locked: tuple[int, ...] = ()  # parts that may not be painted over
    picture: str | Path | bytes = b""  # to open


@dataclass(eq=False)
class _Gesture:
    """What one undo takes back: how many entries of the session's history an action and its edit made."""

    entries: int = 0
    scales: Mapping[str, float] = field(default_factory=dict)  # of the vectors before it; after it, once it is undone
    vectors: frozenset[str] = frozenset()  # whose sliders made it


_PAINTED = "Painted. Press Edit and the picture follows."
_DONE_WORDS = {"paint": _PAINTED, "operate": _PAINTED, "erase": "Brought back.", "refresh": ""}


class Editor:
    """A portrait and its parts, to paint on. Shows itself as the last line of a notebook cell.

    Args:
        session_or_model: an `EditSession`, or an `EditGAN` model to begin a session with.
        seed: with a model, the portrait's seed (default 0).
        truncation_psi: with a model, 0 is the mean face, 1 the full variety.
        auto: edit as soon as a stroke ends.
        steps: optimisation steps of an edit.
        part: name or id of the part that the brush begins with; the first one if None.
        locked: names or ids of parts that nothing paints over, until they are unlocked.
        vectors: edit vectors by name, each with a slider; None takes the library that ships with the model.

    Everything that the tools do has a method here, for scripts: `paint`, `erase`, `operate`, `run`, `stop`, `undo`,
    `redo`, `lock`, `apply_vectors`, `add_vector`, `keep_vector`, `open`, `save`. All but `save` return at once;
    `wait()` blocks until all is done and raises what went wrong. Raises TypeError for anything but a session or a
    model, UnknownLabelError for an unknown part, EditVectorError for vectors of another model.
    """

    def __init__(
        self,
        session_or_model: Any,
        *,
        seed: int | None = None,
        truncation_psi: float = 0.7,
        auto: bool = True,
        steps: int = 30,
        part: str | int | None = None,
        vectors: Mapping[str, EditVector] | None = None,
        locked: Iterable[str | int] = (),
    ) -> None:
        self.session: EditSession = _session_of(session_or_model, seed, truncation_psi)
        self.labels = self.session.model.labels
        self._original = self.session.label_map.copy()
        self._image = self.session.image
        self._lock = threading.RLock()
        self._inbox: deque[_Action] = deque()
        self._done: list[_Gesture] = []
        self._undone: list[_Gesture] = []
        self._failure: Exception | None = None
        self._total = self._last_step = 0
        self._previews_only = False
        self._numbers: dict[str, Any] = {}
        self._best: Any = None  # the step that the session will keep
        self._word = ""
        self.vectors = _library_of(self.session.model) if vectors is None else dict(vectors)
        for vector in self.vectors.values():
            vector.check(self.session.model)
        self._scales: dict[str, float] = {}
        self.photo: PhotoSession | None = None  # of the picture that was opened, where it is no saved portrait
        self._worker = Worker("editgan-editor")
        self.canvas = PartCanvas(self._image, self._original, self.labels)
        first = next((label.id for label in self.labels if label.id), 0) if part is None else self.labels[part].id
        self.view = EditorView(
            self.canvas,
            label=first,
            auto=auto,
            steps=steps,
            size=max(3, self._image.shape[1] // 20),
            locked=sorted({self.labels[name].id for name in locked}),
        )
        self._pacer = FramePacer(self._send_frame, fps=_FPS)
        self.view.publish(
            before=encoding.still(self._image),
            original=encoding.packed(self._original),
            status="Choose a part, paint on either picture, and the portrait follows.",
            vectors=self._shown_vectors(),
        )
        self._publish()
        self.view.on_msg(self._on_message)

    def __repr__(self) -> str:
        height, width = self._image.shape[:2]
        return f"Editor({width} x {height} px, {len(self.labels)} parts, {'running' if self.running else 'idle'})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        data, metadata = self.view._repr_mimebundle_(**kwargs) or ({}, {})
        mask = self.labels.colorize(self.canvas.label_map)
        return {**data, "image/png": encoding.png(np.concatenate([self.image, mask], axis=1))}, metadata

    @property
    def image(self) -> np.ndarray:
        """The picture, uint8 `[H, W, 3]`; during an edit its newest step."""
        return self._image

    @property
    def label_map(self) -> np.ndarray:
        """The painted parts, uint8 `[H, W]`."""
        return self.canvas.label_map

    @property
    def running(self) -> bool:
        """Whether something is being done or waits."""
        with self._lock:
            return bool(self._inbox) or self._worker.busy

    @property
    def error(self) -> str:
        """The message in the error box; empty where there is none."""
        return self.view.error

    def lock(self, *parts: str | int) -> None:
        """Let nothing paint over these parts; without any, unlock all. Raises UnknownLabelError."""
        self.view.locked = sorted({self.labels[part].id for part in parts})

    def paint(self, stroke: Stroke, run: bool | None = None) -> None:
        """Paint a stroke; `run` says whether an edit follows, None does as the editor's switch says.

        Raises UnknownLabelError or StrokeError at once; a running edit then goes on.
        """
        self._check(stroke)
        self.labels[stroke.label]
        self._act(_Action("paint", stroke, **self._as_the_view_says(run)))

    def erase(self, stroke: Stroke, run: bool | None = None) -> None:
        """Bring the original parts back under a stroke (its label does not matter). Raises StrokeError as `paint`."""
        self._check(stroke)
        self._act(_Action("erase", stroke, **self._as_the_view_says(run)))

    def operate(self, operation: Operation, run: bool | None = None) -> None:
        """Change the mask by a part operation, a fill or a lasso (editing/part_operations.py, editing/fills.py).

        `run` as of `paint`. What the operation raises is shown, and raised by `wait`; the mask then stays.
        """
        if not callable(operation):
            raise TypeError(
                f"an operation takes a label map and its LabelSet, such as grow('hair', 2); got {operation!r}"
            )
        self._act(_Action("operate", operation=operation, **self._as_the_view_says(run)))

    def run(self, steps: int | None = None, blocking: bool = False) -> None:
        """Edit the picture towards the painted mask; with `blocking` return when it is done (see `wait`)."""
        self._act(_Action("none", run=self.view.steps if steps is None else _checked_steps(steps)))
        if blocking:
            self.wait()

    def stop(self) -> None:
        """End a running edit within one step and keep its best picture."""
        if self.running:
            self._act(_Action("none"))

    def undo(self) -> None:
        """Take the last stroke and its edit back: picture, mask and latent. Ends a running edit first."""
        self._act(_Action("undo"))

    def redo(self) -> None:
        """Do again what `undo` took back."""
        self._act(_Action("redo"))

    @property
    def vector_scales(self) -> dict[str, float]:
        """Scales of the vectors that are in the picture; the others are at 0."""
        return {name: scale for name, scale in self._scales.items() if scale}

    def apply_vectors(self, scales: Mapping[str, float]) -> None:
        """Set vectors to scales, -4 to 4, as their sliders do from -2 to 2; those not named stay.

        What was painted and not edited is given up. One undo takes back all moves of the same sliders in a row. Raises
        ValueError at once for a vector that is not there or a scale out of range.
        """
        self._act(_Action("vectors", scales=self._checked_scales(scales)))

    def add_vector(self, vector: EditVector) -> None:
        """Give a vector a slider, which stands at 0. Raises ValueError for a name that is taken, or EditVectorError."""
        self._check_free(vector.name)
        vector.check(self.session.model)
        self.vectors = {**self.vectors, vector.name: vector}  # the worker may be reading the old one
        self.view.publish(vectors=self._shown_vectors())

    def keep_vector(self, name: str) -> None:
        """Keep all that was edited as a vector of that name, with a slider that stands at 1; the others go to 0.

        Raises ValueError at once for an empty name or one that is taken.
        """
        if not name.strip() or len(name) > 60:
            raise ValueError(f"a vector's name has 1 to 60 characters; got {name!r}")
        self._check_free(name.strip())
        self._act(_Action("keep", name=name.strip()))

    def open(self, picture: str | Path | bytes) -> None:
        """Embed a photo, drawing or painting and edit it from here on; a portrait that `save` wrote opens as it was.

        The editor's history begins anew, and `photo.pasted()` gives the whole picture with the edits. `stop` ends the
        embedding with the best so far. What is no picture is shown as an error, and raised by `wait`.
        """
        self._act(_Action("open", picture=picture))

    def save(self, path: str | Path) -> None:
        """Write the picture as a PNG that holds its recipe (editing/saved_picture.py); what runs is waited for.

        Raises ValueError for an ending other than .png, and the error of what ran.
        """
        self.wait()
        save_picture(self.session, path)

    def refresh(self) -> None:
        """Show what the session holds, after it was changed in another way than through this editor.

        The sliders begin at 0 again, and `undo` goes by the session's own history.
        """
        self._act(_Action("refresh"))

    def dismiss(self) -> None:
        """Close the error box."""
        self._failure = None
        self.view.publish(error="")

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing runs or waits, at most `timeout` seconds; False if time ran out.

        Raises the error of the last action, if there was one. While a cell waits here, some Jupyter kernels do not hear
        the Stop button.
        """
        finished = self._worker.wait(timeout)
        if finished and self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        return finished

    def edit_vector(self, name: str) -> EditVector:
        """All that was edited so far as a vector that other portraits can take."""
        with self.session.lock:
            return self.session.edit_vector(name)

    def close(self) -> None:
        """End the worker and remove the widget."""
        self._worker.close()
        self.view.close()
        self.canvas.close()

    def _as_the_view_says(self, run: bool | None) -> dict[str, Any]:
        """Steps and locks of something painted from Python."""
        edits = self.view.auto if run is None else run
        return {"run": self.view.steps if edits else 0, "locked": tuple(self.view.locked)}

    def _check_free(self, name: str) -> None:
        if name in self.vectors:
            raise ValueError(f"there is a vector {name!r} already; choose another name")

    def _check(self, stroke: Stroke) -> None:
        check_stroke(stroke)
        covered(stroke, (self._image.shape[0], self._image.shape[1]))

    # ---- callbacks: validate, put into the queue, return

    def _on_message(self, _view: Any, content: Any, buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        try:
            if kind == "ack":
                self._pacer.ack(int(content["seq"]))
            elif kind == "stroke":
                self._on_stroke(content, buffers)
            elif kind == "run":
                self.run(_checked_steps(content.get("steps")))
            elif kind in ("fill", "lasso", "operate"):
                self._on_operation(kind, content, buffers)
            elif kind == "vectors":
                self._on_scales(self._checked_scales(content.get("scales")), content.get("live") is True)
            elif kind == "save":
                self._act(_Action("save"))
            elif kind == "open":
                self.open(_file(buffers))
            elif kind == "keep":
                self.keep_vector(str(content.get("name", "")))
            elif kind in ("stop", "undo", "redo", "dismiss"):
                getattr(self, kind)()
            else:
                raise ValueError(f"message {kind!r} from the browser is unknown; reload the page")
        except Exception as error:  # an error in a callback would be swallowed by ipywidgets
            self._fail(error, content.get("id") if isinstance(content, dict) else None)

    def _checked_scales(self, scales: Any) -> dict[str, float]:
        if not isinstance(scales, Mapping):
            raise ValueError(f"scales are a mapping of vectors' names to numbers; got {scales!r}")
        for name, scale in scales.items():
            if name not in self.vectors:
                known = ", ".join(sorted(self.vectors)) or "none"
                raise ValueError(f"there is no vector {name!r}; there are: {known}")
            number = isinstance(scale, (int, float, np.number)) and not isinstance(scale, bool)
            if not number or not abs(scale) <= MOST_SCALE:
                raise ValueError(f"a vector's scale is a number from {-MOST_SCALE} to {MOST_SCALE}; got {scale!r}")
        return {str(name): float(scale) for name, scale in scales.items()}

    def _on_scales(self, scales: Mapping[str, float], live: bool) -> None:
        """A slider moves (live) or was let go. Neither a preview nor a slider back at its place ends a running edit."""
        if not live and self._changes(scales):
            self._act(_Action("vectors", scales=scales))
            return
        with self._lock:
            if not self.view.running:
                self._act(_Action("preview", scales=scales))

    def _on_operation(self, kind: str, content: dict, buffers: Any) -> None:
        label = self.labels[content.get("label", "")].id
        if kind == "fill":
            operation = fill(float(content.get("x", "nan")), float(content.get("y", "nan")), label)
        elif kind == "lasso":
            operation = lasso(_points(buffers), label)
        else:
            operation = part_tool(str(content.get("name")), label, self._image.shape[0])
        self._act(
            _Action("operate", operation=operation, run=self._steps_asked(content), locked=self._locked_in(content))
        )

    def _locked_in(self, content: dict) -> tuple[int, ...]:
        """Parts that were locked when the browser painted, which its echo went by."""
        locked = content.get("locked", [])
        if not isinstance(locked, list):
            raise ValueError(f"locked is a list of parts' ids; got {locked!r}")
        return tuple(self.labels[part].id for part in locked)

    def _steps_asked(self, content: dict) -> int:
        """How many steps are to follow what was painted; none where the editor waits for its Edit button."""
        auto = content.get("auto", True) or self.view.running
        return _checked_steps(content.get("steps", self.view.steps)) if auto else 0

    def _on_stroke(self, content: dict, buffers: Any) -> None:
        shape = content.get("shape", "round")
        if shape not in SHAPES:
            raise ValueError(f"brush shape {shape!r} is unknown; use one of {', '.join(SHAPES)}")
        tool = content.get("tool")
        if tool not in ("brush", "eraser"):
            raise ValueError(f"tool {tool!r} does not paint; use 'brush' or 'eraser'")
        label = self.labels[content.get("label", "")].id
        stroke = Stroke(points=_points(buffers), radius=float(content.get("radius", "nan")), label=label, shape=shape)
        kind, name = "paint" if tool == "brush" else "erase", str(content.get("id", ""))
        steps = self._steps_asked(content)
        self._act(_Action(kind, stroke, id=name, run=steps, locked=self._locked_in(content)))

    def _act(self, action: _Action) -> None:
        with self._lock:
            if self._failure is not None or self.view.error:
                self.dismiss()
            self._inbox.append(action)
            self._worker.submit(self._job, self._on_step, self._on_done, self._on_failure)
            if action.run or action.kind == "open":
                self.view.publish(running=True)

    # ---- the worker thread

    def _job(self, token: CancelToken) -> Iterator[Any]:
        steps, gesture = 0, _Gesture(scales=dict(self._scales))
        self._previews_only = True
        while (action := self._next(token)) is not None:
            self._previews_only &= action.kind == "preview"
            if action.kind == "preview":
                self._preview(action.scales, token)
            elif action.kind == "open":
                gesture, steps = self._opened(action.picture, token), 0
            else:
                gesture, steps = self._applied(action, gesture, steps)
        if steps and not token.cancelled:
            yield from self._edit(steps, gesture, token.stamp)

    def _applied(self, action: _Action, gesture: _Gesture, steps: int) -> tuple[_Gesture, int]:
        """Gesture and steps after one more action; an action that fails is shown and the others still count."""
        try:
            with _torch_threads(), self.session.lock:
                gesture = self._apply(action) or gesture
                idle = action.kind in ("paint", "erase", "operate") and self.session.region is None
                return gesture, 0 if idle else action.run
        except Exception as error:
            self._fail(error, action.id)
            return gesture, steps

    def _next(self, token: CancelToken) -> _Action | None:
        """The next action; what came after this job was cancelled belongs to the job that replaced it.

        Of previews that wait one after the other only the last is of interest.
        """
        with self._lock:
            while len(self._inbox) > 1 and self._inbox[0].kind == self._inbox[1].kind == "preview":
                self._inbox.popleft()
            return self._inbox.popleft() if self._inbox and not token.cancelled else None

    def _preview(self, scales: Mapping[str, float], token: CancelToken) -> None:
        """Show the picture at other scales; the session stays as it is."""
        model = self.session.model
        with _torch_threads(), self.session.lock, torch.no_grad():
            w_plus = self.session.w_plus
            for name, change in self._changes(scales):
                w_plus = self.vectors[name].apply(w_plus, change, model)
            image = images.to_uint8(model.generator.synthesis(w_plus, noise_mode="const").image)[0]
        self._pacer.begin(token.stamp)
        self._pacer.finish(token.stamp, (image, {"preview": True}))

    def _opened(self, picture: str | Path | bytes, token: CancelToken) -> _Gesture:
        """Go over to another picture; one that cannot be opened is shown as an error, and the old one stays."""
        model = self.session.model
        self.view.publish(status="Looking for the face …", progress={})
        self._pacer.begin(token.stamp)

        def show(step: Any) -> None:
            self._pacer.offer(token.stamp, (step.image[0], {"preview": True}))
            self.view.publish(status=f"Embedding, step {step.index} of {step.total} …")

        try:
            with _torch_threads():
                try:
                    self.photo, session = None, open_picture(model, picture, self.session.config)
                except SavedPictureError:  # any other picture
                    photo = PhotoSession.open(model, picture, on_step=show, should_stop=token.is_set)
                    self.photo, session = photo, photo.session
        except Exception as error:
            self._fail(error)
            return _Gesture(scales=dict(self._scales))
        self.session, self._original = session, session.label_map.copy()
        self._scales, self._done, self._undone, self._numbers = {}, [], [], {}
        kind = "Opened." if self.photo is None else f"Embedded: PSNR {float(self.photo.embedding.psnr[0]):.1f} dB."
        self._word = f"{kind} Paint, or move a slider."
        self._publish(
            before=encoding.still(session.original_image),
            original=encoding.packed(self._original),
            vectors=self._shown_vectors(),
        )
        return _Gesture()

    def _changes(self, scales: Mapping[str, float]) -> list[tuple[str, float]]:
        """How much is to be added of each vector."""
        changes = [(name, scale - self._scales.get(name, 0.0)) for name, scale in scales.items()]
        return [(name, change) for name, change in changes if abs(change) > 1e-9]

    def _edit(self, steps: int, gesture: _Gesture, stamp: int) -> Iterator[Any]:
        if not self.session.can_edit:
            raise SessionError("nothing to edit: paint a stroke first, on either picture")
        self._total, self._last_step, self._numbers, self._best = steps, 0, {}, None
        self._pacer.begin(stamp)
        start = {"step": 0, "total": steps}
        self._publish(picture=False, running=True, job=stamp, progress=start, status=f"Editing, {steps} steps …")
        before = self.session.w_plus.clone()
        edit: Any = iter(self.session.edit(steps=steps))
        try:
            while True:
                with _torch_threads(), self.session.lock:
                    step = next(edit, None)
                if step is None:
                    break
                yield step
        finally:
            with _torch_threads(), self.session.lock:
                edit.close()  # commits the best step so far
                if not torch.equal(before, self.session.w_plus):
                    if gesture not in self._done:
                        self._done.append(gesture)
                    gesture.entries += 1
                    self._undone.clear()
                else:
                    self._best = None

    def _apply(self, action: _Action) -> _Gesture | None:
        """Do one action to the session; the caller holds its lock."""
        self._word = _DONE_WORDS.get(action.kind, self._word)
        if action.kind in ("undo", "redo"):
            self._numbers = {}
            self._travel(action.kind)
            return _Gesture(scales=dict(self._scales))
        if action.kind == "vectors":
            return self._apply_scales(action.scales)
        if action.kind == "keep":
            self._keep(action.name)
            return _Gesture(scales=dict(self._scales))
        if action.kind == "refresh":
            self._scales, self._done, self._undone = {}, [], []
            self.view.publish(vectors=self._shown_vectors())
            return _Gesture()
        if action.kind == "save":
            if self.photo is None:
                self.view.send({"kind": "download", "name": "portrait.png"}, buffers=[picture_png(self.session)])
                self._word = "Saved as portrait.png, with its recipe: open it here to go on."
            else:
                self.view.send({"kind": "download", "name": "edited.png"}, buffers=[encoding.png(self.photo.pasted())])
                self._word = "Saved as edited.png: the whole picture at its own size, with the edits."
        if action.operation is None and action.stroke is None:
            return None
        before = self.session.label_map
        self.session.set_label_map(self._painted(action))
        gesture = _Gesture(scales=dict(self._scales))
        if np.array_equal(before, self.session.label_map):
            self._word = "The parts are as before: what was painted is already there."
            if action.locked:
                self._word = "The parts are as before: what was painted is already there, or locked."
            if action.kind == "operate":
                self._word = "The parts are as before: the part is not in the picture, or too small for this."
            elif self.session.can_edit:
                self._word += " Press Edit and the picture goes on towards it."
        else:
            gesture.entries = 1
            self._done.append(gesture)
            self._undone.clear()
        self._publish(picture=False, **({"applied": action.id} if action.id else {}))
        return gesture

    def _apply_scales(self, scales: Mapping[str, float]) -> _Gesture:
        gesture = _Gesture(scales=dict(self._scales))
        self._numbers = {}
        changes = self._changes(scales)
        if changes:
            given_up = self.session.region is not None
            self.session.apply_vector(self._sum_of(changes))
            gesture.entries, gesture.vectors = 1, frozenset(name for name, _ in changes)
            last = self._done[-1] if self._done else None
            if last is not None and last.vectors == gesture.vectors and not self._undone:
                last.entries += 1  # the same slider moved on
            else:
                self._done.append(gesture)
            self._undone.clear()
            self._scales = {**self._scales, **scales}
            shown = ", ".join(f"{name} {scale:+g}" for name, scale in self.vector_scales.items())
            self._word = f"Vectors in the picture: {shown}." if shown else "No vector is in the picture."
            if given_up:
                self._word += " What was painted and not edited is given up; Undo brings it back."
        self._publish(vectors=self._shown_vectors())
        return _Gesture(scales=dict(self._scales))

    def _sum_of(self, changes: list[tuple[str, float]]) -> EditVector:
        """One vector for several, so that they make one history entry."""
        vectors = [self.vectors[name] for name, _ in changes]
        delta = sum(vector.delta_w_plus * change for vector, (_, change) in zip(vectors, changes, strict=True))
        labels = tuple(dict.fromkeys(label for vector in vectors for label in vector.labels))
        # A vector without parts acts wherever the picture changes; beside others it makes the sum such a vector.
        labels = labels if all(vector.labels for vector in vectors) else ()
        assert isinstance(delta, torch.Tensor)
        return EditVector("sliders", delta, labels, {"fingerprint": self.session.model.base_fingerprint})

    def _keep(self, name: str) -> None:
        """All edits so far become a vector, which is in the picture at 1."""
        self._check_free(name)  # another of that name may have come before this one's turn
        self.vectors = {**self.vectors, name: self.session.edit_vector(name, preview=True)}
        self._scales = {name: 1.0}
        self._word = f"Kept as {name!r}. Its slider stands at 1; editor.vectors[{name!r}].save(FILE) writes it."
        self._publish(picture=False, vectors=self._shown_vectors())

    def _shown_vectors(self) -> list[dict[str, Any]]:
        return [{"name": name, "scale": self._scales.get(name, 0.0)} for name in self.vectors]

    def _travel(self, way: str) -> None:
        """Undo or redo one gesture: all entries of the session's history that it made."""
        # Without a gesture of this editor's (a session that was edited before), one entry.
        source, target = (self._done, self._undone) if way == "undo" else (self._undone, self._done)
        gesture = source.pop() if source else _Gesture(1, dict(self._scales))
        taken = _Gesture(scales=dict(self._scales))
        while taken.entries < gesture.entries and getattr(self.session, f"can_{way}"):
            getattr(self.session, way)()
            taken.entries += 1
        if taken.entries:
            target.append(taken)
            if dict(gesture.scales) != self._scales:
                self._scales = dict(gesture.scales)
                self.view.publish(vectors=self._shown_vectors())
        self._word = {"undo": "Undone.", "redo": "Redone."}[way] if taken.entries else f"Nothing to {way}."

    def _painted(self, action: _Action) -> np.ndarray:
        """The mask after a stroke or an operation, locked parts as they were."""
        before = self.session.label_map
        if action.operation is not None:
            painted = action.operation(before, self.labels)
        else:
            assert action.stroke is not None
            painted = (
                self._erased(action.stroke) if action.kind == "erase" else rasterise(action.stroke, before, self.labels)
            )
        return np.where(np.isin(before, action.locked), before, painted) if action.locked else painted

    def _erased(self, stroke: Stroke) -> np.ndarray:
        label_map = self.session.label_map.copy()
        mask = covered(stroke, (label_map.shape[0], label_map.shape[1]))
        label_map[mask] = self._original[mask]
        return label_map

    def _on_step(self, stamp: int, step: Any) -> None:
        losses = {name: float(getattr(step.losses, name)) for name in ("segmentation", "rgb", "perceptual", "prior")}
        self._image = step.image
        self._last_step = step.index
        if self._best is None or step.score > self._best.score:
            self._best = step
        self._numbers = {
            "step": step.index,
            "total": step.total,
            "losses": losses,
            "iou": float(step.iou),
            "eta": (step.total - step.index) * step.seconds / step.index,
        }
        self._pacer.offer(stamp, (step.image, self._numbers))

    def _send_frame(self, seq: int, stamp: int, frame: tuple[np.ndarray, dict]) -> None:
        self.view.send_frame(seq, stamp, *frame)

    def _on_done(self, stamp: int, cancelled: bool) -> None:
        if self._previews_only and not self._total:
            with self._lock:
                if not self._inbox and self.view.running:
                    self.view.publish(running=False, status=self._word)
            return
        if self._total:
            self._word = (
                f"Stopped at step {self._last_step} of {self._total}; the best picture is kept."
                if cancelled
                else f"Done in {self._last_step} steps."
            )
            if self._best is None and self._last_step:
                self._word += " No step came nearer to the painted parts: the picture is as before."
            elif self._best is not None:
                self._word += f" Agreement with the painted parts: {float(self._best.iou):.0%}."
        self._pacer.finish(stamp)
        self._end()

    def _on_failure(self, _stamp: int, error: Exception) -> None:
        self._word = ""
        self._fail(error)
        self._end()

    def _end(self) -> None:
        self._total = 0
        self._publish(progress=self._numbers)
        with self._lock:
            if not self._inbox:
                self.view.publish(running=False, status=self._word)

    def _fail(self, error: Exception, stroke_id: str | None = None) -> None:
        self._failure = error
        if stroke_id:
            self.view.send({"kind": "reject", "id": stroke_id})
        text, kind = str(error), type(error).__name__
        if not isinstance(error, (ValueError, TypeError)):  # not one that was written for the user: keep where it was
            _log.error("the editor's %s", kind, exc_info=error)
            text = f"{kind}: {text}" if text else kind
        self.view.publish(error=text or kind)

    def _publish(self, picture: bool = True, **state: Any) -> None:
        """Bring canvas and view to what the session holds; `picture=False` leaves the picture as it is."""
        session = self.session
        with session.lock:
            label_map, region = session.label_map.copy(), session.region
            state.update(can_edit=session.can_edit, can_undo=session.can_undo, can_redo=session.can_redo)
            if picture:
                self._image = session.image
                state["image"] = encoding.still(self._image)
        self.canvas.store(self._image, label_map)
        state["mask"] = encoding.packed(label_map)
        state["region"] = b"" if region is None else encoding.packed(region)
        self.view.publish(**state)


def _points(buffers: Any) -> list[tuple[float, float]]:
    """Points that came as float32 x0, y0, x1, y1 …"""
    points = np.frombuffer(buffers[0], np.float32) if buffers else np.zeros(0, np.float32)
    if points.size % 2 or points.size > 2 * _LARGEST_STROKE:
        raise ValueError(f"a stroke came with {points.size} numbers; it takes x, y pairs, {_LARGEST_STROKE} at most")
    return [(float(x), float(y)) for x, y in points.reshape(-1, 2)]


def _file(buffers: Any) -> bytes:
    """A file that came from the browser."""
    content = bytes(buffers[0]) if buffers else b""
    if not 0 < len(content) <= _LARGEST_FILE:
        raise ValueError(f"a picture of {len(content)} bytes came; it takes 1 to {_LARGEST_FILE:,}")
    return content


def _library_of(model: Any) -> dict[str, EditVector]:
    """The edit vectors that ship with the model; none where there is no library for it."""
    if not isinstance(model, EditGAN):
        return {}
    try:
        return load_vectors(model)
    except EditVectorError:
        return {}


def _session_of(given: Any, seed: int | None, truncation_psi: float) -> Any:
    if isinstance(given, EditGAN):
        return EditSession.from_seed(given, seed=0 if seed is None else seed, truncation_psi=float(truncation_psi))
    needed = ("model", "image", "label_map", "paint", "edit", "undo", "redo", "lock")
    if isinstance(given, type) or not all(hasattr(given, name) for name in needed):
        raise TypeError(
            f"Editor takes an EditSession or an EditGAN model; got {type(given).__name__}. "
            'Make one with load_model("portraits") or EditSession.from_seed(model, seed=4)'
        )
    if seed is not None:
        raise TypeError("Editor got a session and a seed; a session has its portrait already, give a model with a seed")
    return given


def _checked_steps(steps: Any) -> int:
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= 10_000:
        raise ValueError(f"steps must be a whole number from 1 to 10000; got {steps!r}")
    return steps


@contextmanager
def _torch_threads() -> Iterator[None]:
    """Leave a core to the browser: torch's threads spin, and beside others an edit takes ten times as long."""
    cores, threads = os.cpu_count() or 1, torch.get_num_threads()
    limit = min(threads, max(1, cores - 1))
    if limit == threads:
        yield
        return
    torch.set_num_threads(limit)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
