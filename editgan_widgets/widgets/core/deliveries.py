"""Deliveries: each message of a browser is done once and in its order, however often it is sent.

A browser numbers what must not be lost: `turn: [client, n]`, n = 1, 2, 3 …, and a page is a client. It keeps a message
until it hears that it was handled, and sends it again after a reload or a lost connection. What came before is not done
twice, and what comes before its turn (an earlier one was lost on the way) waits in the browser until it is asked for.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

_CLIENTS = 64  # pages remembered, the ones heard of last
_LONGEST_NAME = 40
_MOST_MESSAGES = 2**53  # JavaScript's largest whole number


@dataclass(eq=False)
class Turn:
    """One message's place; `queued` once an action of the editor will see to it."""

    client: str
    n: int
    queued: bool = False


@dataclass(eq=False)
class _Client:
    taken: int = 0
    open: set[int] = field(default_factory=set)  # taken, and not handled yet

    @property
    def handled(self) -> int:
        """The last n up to which all is handled."""
        return min(self.open) - 1 if self.open else self.taken


class Deliveries:
    """What was taken and handled of each client; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    def take(self, given: Any) -> Turn | None:
        """The turn of a message, or None where it came before or is not due. Raises ValueError for no `[client, n]`."""
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
        """What is done inside is done for a message of that turn, which `arriving` then gives."""
        arrived = _ARRIVING.set((self, turn))
        try:
            yield
        finally:
            _ARRIVING.reset(arrived)

    @property
    def arriving(self) -> Turn | None:
        """The turn of the message that is being received in this thread, if it has one."""
        deliveries, turn = _ARRIVING.get()
        return turn if deliveries is self else None

    def finish(self, turn: Turn) -> None:
        """A message is handled: done, or refused."""
        with self._lock:
            if turn.client in self._clients:
                self._clients[turn.client].open.discard(turn.n)

    def handled(self) -> dict[str, int]:
        """For each client the last n up to which all is handled."""
        with self._lock:
            return {name: client.handled for name, client in self._clients.items()}

    def standing(self, given: Any) -> dict[str, Any]:
        """What a client is told that sent a message out of its turn; `early` where earlier ones are missing."""
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
