"""A toy widget on widgets/core: a colour on the shared canvas, with buttons that set it or fade to another colour."""

from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from fader.document import COMMANDS, SIZE, Document, Fade, SetColour, apply, preview, snapshot
from ipywidgets import widget_serialization

from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.widgets.core.commands import Stop, checked
from editgan_widgets.widgets.core.live_view import LiveView
from editgan_widgets.widgets.core.loop import Loop
from editgan_widgets.widgets.core.part_canvas import PartCanvas
from editgan_widgets.widgets.core.strings import STRINGS

HERE = Path(__file__).parent
LABELS = LabelSet("colour", [Label(0, "all", "#000000")])


class Fader(LiveView):
    """Shows a colour."""

    _esm = HERE / "fader.bundle.js"
    _css = HERE / "fader.bundle.css"
    KERNEL_WRITTEN = ("image", "changes")
    TEXTS = (STRINGS, HERE / "strings.json")

    canvas = traitlets.Instance(PartCanvas).tag(sync=True, **widget_serialization)
    width = traitlets.Int(SIZE).tag(sync=True)
    height = traitlets.Int(SIZE).tag(sync=True)
    image = traitlets.Bytes().tag(sync=True)
    changes = traitlets.Int(0).tag(sync=True)

    def __init__(self, language: str = "en") -> None:
        document, parts = Document(), np.zeros((SIZE, SIZE), np.uint8)
        canvas = PartCanvas(document.picture, parts, LABELS, opacity=0)
        super().__init__(language, canvas=canvas)
        store = lambda shown: canvas.store(shown.picture, parts)  # noqa: E731
        self.loop = Loop(self, document, COMMANDS, apply, snapshot, preview, store)

    def set_colour(self, *colour: int) -> None:
        self.loop.ask(checked(SetColour, {"colour": colour}))

    def fade(self, *colour: int, steps: int = 10) -> None:
        self.loop.ask(checked(Fade, {"colour": colour, "steps": steps}))

    def stop(self) -> None:
        self.loop.ask(Stop())

    def wait(self, timeout: float | None = 20) -> Any:
        return self.loop.wait_or_raise(timeout)

    def close(self) -> None:
        self.loop.close()
        self.canvas.close()
        super().close()
