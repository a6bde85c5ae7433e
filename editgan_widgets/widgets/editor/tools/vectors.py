"""Edit vectors: sliders, switches and rows; keep, remove and refine vectors; save a sweep."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta
from torch import Tensor

from editgan_widgets.documents.animation import Animation, animate_vector
from editgan_widgets.documents.session import SessionError
from editgan_widgets.latent.directions.edit_vector import EditVector, layer_weights
from editgan_widgets.latent.directions.vector_settings import VectorSetting
from editgan_widgets.latent.directions.vector_stack import summed
from editgan_widgets.latent.optimize import EditStep
from editgan_widgets.scalars import Real
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.core.computing import few_threads
from editgan_widgets.widgets.editor import journal as editor_journal
from editgan_widgets.widgets.editor.commands import Download, Flag, Steps, Text
from editgan_widgets.widgets.editor.document import Document, Outcome, Run
from editgan_widgets.widgets.editor.vector_panel import MOST_SCALE

_LONGEST_NAME = 60  # characters
Name = Annotated[str, Meta(title="a vector's name", description="is a text: there is no vector of another name")]
Scale = Annotated[
    float,
    Meta(
        ge=-MOST_SCALE,
        le=MOST_SCALE,
        title="a vector's scale",
        description=f"is a number from {-MOST_SCALE} to {MOST_SCALE}",
    ),
]
Row = Annotated[int, Meta(ge=0, title="a row of the latent", description="is a whole number from 0 up")]


class Vectors(Command, frozen=True, kw_only=True):
    """Set the scales of vectors, -4 to 4; `live` (while a slider moves) only shows the result."""

    scales: Annotated[
        dict[str, Scale],
        Meta(title="scales", description="are a mapping of vectors' names to numbers from -4.0 to 4.0"),
    ]
    live: Flag = False

    def settings(self, document: Document) -> dict[str, VectorSetting]:
        """The new settings of the vectors."""
        changes = {name: {"scale": float(scale), "on": True} for name, scale in self.scales.items()}
        return document.panel.changed(changes)

    def check(self, document: Document) -> None:
        """Raise ValueError for a vector that does not exist."""
        for name in self.scales:
            document.panel.check_there(name)

    def passes(self, document: Document) -> bool:
        """True if the command only shows something."""
        return self.live

    def keeps_picture(self, document: Document) -> bool:
        """True if all sliders are at their positions before the movement."""
        return not document.panel.parts(self.settings(document))


class Switch(Command, frozen=True, kw_only=True):
    """Switch a vector off or on."""

    name: Name
    on: Flag = True

    def settings(self, document: Document) -> dict[str, VectorSetting]:
        """The new settings of the vector."""
        return document.panel.changed({self.name: {"on": self.on}})

    def keeps_picture(self, document: Document) -> bool:
        """True if the vector has no effect before and after."""
        return not document.panel.parts(self.settings(document))

    def check(self, document: Document) -> None:
        """Raise ValueError for a vector that does not exist."""
        document.panel.check_there(self.name)


class Rows(Command, frozen=True, kw_only=True, tag="layers"):
    """Restrict a vector to the rows `first` to `last`; without them it moves all of its rows."""

    name: Name
    first: Row | None = None
    last: Row | None = None

    def layers(self, document: Document) -> tuple[int, int] | None:
        """First row and one past the last; None for all."""
        rows = document.panel.vectors[self.name].delta_w_plus.shape[0]
        if self.first is None and self.last is None:
            return None
        return self.first or 0, (rows - 1 if self.last is None else self.last) + 1

    def settings(self, document: Document) -> dict[str, VectorSetting]:
        """The new settings of the vector."""
        return document.panel.changed({self.name: {"layers": self.layers(document)}})

    def keeps_picture(self, document: Document) -> bool:
        """True if the vector has no effect, or moves the same rows as before."""
        return not document.panel.parts(self.settings(document))

    def check(self, document: Document) -> None:
        """Raise ValueError for a vector that does not exist, EditVectorError for rows that do not exist."""
        document.panel.check_there(self.name)
        layers = self.layers(document)
        if layers is not None:
            layer_weights(layers, document.panel.vectors[self.name].delta_w_plus.shape[0])


class Keep(Command, frozen=True, kw_only=True):
    """Keep all edits so far as a vector with a name."""

    name: Text

    def check(self, document: Document) -> None:
        """Raise ValueError for an empty name or one in use."""
        if not self.name.strip() or len(self.name) > _LONGEST_NAME:
            raise ValueError(f"a vector's name has 1 to {_LONGEST_NAME} characters; got {self.name[:80]!r}")
        document.panel.check_free(self.name.strip())


class Remove(Command, frozen=True, kw_only=True):
    """Remove one of the user's vectors, its effect and its slider."""

    name: Name

    def check(self, document: Document) -> None:
        """Raise ValueError for a vector that does not exist or that ships with the model."""
        document.panel.check_there(self.name)
        if self.name not in document.panel.own:
            raise ValueError(f"{self.name!r} is in the model's library; only your own vectors can be removed")


class Refine(Command, frozen=True, kw_only=True):
    """Refine the picture after vectors were applied."""

    runs: ClassVar = True

    steps: Steps


class Sweep(Command, frozen=True, kw_only=True):
    """Save a vector's sweep as a GIF."""

    waits: ClassVar = True

    name: Name
    view: Text = ""

    def check(self, document: Document) -> None:
        """Raise ValueError for a vector that does not exist."""
        document.panel.check_there(self.name)


def move(document: Document, command: Vectors) -> Outcome:
    """Apply the sliders' scales."""
    return _set(document, command.settings(document), "")


