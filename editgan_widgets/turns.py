"""A fair lock per CUDA device: one thread at a time computes on it, first come, first served.

Without it, two editors on one device would interleave their kernels. The lock is taken for each step
(`with device_turn(device): …`), so that editors alternate. There is no lock for a CPU, because overlapping steps finish
sooner there (kernels/benchmarks/bench_robustness.py measures it).
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Turns:
    """A reentrant lock that is granted first come, first served."""

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
            self._holder = me  # the depth of 1 that was handed over still excludes the others
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth:
                return
            if self._waiting:
                self._holder, self._depth = -1, 1  # no holder until the next thread in the queue wakes
                self._waiting.popleft().set()
            else:
                self._holder = None

    def pass_on(self) -> None:
        """Let waiting threads go first, then continue; for long work that takes the lock only once."""
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
    """The lock of a device, shared by the whole process; None for a CPU."""
    if device.type != "cuda":
        return None
    index = torch.cuda.current_device() if device.index is None else device.index
    with _MAKING:
        return _TURNS.setdefault(f"{device.type}:{index}", Turns())


@contextmanager
def device_turn(device: torch.device) -> Iterator[None]:
    """Hold a device's lock; on CUDA the device is synchronised before it is released."""
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
    """Let other threads use the device first (see `Turns.pass_on`)."""
    turns = turns_of(device)
    if turns is not None:
        _finish_work(device)
        turns.pass_on()


def _finish_work(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
