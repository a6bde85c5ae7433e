"""All edits of a session as one edit vector."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch

from editgan_widgets.documents.entry_kinds import kind_of
from editgan_widgets.documents.session_document import SessionDocument, SessionError
from editgan_widgets.latent.directions.edit_vector import EditVector, parts_of_delta
from editgan_widgets.latent.latent_shapes import alike

_ROUNDING = 1e-5  # bound of the rounding error of adding and subtracting vectors, relative to a latent's largest number


def vector_of(
    document: SessionDocument, made_of: dict[str, Any], name: str, licence: str | None, preview: bool
) -> EditVector:
    """See EditSession.edit_vector; `made_of` is the session's recipe."""
    state, original, model = document.state, document.original, document.model
    after, before = alike(state.w_plus, original.w_plus)
    delta = (after - before)[0]
    if float(delta.abs().max()) < _ROUNDING * float(original.w_plus.abs().max()):
        raise SessionError("no edit was made yet, so there is no vector: paint, then run session.edit()")
    before, after = original.label_map, state.label_map
    ids = np.unique(after[before != after])
    recipe = {
        **made_of,
        "fingerprint": model.base_fingerprint,
        "resolution": model.resolution,
        "label_set": model.labels.name,
        "perceptual_features": model.perceptual_distance().name,
        "steps": [entry.made["ran"] for entry in document.history.path() if kind_of(entry).runs],
        "versions": {"editgan-widgets": _own_version(), "torch": str(torch.__version__)},
    }
    pictures = np.concatenate([original.image, state.image], axis=1) if preview else None
    labels = tuple(model.labels[int(i)].name for i in ids)
    delta_w_plus, styles = parts_of_delta(delta, model.generator.w_dim)
    return EditVector(name, delta_w_plus, labels, recipe, licence, pictures, styles)


def _own_version() -> str:
    try:
        return version("editgan-widgets")
    except PackageNotFoundError:
        return "unknown"
