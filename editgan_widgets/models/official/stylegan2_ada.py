"""StyleGAN2-ADA's `.pkl`: a pickled dict whose networks keep their state beside the source code of their classes.

The state is taken and the source is dropped unread. A module's state holds `_parameters`, `_buffers` and `_modules`, so
a state dict is a walk over them; its names are those of this package. Unconditional networks of the skip architecture
are read. Clipping of activations (`conv_clamp`, a guard of 16-bit layers) is not done here: trained networks stay
below it.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.layers import resample_filter
from editgan_widgets.models.official.pickle_reader import Opaque
from editgan_widgets.models.official.tensor_files import finite

_DEEPEST, _MOST_MODULES = 12, 10_000  # of modules within modules; bounds the walk over a hostile file


def is_stylegan2_ada(content: Any) -> bool:
    """Whether a file's content is StyleGAN2-ADA's dict of networks."""
    return isinstance(content, Mapping) and any(
        isinstance(content.get(name), Opaque) and "_modules" in state(content[name]) for name in ("G", "D", "G_ema")
    )


def generator_weights(path: Path, content: Mapping[str, Any]) -> tuple[dict[str, Tensor], float]:
    """Take the averaged generator's tensors and its mapping_lr_multiplier.

    Raises CheckpointError where it is conditional, of another architecture, or not there.
    """
    network = content.get("G_ema")
    if not isinstance(network, Opaque):
        raise CheckpointError(f"{path} holds {sorted(map(str, content))[:5]} and no 'G_ema'; give a StyleGAN2-ADA .pkl")
    if state(network).get("c_dim"):
        raise CheckpointError(
            f"{path}: its generator is conditional (c_dim {state(network)['c_dim']}); only others are read"
        )
    weights = _state_dict(path, network)
    alien = [name for name in weights if not re.match(r"mapping\.(fc\d+\.|w_avg$)|synthesis\.b\d+\.", name)]
    if alien or "synthesis.b4.const" not in weights:
        raise CheckpointError(
            f"{path}: its generator ({network.name!r}) has {len(weights)} tensors, among them {alien[:3]}; only "
            "StyleGAN2 generators are read (synthesis.b4.const …, mapping.fc0 …), StyleGAN3's are not"
        )
    for name in list(weights):  # some versions do not store the filter
        if match := re.fullmatch(r"(synthesis\.b\d+)\.(conv[01])\.weight", name):
            weights.setdefault(f"{match[1]}.resample_filter", resample_filter())
            weights.setdefault(f"{match[1]}.{match[2]}.resample_filter", resample_filter())
    return weights, _mapping_lr_multiplier(network)


def _mapping_lr_multiplier(network: Opaque) -> float:
    """The factor of the mapping's biases when used; 0.01, that of the public files, where the layer does not tell."""
    mapping = _modules(network).get("mapping")
    layer = _modules(mapping).get("fc0") if isinstance(mapping, Opaque) else None
    gain = state(layer).get("bias_gain") if isinstance(layer, Opaque) else None
    fits = isinstance(gain, (int, float)) and not isinstance(gain, bool) and math.isfinite(gain) and gain > 0
    return float(gain) if fits else 0.01  # type: ignore[arg-type]


def state(network: Opaque) -> Mapping[str, Any]:
    """The attributes of a pickled object; none where it has none or others than by name."""
    return network.state if isinstance(network.state, Mapping) else {}


def _modules(network: Opaque) -> Mapping[str, Any]:
    modules = state(network).get("_modules")
    return modules if isinstance(modules, Mapping) else {}


def _state_dict(path: Path, network: Opaque) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    ahead, seen = [("", network, 0)], 0
    while ahead:
        prefix, module, depth = ahead.pop()
        seen += 1
        if depth > _DEEPEST or seen > _MOST_MODULES:
            raise CheckpointError(f"{path}: its modules contain one another too deeply; it is no StyleGAN2-ADA network")
        for kind in ("_parameters", "_buffers"):
            values = state(module).get(kind)
            for name, value in values.items() if isinstance(values, Mapping) else ():
                if isinstance(value, Tensor):
                    tensors[f"{prefix}{name}"] = finite(path, f"{prefix}{name}", value)
        for name, child in _modules(module).items():
            if isinstance(child, Opaque):
                ahead.append((f"{prefix}{name}.", child, depth + 1))
    return tensors
