"""The editor: paint on a part of a portrait, and the picture follows."""

from editgan_widgets.widgets.editor.editor import Editor
from editgan_widgets.widgets.editor.view import EditorView

__all__ = ["Editor", "EditorView"]
