"""Messages: receives what a browser sends, and turns it into commands for the worker.

It runs in the kernel's callbacks, so it only checks a message and queues its command. An error is shown in the error
box of the page and changes nothing.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from editgan_widgets.streaming import FramePacer
from editgan_widgets.widgets.core.commands import Command, Commands, checked
from editgan_widgets.widgets.core.deliveries import Deliveries
from editgan_widgets.widgets.core.reports import Reports
from editgan_widgets.widgets.core.requests import Ack, Dismiss, State
from editgan_widgets.widgets.core.worker import CommandWorker

_RESENT_EVERY = 0.3  # seconds between two answers with the whole state, if many messages are repeated at once


class Messages:
    """Receives a widget's messages and processes each once and in order.

    Args:
        commands: commands of the widget.
        worker: executes them.
        reports: shows errors.
        deliveries: decides which message is due.
        pacer: is notified of frames that were drawn.
        answers: functions that answer further requests, which change nothing (requests.py).
    """

    def __init__(
        self,
        commands: Commands,
        worker: CommandWorker,
        reports: Reports,
        deliveries: Deliveries,
        pacer: FramePacer,
        answers: Mapping[type[Command], Callable[[Any], Any]] | None = None,
    ) -> None:
        self._commands, self._worker, self._reports, self._deliveries = commands, worker, reports, deliveries
        self._receiving = threading.RLock()
        self._resent_at = 0.0
        given: dict[type[Command], Callable[[Any], Any]] = {
            Ack: lambda request: pacer.ack(request.seq),
            State: lambda request: reports.view.resend_state(request.revision),
            Dismiss: lambda _request: reports.dismiss(),
            **(answers or {}),
        }
        self._answers = {kind.__struct_config__.tag: (kind, answer) for kind, answer in given.items()}

    def receive(self, _view: Any, content: Any, buffers: Any) -> None:
        """Process one message."""
        with self._receiving:  # a kernel may call back on two threads at once, and messages have an order
            turn = None
            try:
                if isinstance(content, dict) and "turn" in content:
                    turn = self._deliveries.take(content["turn"])
                    if turn is None:
                        self._answer_repeated(content["turn"])
                        return
                with self._deliveries.arrival(turn):
                    self._take(content, buffers)
            except Exception as error:  # ipywidgets would swallow an error in a callback
                self._reports.fail(error, _id(content))
            finally:  # also after an interrupt, or the page would wait for this message and hold back all later ones
                if turn is not None and not turn.queued:
                    self._deliveries.finish(turn)
                    self._reports.view.publish(handled=self._deliveries.handled())

    def _answer_repeated(self, turn: Any) -> None:
        """Answer a message that arrives a second time or too early."""
        standing, now = self._deliveries.standing(turn), time.monotonic()
        if not standing["early"] and now - self._resent_at > _RESENT_EVERY:
            self._resent_at = now  # its page may have missed the result
            self._reports.view.resend_state()
        self._reports.view.send({"kind": "standing", **standing})

    def _take(self, content: Any, buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if isinstance(kind, str) and kind in self._answers:
            request, answer = self._answers[kind]
            answer(checked(request, content))
            return
        self.ask(self._commands.decode(content, buffers), _id(content) or "")

    def ask(self, command: Command, id: str) -> None:
        """Queue a command of the browser. A subclass may complete the command first."""
        self._worker.ask(command, id)


def _id(content: Any) -> str | None:
    id = content.get("id") if isinstance(content, dict) else None
    return None if id is None else str(id)
