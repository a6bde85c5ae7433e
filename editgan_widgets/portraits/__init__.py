"""The embedded domain: rendered 3-D portraits whose parts and factors are known exactly (MakeHuman's geometry, CC0)."""

from .factors import FACTOR_NAMES, FACTORS, UnknownFactorError
from .parts import PORTRAIT_LABELS
from .renderer import NoEGLError, Portrait, Renderer, render
from .samples import load_samples
from .segmenter import Segmenter, SegmenterFileError, load_segmenter

__all__ = [
    "FACTORS",
    "FACTOR_NAMES",
    "PORTRAIT_LABELS",
    "NoEGLError",
    "Portrait",
    "Renderer",
    "Segmenter",
    "SegmenterFileError",
    "UnknownFactorError",
    "load_samples",
    "load_segmenter",
    "render",
]
