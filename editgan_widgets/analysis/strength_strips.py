"""Pictures of some portraits over the strength of an edit vector."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.figure import Figure
from tqdm.auto import tqdm

from editgan_widgets import images
from editgan_widgets.analysis.arguments import checked
from editgan_widgets.analysis.attribute_curves import STRENGTHS
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.plots import label
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.analysis.transfer import picture_of
from editgan_widgets.latent.directions.arguments import Strengths, several_strengths
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN


@dataclass(frozen=True, eq=False)
class StrengthStrip(Result):
    """Portraits in rows, strengths in columns."""

    vector: str
    seeds: tuple[int, ...]
    strengths: tuple[float, ...]
    pictures: np.ndarray  # uint8 [seeds, strengths, H, W, 3]
    warns_of_few = False
    basis: Basis

    def table(self) -> list[Record]:
        """One record for each picture: how far it is from the unedited one, of the value range."""
        at = self.strengths.index(0.0) if 0.0 in self.strengths else None
        return [
            {"seed": seed, "strength": strength, "change": None if at is None else self._change(i, j, at)}
            for i, seed in enumerate(self.seeds)
            for j, strength in enumerate(self.strengths)
        ]

    def _change(self, row: int, column: int, before: int) -> float:
        first, second = self.pictures[row, [before, column]].astype(np.float32)
        return float(np.abs(second - first).mean() / 255)

    def figure(self) -> Figure:
        """Draw the pictures, one row per portrait, one column per strength."""
        rows, columns = self.pictures.shape[:2]
        figure = Figure(figsize=(1.3 * columns, 1.3 * rows + 0.4), layout="constrained")
        for i, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
            row, column = divmod(i, columns)
            axes.imshow(self.pictures[row, column])
            axes.set_xticks([])
            axes.set_yticks([])
            if row == 0:
                axes.set_title(f"{self.strengths[column]:+g}", fontsize=9)
            if column == 0:
                axes.set_ylabel(f"seed {self.seeds[row]}", fontsize=8)
        figure.suptitle(label(self.vector))
        return figure

    def answer(self) -> str:
        """Describe the rows and columns of the strip."""
        low, high = min(self.strengths), max(self.strengths)
        return f"{self.vector!r} on {len(self.seeds)} portraits, at strengths from {low:g} to {high:g}."


@checked()
def strength_strip(
    model: EditGAN,
    vector: EditVector,
    seeds: Iterable[int] = range(4),
    strengths: Strengths = STRENGTHS,
    truncation_psi: float = 0.7,
    progress: bool = False,
) -> StrengthStrip:
    """Generate portraits at several strengths of a vector; 0 is added.

    Ctrl+C ends it with the portraits so far. Raises WrongModelError for another model.
    """
    vector.check(model)
    chosen, scales = list(seeds), tuple(sorted({0.0, *several_strengths(strengths)}))
    rows: list[np.ndarray] = []
    with interruptible(rows):
        for seed in tqdm(chosen, desc=vector.name, unit="portrait", disable=not progress):
            w_plus = model.sample_w_plus(seed, truncation_psi)
            rows.append(images.to_uint8(picture_of(model, torch.cat([vector.apply(w_plus, s) for s in scales]))))
    return strip_of(vector, chosen[: len(rows)], scales, np.stack(rows), model.fingerprint)


def strip_of(
    vector: EditVector, seeds: Sequence[int], strengths: Sequence[float], pictures: np.ndarray, fingerprint: str | None
) -> StrengthStrip:
    """Make a strip of pictures that were generated already, uint8 [seeds, strengths, H, W, 3]."""
    basis = Basis(len(seeds), fingerprint=fingerprint, seeds=tuple(seeds))
    return StrengthStrip(vector.name, tuple(seeds), tuple(strengths), pictures, basis)
