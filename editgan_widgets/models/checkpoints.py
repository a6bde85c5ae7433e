"""Weights on disk: our bundles (one safetensors file), and the public layouts of StyleGAN2 weights.

A bundle has several state dicts under `module/name` keys and JSON metadata. Foreign generators come as `.pt` files in
rosinality's layout or as StyleGAN2-ADA's `.pkl`; models/official reads them, and no code in a file is ever run. Names
inside this package are those of StyleGAN2-ADA.
"""

import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from editgan_widgets.file_kinds import foreign, unreadable
from editgan_widgets.files import whole_file
from editgan_widgets.models.devices import resolve_device
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.fingerprints import fingerprint
from editgan_widgets.models.generators.protocol import Generator
from editgan_widgets.models.generators.registry import build_generator
from editgan_widgets.models.generators.stylegan2 import StyleGAN2
from editgan_widgets.models.misfit import misfit
from editgan_widgets.models.official.generators import OfficialGenerator, no_generator, official_generator
from editgan_widgets.models.official.rosinality import from_rosinality, to_rosinality
from editgan_widgets.models.official.sizes import (
    LEAST_GAIN,
    PUBLIC_MULTIPLIER,
    StateDict,
    infer_config,
    mapping_gain,
)
from editgan_widgets.models.official.tensor_files import existing, read_tensors

FORMAT = "editgan-widgets bundle 1"
__all__ = [  # some of these live in models/official
    "Bundle",
    "CheckpointError",
    "StateDict",
    "fingerprint",
    "from_rosinality",
    "infer_config",
    "load_generator",
    "read_bundle",
    "to_rosinality",
    "with_weights",
    "write_bundle",
]


@dataclass(frozen=True)
class Bundle:
    """Contents of a bundle file."""

    modules: dict[str, dict[str, Tensor]]  # state dict of each module, float32 where it was floating point
    metadata: dict[str, Any] = field(default_factory=dict)


def write_bundle(
    path: str | Path,
    modules: Mapping[str, StateDict],
    metadata: Mapping[str, Any],
    half: bool = False,
    never_half: Collection[str] = (),
) -> None:
    """Write state dicts and metadata (JSON values) to one safetensors file, atomically.

    `half` stores floating-point tensors in 16 bits, except those of the modules `never_half`. Raises CheckpointError
    for a value that does not fit or is not finite.
    """
    path = Path(path)
    tensors = {}
    for module, state in modules.items():
        for name, value in state.items():
            stored = value.detach().cpu().contiguous()
            if half and module not in never_half and stored.is_floating_point():
                stored = stored.half()
            if stored.is_floating_point() and not stored.isfinite().all():
                cause = "does not fit into 16 bits; save with half=False" if value.isfinite().all() else "is not finite"
                raise CheckpointError(f"{path}: {module}/{name} {cause}; nothing was written")
            tensors[f"{module}/{name}"] = stored.clone()  # safetensors refuses tensors that share memory
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as unfinished:
        save_file(tensors, unfinished, metadata={"format": FORMAT, "metadata": json.dumps(dict(metadata))})


def read_bundle(path: str | Path) -> Bundle:
    """Read a bundle; floating-point tensors come as float32 on the CPU.

    Raises CheckpointError if the file is missing, truncated, or not a bundle.
    """
    path = existing(path)
    if words := unreadable(path):
        raise CheckpointError(f"{path} ({path.stat().st_size} bytes) is {words}")
    if words := foreign(path):
        raise CheckpointError(f"{path} is {words}")
    modules: dict[str, dict[str, Tensor]] = {}
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            for key in file.keys():  # noqa: SIM118 -- a safetensors file is no mapping
                module, _, name = key.partition("/")
                tensor = file.get_tensor(key)
                if tensor.is_floating_point() and not tensor.isfinite().all():
                    raise CheckpointError(f"{path}: {key} is not finite (NaN or infinity); download or train it again")
                modules.setdefault(module, {})[name] = tensor.float() if tensor.is_floating_point() else tensor
        if header.get("format") != FORMAT:
            if "delta_w_plus" in modules:
                raise CheckpointError(f"{path} is an edit vector, not a model: EditVector.load(path) reads it")
            raise CheckpointError(
                f"{path} is a safetensors file, but not a bundle of this package (its format is "
                f"{header.get('format')!r}, not {FORMAT!r}); use a file written by `editgan train` or EditGAN.save"
            )
        return Bundle(modules, json.loads(header["metadata"]))
    except (SafetensorError, json.JSONDecodeError, KeyError, OSError) as error:
        raise CheckpointError(
            f"{path} ({path.stat().st_size} bytes) is not a complete bundle: {error}; it may be truncated or of "
            "another format: copy or download it again, or give a file written by `editgan train` or EditGAN.save"
        ) from error


