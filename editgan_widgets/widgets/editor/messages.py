"""EditorMessages: receives the messages of an editor's page (view.py lists them)."""

import msgspec

from editgan_widgets.masks.mask_file import holds_own_mask
from editgan_widgets.streaming import FramePacer
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.core.deliveries import Deliveries
from editgan_widgets.widgets.core.messages import Messages
from editgan_widgets.widgets.editor.commands import PaintCommand
from editgan_widgets.widgets.editor.document import Document
from editgan_widgets.widgets.editor.requests import History, Outline, Samples, Thumbs
from editgan_widgets.widgets.editor.sample_shelf import SampleShelf
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.tool_outlines import ToolOutlines
from editgan_widgets.widgets.editor.tools import COMMANDS
from editgan_widgets.widgets.editor.tools.editing import Configure
from editgan_widgets.widgets.editor.tools.files import Open
from editgan_widgets.widgets.editor.tools.operation import OpenMask
from editgan_widgets.widgets.editor.tools.vectors import Vectors
from editgan_widgets.widgets.editor.worker import EditorWorker


class EditorMessages(Messages):
    """Receives an editor's messages and processes each once and in order.

    Args:
        document: its labels and vectors are what messages refer to.
        worker: executes commands.
        screen: shows errors.
        deliveries: decides which message is due.
        pacer: is notified of frames that were drawn.
        outlines, shelf: answer requests beside the worker.
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
        answers = {
            Thumbs: self._thumbs,
            History: lambda _request: screen.resend_strip(),
            Samples: lambda request: shelf.answer(request.seeds, request.psis),
            Outline: self._outline,
        }
        super().__init__(COMMANDS, worker, screen, deliveries, pacer, answers)
        self._document, self._screen, self._outlines = document, screen, outlines

    def ask(self, command: Command, id: str) -> None:
        """Queue a command, completed by the switches of the page."""
        super().ask(self._completed(command), id)
        if isinstance(command, Configure):
            self._screen.dismiss()

    def _completed(self, command: Command) -> Command:
        view, document = self._screen.view, self._document
        if isinstance(command, Open) and holds_own_mask(command.file, document.labels):
            locked, over = tuple(view.locked), tuple(view.over)
            return OpenMask(file=command.file, auto=view.auto, steps=view.steps, locked=locked, over=over)
        if isinstance(command, Vectors) and command.keeps_picture(document):  # must not stop a running edit
            return msgspec.structs.replace(command, live=True)
        if isinstance(command, PaintCommand):  # a running edit continues with the new mask
            auto = command.auto or view.running
            return msgspec.structs.replace(command, auto=auto, steps=command.steps or view.steps)
        return command

    def _outline(self, request: Outline) -> None:
        labels, label_map = self._document.labels, self._document.shown.label_map
        rule = request.rule(labels, mirrors=False)
        self._outlines.ask(request.name, labels[request.label].id, label_map, labels, rule)

    def _thumbs(self, request: Thumbs) -> None:
        self._screen.forget_thumbs()
        self._worker.show(request)
