"""Deliveries: each message of a page is processed once and in order, however often it is sent.

A page is a client. It numbers the messages that must not be lost: `turn: [client, n]`, n = 1, 2, 3 …. It keeps a
message until the kernel confirms it, and sends it again after a reload or a lost connection. Duplicates are dropped.
A message that arrives early (an earlier one was lost) is not taken; the page sends it again when the missing one has
arrived.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

_CLIENTS = 64  # pages that are remembered, the most recent ones
_LONGEST_NAME = 40
_MOST_MESSAGES = 2**53  # JavaScript's largest whole number


@dataclass(eq=False)
class Turn:
    """Number of one message; `queued` is True once a command of it is in the inbox."""

    client: str
    n: int
    queued: bool = False


@dataclass(eq=False)
class _Client:
    taken: int = 0
    open: set[int] = field(default_factory=set)  # taken and not yet handled

    @property
    def handled(self) -> int:
        """Largest n such that all messages up to it are handled."""
        return min(self.open) - 1 if self.open else self.taken


class Deliveries:
    """Records which messages of each client were taken and handled. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    def take(self, given: Any) -> Turn | None:
        """Return the turn of the next message of a client, or None for a duplicate or an early one.

        Raises ValueError if `given` is not `[client, n]`.
        """
        name, n = _checked(given)
        with self._lock:
            client = self._clients.setdefault(name, _Client())
            self._clients.move_to_end(name)
            while len(self._clients) > _CLIENTS:
                self._clients.popitem(last=False)
            if n != client.taken + 1:
                return None
            client.taken = n
            client.open.add(n)
            return Turn(name, n)

    @contextmanager
    def arrival(self, turn: Turn | None) -> Iterator[None]:
        """Set the turn that `arriving` returns inside the block."""
        arrived = _ARRIVING.set((self, turn))
        try:
            yield
        finally:
            _ARRIVING.reset(arrived)

    @property
    def arriving(self) -> Turn | None:
        """Turn of the message that this thread is receiving; None outside `arrival`."""
        deliveries, turn = _ARRIVING.get()
        return turn if deliveries is self else None

    def finish(self, turn: Turn) -> None:
        """Mark a message as handled: it was applied or refused."""
        with self._lock:
            if turn.client in self._clients:
                self._clients[turn.client].open.discard(turn.n)

    def handled(self) -> dict[str, int]:
        """Largest n of each client such that all messages up to it are handled."""
        with self._lock:
            return {name: client.handled for name, client in self._clients.items()}

    def standing(self, given: Any) -> dict[str, Any]:
        """Answer to a client that sent a duplicate or an early message; `early` is True if others are missing."""
        name, n = _checked(given)
        with self._lock:
            client = self._clients.get(name, _Client())
            return {"client": name, "taken": client.taken, "handled": client.handled, "early": n > client.taken}


_ARRIVING: ContextVar[tuple[Deliveries | None, Turn | None]] = ContextVar("arriving", default=(None, None))


def _checked(given: Any) -> tuple[str, int]:
    if isinstance(given, list) and len(given) == 2:
        name, n = given
        named = isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME
        if named and isinstance(n, int) and not isinstance(n, bool) and 0 < n < _MOST_MESSAGES:
            return name, n
    raise ValueError("a message's turn is [client, n] with n = 1, 2, 3 …; reload the page")
