"""Traits that show the finder's document."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from editgan_widgets.widgets.core.snapshot import Encoded
from editgan_widgets.widgets.finder.document import Direction, Document


def snapshot(document: Document, encoded: Encoded) -> Mapping[str, Any]:
    """Return the traits of the view that show a document."""
    return {
        "image": encoded.still("image", document.picture),
        "seed": document.seed,
        "active": -1 if document.active is None else document.active,
        "directions": [_row(one) for one in document.directions],
        "sheets": {str(one.id): one.sheet for one in document.directions},
        "kept": list(document.kept),
        "samples": [one.seed for one in document.samples],
        "sample_pictures": [one.picture for one in document.samples],
    }


def _row(one: Direction) -> dict[str, Any]:
    effect, boundary = one.effect, one.boundary
    about: dict[str, Any] = {
        "id": one.id,
        "name": one.vector.name,
        "rows": list(one.rows),
        "fixed": "row" in one.vector.recipe,
        "strength": one.strength,
        "attribute": "" if effect is None else effect.attribute,
        "change": 0.0 if effect is None else _finite(round(effect.change, 3)),
        "share": 0.0 if effect is None else _finite(round(effect.share, 3)),
        "learned": boundary is not None,
    }
    if boundary is None:
        return about
    x = boundary.accuracy
    accuracy = (
        {"accuracy": x.value, "low": x.low, "high": x.high} if np.isfinite([x.value, x.low, x.high]).all() else {}
    )
    return about | accuracy | {"marks": x.n, "few": boundary.few}


def _finite(value: float) -> float:
    """The value, or 0 for NaN and infinity, which JSON does not have."""
    return value if np.isfinite(value) else 0.0
