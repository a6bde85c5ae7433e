"""Inbox: queue of commands in order of arrival; any thread adds, a worker takes."""

import threading
from collections import deque
from dataclasses import dataclass

from editgan_widgets.streaming import CancelToken
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.core.deliveries import Turn


@dataclass(frozen=True, eq=False)
class Order:
    """A queued command.

    Attributes:
        command: the command.
        id: the browser's id of it; empty for a command from Python.
        turn: turn of its message.
        passes: True if it only shows something.
    """

    command: Command
    id: str = ""
    turn: Turn | None = None
    passes: bool = False


class Inbox:
    """Queue of orders.

    Hold `lock` for decisions that depend on the queue.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._waiting: deque[Order] = deque()

    @property
    def waits(self) -> bool:
        """True if an order waits."""
        return bool(self._waiting)

    def next_is(self, kind: type[Command]) -> bool:
        """True if the next order is of a kind."""
        with self.lock:
            return bool(self._waiting) and isinstance(self._waiting[0].command, kind)

    def add(self, order: Order) -> None:
        """Append an order."""
        with self.lock:
            self._waiting.append(order)

    def take(self, token: CancelToken, runs: bool = False) -> Order | None:
        """Remove and return the next order; orders after a job was cancelled are left for the job that replaced it.

        Of consecutive orders that only show the same thing, only the last is returned. With `runs` a computation
        follows, and orders that wait for its end are left if there are no others.
        """
        with self.lock:
            waiting = self._waiting
            while len(waiting) > 1 and _same(waiting[0], waiting[1]):
                waiting.popleft()
            if token.cancelled or (runs and all(order.command.waits for order in waiting)):
                return None
            return waiting.popleft() if waiting else None


def _same(first: Order, second: Order) -> bool:
    return first.passes and second.passes and type(first.command) is type(second.command)
