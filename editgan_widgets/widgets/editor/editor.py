"""Editor: the widget that combines canvas, tools, session and worker; paint on a part and the picture follows.

Its methods check their arguments and put a command into the inbox of the worker, the only thread that changes the
session (worker.py). Messages of the browser become commands in the same inbox (messages.py).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from editgan_widgets.documents.session import EditSession
from editgan_widgets.documents.session_view import model_sized
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.masks.part_operations import Operation
from editgan_widgets.masks.strokes import Stroke, check_stroke, covered
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.palettes import recoloured
from editgan_widgets.scalars import Flag, Real, Whole, flag, plain, real, whole
from editgan_widgets.streaming import FramePacer
from editgan_widgets.widgets.core import encoding
from editgan_widgets.widgets.core.checked import checked_entry, checked_steps, checked_strength
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.core.deliveries import Deliveries
from editgan_widgets.widgets.core.facade import WidgetFacade
from editgan_widgets.widgets.core.idle_worker import IdleWorker
from editgan_widgets.widgets.core.inbox import Inbox
from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.core.strings import strings
from editgan_widgets.widgets.editor import journal as editor_journal
from editgan_widgets.widgets.editor.display_methods import DisplayMethods
from editgan_widgets.widgets.editor.document import Document
from editgan_widgets.widgets.editor.file_methods import FileMethods
from editgan_widgets.widgets.editor.messages import EditorMessages
from editgan_widgets.widgets.editor.quality_notes import PictureQuality
from editgan_widgets.widgets.editor.sample_shelf import SampleShelf, checked_sample
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.tool_outlines import ToolOutlines
from editgan_widgets.widgets.editor.tools.brush import Brush
from editgan_widgets.widgets.editor.tools.editing import Accept, RunEdit, SetStrength, TakeConfig, changed
from editgan_widgets.widgets.editor.tools.operation import ChangeMask, FromSample
from editgan_widgets.widgets.editor.tools.travel import CompareWith, Discard, Redo, Refresh, Rename, Undo, Visit
from editgan_widgets.widgets.editor.vector_methods import VectorMethods
from editgan_widgets.widgets.editor.vector_panel import VectorPanel
from editgan_widgets.widgets.editor.view import EditorView
from editgan_widgets.widgets.editor.worker import EditorWorker

_FPS = 6.0  # frames per second; on two cores without a GPU, each shown frame slows down the edit


class Editor(  # type: ignore[misc]  # Widget's `open` opens a channel to the page, which is the view's here
    DisplayMethods, VectorMethods, FileMethods, WidgetFacade
):
    """An editor of a portrait and its part mask. The last line of a notebook cell shows it.

    It is a widget and can be put into ipywidgets' containers: `VBox([editor, button])`, `Tab([editor])`. The page shows
    its `view`, whose model and layout it shares. `close` frees all its widgets. They are also freed when no variable
    refers to the editor and no cell shows it (widgets/core/shown.py).

    Args:
        session_or_model: an `EditSession`, or an `EditGAN` model to begin a session with.
        seed: with a model, the portrait's seed (default 0).
        truncation_psi: with a model, 0 is the mean face, 1 the full variety.
        source: with a model, the random generator of the seed: "torch", or "numpy" as in NVIDIA's `generate.py`.
        auto: edit as soon as a stroke ends.
        steps: optimisation steps of an edit.
        part: name or id of the part that is selected first; None selects the first one.
        locked: names or ids of parts that are not painted over until they are unlocked.
        vectors: edit vectors by name, each with a slider; None takes the library that ships with the model.
        journal: True writes a journal for `restore` in the user's folder of journals, a path in that new folder; False
            writes none.
        language: language of the texts, "en" or "zh" (simplified Chinese); errors are in English.
        palette: the parts' "own" colours, or "safe" ones for colour-blind users, if the domain has them.

    Methods for scripts: `do` executes any command of the tools; most commands have their own method: `paint`,
    `erase`, `operate`, `take_part`, `run`, `stop`, `undo`, `redo`, `visit`, `accept`, `discard`, `set_strength`,
    `lock`, `paint_over`, `hide`, `solo`, `show_mask`, `show_palette`, `tool_outline`, `apply_vectors`,
    `switch_vector`, `vector_layers`, `add_vector`, `load_direction`, `keep_vector`, `remove_vector`, `refine`,
    `open`, `new_portrait`, `divide`, `show_photo`, `save`, `save_mask`, `load_mask`, `save_script`,
    `save_animation`, `save_sweep`. All methods return immediately, except those that save or return something;
    `wait()` blocks until the work is done and raises its error.

    Raises TypeError for anything but a session or a model, UnknownLabelError for an unknown part, EditVectorError for
    vectors of another model.
    """

    def __init__(
        self,
        session_or_model: Any,
        *,
        seed: Whole | None = None,
        truncation_psi: Real = 0.7,
        source: str = "torch",
        auto: Flag = True,
        steps: Whole = 30,
        part: str | Whole | None = None,
        vectors: Mapping[str, EditVector] | None = None,
        locked: Iterable[str | Whole] = (),
        journal: Flag | str | Path = True,
        language: str = "en",
        palette: str = "own",
    ) -> None:
        session = _session_of(session_or_model, seed, truncation_psi, source)
        self.labels = session.model.labels
        self.language = language
        strings(language)  # raises an error for an unknown language
        given = _library_of(session.model) if vectors is None else dict(vectors)
        for vector in given.values():
            vector.check(session.model)
        self._panel = VectorPanel(given, () if vectors is None else given, session.history.entry.note)
        self._document = document = Document(session, self._panel, plain(journal), language)
        recoloured(self.labels, palette)  # raises an error if the parts do not have this palette
        self.canvas = PartCanvas(session.image, document.original, self.labels)
        first = next((label.id for label in self.labels if label.id), 0) if part is None else self.labels[part].id
        self.view = EditorView(
            self.canvas,
            label=first,
            language=language,
            auto=flag(auto, "auto"),
            steps=checked_steps(steps),
            size=max(3, session.image.shape[1] // 20),
            locked=sorted({self.labels[name].id for name in locked}),
            palette=palette,
        )
        # No widget or thread refers to the editor, so it is freed with its last user reference.
        view, inbox, deliveries = self.view, Inbox(), Deliveries()
        pacer = FramePacer(lambda seq, job, frame: view.send_frame(seq, job, *frame), fps=_FPS)
        self._idle = IdleWorker(lambda: worker.running, lambda error: screen.fail(error))
        self._screen = screen = Screen(document, view, self.canvas, inbox, self._idle)
        self._worker = worker = EditorWorker(document, screen, inbox, deliveries, pacer)
        self._outlines = ToolOutlines(screen.send_outline)
        shelf = SampleShelf(lambda: document.session.model, self._idle, lambda *message: view.send(*message))
        messages = EditorMessages(document, worker, screen, deliveries, pacer, self._outlines, shelf)
        self._show_as(view)
        view.publish(vector_rows=int(session.w_plus.shape[1]))
        screen.publish()
        screen.say("Choose a part, paint on either picture, and the portrait follows.")
        self.view.publish(status=screen.last_word())
        view.observe(lambda _change: screen.show_whole(), "show_whole")
        view.on_msg(messages.receive)
        worker.draw_vectors()

    @classmethod
    def restore(cls, journal: str | Path | None = None, model: Any = None, **options: Any) -> "Editor":
        """Restore an editor from its journal after the kernel ended: picture, parts, sliders, own vectors and history.

        Args:
            journal: folder of the journal (`editor.journal`); None takes the newest one of this working directory.
            model: an `EditGAN`; None loads the model that the journal names, if it ships with the package.
            options: arguments of Editor that replace the journal's values.

        Raises JournalError for a missing or broken journal, WrongModelError for a journal of another model.
        """
        found = editor_journal.restored(journal, model)
        library = _library_of(found.session.model)
        tools = {name: found.tools[name] for name in ("auto", "steps", "locked") if name in found.tools}
        editor = cls(found.session, **{"vectors": {**library, **found.vectors}, **tools, **options})
        editor._document.resume(found)
        editor._screen.quality.begin(found.photo)
        for name in set(editor_journal.TOOLS) & set(found.tools) - set(options):
            setattr(editor.view, name, found.tools[name])
        screen = editor._screen
        screen.publish()
        screen.say("Restored: everything is as it was.")
        editor.view.publish(status=screen.last_word())
        return editor

    def _preview(self) -> bytes:
        mask = self.canvas.labels.colorize(self.canvas.label_map)
        picture = model_sized(self.image, len(mask))
        return encoding.png(np.concatenate([picture, mask], axis=1))

    def __repr__(self) -> str:
        height, width = self.label_map.shape
        return f"Editor({width} x {height} px, {len(self.labels)} parts, {'running' if self.running else 'idle'})"

    @property
    def journal(self) -> Path | None:
        """Folder of the journal, for `restore`; None if none is written."""
        return self._document.journal

    @property
    def notice(self) -> str:
        """The note that the history is not saved, with the reason; empty if it is saved or no journal is written."""
        return self.view.notice

    @property
    def running(self) -> bool:
        """True while a command is executed or queued."""
        return self._worker.running

    @property
    def error(self) -> str:
        """The message in the error box; empty if there is none."""
        return self.view.error

    def paint(self, stroke: Stroke, run: Flag | None = None, mirror: Flag = False) -> None:
        """Paint a stroke. An edit follows if `run` is True, or if `run` is None and the editor's switch is on.

        With `mirror`, its reflection at the picture's middle is painted too, as the part of the other side if there is
        one. Raises UnknownLabelError or StrokeError immediately; a running edit then continues.
        """
        self._check(stroke)
        self._worker.ask(_brush("brush", stroke, self._as_the_view_says(run, mirror)))

    def erase(self, stroke: Stroke, run: Flag | None = None, mirror: Flag = False) -> None:
        """Restore the original parts under a stroke, whose label is ignored. Raises StrokeError immediately."""
        self._check(stroke)
        self._worker.ask(_brush("eraser", stroke, self._as_the_view_says(run, mirror)))

    def operate(self, operation: Operation, run: Flag | None = None, mirror: Flag = False) -> None:
        """Change the mask by a part operation, a fill, lasso or push (masks/part_operations.py, fills.py, warp.py).

        `run` and `mirror` as in `paint`. If the operation raises an error, the mask is unchanged and `wait` raises it.
        """
        if not callable(operation):
            raise TypeError(
                f"an operation takes a label map and its LabelSet, such as grow('hair', 2); got {operation!r}"
            )
        self._worker.ask(ChangeMask(operation=operation, **self._as_the_view_says(run, mirror)))

    def take_part(
        self,
        part: str | Whole,
        seed: Whole,
        truncation_psi: Real = 0.7,
        run: Flag | None = None,
        source: str = "torch",
    ) -> None:
        """Give a part the shape that it has in the portrait of another seed; locks and `run` as in `paint`.

        Raises immediately: ValueError for an invalid seed, psi or source (see `new_portrait`), UnknownLabelError. If
        that portrait does not show the part, an error is shown and raised by `wait`, and the mask is unchanged.
        """
        label = self.labels[part].id
        checked_sample(seed, truncation_psi, source)
        how = self._as_the_view_says(run, mirror=False)
        self._worker.ask(
            FromSample(label=label, seed=whole(seed, "seed"), psi=real(truncation_psi, "psi"), source=source, **how)
        )

    def run(self, steps: Whole | None = None, blocking: Flag = False) -> None:
        """Optimise the picture towards the painted mask. With `blocking`, wait for the end, as `wait` does.

        Ctrl+C while waiting stops the edit, like `stop`.
        """
        self._worker.ask(RunEdit(steps=self.view.steps if steps is None else checked_steps(steps)))
        if blocking:
            self._wait_or_stop()

    def undo(self) -> None:
        """Undo the last stroke and its edit: picture, mask and latent. A running edit is stopped first."""
        self._worker.ask(Undo())

    def redo(self) -> None:
        """Redo the last undone action, along the branch that was visited last."""
        self._worker.ask(Redo())

    def visit(self, entry: Whole) -> None:
        """Go to an entry of `session.history`, on any branch. Raises HistoryError for an unknown entry."""
        self._worker.ask(Visit(entry=checked_entry(entry)))

    def rename(self, entry: Whole, name: str) -> None:
        """Name an entry of the history; an empty name restores the automatic title. Raises HistoryError."""
        self._worker.ask(Rename(entry=checked_entry(entry), name=name))

    def compare_with(self, entry: Whole | None = None) -> None:
        """Set the history entry that Compare shows; None: the picture before all edits. Raises HistoryError."""
        self._worker.ask(CompareWith(entry=None if entry is None else checked_entry(entry)))

    @property
    def pending(self) -> bool:
        """True if the last edit was neither accepted nor discarded; the next action accepts it."""
        return self._document.pending

    def accept(self) -> None:
        """Accept the last edit."""
        self._worker.ask(Accept())

    def discard(self) -> None:
        """Undo the last edit and the painting for it; they stay in the history as a branch."""
        self._worker.ask(Discard())

    def set_strength(self, strength: Real) -> None:
        """Scale the pending edit: 0 none, 1 as optimised, at most 2. Raises ValueError for a value out of range."""
        self._worker.ask(SetStrength(strength=checked_strength(strength)))

    def configure(self, preset: str | None = None, **settings: Any) -> None:
        """Set how further edits are optimised: a preset's name, and settings of EditConfig that differ from it.

        `configure()` restores the defaults. Raises ValueError for an unknown preset, an unknown setting or a value out
        of range; the settings are then unchanged.
        """
        given = {name: plain(value) for name, value in settings.items()}
        config = changed(EditConfig.preset("default" if preset is None else preset), given)
        self._worker.ask(TakeConfig(config=config))
        if "steps" in settings:
            self.view.steps = checked_steps(settings["steps"])

    def do(self, command: Command, blocking: Flag = False) -> None:
        """Execute a command of widgets/editor/tools, such as `Drag(points=[(40, 50, 44, 50)])`.

        `blocking` as in `run`. Raises the errors of the command's `check` immediately.
        """
        self._worker.ask(command)
        if blocking:
            self._wait_or_stop()

    @property
    def quality(self) -> PictureQuality:
        """Quality of the photo's embedding and of the last edit; a photo is judged when the editor is idle."""
        return self._screen.quality.of(self.session.history.entry.id)

    def refresh(self) -> None:
        """Show the session after it was changed outside this editor.

        The sliders return to 0, and `undo` follows the session's own history.
        """
        self._worker.ask(Refresh())

    def dismiss(self) -> None:
        """Close the error box."""
        self._screen.dismiss()

    def close(self) -> None:
        """End the worker and remove all its widgets. Failed writes of the journal are retried once."""
        super().close()

    def _end(self, timeout: float) -> None:
        super()._end(timeout)
        self._screen.closed = True
        self._worker.close(timeout)
        self._outlines.close(timeout)
        self._idle.close()
        self.view.close()
        self.canvas.close()
        self._document.close()

    def _check(self, stroke: Stroke) -> None:
        check_stroke(stroke)
        covered(stroke, self.label_map.shape)


def _brush(tool: Literal["brush", "eraser"], stroke: Stroke, how: Mapping[str, Any]) -> Brush:
    """The command of a stroke from Python, whose numbers are already checked."""
    given: dict[str, Any] = vars(stroke)
    return Brush(tool=tool, **{**given, "points": list(stroke.points)}, **how)


def _library_of(model: Any) -> dict[str, EditVector]:
    """The edit vectors that ship with the model; empty if it has no library."""
    if not isinstance(model, EditGAN):
        return {}
    try:
        return load_vectors(model)
    except EditVectorError:
        return {}


def _session_of(given: Any, seed: Whole | None, truncation_psi: Real, source: str) -> Any:
    if isinstance(given, EditGAN):
        begun = 0 if seed is None else seed
        return EditSession.from_seed(given, begun, truncation_psi, source=source)
    if not isinstance(given, EditSession):
        raise TypeError(
            f"Editor takes an EditSession or an EditGAN model; got {type(given).__name__}. "
            'Make one with load_model("portraits") or EditSession.from_seed(model, seed=4)'
        )
    if seed is not None:
        raise TypeError("Editor got a session and a seed; a session already has a portrait: give a model with a seed")
    return given
