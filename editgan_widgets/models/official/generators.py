"""The StyleGAN2 generator of a checkpoint, found anywhere in it by the names and shapes of its tensors.

Names are those of StyleGAN2-ADA (`synthesis.b4.const`) or of rosinality's port (`input.input`), with any prefix.
Settings that the file does not contain (activation, multiplier, mean of W) are assumed, and each assumption is noted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.generators.stylegan2 import MappingNetwork, StyleGAN2Config
from editgan_widgets.models.generators.stylegan2_layers import LEAK, resample_filter
from editgan_widgets.models.official.architectures import not_read, unlike_stylegan2
from editgan_widgets.models.official.containers import Contents, contents
from editgan_widgets.models.official.names import MEANS
from editgan_widgets.models.official.pickle_values import Opaque
from editgan_widgets.models.official.rosinality import from_rosinality, rosinality_names
from editgan_widgets.models.official.settings import Settings, settings_of
from editgan_widgets.models.official.sizes import (
    LEAST_GAIN,
    MOST_GAIN,
    PUBLIC_MULTIPLIER,
    infer_config,
    mapping_gain,
    with_buffers,
)
from editgan_widgets.models.official.tensor_files import finite
from editgan_widgets.models.official.whole_generator import NEXT_MOVE, check_whole

MEAN_SAMPLES = 10_000  # codes whose mean replaces a missing mean of W

_ADA = re.compile(r"((?:.*\.)?)synthesis\.b\d+\.(?:const|conv[01]\.weight|torgb\.weight)")
_ROSINALITY = re.compile(
    r"((?:.*\.)?)(?:input\.input|to_rgb1\.bias|to_rgb1\.conv\.weight|conv1\.conv\.modulation\.weight)"
)
_OWN = {
    "StyleGAN2-ADA": re.compile(r"(mapping|synthesis)\."),
    "rosinality": re.compile(r"(style|input|conv1|convs|to_rgb1|to_rgbs|noises)\."),
}
_AVERAGED = re.compile(r"ema|averag|shadow|smooth|(^|_)gs($|_)", re.IGNORECASE)
_NOT_AVERAGED = re.compile(
    r"(no|non|not|without|before|pre|un|wo|minus|exclud(ed|ing))[ _.-]*(ema|averag|shadow|smooth)\w*",
    re.IGNORECASE,
)
_SET_ASIDE = re.compile(r"frozen|source|old|init|orig|pretrain|teacher", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Location of a generator in a file: the layout of its names and the prefix before them."""

    layout: str  # "StyleGAN2-ADA" or "rosinality"
    prefix: str  # "" or ends in "."

    def __str__(self) -> str:
        return f"at {self.prefix.rstrip('.')!r}" if self.prefix else "at the top"


@dataclass(frozen=True)
class OfficialGenerator:
    """A generator of a public file, in our names.

    Attributes:
        place: its location in the file.
        weights: all tensors of its state dict, including `mapping.w_avg`, estimated if the file has none.
        config: its sizes and settings.
        notes: sentences on used, assumed, missing and omitted data.
        mean_is_estimated: the file has no mean of W.
    """

    place: Place
    weights: dict[str, Tensor]
    config: StyleGAN2Config
    notes: tuple[str, ...]
    mean_is_estimated: bool = False


def holds_generator(path: Path, content: Any) -> bool:
    """True if a content has a generator under one of the two namings. Raises CheckpointError for endless nesting."""
    return bool(_places(contents(path, content)))


def official_generator(path: Path, content: Any) -> OfficialGenerator:
    """Find the generator in the result of `read_tensors`.

    Raises CheckpointError if there is none, several indistinguishable ones, or an unsupported one; the message names
    the kind of the file.
    """
    found = contents(path, content)
    if not _places(found):
        raise none_found(path, content)
    place, notes = _chosen(path, found)
    tensors, aside = _own_tensors(path, found, place)
    beside = [name for name in found.tensors if name.startswith(place.prefix)]
    if reason := unlike_stylegan2(tensors, beside):
        raise CheckpointError(f"{path}: {reason}")
    settings = settings_of(path, found, place.prefix, place.layout)
    lacking = _lacking(tensors, place)
    mean, of_mean = _mean_of_w(path, found, place, tensors)
    weights = settings.applied(_in_our_names(path, tensors, place))
    try:
        config = settings.configured(infer_config(weights))
    except (KeyError, ValueError, IndexError) as error:
        raise no_generator(path, weights, error) from error
    lacking += _doubtful_mapping(path, weights, settings, place)
    estimated = False
    if mean is not None and not mean.any():
        sampled, deviation = mapped_statistics(path, weights, config)
        agrees = float(sampled.square().mean().sqrt()) <= _CLOSE * deviation
        of_mean += ", which agrees with mapped samples" if agrees else ", which mapped samples contradict"
        mean = mean if agrees else None
    if mean is None or len(mean) != config.w_dim:
        mean, _ = mapped_statistics(path, weights, config)
        of_mean = of_mean or "the file has no mean of W (latent_avg)"
        estimated = True
        of_mean += f": it was estimated from {MEAN_SAMPLES:,} mapped samples of a fixed seed"
    weights["mapping.w_avg"] = mean
    notes += [of_mean] if of_mean else []
    notes += [*lacking, *settings.notes, *_unusual(config, weights), *_left_out(found, place, aside)]
    return OfficialGenerator(place, weights, config, tuple(notes), estimated)


