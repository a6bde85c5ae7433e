"""Inbox: commands in the order in which they came; any thread adds, a worker takes."""

import threading
from collections import deque
from dataclasses import dataclass

from editgan_widgets.streaming import CancelToken
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.core.deliveries import Turn


@dataclass(frozen=True, eq=False)
class Order:
    """A command that was asked for.

    Attributes:
        command: what is to be done.
        id: the browser's name for it; empty where Python asked.
        turn: of the message that it came in.
        passes: whether it only shows something.
    """

    command: Command
    id: str = ""
    turn: Turn | None = None
    passes: bool = False


class Inbox:
    """Orders that wait.

    `lock` is held where something is decided by what waits.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._waiting: deque[Order] = deque()

    @property
    def waits(self) -> bool:
        """Whether an order waits."""
        return bool(self._waiting)

    def next_is(self, kind: type[Command]) -> bool:
        """Whether what waits first is of a kind."""
        with self.lock:
            return bool(self._waiting) and isinstance(self._waiting[0].command, kind)

    def add(self, order: Order) -> None:
        """Put an order behind the others."""
        with self.lock:
            self._waiting.append(order)

    def take(self, token: CancelToken) -> Order | None:
        """The next order; what came after a job was cancelled belongs to the job that replaced it.

        Of those in a row that only show something, and the same thing, the last alone is of interest.
        """
        with self.lock:
            waiting = self._waiting
            while len(waiting) > 1 and _same(waiting[0], waiting[1]):
                waiting.popleft()
            return waiting.popleft() if waiting and not token.cancelled else None


def _same(first: Order, second: Order) -> bool:
    return first.passes and second.passes and type(first.command) is type(second.command)
