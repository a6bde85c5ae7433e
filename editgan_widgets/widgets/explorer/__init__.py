"""The explorer of edit vectors."""

from editgan_widgets.widgets.explorer.explorer import VectorExplorer

__all__ = ["VectorExplorer"]
