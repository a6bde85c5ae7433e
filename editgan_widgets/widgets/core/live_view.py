"""LiveView: base class of a widget's browser side: traits that the kernel publishes, and messages in both directions.

browser -> kernel   a command of the widget: {kind, …, id, turn: [client, n]} + binary buffers (commands.py)
                    {kind: "ack", seq}           frame `seq` was drawn
                    {kind: "state", revision?}   send all traits again, unless `revision` is the newest
                    {kind: "dismiss"}            close the error box
kernel -> browser   {kind: "frame", seq, job, …} + [JPEG]   one picture of a running computation
                    {kind: "reject", id}         the command with that id failed
                    {kind: "download", view, name, type} + [file]
                    {kind: "standing", client, taken, handled, early}   answer to a repeated or early message
"""

import threading
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets
from jaxtyping import UInt8

from editgan_widgets.widgets.core import encoding
from editgan_widgets.widgets.core.strings import STRINGS, strings

STATIC = Path(__file__).parents[1] / "static"


class LiveView(anywidget.AnyWidget):
    """Browser side of a widget. A subclass adds its traits, `_esm` and `_css`.

    Traits carry state, so that a reloaded page reads it again; frames are messages.

    Args:
        language: language of the texts, "en" or "zh".
        state: values of other traits.

    Attributes:
        KERNEL_WRITTEN: names of the traits that the kernel writes; they are sent again to a page that missed some.
        SENT_AS_CHANGES: names of traits that a page reads when it opens; later changes are sent as messages.
        TEXTS: files of translations; see `strings`.
    """

    KERNEL_WRITTEN: ClassVar[tuple[str, ...]] = ()
    SENT_AS_CHANGES: ClassVar[tuple[str, ...]] = ()
    TEXTS: ClassVar[tuple[Path, ...]] = (STRINGS,)
    _SHARED: ClassVar = ("handled", "running", "job", "progress", "status", "error", "notice", "revision")

    language = traitlets.Unicode("en").tag(sync=True)
    strings = traitlets.Dict().tag(sync=True)  # English text -> text in the user's language
    ident = traitlets.Unicode().tag(sync=True)  # the widget's own model id
    handled = traitlets.Dict().tag(sync=True)  # {client: n}: messages of each page that are processed, up to the n-th
    revision = traitlets.Int(0).tag(sync=True)  # counts publications, so that a page notices a missing one
    running = traitlets.Bool(False).tag(sync=True)
    job = traitlets.Int(0).tag(sync=True)  # stamp of the newest job; frames of older ones are out of date
    progress = traitlets.Dict().tag(sync=True)  # {step, total, figures, …} at the start and end of a run
    status = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)  # a warning that stays while its cause does; empty: none

    def __init__(self, language: str = "en", **state: Any) -> None:
        self._publishing = threading.RLock()
        super().__init__(language=language, strings=dict(strings(language, *self.TEXTS)), **state)
        self.ident = str(self.model_id)

    def _should_send_property(self, key: str, value: Any) -> bool:
        return key not in self.SENT_AS_CHANGES and super()._should_send_property(key, value)

    def publish(self, **state: Any) -> None:
        """Set several traits in one message, from any thread."""
        with self._publishing, self.hold_sync():
            for name, value in state.items():
                setattr(self, name, value)
            self.revision += 1  # set last: a state that is read before counts as the older revision

    def resend_state(self, seen: int | None = None) -> None:
        """Send all traits that the kernel writes again, unless the page has `seen` the newest revision."""
        with self._publishing:
            if seen != self.revision:
                self.send_state([name for name in self.keys if name in (*self._SHARED, *self.KERNEL_WRITTEN)])

    def send_frame(self, seq: int, job: int, pixels: UInt8[np.ndarray, "h w 3"], figures: dict[str, Any]) -> None:
        """Send one frame of a running job; the browser acknowledges `seq` once the frame is drawn."""
        self.send({"kind": "frame", "seq": seq, "job": job, **figures}, buffers=[encoding.jpeg(pixels)])

    def close(self) -> None:
        """Close the widget and its layout. Closing twice is harmless."""
        layout = self.layout
        super().close()
        layout.close()
