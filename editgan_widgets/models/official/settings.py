"""Settings of a generator that its tensors do not show: activation, gains, clamp, multiplier of the mapping.

A module that was pickled whole keeps them as attributes; a state dict does not, and the public values are assumed.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.generators.stylegan2 import StyleGAN2Config
from editgan_widgets.models.generators.stylegan2_layers import LEAK
from editgan_widgets.models.official.containers import Contents
from editgan_widgets.models.official.sizes import PUBLIC_MULTIPLIER

_SLOPES = {"lrelu": LEAK, "relu": 0.0}


@dataclass(frozen=True)
class Settings:
    """Settings given by the file; None if it does not give them.

    Attributes:
        multiplier: the mapping's `mapping_lr_multiplier`.
        leak, mapping_leak: slopes below zero of the activations.
        clamp: bound of the activations.
        silent: names of layers that add no noise.
        notes: sentences on what was assumed.
    """

    multiplier: float | None = None
    leak: float | None = None
    mapping_leak: float | None = None
    clamp: float | None = None
    silent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def configured(self, config: StyleGAN2Config) -> StyleGAN2Config:
        """Put the settings into a configuration that was read off the tensors."""
        return replace(
            config,
            mapping_lr_multiplier=PUBLIC_MULTIPLIER if self.multiplier is None else self.multiplier,
            leak=LEAK if self.leak is None else self.leak,
            mapping_leak=LEAK if self.mapping_leak is None else self.mapping_leak,
            clamp=self.clamp,
        )

    def applied(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the weights with the noise of silent layers at strength 0."""
        return {**weights, **{f"{layer}.noise_strength": torch.zeros([]) for layer in self.silent}}


def settings_of(path: Path, found: Contents, prefix: str, layout: str) -> Settings:
    """Read the settings of the generator at `prefix`.

    Raises CheckpointError for one that is conditional, or with settings that this package's generator does not have.
    """
    reader = _Reader(path, found, prefix)
    return reader.stylegan2_ada() if layout == "StyleGAN2-ADA" else reader.rosinality()


