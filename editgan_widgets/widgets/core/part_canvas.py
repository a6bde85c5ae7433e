"""PartCanvas: an ipycanvas MultiCanvas with the layers of an editor, repainted from state.

Layers, bottom to top: image | label map | strokes | annotations. The state is in numpy arrays and the layers only show
it: a canvas loses its drawing when the page is reloaded, so everything is drawn again once a browser is ready.
ipycanvas sends all drawing of a kernel through one manager without locks, so only one thread may draw at a time.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from ipycanvas import Canvas, MultiCanvas, hold_canvas
from jaxtyping import UInt8

from editgan_widgets.labels import LabelSet
from editgan_widgets.scalars import Real, real

_DRAWING = threading.RLock()


@contextmanager
def drawing(canvas: MultiCanvas) -> Iterator[None]:
    """Draw in one batch; an error inside leaves ipycanvas usable (its own `hold_canvas` stays on for ever)."""
    manager = canvas._canvas_manager
    with _DRAWING:
        caching = manager._caching
        try:
            with hold_canvas():
                yield
        finally:
            if manager._caching and not caching:
                manager._commands_cache, manager._buffers_cache = [], []
                manager._caching = False


class PartCanvas(MultiCanvas):
    """The picture and its parts as canvas layers of the picture's own size.

    `canvas.image` `[H, W, 3]` and `canvas.label_map` `[H, W]` are what is shown; `show()` replaces them.
    `canvas.annotations` is a plain `ipycanvas.Canvas` on top, free for drawing with ipycanvas' own methods; give
    `on_repaint` a function to draw it again after a page reload. An Editor shows the same layers and writes its frames
    into them in the browser.
    """

    LAYERS = ("image", "label_map", "strokes", "annotations")

    def __init__(
        self,
        image: UInt8[np.ndarray, "h w 3"],
        label_map: UInt8[np.ndarray, "h w"],
        labels: LabelSet,
        opacity: Real = 0.5,
        on_repaint: "Callable[[PartCanvas], None] | None" = None,
    ) -> None:
        height, width = image.shape[:2]
        super().__init__(len(self.LAYERS), width=width, height=height)
        self.layout.width = f"{width}px"  # otherwise a box stretches it
        self.labels = labels
        self.opacity = real(opacity, "opacity", least=0, most=1)
        self.on_repaint = on_repaint
        self.image = image
        self.label_map = label_map
        self.store(image, label_map)
        self.on_client_ready(self._client_ready)

    @property
    def annotations(self) -> Canvas:
        """The topmost layer."""
        return self[3]

    def store(self, image: np.ndarray, label_map: np.ndarray) -> None:
        """Replace the state without drawing. Raises ValueError for another size, UnknownLabelError for a foreign id."""
        size = (int(self.height), int(self.width))
        if image.shape[:2] != size or label_map.shape != size:
            raise ValueError(
                f"this canvas is {size[1]} x {size[0]} px; got an image of {image.shape[1]} x {image.shape[0]} and a "
                f"label map of {label_map.shape[1]} x {label_map.shape[0]}; make a new PartCanvas for another size"
            )
        self.labels.check(label_map)
        self.image, self.label_map = image, label_map

    def show(self, image: np.ndarray, label_map: np.ndarray) -> None:
        """Replace the state and draw it."""
        self.store(image, label_map)
        self.repaint()

    def repaint(self) -> None:
        """Draw every layer from the state. Pictures go as RGBA, which ipycanvas sends without loss."""
        opaque = np.full((*self.label_map.shape, 1), 255, np.uint8)
        veil = np.full_like(opaque, round(255 * self.opacity))
        with drawing(self):
            for layer, pixels, alpha in (
                (self[0], self.image, opaque),
                (self[1], self.labels.colorize(self.label_map), veil),
            ):
                layer.clear()
                layer.put_image_data(np.concatenate([pixels, alpha], axis=2), 0, 0)
            self[2].clear()
            self.annotations.clear()
            if self.on_repaint is not None:
                self.on_repaint(self)

    def close(self) -> None:
        """Free the canvas on the page, its layers and their layouts. Closing twice is harmless."""
        for layer in self._canvases:
            layout = layer.layout
            layer.close()
            layout.close()
        layout = self.layout
        super().close()
        layout.close()

    def _client_ready(self) -> None:
        # A new page has no current canvas, but the manager remembers one and would not name it again (ipycanvas #322).
        with _DRAWING:
            self._canvas_manager._current_canvas = None
            self.repaint()
