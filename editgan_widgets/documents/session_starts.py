"""Latents that a session may start from: sampled or given; and checks of what callers pass to a session."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from editgan_widgets.documents.session_document import SessionError
from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError, checked_scale
from editgan_widgets.latent.edit_config import EditConfig
from editgan_widgets.latent.latent_shapes import fitted
from editgan_widgets.models.array_like import ArrayLike, float_tensor
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.seeds import SeedError
from editgan_widgets.scalars import Real, Whole, is_real, real, shown, whole


def sampled_latent(
    model: EditGAN, seed: Whole, truncation_psi: Real, source: str
) -> tuple[Float[Tensor, "1 num_ws w_dim"], dict[str, Any]]:
    """The latent of a seed, and its recipe; arguments and errors as in EditSession.from_seed."""
    number = whole(seed, "seed", SessionError, least=0, most=2**63 - 1)
    if not is_real(truncation_psi) or not 0 <= (psi := real(truncation_psi, "truncation_psi")) <= 2:
        raise SessionError(f"truncation_psi must be a number in 0..1 (at most 2); got {shown(truncation_psi)}")
    try:
        w_plus = model.sample_w_plus(number, psi, source)
    except SeedError as error:
        raise SessionError(str(error)) from error
    recipe: dict[str, Any] = {"seed": number, "truncation_psi": psi}
    if source != "torch":
        recipe["seed_source"] = source
    return w_plus, recipe


def given_latent(model: EditGAN, w_plus: ArrayLike) -> Float[Tensor, "1 num_ws w_dim"]:
    """One latent on the model's device; arguments and errors as in EditSession.from_latent."""
    try:
        latents = fitted(float_tensor(w_plus, "w_plus"), model, "w_plus")
    except ValueError as error:
        raise SessionError(str(error)) from error
    if len(latents) > 1:
        raise SessionError(f"w_plus holds {len(latents)} latents, a session edits one; pick one, for example w_plus[0]")
    return latents.to(model.device)


def checked_label_map(label_map: np.ndarray, size: tuple[int, int], labels: LabelSet) -> UInt8[np.ndarray, "h w"]:
    """The label map as uint8; errors as in EditSession.set_label_map."""
    array = np.asarray(label_map)
    if array.shape != size:
        raise SessionError(
            f"the label map has shape {array.shape}, this portrait takes {size} (height, width); "
            "resize it with nearest-neighbour sampling, so that ids stay ids"
        )
    if array.dtype == bool or not np.issubdtype(array.dtype, np.integer):
        raise SessionError(f"a label map holds integer label ids; got {array.dtype}")
    if int(array.min()) < 0:
        raise SessionError(f"label ids run from 0; got {int(array.min())}")
    labels.check(array)
    return array.astype(np.uint8)


def checked_config(config: Any) -> EditConfig | None:
    """The settings that a caller gave. Raises ValueError for anything else than an EditConfig or None."""
    if config is None or isinstance(config, EditConfig):
        return config
    raise ValueError(f"config must be an EditConfig, such as EditConfig.preset('paper'), or None; got {shown(config)}")


def checked_vector(vector: Any, name: str = "vector") -> EditVector:
    """The vector that a caller gave. Raises EditVectorError for anything else."""
    if isinstance(vector, EditVector):
        return vector
    raise EditVectorError(
        f"{name} must be an EditVector, from EditVector.load(file) or load_vectors(model)[name]; got {shown(vector)}"
    )


def checked_vectors(vectors: Any) -> tuple[EditVector, ...]:
    """Several vectors that a caller gave. Raises EditVectorError for anything else."""
    if isinstance(vectors, Mapping):
        raise EditVectorError("vectors must be a list of EditVectors; got a mapping, so give its values()")
    if isinstance(vectors, (str, bytes, EditVector)) or not isinstance(vectors, Iterable):
        raise EditVectorError(f"vectors must be a list of EditVectors, such as [vector]; got {shown(vectors)}")
    return tuple(checked_vector(vector, f"vectors[{i}]") for i, vector in enumerate(vectors))


def checked_start(start: Any) -> tuple[EditVector, float] | None:
    """A vector and its scale, or None; errors as in EditSession.edit."""
    if start is None:
        return None
    if not isinstance(start, (tuple, list)) or len(start) != 2:
        raise EditVectorError(f"start must be an EditVector and its scale, (vector, 1.0), or None; got {shown(start)}")
    return checked_vector(start[0], "start[0]"), checked_scale(start[1])


def checked_edited(edited: Any, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """The edited region of a latent; errors as in EditSession.go_to."""
    region = np.asarray(edited)
    if region.shape != size or region.dtype != bool:
        raise SessionError(f"edited is {region.dtype} of shape {region.shape}; give a bool array {size}")
    return region


def checked_part_names(labels: Any) -> tuple[str, ...]:
    """Names of changed parts; errors as in EditSession.go_to."""
    if isinstance(labels, Iterable) and not isinstance(labels, (str, bytes)):
        names = tuple(labels)
        if all(isinstance(name, str) for name in names):
            return names
    raise SessionError(f"labels must be a list of parts' names, such as ['mouth']; got {shown(labels)}")


def checked_region(region: Any, size: int) -> Bool[np.ndarray, "h w"]:
    """The region of a drag; errors as in EditSession.drag."""
    free = np.asarray(region)
    if free.shape != (size, size) or free.dtype != bool:
        raise SessionError(
            f"region is {free.dtype} of shape {free.shape}; give a bool array ({size}, {size}), True where the "
            "picture may change"
        )
    if not free.any():
        raise SessionError("region is empty: no pixel of the picture may change; mark some as True")
    return free