class _Reader:
    def __init__(self, path: Path, found: Contents, prefix: str):
        self.path, self.found, self.prefix = path, found, prefix
        inside = [name for name in found.modules if f"{name}.".startswith(prefix)]
        self.modules = {name[len(prefix) :]: found.modules[name] for name in inside}

    def stylegan2_ada(self) -> Settings:
        """Of attributes of StyleGAN2-ADA's modules."""
        top = self.found.facts(self.prefix)
        if classes := _number(top.get("c_dim")):
            raise self.refused(
                f"is conditional (c_dim {classes:g}), which is not supported yet; give an unconditional StyleGAN2 "
                "generator"
            )
        blocks = {name: x for name, x in self.modules.items() if re.fullmatch(r"synthesis\.b\d+", name)}
        for name, block in blocks.items():
            kind = block.get("architecture", "skip")
            if kind != "skip":
                raise self.refused(
                    f"is of the architecture {kind!r} (at {name}), only 'skip' is supported; give a StyleGAN2 of "
                    "architecture 'skip'"
                )
        layers = self.matching(r"synthesis\.b\d+\.conv[01]")
        drawn = {**layers, **self.matching(r"synthesis\.b\d+\.torgb")}
        mapping = self.matching(r"mapping\.fc\d+")
        clamps = {name: _number(x["conv_clamp"]) for name, x in drawn.items() if "conv_clamp" in x}
        clamp = self.one("conv_clamp", clamps, None)
        self.same_gain("act_gain", layers, math.sqrt(2))
        self.unit_affine()
        notes = self.notes(layers, mapping)
        if clamp is not None:
            notes.append(f"activations are kept within {clamp:g}, as the file's conv_clamp says")
        if any(block.get("use_fp16") for block in blocks.values()):
            notes.append("layers that the file computes in 16 bits on a GPU are computed in 32 bits")
        return Settings(
            multiplier=self.multiplier(mapping, "bias_gain"),
            leak=self.slope("activation", layers),
            mapping_leak=self.slope("activation", mapping),
            clamp=clamp,
            silent=tuple(name for name, x in layers.items() if x.get("use_noise") is False),
            notes=tuple(notes),
        )

    def rosinality(self) -> Settings:
        """Of attributes of rosinality's modules."""
        layers = self.matching(r"(conv1|convs\.\d+)\.activate")
        mapping = self.matching(r"style\.\d+")
        self.same_gain("scale", layers, math.sqrt(2))
        slopes = {name: _number(x["negative_slope"]) for name, x in layers.items() if "negative_slope" in x}
        for name, part in self.matching(r"(conv1|convs\.\d+)\.conv").items():
            if part.get("demodulate") is False:
                raise self.refused(f"has no demodulation at {name}; give a plain StyleGAN2 generator")
        leak = self.one("negative_slope", slopes, None)
        if leak is not None and not 0 <= leak <= 1:
            raise self.refused(f"has a leaky ReLU of slope {leak:g}, 0 to 1 is supported; give another generator")
        mapping = {name: x for name, x in mapping.items() if "lr_mul" in x}
        arch = self.found.settings.get("arch")
        if arch not in (None, "stylegan2"):
            raise self.refused(f"is of the architecture {arch!r} by the file's options, only 'stylegan2' is supported; "
                               "give an unconditional StyleGAN2 generator")  # fmt: skip
        return Settings(
            multiplier=self.multiplier(mapping, "lr_mul"), leak=leak, notes=tuple(self.notes(layers, mapping))
        )

    def notes(self, layers: Mapping, mapping: Mapping) -> list[str]:
        """Note the settings that no attribute gives."""
        assumed = []
        if not layers or not any("activation" in x or "negative_slope" in x for x in layers.values()):
            assumed.append(f"leaky ReLU of slope {LEAK:g} with gain sqrt 2")
        if not any("bias_gain" in x or "lr_mul" in x for x in mapping.values()):
            assumed.append(f"mapping_lr_multiplier {PUBLIC_MULTIPLIER:g}")
        return [f"assumed, as the file does not say: {', '.join(assumed)}"] if assumed else []

    def matching(self, pattern: str) -> dict[str, Mapping[str, Any]]:
        """Attributes of the modules of some names."""
        return {name: x for name, x in self.modules.items() if re.fullmatch(pattern, name)}

    def multiplier(self, mapping: Mapping[str, Mapping[str, Any]], key: str) -> float | None:
        """The mapping's multiplier, the same in all layers."""
        found = {name: _number(x[key]) for name, x in mapping.items() if key in x}
        value = self.one(key, found, None)
        if value is not None and value <= 0:
            raise self.refused(f"has a mapping whose {key} is {value:g}; give another generator")
        for name, x in mapping.items():
            weight, gain = self.found.tensors.get(f"{self.prefix}{name}.weight"), _number(x.get("weight_gain"))
            if weight is not None and gain is not None and value is not None:
                expected = value / weight.shape[1] ** 0.5
                if not math.isclose(gain, expected, rel_tol=1e-3):
                    raise self.refused(
                        f"has weight_gain {gain:g} at {name}, only {expected:g} is supported; give a plain StyleGAN2 "
                        "generator"
                    )
        return value

    def slope(self, key: str, layers: Mapping[str, Mapping[str, Any]]) -> float | None:
        """Slope of a named activation, the same in all layers."""
        names = {name: x[key] for name, x in layers.items() if key in x}
        for name, activation in names.items():
            if activation not in _SLOPES:
                raise self.refused(
                    f"has the activation {activation!r:.40} at {name}, only {' and '.join(map(repr, _SLOPES))} are "
                    "read; give a generator with one of them"
                )
        return self.one(key, {name: _SLOPES[x] for name, x in names.items()}, None)

    def one(self, key: str, values: Mapping[str, float | None], default: float | None) -> float | None:
        """The value that all layers share."""
        if len(set(values.values())) > 1:
            listed = ", ".join(f"{x} at {name}" for name, x in list(values.items())[:3])
            raise self.refused(
                f"has layers of different {key} ({listed} …), only one for all is supported; give another generator"
            )
        return next(iter(values.values()), default)

    def same_gain(self, key: str, layers: Mapping[str, Mapping[str, Any]], expected: float) -> None:
        """Refuse layers of another gain than the public one."""
        for name, x in layers.items():
            gain = _number(x.get(key))
            if gain is not None and not math.isclose(gain, expected, rel_tol=1e-3):
                raise self.refused(
                    f"has {key} {gain:g} at {name}, only {expected:g} is supported; give a plain StyleGAN2 generator"
                )

    def unit_affine(self) -> None:
        """Refuse style layers with a multiplier or an activation."""
        for name, x in self.matching(r"synthesis\.b\d+\.(conv[01]|torgb)\.affine").items():
            gain, activation = _number(x.get("bias_gain", 1)), x.get("activation", "linear")
            if gain != 1 or activation != "linear":
                raise self.refused(
                    f"has styles with bias_gain {gain} and activation {activation!r:.40} at {name}, 1 and 'linear' are "
                    "read; give a plain StyleGAN2 generator"
                )

    def refused(self, words: str) -> CheckpointError:
        """The error that says why."""
        return CheckpointError(f"{self.path}: its generator {words}")


def _number(value: Any) -> float | None:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if plain else None
