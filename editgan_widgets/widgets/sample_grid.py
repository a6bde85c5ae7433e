"""SampleGrid: portraits of several seeds to look at and to choose one from for editing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import torch
import traitlets

from editgan_widgets import images
from editgan_widgets.editing.session import EditSession
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.widgets import encoding
from editgan_widgets.widgets.strings import strings

_STATIC = Path(__file__).parent / "static"


class SampleGrid(anywidget.AnyWidget):
    """Portraits as buttons; click one, then `Editor(grid.selected)`.

    Args:
        model: an `EditGAN`.
        seeds: one portrait each.
        truncation_psi: 0 is the mean face, 1 the full variety; 0.5 to 0.8 look best.
        selected: the seed that is chosen at first; None takes the first.
        language: of the texts, "en" or "zh" (simplified Chinese).

    Raises ValueError for no seeds, for a `selected` that is not among them, or for another language.
    """

    _esm = _STATIC / "sample_grid.js"
    _css = _STATIC / "sample_grid.css"

    seeds = traitlets.List(traitlets.Int()).tag(sync=True)
    pictures = traitlets.List(traitlets.Bytes()).tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)
    strings = traitlets.Dict().tag(sync=True)  # texts in the user's language by the English ones (strings.py)
    index = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        model: EditGAN,
        seeds: Sequence[int] = range(12),
        truncation_psi: float = 0.7,
        selected: int | None = None,
        language: str = "en",
    ) -> None:
        seeds = list(seeds)
        if not seeds:
            raise ValueError("SampleGrid got no seeds; give at least one, for example seeds=range(12)")
        if selected is not None and selected not in seeds:
            raise ValueError(f"seed {selected} is not among the grid's seeds {seeds}")
        texts = dict(strings(language))
        self.model = model
        self.truncation_psi = float(truncation_psi)
        w_plus = torch.cat([model.sample_w_plus(seed, self.truncation_psi) for seed in seeds])
        with torch.no_grad():
            self._pixels = images.to_uint8(torch.cat([model.generator.synthesis(w).image for w in w_plus.split(4)]))
        self._sessions: dict[int, EditSession] = {}
        super().__init__(
            seeds=seeds,
            language=language,
            strings=texts,
            pictures=[encoding.still(pixels) for pixels in self._pixels],
            index=0 if selected is None else seeds.index(selected),
        )

    def __repr__(self) -> str:
        return f"SampleGrid({len(self.seeds)} portraits, seed {self.seed} chosen)"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        sheet = images.grid(self._pixels, columns=min(len(self.seeds), 6))
        return {**data, "image/png": encoding.png(sheet)}, metadata

    @property
    def seed(self) -> int:
        """Seed of the chosen portrait."""
        return self.seeds[self.index]

    @property
    def selected(self) -> EditSession:
        """Session of the chosen portrait; the same one each time, so edits stay."""
        seed = self.seed
        if seed not in self._sessions:
            self._sessions[seed] = EditSession.from_seed(self.model, seed=seed, truncation_psi=self.truncation_psi)
        return self._sessions[seed]