@torch.no_grad()
def mapped_statistics(
    path: Path, weights: Mapping[str, Tensor], config: StyleGAN2Config
) -> tuple[Float[Tensor, " w_dim"], float]:
    """Mean of `MEAN_SAMPLES` mapped codes of a fixed seed, and the root mean square of their deviation from it.

    Raises CheckpointError if the mapping is incomplete.
    """
    mapping = MappingNetwork(config)
    own = {name.removeprefix("mapping."): x for name, x in weights.items() if name.startswith("mapping.fc")}
    try:
        mapping.load_state_dict({**own, "w_avg": torch.zeros(config.w_dim)}, assign=True)
    except RuntimeError as error:
        raise no_generator(path, weights, RuntimeError(" ".join(str(error).split())[:300])) from error
    rng = torch.Generator().manual_seed(0)
    total = torch.zeros(config.w_dim, dtype=torch.float64)
    squares = torch.zeros(config.w_dim, dtype=torch.float64)
    for at in range(0, MEAN_SAMPLES, 1000):
        codes = torch.randn(min(1000, MEAN_SAMPLES - at), config.z_dim, generator=rng)
        w = mapping(codes).double()
        total, squares = total + w.sum(0), squares + w.square().sum(0)
    mean = total / MEAN_SAMPLES
    return mean.float(), float((squares / MEAN_SAMPLES - mean.square()).clamp_min(0).mean().sqrt())


def doubt_about_mean(path: Path, found: OfficialGenerator) -> str:
    """Compare the file's mean of W with that of mapped samples, which tests the assumptions about the mapping."""
    mean, deviation = mapped_statistics(path, found.weights, found.config)
    error = float((found.weights["mapping.w_avg"] - mean).square().mean().sqrt()) / max(deviation, 1e-12)
    if error < _CLOSE:
        return (
            f"checked: the file's mean of W agrees with {MEAN_SAMPLES:,} mapped samples, to {error:.1%} of W's "
            "standard deviation"
        )
    return (
        f"doubtful: the file's mean of W is {error:.1f} standard deviations of W away from that of {MEAN_SAMPLES:,} "
        "mapped samples; the mapping may have another multiplier or activation than was assumed, or the mean is of "
        "another training"
    )


_CLOSE = 0.1


def no_generator(path: Path, weights: Mapping[str, Tensor], error: Exception) -> CheckpointError:
    """Error for tensors that have a generator's names but do not form one."""
    return CheckpointError(
        f"{path}: its {len(weights)} tensors are not a StyleGAN2 generator: {error}; a generator has "
        "mapping.fc*, synthesis.b4 to b<resolution>, each with conv0, conv1, torgb: give a complete one"
    )


def _places(found: Contents) -> list[Place]:
    """All generators of a file, in its order."""
    places: dict[Place, None] = {}
    for name in found.tensors:
        for layout, pattern in (("StyleGAN2-ADA", _ADA), ("rosinality", _ROSINALITY)):
            if match := pattern.fullmatch(name):
                places[Place(layout, match[1])] = None
    return list(places)


def _chosen(path: Path, found: Contents) -> tuple[Place, list[str]]:
    """The generator to convert, and notes on the choice."""
    places = _places(found)
    distinct = [p for i, p in enumerate(places) if not any(_same(found, p, q) for q in places[:i])]
    best = max(map(_rank, distinct))
    meant = [place for place in distinct if _rank(place) == best]
    ordered = len(meant) > 1 and len({re.sub(r"\[\d+\]", "[]", place.prefix) for place in meant}) == 1
    if len(meant) > 1 and not ordered:
        raise CheckpointError(
            f"{path} holds {len(meant)} generators, {', '.join(map(str, meant))}, and none is marked as averaged "
            "(ema); save the intended one alone with torch.save and give that file"
        )
    place = meant[-1]  # in a tuple (G, D, G_ema), the last one
    notes = [f"generator found {place}, in {place.layout} names"]
    if len(distinct) > 1:
        others = ", ".join(str(other) for other in distinct if other != place)
        why = "the last of the tuple" if ordered else "the averaged one (ema)" if best > 0 else "the trained one"
        notes[0] += f"; there are others {others}: this is {why}"
    if not _is_averaged(place) and place.prefix:
        notes.append("nothing marks its weights as averaged over training (ema)")
    return place, notes


