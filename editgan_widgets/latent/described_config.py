"""An EditConfig as JSON values for the history: the nearest preset and the settings that differ from it."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from editgan_widgets.latent.edit_config import PRESETS, EditConfig
from editgan_widgets.scalars import Flag, Whole, flag


def described(config: EditConfig, refine: Flag = False) -> dict[str, Any] | None:
    """Describe a config in JSON values: the nearest preset and the settings that differ, except the number of steps.

    None if it has a setting that JSON cannot represent, such as an embedding.
    """
    own, after = _fields(config), flag(refine, "refine")
    changes = {}
    for name, preset in PRESETS.items():
        base = _fields(preset(after))
        changes[name] = {key: value for key, value in own.items() if key != "steps" and value != base[key]}
    nearest = min(changes, key=lambda name: len(changes[name]))
    plain = (bool, int, float, str, list, type(None))
    if not all(isinstance(value, plain) for value in changes[nearest].values()):
        return None
    return {"preset": nearest, "changed": changes[nearest], "refine": after}


def config_of(description: Mapping[str, Any], steps: Whole) -> EditConfig:
    """The config of a description by `described`. Raises ValueError for unknown settings, or settings out of range."""
    config = EditConfig.preset(str(description["preset"]), bool(description["refine"]))
    nested: dict[str, dict[str, Any]] = {"weights": {}, "units": {}}
    plain: dict[str, Any] = {"steps": steps}
    for key, value in description["changed"].items():
        outer, _, inner = key.partition(".")
        (nested[outer] if inner and outer in nested else plain)[inner or outer] = (
            tuple(value) if isinstance(value, list) else value
        )
    try:
        return replace(
            config,
            weights=replace(config.weights, **nested["weights"]),
            units=replace(config.units, **nested["units"]),
            **plain,
        )
    except TypeError as error:
        raise ValueError(f"{description['changed']!r} has an unknown setting ({error})") from error


def _fields(config: EditConfig) -> dict[str, Any]:
    """Settings by name; those of weights and units are named like `weights.rgb`."""
    found: dict[str, Any] = {}
    for field in fields(config):
        value = getattr(config, field.name)
        if field.name in ("weights", "units"):
            found |= {f"{field.name}.{name}": inner for name, inner in vars(value).items()}
        else:
            found[field.name] = list(value) if isinstance(value, tuple) else value
    return found
