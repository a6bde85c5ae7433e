"""VectorStudy: measurements of one vector, updated with each batch of portraits."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import attributes_read, checked
from editgan_widgets.analysis.attribute_curves import STRENGTHS, AttributeCurve, CurveObserver
from editgan_widgets.analysis.curve_sets import AttributeCurves, curve_set, main_attribute
from editgan_widgets.analysis.effects import EffectMap, EffectObserver
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.leakage_matrix import Leakage, leakage_of
from editgan_widgets.analysis.results import Basis, Result, Results
from editgan_widgets.analysis.transfer import Read, source_seeds
from editgan_widgets.analysis.transfer_rates import TransferRate, rate_of_changes
from editgan_widgets.analysis.trials import Trials, edited, sampled_portraits
from editgan_widgets.analysis.vector_rows import row_norms
from editgan_widgets.analysis.w_ellipsoid import safe_strength
from editgan_widgets.latent.directions.arguments import Strengths, several_strengths
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN

_LEAST = 3  # portraits: fewer have no standard deviation to speak of
_BATCH = 8  # portraits at a time


class VectorStudy:
    """Measures one vector on trials, which are added batch by batch; an observer as in `trials.observe`.

    Args:
        model: the model of the vector.
        vector: the vector to measure.
        read: attributes of pictures; None leaves out all that needs them.
        maps: measure the effect map, which keeps a map for each portrait.
        strengths: strengths of the trials; 1 is among them.
        target: the attribute that the vector is for; None takes that of its recipe. Without one, or if it is not read,
            there is no leakage and no transfer rate.
    """

    def __init__(
        self,
        model: EditGAN,
        vector: EditVector,
        read: Read | None = None,
        maps: bool = True,
        strengths: Sequence[float] = STRENGTHS,
        target: str | None = None,
    ) -> None:
        parts = model.labels.exact_ids(vector.labels)
        self.vector, self.strengths = vector, tuple(sorted(float(s) for s in strengths if s))
        self.seeds: tuple[int, ...] = ()
        self._known: tuple[int, dict[str, AttributeCurve]] = (0, {})  # curves of so many portraits
        self._fingerprint, self._named = model.fingerprint, target or vector.recipe.get("attribute")
        self._effects = EffectObserver(model.labels, parts) if maps else None
        self._attributes = None if read is None else CurveObserver(read, strengths)

    def add(self, trials: Trials) -> None:
        """Process one batch."""
        if self._effects is not None:
            self._effects.add(trials)
        if self._attributes is not None:
            self._attributes.add(trials)
        self.seeds += trials.seeds

    def join(self, other: "VectorStudy") -> None:
        """Add the measurements of another study of the same vector on other portraits."""
        if self._effects is not None and other._effects is not None:
            self._effects.join(other._effects)
        if self._attributes is not None and other._attributes is not None:
            self._attributes.join(other._attributes)
        self.seeds += other.seeds

    @property
    def segmented(self) -> tuple[float, ...]:
        """Strengths at which trials need label maps of the edited pictures."""
        return () if self._effects is None else self._effects.segmented

    @property
    def target(self) -> str | None:
        """The attribute that the vector is for; None for a vector without one, or if it is not read."""
        return self._named if isinstance(self._named, str) and self._named in self._curves() else None

    @property
    def n(self) -> int:
        """Number of portraits so far."""
        return len(self.seeds)

    def effect(self, seed: int = 0) -> EffectMap | None:
        """Effect map; None without `maps` or portraits. `seed` is that of the bootstrap."""
        if self._effects is None or not self.seeds:
            return None
        basis = Basis(self.n, seed, "95% bootstrap interval over portraits", self._fingerprint, self.seeds)
        return self._effects.result(self.vector, np.random.default_rng(seed), basis)

    def curves(self) -> AttributeCurves | None:
        """Curves of all attributes; None without attributes, or with too few portraits for a deviation."""
        found = self._curves()
        if not found:
            return None
        return curve_set(self.vector.name, self.target or main_attribute(found), found, self._basis())

    def leakage(self) -> Leakage | None:
        """Leakage at one standard deviation of the target; None without a target, and where it does not change."""
        found, target = self._curves(), self.target
        if target not in found or not found[target].std > 0 or found[target].mean[-1] == 0:
            return None  # the target is not read, does not vary or does not change
        assert self._attributes is not None
        return leakage_of(self.vector, target, found, self._basis(), self._attributes.values())

    def transfer(self) -> TransferRate | None:
        """Share of the portraits on which the target changes as it should, at strength 1.

        It should change by half of what the vector's recipe says, or where it says nothing, by half of the mean change.
        None for a vector without a target of its own, and where the target does not change. Portraits that the vector
        was learned on are left out.
        """
        found, target = self._curves(), self.target
        if self._attributes is None or target not in found:
            return None
        strengths = self._attributes.strengths.tolist()
        values = self._attributes.values()[target]
        learned = source_seeds(self.vector)
        kept = [i for i, seed in enumerate(self.seeds) if seed not in learned]
        changes = (values[:, strengths.index(1.0)] - values[:, strengths.index(0.0)])[kept]
        kept = [i for i, change in zip(kept, changes, strict=True) if np.isfinite(change)]
        changes = changes[np.isfinite(changes)]
        if not len(kept):
            return None
        recipe = self.vector.recipe
        known = recipe.get("attribute_change") if recipe.get("attribute") == target else None
        whole = float(changes.mean()) if known is None else float(known)
        if whole == 0 or not np.isfinite(whole):
            return None
        seeds = [self.seeds[i] for i in kept]
        return rate_of_changes(self.vector.name, target, seeds, changes, whole, self._fingerprint, known is not None)

    def results(self) -> Results[Result]:
        """All that was measured, by name: "effect map", "attribute curves", "leakage" and "transfer rate"."""
        found = {
            "effect map": self.effect(),
            "attribute curves": self.curves(),
            "leakage": self.leakage(),
            "transfer rate": self.transfer(),
        }
        return Results({name: result for name, result in found.items() if result is not None})

    def _curves(self) -> dict[str, AttributeCurve]:
        if self._attributes is None or self.n < _LEAST:
            return {}
        if self._known[0] != self.n:
            self._known = self.n, self._attributes.results(self.vector, self._basis())
        return self._known[1]

    def _basis(self) -> Basis:
        return Basis(self.n, None, "95% Student's interval over portraits", self._fingerprint, self.seeds)


@checked()
def study_vector(
    model: EditGAN,
    vector: EditVector,
    read: Read | None = None,
    seeds: Iterable[int] = range(500),
    strengths: Strengths = STRENGTHS,
    truncation_psi: float = 0.7,
    progress: bool = False,
    target: str | None = None,
) -> Results[Result]:
    """Measure everything about one vector on the same pictures, each of which is generated and read once.

    Args:
        model: the model of the vector.
        vector: the vector to measure.
        read: attributes of pictures; None leaves out curves, leakage and transfer rate.
        seeds: seeds of the portraits.
        strengths: scales of the vector; 1 is added, because effect map and transfer rate are of it.
        truncation_psi: truncation of the portraits.
        progress: show a progress bar.
        target: the attribute that the vector is for; None takes that of its recipe. A vector without one, or
            whose attribute is not read, has no leakage and no transfer rate.

    Returns the results by name: "effect map", "attribute curves", "leakage", "transfer rate", "row norms" and "safe
    strength". Ctrl+C ends the pass early; the results are then of the portraits so far.
    Raises WrongModelError for a vector of another model, ValueError for no seeds, a vector that is zero, and a target
    that is not read.
    """
    vector.check(model)
    chosen, scales = list(seeds), sorted({1.0, *several_strengths(strengths)})
    if read is None and target is not None:
        raise ValueError(f"the target {target!r} needs read: give attributes_of(model), or functions of your own")
    if read is not None:
        attributes_read(model, read, [] if target is None else [target])
    if not bool(vector.delta_w_plus.any()):
        raise ValueError(f"edit vector {vector.name!r} is zero everywhere; there is nothing to measure")

    def measured(batch: list[int]) -> VectorStudy:
        part = VectorStudy(model, vector, read, strengths=scales, target=target)
        portraits = sampled_portraits(model, batch, truncation_psi)
        part.add(edited(model, vector, portraits, part.strengths, part.segmented))
        return part

    study = VectorStudy(model, vector, read, strengths=scales, target=target)
    batches = [chosen[i : i + _BATCH] for i in range(0, len(chosen), _BATCH)]
    # Threads that each compute whole batches share the cores better than torch's own, which meet after every operation.
    threads = torch.get_num_threads()
    count = threads if model.device.type == "cpu" else 1
    pool = ThreadPoolExecutor(count, "editgan-study", initializer=torch.set_num_threads, initargs=(1,))
    parts: list[VectorStudy] = []
    bar = tqdm(total=len(chosen), desc=vector.name, disable=not progress, unit="portrait")
    try:
        with bar, interruptible(parts):
            for part in pool.map(measured, batches):
                parts.append(part)
                bar.update(part.n)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # new threads take the number that was set last
    for part in parts:
        study.join(part)
    safe = safe_strength(vector, model, study.seeds, truncation_psi)
    return Results({**study.results(), "row norms": row_norms(vector, model), "safe strength": safe})
