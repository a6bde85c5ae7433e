"""Weights on disk: our bundles (one safetensors file), and the public layouts of StyleGAN2 weights.

A bundle holds several state dicts under `module/name` keys and JSON metadata. Foreign generators come as `.pt` files in
rosinality's layout or as StyleGAN2-ADA's `.pkl`; models/official reads them, and no code in a file is ever run. Names
inside this package are those of StyleGAN2-ADA.
"""

import hashlib
import json
import math
import re
import zipfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from editgan_widgets.files import whole_file
from editgan_widgets.models.devices import resolve_device
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.generator import Generator, GeneratorConfig
from editgan_widgets.models.layers import resample_filter
from editgan_widgets.models.official.stylegan2_ada import generator_weights, is_stylegan2_ada
from editgan_widgets.models.official.tensor_files import existing, finite, read_tensors, state_dict

StateDict = Mapping[str, Tensor]

FORMAT = "editgan-widgets bundle 1"
PUBLIC_MULTIPLIER = 0.01  # the `mapping_lr_multiplier` that readers of the public layouts take for granted


@dataclass(frozen=True)
class Bundle:
    """What a bundle file holds."""

    modules: dict[str, dict[str, Tensor]]  # state dict of each module, float32 where it was floating point
    metadata: dict[str, Any] = field(default_factory=dict)


def write_bundle(
    path: str | Path,
    modules: Mapping[str, StateDict],
    metadata: Mapping[str, Any],
    half: bool = False,
    never_half: Collection[str] = (),
) -> None:
    """Write state dicts and metadata (anything JSON can say) to one safetensors file; all of it or nothing.

    `half` stores floating-point tensors in 16 bits, but for those of the modules `never_half`. Raises CheckpointError
    where a value does not fit or is not finite.
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

    Raises CheckpointError where the file is missing, cut short, or not a bundle.
    """
    path = existing(path)
    if zipfile.is_zipfile(path):
        raise CheckpointError(
            f"{path} is a file of torch.save, not a bundle of this package; a generator in the rosinality layout is "
            "read with models.checkpoints.load_generator(path)"
        )
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
            f"{path} ({path.stat().st_size} bytes) is no whole bundle: {error}; it may be cut short or of another "
            "format: copy or download it again, or give a file written by `editgan train` or EditGAN.save"
        ) from error


def load_generator(path: str | Path, device: torch.device | str = "cpu") -> Generator:
    """Load a generator: a bundle of ours, a rosinality `.pt`, a StyleGAN2-ADA `.pkl`; evaluation mode, on `device`.

    Sizes come from the bundle's metadata or else from the tensors' shapes; a file without metadata is read with the
    public `mapping_lr_multiplier` of 0.01. Raises CheckpointError for anything else, and for a bundle without metadata
    whose mapping cannot be meant so; ValueError for a device that this machine does not have.
    """
    target = resolve_device(device)
    path = existing(path)
    if is_foreign(path):
        return foreign_generator(path, read_tensors(path)).to(target)
    bundle = read_bundle(path)
    if "generator" not in bundle.modules:
        raise CheckpointError(f"{path} holds {sorted(bundle.modules)} and no 'generator'; give a generator's bundle")
    weights = bundle.modules["generator"]
    config = None
    if "generator_config" in bundle.metadata:
        config = GeneratorConfig.from_dict(bundle.metadata["generator_config"])
    elif (gain := _mapping_gain(weights, PUBLIC_MULTIPLIER)) < _LEAST_GAIN:
        raise CheckpointError(
            f"{path} has no 'generator_config' in its metadata, and its mapping's weights cannot be meant with the "
            f"public mapping_lr_multiplier {PUBLIC_MULTIPLIER} (root mean square {gain:.2g} when used; about 1 "
            "fits): write it again with write_bundle(…, {'generator_config': generator.config.to_dict()})"
        )
    return _make_generator(path, weights, config).to(target)


