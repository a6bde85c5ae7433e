"""Execution of the explorer's commands on its document."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from editgan_widgets.analysis.results import Result
from editgan_widgets.latent.directions.conditioning import orthogonalise
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.widgets.core.commands import Command, Stop
from editgan_widgets.widgets.core.loop import Outcome, Step
from editgan_widgets.widgets.explorer.commands import (
    Choose,
    Discard,
    Download,
    Keep,
    Look,
    MeasureAll,
    OpenEditor,
    Orthogonalise,
    SetSeeds,
    SetStrength,
)
from editgan_widgets.widgets.explorer.document import Document
from editgan_widgets.widgets.explorer.tasks import Tasks

_TYPES = {"csv": "text/csv", "png": "image/png", "zip": "application/zip"}
_LONGEST_STEM = 60  # bytes of a vector's name in the name of a file
_LEAST_LEFT = 1e-4  # share of a vector's length below which the rest of a projection is rounding error


class Actions:
    """Executes commands.

    Args:
        tasks: computes.
        send: sends a message with buffers to the page.
        open_editor: shows an editor below the explorer, for a document.
    """

    def __init__(
        self,
        tasks: Tasks,
        send: Callable[[dict[str, Any], list[bytes]], None],
        open_editor: Callable[[Document], None],
    ) -> None:
        self._tasks, self._send, self._open_editor = tasks, send, open_editor
        self._do: dict[type[Command], Callable[[Document, Any], Outcome[Document]]] = {
            Choose: self._choose,
            SetStrength: self._set_strength,
            Look: self._look,
            SetSeeds: self._set_seeds,
            Orthogonalise: self._orthogonalise,
            Keep: self._keep,
            Discard: self._discard,
            MeasureAll: self._measure_all,
            OpenEditor: self._open,
            Download: self._download,
        }

    def apply(self, document: Document, command: Command) -> Outcome[Document]:
        """Execute a command; missing results are computed after it."""
        if isinstance(command, Stop):
            return Outcome(replace(document, paused=True), "Stopped. What was measured is kept.")
        return self._do[type(command)](document, command)

    def _then_work(self, document: Document, said: str | None = None, **values: Any) -> Outcome[Document]:
        def run(start: Document) -> Iterator[Step[Document]]:
            return self._tasks.work(start)

        steps = self._tasks.remaining(document)
        if not steps and not said:
            said = "All is measured."
        return Outcome(document, said, values, run if steps else None, steps, self._tasks.remaining)

    def _choose(self, document: Document, command: Choose) -> Outcome[Document]:
        first, second = known(document, command.name), command.second
        if second is not None and known(document, second) == first:
            second = None
        return self._then_work(self._chosen(document, first, second), "")

    def _chosen(self, document: Document, name: str, second: str | None = None) -> Document:
        document = replace(document, chosen=name, second=second)
        return self._tasks.at_once(self._pictured(document))

    def _pictured(self, document: Document) -> Document:
        picture = self._tasks.picture(document.vector, document.seed, document.strength)
        return replace(document, picture=picture)

    def _set_strength(self, document: Document, command: SetStrength) -> Outcome[Document]:
        document = self._pictured(replace(document, strength=command.strength))
        return Outcome(document, holds=True) if command.live else self._then_work(document)

    def _look(self, document: Document, command: Look) -> Outcome[Document]:
        return self._then_work(self._pictured(replace(document, seed=command.seed, strength=command.strength)))

    def _set_seeds(self, document: Document, command: SetSeeds) -> Outcome[Document]:
        seeds = tuple(dict.fromkeys(command.seeds))
        document = replace(document, seeds=seeds, seed=document.seed if document.seed in seeds else seeds[0])
        return self._then_work(self._tasks.at_once(self._pictured(document)))

    def _orthogonalise(self, document: Document, command: Orthogonalise) -> Outcome[Document]:
        if document.second is None:
            raise ValueError("no second vector is chosen; choose the one that the result should be orthogonal to")
        vector, against = document.vector, document.vectors[document.second]
        made = orthogonalise(vector, against, command.metric, self._tasks.model)
        if float(made.delta_w_plus.norm()) <= _LEAST_LEFT * float(vector.delta_w_plus.norm()):
            raise ValueError(f"{vector.name!r} is parallel to {against.name!r}: nothing of it is left")
        made = replace(made, name=free_name(document, made.name))
        document = _with_vector(document, made)
        document = replace(document, drafts=document.drafts | {made.name})
        document = self._chosen(document, made.name, document.second)
        return self._then_work(document, "A draft: keep it under a name, or discard it.")

    def _keep(self, document: Document, command: Keep) -> Outcome[Document]:
        name = command.name.strip()
        if not name:
            raise ValueError("the name is empty; give the vector a name")
        if name in document.vectors and not (name == document.chosen and name in document.drafts):
            raise ValueError(f"a vector named {name!r} is there already; choose another name")
        old, was_draft = document.chosen, document.chosen in document.drafts
        kept = replace(document.vector, name=name)
        vectors = {k: v for k, v in document.vectors.items() if not (was_draft and k == old)} | {name: kept}
        measured = {k: v for k, v in document.measured.items() if k in vectors}
        document = replace(
            document, vectors=vectors, measured=measured, drafts=document.drafts - {old}, own=document.own | {name}
        )
        return self._then_work(self._chosen(document, name, document.second), "Kept as {name}.", name=name)

    def _discard(self, document: Document, command: Discard) -> Outcome[Document]:
        name = known(document, command.name)
        if name not in document.drafts | document.own:
            raise ValueError(f"{name!r} was given to the explorer, which removes only vectors that were made in it")
        vectors = {k: v for k, v in document.vectors.items() if k != name}
        measured = {k: v for k, v in document.measured.items() if k != name}
        sets = {"drafts": document.drafts - {name}, "own": document.own - {name}}
        document = replace(document, vectors=vectors, measured=measured, **sets)
        chosen = document.chosen if document.chosen in vectors else next(iter(vectors))
        second = document.second if document.second in vectors and document.second != chosen else None
        return self._then_work(self._chosen(document, chosen, second), "Removed.")

    def _measure_all(self, document: Document, _command: MeasureAll) -> Outcome[Document]:
        return self._then_work(replace(document, paused=False))

    def _open(self, document: Document, _command: OpenEditor) -> Outcome[Document]:
        self._open_editor(document)
        return Outcome(document, "The editor is below.")

    def _download(self, document: Document, command: Download) -> Outcome[Document]:
        if command.form == "zip":
            name, content = f"{file_stem(document, 'results')}.zip", _zipped(files_of(document))
        else:
            result = result_of(document, command.result)
            content = result.csv().encode() if command.form == "csv" else result.png()
            name = f"{file_stem(document, command.result)}.{command.form}"
        kind = _TYPES[command.form]
        self._send({"kind": "download", "view": command.view, "name": name, "type": kind}, [content])
        return self._then_work(document)


def known(document: Document, name: str) -> str:
    """Check that a vector exists and return its name. Raises ValueError for an unknown name."""
    if name not in document.vectors:
        raise ValueError(f"there is no vector named {name!r}; there are: {', '.join(document.vectors)}")
    return name


def result_of(document: Document, name: str) -> Result:
    """A result in view. Raises ValueError for another name."""
    shown = document.shown
    if name not in shown:
        raise ValueError(f"there is no result {name!r} in view; there are: {', '.join(shown)}")
    return shown[name]


def files_of(document: Document) -> Iterator[tuple[str, bytes]]:
    """Name and content of a table and a figure for each result in view."""
    for name, found in document.shown.items():
        stem = file_stem(document, name)
        yield f"{stem}.csv", found.csv().encode()
        yield f"{stem}.png", found.png()


def _zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def file_stem(document: Document, result: str) -> str:
    """Name of a result's file without its ending: "smile effect map"."""
    chosen, second = _shortened(document.chosen), _shortened(document.second or "")
    subject = {"vectors": "", "cosines": "", "interaction": f"{chosen} and {second} "}
    stem = subject.get(result, f"{chosen} ") + result
    return "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in stem).replace(" ", "_")


def _shortened(name: str) -> str:
    """A name that fits into the name of a file; a hash keeps shortened names apart."""
    content = name.encode(errors="replace")
    if len(content) <= _LONGEST_STEM:
        return name
    return f"{content[:_LONGEST_STEM].decode(errors='ignore')} {hashlib.sha256(content).hexdigest()[:8]}"


def free_name(document: Document, name: str) -> str:
    """The name, with a number appended if it is taken."""
    number, found = 2, name
    while found in document.vectors:
        number, found = number + 1, f"{name} {number}"
    return found


def _with_vector(document: Document, vector: EditVector) -> Document:
    return replace(document, vectors={**document.vectors, vector.name: vector})
