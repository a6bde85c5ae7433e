"""BrowserMessages: what a browser sends to an editor (wire: view.py) becomes commands for its worker.

It runs in the kernel's callbacks, so it only looks whether a message fits and puts what it asks for into the worker's
inbox. What does not fit is shown as an error and changes nothing.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from editgan_widgets.masks.mask_file import holds_own_mask
from editgan_widgets.scalars import is_whole, plain
from editgan_widgets.streaming import FramePacer
from editgan_widgets.widgets.core.commands import Command, checked
from editgan_widgets.widgets.core.deliveries import Deliveries
from editgan_widgets.widgets.editor.commands import PaintCommand, Part, Text
from editgan_widgets.widgets.editor.document import Document
from editgan_widgets.widgets.editor.sample_shelf import SampleShelf
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.tool_outlines import ToolOutlines
from editgan_widgets.widgets.editor.tools import COMMANDS
from editgan_widgets.widgets.editor.tools.files import Open
from editgan_widgets.widgets.editor.tools.operation import OpenMask
from editgan_widgets.widgets.editor.tools.vectors import Vectors
from editgan_widgets.widgets.editor.worker import EditorWorker, Thumbs

_RESENT_EVERY = 0.3  # seconds, where many messages come again at once


class Outline(PaintCommand, frozen=True, kw_only=True):
    """Asks where a part would be after a part tool."""

    name: Text = ""
    label: Part


class BrowserMessages:
    """Receives an editor's messages: does each once and in its order.

    Args:
        document: whose labels and vectors messages name.
        worker: does what is asked.
        screen: shows what does not fit.
        deliveries: tells which message is due.
        pacer: is told of frames that were drawn.
        outlines, shelf: answer questions beside the worker.
    """

    def __init__(
        self,
        document: Document,
        worker: EditorWorker,
        screen: Screen,
        deliveries: Deliveries,
        pacer: FramePacer,
        outlines: ToolOutlines,
        shelf: SampleShelf,
    ) -> None:
        self._document, self._worker, self._screen = document, worker, screen
        self._deliveries, self._outlines = deliveries, outlines
        self._receiving = threading.RLock()
        self._resent_at = 0.0
        # What is no command: it asks for nothing to be done to the document.
        self._questions: dict[str, Callable[[dict], Any]] = {
            "ack": lambda content: pacer.ack(_whole(content, "seq")),
            "state": lambda content: screen.resend(content.get("revision")),
            "thumbs": self._thumbs,
            "history": lambda _content: screen.resend_strip(),
            "samples": shelf.on_message,
            "outline": self._outline,
            "dismiss": lambda _content: screen.dismiss(),
        }

    def receive(self, _view: Any, content: Any, buffers: Any) -> None:
        """Take one message."""
        with self._receiving:  # kernels may call back on two threads at once, and messages have an order
            turn = None
            try:
                if isinstance(content, dict) and "turn" in content:
                    turn = self._deliveries.take(content["turn"])
                    if turn is None:
                        self._answer_repeated(content["turn"])
                        return
                with self._deliveries.arrival(turn):
                    self._take(content, buffers)
            except Exception as error:  # an error in a callback would be swallowed by ipywidgets
                self._screen.fail(error, content.get("id") if isinstance(content, dict) else None)
            if turn is not None and not turn.queued:
                self._deliveries.finish(turn)
                self._screen.view.publish(handled=self._deliveries.handled())

    def _answer_repeated(self, turn: Any) -> None:
        """Answer a message that comes a second time, or before its turn; the first kind missed what came of it."""
        standing, now = self._deliveries.standing(turn), time.monotonic()
        if not standing["early"] and now - self._resent_at > _RESENT_EVERY:
            self._resent_at = now
            self._screen.resend()  # before it hears that the message is done
        self._screen.view.send({"kind": "standing", **standing})

    def _take(self, content: Any, buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if isinstance(kind, str) and kind in self._questions:
            self._questions[kind](content)
            return
        command = COMMANDS.decode(content, buffers)
        self._worker.ask(self._meant(command), str(content.get("id", "")))
        if kind == "configure":
            self._screen.dismiss()

    def _meant(self, command: Command) -> Command:
        """A command with what it leaves to the view's switches."""
        view, document = self._screen.view, self._document
        if isinstance(command, Open) and holds_own_mask(command.file, document.labels):
            locked, over = tuple(view.locked), tuple(view.over)
            return OpenMask(file=command.file, auto=view.auto, steps=view.steps, locked=locked, over=over)
        if isinstance(command, Vectors) and command.changes_nothing(document):  # and ends no running edit
            return msgspec.structs.replace(command, live=True)
        if isinstance(command, PaintCommand):  # what runs goes on with what was painted
            auto = command.auto or view.running
            return msgspec.structs.replace(command, auto=auto, steps=command.steps or view.steps)
        return command

    def _outline(self, content: dict) -> None:
        asked, document = checked(Outline, content), self._document
        labels, label_map = document.labels, document.session.label_map
        rule = asked.rule(labels, mirrors=False)
        self._outlines.ask(asked.name, labels[asked.label].id, label_map, labels, rule)

    def _thumbs(self, _content: dict) -> None:
        self._screen.forget_thumbs()
        self._worker.show(Thumbs())


def _whole(content: dict, name: str) -> int:
    """A whole number of a message."""
    value = plain(content.get(name))
    if not is_whole(value):
        raise ValueError(f"{name} is a whole number; got {str(value)[:40]!r}")
    return int(value)
