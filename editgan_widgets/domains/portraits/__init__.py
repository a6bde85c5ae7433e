"""The portrait domain: rendered 3-D portraits with exact part masks and factors (MakeHuman's geometry, CC0).

Names are imported at first use, so rendering does not import torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .factor_regressor import FactorRegressor, load_factor_regressor
    from .factors import FACTOR_NAMES, FACTORS, UnknownFactorError
    from .identity import Identity, load_identity
    from .measuring import MeasuringFileError
    from .parts import COARSE_LABELS, FACE_34, FINE_LABELS, GROUP_LABELS, PORTRAIT_LABELS, coarse, fine
    from .renderer import NoEGLError, Renderer, make_renderer, render
    from .samples import load_samples
    from .scene import Portrait
    from .segmenter import MergedSegmenter, Segmenter, SegmenterFileError, load_segmenter
    from .workers import WorkerError, render_many

__all__ = [
    "COARSE_LABELS",
    "FACE_34",
    "FACTORS",
    "FACTOR_NAMES",
    "FINE_LABELS",
    "GROUP_LABELS",
    "PORTRAIT_LABELS",
    "FactorRegressor",
    "Identity",
    "MeasuringFileError",
    "MergedSegmenter",
    "NoEGLError",
    "Portrait",
    "Renderer",
    "Segmenter",
    "SegmenterFileError",
    "UnknownFactorError",
    "WorkerError",
    "coarse",
    "fine",
    "load_factor_regressor",
    "load_identity",
    "load_samples",
    "load_segmenter",
    "make_renderer",
    "render",
    "render_many",
]

_HOMES = {
    "factor_regressor": ("FactorRegressor", "load_factor_regressor"),
    "factors": ("FACTORS", "FACTOR_NAMES", "UnknownFactorError"),
    "identity": ("Identity", "load_identity"),
    "measuring": ("MeasuringFileError",),
    "parts": ("COARSE_LABELS", "FACE_34", "FINE_LABELS", "GROUP_LABELS", "PORTRAIT_LABELS", "coarse", "fine"),
    "renderer": ("NoEGLError", "Renderer", "make_renderer", "render"),
    "samples": ("load_samples",),
    "scene": ("Portrait",),
    "segmenter": ("MergedSegmenter", "Segmenter", "SegmenterFileError", "load_segmenter"),
    "workers": ("WorkerError", "render_many"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
