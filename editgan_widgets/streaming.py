"""Streaming from a computing thread to a slow viewer: the newest job and frame win. Standard library only.

    Worker       one daemon thread; a new job cancels the running one, which ends within one of its steps
    CancelToken  tells a job that it has been cancelled
    LatestFrame  mailbox of size one; a frame of an older job never replaces a frame of a newer one
    FramePacer   sends at most `fps` frames per second, and only while the viewer keeps up

A job is a function of its CancelToken that returns an iterator. The worker checks the token between two items and
closes the iterator of a cancelled job, so that a generator can clean up in `finally`.
"""

import atexit
import os
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_EXIT_SECONDS = 5.0  # maximum wait for a thread when Python exits


class CancelToken(threading.Event):
    """Set when the job should end; a job with long steps may check it itself. `stamp` is the job's number."""

    def __init__(self, stamp: int = 0) -> None:
        super().__init__()
        self.stamp = stamp

    @property
    def cancelled(self) -> bool:
        """True if the job should end."""
        return self.is_set()


Job = Callable[[CancelToken], Iterable[Any]]


class LatestFrame:
    """A mailbox that holds the newest frame or nothing.

    `put` drops a frame whose stamp is older than the newest stamp seen, so frames of a replaced job disappear.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp = 0
        self._frame: Any = None
        self._full = False

    def advance(self, stamp: int) -> None:
        """Mark frames older than `stamp` as stale, and drop a waiting one."""
        with self._lock:
            if stamp > self._stamp:
                self._stamp, self._frame, self._full = stamp, None, False

    def put(self, stamp: int, frame: Any) -> bool:
        """Store a frame, replacing a waiting one. Returns False if the stamp is stale."""
        with self._lock:
            if stamp < self._stamp:
                return False
            self._stamp, self._frame, self._full = stamp, frame, True
            return True

    def take(self) -> tuple[int, Any] | None:
        """Remove and return `(stamp, frame)`, or None if there is no new frame."""
        with self._lock:
            if not self._full:
                return None
            frame, self._frame, self._full = self._frame, None, False
            return self._stamp, frame


@dataclass(frozen=True)
class _Request:
    stamp: int
    job: Job
    token: CancelToken
    on_item: Callable[[int, Any], None] | None
    on_done: Callable[[int, bool], None] | None
    on_error: Callable[[int, Exception], None] | None


def lower_priority(niceness: int) -> None:
    """Lower the priority of the calling thread: 0 leaves it, 19 is the lowest. Does nothing on systems but Linux."""
    if niceness and sys.platform == "linux":  # on other systems it applies to the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


class Worker:
    """Runs one job at a time on its own daemon thread; the newest job wins.

    The thread starts with the first job. The callbacks run on that thread: `on_item(stamp, item)` for each item,
    `on_done(stamp, cancelled)` at the end, or `on_error(stamp, error)` instead if the job or a callback raised. A job
    that is replaced before it starts is dropped silently.
    """

    def __init__(self, name: str = "editgan-worker", niceness: int = 0) -> None:
        """`niceness`, 0 to 19, is the thread's nice value (Linux only)."""
        self._name = name
        self._niceness = niceness
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._queued: _Request | None = None
        self._running: _Request | None = None
        self._stamp = 0
        self._closed = False

    def submit(
        self,
        job: Job,
        on_item: Callable[[int, Any], None] | None = None,
        on_done: Callable[[int, bool], None] | None = None,
        on_error: Callable[[int, Exception], None] | None = None,
    ) -> int:
        """Queue a job, cancel the running one, drop a waiting one; returns the job's stamp (1, 2, 3 …).

        Never blocks. Raises RuntimeError after `close()`.
        """
        with self._wake:
            if self._closed:
                raise RuntimeError(f"worker {self._name!r} is closed and takes no more jobs; make a new one")
            self._stamp += 1
            self._queued = _Request(self._stamp, job, CancelToken(self._stamp), on_item, on_done, on_error)
            if self._running is not None:
                self._running.token.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
                self._thread.start()
                close_at_exit(self)
            self._wake.notify_all()
            return self._stamp

    def cancel(self) -> None:
        """Cancel the running job and drop a waiting one. Returns immediately; the job ends within one step."""
        with self._wake:
            self._queued = None
            if self._running is not None:
                self._running.token.set()
            self._wake.notify_all()

    @property
    def busy(self) -> bool:
        """True if a job is running or waiting."""
        with self._wake:
            return self._running is not None or self._queued is not None

    def wait(self, timeout: float | None = None) -> bool:
        """Block until no job is running or waiting; False after `timeout` seconds. Must not be called from a job."""
        if threading.current_thread() is self._thread:
            raise RuntimeError(f"worker {self._name!r} cannot wait for itself: call wait() from another thread")
        with self._wake:
            return self._wake.wait_for(lambda: self._running is None and self._queued is None, timeout)

    def close(self, timeout: float | None = 5.0) -> None:
        """Cancel everything and end the thread; waits up to `timeout` seconds. Closing twice is harmless."""
        with self._wake:
            self._closed = True
        self.cancel()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _loop(self) -> None:
        lower_priority(self._niceness)
        while True:
            with self._wake:
                self._running = None
                self._wake.notify_all()
                self._wake.wait_for(lambda: self._queued is not None or self._closed)
                if self._queued is None:
                    return
                self._running, self._queued = self._queued, None
            self._run(self._running)

    def _run(self, request: _Request) -> None:
        try:
            items = iter(request.job(request.token))
            try:
                while not request.token.is_set():
                    try:
                        item = next(items)
                    except StopIteration:
                        break
                    if request.on_item is not None:
                        request.on_item(request.stamp, item)
            finally:
                close = getattr(items, "close", None)
                if close is not None:
                    close()
            if request.on_done is not None:
                request.on_done(request.stamp, request.token.is_set())
        except Exception as error:
            self._report(request, error)
        except BaseException as error:  # such as a panic of a Rust library: the thread must continue
            self._report(request, RuntimeError(f"{type(error).__name__}: {error}"))

    def _report(self, request: _Request, error: Exception) -> None:
        try:
            if request.on_error is None:
                raise error
            request.on_error(request.stamp, error)
        except Exception:  # the thread must continue with the next job
            traceback.print_exc(file=sys.stderr)


