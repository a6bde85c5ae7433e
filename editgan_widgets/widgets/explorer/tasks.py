"""Computations of the explorer's worker, in steps of one portrait: the strip, the views and the table.

While the pictures of one portrait are generated, those of the previous one are measured on a second thread
(beside.py). Every figure comes from `editgan_widgets.analysis`; this module decides what is computed next and caches
the results.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch

from editgan_widgets import images
from editgan_widgets.analysis.attribute_curves import STRENGTHS
from editgan_widgets.analysis.linearity import interaction
from editgan_widgets.analysis.results import Result
from editgan_widgets.analysis.strength_strips import strip_of
from editgan_widgets.analysis.transfer import Read, edited_picture
from editgan_widgets.analysis.trials import Portraits, Trials, edited, sampled_portraits
from editgan_widgets.analysis.vector_cosines import cosines
from editgan_widgets.analysis.vector_rows import row_norms
from editgan_widgets.analysis.vector_studies import VectorStudy
from editgan_widgets.analysis.vector_tables import figures_of
from editgan_widgets.analysis.w_ellipsoid import SafeStrength, safe_strength_from
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.widgets.core.loop import Step
from editgan_widgets.widgets.explorer.beside import Beside
from editgan_widgets.widgets.explorer.document import (
    CURVES,
    EFFECT,
    INTERACTION,
    LEAKAGE,
    PAIRS,
    ROWS,
    SAFE,
    TRANSFER,
    Document,
    Work,
)

FIRST, TABLE = 4, 12  # number of portraits after which a chosen vector's views, and a table row, are shown
_SAFE_SEEDS = range(50)
_PAIR_SEEDS = (4, 12)  # number of portraits of an interaction: first result, final result
_BYTES = 2**28  # memory for the maps of studies, and for the strips
_ROW_STRENGTHS = (0.5, 1.0, 1.5)  # enough for success and leakage
_SCALES = tuple(sorted({0.0, *STRENGTHS}))


class Tasks:
    """Computes for one explorer; used on its worker's thread only.

    Args:
        model: the model of the vectors.
        read: attributes of pictures; None if there are none.
        portraits: seeds of the portraits that are measured, those of the strip first.
        truncation_psi: truncation of all portraits.
    """

    def __init__(self, model: EditGAN, read: Read | None, portraits: Sequence[int], truncation_psi: float) -> None:
        self.model, self.psi = model, truncation_psi
        self.read = None if read is None else self._remember(read)
        self.portraits = tuple(portraits)
        self._beside = Beside(model.device)
        self._ahead: tuple[VectorStudy, int] | None = None  # study being measured, its portraits before
        self._unedited: dict[int, Portraits] = {}
        self._pictures: set[int] = set()  # ids of their picture tensors
        self._latents: dict[int, torch.Tensor] = {}
        self._strips: OrderedDict[tuple[int, int], np.ndarray] = OrderedDict()  # vector's id, seed -> [s, H, W, 3]
        self._studies: OrderedDict[int, VectorStudy] = OrderedDict()
        self._row_studies: dict[int, VectorStudy] = {}
        self._safe: dict[int, SafeStrength] = {}
        self._kept: dict[int, EditVector] = {}  # by id, so that an id is not used again
        self._pairs: dict[tuple[int, int], Result] = {}
        pixels = model.resolution**2
        self._most_studies = max(2, _BYTES // (4 * pixels * len(self.portraits)))
        self._most_strips = max(8, _BYTES // (3 * pixels * len(_SCALES)))

    def close(self) -> None:
        """End the thread of measurements."""
        self._beside.close()

    # ---- pictures

    def picture(self, vector: EditVector, seed: int, strength: float) -> np.ndarray:
        """Portrait with a vector at a strength, uint8 [H, W, 3]."""
        return edited_picture(self.model, self._latent(seed), vector, strength)

    @cached_property
    def _typical(self) -> torch.Tensor:
        """Latents of the portraits on which the safe strength is measured."""
        return torch.cat([self.model.sample_w_plus(seed, self.psi) for seed in _SAFE_SEEDS])

    def _latent(self, seed: int) -> torch.Tensor:
        if seed not in self._latents:
            self._latents[seed] = self.model.sample_w_plus(seed, self.psi)
        return self._latents[seed]

    # ---- what is missing

    def remaining(self, document: Document) -> int:
        """Number of steps that `work` would take now."""
        strip = sum(self._strip_key(document.vector, seed) not in self._strips for seed in document.seeds)
        study = self._studies.get(id(document.vector))
        views = len(self.portraits) - (self._count(study) if study else 0)
        views = max(views, int(_number(document, EFFECT) < len(self.portraits)))  # measured, but not shown yet
        rows = 0 if document.paused else sum(name not in document.measured for name in document.vectors)
        each = min(TABLE, len(self.portraits)) if self.read else 1
        pair = sum(_number(document, INTERACTION) < count for count in self._pair_counts) if document.second else 0
        return strip + views + pair + rows * each

    def work(self, document: Document) -> Iterator[Step[Document]]:
        """Compute what is missing: strip and views of the chosen vector, its pair, more portraits, the other rows."""
        for part in (self._show_strip, self._first_views, self._pair, self._more_views, self._table):
            for document in part(document):  # noqa: B020
                yield Step(document)
        if document.paused and not self.remaining(replace(document, paused=False)):
            yield Step(replace(document, paused=False))

    def at_once(self, document: Document) -> Document:
        """Return the document with all results that need no new picture."""
        vector = document.vector
        results: dict[str, Result] = {ROWS: row_norms(vector, self.model)}
        if len(document.vectors) > 1:
            results[PAIRS] = document.results.get(PAIRS) or cosines(document.vectors.values())
            if results[PAIRS].names != tuple(document.vectors):  # type: ignore[attr-defined]
                results[PAIRS] = cosines(document.vectors.values())
        document = replace(document, results=results, strip=self._known_strip(document))
        study = self._studies.get(id(vector))
        if study is not None and self._ahead is not None and self._ahead[0] is study:
            self._settle()
        return self._with_study(document, study) if study and study.n >= self._first else document

    @property
    def _first(self) -> int:
        return min(FIRST, len(self.portraits))

    # ---- strip

    def _strip_key(self, vector: EditVector, seed: int) -> tuple[int, int]:
        self._kept[id(vector)] = vector
        return id(vector), seed

    def _known_strip(self, document: Document) -> Any:
        size = self.model.resolution
        empty = np.full((len(_SCALES), size, size, 3), 127, np.uint8)
        rows = [self._strips.get(self._strip_key(document.vector, seed), empty) for seed in document.seeds]
        return strip_of(document.vector, document.seeds, _SCALES, np.stack(rows), self.model.fingerprint)

    def _show_strip(self, document: Document) -> Iterator[Document]:
        study = self._study(document.vector)
        for seed in document.seeds:
            key = self._strip_key(document.vector, seed)
            if key in self._strips:
                continue
            trial = self._trial(document.vector, seed, segmented=study.segmented)
            row = torch.cat([trial.before if scale == 0 else trial.after[scale] for scale in _SCALES])
            self._strips[key] = images.to_uint8(row)
            while len(self._strips) > self._most_strips:
                self._strips.popitem(last=False)
            count = self._count(study)
            if count < len(self.portraits) and seed == self.portraits[count]:
                self._add(study, trial)  # the pictures exist already, so they are measured too
            done = sum(self._strip_key(document.vector, seed) in self._strips for seed in document.seeds)
            work = Work("strip", document.chosen, done, len(document.seeds))
            document = replace(document, strip=self._known_strip(document), work=work)
            yield document

    # ---- views of the chosen vector

    def _first_views(self, document: Document) -> Iterator[Document]:
        yield from self._measure(document, self._first)

    def _more_views(self, document: Document) -> Iterator[Document]:
        count = len(self.portraits)
        for most in sorted({min(2 * self._first, count), count}):
            for document in self._measure(document, most):  # noqa: B020
                yield document

    def _measure(self, document: Document, most: int) -> Iterator[Document]:
        """Measure the chosen vector on the portraits up to `most`; show the results at the end."""
        study = self._study(document.vector)
        for seed in self.portraits[self._count(study) : most]:
            self._add(study, self._trial(document.vector, seed, segmented=study.segmented))
            work = Work("views", document.chosen, self._count(study), len(self.portraits))
            document = replace(document, work=work)
            yield document
        self._settle()
        if _number(document, EFFECT) < min(study.n, most):
            yield self._with_study(document, study)

    def _add(self, study: VectorStudy, trial: Trials) -> None:
        """Measure a trial on the second thread, while the next one is generated."""
        self._settle()
        self._ahead = study, study.n
        self._beside.begin(lambda: study.add(trial))

    def _settle(self) -> None:
        """Wait for the second thread."""
        self._ahead = None
        self._beside.end()

    def _count(self, study: VectorStudy) -> int:
        """Number of portraits of a study, including the one being measured."""
        return self._ahead[1] + 1 if self._ahead is not None and self._ahead[0] is study else study.n

    def _trial(
        self,
        vector: EditVector,
        seed: int,
        strengths: Sequence[float] = STRENGTHS,
        segmented: Sequence[float] = (),
    ) -> Trials:
        if seed not in self._unedited:
            self._unedited[seed] = sampled_portraits(self.model, [seed], self.psi)
            self._pictures.add(id(self._unedited[seed].pictures))
        return edited(self.model, vector, self._unedited[seed], strengths, segmented)

    def _remember(self, read: Read) -> Read:
        """Wrap `read` so that attributes of unedited portraits are read only once."""
        known: dict[int, Mapping[str, np.ndarray]] = {}

        def remembered(pictures: torch.Tensor) -> Mapping[str, np.ndarray]:
            if id(pictures) not in self._pictures:
                return read(pictures)
            if id(pictures) not in known:
                known[id(pictures)] = read(pictures)
            return known[id(pictures)]

        return remembered

    def _study(self, vector: EditVector) -> VectorStudy:
        key = id(vector)
        if key not in self._studies:
            self._kept[key] = vector
            self._studies[key] = VectorStudy(self.model, vector, self.read)
            while len(self._studies) > self._most_studies:
                self._studies.popitem(last=False)
        self._studies.move_to_end(key)
        return self._studies[key]

    def _with_study(self, document: Document, study: VectorStudy) -> Document:
        """Return the document with the results of a study of the chosen vector."""
        safe = self._safe_strength(document.vector)
        found = {
            EFFECT: study.effect(),
            CURVES: study.curves(),
            LEAKAGE: study.leakage(),
            TRANSFER: study.transfer(),
            SAFE: safe,
        }
        results = {**document.results, **{name: result for name, result in found.items() if result is not None}}
        measured = dict(document.measured)
        known = measured.get(document.chosen)
        if known is None or study.n >= known.n:
            measured[document.chosen] = figures_of(document.vector, study, safe)
        return replace(document, results=results, measured=measured)

    def _safe_strength(self, vector: EditVector) -> SafeStrength:
        if id(vector) not in self._safe:
            self._kept[id(vector)] = vector
            self._safe[id(vector)] = safe_strength_from(self._typical, vector, self.model, seeds=_SAFE_SEEDS)
        return self._safe[id(vector)]

    # ---- the pair

    @property
    def _pair_counts(self) -> list[int]:
        return sorted({min(count, len(self.portraits)) for count in _PAIR_SEEDS})

    def _pair(self, document: Document) -> Iterator[Document]:
        if document.second is None:
            return
        first, second = document.vector, document.vectors[document.second]
        for vector in (first, second):
            self._kept[id(vector)] = vector
        key = id(first), id(second)
        for count in self._pair_counts:
            known = self._pairs.get(key)
            if known is None or (known.basis.n or 0) < count:
                seeds = self.portraits[:count]
                self._pairs[key] = interaction(self.model, first, second, seeds, truncation_psi=self.psi)
            work = Work("pair", document.chosen, count, self._pair_counts[-1])
            document = replace(document, results={**document.results, INTERACTION: self._pairs[key]}, work=work)
            yield document

    # ---- the table

    def _table(self, document: Document) -> Iterator[Document]:
        if document.paused:
            return
        each = min(TABLE, len(self.portraits))
        for name, vector in document.vectors.items():
            if name in document.measured:
                continue
            study = self._row_study(vector)
            if study is not None:
                for seed in self.portraits[self._count(study) : TABLE]:
                    self._add(study, self._trial(vector, seed, _ROW_STRENGTHS))
                    document = replace(document, work=Work("table", name, self._count(study), each))
                    yield document
                self._settle()
            figures = figures_of(vector, study, self._safe_strength(vector))
            document = replace(document, measured={**document.measured, name: figures})
            yield document

    def _row_study(self, vector: EditVector) -> VectorStudy | None:
        """The study for a row of the table, without maps; an interrupted one is continued later."""
        if self.read is None:
            return None
        key = id(vector)
        if key not in self._row_studies:
            self._kept[key] = vector
            self._row_studies[key] = VectorStudy(self.model, vector, self.read, False, _ROW_STRENGTHS)
        return self._row_studies[key]


def _number(document: Document, name: str) -> int:
    """Number of portraits of a result in view; 0 if it is not there."""
    found = document.results.get(name)
    return 0 if found is None else found.basis.n or 0
