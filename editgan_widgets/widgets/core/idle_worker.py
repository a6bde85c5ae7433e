"""IdleWorker: small jobs that wait until the editor has nothing else to do, such as pictures to choose from."""

import threading
from collections.abc import Callable, Hashable

from editgan_widgets.streaming import close_at_exit

_LOOK_AGAIN = 0.05  # s between two looks whether the editor is idle; only while a job waits


class IdleWorker:
    """Runs jobs one at a time on a daemon thread of its own, each begun only while `busy()` is false.

    Jobs run in the order in which they were asked for; one that is asked for again under the same key before it began
    takes the old one's place. What a job raises goes to `on_error`. The thread starts with the first job. A long job
    asks `busy` between its parts, and asks for itself again where it is put off.
    """

    def __init__(self, busy: Callable[[], bool], on_error: Callable[[Exception], None]) -> None:
        self.busy, self._on_error = busy, on_error
        self._wake = threading.Condition()
        self._jobs: dict[Hashable, Callable[[], None]] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    def ask(self, key: Hashable, job: Callable[[], None]) -> None:
        """Do a job some time; returns at once. After `close` nothing is done."""
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
        """Drop what waits; a job that runs is waited for up to `timeout` seconds."""
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
            except Exception as error:  # the thread must live on for the next job
                self._on_error(error)