def close_at_exit(worker: Any) -> None:
    """Close a worker, if it still exists, when Python exits: a thread inside torch would abort the process."""
    kept = weakref.ref(worker)

    def close() -> None:
        left = kept()
        if left is not None:
            left.close(_EXIT_SECONDS)

    atexit.register(close)


class FramePacer:
    """Sends the newest frame when the viewer has room: at most `fps` per second and `window` unacknowledged frames.

    An acknowledgement that does not arrive within `ack_timeout` seconds (a busy kernel may delay it) is given up, so
    that the stream slows down instead of stopping. `finish` always sends. `send(seq, stamp, frame)` is called on the
    thread that calls `offer` or `ack`, one call at a time. `clock` returns seconds; tests replace it.
    """

    def __init__(
        self,
        send: Callable[[int, int, Any], None],
        fps: float = 12.0,
        window: int = 2,
        ack_timeout: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._interval = 1.0 / fps
        self._window = window
        self._ack_timeout = ack_timeout
        self._clock = clock
        self._lock = threading.RLock()
        self._mailbox = LatestFrame()
        self._sent_at: dict[int, float] = {}  # seq of each unacknowledged frame -> time when it was sent
        self._last = -float("inf")
        self._seq = 0

    def begin(self, stamp: int) -> None:
        """Start a new stream: frames with an older stamp are dropped, the first frame is sent immediately."""
        with self._lock:
            self._mailbox.advance(stamp)
            self._sent_at.clear()
            self._last = -float("inf")

    def offer(self, stamp: int, frame: Any) -> None:
        """Send the frame now if there is room; otherwise keep it until there is room or a newer frame arrives."""
        with self._lock:
            if self._mailbox.put(stamp, frame):
                self._pump()

    def ack(self, seq: int) -> None:
        """The viewer has shown frame `seq` (and so every earlier one)."""
        with self._lock:
            self._sent_at = {other: at for other, at in self._sent_at.items() if other > seq}
            self._pump()

    def finish(self, stamp: int, frame: Any | None = None) -> None:
        """Send the last frame regardless of the window: `frame`, or else the waiting one."""
        with self._lock:
            if frame is not None:
                self._mailbox.put(stamp, frame)
            self._release()

    def _pump(self) -> None:
        now = self._clock()
        self._sent_at = {seq: at for seq, at in self._sent_at.items() if now - at < self._ack_timeout}
        if now - self._last >= self._interval and len(self._sent_at) < self._window:
            self._release()

    def _release(self) -> None:
        waiting = self._mailbox.take()
        if waiting is None:
            return
        stamp, frame = waiting
        self._seq += 1
        self._last = self._sent_at[self._seq] = self._clock()
        self._send(self._seq, stamp, frame)
