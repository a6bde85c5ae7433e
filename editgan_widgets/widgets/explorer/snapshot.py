"""What the page shows of a document: plain numbers of its results, and pictures as bytes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from editgan_widgets.analysis.curve_sets import AttributeCurves
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.effects import EffectMap
from editgan_widgets.analysis.linearity import Deviation
from editgan_widgets.analysis.results import Result
from editgan_widgets.analysis.strength_strips import StrengthStrip
from editgan_widgets.analysis.vector_cosines import Cosines
from editgan_widgets.analysis.vector_rows import RowNorms
from editgan_widgets.analysis.vector_tables import VectorFigures
from editgan_widgets.widgets.core.snapshot import Encoded
from editgan_widgets.widgets.explorer.document import CURVES, EFFECT, INTERACTION, PAIRS, ROWS, Document

_CURVES = 6  # that are drawn
_BARS = 8  # parts that are drawn


def snapshot(document: Document, encoded: Encoded) -> Mapping[str, Any]:
    """Traits of the view."""
    results = document.results
    effect, pair, strip = results.get(EFFECT), results.get(INTERACTION), document.strip
    return {
        "rows": [_row(row, document) for row in document.figures],
        "chosen": document.chosen,
        "second": document.second or "",
        "strength": document.strength,
        "seed": document.seed,
        "seeds": list(document.seeds),
        "image": encoded.still("image", document.picture),
        "strip": {} if strip is None else {"seeds": list(strip.seeds), "strengths": list(strip.strengths)},
        "strip_sheet": b"" if strip is None else encoded.frame("strip", _sheet(strip)),
        "effect_map": encoded.packed("effect", _scaled(effect.mean if isinstance(effect, EffectMap) else None)),
        "interaction_map": encoded.packed("pair", _scaled(pair.mean if isinstance(pair, Deviation) else None)),
        "views": {name: {**_about(found), **_numbers(found)} for name, found in document.results.items()},
        "paused": document.paused,
    }


def _row(row: VectorFigures, document: Document) -> dict[str, Any]:
    return {
        "name": row.vector,
        "kind": "draft" if row.vector in document.drafts else "own" if row.vector in document.own else "",
        "norm": _number(row.norm),
        "attribute": row.attribute or "",
        "success": _estimate(row.success),
        "leakage": _number(row.leakage),
        "safe": _estimate(row.safe),
        "n": row.n,
        "measured": row.vector in document.measured,
    }


def _about(found: Result) -> dict[str, Any]:
    return {"sentence": found.sentence(), "basis": str(found.basis), "n": found.basis.n}


def _numbers(found: Result) -> dict[str, Any]:
    if isinstance(found, RowNorms):
        values = found.norms if found.spreads is None else found.spreads
        return {"values": _list(values), "sizes": list(found.sizes or ()), "in_spreads": found.spreads is not None}
    if isinstance(found, EffectMap):
        parts = [row for row in found.table() if row["share"] > 0][:_BARS]
        return {"peak": float(found.mean.max()), "parts": parts, "target": list(found.target)}
    if isinstance(found, AttributeCurves):
        return {"target": found.target, "curves": [x for x in map(_curve, found.curves) if x][:_CURVES]}
    if isinstance(found, Cosines):
        return {"names": list(found.names), "cosine": [_list(row) for row in found.cosine]}
    if isinstance(found, Deviation):
        return {"relative": _estimate(found.relative), "peak": float(found.mean.max())}
    return {}


def _curve(curve: Any) -> dict[str, Any]:
    """A curve in standard deviations; empty for an attribute that does not vary."""
    if not curve.std > 0:
        return {}
    lines = {name: _list(getattr(curve, name) / curve.std) for name in ("mean", "low", "high")}
    return {"attribute": curve.attribute, "strengths": _list(curve.strengths), **lines}


def _sheet(strip: StrengthStrip) -> np.ndarray:
    """The strip as one picture: a row for each portrait, a column for each strength."""
    rows, columns, height, width, _ = strip.pictures.shape
    return strip.pictures.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, 3)


def _scaled(mean: np.ndarray | None) -> np.ndarray | None:
    """A map as 0 to 255 of its largest value."""
    if mean is None or not mean.max() > 0:
        return None
    return np.round(255 * mean / mean.max()).astype(np.uint8)


def _list(values: np.ndarray) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: Any) -> float | None:
    """A number for JSON, which has no nan and no infinity."""
    return None if value is None or not np.isfinite(value) else float(value)


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    if found is None or not np.isfinite(found.value):
        return None
    return {"value": found.value, "low": _number(found.low), "high": _number(found.high)}
