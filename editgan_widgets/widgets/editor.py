"""Editor: canvas, tools, session and worker put together; paint on a part and the picture follows.

What the browser or Python asks for is an action in a queue. The worker thread takes them out in order, paints, goes
back or forward in the history, and then runs the edit; nothing else touches the session. So callbacks return at once on
whichever thread the Jupyter kernel runs them, and a new action makes a running edit end within one step, keeping its
best.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from editgan_widgets.editing.animation import Animation, FrameRecorder, animate_edit, animate_vector
from editgan_widgets.editing.edit_vector import EditVector, EditVectorError, layer_weights
from editgan_widgets.editing.library import load_vectors
from editgan_widgets.editing.mask_file import mask_png, open_mask, save_mask
from editgan_widgets.editing.optimize import EditConfig
from editgan_widgets.editing.paint_rule import PaintRule
from editgan_widgets.editing.part_operations import Operation
from editgan_widgets.editing.photo_session import PhotoSession
from editgan_widgets.editing.presets import described
from editgan_widgets.editing.samples import Sample
from editgan_widgets.editing.saved_picture import SavedPictureError, open_picture, picture_png, save_picture
from editgan_widgets.editing.session import EditSession, SessionError
from editgan_widgets.editing.session_script import session_script
from editgan_widgets.editing.strokes import Stroke, check_stroke, covered
from editgan_widgets.editing.vector_settings import VectorSetting
from editgan_widgets.editing.vector_stack import summed
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.palettes import recoloured
from editgan_widgets.streaming import CancelToken, FramePacer, Worker
from editgan_widgets.turns import device_turn, pass_on
from editgan_widgets.widgets import editor_journal, encoding, history_strip
from editgan_widgets.widgets.deliveries import Deliveries, Turn
from editgan_widgets.widgets.editor_view import MASK_STYLES, EditorView
from editgan_widgets.widgets.idle_worker import IdleWorker
from editgan_widgets.widgets.paint_messages import OPERATIONS, operation_of, rule_of, stroke_of
from editgan_widgets.widgets.part_canvas import PartCanvas
from editgan_widgets.widgets.quality_notes import PictureQuality, QualityNotes
from editgan_widgets.widgets.sample_shelf import SampleShelf, checked_sample
from editgan_widgets.widgets.strings import strings, translated
from editgan_widgets.widgets.tool_outlines import ToolOutlines, tool_outcome
from editgan_widgets.widgets.vector_panel import VectorPanel
from editgan_widgets.widgets.whole_photo import whole_photo

MOST_SCALE = 4.0  # of a vector, either way
_THUMBS = 64  # pictures of the history in one message
_SETTINGS = ("lr", "outside_budget", "buffer_px", "stop_iou")  # of EditConfig, that the browser has fields for
_LONGEST_ERROR = 600  # characters
_LARGEST_FILE = 64_000_000  # bytes of a picture from the browser
_FPS = 6.0  # of the stream; on two cores without a GPU every shown frame takes from the edit beside it
_PAINTING = ("paint", "erase", "operate")
_SHOWN_EVERY = 0.1  # seconds, while painting comes faster than it is shown
_ARRIVED: ContextVar[Turn | None] = ContextVar("turn of the message that is being received", default=None)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Action:
    """One thing to do before the next edit; `run` is the number of steps to edit afterwards, 0 for none."""

    kind: str  # as `Editor._apply` and `_job` know them; "none" ends what runs
    stroke: Stroke | None = None
    operation: Operation | None = None  # on the label map
    id: str = ""  # the browser's name for the stroke
    run: int = 0
    changes: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # of vectors' settings, by name
    name: str = ""  # of a vector
    rule: PaintRule = field(default_factory=PaintRule)  # what may be painted over
    picture: str | Path | bytes | Sample = b""  # to open
    tool: str = ""  # what the mask was changed by, for the history
    part: int = 0  # to which this was done
    entry: int | None = None  # of the history
    strength: float = 1.0
    turn: Turn | None = None  # of the message that asked for it
    view: str = ""  # the browser's name for the view that asked, which alone saves the file


_DOWNLOADS = ("save", "save_mask", "script", "animation", "sweep")  # what a view's browser saves as a file
_PAINTED = "Painted. Press Edit and the picture follows."
_DONE_WORDS = {"paint": _PAINTED, "operate": _PAINTED, "erase": "Brought back.", "refresh": ""}

_TRAVEL_WORDS = {
    "undo": ("Undone.", "Nothing to undo."),
    "redo": ("Redone.", "Nothing to redo."),
    "visit": ("Gone to {name}.", "Gone to {name}."),
    "discard": ("Discarded; it stays in the history as a branch.", "Nothing to discard."),
}


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
        journal: whether everything is kept on disk for `restore`: True in the user's folder for it, or a new folder.
        language: of the texts, "en" or "zh" (simplified Chinese); errors are in English.
        palette: the parts' "own" colours, or "safe" ones, which colour-blind eyes tell apart too (portraits only).

    Everything that the tools do has a method here, for scripts: `paint`, `erase`, `operate`, `run`, `stop`, `undo`,
    `redo`, `visit`, `accept`, `discard`, `set_strength`, `lock`, `paint_over`, `hide`, `solo`, `show_mask`,
    `tool_outline`, `apply_vectors`, `switch_vector`, `vector_layers`, `add_vector`, `keep_vector`, `remove_vector`,
    `refine`, `open`, `new_portrait`, `divide`, `show_photo`, `save`, `save_mask`, `load_mask`, `save_script`,
    `save_animation`, `save_sweep`. All but those that save and `tool_outline` return at once; `wait()` blocks until all
    is done and raises what went wrong. Raises TypeError for anything but a session or a model, UnknownLabelError for an
    unknown part, EditVectorError for vectors of another model.
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
        journal: bool | str | Path = True,
        language: str = "en",
        palette: str = "own",
    ) -> None:
        self.session: EditSession = _session_of(session_or_model, seed, truncation_psi)
        self.labels = self.session.model.labels
        strings(language)
        self.language = language
        self._original = self.session.label_map.copy()
        self._image = self.session.image
        self._lock = threading.RLock()
        self._receiving = threading.RLock()
        self._deliveries = Deliveries()
        self._unsaid: list[Turn] = []  # done, and the browser does not know yet
        self._shown_at = 0.0
        self._inbox: deque[_Action] = deque()
        self._thumbs_sent: set[int] = set()  # entries of the history whose pictures the browser has
        self._failure: Exception | None = None
        self._total = self._last_step = 0
        self._shown_only = self._refines = False
        self._numbers: dict[str, Any] = {}
        self._best: Any = None  # the step that the session will keep
        self._word = ""
        given = _library_of(self.session.model) if vectors is None else dict(vectors)
        for vector in given.values():
            vector.check(self.session.model)
        self._panel = VectorPanel(given, () if vectors is None else given, self.session.history.entry.note)
        self._recorder = FrameRecorder()  # of the last run
        self._pending = False  # an edit is done and neither accepted nor gone on from
        self.photo: PhotoSession | None = None  # of the picture that was opened, where it is no saved portrait
        self._journal = journal
        self._tools_kept: dict[str, Any] = {}
        self.journal = editor_journal.begin(self.session, journal)
        self._worker = Worker("editgan-editor")
        self.canvas = PartCanvas(self._image, self._original, recoloured(self.labels, palette))
        first = next((label.id for label in self.labels if label.id), 0) if part is None else self.labels[part].id
        self.view = EditorView(
            self.canvas,
            label=first,
            language=language,
            auto=auto,
            steps=steps,
            size=max(3, self._image.shape[1] // 20),
            locked=sorted({self.labels[name].id for name in locked}),
        )
        self._pacer = FramePacer(self._send_frame, fps=_FPS)
        self._idle = IdleWorker(lambda: self.running, self._fail)
        self._quality = QualityNotes(self._idle, self._show_quality)
        self._shelf = SampleShelf(lambda: self.session.model, self._idle, self.view.send)
        self.view.publish(
            before=encoding.still(self._image),
            original=encoding.packed(self._original),
            status=self._text("Choose a part, paint on either picture, and the portrait follows."),
            **self._shown_vectors(),
            vector_rows=int(self.session.w_plus.shape[1]),
            settings=self._settings(),
        )
        self._publish()
        self._outlines = ToolOutlines(self._send_outline)
        self.view.observe(lambda _change: self._show_whole(), "show_whole")
        self.view.on_msg(self._on_message)
        self._draw_vectors()

    @classmethod
    def restore(cls, journal: str | Path | None = None, model: Any = None, **options: Any) -> "Editor":
        """An editor as it was before the kernel ended or crashed: picture, parts, sliders, own vectors and history.

        Args:
            journal: folder of its journal (`editor.journal`); None takes the newest of this working directory.
            model: an `EditGAN`; None loads the model that ships, if the journal is of it.
            options: as of Editor, instead of what the journal says.

        Raises JournalError where there is no journal or it is broken, WrongModelError for another model's.
        """
        found = editor_journal.restored(journal, model)
        library = _library_of(found.session.model)
        tools = {name: found.tools[name] for name in ("auto", "steps", "locked") if name in found.tools}
        editor = cls(found.session, **{"vectors": {**library, **found.vectors}, **tools, **options})
        editor._panel.own = frozenset(found.vectors)
        editor.photo = found.photo
        editor._quality.begin(found.photo)
        for name in set(editor_journal.TOOLS) & set(found.tools) - set(options):
            setattr(editor.view, name, found.tools[name])
        editor._original = found.session.picture_at(0)[1]
        editor.view.publish(
            before=encoding.still(found.session.original_image),
            original=encoding.packed(editor._original),
            photo=b"" if editor.photo is None else encoding.still(editor.photo.cut),
            status=editor._text("Restored: everything is as it was."),
            **editor._shown_vectors(),
        )
        return editor

    def __repr__(self) -> str:
        height, width = self._image.shape[:2]
        return f"Editor({width} x {height} px, {len(self.labels)} parts, {'running' if self.running else 'idle'})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        data, metadata = self.view._repr_mimebundle_(**kwargs) or ({}, {})
        mask = self.canvas.labels.colorize(self.canvas.label_map)
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

    def paint_over(self, *parts: str | int) -> None:
        """Let painting reach these parts alone; without any, all that are not locked. Raises UnknownLabelError."""
        self.view.over = sorted({self.labels[part].id for part in parts})

    def hide(self, *parts: str | int) -> None:
        """Show the mask without these parts; without any, show all. Painting stays as it is."""
        self.view.hidden = sorted({self.labels[part].id for part in parts})

    def solo(self, *parts: str | int) -> None:
        """Show these parts of the mask alone. Raises UnknownLabelError."""
        shown = {self.labels[part].id for part in parts}
        self.view.hidden = [label.id for label in self.labels if label.id not in shown]

    def show_mask(self, style: str) -> None:
        """Show the mask as its "areas", the "borders" between its parts, or "both". Raises ValueError."""
        if style not in MASK_STYLES:
            raise ValueError(f"the mask is shown as one of {', '.join(map(repr, MASK_STYLES))}; got {style!r}")
        self.view.mask_style = style

    def tool_outline(self, tool: str, part: str | int) -> np.ndarray:
        """Where a part would be after a part tool, bool `[H, W]`, shown as an outline; nothing is changed.

        Raises ValueError for an unknown tool, UnknownLabelError for a part that it does not fit.
        """
        label, rule = self.labels[part].id, self._rule(mirror=False)
        outcome = tool_outcome(tool, label, self.label_map, self.labels, rule)
        self._send_outline(tool, label, outcome)
        return outcome

    def paint(self, stroke: Stroke, run: bool | None = None, mirror: bool = False) -> None:
        """Paint a stroke; `run` says whether an edit follows, None does as the editor's switch says.

        With `mirror` its reflection at the picture's middle is painted too, as the other side's part if it has one.
        Raises UnknownLabelError or StrokeError at once; a running edit then goes on.
        """
        self._check(stroke)
        self.labels[stroke.label]
        self._act(_Action("paint", stroke, **self._as_the_view_says(run, mirror)))

    def erase(self, stroke: Stroke, run: bool | None = None, mirror: bool = False) -> None:
        """Bring the original parts back under a stroke (its label does not matter). Raises StrokeError as `paint`."""
        self._check(stroke)
        self._act(_Action("erase", stroke, **self._as_the_view_says(run, mirror)))

    def operate(self, operation: Operation, run: bool | None = None, mirror: bool = False) -> None:
        """Change the mask by a part operation, a fill, lasso or push (editing/part_operations.py, fills.py, warp.py).

        `run` and `mirror` as of `paint`. What the operation raises is shown, and raised by `wait`; the mask then stays.
        """
        if not callable(operation):
            raise TypeError(
                f"an operation takes a label map and its LabelSet, such as grow('hair', 2); got {operation!r}"
            )
        self._act(_Action("operate", operation=operation, **self._as_the_view_says(run, mirror)))

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
        """Do again what `undo` took back, along the branch that was visited last."""
        self._act(_Action("redo"))

    def visit(self, entry: int) -> None:
        """Go to any entry of `session.history`, on whichever branch. Raises HistoryError for one that is not there."""
        self._act(_Action("visit", entry=self.session.history.find(entry).id))

    def rename(self, entry: int, name: str) -> None:
        """Name an entry of the history; an empty name gives back what was done. Raises HistoryError."""
        with self.session.lock:
            self.session.history.rename(entry, name)
            strip = self._strip()
        self.view.publish(history=strip)

    def compare_with(self, entry: int | None = None) -> None:
        """Let Compare show the picture of an entry of the history; None that before all edits. Raises HistoryError."""
        picture = self.session.original_image if entry is None else self.session.picture_at(entry)[0]
        name = "" if entry is None else self._title(entry)
        self.view.publish(before=encoding.still(picture), before_name=name)

    @property
    def pending(self) -> bool:
        """Whether an edit is done and was neither accepted nor discarded; anything that is done next accepts it."""
        return self._pending

    def accept(self) -> None:
        """Take the last edit as it is."""
        self._act(_Action("accept"))

    def discard(self) -> None:
        """Go back to before the last edit and what was painted for it; it stays in the history as a branch."""
        self._act(_Action("discard"))

    def set_strength(self, strength: float) -> None:
        """Weaken or strengthen the pending edit, 0 to 2; 1 is as it was made. Raises ValueError out of range."""
        self._act(_Action("strength", strength=_checked_strength(strength)))

    def configure(self, preset: str | None = None, **settings: Any) -> None:
        """How edits are optimised from now on: a preset's name, and settings of EditConfig instead of its own.

        `configure()` takes the defaults again. Raises ValueError for a preset or a setting that there is not, or one
        out of range; nothing then changes.
        """
        config = EditConfig.preset("default" if preset is None else preset)
        try:
            self.session.config = replace(config, **settings)
        except TypeError as error:
            known = ", ".join(setting.name for setting in fields(EditConfig))
            raise ValueError(f"an edit's settings are {known}; got {', '.join(settings)}") from error
        if "steps" in settings:
            self.view.steps = _checked_steps(settings["steps"])
        self.view.publish(settings=self._settings())

    @property
    def vectors(self) -> dict[str, EditVector]:
        """Edit vectors that have a slider, by name."""
        return self._panel.vectors

    @property
    def vector_scales(self) -> dict[str, float]:
        """Scales of the vectors that are in the picture; the others are at 0 or switched off."""
        return self._panel.scales

    def apply_vectors(self, scales: Mapping[str, float]) -> None:
        """Set vectors to scales, -4 to 4, as their sliders do from -2 to 2; those not named stay.

        One that was switched off is on again. What was painted and not edited is given up. One undo takes back all
        moves of the same sliders in a row. Raises ValueError at once for a vector that is not there or a scale out of
        range.
        """
        self._act(_Action("vectors", changes=self._checked_scales(scales)))

    def switch_vector(self, name: str, on: bool) -> None:
        """Take a vector out of the picture and back, at the scale it had; one that stands at 0 is switched on at 1.

        Raises ValueError at once for a vector that is not there.
        """
        self._check_there(name)
        if not isinstance(on, bool):
            raise ValueError(f"a vector is switched by True or False; got {on!r}")
        self._act(_Action("vectors", changes={name: {"on": on}}, tool="switch"))

    def vector_layers(self, name: str, first: int | None = None, last: int | None = None) -> None:
        """Let a vector move rows `first` to `last` of the latent alone, counted from 0; without them all of its rows.

        Early rows hold pose and shape, late ones colour and fine detail. Raises ValueError at once for a vector that
        is not there, EditVectorError for rows that the latent does not have.
        """
        self._check_there(name)
        rows = self._panel.vectors[name].delta_w_plus.shape[0]
        layers = None
        if first is not None or last is not None:
            layers = (_checked_row(first, 0), _checked_row(last, rows - 1) + 1)
            layer_weights(layers, rows)
        self._act(_Action("vectors", changes={name: {"layers": layers}}, tool="layers"))

    def refine(self, steps: int = 30, blocking: bool = False) -> None:
        """Repair the picture after its vectors: a run that keeps what they changed and draws back the rest.

        10 steps repair most, more than 30 gain little (editing/refine.py). One undo takes it back, `stop` keeps its
        best. Raises ValueError at once for steps out of range; where no vector is in the picture, or those that are
        change nothing to be seen, that is shown and raised by `wait`.
        """
        self._act(_Action("refine", run=_checked_steps(steps)))
        if blocking:
            self.wait()

    def animation(self, fps: float = 12.0) -> Animation:
        """The last edit or refinement from the picture before it to the present one, at most 256 px.

        Raises AnimationError where nothing was edited yet.
        """
        self.wait()
        return animate_edit(self._recorder.frames(), fps=fps)

    def save_animation(self, path: str | Path, size: int | None = None) -> None:
        """Write `animation` as .gif, .webp or .mp4; size and errors as of Animation.save."""
        self.animation().save(path, size)

    def sweep(self, name: str, scales: Iterable[float] | None = None) -> Animation:
        """A vector's scale going up, down and back on the present picture, which has it at 0 first.

        Args:
            name: of the vector; its rows are those of `vector_layers`.
            scales: one a frame; None goes from 0 to 1.5, to -1.5 and back.

        Raises ValueError for a vector that is not there.
        """
        self._check_there(name)
        self.wait()
        return self._sweep(name, scales)

    def save_sweep(self, name: str, path: str | Path, size: int | None = None) -> None:
        """Write `sweep` as .gif, .webp or .mp4; size and errors as of Animation.save."""
        self.sweep(name).save(path, size)

    def add_vector(self, vector: EditVector) -> None:
        """Give a vector a slider, which stands at 0. Raises ValueError for a name that is taken, or EditVectorError."""
        self._check_free(vector.name)
        vector.check(self.session.model)
        self._panel.add(vector)
        editor_journal.keep_vector(self.session, vector)
        self.view.publish(**self._shown_vectors())
        self._draw_vectors()

    def remove_vector(self, name: str) -> None:
        """Take an own vector out of the picture, as its slider at 0 would, and its slider away.

        Undo brings its effect back, not the slider. Raises ValueError at once for a vector that is not there or is the
        model's own.
        """
        self._check_there(name)
        if name not in self._panel.own:
            raise ValueError(f"{name!r} is of the model's library and stays; only vectors of your own can be removed")
        self._act(_Action("remove", name=name))

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

    def new_portrait(self, seed: int, truncation_psi: float = 0.7) -> None:
        """Go over to the portrait of a seed, as if the editor had been made with it; its history begins anew.

        Raises ValueError at once for a seed that is no whole number from 0 up, or a psi that is none in 0 to 2.
        """
        self._act(_Action("open", picture=checked_sample(seed, truncation_psi)))

    def save(self, path: str | Path) -> None:
        """Write the picture as a PNG that holds its recipe (editing/saved_picture.py); what runs is waited for.

        Raises ValueError for an ending other than .png, and the error of what ran.
        """
        self.wait()
        save_picture(self.session, path)

    def script(self, name: str = "picture.py") -> str:
        """The way to the present picture as a Python script that makes the same pixels (editing/session_script.py)."""
        self.wait()
        return session_script(self.session, self.vectors, name)

    def save_script(self, path: str | Path) -> None:
        """Write `script` to a file. Raises ValueError for an ending other than .py."""
        path = Path(path)
        if path.suffix != ".py":
            raise ValueError(f"a script ends in .py; got {path.name!r}")
        path.write_text(self.script(path.name), encoding="utf-8")

    def divide(self, at: float | None = 0.5) -> None:
        """Show the picture before all edits, or the photo that was embedded, left of a divider; None takes it away.

        `at` is a share of the picture's width, 0 to 1. Raises ValueError for another one.
        """
        if at is not None and not 0 <= at <= 1:
            raise ValueError(f"the divider stands at 0 to 1 of the picture's width, or None; got {at!r}")
        self.view.divider = at

    def save_mask(self, path: str | Path) -> None:
        """Write the painted parts as an indexed PNG (editing/mask_file.py); what runs is waited for.

        Raises ValueError for an ending other than .png, and the error of what ran.
        """
        self.wait()
        save_mask(self.label_map, self.labels, path)

    def load_mask(self, mask: str | Path | bytes, run: bool | None = None) -> None:
        """Take the parts from a mask that `save_mask` or a painting program wrote; `run` as of `paint`.

        Raises MaskFileError at once for what is no mask of this picture, OSError for a file that cannot be read.
        """
        self._take_mask(mask, **self._as_the_view_says(run, mirror=False))

    def show_photo(self, show: bool = True) -> None:
        """Show the whole photo with the edits in it below the picture, where a photo was opened; False hides it."""
        self.view.show_whole = bool(show)

    @property
    def quality(self) -> PictureQuality:
        """What the photo's embedding and the last edit are worth; a photo is judged once the editor is idle."""
        return self._quality.of(self.session.history.entry.id)

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
        self._outlines.close()
        self._idle.close()
        self.view.close()
        self.canvas.close()

    def _as_the_view_says(self, run: bool | None, mirror: bool) -> dict[str, Any]:
        """Steps and rule of something painted from Python."""
        edits = self.view.auto if run is None else run
        return {"run": self.view.steps if edits else 0, "rule": self._rule(mirror)}

    def _rule(self, mirror: bool) -> PaintRule:
        return PaintRule(tuple(self.view.locked), tuple(self.view.over), mirror)

    def _check_free(self, name: str) -> None:
        if name in self.vectors:
            raise ValueError(f"there is a vector {name!r} already; choose another name")

    def _check_there(self, name: Any) -> None:
        if not isinstance(name, str) or name not in self.vectors:
            known = ", ".join(sorted(self.vectors)) or "none"
            raise ValueError(f"there is no vector {name!r}; there are: {known}")

    def _check(self, stroke: Stroke) -> None:
        check_stroke(stroke)
        covered(stroke, (self._image.shape[0], self._image.shape[1]))

    # ---- callbacks: validate, put into the queue, return

    def _on_message(self, _view: Any, content: Any, buffers: Any) -> None:
        with self._receiving:  # kernels may call back on two threads at once, and messages have an order
            turn = None
            try:
                if isinstance(content, dict) and "turn" in content:
                    turn = self._deliveries.take(content["turn"])
                    if turn is None:
                        self.view.send({"kind": "standing", **self._deliveries.standing(content["turn"])})
                        return
                arrived = _ARRIVED.set(turn)
                try:
                    self._on_content(content, buffers)
                finally:
                    _ARRIVED.reset(arrived)
            except Exception as error:  # an error in a callback would be swallowed by ipywidgets
                self._fail(error, content.get("id") if isinstance(content, dict) else None)
            if turn is not None and not turn.queued:
                self._deliveries.finish(turn)
                self.view.publish(handled=self._deliveries.handled())

    def _on_content(self, content: Any, buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "ack":
            self._pacer.ack(_whole(content, "seq"))
        elif kind == "stroke":
            self._on_stroke(content, buffers)
        elif kind == "run":
            self.run(_checked_steps(content.get("steps")))
        elif kind in OPERATIONS:
            self._on_operation(kind, content, buffers)
        elif kind == "outline":
            label = self.labels[content.get("label", "")].id
            rule = rule_of(content, self.labels)
            self._outlines.ask(str(content.get("name")), label, self.label_map, self.labels, rule)
        elif kind == "vectors":
            self._on_scales(self._checked_scales(content.get("scales")), content.get("live") is True)
        elif kind == "switch":
            self.switch_vector(content.get("name", ""), content.get("on", True))
        elif kind == "layers":
            self.vector_layers(content.get("name", ""), content.get("first"), content.get("last"))
        elif kind == "remove":
            self.remove_vector(content.get("name", ""))
        elif kind == "refine":
            self.refine(_checked_steps(content.get("steps")))
        elif kind in _DOWNLOADS:
            name = content.get("name", "")
            if kind == "sweep":
                self._check_there(name)
            self._act(_Action(kind, name=name, view=str(content.get("view", ""))))
        elif kind == "open":
            self.open(_file(buffers))
        elif kind == "open_mask":
            self._take_mask(_file(buffers), run=self._steps_asked(content), rule=rule_of(content, self.labels))
        elif kind == "samples":
            self._shelf.on_message(content)
        elif kind == "new":
            self.new_portrait(*checked_sample(content.get("seed"), content.get("psi")))
        elif kind == "keep":
            self.keep_vector(str(content.get("name", "")))
        elif kind in ("stop", "undo", "redo", "dismiss", "accept", "discard"):
            getattr(self, kind)()
        elif kind == "strength":
            live, strength = content.get("live") is True, _checked_strength(content.get("strength"))
            self._on_preview(_Action("preview strength" if live else "strength", strength=strength))
        elif kind == "visit":
            self.visit(_checked_entry(content.get("entry")))
        elif kind == "compare_with":
            entry = content.get("entry")
            self.compare_with(None if entry is None else _checked_entry(entry))
        elif kind == "rename":
            self.rename(_checked_entry(content.get("entry")), str(content.get("name", "")))
        elif kind == "thumbs":
            self._thumbs_sent.clear()
            self._on_preview(_Action("preview thumbs"))
        elif kind == "configure":
            self._on_settings(content)
        elif kind == "state":
            self.view.resend_state()
        else:
            raise ValueError(f"message {kind!r} from the browser is unknown; reload the page")

    def _checked_scales(self, scales: Any) -> dict[str, dict[str, Any]]:
        """Changes of vectors' settings. Raises ValueError for a vector that is not there or a scale out of range."""
        if not isinstance(scales, Mapping):
            raise ValueError(f"scales are a mapping of vectors' names to numbers; got {scales!r}")
        for name, scale in scales.items():
            self._check_there(name)
            number = isinstance(scale, (int, float, np.number)) and not isinstance(scale, bool)
            if not number or not abs(scale) <= MOST_SCALE:
                raise ValueError(f"a vector's scale is a number from {-MOST_SCALE} to {MOST_SCALE}; got {scale!r}")
        return {name: {"scale": float(scale), "on": True} for name, scale in scales.items()}

    def _on_scales(self, changes: Mapping[str, dict[str, Any]], live: bool) -> None:
        """A slider moves (live) or was let go. Neither a preview nor a slider back at its place ends a running edit."""
        if not live and self._panel.parts(self._panel.changed(changes)):
            self._act(_Action("vectors", changes=changes))
            return
        self._on_preview(_Action("preview", changes=changes))

    def _on_preview(self, action: _Action) -> None:
        """What only shows something does not end a running edit."""
        with self._lock:
            if not (action.kind.startswith("preview") and self.view.running):
                self._act(action)

    def _on_settings(self, content: dict) -> None:
        preset, settings = content.get("preset"), content.get("settings", {})
        if not isinstance(settings, dict) or not set(settings) <= set(_SETTINGS):
            raise ValueError(f"settings from the browser are {', '.join(_SETTINGS)}; got {settings!r}")
        self.configure(str(preset), **{name: None if v is None else float(v) for name, v in settings.items()})

    def _on_operation(self, kind: str, content: dict, buffers: Any) -> None:
        operation = operation_of(kind, content, buffers, self.labels, self._image.shape[0])
        self._act(
            _Action(
                "operate",
                operation=operation,
                id=str(content.get("id", "")),
                run=self._steps_asked(content),
                rule=rule_of(content, self.labels),
                tool=str(content.get("name", kind)),
                part=0 if kind == "push" else self.labels[content["label"]].id,
            )
        )

    def _send_outline(self, name: str, label: int, mask: np.ndarray | None) -> None:
        bits = b"" if mask is None else encoding.packed(mask)
        self.view.send({"kind": "outline", "name": name, "label": label}, buffers=[bits])

    def _take_mask(self, mask: str | Path | bytes, **how: Any) -> None:
        height, width = self._image.shape[:2]
        label_map = open_mask(mask, self.labels, (height, width))
        self._act(_Action("operate", operation=lambda _before, _labels: label_map, tool="mask", **how))

    def _steps_asked(self, content: dict) -> int:
        """How many steps are to follow what was painted; none where the editor waits for its Edit button."""
        auto = content.get("auto", True) or self.view.running
        return _checked_steps(content.get("steps", self.view.steps)) if auto else 0

    def _on_stroke(self, content: dict, buffers: Any) -> None:
        stroke, rule = stroke_of(content, buffers, self.labels), rule_of(content, self.labels)
        kind, name = "paint" if content["tool"] == "brush" else "erase", str(content.get("id", ""))
        self._act(_Action(kind, stroke, id=name, run=self._steps_asked(content), rule=rule))

    def _act(self, action: _Action) -> None:
        with self._lock:
            if self._failure is not None or self.view.error:
                self.dismiss()
            turn = _ARRIVED.get()
            if turn is not None:
                turn.queued, action = True, replace(action, turn=turn)
            self._inbox.append(action)
            self._worker.submit(self._job, self._on_step, self._on_done, self._on_failure)
            if action.run or action.kind == "open":
                self.view.publish(running=True)

    # ---- the worker thread

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Compute on the model's device, by turns with other editors; before taking the session's lock."""
        with device_turn(getattr(self.session.model, "device", torch.device("cpu"))), _torch_threads():
            yield

    def _job(self, token: CancelToken) -> Iterator[Any]:
        steps, group, painted, refines = 0, None, False, False
        self._shown_only = True
        while (action := self._next(token)) is not None:
            self._shown_only &= action.kind == "none" or action.kind.startswith("preview")  # "none" ends an edit
            if action.kind.startswith("preview"):
                self._preview(action, token)
            elif action.kind == "open":
                self._opened(action.picture, token)
                steps, group = 0, None
            else:
                steps, group = self._applied(action, steps, group)
            self._settle(action)
            painted, refines = action.kind in _PAINTING, action.kind == "refine"
        if painted and steps and self.session.region is None:
            steps = 0  # all of it is there already
        if steps and not token.cancelled:
            group = self.session.history.new_group() if group is None else group
            yield from self._edit(steps, group, token.stamp, refines)
        self._draw_missing_vectors(token)

    def _applied(self, action: _Action, steps: int, group: int | None) -> tuple[int, int | None]:
        """Steps and group of the history after one more action; one that fails is shown and the others still count."""
        try:
            with self._computing(), self.session.lock:
                done = self._apply(action)
                return action.run, group if action.kind == "none" else done
        except Exception as error:
            self._fail(error, action.id)
            return steps, group

    def _settle(self, action: _Action) -> None:
        """Show what an action painted and tell its browser that it is done; not each of many that wait in a row."""
        if action.turn is not None:
            self._unsaid.append(action.turn)
        painted = action.kind in _PAINTING
        with self._lock:
            more = bool(self._inbox) and self._inbox[0].kind in _PAINTING
        if painted and more and time.monotonic() - self._shown_at < _SHOWN_EVERY:
            return
        if painted:
            self._publish(picture=False)
            self._shown_at = time.monotonic()
        for turn in self._unsaid:
            self._deliveries.finish(turn)
        if self._unsaid:
            self._unsaid = []
            self.view.publish(handled=self._deliveries.handled())

    def _next(self, token: CancelToken) -> _Action | None:
        """The next action; what came after this job was cancelled belongs to the job that replaced it.

        Of previews that wait one after the other only the last is of interest.
        """
        with self._lock:
            while len(self._inbox) > 1 and self._inbox[0].kind == self._inbox[1].kind and self._shows_only(0):
                self._inbox.popleft()
            return self._inbox.popleft() if self._inbox and not token.cancelled else None

    def _shows_only(self, place: int) -> bool:
        return self._inbox[place].kind.startswith("preview")

    def _preview(self, action: _Action, token: CancelToken) -> None:
        """Show the picture at other scales or another strength, or the history's; the session stays as it is."""
        if action.kind == "preview thumbs":
            self._send_thumbs()
            return
        if action.kind == "preview vectors":  # every job ends with it
            return
        model = self.session.model
        with self._computing(), self.session.lock:
            if action.kind == "preview strength":
                if self.session.strength is None:
                    return
                w_plus = self.session.strength_latent(action.strength)
            else:
                w_plus = self.session.w_plus
                for vector, change, layers in self._panel.parts(self._panel.changed(action.changes)):
                    w_plus = vector.apply(w_plus, change, model, layers=layers)
            image = self.session.picture_of(w_plus)
        self._pacer.begin(token.stamp)
        self._pacer.finish(token.stamp, (image, {"preview": True}))

    def _opened(self, picture: str | Path | bytes | Sample, token: CancelToken) -> None:
        """Go over to another picture; one that cannot be opened is shown as an error, and the old one stays."""
        sampled = isinstance(picture, tuple)
        say = self._text("Drawing the portrait …") if sampled else self._text("Looking for the face …")
        self.view.publish(status=say, progress={})
        self._pacer.begin(token.stamp)

        def show(step: Any) -> None:
            pass_on(self.session.model.device)
            self._pacer.offer(token.stamp, (step.image[0], {"preview": True}))
            self.view.publish(
                status=self._text("Embedding, step {step} of {total} …", step=step.index, total=step.total)
            )

        photo = None
        try:
            with self._computing():
                photo, session = self._begun(picture, show, token)
        except Exception as error:
            self._fail(error)
            return
        say = self._text("A new portrait.") if sampled else self._text("Opened.")
        if photo is not None:
            say = self._text("Embedded: PSNR {psnr:.1f} dB.", psnr=photo.psnr)
        self._begin_with(session, photo, f"{say} {self._text('Paint, or move a slider.')}")

    def _begin_with(self, session: EditSession, photo: PhotoSession | None, word: str) -> None:
        """Go over to another session, whose history is its own."""
        self.session, self.photo, self._original = session, photo, session.label_map.copy()
        self._numbers, self._pending, self._word = {}, False, word
        self._panel.reset()
        self._recorder = FrameRecorder()
        self._quality.begin(photo)
        self._thumbs_sent.clear()
        self.journal = editor_journal.begin(session, self._journal is not False, photo)
        self._tools_kept = {}
        self._publish(
            before=encoding.still(session.original_image),
            before_name="",
            photo=b"" if photo is None else encoding.still(photo.cut),
            whole=b"",
            original=encoding.packed(self._original),
            **self._shown_vectors(),
        )

    def _begun(
        self, picture: str | Path | bytes | Sample, on_step: Callable[[Any], None], token: CancelToken
    ) -> tuple[PhotoSession | None, EditSession]:
        """A session of a sampled portrait, a saved one, or any other picture, which then comes as a PhotoSession."""
        model, config = self.session.model, self.session.config
        if isinstance(picture, tuple):
            return None, EditSession.from_seed(model, *picture, config)
        try:
            return None, open_picture(model, picture, config)
        except SavedPictureError:
            photo = PhotoSession.open(model, picture, on_step=on_step, should_stop=token.is_set)
            photo.session.config = config
            return photo, photo.session

    def _edit(self, steps: int, group: int, stamp: int, refines: bool = False) -> Iterator[Any]:
        if not refines and not self.session.can_edit:
            raise SessionError("nothing to edit: paint a stroke first, on either picture")
        self._total, self._last_step, self._numbers, self._best = steps, 0, {}, None
        self._refines = refines
        self._pacer.begin(stamp)
        start = {"step": 0, "total": steps}
        say = self._text("Editing, {steps} steps …", steps=steps)
        if refines:
            say = self._text("Refining, {steps} steps …", steps=steps)
        self._publish(picture=False, running=True, job=stamp, progress=start, status=say)
        before = self.session.w_plus.clone()
        self._recorder.begin(self.session.image)
        with self._computing(), self.session.lock, self.session.history.grouped(group):
            edit: Any = iter(self._refining(steps) if refines else self.session.edit(steps=steps))
        try:
            while True:
                with self._computing(), self.session.lock, self.session.history.grouped(group):
                    step = next(edit, None)
                if step is None:
                    break
                yield step
        finally:
            with self._computing(), self.session.lock, self.session.history.grouped(group):
                edit.close()  # commits the best step so far
                self._pending = not torch.equal(before, self.session.w_plus)
                if self._best is not None and self._best.index == 0:  # the vectors alone
                    self._pending = False
                if not self._pending:
                    self._best = None
                elif not refines and self._best is not None and isinstance(self.session, EditSession):
                    self._quality.edited(self.session.history.entry.id, self._best, self.session.config)
                self._recorder.add(self.session.image)  # the best, which stays

    def _refining(self, steps: int) -> Iterator[Any]:
        """Refine what the vectors changed: back to the latent without them, and again with them as one."""
        session, active = self.session, self._panel.active
        if not active:
            raise SessionError("nothing to refine: no vector is in the picture; move a slider first")
        vector, began = summed(active, "sliders"), session.history.entry.id
        try:
            session.go_to(session.w_plus - vector.delta_w_plus.to(session.w_plus), vector.labels)
            return session.refine(vector, steps)
        except BaseException:
            session.visit(began)
            raise

    def _apply(self, action: _Action) -> int | None:
        """Do one action to the session, whose lock the caller holds; the group of the history that it made."""
        self._word = self._text(_DONE_WORDS[action.kind]) if action.kind in _DONE_WORDS else self._word
        history = self.session.history
        self._keep_tools()
        if action.kind in ("undo", "redo", "visit", "discard"):
            self._travel(action)
        elif action.kind == "vectors":
            self._set_vectors(self._panel.changed(action.changes), action.tool)
        elif action.kind == "remove":
            self._remove(action.name)
        elif action.kind in ("animation", "sweep"):
            self._send_animation(action)
        elif action.kind == "keep":
            self._keep(action.name)
        elif action.kind == "accept":
            self._pending = False
            self._publish(picture=False)
        elif action.kind == "strength":
            with history.grouped(history.entry.group):
                self.session.set_strength(action.strength)
            self._word = self._text("Strength of the edit: {strength:.0%}.", strength=action.strength)
            self._publish()
        elif action.kind == "refresh":
            self._pending = False
            self._panel.reset()
            history.annotate(**self._panel.note())
            self._publish(**self._shown_vectors())
        elif action.kind == "save":
            if self.photo is None:
                self._download(action.view, "portrait.png", picture_png(self.session))
                self._word = self._text("Saved as portrait.png, with its recipe: open it here to go on.")
            else:
                self._download(action.view, "edited.png", encoding.png(self.photo.pasted()))
                self._word = self._text("Saved as edited.png: the whole picture at its own size, with the edits.")
        elif action.kind == "save_mask":
            self._download(action.view, "mask.png", mask_png(self.session.label_map, self.labels))
            self._word = self._text("Saved as mask.png, in the parts' colours: paint on it elsewhere and open it here.")
        elif action.kind == "script":
            script = session_script(self.session, self.vectors).encode()
            self._download(action.view, "picture.py", script, "text/x-python")
            self._word = self._text("Saved as picture.py: run it, and it makes the same picture.")
        elif action.operation is not None or action.stroke is not None:
            return self._paint(action)
        return None

    def _paint(self, action: _Action) -> int | None:
        before = self.session.label_map
        with self.session.history.grouped() as group:
            self.session.set_label_map(self._painted(action), **_made(action))
        changed = not np.array_equal(before, self.session.label_map)
        if not changed:
            self._word = self._text("The parts are as before: what was painted is already there.")
            if action.rule.restricts:
                self._word = self._text(
                    "The parts are as before: what was painted is already there, or may not be painted over."
                )
            if action.kind == "operate":
                self._word = self._text(
                    "The parts are as before: the part is not in the picture, or too small for this."
                )
            elif self.session.can_edit:
                self._word += " " + self._text("Press Edit and the picture goes on towards it.")
        else:
            self._pending = False
        return group if changed else None

    def _download(self, view: str, name: str, content: bytes, kind: str = "image/png") -> None:
        self.view.send({"kind": "download", "view": view, "name": name, "type": kind}, buffers=[content])

    def _set_vectors(self, settings: Mapping[str, VectorSetting], how: str = "") -> None:
        """Let vectors stand otherwise; `how` is not by their sliders, which one undo takes back together."""
        self._numbers = {}
        panel, history = self._panel, self.session.history
        parts = panel.parts(settings)
        panel.put(settings)
        if parts:
            given_up = self.session.region is not None
            moved = None if how else sorted({vector.name for vector, _, _ in parts})
            last = history.entry
            on = last.made["do"] == "vector" and moved and last.note.get("moved") == moved and not history.can_redo
            with history.grouped(last.group if on else None):  # the same slider moved on
                self.session.apply_vector(summed(parts, "sliders"))
            history.annotate(**panel.note(), moved=moved)
            self._pending = False
            shown = ", ".join(f"{self._text(name)} {scale:+g}" for name, scale in self.vector_scales.items())
            self._word = self._text("No vector is in the picture.")
            if shown:
                self._word = self._text("Vectors in the picture: {shown}.", shown=shown)
            if given_up:
                self._word += " " + self._text("What was painted and not edited is given up; Undo brings it back.")
        else:
            history.annotate(**panel.note())
        self._publish(**self._shown_vectors())

    def _remove(self, name: str) -> None:
        """Take a vector out of the picture and its slider away."""
        self._check_there(name)  # it may have been removed before this one's turn
        self._set_vectors({name: VectorSetting()}, "remove")
        self._panel.remove(name)
        editor_journal.drop_vector(self.session, name)
        self.session.history.annotate(**self._panel.note())
        self._word = self._text("Removed {name}.", name=repr(name))
        self._publish(picture=False, **self._shown_vectors())

    def _keep(self, name: str) -> None:
        """All edits so far become a vector, which is in the picture at 1."""
        self._check_free(name)  # another of that name may have come before this one's turn
        vector = self.session.edit_vector(name, preview=True)
        self._panel.add(vector)
        self._panel.reset()
        self._panel.put({name: VectorSetting(1.0)})
        self.session.history.annotate(**self._panel.note())
        editor_journal.keep_vector(self.session, vector)
        self._word = self._text(
            "Kept as {name}. Its slider stands at 1; editor.vectors[{name}].save(FILE) writes it.", name=repr(name)
        )
        self._publish(picture=False, **self._shown_vectors())

    def _shown_vectors(self) -> dict[str, Any]:
        panel = self._panel
        return {"vectors": panel.shown(), "vector_pictures": panel.pictures, "vector_clashes": panel.clashes()}

    def _draw_vectors(self) -> None:
        """Let the worker draw the vectors' pictures that are lacking; while an edit runs they wait for its end."""
        with self._lock:
            if len(self._panel.pictures) < len(self.vectors) and not self.view.error:
                self._on_preview(_Action("preview vectors"))

    def _draw_missing_vectors(self, token: CancelToken) -> None:
        session = self.session

        def draw(vector: EditVector) -> np.ndarray:
            with _torch_threads():
                return session.picture_of(vector.apply(session.origin, 1.0, session.model))

        def stop() -> bool:
            return token.cancelled or bool(self._inbox)

        if self._panel.draw_missing(draw, stop):
            self.view.publish(vector_pictures=self._panel.pictures)

    def _sweep(self, name: str, scales: Iterable[float] | None = None) -> Animation:
        session, setting, vector = self.session, self._panel.setting(name), self.vectors[name]
        with _torch_threads(), session.lock:
            without = vector.apply(session.w_plus, -setting.effect, session.model, layers=setting.layers)
            return animate_vector(session.model, without, vector, scales, setting.layers)

    def _send_animation(self, action: _Action) -> None:
        """Let the browser save the last edit, or a vector's sweep, as a GIF."""
        if action.kind == "sweep":
            self._check_there(action.name)
            name, animation = f"{action.name}.gif", self._sweep(action.name)
        else:
            name, animation = "edit.gif", animate_edit(self._recorder.frames())
        self._download(action.view, name, animation.encoded(".gif"), "image/gif")
        self._word = self._text("Saved as {name}.", name=name)

    def _travel(self, action: _Action) -> None:
        """Go to another place of the history: back or forward by what was done in one go, or anywhere."""
        session, history = self.session, self.session.history
        if action.kind == "discard" and not self._pending:
            self._word = self._text("No edit waits to be accepted or discarded.")
            return
        before = history.entry
        if action.kind == "visit":
            assert action.entry is not None
            target = action.entry
        else:
            target = history.before_group() if action.kind in ("undo", "discard") else history.after_group()
        session.visit(target)
        self._numbers, self._pending = {}, False
        done, nothing = _TRAVEL_WORDS[action.kind]
        word = nothing if history.entry is before else done
        self._word = self._text(word, name=repr(self._title(target)))
        if self._panel.take(history.entry.note):
            self.view.publish(**self._shown_vectors())
        self._publish()

    def _title(self, entry: int) -> str:
        history = self.session.history
        found = history.find(entry)
        return found.name or history_strip.title(history, found, self.labels, self._text)

    def _strip(self) -> list[dict[str, Any]]:
        return history_strip.strip(self.session.history, self.labels, self._text)

    def _send_thumbs(self) -> None:
        """Give the browser the pictures of the history that it lacks, the newest first; not while something waits."""
        if self._inbox:
            return
        with self.session.lock:
            wanted = [node["id"] for node in self.view.history if node["id"] not in self._thumbs_sent][-_THUMBS:]
            pictures = [encoding.thumbnail(self.session.picture_at(id)[0]) for id in wanted]
        if wanted:
            self._thumbs_sent.update(wanted)
            self.view.send({"kind": "thumbs", "entries": wanted}, buffers=pictures)

    def _keep_tools(self) -> None:
        tools = {name: getattr(self.view, name) for name in editor_journal.TOOLS}
        if tools != self._tools_kept:
            self._tools_kept = tools
            editor_journal.keep_tools(self.session, tools)

    def _settings(self) -> dict[str, Any]:
        config = getattr(self.session, "config", None) or EditConfig()
        description = described(config) or {"preset": ""}
        return {"preset": description["preset"], **{name: getattr(config, name) for name in _SETTINGS}}

    def _text(self, text: str, **values: Any) -> str:
        return translated(self.language, text, **values)

    def _painted(self, action: _Action) -> np.ndarray:
        """The mask after a stroke or an operation."""
        before, rule = self.session.label_map, action.rule
        if action.operation is not None:
            return rule.operate(action.operation, before, self.labels)
        assert action.stroke is not None
        if action.kind == "erase":
            return rule.erase(action.stroke, self._original, before, self.labels)
        return rule.paint(action.stroke, before, self.labels)

    def _on_step(self, stamp: int, step: Any) -> None:
        losses = {name: float(getattr(step.losses, name)) for name in ("segmentation", "rgb", "perceptual", "prior")}
        self._image = step.image
        self._recorder.add(step.image)
        self._last_step = step.index
        if self._best is None or step.score > self._best.score:
            self._best = step
        self._numbers = {
            "step": step.index,
            "total": step.total,
            "losses": losses,
            "iou": float(step.iou),
            "eta": (step.total - step.index) * step.seconds / max(step.index, 1),
        }
        self._pacer.offer(stamp, (step.image, self._numbers))

    def _send_frame(self, seq: int, stamp: int, frame: tuple[np.ndarray, dict]) -> None:
        self.view.send_frame(seq, stamp, *frame)

    def _on_done(self, stamp: int, cancelled: bool) -> None:
        with self._lock:
            if not self._total and self._inbox:
                return  # the job that follows at once shows all of it
        if self._shown_only and not self._total:
            with self._lock:
                if not self._inbox and self.view.running:
                    self.view.publish(running=False, status=self._word)
            return
        if self._total:
            self._word = self._text("Done in {steps} steps.", steps=self._last_step)
            if cancelled:
                self._word = self._text(
                    "Stopped at step {step} of {total}; the best picture is kept.",
                    step=self._last_step,
                    total=self._total,
                )
            more = ""
            if self._refines:
                more = "" if self._best is not None else self._text("No step was better than the vectors alone.")
            elif self._best is None and self._last_step:
                more = self._text("No step came nearer to the painted parts: the picture is as before.")
            elif self._best is not None:
                more = self._text("Agreement with the painted parts: {share:.0%}.", share=float(self._best.iou))
            self._word = f"{self._word} {more}".strip()
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
        if len(text) > _LONGEST_ERROR:  # what came may be in it
            text = f"{text[: _LONGEST_ERROR // 2]} … {text[-_LONGEST_ERROR // 2 :]}"
        self.view.publish(error=text or kind)

    def _show_quality(self) -> None:
        self.view.publish(quality=self._quality.shown(self.session.history.entry.id))

    def _show_whole(self) -> None:
        """Bring the whole photo up to date once there is time."""

        def paste() -> None:
            if self.photo is not None and self.view.show_whole:
                self.view.publish(whole=whole_photo(self.photo))

        if self.photo is not None and self.view.show_whole:
            self._idle.ask("whole", paste)

    def _publish(self, picture: bool = True, **state: Any) -> None:
        """Bring canvas and view to what the session holds; `picture=False` leaves the picture as it is."""
        session = self.session
        with session.lock:
            label_map, region = session.label_map.copy(), session.region
            state.update(can_edit=session.can_edit, can_undo=session.can_undo, can_redo=session.can_redo)
            state["pending"] = session.strength if self._pending else None
            state["history"] = self._strip()
            if picture:
                self._image = session.image
                state["image"] = encoding.still(self._image)
                self._show_whole()
            state["quality"] = self._quality.shown(session.history.entry.id)
        self.canvas.store(self._image, label_map)
        state["mask"] = encoding.packed(label_map)
        state["region"] = b"" if region is None else encoding.packed(region)
        self.view.publish(**state)
        self._send_thumbs()


def _made(action: _Action) -> dict[str, Any]:
    """What the history says of something painted."""
    if action.kind == "paint" and action.stroke is not None and action.rule == PaintRule():
        stroke = {name: value for name, value in vars(action.stroke).items() if value is not None}
        return {"do": "paint", "stroke": {**stroke, "points": [list(point) for point in action.stroke.points]}}
    tool = {"paint": "brush", "erase": "eraser"}.get(action.kind, action.tool or "operation")
    part = action.part if action.stroke is None else action.stroke.label
    return {"do": "label_map", "tool": tool, **({"part": part} if action.kind != "erase" and part else {})}


def _whole(content: Mapping[str, Any], name: str) -> int:
    """A whole number of a message from the browser."""
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} is a whole number; got {str(value)[:40]!r}")
    return value


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


def _checked_row(row: Any, otherwise: int) -> int:
    if row is None:
        return otherwise
    if isinstance(row, bool) or not isinstance(row, int) or row < 0:
        raise ValueError(f"a row of the latent is a whole number from 0 up; got {row!r}")
    return row


def _checked_strength(strength: Any) -> float:
    number = isinstance(strength, (int, float, np.number)) and not isinstance(strength, bool)
    if not number or not 0 <= strength <= 2:
        raise ValueError(f"an edit's strength is a number from 0 to 2; got {strength!r}")
    return float(strength)


def _checked_entry(entry: Any) -> int:
    if isinstance(entry, bool) or not isinstance(entry, int):
        raise ValueError(f"an entry of the history is a whole number; got {entry!r}")
    return entry


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
