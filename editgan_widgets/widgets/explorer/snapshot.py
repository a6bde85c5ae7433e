"""Traits that show a document: numbers of its results, and pictures as bytes."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from weakref import WeakKeyDictionary

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
from editgan_widgets.widgets.explorer.document import EFFECT, INTERACTION, Document

_CURVES = 6  # maximum number of curves that are drawn
_BARS = 8  # number of parts that are drawn, the most affected ones
_TARGETS = 4  # maximum number of further ones that the vector was learned from
_THUMBNAIL = 160  # px, size of a picture of the strip

_made: WeakKeyDictionary[Result, dict[str, Any]] = WeakKeyDictionary()  # cache; a result never changes


def _once(found: Result, name: str, make: Callable[[Any], Any]) -> Any:
    """Compute a value from a result once and cache it."""
    made = _made.setdefault(found, {})
    if name not in made:
        made[name] = make(found)
    return made[name]


def snapshot(document: Document, encoded: Encoded) -> Mapping[str, Any]:
    """Return the traits of the view that show a document."""
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
        "strip_sheet": b"" if strip is None else encoded.frame("strip", _once(strip, "sheet", _sheet)),
        "effect_map": b"" if effect is None else encoded.packed("effect", _once(effect, "map", _scaled)),
        "interaction_map": b"" if pair is None else encoded.packed("pair", _once(pair, "map", _scaled)),
        "views": {name: _once(found, "view", _view) for name, found in results.items()},
        "paused": document.paused,
        "work": {} if document.work is None else asdict(document.work),
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


def _view(found: Result) -> dict[str, Any]:
    return {"sentence": found.answer(), "basis": str(found.basis), "n": found.basis.n, **_numbers(found)}


def _numbers(found: Result) -> dict[str, Any]:
    if isinstance(found, RowNorms):
        values = found.norms if found.spreads is None else found.spreads
        return {"values": _list(values), "sizes": list(found.sizes or ()), "in_spreads": found.spreads is not None}
    if isinstance(found, EffectMap):
        rows = [row for row in found.table() if row["share"] > 0]
        parts = rows[:_BARS] + [row for row in rows[_BARS:] if row["part"] in found.target][:_TARGETS]
        parts = [{**row, "low": _number(row["low"]), "high": _number(row["high"])} for row in parts]
        return {"peak": _number(found.mean.max()), "parts": parts, "target": list(found.target)}
    if isinstance(found, AttributeCurves):
        return {"target": found.target, "curves": [x for x in map(_curve, found.curves) if x][:_CURVES]}
    if isinstance(found, Cosines):
        return {"names": list(found.names), "cosine": [_list(row) for row in found.cosine]}
    if isinstance(found, Deviation):
        return {"relative": _estimate(found.relative), "peak": _number(found.mean.max())}
    return {}


def _curve(curve: Any) -> dict[str, Any]:
    """A curve in standard deviations; empty for an attribute that does not vary."""
    if not curve.std > 0:
        return {}
    lines = {name: _list(getattr(curve, name) / curve.std) for name in ("mean", "low", "high")}
    return {"attribute": curve.attribute, "strengths": _list(curve.strengths), **lines}


def _sheet(strip: StrengthStrip) -> np.ndarray:
    """The strip as one picture: a row for each portrait, a column for each strength, of at most _THUMBNAIL px."""
    every = -(-strip.pictures.shape[2] // _THUMBNAIL)
    pictures = strip.pictures[:, :, ::every, ::every]
    rows, columns, height, width, _ = pictures.shape
    return pictures.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, 3)


def _scaled(found: EffectMap | Deviation) -> np.ndarray | None:
    """A map as 0 to 255 of its largest value; None for one of zeros."""
    mean = found.mean
    return np.round(255 * mean / mean.max()).astype(np.uint8) if mean.max() > 0 else None


def _list(values: np.ndarray) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: Any) -> float | None:
    """A number for JSON, which has no nan and no infinity."""
    return None if value is None or not np.isfinite(value) else float(value)


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    if found is None or not np.isfinite(found.value):
        return None
    return {"value": found.value, "low": _number(found.low), "high": _number(found.high)}