def is_foreign(path: Path) -> bool:
    """Whether a file is of a public release and not one of our bundles, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(9)
    return start[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or path.suffix in _FOREIGN


def foreign_generator(path: Path, content: Any) -> Generator:
    """Make the generator of what `read_tensors` found in a rosinality `.pt` or a StyleGAN2-ADA `.pkl`; eval mode.

    Raises CheckpointError.
    """
    weights, multiplier = foreign_weights(path, content)
    try:
        config = replace(infer_config(weights), mapping_lr_multiplier=multiplier)
    except (KeyError, ValueError, IndexError) as error:
        raise _no_generator(path, weights, error) from error
    return _make_generator(path, weights, config)


def foreign_weights(path: Path, content: Any) -> tuple[dict[str, Tensor], float]:
    """Take a generator's tensors, in our names, and its mapping_lr_multiplier, of what `read_tensors` found."""
    if is_stylegan2_ada(content):
        return generator_weights(path, content)
    g_ema = content.get("g_ema") if isinstance(content, dict) else None
    latent_avg = content.get("latent_avg") if isinstance(content, dict) else None
    if not isinstance(g_ema, Mapping):
        holds = sorted(map(str, content))[:5] if isinstance(content, dict) else type(content).__name__
        raise CheckpointError(
            f"{path} holds {holds} and no 'g_ema' state dict (objects in it are never built or run); give a generator "
            "in the rosinality layout "
            "(a dict with 'g_ema' and 'latent_avg') or a bundle of ours"
        )
    tensors = state_dict(path, g_ema, "g_ema")
    mean = finite(path, "latent_avg", latent_avg) if isinstance(latent_avg, Tensor) else None
    try:
        return from_rosinality(tensors, mean), PUBLIC_MULTIPLIER
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}; give a whole file of that layout") from error


_FOREIGN = (".pt", ".pth", ".pkl", ".pickle", ".npy")
Module = TypeVar("Module", bound=nn.Module)


def with_weights(make: Callable[[], Module], weights: StateDict) -> Module:
    """Build a module around a state dict, in eval mode; a file's claim to be larger than its tensors is refused early.

    Raises RuntimeError where names, shapes or sizes do not fit.
    """
    with _NoLargerThan(sum(value.numel() for value in weights.values())):
        module = make()
    try:
        module.load_state_dict(dict(weights), assign=True)
    except RuntimeError as error:
        raise RuntimeError(" ".join(str(error).split())[:500]) from error  # one line of torch's many
    return module.eval()


class _NoLargerThan(TorchFunctionMode):
    """While a module is built, allows it a little more than so many elements."""

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


def _make_generator(path: Path, weights: StateDict, config: GeneratorConfig | None) -> Generator:
    try:
        known = config or infer_config(weights)
        return with_weights(lambda: Generator(known), weights)
    except (KeyError, RuntimeError, ValueError, IndexError) as error:
        raise _no_generator(path, weights, error) from error


def _no_generator(path: Path, weights: StateDict, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{path}: its {len(weights)} tensors make no StyleGAN2 generator: {error}; a generator has "
        "mapping.fc*, synthesis.b4 to b<resolution>, each with conv0, conv1, torgb: give a whole one"
    )


