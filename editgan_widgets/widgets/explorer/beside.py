"""Beside: a second thread that measures pictures while the worker generates the next ones.

Both use few threads of torch, so that a small machine can also run the browser.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from editgan_widgets.streaming import lower_priority
from editgan_widgets.widgets.core.worker import NICENESS


class Beside:
    """Runs one call at a time on a second thread.

    Args:
        device: device of the computations; if it is not the CPU, calls run immediately in the caller's thread.
    """

    def __init__(self, device: torch.device) -> None:
        cores = os.cpu_count() or 1
        self._threads = max(1, (cores - 1) // 2)
        self._pool = None
        if device.type == "cpu" and cores > 1:
            self._pool = ThreadPoolExecutor(1, "editgan-explorer-reads", initializer=_begin, initargs=(self._threads,))
        self._running: Future[None] | None = None

    def begin(self, call: Callable[[], None]) -> None:
        """Wait for the previous call and start another one. Raises the error of the previous one."""
        self.end()
        if self._pool is None:
            call()
        else:
            self._running = self._pool.submit(call)

    def end(self) -> None:
        """Wait for the last call. Raises its error."""
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def close(self) -> None:
        """End the thread after its call."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _begin(threads: int) -> None:
    lower_priority(NICENESS)
    torch.set_num_threads(threads)
