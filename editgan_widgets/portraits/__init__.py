"""The embedded domain: rendered 3-D portraits whose parts and factors are known exactly (MakeHuman's geometry, CC0)."""

from .factor_regressor import FactorRegressor, load_factor_regressor
from .factors import FACTOR_NAMES, FACTORS, UnknownFactorError
from .identity import Identity, load_identity
from .measuring import MeasuringFileError
from .parts import COARSE_LABELS, FACE_34, FINE_LABELS, GROUP_LABELS, PORTRAIT_LABELS, coarse, fine
from .renderer import NoEGLError, Portrait, Renderer, render
from .samples import load_samples
from .segmenter import MergedSegmenter, Segmenter, SegmenterFileError, load_segmenter

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
    "coarse",
    "fine",
    "load_factor_regressor",
    "load_identity",
    "load_samples",
    "load_segmenter",
    "render",
]
