"""VectorStudy: measurements of one vector, updated with each batch of portraits."""

from collections.abc import Sequence

import numpy as np

from editgan_widgets.analysis.attribute_curves import STRENGTHS, AttributeCurve, CurveObserver, Leakage, leakage_of
from editgan_widgets.analysis.curve_sets import AttributeCurves, curve_set, main_attribute
from editgan_widgets.analysis.effects import EffectMap, EffectObserver
from editgan_widgets.analysis.results import Basis
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.analysis.transfer_rates import TransferRate, rate_of_changes
from editgan_widgets.analysis.trials import Trials
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN

_LEAST = 3  # portraits: fewer have no standard deviation to speak of


class VectorStudy:
    """Measures one vector on trials, which are added batch by batch; an observer as of `trials.observe`.

    Args:
        model: of the vector.
        vector: that is measured.
        read: attributes of pictures; None leaves out all that needs them.
        maps: measure the effect map, which keeps a map for each portrait.
        strengths: of the trials; 1 is among them.
        target: the attribute that the vector is for; None takes that of its recipe, or else the one that changes most.
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
        known = {label.name for label in model.labels}
        parts = [model.labels[name].id for name in vector.labels if name in known]
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

    @property
    def n(self) -> int:
        """Portraits so far."""
        return len(self.seeds)

    def effect(self, seed: int = 0) -> EffectMap | None:
        """Effect map; None without `maps` or portraits. `seed` is that of the bootstrap."""
        if self._effects is None or not self.seeds:
            return None
        basis = Basis(self.n, seed, "95 % bootstrap interval over portraits", self._fingerprint)
        return self._effects.result(self.vector, np.random.default_rng(seed), basis)

    def curves(self) -> AttributeCurves | None:
        """Curves of all attributes; None without attributes, or with too few portraits for a deviation."""
        found = self._curves()
        if not found:
            return None
        return curve_set(self.vector.name, self._target(found), found, self._basis())

    def leakage(self) -> Leakage | None:
        """Leakage at one standard deviation of the target; None where the target does not change."""
        found = self._curves()
        target = self._target(found) if found else ""
        if not found or not found[target].std > 0 or found[target].mean[-1] == 0:
            return None
        return leakage_of(self.vector, target, found, self._basis())

    def transfer(self) -> TransferRate | None:
        """Share of the portraits on which the target changes as it should, at strength 1.

        It should change by half of what the vector's recipe says, or where it says nothing, by half of the mean change.
        None where the target does not change. Portraits that the vector was learned on are left out.
        """
        found = self._curves()
        if not found or self._attributes is None:
            return None
        target = self._target(found)
        strengths = self._attributes.strengths.tolist()
        values = self._attributes.values()[target]
        learned = {self.vector.recipe.get("seed"), *self.vector.recipe.get("seeds", ())}
        kept = [i for i, seed in enumerate(self.seeds) if seed not in learned]
        changes = (values[:, strengths.index(1.0)] - values[:, strengths.index(0.0)])[kept]
        if not len(kept):
            return None
        recipe = self.vector.recipe
        known = recipe.get("attribute_change") if recipe.get("attribute") == target else None
        whole = float(changes.mean()) if known is None else float(known)
        if whole == 0 or not np.isfinite(whole):
            return None
        seeds = [self.seeds[i] for i in kept]
        return rate_of_changes(self.vector.name, target, seeds, changes, whole, self._fingerprint)

    def _curves(self) -> dict[str, AttributeCurve]:
        if self._attributes is None or self.n < _LEAST:
            return {}
        if self._known[0] != self.n:
            self._known = self.n, self._attributes.results(self.vector, self._basis())
        return self._known[1]

    def _target(self, curves: dict[str, AttributeCurve]) -> str:
        return self._named if self._named in curves else main_attribute(curves)

    def _basis(self) -> Basis:
        return Basis(self.n, None, "95 % Student's interval over portraits", self._fingerprint)