def _rank(place: Place) -> int:
    return _is_averaged(place) - bool(_SET_ASIDE.search(place.prefix))


def _is_averaged(place: Place) -> bool:
    """True if a name denotes weights averaged over training: "G_ema", but not "G_before_ema"."""
    return _AVERAGED.search(_NOT_AVERAGED.sub("", place.prefix)) is not None


def _same(found: Contents, one: Place, other: Place) -> bool:
    a, b = (_own(found.below(place.prefix), place) for place in (one, other))
    return one.layout == other.layout and set(a) == set(b) and all(torch.equal(a[name], b[name]) for name in a)


def _own(tensors: Mapping[str, Tensor], place: Place) -> dict[str, Tensor]:
    return {name: x for name, x in tensors.items() if _OWN[place.layout].match(name)}


def _own_tensors(path: Path, found: Contents, place: Place) -> tuple[dict[str, Tensor], list[str]]:
    """The generator's tensors by the names of its layout, and the names of others, which are left out."""
    own = _own(found.below(place.prefix), place)
    tensors = {
        name: finite(path, f"{place.prefix}{name}", x)
        for name, x in own.items()
        if not name.endswith("num_batches_tracked")
    }
    taken = {f"{place.prefix}{name}" for name in own}
    aside = [name for name in found.tensors if name not in taken]
    return tensors, aside


def _in_our_names(path: Path, tensors: Mapping[str, Tensor], place: Place) -> dict[str, Tensor]:
    """The tensors in StyleGAN2-ADA names, with the buffers that may be missing. Raises CheckpointError."""
    try:
        if place.layout == "rosinality":
            weights = from_rosinality(tensors)
            names, _ = rosinality_names(tensors)
            check_whole(path, weights, {ours: (theirs, axes) for theirs, (ours, axes) in names.items()})
            return weights
        check_whole(path, tensors)
        weights = {name: x for name, x in tensors.items() if not name.endswith("torgb.resample_filter")}
        return weights | with_buffers(weights)
    except ValueError as error:
        said = str(error)
        raise CheckpointError(said if said.startswith(f"{path}:") else f"{path}: {said}; {NEXT_MOVE}") from error


def _mean_of_w(
    path: Path, found: Contents, place: Place, tensors: Mapping[str, Tensor]
) -> tuple[Float[Tensor, " w_dim"] | None, str]:
    """The mean of W in a file, beside the generator or further up, and a note if it was not used unchanged."""
    widths = [x.shape[0] for name, x in tensors.items() if re.fullmatch(r"(mapping\.fc|style\.)\d+\.weight", name)]
    name = next((name for name in _names_of_means(place) if name in found.tensors), None)
    if name is None or not widths:
        return None, ""
    stored = finite(path, name, found.tensors[name])
    while stored.ndim > 1 and stored.shape[-1] == 1 != widths[-1]:  # a column
        stored = stored.squeeze(-1)
    if not stored.numel() or stored.ndim == 0 or stored.shape[-1] != widths[-1]:
        return None, f"its {name} has shape {tuple(stored.shape)}, which is no mean of a W {widths[-1]} wide"
    rows = stored.reshape(-1, widths[-1])
    if not rows.any():
        return rows[0], f"its {name} is all zeros"
    mean = rows.mean(0)
    spread = float((rows - mean).abs().max())
    if len(rows) > 1 and spread > 1e-3 * float(mean.abs().max()):
        return None, (
            f"its {name} has {len(rows)} rows that differ by up to {spread:.2g}: a mean of W+, of which W has none"
        )
    note = f"the {len(rows)} equal rows of its {name} were taken as the mean of W" if len(rows) > 1 else ""
    return (rows[0] if len(rows) == 1 else mean), note


def _doubtful_mapping(path: Path, weights: Mapping[str, Tensor], settings: Settings, place: Place) -> list[str]:
    """A note, or an error, if the mapping's weights do not fit the assumed multiplier."""
    gain = mapping_gain(weights, PUBLIC_MULTIPLIER)
    if settings.multiplier is not None or LEAST_GAIN <= gain <= MOST_GAIN:
        return []
    words = (
        f"its mapping's weights look as if they belong to another mapping_lr_multiplier than {PUBLIC_MULTIPLIER:g} "
        f"(root mean square {gain:.2g} when used; about 1 fits)"
    )
    if place.layout == "rosinality":  # all readers of that layout use this multiplier
        return [words]
    raise CheckpointError(f"{path}: {words}, and the file does not say which; give the pickled network, which does")


