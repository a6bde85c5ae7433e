"""Arrays among the files to convert: classification as latents or edit vectors, and their conversion."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor

from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.directions.direction_files import Index, direction_of
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.latents import fitted_latents
from editgan_widgets.latent.latents_or_vector import Kind, decided
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official import arrays
from editgan_widgets.models.official.latent_files import latents_in
from editgan_widgets.models.official.sources import Source

Kinds: TypeAlias = str | Mapping[str, str] | None
"""Kind of arrays with an ambiguous shape: "vector" or "latents", for all of them or by file name."""

_WORDS: dict[str, Kind] = {
    **dict.fromkeys(("vector", "vectors", "edit vector", "direction"), "edit vector"),
    **dict.fromkeys(("latents", "latent"), "latents"),
}


@dataclass(frozen=True)
class Sorted:
    """The arrays among the sources.

    Attributes:
        latents, vectors, label_maps: sources of each kind.
        reasons: by path, the reason for an array's kind if its file does not name it.
    """

    latents: list[Source] = field(default_factory=list)
    vectors: list[Source] = field(default_factory=list)
    label_maps: list[Source] = field(default_factory=list)
    reasons: dict[Path, str] = field(default_factory=dict)


def kind_named(kinds: Kinds, path: Path) -> Kind | None:
    """The kind that the caller gave for a file, or None. Raises CheckpointError for an unknown kind."""
    given = kinds
    if isinstance(kinds, Mapping):
        given = next((kinds[name] for name in (str(path), path.name, path.stem) if name in kinds), None)
    if given is None:
        return None
    if given not in _WORDS:
        raise CheckpointError(
            f"{path}: an array is converted as 'vector' or 'latents'; got {given!r}, give one of these"
        )
    return _WORDS[str(given)]


def sorted_arrays(sources: list[Source], kinds: Kinds, model: EditGAN | None, of_a_release: bool) -> Sorted:
    """Sort arrays by kind: as the caller says, as the file says, or else as `decided` measures.

    Args:
        sources: arrays of any kind.
        kinds: kinds given by the caller.
        model: the model that ambiguous arrays are measured against.
        of_a_release: True if an interpreter or encoder of EditGAN is converted with them.

    Raises CheckpointError if the kind cannot be determined.
    """
    found = Sorted()
    for source in sources:
        kind, path = kind_named(kinds, source.path), source.path
        if kind is not None:
            found.reasons[path] = "as you said"
        elif source.kind == arrays.UNDECIDED:
            ((_, tensor),) = latents_in(path, source.content)
            kind, found.reasons[path] = decided(path, tensor, model, _as_released(tensor) if of_a_release else None)
        told = replace(source, kind=kind or source.kind)
        {"latents": found.latents, "edit vector": found.vectors, "label map": found.label_maps}[told.kind].append(told)
    return found


def bundled(found: Sorted, model: EditGAN | None) -> tuple[dict[str, dict[str, Tensor]], dict]:
    """Latents and label maps by file name, as modules of a bundle, and its metadata.

    With a model, latents are converted to its shape; otherwise they keep theirs. Raises CheckpointError.
    """
    tensors: dict[str, dict[str, Tensor]] = {}
    names = {}
    for source in found.latents:
        path = source.path
        if path.stem in tensors.get("latents", {}):
            raise CheckpointError(f"{path}: two latents would be named {path.stem!r}; rename one of the files")
        if model is None:
            w_plus = arrays.latents(path, source.content)
        else:
            latents = fitted_latents(path, latents_in(path, source.content), model)
            w_plus = latents.w_plus
            if any(latents.names):
                names[path.stem] = list(latents.names)
        tensors.setdefault("latents", {})[path.stem] = w_plus
    for source in found.label_maps:
        label_map = torch.from_numpy(arrays.label_map(source.path, source.content))
        tensors.setdefault("label_maps", {})[source.path.stem] = label_map
    return tensors, {"latent_names": names} if names else {}


def vector_of(source: Source, model: EditGAN | None, labels: LabelSet | None, index: Index) -> EditVector:
    """Read an edit vector from a file. Raises CheckpointError if it does not fit the model, or if it needs a model."""
    path, content = source.path, source.content
    if model is not None:
        made = direction_of(path, content, model, index, force=True)
        ids = arrays.part_ids(path, content)
        return replace(made, labels=_part_names(ids, labels or model.labels))
    try:
        delta, ids = arrays.edit_vector(path, content)
    except CheckpointError as error:
        raise CheckpointError(
            f"{error}; a direction of W is repeated in every row of a model: name the model's bundle as well"
        ) from error
    return EditVector(path.stem, delta, _part_names(ids, labels), {"converted_from": path.name})


def _as_released(tensor: Tensor) -> Kind | None:
    """Kind by the shapes of EditGAN's release: edit vectors are (1, rows, width), latents (rows, width)."""
    kinds: dict[int, Kind] = {3: "edit vector", 2: "latents"}
    return kinds.get(tensor.ndim)


def _part_names(ids: list[int], labels: LabelSet | None) -> tuple[str, ...]:
    return tuple(labels[i].name if labels is not None and i < len(labels) else f"part {i}" for i in ids)
