"""Weights on disk: our bundles (one safetensors file), and the public layouts of StyleGAN2 weights.

A bundle holds several state dicts under `module/name` keys and JSON metadata. Foreign generators come as rosinality-layout
`.pt` files; they are read with `weights_only=True`, so no code in a file is ever run. Inside, names are those of StyleGAN2-ADA.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

StateDict = Mapping[str, Tensor]

FORMAT = "editgan-widgets bundle 1"


class CheckpointError(ValueError):
    """A weights file cannot be used; the message says which file, what it holds, what would fit and what to do."""


@dataclass(frozen=True)
class Bundle:
    """What a bundle file holds."""

    modules: dict[str, dict[str, Tensor]]  # state dict of each module, float32 where it was floating point
    metadata: dict[str, Any] = field(default_factory=dict)


def write_bundle(
    path: str | Path, modules: Mapping[str, StateDict], metadata: Mapping[str, Any], half: bool = False
) -> None:
    """Write state dicts and metadata (anything JSON can say) to one safetensors file; all of it or nothing.

    `half` stores floating-point tensors in 16 bits. Raises CheckpointError where a value does not fit or is not finite.
    """
    path = Path(path)
    tensors = {}
    for module, state in modules.items():
        for name, value in state.items():
            stored = value.detach().cpu().contiguous()
            if half and stored.is_floating_point():
                stored = stored.half()
            if stored.is_floating_point() and not stored.isfinite().all():
                cause = "does not fit into 16 bits; save with half=False" if value.isfinite().all() else "is not finite"
                raise CheckpointError(f"{path}: {module}/{name} {cause}; nothing was written")
            tensors[f"{module}/{name}"] = stored.clone()  # safetensors refuses tensors that share memory
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        save_file(tensors, unfinished, metadata={"format": FORMAT, "metadata": json.dumps(dict(metadata))})
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_bundle(path: str | Path) -> Bundle:
    """Read a bundle; floating-point tensors come as float32 on the CPU.

    Raises CheckpointError where the file is missing, cut short, or not a bundle.
    """
    path = _existing(path)
    modules: dict[str, dict[str, Tensor]] = {}
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            for key in file.keys():  # noqa: SIM118 -- a safetensors file is no mapping
                module, _, name = key.partition("/")
                tensor = file.get_tensor(key)
                modules.setdefault(module, {})[name] = tensor.float() if tensor.is_floating_point() else tensor
        if header.get("format") != FORMAT:
            raise CheckpointError(
                f"{path} is a safetensors file, but not a bundle of this package ({len(modules)} groups of tensors, format "
                f"{header.get('format')!r}, not {FORMAT!r}); use a file written by `editgan train` or EditGAN.save"
            )
        return Bundle(modules, json.loads(header["metadata"]))
    except (SafetensorError, json.JSONDecodeError, KeyError, OSError) as error:
        raise CheckpointError(
            f"{path} ({path.stat().st_size} bytes) is no whole safetensors file: {error}; it may be cut short or of another "
            "format: copy or download it again, or give a bundle written by `editgan train` or EditGAN.save"
        ) from error


def fingerprint(module: nn.Module) -> str:
    """Say which weights these are: 16 hexadecimal digits over all names, shapes and values (as float32)."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(f"{name}{tuple(value.shape)}".encode())
        digest.update(value.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise CheckpointError(f"weights file {path} {what}; give the path of a file that `editgan train` wrote")
    return path
