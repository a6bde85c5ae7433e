"""Everything that knows Jupyter: the editor, the explorer of edit vectors and their parts."""

from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.editor import Editor
from editgan_widgets.widgets.editor.view import EditorView
from editgan_widgets.widgets.explorer import VectorExplorer
from editgan_widgets.widgets.sample_grid import SampleGrid

__all__ = ["Editor", "EditorView", "PartCanvas", "SampleGrid", "VectorExplorer"]