def _names_of_means(place: Place) -> list[str]:
    """Where a mean may lie: within the generator, beside it, further up."""
    steps = place.prefix.rstrip(".").split(".") if place.prefix else []
    above = ["".join(f"{step}." for step in steps[:n]) for n in range(len(steps), -1, -1)]
    return [f"{place.prefix}mapping.w_avg", *(f"{prefix}{name}" for prefix in above for name in MEANS)]


def _unusual(config: StyleGAN2Config, weights: Mapping[str, Tensor]) -> list[str]:
    """Settings of the file that most StyleGAN2 generators do not have."""
    notes = []
    for where, slope in (("synthesis", config.leak), ("mapping", config.mapping_leak)):
        if slope != LEAK:
            kind = "a ReLU" if slope == 0 else "linear" if slope == 1 else f"a leaky ReLU of slope {slope:g}"
            notes.append(f"the activation of the {where} network is {kind}, as the file says")
    kernels = {name: x for name, x in weights.items() if name.endswith("resample_filter")}
    other = [name for name, x in kernels.items() if not torch.allclose(x, resample_filter(len(x)), atol=1e-4)]
    if other:
        notes.append(f"{len(other)} of {len(kernels)} low-pass filters are not [1, 3, 3, 1]; the file's are used")
    return notes


def _lacking(tensors: Mapping[str, Tensor], place: Place) -> list[str]:
    """Notes on missing tensors that have defaults."""
    if place.layout == "rosinality":
        blocks = sum(re.fullmatch(r"to_rgbs\.\d+\.bias", name) is not None for name in tensors)
        noises = [f"noises.noise_{i}" for i in range(2 * min(blocks, 16) + 1)]
        kernels = [f"convs.{2 * k}.conv.blur.kernel" for k in range(min(blocks, 16))]
        kernels += [f"to_rgbs.{k}.upsample.kernel" for k in range(min(blocks, 16))]
    else:
        layers = [m[1] for name in tensors if (m := re.fullmatch(r"(synthesis\.b\d+\.conv[01])\.noise_strength", name))]
        noises = [f"{layer}.noise_const" for layer in layers]
        kernels = [f"{layer}.resample_filter" for layer in layers if layer.endswith("conv0")]
    notes = []
    if lost := [name for name in noises if name not in tensors]:
        which = "all noise buffers" if len(lost) == len(noises) else ", ".join(lost)
        notes.append(f"missing: {which}; zeros stand in, as with noise_mode 'none'")
    if lost := [name for name in kernels if name not in tensors]:
        notes.append(f"missing: {len(lost)} low-pass kernels ({lost[0]} …); [1, 3, 3, 1] was assumed")
    return notes


def _left_out(found: Contents, place: Place, aside: list[str]) -> list[str]:
    """Notes on the other contents of the file."""
    used = {*_names_of_means(place)}
    groups: dict[str, int] = {}
    for name in aside:
        if name not in used:
            inside = name.startswith(place.prefix) and place.prefix
            rest = name[len(place.prefix) :] if inside else name
            top = f"{place.prefix if inside else ''}{rest.split('.')[0]}"
            groups[top] = groups.get(top, 0) + 1
    notes = []
    if groups:
        listed = [f"{name} ({count} tensors)" for name, count in sorted(groups.items())]
        more = f" and {len(listed) - 8} more" if len(listed) > 8 else ""
        notes.append(f"not read as part of the generator: {', '.join(listed[:8])}{more}")
    if found.unknown:
        names = sorted(set(found.unknown))
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        notes.append(f"skipped, not built and not run: {', '.join(names[:6])}{more}")
    return notes


def none_found(path: Path, content: Any) -> CheckpointError:
    """Error for a file without a generator: its kind, or its content."""
    found = contents(path, content)
    if words := not_read(found):
        return CheckpointError(f"{path}: {words}")
    if isinstance(content, Mapping):
        holds = f"{sorted(map(str, content))[:5]!s:.200}"
    else:
        holds = f"an object of {content.name}" if isinstance(content, Opaque) else type(content).__name__
    return CheckpointError(
        f"{path} holds {holds} and no 'g_ema' or other StyleGAN2 generator (objects in it are never built or run); "
        "give a generator in the rosinality layout (input.input, convs.*, to_rgbs.*) or in StyleGAN2-ADA's "
        "(mapping.fc0, synthesis.b4 …), or a bundle of ours"
    )