def fingerprint(module: nn.Module) -> str:
    """Say which weights these are: 16 hexadecimal digits over all names, shapes and values (as float32)."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(f"{name}{tuple(value.shape)}".encode())
        digest.update(value.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def infer_config(weights: StateDict) -> GeneratorConfig:
    """Read a generator's sizes off a state dict in StyleGAN2-ADA names.

    Tensors do not tell the `mapping_lr_multiplier`; it is given as 0.01, that of the public files.
    """
    resolutions = sorted(
        int(m[1]) for name in weights if (m := re.fullmatch(r"synthesis\.b(\d+)\.conv1\.weight", name))
    )
    if not resolutions:
        raise KeyError("no synthesis.b4.conv1.weight")
    first = weights["mapping.fc0.weight"]
    return GeneratorConfig(
        resolution=resolutions[-1],
        z_dim=first.shape[1],
        w_dim=first.shape[0],
        mapping_layers=sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in weights),
        mapping_lr_multiplier=PUBLIC_MULTIPLIER,
        channels=tuple(weights[f"synthesis.b{r}.conv1.weight"].shape[0] for r in resolutions),
    )


# The rosinality layout. Its tensors equal ours up to leading axes of length 1: rosinality name -> (our name, axes).
_STYLED = {
    "conv.weight": ("weight", 1),
    "conv.modulation.weight": ("affine.weight", 0),
    "conv.modulation.bias": ("affine.bias", 0),
    "noise.weight": ("noise_strength", 1),
    "activate.bias": ("bias", 0),
}
_TO_RGB = {
    "conv.weight": ("weight", 1),
    "conv.modulation.weight": ("affine.weight", 0),
    "conv.modulation.bias": ("affine.bias", 0),
    "bias": ("bias", -1),  # [1, 3, 1, 1] beside [3]
}


_MOST_BLOCKS = 9  # 2048 px


def _rosinality_names(resolution: int, mapping_layers: int) -> dict[str, tuple[str, int]]:
    """All tensors: rosinality name -> (our name, number of leading axes of length 1; -1: bias of a picture)."""
    names = {"input.input": ("synthesis.b4.const", 1)}
    for i in range(mapping_layers):
        for kind in ("weight", "bias"):
            names[f"style.{i + 1}.{kind}"] = (f"mapping.fc{i}.{kind}", 0)
    layers = [("conv1", "synthesis.b4.conv1")]
    pictures = [("to_rgb1", "synthesis.b4.torgb")]
    for k in range(int(math.log2(resolution)) - 2):
        block = f"synthesis.b{8 * 2**k}"
        layers += [(f"convs.{2 * k}", f"{block}.conv0"), (f"convs.{2 * k + 1}", f"{block}.conv1")]
        pictures.append((f"to_rgbs.{k}", f"{block}.torgb"))
    for i, (theirs, ours) in enumerate(layers):
        names |= {f"{theirs}.{a}": (f"{ours}.{b}", axes) for a, (b, axes) in _STYLED.items()}
        names[f"noises.noise_{i}"] = (f"{ours}.noise_const", 2)
    for theirs, ours in pictures:
        names |= {f"{theirs}.{a}": (f"{ours}.{b}", axes) for a, (b, axes) in _TO_RGB.items()}
    return names


def from_rosinality(g_ema: StateDict, latent_avg: Tensor | None = None) -> dict[str, Tensor]:
    """Turn a rosinality `g_ema` state dict into StyleGAN2-ADA names; `latent_avg` becomes `mapping.w_avg` (else zeros).

    Files without noise buffers (`noises.*`) get zeros, as if `noise_mode="none"`. Raises CheckpointError where tensors
    are missing, unknown, or of a shape that does not belong.
    """
    blocks = sum(re.fullmatch(r"to_rgbs\.\d+\.bias", name) is not None for name in g_ema)
    mapping_layers = sum(re.fullmatch(r"style\.\d+\.weight", name) is not None for name in g_ema)
    resolution = 4 * 2**blocks
    names = _rosinality_names(resolution, mapping_layers)
    noises = {name for name in names if name.startswith("noises.")}
    if not noises & set(g_ema):
        names = {theirs: entry for theirs, entry in names.items() if theirs not in noises}
    filters = {name for name in g_ema if re.search(r"(blur|upsample)\.kernel$", name)}
    missing, unknown = sorted(set(names) - set(g_ema)), sorted(set(g_ema) - set(names) - filters)
    if missing or unknown or not 0 < blocks <= _MOST_BLOCKS or not mapping_layers:
        raise CheckpointError(
            f"g_ema with {len(g_ema)} tensors is not a rosinality generator: missing {missing[:3] or 'none'}, unknown "
            f"{unknown[:3] or 'none'} (expected style.1 …, input.input, conv1, convs.*, to_rgb1, to_rgbs.*)"
        )
    weights: dict[str, Tensor] = {}
    for theirs, (ours, axes) in names.items():
        value = g_ema[theirs].float()
        shape = value.shape[axes:] if axes >= 0 else value.shape[1:2]
        if value.numel() != math.prod(shape):
            raise CheckpointError(f"g_ema tensor {theirs} has shape {tuple(value.shape)}; its leading axes must be 1")
        weights[ours] = value.reshape(shape)
    w_dim = weights["mapping.fc0.weight"].shape[0]
    weights["mapping.w_avg"] = torch.zeros(w_dim) if latent_avg is None else latent_avg.float().reshape(-1)
    for r in (4 * 2**k for k in range(blocks + 1)):
        weights[f"synthesis.b{r}.resample_filter"] = resample_filter()
        for layer in ("conv1",) if r == 4 else ("conv0", "conv1"):
            weights[f"synthesis.b{r}.{layer}.resample_filter"] = resample_filter()
            weights.setdefault(f"synthesis.b{r}.{layer}.noise_const", torch.zeros(r, r))
    return weights


def to_rosinality(weights: StateDict | Generator, mapping_lr_multiplier: float = PUBLIC_MULTIPLIER) -> dict[str, Any]:
    """Turn a generator into `{"g_ema": …, "latent_avg": …}` in the rosinality layout, ready for torch.save.

    Readers of this layout scale the mapping's weights and biases by 0.01; where another multiplier belongs to them,
    they are stored times multiplier / 0.01, which gives the same picture.

    Args:
        weights: a Generator, or a state dict in StyleGAN2-ADA names.
        mapping_lr_multiplier: the one that the state dict was trained with (`GeneratorConfig`); a Generator tells its
            own.

    Raises CheckpointError where the weights cannot be meant with this multiplier, and for a generator that does not
    normalise its codes, which readers of this layout always do.
    """
    if isinstance(weights, Generator):
        if not weights.config.normalize_z or weights.config.mapping_skip or weights.config.mapping_hinges:
            raise CheckpointError(
                "the rosinality layout normalises codes and has no linear map beside the mapping; this generator has "
                f"normalize_z {weights.config.normalize_z}, mapping_skip {weights.config.mapping_skip}: keep its bundle"
            )
        weights, mapping_lr_multiplier = weights.state_dict(), weights.config.mapping_lr_multiplier
    config = infer_config(weights)
    if (gain := _mapping_gain(weights, mapping_lr_multiplier)) < _LEAST_GAIN:
        raise CheckpointError(
            f"the mapping's weights cannot be meant with mapping_lr_multiplier {mapping_lr_multiplier:g}: root mean "
            f"square {gain:.2g} when used, about 1 fits; give the Generator itself, or the multiplier of its config"
        )
    g_ema = {}
    for theirs, (ours, axes) in _rosinality_names(config.resolution, config.mapping_layers).items():
        value = weights[ours].detach()
        if theirs.startswith("style.") and mapping_lr_multiplier != PUBLIC_MULTIPLIER:
            value = value * (mapping_lr_multiplier / PUBLIC_MULTIPLIER)
        shape = (1,) * axes + tuple(value.shape) if axes >= 0 else (1, len(value), 1, 1)
        g_ema[theirs] = value.reshape(shape).clone()
    for k in range(int(math.log2(config.resolution)) - 2):  # both of gain 4, as a doubling of the size needs it
        g_ema[f"convs.{2 * k}.conv.blur.kernel"] = resample_filter() * 4
        g_ema[f"to_rgbs.{k}.upsample.kernel"] = resample_filter() * 4
    return {"g_ema": g_ema, "latent_avg": weights["mapping.w_avg"].detach().clone()}


_LEAST_GAIN = 0.1


def _mapping_gain(weights: StateDict, multiplier: float) -> float:
    """Root mean square of the mapping's weights, of its largest layer, as a multiplier makes it; training begins at 1.

    Far below 1 the mapping would squeeze all codes to one: the weights belong to a larger multiplier.
    """
    layers = [value for name, value in weights.items() if re.fullmatch(r"mapping\.fc\d+\.weight", name)]
    return multiplier * max((float(value.float().square().mean().sqrt()) for value in layers), default=math.inf)
