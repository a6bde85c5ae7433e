"""The Jupyter widgets: editor, explorer of edit vectors, finder of directions, sample grid."""

from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.editor import Editor
from editgan_widgets.widgets.editor.view import EditorView
from editgan_widgets.widgets.explorer import VectorExplorer
from editgan_widgets.widgets.finder import DirectionFinder
from editgan_widgets.widgets.sample_grid import SampleGrid

__all__ = ["DirectionFinder", "Editor", "EditorView", "PartCanvas", "SampleGrid", "VectorExplorer"]
