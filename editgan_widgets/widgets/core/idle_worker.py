"""IdleWorker: small jobs that run while the editor is idle, such as drawing sample pictures."""

import threading
from collections.abc import Callable, Hashable

from editgan_widgets.streaming import close_at_exit

_LOOK_AGAIN = 0.05  # seconds between two checks of `busy` while a job waits


class IdleWorker:
    """Runs jobs one at a time on its own daemon thread; a job starts only while `busy()` is False.

    Jobs run in the order of the calls of `ask`. A job with the key of a waiting one replaces it. Exceptions of jobs are
    passed to `on_error`. The thread starts with the first job. A long job should check `busy` between its parts, and
    call `ask` again to continue later.
    """

    def __init__(self, busy: Callable[[], bool], on_error: Callable[[Exception], None]) -> None:
        self.busy, self._on_error = busy, on_error
        self._wake = threading.Condition()
        self._jobs: dict[Hashable, Callable[[], None]] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    def ask(self, key: Hashable, job: Callable[[], None]) -> None:
        """Queue a job and return immediately. Does nothing after `close`."""
        with self._wake:
            if self._closed:
                return
            self._jobs[key] = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="editgan-idle", daemon=True)
                self._thread.start()
                close_at_exit(self)
            self._wake.notify()

    def close(self, timeout: float = 0.0) -> None:
        """Drop waiting jobs, and wait up to `timeout` seconds for a running one."""
        with self._wake:
            self._closed = True
            self._jobs.clear()
            self._wake.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _loop(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._jobs or self._closed)
                while not self._closed and self.busy():
                    self._wake.wait(_LOOK_AGAIN)
                if self._closed:
                    return
                job = self._jobs.pop(next(iter(self._jobs)))
            try:
                job()
            except Exception as error:  # the thread must survive for the next job
                self._on_error(error)
