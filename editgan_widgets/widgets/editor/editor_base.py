"""Shared by the editor's groups of methods: its document, view and worker, and waiting for the worker."""

from typing import Any

import numpy as np

from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.scalars import Flag, Real, flag
from editgan_widgets.widgets.core.commands import Stop
from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.editor.document import Document
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.vector_panel import VectorPanel
from editgan_widgets.widgets.editor.view import EditorView
from editgan_widgets.widgets.editor.worker import EditorWorker


class EditorBase:
    """Base of the editor's groups of methods; `Editor` sets the attributes."""

    labels: LabelSet
    canvas: PartCanvas
    view: EditorView
    _document: Document
    _panel: VectorPanel
    _screen: Screen
    _worker: EditorWorker

    @property
    def session(self) -> Any:
        """The EditSession being edited; `open` and `new_portrait` replace it."""
        return self._document.session

    @property
    def photo(self) -> PhotoSession | None:
        """The opened photo, drawing or painting; None for a portrait of the model."""
        return self._document.photo

    @property
    def image(self) -> np.ndarray:
        """The picture, uint8 `[H, W, 3]`; during an edit its newest step."""
        return self._screen.image

    @property
    def label_map(self) -> np.ndarray:
        """The painted parts, uint8 `[H, W]`."""
        return self.canvas.label_map

    @property
    def vectors(self) -> dict[str, EditVector]:
        """Edit vectors with a slider, by name."""
        return self._panel.vectors

    def stop(self) -> None:
        """End a running edit within one step and keep its best picture."""
        self._worker.ask(Stop())

    def _as_the_view_says(self, run: Flag | None, mirror: Flag) -> dict[str, Any]:
        """Steps and paint rule of a stroke from Python: the view's values where none are given."""
        edits = self.view.auto if run is None else flag(run, "run")
        rule = {"locked": list(self.view.locked), "over": list(self.view.over), "mirror": flag(mirror, "mirror")}
        return {"auto": edits, "steps": self.view.steps, **rule}

    def _rule(self, mirror: bool) -> PaintRule:
        return PaintRule(tuple(self.view.locked), tuple(self.view.over), mirror)

    def wait(self, timeout: Real | None = None) -> bool:
        """Block until nothing runs or waits, at most `timeout` seconds; False if time ran out.

        Raises the error of the last action, if there was one. While a cell waits here, some Jupyter kernels cannot
        process the Stop button.
        """
        finished = self._worker.wait(None if timeout is None else float(timeout))
        failure = self._screen.take_failure() if finished else None
        if failure is not None:
            raise failure
        return finished

    def _wait_or_stop(self) -> None:
        """Wait for the last request; an interrupt of the cell (Ctrl+C) stops it and keeps the best step."""
        try:
            self.wait()
        except KeyboardInterrupt:
            self.stop()
            raise
