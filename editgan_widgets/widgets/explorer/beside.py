"""Beside: a thread that measures pictures while the worker generates the next ones.

Each of the two computes with few threads of torch, so that they share a small machine with the browser.
"""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch

_NICENESS = 5  # as of the worker's thread


class Beside:
    """Runs one call at a time beside the thread that uses it.

    Args:
        device: of the computations; on another device than the CPU calls run at once, in the caller's thread.
    """

    def __init__(self, device: torch.device) -> None:
        cores = os.cpu_count() or 1
        self._threads = max(1, (cores - 1) // 2)
        self._pool = None
        if device.type == "cpu" and cores > 1:
            self._pool = ThreadPoolExecutor(1, "editgan-explorer-reads", initializer=_begin, initargs=(self._threads,))
        self._running: Future[None] | None = None

    def begin(self, call: Callable[[], None]) -> None:
        """Wait for the last call, and start another one. Raises what the last one raised."""
        self.end()
        if self._pool is None:
            call()
        else:
            self._running = self._pool.submit(call)

    def end(self) -> None:
        """Wait for the last call. Raises what it raised."""
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def close(self) -> None:
        """End the thread after its call."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _begin(threads: int) -> None:
    if sys.platform == "linux":  # on other systems it applies to the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    torch.set_num_threads(threads)
