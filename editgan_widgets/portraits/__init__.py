"""The embedded domain: rendered 3-D portraits whose parts and factors are known exactly (MakeHuman's geometry, CC0)."""

from .factors import FACTOR_NAMES, FACTORS
from .parts import PORTRAIT_LABELS
from .renderer import NoEGLError, Portrait, Renderer, render

__all__ = ["FACTORS", "FACTOR_NAMES", "PORTRAIT_LABELS", "NoEGLError", "Portrait", "Renderer", "render"]
