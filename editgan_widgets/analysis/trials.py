"""Trials: an edit vector applied to sampled portraits at several strengths, batch after batch.

Several measurements can observe the same trials, so that each picture is generated once (`observe`). Ctrl+C ends a pass
early; the results then cover the portraits processed so far.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.latent.directions.arguments import portrait_seeds
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.label_maps import predicted_label_map
from editgan_widgets.models.editgan import EditGAN

_AT_ONCE = 8  # pictures that are generated together


@dataclass(frozen=True, eq=False)
class Portraits:
    """Some unedited portraits."""

    seeds: tuple[int, ...]
    w_plus: Tensor  # [n, num_ws, w_dim]
    pictures: Tensor  # [n, 3, H, W] in [-1, 1]
    parts: np.ndarray | None  # uint8 [n, H, W], the interpreter's label maps; None where there is none


@dataclass(frozen=True, eq=False)
class Trials:
    """Some portraits, unedited and edited."""

    seeds: tuple[int, ...]
    before: Tensor  # [n, 3, H, W] in [-1, 1]
    parts: np.ndarray | None  # uint8 [n, H, W], the interpreter's label maps of `before`; None without interpreter
    after: Mapping[float, Tensor]  # strength -> [n, 3, H, W] in [-1, 1]; without strength 0
    parts_after: Mapping[float, np.ndarray] = field(default_factory=dict)  # strength -> label maps, where asked for


@runtime_checkable
class Observer(Protocol):
    """A measurement that is updated batch by batch."""

    def add(self, trials: Trials) -> None:
        """Process one batch."""
        ...


def observe(
    model: EditGAN,
    vector: EditVector,
    observers: Sequence[Observer],
    seeds: Iterable[int],
    strengths: Sequence[float] = (1.0,),
    truncation_psi: float = 0.7,
    batch: int = 16,
    progress: bool = False,
) -> tuple[int, ...]:
    """Run trials of a vector and pass each batch to all observers; returns the seeds of the processed batches.

    Args:
        model: the model that the vector was made with.
        vector: added to each latent, times each strength.
        observers: receive each batch in turn. The edited pictures are segmented too at the strengths in an observer's
            attribute `segmented`, if it has one.
        seeds: seeds of the portraits; a repeated one counts once.
        strengths: scales of the vector; 0 is skipped, because it gives the unedited picture.
        truncation_psi: truncation of the portraits.
        batch: portraits at a time; memory grows with batch x strengths.
        progress: show a progress bar.

    Ctrl+C keeps the batches processed so far; without any, KeyboardInterrupt is raised. Raises WrongModelError for a
    vector of another model, ValueError for no seeds.
    """
    vector.check(model)
    scales = tuple(dict.fromkeys(float(s) for s in strengths if s != 0))
    chosen = portrait_seeds(seeds)
    seen: list[int] = []
    bar = tqdm(total=len(chosen), desc=vector.name, disable=not progress, unit="portrait")
    with bar, interruptible(seen):
        segmented = {strength for observer in observers for strength in getattr(observer, "segmented", ())}
        for trials in _trials(model, vector, chosen, scales, truncation_psi, batch, segmented):
            for observer in observers:
                observer.add(trials)
            seen.extend(trials.seeds)
            bar.update(len(trials.seeds))
    return tuple(seen)


def observed_or_interrupted(
    model: EditGAN,
    vector: EditVector,
    observer: Observer,
    seeds: Sequence[int],
    strengths: Sequence[float],
    truncation_psi: float,
    progress: bool,
    first: bool,
) -> int:
    """`observe` for one of several vectors: the number of portraits seen, which is smaller after Ctrl+C.

    An interrupt before the first batch is raised for the `first` vector only; otherwise 0 is returned.
    """
    try:
        return len(observe(model, vector, [observer], seeds, strengths, truncation_psi, progress=progress))
    except KeyboardInterrupt:
        if first:
            raise
        return 0


def _trials(
    model: EditGAN,
    vector: EditVector,
    seeds: list[int],
    scales: tuple[float, ...],
    truncation_psi: float,
    batch: int,
    segmented: Collection[float] = (),
) -> Iterator[Trials]:
    for i in range(0, len(seeds), batch):
        portraits = sampled_portraits(model, seeds[i : i + batch], truncation_psi)
        yield edited(model, vector, portraits, scales, segmented)


@torch.no_grad()
def sampled_portraits(model: EditGAN, seeds: Sequence[int], truncation_psi: float = 0.7) -> Portraits:
    """Generate unedited portraits and, if the model has an interpreter, their label maps."""
    w_plus = torch.cat([model.sample_w_plus(seed, truncation_psi) for seed in seeds])
    synthesis = model.generator.synthesis(w_plus)
    parts = None if model.interpreter is None else _label_maps(model, synthesis.features, range(len(seeds)))
    return Portraits(tuple(seeds), w_plus, synthesis.image.clamp(-1, 1), parts)


@torch.no_grad()
def edited(
    model: EditGAN,
    vector: EditVector,
    portraits: Portraits,
    strengths: Iterable[float],
    segmented: Collection[float] = (),
) -> Trials:
    """Apply a vector to portraits at several strengths, which are not 0.

    At the strengths in `segmented`, the interpreter labels the edited pictures, if the model has one.
    """
    scales, n = tuple(strengths), len(portraits.seeds)
    pictures: list[Tensor] = []
    maps: dict[float, list[np.ndarray]] = {}
    latents = torch.cat([vector.apply(portraits.w_plus, s) for s in scales]) if scales else portraits.w_plus[:0]
    for i in range(0, len(latents), _AT_ONCE):
        made = model.generator.synthesis(latents[i : i + _AT_ONCE])
        pictures.append(made.image.clamp(-1, 1))
        for k in range(len(made.image)):
            scale = scales[(i + k) // n]
            if scale in segmented and model.interpreter is not None:
                maps.setdefault(scale, []).append(_label_maps(model, made.features, [k]))
    after = dict(zip(scales, torch.cat(pictures).split(n), strict=True)) if scales else {}
    found = {scale: np.concatenate(some) for scale, some in maps.items()}
    return Trials(portraits.seeds, portraits.pictures, portraits.parts, after, found)


def _label_maps(model: EditGAN, features: Sequence[Tensor], which: Iterable[int]) -> UInt8[np.ndarray, "n h w"]:
    """The interpreter's label maps of some of the pictures whose features are given."""
    maps = [predicted_label_map(model, [f[k : k + 1] for f in features]) for k in which]
    return torch.stack(maps).cpu().numpy()
