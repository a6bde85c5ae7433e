"""Contents of a checkpoint: all tensors by dotted name, and pickled modules.

Checkpoints nest networks in dicts, tuples, pickled modules and wrappers (`module.`, `decoder.`, …). The walk flattens
all of that: `{"G": {"module.synthesis.b4.const": …}}` gives "G.synthesis.b4.const", names in the third entry of a tuple
start with "[2].". Pickled modules are Opaque; their parameters and buffers are read from the state in the file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.names import MEANS
from editgan_widgets.models.official.pickle_values import Opaque

_DEEPEST, _MOST_NODES = 40, 200_000  # bounds the walk over a hostile file


@dataclass(frozen=True)
class Contents:
    """A checkpoint, flattened.

    Attributes:
        tensors: dotted name -> tensor.
        modules: dotted name -> the attributes of a module that was pickled whole; "" for the file's top.
        classes: dotted name -> class name of those modules.
        unknown: names of classes and functions in the file that are no modules; they were not built or run.
        settings: plain values of `args`, `opts` and the like, by the names of their options.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    modules: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def below(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors whose names start with `prefix`, by the rest of their names."""
        return {name[len(prefix) :]: value for name, value in self.tensors.items() if name.startswith(prefix)}

    def facts(self, name: str) -> Mapping[str, Any]:
        """Return the attributes of a module; empty if it was not pickled."""
        return self.modules.get(name.rstrip("."), {})


def contents(path: Path, content: Any) -> Contents:
    """Flatten the result of `read_tensors`. Raises CheckpointError if its parts contain one another."""
    found = Contents()
    ahead: list[tuple[str, Any, int]] = [("", content, 0)]
    seen = 0
    while ahead:
        name, value, depth = ahead.pop()
        seen += 1
        if depth > _DEEPEST or seen > _MOST_NODES:
            raise CheckpointError(
                f"{path}: its modules contain one another too deeply to be a checkpoint; give another file"
            )
        if isinstance(value, Tensor):
            found.tensors.setdefault(name, value)
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
            found.tensors.setdefault(name, torch.from_numpy(value))
        elif name.rsplit(".", 1)[-1] in MEANS and _is_list_of_numbers(value):
            found.tensors.setdefault(name, torch.tensor(value, dtype=torch.float32))
        else:
            ahead.extend((_join(name, key), child, depth + 1) for key, child in reversed(_children(found, name, value)))
    return found


def is_module(value: Any) -> bool:
    """True if a value is a module that was pickled whole."""
    return isinstance(value, Opaque) and isinstance(value.state, Mapping) and "_modules" in value.state


def _is_list_of_numbers(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) > 0
        and all(isinstance(x, (int, float)) and abs(x) < 1e30 for x in value)
    )


def _children(found: Contents, name: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        if name.rsplit(".", 1)[-1] in _SETTINGS:
            _note_settings(found, value)
        return [(str(key), child) for key, child in value.items()]
    if isinstance(value, (list, tuple)):
        return [(f"[{i}]", child) for i, child in enumerate(value)]
    if not isinstance(value, Opaque):
        return []
    if is_module(value):
        found.modules[name], found.classes[name] = value.state, value.name
        parts = [value.state.get(kind) for kind in ("_parameters", "_buffers", "_modules")]
        own = [(key, x) for key, x in value.state.items() if isinstance(x, Tensor)]  # such as pSp's latent_avg
        return [(str(key), x) for part in parts if isinstance(part, Mapping) for key, x in part.items()] + own
    found.unknown.append(value.name)
    state = value.state if isinstance(value.state, tuple) else (value.state,)
    attributes = [(str(key), x) for part in state if isinstance(part, Mapping) for key, x in part.items()]
    if name.rsplit(".", 1)[-1] in _SETTINGS:
        _note_settings(found, dict(attributes))
    entries = [(str(key), x) for key, x in value.entries.items()]
    return [*attributes, *entries, *((f"[{i}]", x) for i, x in enumerate(value.elements))]


_SETTINGS = ("args", "opts", "opt", "config", "cfg", "hparams", "hyper_parameters")


def _note_settings(found: Contents, values: Mapping[Any, Any]) -> None:
    plain = {str(k): v for k, v in values.items() if isinstance(v, (bool, int, float, str))}
    found.settings.update(plain)


_WRAPPERS = re.compile(r"(?:^|(?<=\.))(?:module|_orig_mod|_fsdp_wrapped_module)(?:\.|$)")


def _join(name: str, key: str) -> str:
    """Names without the wrappers of parallel and compiled modules, which may come at any depth."""
    return _WRAPPERS.sub("", f"{name}.{key}" if name else key).rstrip(".")
