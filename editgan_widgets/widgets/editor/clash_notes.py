"""ClashNotes: pairs of applied vectors that clash, by their latents and, once measured, by their effects."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from editgan_widgets.analysis.vector_effects import Effect, mean_effect, opposed_factor, vector_effects
from editgan_widgets.domains.registry import judges_of
from editgan_widgets.latent.directions.edit_vector import layer_weights
from editgan_widgets.latent.directions.vector_settings import VectorSetting, clashes
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.core.idle_worker import IdleWorker
from editgan_widgets.widgets.editor.vector_panel import VectorPanel

_MOST = 8  # maximum number of applied vectors whose effects are measured


class ClashNotes:
    """Finds clashing vectors of a panel; each vector's effect is measured once on sampled portraits, while idle.

    Args:
        panel: the panel of vectors.
        idle: worker that measures effects.
        changed: called after an effect was measured.
    """

    def __init__(self, panel: VectorPanel, idle: IdleWorker, changed: Callable[[], None]) -> None:
        self._panel, self._idle, self._changed = panel, idle, changed
        self._effects: dict[tuple[str, Any], tuple[Tensor, Effect]] = {}  # by name and rows: the offset and its effect

    def shown(self) -> list[dict[str, Any]]:
        """Pairs for the browser's note, those found by their latents first."""
        panel = self._panel
        pairs = [(clash.first, clash.second, clash.cosine < 0) for clash in clashes(panel.vectors, panel.settings)]
        found = {frozenset(pair[:2]) for pair in pairs}
        pairs += [(*pair, True) for pair in self._opposed() if frozenset(pair) not in found]
        return [{"first": first, "second": second, "opposed": opposed} for first, second, opposed in pairs]

    def look(self, model: Any) -> None:
        """Measure the effects of applied vectors that are not measured yet, if at least two are applied.

        Only for a model whose domain has a factor reader."""
        active = self._active()
        missing = [name for name, setting in active.items() if self._effect(name, setting) is None]
        if missing and 2 <= len(active) <= _MOST and judges_of(model).factors is not None:
            self._idle.ask("clashes", lambda: self._try(model, missing[0]))

    def _active(self) -> dict[str, VectorSetting]:
        panel = self._panel
        return {name: setting for name, setting in panel.settings.items() if setting.effect and name in panel.vectors}

    def _opposed(self) -> list[tuple[str, str]]:
        scaled = {}
        for name, setting in self._active().items():
            effect = self._effect(name, setting)
            if effect is not None:
                scaled[name] = {factor: setting.effect * change for factor, change in effect.items()}
        names = list(scaled)
        return [
            (first, second)
            for i, first in enumerate(names)
            for second in names[i + 1 :]
            if opposed_factor(scaled[first], scaled[second]) is not None
        ]

    def _effect(self, name: str, setting: VectorSetting) -> Effect | None:
        """Measured effect of a vector at scale 1; None if it was not measured or has changed since."""
        vector, known = self._panel.vectors.get(name), self._effects.get((name, setting.layers))
        if vector is None or known is None or known[0] is not vector.delta_w_plus:
            return None
        return known[1]

    def _try(self, model: EditGAN, name: str) -> None:
        vector, setting = self._panel.vectors.get(name), self._panel.setting(name)
        if vector is None:
            return
        delta = vector.delta_w_plus * torch.as_tensor(layer_weights(setting.layers, len(vector.delta_w_plus)))[:, None]
        factors, effects = judges_of(model).factors, []
        assert factors is not None
        trials = vector_effects(model, delta, factors)
        while True:
            if self._idle.busy():
                self._idle.ask("clashes", lambda: self._try(model, name))
                return
            with computing(model):
                effect = next(trials, None)
            if effect is None:
                break
            effects.append(effect)
        self._effects[name, setting.layers] = (vector.delta_w_plus, mean_effect(effects))
        self._changed()
        self.look(model)