def load_generator(path: str | Path, device: torch.device | str = "cpu") -> Generator:
    """Load a generator from a bundle of ours, a rosinality `.pt` or a StyleGAN2-ADA `.pkl`; it is in eval mode.

    Sizes come from the bundle's metadata or else from the tensors' shapes; a file without metadata is read with the
    public `mapping_lr_multiplier` of 0.01. Raises CheckpointError for other files, and for a bundle without metadata
    whose mapping weights do not fit this multiplier; ValueError for a device that this machine does not have.
    """
    target = resolve_device(device)
    path = existing(path)
    if is_foreign(path):
        return built_generator(path, official_generator(path, read_tensors(path))).to(target)
    bundle = read_bundle(path)
    if "generator" not in bundle.modules:
        raise CheckpointError(f"{path} holds {sorted(bundle.modules)} and no 'generator'; give a generator's bundle")
    weights = bundle.modules["generator"]
    if "generator_config" in bundle.metadata:
        config = bundle.metadata["generator_config"]
        generator = _built(path, weights, lambda: build_generator(config))
        cast(nn.Module, generator).to(target)
        return generator
    if (gain := mapping_gain(weights, PUBLIC_MULTIPLIER)) < LEAST_GAIN:
        raise CheckpointError(
            f"{path} has no 'generator_config' in its metadata, and its mapping's weights do not fit the "
            f"public mapping_lr_multiplier {PUBLIC_MULTIPLIER} (root mean square {gain:.2g} when used; about 1 "
            "fits): write it again with write_bundle(…, {'generator_config': generator.config.to_dict()})"
        )
    return _built(path, weights, lambda: StyleGAN2(infer_config(weights))).to(target)


def is_foreign(path: Path) -> bool:
    """True if a file is of a public release and not a bundle of this package, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(9)
    return start[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or path.suffix in _FOREIGN


def built_generator(path: Path, found: OfficialGenerator) -> StyleGAN2:
    """Make the generator that `official_generator` found; eval mode. Raises CheckpointError."""
    return _built(path, found.weights, lambda: StyleGAN2(found.config))


_FOREIGN = (".pt", ".pth", ".pkl", ".pickle", ".npy", ".npz", ".ckpt", ".tar", ".bin")
Module = TypeVar("Module", bound=nn.Module | Generator)


def with_weights(make: Callable[[], Module], weights: StateDict) -> Module:
    """Build a module around a state dict, in eval mode; a file's claim to be larger than its tensors is refused early.

    Raises RuntimeError if names, shapes or sizes do not fit.
    """
    with _NoLargerThan(sum(value.numel() for value in weights.values())):
        module = make()
    network = cast(nn.Module, module)
    needed = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in weights.items()}
    if words := misfit(needed, given, type(network).__name__):
        raise RuntimeError(f"of the {type(network).__name__}'s tensors, {words}")
    network.load_state_dict(dict(weights), assign=True)
    network.eval()
    return module


class _NoLargerThan(TorchFunctionMode):
    """Limits the number of elements that a module may allocate while it is built."""

    def __init__(self, elements: int):
        super().__init__()
        self.left = 2 * elements + 100_000

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.empty, torch.zeros, torch.ones, torch.full, torch.randn) and args:
            size = args[0] if isinstance(args[0], (tuple, list, torch.Size)) else args
            self.left -= math.prod(n for n in size if isinstance(n, int))
            if self.left < 0:
                raise RuntimeError("its configuration claims more than its tensors hold")
        return func(*args, **(kwargs or {}))


def _built(path: Path, weights: StateDict, make: Callable[[], Module]) -> Module:
    try:
        return with_weights(make, weights)
    except (KeyError, RuntimeError, ValueError, IndexError) as error:
        raise no_generator(path, weights, error) from error
