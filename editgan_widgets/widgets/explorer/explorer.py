"""VectorExplorer: effects of edit vectors in linked views: where they act, how strongly, and what leaks.

The worker computes results of `editgan_widgets.analysis` (tasks.py); the page draws their numbers. Each result is
available in Python: `explorer.results["effect map"]`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

import numpy as np
from ipywidgets import VBox

from editgan_widgets.analysis.arguments import attributes_read, reader_of
from editgan_widgets.analysis.attributes import compared_attributes
from editgan_widgets.analysis.results import Result, Results
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.documents.session import EditSession
from editgan_widgets.domains.registry import judges_of
from editgan_widgets.files import write_bytes
from editgan_widgets.latent.directions.arguments import one_model
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Real, Whole, real, shown, whole
from editgan_widgets.widgets.core import encoding
from editgan_widgets.widgets.core.commands import checked
from editgan_widgets.widgets.core.loop_widget import LoopWidget
from editgan_widgets.widgets.editor.editor import Editor
from editgan_widgets.widgets.explorer.actions import Actions, files_of, known, result_of
from editgan_widgets.widgets.explorer.commands import (
    COMMANDS,
    MOST_SEEDS,
    Choose,
    Discard,
    Keep,
    MeasureAll,
    Orthogonalise,
    SetSeeds,
    SetStrength,
)
from editgan_widgets.widgets.explorer.document import RESULTS, Document
from editgan_widgets.widgets.explorer.loop import ExplorerLoop
from editgan_widgets.widgets.explorer.snapshot import snapshot
from editgan_widgets.widgets.explorer.tasks import Tasks
from editgan_widgets.widgets.explorer.view import ExplorerView

PORTRAITS = range(50_000, 50_020)


class VectorExplorer(LoopWidget):
    """A table of edit vectors and linked views of the chosen one. Shows itself as the last line of a notebook cell.

    Args:
        model: an `EditGAN`.
        vectors: edit vectors, by name or as a list, or one vector; None takes the library that ships with the model.
        seeds: portraits of the strip, 1 to 8.
        read: attributes of pictures (`attributes_of`, `by_picture`); None takes those that the judge of the model's
            domain reads well (`compared_attributes`). Without any, success, leakage and curves are left out.
        portraits: seeds of the portraits that are measured after those of the strip; those that a vector was learned
            on do not count for its success.
        truncation_psi: truncation of all portraits, 0 to 2.
        language: language of the page, "en" or "zh" (simplified Chinese); results and errors are in English.

    The table is measured while nothing else runs. All methods return immediately, except `wait`, `save` and those
    that return something; `wait()` raises the error of a failed action. Raises EditVectorError for no
    vectors, one of zeros, or one of another model, ValueError for a `read` that fails on two portraits.
    """

    def __init__(
        self,
        model: EditGAN,
        vectors: Mapping[str, EditVector] | Iterable[EditVector] | EditVector | None = None,
        seeds: Iterable[Whole] = range(4),
        *,
        read: Read | None = None,
        portraits: Iterable[Whole] = PORTRAITS,
        truncation_psi: Real = 0.7,
        language: str = "en",
    ) -> None:
        given = _checked_vectors(one_model(model), vectors)
        strip, others = _checked_strip(seeds), _checked_seeds(portraits, "portraits")
        psi = real(truncation_psi, "truncation_psi", least=0, most=2)
        if read is not None:
            attributes_read(model, read := reader_of(read))
        elif judges_of(model).factors is not None:
            read = reader_of(compared_attributes(model))
        tasks = Tasks(model, read, tuple(dict.fromkeys((*strip, *others))), psi)
        first = next(iter(given))
        document = Document(given, first, strip, strip[0], tasks.picture(given[first], strip[0], 1.0))
        height, width = document.picture.shape[:2]
        self.view = view = ExplorerView(language, width=width, height=height, attributes=read is not None)
        self._slot = slot = VBox()  # holds an editor below the explorer
        self._box = VBox([view, slot])
        # No widget or thread refers to the explorer, so it is freed with its last user reference.
        actions = Actions(
            tasks, lambda *message: view.send(*message), lambda shown: _show_editor(slot, model, shown, psi)
        )
        self._model, self._psi, self._tasks = model, psi, tasks
        self._loop = ExplorerLoop(view, document, COMMANDS, actions.apply, snapshot, model=model)
        self._show_as(self._box)
        self._loop.ask(Choose(name=first))

    def _preview(self) -> bytes:
        return encoding.png(self._document.picture)

    def __repr__(self) -> str:
        return f"VectorExplorer({len(self.vectors)} vectors, {self.chosen!r} chosen)"

    @property
    def _document(self) -> Document:
        return self._loop.document

    # ---- what is shown

    @property
    def vectors(self) -> dict[str, EditVector]:
        """All vectors by name, also drafts and those that were kept here."""
        return dict(self._document.vectors)

    @property
    def chosen(self) -> str:
        """Name of the chosen vector."""
        return self._document.chosen

    @property
    def second(self) -> str | None:
        """Name of the vector that the chosen one is compared with."""
        return self._document.second

    @property
    def vector(self) -> EditVector:
        """The chosen vector."""
        return self._document.vector

    @property
    def strength(self) -> float:
        """Strength of the chosen vector in the large picture."""
        return self._document.strength

    @property
    def image(self) -> np.ndarray:
        """The large picture, uint8 `[H, W, 3]`."""
        return self._document.picture

    @property
    def results(self) -> Results[Result]:
        """Results in view, by name, as far as they are computed: those of RESULTS.

        "vectors" is the table. "effect map", "attribute curves", "row norms", "leakage", "transfer rate", "safe
        strength" and "strip" are of the chosen vector, "cosines" of all, "interaction" of the two chosen ones.
        """
        return Results(self._document.shown)

    # ---- what can be done

    def choose(self, name: str, second: str | None = None) -> None:
        """Choose a vector, and a second one to compare it with. Raises ValueError for an unknown name."""
        for one in (name,) if second is None else (name, second):
            known(self._document, one)
        self._loop.ask(Choose(name=name, second=second))

    def set_strength(self, strength: Real) -> None:
        """Show the large picture at a strength, -4 to 4. Raises ValueError for another one."""
        self._loop.ask(checked(SetStrength, {"strength": real(strength, "strength")}))

    def set_seeds(self, *seeds: Whole) -> None:
        """Set the seeds of the strip's portraits. Raises ValueError for none, too many, or invalid seeds."""
        self._loop.ask(SetSeeds(seeds=list(_checked_strip(seeds))))

    def orthogonalise(self, metric: Literal["plain", "covariance"] = "plain") -> None:
        """Make a draft of the chosen vector that is orthogonal to the second one, and choose it.

        `metric` as in `analysis.orthogonalise`. `keep` keeps the draft under a name.
        """
        self._loop.ask(checked(Orthogonalise, {"metric": metric}))

    def keep(self, name: str) -> None:
        """Keep the chosen vector as a new one: a draft takes the name, another one is copied."""
        self._loop.ask(checked(Keep, {"name": name}))

    def discard(self, name: str) -> None:
        """Remove a draft, or a vector that was kept here."""
        self._loop.ask(checked(Discard, {"name": name}))

    def measure_all(self) -> None:
        """Measure what is missing in the table, after `stop`."""
        self._loop.ask(MeasureAll())

    def sort(self, by: str = "", descending: bool = False) -> None:
        """Sort the table by "vector", "norm", "success", "leakage" or "safe"; "" is the order in which they were given.

        Raises ValueError for another column.
        """
        names = self.view.traits()["sort_by"].values  # type: ignore[attr-defined]
        if by not in names:
            raise ValueError(f"the table is sorted by one of {', '.join(map(repr, names))}; got {by!r}")
        self.view.sort_by, self.view.descending = by, bool(descending)

    def open_in_editor(self) -> Editor:
        """Return an editor on the portrait in view, with all vectors, the chosen one at its strength.

        As the last line of a cell it shows itself. The button on the page shows one below the explorer.
        """
        return _editor(self._model, self._document, self._psi)

    def save(self, result: str, path: str | Path) -> None:
        """Write a result in view as .csv or .png. Raises ValueError for another result or ending, or OSError."""
        found, path = result_of(self._document, result), Path(path)
        if path.suffix not in (".csv", ".png"):
            raise ValueError(f"a result is written as .csv or .png; got {path.name!r}")
        write_bytes(path, found.csv().encode() if path.suffix == ".csv" else found.png())

    def save_all(self, folder: str | Path) -> list[Path]:
        """Write all results in view as .csv and .png into a folder, which is created if needed; returns their paths."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, content in files_of(self._document):
            paths.append(folder / name)
            write_bytes(paths[-1], content)
        return paths

    def _end(self, timeout: float) -> None:
        super()._end(timeout)
        self._tasks.close()
        _close_editors(self._slot)
        for widget in (self.view, self._slot, self._box):
            layout = widget.layout
            widget.close()
            if layout is not None:
                layout.close()


def _checked_vectors(
    model: EditGAN, vectors: Mapping[str, EditVector] | Iterable[EditVector] | EditVector | None
) -> dict[str, EditVector]:
    """Vectors by name, renamed to their keys."""
    if vectors is None:
        vectors = load_vectors(model)
    if isinstance(vectors, EditVector):
        vectors = [vectors]
    if isinstance(vectors, str) or not isinstance(vectors, Iterable):
        raise EditVectorError(f"vectors must be edit vectors, by name or as a list; got {shown(vectors)}")
    named = dict(cast(Mapping[str, EditVector], vectors)) if isinstance(vectors, Mapping) else None
    pairs = [(None, vector) for vector in vectors] if named is None else list(named.items())
    found: dict[str, EditVector] = {}
    for key, vector in pairs:
        if not isinstance(vector, EditVector):
            raise EditVectorError(f"vectors must be edit vectors (load_direction reads files); got {shown(vector)}")
        name = vector.name if key is None else key
        if name in found:
            raise EditVectorError(f"two edit vectors are named {name!r}; give them by name: {{'a': …, 'b': …}}")
        vector.check(model)
        if not vector.delta_w_plus.any():
            raise EditVectorError(f"edit vector {name!r} is zero everywhere; leave it out")
        found[name] = vector if vector.name == name else replace(vector, name=name)
    if not found:
        raise EditVectorError("no edit vector was given; give one or more, or None for those that ship with the model")
    return found


def _checked_seeds(seeds: Iterable[Whole], name: str = "seeds") -> tuple[int, ...]:
    if not isinstance(seeds, Iterable):
        raise ValueError(f"{name} must be a list of whole numbers; got {shown(seeds)}")
    return tuple(dict.fromkeys(whole(seed, "a seed", least=0) for seed in seeds))


def _checked_strip(seeds: Iterable[Whole]) -> tuple[int, ...]:
    found = _checked_seeds(seeds)
    if not 1 <= len(found) <= MOST_SEEDS:
        raise ValueError(f"the strip shows 1 to {MOST_SEEDS} portraits; got {len(found)} seeds")
    return found


def _editor(model: EditGAN, document: Document, psi: float) -> Editor:
    editor = Editor(EditSession.from_seed(model, document.seed, psi), vectors=document.vectors)
    if document.strength:
        editor.apply_vectors({document.chosen: document.strength})
    return editor


def _show_editor(slot: VBox, model: EditGAN, document: Document, psi: float) -> None:
    """Put an editor into the slot below the explorer, in place of an earlier one."""
    editor = _editor(model, document, psi)
    _close_editors(slot)
    slot.children = (editor,)


def _close_editors(slot: VBox) -> None:
    for child in slot.children:
        child.close()
    slot.children = ()


__all__ = ["RESULTS", "VectorExplorer"]
