"""SampleGrid: portraits of several seeds to look at and to choose one from for editing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from editgan_widgets import images
from editgan_widgets.documents.samples import sample_pictures
from editgan_widgets.documents.session import EditSession
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Real, Whole, whole
from editgan_widgets.widgets.core import encoding
from editgan_widgets.widgets.core.strings import strings

_STATIC = Path(__file__).parent / "static"


class SampleGrid(anywidget.AnyWidget):
    """Portraits as buttons; click one, then `Editor(grid.selected)`.

    Args:
        model: an `EditGAN`.
        seeds: one portrait each.
        truncation_psi: 0 is the mean face, 1 the full variety; 0.5 to 0.8 look best. Several make a row each.
        selected: the seed that is chosen at first, in the first row; None takes the first.
        language: language of the texts, "en" or "zh" (simplified Chinese).
        source: the random generator of the seeds: "torch", or "numpy" as in NVIDIA's `generate.py`.

    Raises ValueError for no seeds or no truncation_psi, a `selected` that is not among them, or another language.
    """

    _esm = _STATIC / "sample_grid.bundle.js"
    _css = _STATIC / "sample_grid.bundle.css"

    seeds = traitlets.List(traitlets.Int()).tag(sync=True)
    psis = traitlets.List(traitlets.Float()).tag(sync=True)  # one a row; pictures go by row and then by seed
    pictures = traitlets.List(traitlets.Bytes()).tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)
    strings = traitlets.Dict().tag(sync=True)  # texts in the user's language by the English ones (strings.py)
    index = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        model: EditGAN,
        seeds: Sequence[Whole] | np.ndarray = range(12),
        truncation_psi: Real | Sequence[Real] | np.ndarray = 0.7,
        selected: Whole | None = None,
        language: str = "en",
        source: str = "torch",
    ) -> None:
        seeds = [whole(seed, "a seed") for seed in seeds]
        selected = None if selected is None else whole(selected, "selected")
        if not seeds:
            raise ValueError("SampleGrid got no seeds; give at least one, for example seeds=range(12)")
        if selected is not None and selected not in seeds:
            raise ValueError(f"seed {selected} is not among the grid's seeds {seeds}")
        texts = dict(strings(language))
        psis = [float(psi) for psi in np.atleast_1d(np.asarray(truncation_psi, float))]
        if not psis:
            raise ValueError("SampleGrid got no truncation_psi; give one or several, for example (0.5, 0.7, 1.0)")
        self.model, self._source = model, source
        self._pixels = np.stack(list(sample_pictures(model, [(seed, psi, source) for psi in psis for seed in seeds])))
        self._sessions: dict[tuple[int, float], EditSession] = {}
        super().__init__(
            seeds=seeds,
            language=language,
            strings=texts,
            psis=psis,
            pictures=[encoding.still(pixels) for pixels in self._pixels],
            index=0 if selected is None else seeds.index(selected),
        )

    def __repr__(self) -> str:
        return f"SampleGrid({len(self.pictures)} portraits, seed {self.seed} chosen)"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        columns = len(self.seeds) if len(self.psis) > 1 else min(len(self.seeds), 6)
        sheet = images.grid(self._pixels, columns)
        return {**data, "image/png": encoding.png(sheet)}, metadata

    @property
    def seed(self) -> int:
        """Seed of the chosen portrait."""
        return self.seeds[self.index % len(self.seeds)]

    @property
    def truncation_psi(self) -> float:
        """Truncation of the chosen portrait."""
        return self.psis[self.index // len(self.seeds)]

    @property
    def selected(self) -> EditSession:
        """Session of the chosen portrait; the same one each time, so edits stay."""
        seed, psi = chosen = self.seed, self.truncation_psi
        if chosen not in self._sessions:
            self._sessions[chosen] = EditSession.from_seed(self.model, seed, psi, source=self._source)
        return self._sessions[chosen]
