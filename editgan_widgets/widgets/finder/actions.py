"""Execution of the finder's commands on its document."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from editgan_widgets.analysis.found_directions import AttributeScale, unsupervised_directions
from editgan_widgets.analysis.marked_boundaries import marked_boundary
from editgan_widgets.analysis.transfer import Read, edited_picture
from editgan_widgets.files import safe_name
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.widgets.core import encoding
from editgan_widgets.widgets.core.commands import Command, Stop
from editgan_widgets.widgets.core.loop import Outcome, Step
from editgan_widgets.widgets.finder.commands import Drop, Find, Forget, Keep, Learn, Move, Sample, SetPortrait, SetRows
from editgan_widgets.widgets.finder.document import STRENGTHS, Direction, Document, Effect, Search
from editgan_widgets.widgets.finder.document import Sample as Portrait

THUMBNAIL = 88  # px
_SCORED = range(8)  # seeds of the portraits on which effects are measured
_FIRST_SAMPLE = 1000  # seed


class Actions:
    """Executes commands.

    Args:
        model: the model whose latent spaces are searched.
        read: attributes of pictures; None if there are none.
        truncation_psi: truncation of all portraits.
        folder: folder for files of kept vectors; None writes none.
    """

    def __init__(self, model: EditGAN, read: Read | None, truncation_psi: float, folder: Path | None) -> None:
        self.model, self.read, self.psi, self.folder = model, read, truncation_psi, folder
        self._scale: AttributeScale | None = None
        self._do: dict[type[Command], Callable[[Document, Any], Outcome[Document]]] = {
            Find: self._find,
            Move: self._move,
            SetRows: self._set_rows,
            SetPortrait: self._set_portrait,
            Keep: self._keep,
            Forget: self._forget,
            Drop: self._drop,
            Sample: self._sample,
            Learn: self._learn,
        }

    def apply(self, document: Document, command: Command) -> Outcome[Document]:
        """Execute a command; returns the new document."""
        return Outcome(document.at_rest) if isinstance(command, Stop) else self._do[type(command)](document, command)

    def preview(self, document: Document, command: Move) -> np.ndarray:
        """Picture of a direction while its slider moves."""
        return self.picture(document.seed, document.direction(command.direction).moved, command.strength)

    def picture(self, seed: int, vector: EditVector | None = None, strength: float = 0.0) -> np.ndarray:
        """Portrait of a seed with a vector, uint8 [H, W, 3]."""
        return edited_picture(self.model, self.model.sample_w_plus(seed, self.psi), vector, strength)

    # ---- one method for each command

    def _find(self, document: Document, command: Find) -> Outcome[Document]:
        rows = self._rows(command.first, command.last)
        if command.method == "stylespace" and command.part is None:
            raise ValueError("StyleSpace finds channels of a part; choose one")
        if command.part is not None:
            self.model.labels[command.part]  # raises for an unknown part
        return self._then_work(replace(document, search=Search(command, rows), task="find"))

    def _move(self, document: Document, command: Move) -> Outcome[Document]:
        one = replace(document.direction(command.direction), strength=command.strength)
        return Outcome(self._shown(document.changed(one), one), "")

    def _set_rows(self, document: Document, command: SetRows) -> Outcome[Document]:
        one = document.direction(command.direction)
        if "row" in one.vector.recipe:
            raise ValueError(f"{one.vector.name!r} is a style channel of row {one.vector.recipe['row']} alone")
        one = replace(one, rows=self._rows(command.first, command.last))
        one = self._drawn(document, replace(one, effect=self._effect(one.moved)))
        return Outcome(self._shown(document.changed(one), one), "")

    def _set_portrait(self, document: Document, command: SetPortrait) -> Outcome[Document]:
        start = replace(document, seed=command.seed, task="portrait")
        active = None if document.active is None else document.direction(document.active)
        start = replace(start, picture=self.picture(command.seed)) if active is None else self._shown(start, active)

        return self._then_work(replace(start, stale=tuple(one.id for one in start.directions)), "")

    def _keep(self, document: Document, command: Keep) -> Outcome[Document]:
        one, name = document.direction(command.direction), command.name.strip()
        if not name:
            raise ValueError("a kept vector needs a name")
        vector = replace(one.moved, name=name, recipe={**one.moved.recipe, "found as": one.vector.name})
        known = document.kept.get(name)
        if known is not None and not known.same_change(vector):
            raise ValueError(f"another vector is kept under {name!r}; give another name, or forget that one first")
        kept = replace(document, kept={**document.kept, name: vector})
        if self.folder is None:
            return Outcome(kept, "Kept {name}.", {"name": name})
        path = self.folder / f"{safe_name(name)}.safetensors"
        vector.save(path)
        return Outcome(kept, "Kept {name} and saved it to {path}.", {"name": name, "path": path})

    def _forget(self, document: Document, command: Forget) -> Outcome[Document]:
        if command.name not in document.kept:
            known = ", ".join(map(repr, document.kept)) or "none"
            raise ValueError(f"no vector is kept under {command.name!r}; there are: {known}")
        left = {name: vector for name, vector in document.kept.items() if name != command.name}
        return Outcome(replace(document, kept=left), "{name} is no longer kept.", {"name": command.name})

    def _drop(self, document: Document, command: Drop) -> Outcome[Document]:
        one = document.direction(command.direction)
        left = replace(document, directions=tuple(x for x in document.directions if x.id != one.id))
        if left.active == one.id:
            left = replace(left, active=None, picture=self.picture(left.seed))
        return Outcome(left, "")

    def _sample(self, document: Document, command: Sample) -> Outcome[Document]:
        return self._then_work(replace(document, wanted=document.wanted + command.count, task="sample"))

    def _learn(self, document: Document, command: Learn) -> Outcome[Document]:
        by_seed = {sample.seed: sample for sample in document.samples}
        marks = dict.fromkeys(command.negative, False) | dict.fromkeys(command.positive, True)
        if both := sorted(set(command.negative) & set(command.positive)):
            raise ValueError(f"the portrait of seed {both[0]} is marked + and \N{MINUS SIGN}; choose one")
        if unknown := sorted(set(marks) - set(by_seed)):
            raise ValueError(f"seed {unknown[0]} is not among the portraits to mark")
        w = torch.stack([by_seed[seed].w for seed in marks]) if marks else torch.zeros(0, self.model.generator.w_dim)
        boundary = marked_boundary(self.model, w, list(marks.values()), command.name.strip() or "marked")
        one = Direction(document.next_id, boundary.vector, self._rows(None, None), 1.0, boundary=boundary)
        one = self._drawn(document, replace(one, effect=self._effect(one.moved)))
        learned = self._shown(document.added(one), one)
        return Outcome(learned, "Learned {name} from {count} marks.", {"name": one.vector.name, "count": len(marks)})

    # ---- computations, in steps; each step leaves a document from which the rest can be computed

    def _then_work(self, document: Document, said: str | None = None) -> Outcome[Document]:
        return Outcome(document, said, {}, self._work if document.left else None, document.left, lambda x: x.left)

    def _work(self, document: Document) -> Iterator[Step[Document]]:
        for part in (self._redraw, self._search, self._show_samples):
            for document in part(document):  # noqa: B020
                yield Step(document)

    def _redraw(self, document: Document) -> Iterator[Document]:
        """Draw directions that have pictures of another portrait."""
        known = {one.id for one in document.directions}
        for id in [id for id in document.stale if id in known]:
            document = document.changed(self._drawn(document, document.direction(id)))
            document = replace(document, stale=tuple(other for other in document.stale if other != id))
            yield document

    def _search(self, document: Document) -> Iterator[Document]:
        """Find directions; the first step removes those of the last search."""
        if document.search is None:
            return
        if document.search.left is None:
            document = self._begun(document, document.search)
            yield document
        while (search := document.search) is not None and search.left:
            vector, *left = search.left
            row, rows = vector.recipe.get("row"), search.rows
            one = Direction(document.next_id, *((_everywhere(vector), rows) if row is None else (vector, (row, row))))
            document = document.added(self._drawn(document, replace(one, effect=self._effect(one.moved))))
            document = replace(document, search=replace(search, left=tuple(left)) if left else None)
            yield document

    def _begun(self, document: Document, search: Search) -> Document:
        command, (first, last) = search.command, search.rows
        parts = None if command.part is None else [self.model.labels[command.part].name]
        found = unsupervised_directions(self.model, command.method, command.count, (first, last + 1), parts)
        learned = tuple(one for one in document.directions if one.boundary is not None)
        document = replace(document, directions=learned, search=replace(search, left=tuple(found)) if found else None)
        if document.active in [one.id for one in learned]:
            return document
        return replace(document, active=None, picture=self.picture(document.seed))

    def _show_samples(self, document: Document) -> Iterator[Document]:
        while document.wanted:
            seed = document.samples[-1].seed + 1 if document.samples else _FIRST_SAMPLE
            w = self.model.sample_w_plus(seed, self.psi)[0].mean(0).cpu()  # all rows are the same
            one = Portrait(seed, w, encoding.thumbnail(self.picture(seed), THUMBNAIL))
            document = replace(document, samples=(*document.samples, one), wanted=document.wanted - 1)
            yield document

    # ---- what they share

    def _rows(self, first: int | None, last: int | None) -> tuple[int, int]:
        """First and last row. Raises ValueError for rows that do not exist or are in the wrong order."""
        end = self.model.generator.num_rows - 1
        low, high = 0 if first is None else first, end if last is None else last
        if not 0 <= low <= high <= end:
            raise ValueError(f"rows go from 0 to {end}, the first one before the last; got {low} to {high}")
        return low, high

    def _drawn(self, document: Document, one: Direction) -> Direction:
        """The direction with pictures of the present portrait."""
        pictures = [_small(self.picture(document.seed, one.moved, strength)) for strength in STRENGTHS]
        return replace(one, sheet=encoding.jpeg(np.concatenate(pictures, axis=1), 88))

    def _shown(self, document: Document, one: Direction) -> Document:
        """The document whose picture shows a direction."""
        return replace(document, active=one.id, picture=self.picture(document.seed, one.moved, one.strength))

    def _effect(self, vector: EditVector) -> Effect | None:
        if self.read is None:
            return None
        if self._scale is None:
            self._scale = AttributeScale(self.model, self.read, _SCORED, self.psi)
        changes = self._scale.effect(vector)
        known = np.isfinite(changes)
        if not known.any():
            return None
        sizes = np.where(known, np.abs(changes), 0.0)
        most = int(np.where(known, sizes, -1.0).argmax())
        share = float(sizes[most] / max(float(sizes.sum()), 1e-12))
        return Effect(self._scale.names[most], float(changes[most]), share)


def _everywhere(vector: EditVector) -> EditVector:
    """The direction of W in every row, so that other rows can be chosen later."""
    delta = vector.delta_w_plus
    return replace(vector, delta_w_plus=delta[delta.norm(dim=1).argmax()].expand_as(delta))


def _small(pixels: np.ndarray) -> np.ndarray:
    """The picture, at most THUMBNAIL px wide."""
    image = Image.fromarray(pixels)
    image.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    return np.asarray(image)
