"""Turns at a device: who computes on it, one thread at a time, in the order in which they asked.

Two editors on one model would otherwise start kernels on a CUDA device between one another's steps. Each step takes the
turn anew (`with device_turn(device): …`), so editors alternate. On a CPU there is no turn: there, steps that overlap
finish sooner (on two cores two edits in half the time, kernels/benchmarks/bench_robustness.py).
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Turns:
    """A lock that is handed over first come, first served. The thread that holds it may take it again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._holder: int | None = None
        self._depth = 0

    def __enter__(self) -> "Turns":
        me = threading.get_ident()
        with self._lock:
            if self._holder in (None, me):
                self._holder, self._depth = me, self._depth + 1
                return self
            mine = threading.Event()
            self._waiting.append(mine)
        mine.wait()
        with self._lock:
            self._holder = me  # still kept from the others by the depth of 1 that came along
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth:
                return
            if self._waiting:
                self._holder, self._depth = -1, 1  # nobody's, until the next in the line wakes
                self._waiting.popleft().set()
            else:
                self._holder = None

    def pass_on(self) -> None:
        """Let those who wait go first, and go on after them; for long work that holds the turn once."""
        with self._lock:
            alone = not self._waiting or self._holder != threading.get_ident()
            depth = self._depth
        if alone:
            return
        for _ in range(depth):
            self.__exit__()
        for _ in range(depth):
            self.__enter__()


_TURNS: dict[str, Turns] = {}
_MAKING = threading.Lock()


def turns_of(device: torch.device) -> Turns | None:
    """The turns at a device, the same for the whole process; None on a CPU."""
    if device.type != "cuda":
        return None
    index = torch.cuda.current_device() if device.index is None else device.index
    with _MAKING:
        return _TURNS.setdefault(f"{device.type}:{index}", Turns())


@contextmanager
def device_turn(device: torch.device) -> Iterator[None]:
    """Hold the turn at a device; on CUDA its work is done when the turn ends."""
    turns = turns_of(device)
    if turns is None:
        yield
        return
    with turns:
        try:
            yield
        finally:
            _finish_work(device)


def pass_on(device: torch.device) -> None:
    """Let others at the device go first (see `Turns.pass_on`)."""
    turns = turns_of(device)
    if turns is not None:
        _finish_work(device)
        turns.pass_on()


def _finish_work(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
