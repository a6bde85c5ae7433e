"""The finder of directions."""

from editgan_widgets.widgets.finder.finder import DirectionFinder

__all__ = ["DirectionFinder"]