def switch(document: Document, command: Switch) -> Outcome:
    """Switch a vector off or on."""
    return _set(document, command.settings(document), "switch")


def choose_rows(document: Document, command: Rows) -> Outcome:
    """Restrict a vector to rows."""
    return _set(document, command.settings(document), "layers")


def remove(document: Document, command: Remove) -> Outcome:
    """Remove one of the user's vectors."""
    name, panel = command.name, document.panel
    panel.check_there(name)  # an earlier command may have removed it
    _set(document, {name: VectorSetting()}, "remove")
    panel.remove(name)
    editor_journal.drop_vector(document.session, name)
    document.session.history.annotate(**panel.note())
    return Outcome(document.text("Removed {name}.", name=repr(name)))


def keep(document: Document, command: Keep) -> Outcome:
    """Make a vector of all edits so far; its slider is at 1."""
    name, panel = command.name.strip(), document.panel
    panel.check_free(name)  # an earlier command may have used the name
    vector = document.session.edit_vector(name, preview=True)
    panel.add(vector)
    panel.reset()
    panel.put({name: VectorSetting(1.0)})
    document.session.history.annotate(**panel.note())
    editor_journal.keep_vector(document.session, vector)
    return Outcome(
        document.text(
            "Kept as {name}. Its slider is at 1; editor.vectors[{name}].save(FILE) saves it.", name=repr(name)
        )
    )


def refine(document: Document, command: Refine) -> Outcome:
    """Start a refinement."""

    def kept(step: EditStep) -> str:
        return "" if step.index else fruitless

    fruitless = document.text("Refining could not improve the picture. It is unchanged.")
    begins = document.text("Refining, {steps} steps …", steps=command.steps)
    return Outcome(run=Run(command.steps, lambda *_: _refining(document, command.steps), begins, kept, fruitless))


def save_sweep(document: Document, command: Sweep) -> Outcome:
    """The sweep as a GIF file."""
    name = f"{command.name}.gif"
    content = sweep(document, command.name).encoded(".gif")
    return Outcome(document.text("Saved as {name}.", name=name), files=(Download(name, content, "image/gif"),))


def at_scales(document: Document, command: Vectors) -> Tensor:
    """Latent at other scales."""
    session, panel = document.session, document.panel
    w_plus = session.w_plus
    for vector, change, layers in panel.parts(command.settings(document)):
        w_plus = vector.apply(w_plus, change, session.model, layers=layers)
    return w_plus


def follow_history(document: Document) -> None:
    """Set the sliders to their values at the present history entry; sliders of removed vectors return or disappear."""
    panel, before = document.panel, document.panel.vectors
    if not panel.take(document.session.history.entry.note):
        return
    for name in before.keys() - panel.vectors.keys():
        editor_journal.drop_vector(document.session, name)
    for name in panel.vectors.keys() - before.keys():
        editor_journal.keep_vector(document.session, panel.vectors[name])


def sweep(document: Document, name: str, scales: Iterable[Real] | None = None) -> Animation:
    """Frames of a vector's scale going up, down and back on the present picture."""
    session, setting, vector = document.session, document.panel.setting(name), document.panel.vectors[name]
    with few_threads(), session.lock:
        without = vector.apply(session.w_plus, -setting.effect, session.model, layers=setting.layers)
        return animate_vector(session.model, without, vector, scales, setting.layers, picture=document.shown.preview)


def draw_missing(document: Document, stop: Callable[[], bool]) -> bool:
    """Draw missing thumbnails of vectors until `stop()` is True. Returns True if one was drawn."""
    session = document.session

    def draw(vector: EditVector) -> np.ndarray:
        with few_threads():
            return document.shown.preview(vector.apply(session.origin, 1.0, session.model))

    return document.panel.draw_missing(draw, stop)


def _refining(document: Document, steps: int) -> Iterator[EditStep]:
    """Refine the change that the vectors made: start from the latent without them, and apply them as one vector."""
    session, active = document.session, document.panel.active
    if not active:
        raise SessionError("nothing to refine: no vector is applied; move a slider first")
    vector, began = summed(active, "sliders"), session.history.entry.id
    try:
        session.go_to(vector.apply(session.w_plus, -1, session.model), vector.labels)
        return session.refine(vector, steps)
    except BaseException:
        session.visit(began)
        raise


def _set(document: Document, settings: Mapping[str, VectorSetting], how: str) -> Outcome:
    """Apply settings of vectors. `how` names the action; consecutive moves of a slider are one undo step."""
    session, panel, history = document.session, document.panel, document.session.history
    parts = panel.parts(settings)
    if not parts:
        panel.put(settings)
        history.annotate(**panel.note())
        return Outcome()
    given_up = session.painted.any()
    moved = None if how else sorted({vector.name for vector, _, _ in parts})
    last = history.entry
    on = last.made["do"] == "vector" and moved and last.note.get("moved") == moved and not history.can_redo
    with history.grouped(last.group if on else None):  # the same slider was moved again
        session.apply_vector(summed(parts, "sliders"))
    panel.put(settings)
    history.annotate(**panel.note(), moved=moved)
    shown = ", ".join(f"{document.text(name)} {scale:+g}" for name, scale in panel.scales.items())
    said = document.text("No vector is applied.")
    if shown:
        said = document.text("Applied vectors: {shown}.", shown=shown)
    if given_up:
        said += " " + document.text("Strokes without an edit are discarded; Undo brings them back.")
    return Outcome(said)


HANDLERS = {
    Vectors: move,
    Switch: switch,
    Rows: choose_rows,
    Keep: keep,
    Remove: remove,
    Refine: refine,
    Sweep: save_sweep,
}
PREVIEWS = {Vectors: at_scales}
