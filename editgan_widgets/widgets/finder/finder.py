"""DirectionFinder: find directions in latent space by looking at them, name them, keep them as edit vectors."""

import os
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from editgan_widgets.analysis.arguments import attributes_read, reader_of
from editgan_widgets.analysis.attributes import compared_attributes
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.domains.registry import judges_of
from editgan_widgets.latent.directions.arguments import one_model
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generators.protocol import StyledGenerator
from editgan_widgets.scalars import Real, Whole, real, shown, whole
from editgan_widgets.widgets.core import encoding
from editgan_widgets.widgets.core.commands import Command, checked
from editgan_widgets.widgets.core.loop import Loop
from editgan_widgets.widgets.core.loop_widget import LoopWidget
from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.finder.actions import Actions
from editgan_widgets.widgets.finder.commands import (
    COMMANDS,
    Drop,
    Find,
    Forget,
    Keep,
    Learn,
    Move,
    Sample,
    SetPortrait,
    SetRows,
)
from editgan_widgets.widgets.finder.document import STRENGTHS, Direction, Document
from editgan_widgets.widgets.finder.snapshot import snapshot
from editgan_widgets.widgets.finder.view import FinderView


class DirectionFinder(LoopWidget):
    """Directions of a model as rows of pictures with sliders. Shows itself as the last line of a notebook cell.

    Two ways lead to a direction: `find` takes those of SeFa, GANSpace or StyleSpace, which need no labels; `sample`,
    `mark` and `learn` take a few portraits marked + or − (a boundary as in InterFaceGAN). `keep` makes it an edit
    vector in `kept`.

    Args:
        model: an `EditGAN`.
        seed: seed of the portrait that directions are shown on.
        read: attributes of pictures (`attributes_of`, `by_picture`), which say what a direction changes; None takes
            `compared_attributes(model)`, as `find_directions` does, if the model's domain has a judge.
        folder: folder where each kept vector is also saved as a file; None saves none.
        truncation_psi: truncation of all portraits, 0 to 2.
        language: language of the page, "en" or "zh" (simplified Chinese); errors are in English.

    The methods wait until they are done, and raise what went wrong; Ctrl+C stops them.
    """

    def __init__(
        self,
        model: EditGAN,
        seed: Whole = 0,
        *,
        read: Read | None = None,
        folder: str | os.PathLike[str] | None = None,
        truncation_psi: Real = 0.7,
        language: str = "en",
    ) -> None:
        one_model(model)
        first, psi = whole(seed, "seed", least=0), real(truncation_psi, "truncation_psi", least=0, most=2)
        if read is not None:
            attributes_read(model, read := reader_of(read))
        elif judges_of(model).factors is not None:
            read = reader_of(compared_attributes(model))
        actions = Actions(model, read, psi, None if folder is None else Path(folder))
        document = Document(first, actions.picture(first))
        height, width = document.picture.shape[:2]
        nothing = np.zeros((height, width), np.uint8)
        styled = isinstance(model.generator, StyledGenerator)
        methods = ["sefa"] * styled + ["ganspace"] + ["stylespace"] * (styled and model.interpreter is not None)
        self._canvas = canvas = PartCanvas(document.picture, nothing, model.labels, opacity=0)
        self.view = view = FinderView(
            language, canvas=canvas, width=width, height=height, methods=methods, parts=[x.name for x in model.labels],
            row_count=model.generator.num_rows, strengths=list(STRENGTHS),
        )  # fmt: skip
        # No widget or thread refers to the finder, so it is freed with its last user reference.
        self._loop = _FinderLoop(
            view, document, COMMANDS, actions.apply, snapshot, actions.preview,
            lambda shown: canvas.store(shown.picture, nothing), model,
        )  # fmt: skip
        self._show_as(view)
        view.publish(status=view.strings.get(_BEGIN, _BEGIN))

    def _preview(self) -> bytes:
        return encoding.png(self.image)

    def __repr__(self) -> str:
        return f"DirectionFinder({len(self.directions)} directions, {len(self.kept)} kept)"

    # ---- what is shown

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The rows, from top to bottom: first those that were learned before the last search."""
        return self._loop.document.directions

    @property
    def kept(self) -> MappingProxyType[str, EditVector]:
        """Kept edit vectors by name; scale 1 is one standard deviation along the direction."""
        return MappingProxyType(dict(self._loop.document.kept))

    @property
    def image(self) -> np.ndarray:
        """The large picture, uint8 `[H, W, 3]`."""
        return self._loop.document.picture

    @property
    def samples(self) -> tuple[int, ...]:
        """Seeds of the portraits to mark."""
        return tuple(one.seed for one in self._loop.document.samples)

    @property
    def marks(self) -> dict[int, bool]:
        """Marked seeds: True for +, False for −."""
        return {int(seed): mark > 0 for seed, mark in self.view.marks.items()}

    # ---- what can be done

    def find(
        self,
        method: str = "sefa",
        count: Whole = 8,
        rows: tuple[Whole, Whole] | None = None,
        part: str | None = None,
    ) -> tuple[Direction, ...]:
        """Find directions in place of those of the last search; learned ones stay.

        Args:
            method: "sefa" (eigenvectors of the layers' maps), "ganspace" (principal components of W), or "stylespace"
                (style channels that act on one part).
            count: 1 to 24.
            rows: first and last row of w_plus that they move; None = all. SeFa looks at the maps of these rows only.
            part: name of a part, for "stylespace".
        """
        first, last = (None, None) if rows is None else (whole(row, "a row") for row in rows)
        given = {"method": method, "count": whole(count, "count"), "first": first, "last": last, "part": part}
        self._do(checked(Find, given))
        return self.directions

    def move(self, id: Whole, strength: Real) -> np.ndarray:
        """Show a direction at a strength, -4 to 4 standard deviations; returns the picture, uint8 `[H, W, 3]`."""
        self._do(checked(Move, {"direction": whole(id, "id"), "strength": real(strength, "strength")}))
        return self.image

    def set_rows(self, id: Whole, first: Whole, last: Whole) -> None:
        """Set the rows of w_plus that a direction moves, from the first to the last one."""
        given = {"direction": whole(id, "id"), "first": whole(first, "first"), "last": whole(last, "last")}
        self._do(checked(SetRows, given))

    def set_portrait(self, seed: Whole) -> None:
        """Show the directions on another portrait."""
        self._do(checked(SetPortrait, {"seed": whole(seed, "seed")}))

    def keep(self, id: Whole, name: str) -> EditVector:
        """Keep a direction under a name, as an edit vector of its rows; with a `folder` it is saved too."""
        self._do(checked(Keep, {"direction": whole(id, "id"), "name": name}))
        return self.kept[name.strip()]

    def forget(self, name: str) -> None:
        """Remove a kept vector; a file stays."""
        self._do(checked(Forget, {"name": name}))

    def drop(self, id: Whole) -> None:
        """Remove a direction."""
        self._do(checked(Drop, {"direction": whole(id, "id")}))

    def sample(self, count: Whole = 24) -> tuple[int, ...]:
        """Show more portraits to mark, 1 to 60; returns the seeds of all."""
        self._do(checked(Sample, {"count": whole(count, "count")}))
        return self.samples

    def mark(self, positive: Iterable[Whole] = (), negative: Iterable[Whole] = ()) -> None:
        """Mark portraits, by their seeds, as + and −; other marks stay.

        Raises ValueError for unknown seeds, and for a seed with both marks.
        """
        plus, minus = (_seeds(given, name) for given, name in ((positive, "positive"), (negative, "negative")))
        if both := sorted(set(plus) & set(minus)):
            raise ValueError(f"seed {both[0]} is among the positive and the negative ones; mark it + or \N{MINUS SIGN}")
        new = dict.fromkeys(plus, 1) | dict.fromkeys(minus, -1)
        if other := [seed for seed in new if seed not in self.samples]:
            raise ValueError(f"seed {other[0]} is not among the portraits to mark; `sample` shows some")
        self.view.marks = {**self.view.marks, **{str(seed): mark for seed, mark in new.items()}}

    def clear_marks(self) -> None:
        """Remove all marks."""
        self.view.marks = {}

    def learn(self, name: str) -> Direction:
        """Learn a direction from the marks; `boundary` of the result has its accuracy."""
        marks = self.marks
        positive, negative = ([seed for seed, mark in marks.items() if mark is sign] for sign in (True, False))
        self._do(checked(Learn, {"name": name, "positive": positive, "negative": negative}))
        return self.directions[-1]

    def _do(self, command: Command) -> None:
        self._loop.ask(command)
        try:
            self._loop.wait_or_raise()
        except KeyboardInterrupt:
            self.stop()
            raise

    def _end(self, timeout: float) -> None:
        super()._end(timeout)
        self.view.close()
        self._canvas.close()


_BEGIN = "Find directions, or mark portraits to learn one."


class _FinderLoop(Loop[Document]):
    """Says at the end of a computation what can be done next. An error ends all computations."""

    def show_end(self, stopped: bool, failed: bool) -> None:
        if failed:
            self.document = self.document.at_rest
        super().show_end(stopped, failed)

    def say_how_it_ended(self, cancelled: bool) -> None:
        if cancelled:
            self._reports.say("Stopped. What was found is kept.")
        elif self.document.task == "sample":
            self._reports.say("Mark portraits + and \N{MINUS SIGN}, then learn a direction from them.")
        elif self.document.directions:
            self._reports.say("Move a slider, or click a picture, to see a direction on the portrait.")
        else:
            self._reports.say("No direction was found; choose another part or other rows.")


def _seeds(given: Any, name: str) -> list[int]:
    if not isinstance(given, Iterable):
        raise ValueError(f"{name} are seeds of portraits, such as [3, 7]; got {shown(given)}")
    return [whole(seed, "a seed") for seed in given]
