"""The embedded domain: rendered 3-D portraits whose parts and factors are known exactly (MakeHuman's geometry, CC0)."""

from .factor_regressor import FactorRegressor, load_factor_regressor
from .factors import FACTOR_NAMES, FACTORS, UnknownFactorError
from .identity import Identity, load_identity
from .measuring import MeasuringFileError
from .parts import PORTRAIT_LABELS
from .renderer import NoEGLError, Portrait, Renderer, render
from .samples import load_samples
from .segmenter import Segmenter, SegmenterFileError, load_segmenter

__all__ = [
    "FACTORS",
    "FACTOR_NAMES",
    "PORTRAIT_LABELS",
    "FactorRegressor",
    "Identity",
    "MeasuringFileError",
    "NoEGLError",
    "Portrait",
    "Renderer",
    "Segmenter",
    "SegmenterFileError",
    "UnknownFactorError",
    "load_factor_regressor",
    "load_identity",
    "load_samples",
    "load_segmenter",
    "render",
]
