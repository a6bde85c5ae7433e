"""CommandWorker: the one thread that changes a widget's document.

Requests of the browser and of Python are commands in the inbox. The worker takes them out in order, applies them to the
document, and then runs the computation requested by the last one. So callbacks return immediately on any thread of the
Jupyter kernel, and a new command stops a running computation within one step.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from editgan_widgets.streaming import CancelToken, FramePacer, Worker
from editgan_widgets.widgets.core.commands import Command, Stop
from editgan_widgets.widgets.core.deliveries import Deliveries, Turn
from editgan_widgets.widgets.core.inbox import Inbox, Order
from editgan_widgets.widgets.core.reports import Reports

NICENESS = 5  # lower priority than the browser and the threads that communicate with it


class CommandWorker:
    """Executes commands one after the other and shows the results. A subclass says how (the methods at the end).

    Args:
        reports: status line and error box.
        inbox: queue of commands.
        deliveries: is notified of each processed message.
        pacer: receives the frames of a running computation.
        name: name of the thread.
    """

    def __init__(
        self, reports: Reports, inbox: Inbox, deliveries: Deliveries, pacer: FramePacer, name: str = "editgan-widget"
    ) -> None:
        self._reports, self._inbox, self._deliveries, self._pacer = reports, inbox, deliveries, pacer
        self._thread = Worker(name, niceness=NICENESS)
        self._unsaid: list[Turn] = []  # processed, but not confirmed to the browser yet
        self._shown_only = False  # True if the job changed nothing
        self._newest = 0  # stamp of the newest job, which is queued or running; 0 if there is none

    # ---- from any thread

    @property
    def running(self) -> bool:
        """True while a command is executed or queued."""
        with self._inbox.lock:
            return self._inbox.waits or self._thread.busy

    def ask(self, command: Command, id: str = "") -> None:
        """Queue a command; a running computation stops within one step. Closes the error box.

        A command that only shows something is dropped during a computation. A command with `at_once` is executed here
        instead of being queued. One with `waits` is executed after the running computation, which continues. Raises
        what the command's `check` raises.
        """
        command.check(self.document)
        if command.at_once or self.fits_beside_run(command):
            self.execute_at_once(command)
        elif command.passes(self.document):
            self.show(command, id)
        elif not isinstance(command, Stop) or self.running:
            self._add(command, id)

    def show(self, command: Command, id: str = "") -> None:
        """Queue a command that only shows something; it is dropped during a computation, which continues."""
        with self._inbox.lock:
            if not self._reports.view.running:
                self._add(command, id, passes=True)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing runs or waits; False after `timeout` seconds."""
        return self._thread.wait(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """End the thread; waits up to `timeout` seconds."""
        with self._inbox.lock:
            self._newest = 0  # commands that wait are dropped
        self._thread.close(timeout)

    def _add(self, command: Command, id: str, passes: bool = False) -> None:
        reports = self._reports
        with self._inbox.lock:
            if reports.failure is not None or reports.view.error:
                reports.dismiss()
            turn = self._deliveries.arriving
            if command.waits and self._newest:  # whose job executes it; its message counts as handled now
                self._inbox.add(Order(command, id))
                if reports.view.running:
                    reports.view.publish(status=reports.text("The file follows when the running work ends."))
                return
            self._inbox.add(Order(command, id, turn, passes))
            self._submit()
            if turn is not None:
                turn.queued = True  # last, so that an interrupt cannot leave a message that no job confirms
            if not passes and self.takes_time(command):
                reports.view.publish(running=True)

    def _submit(self) -> None:
        with self._inbox.lock:
            self._newest = self._thread.submit(self._job, self.show_step, self._done, self._failed)

    # ---- on its own thread

    def _job(self, token: CancelToken) -> Iterator[Any]:
        self._shown_only = True
        self.begin_job()
        while (order := self._inbox.take(token, self.will_run)) is not None:
            self._shown_only &= order.passes or isinstance(order.command, Stop)
            with self._failing_alone(order):
                if order.passes:
                    self.preview(order.command, token)
                else:
                    self.execute(order.command, token)
            with self._failing_alone(order):
                self._settle(order)
        if not token.cancelled:
            yield from self.run(token.stamp)
        self.end_job(token)

    @contextmanager
    def _failing_alone(self, order: Order) -> Iterator[None]:
        """Show the error of one command and continue with those behind it."""
        try:
            yield
        except BaseException as error:  # also what a library written in Rust raises when it panics
            self._reports.fail(error, order.id)

    def _settle(self, order: Order) -> None:
        """Show the result of a command, then confirm the command to the browser."""
        if order.turn is not None:
            self._unsaid.append(order.turn)
        if self.shows_later(order.command):
            return
        try:
            self.show_result(order.command)
        finally:
            for turn in self._unsaid:
                self._deliveries.finish(turn)
            if self._unsaid:
                self._unsaid = []
                self._reports.view.publish(handled=self._deliveries.handled())

    def _done(self, stamp: int, cancelled: bool) -> None:
        try:
            self._show_end_of_job(stamp, cancelled)
        finally:
            self._go_on(stamp)

    def _go_on(self, stamp: int) -> None:
        """Execute the commands that waited for the end of the newest job."""
        with self._inbox.lock:
            if stamp == self._newest:
                self._newest = 0
                if self._inbox.waits:
                    self._submit()

    def _show_end_of_job(self, stamp: int, cancelled: bool) -> None:
        view, ran = self._reports.view, self.ran
        with self._inbox.lock:
            if not ran and self._inbox.waits:
                return  # the next job shows everything
        if self._shown_only and not ran:
            with self._inbox.lock:
                if not self._inbox.waits and view.running:
                    view.publish(running=False, status=self._reports.last_word())
            self.catch_up()
            return
        if ran:
            self.say_how_it_ended(cancelled)
        self._pacer.finish(stamp)
        self._end(stopped=cancelled)

    def _failed(self, stamp: int, error: Exception) -> None:
        """Show an error that ended a job, and continue with the queued commands even if that fails."""
        self._reports.word = ""
        try:
            self._reports.fail(error)
            self._end(failed=True)
        finally:
            self.forget_run()
            with self._inbox.lock:
                if not self._inbox.waits:
                    self._reports.view.publish(running=False, status=self._reports.last_word())
                self._go_on(stamp)

    def _end(self, stopped: bool = False, failed: bool = False) -> None:
        self.forget_run()
        self.show_end(stopped, failed)
        with self._inbox.lock:
            if not self._inbox.waits:
                self._reports.view.publish(running=False, status=self._reports.last_word())
        self.catch_up()

    # ---- what a subclass defines

    document: Any

    @property
    def ran(self) -> bool:
        """True if the job has started a computation."""
        raise NotImplementedError

    @property
    def will_run(self) -> bool:
        """True if a computation follows the last executed command of the job."""
        raise NotImplementedError

    def forget_run(self) -> None:
        """Make `ran` False: the computation has ended and is shown."""
        raise NotImplementedError

    def fits_beside_run(self, command: Command) -> bool:
        """True if a computation runs that need not stop for the command; it is then executed at once."""
        return False

    def execute_at_once(self, command: Command) -> None:
        """Execute a command with `at_once`, or one that fits beside a run, in the caller's thread."""
        raise NotImplementedError

    def execute(self, command: Command, token: CancelToken) -> None:
        """Apply a command to the document; the requested computation is started by `run`."""
        raise NotImplementedError

    def preview(self, command: Command, token: CancelToken) -> None:
        """Show what a command would do, without changing the document."""

    def run(self, stamp: int) -> Iterator[Any]:
        """Yield the steps of the computation requested by the last command, if there is one."""
        raise NotImplementedError

    def show_step(self, stamp: int, step: Any) -> None:
        """Show one step of a running computation."""

    def say_how_it_ended(self, cancelled: bool) -> None:
        """Set the status line after a computation."""

    def show_result(self, command: Command) -> None:
        """Show what a command changed."""

    def shows_later(self, command: Command) -> bool:
        """True if the next queued command will show the result of this one too."""
        return False

    def show_end(self, stopped: bool, failed: bool) -> None:
        """Show the document at the end of a job. With `failed`, log an error instead of raising it."""

    def catch_up(self) -> None:
        """Do work that was postponed so that a stop shows immediately."""

    def begin_job(self) -> None:
        """Forget the computation requested by the previous job."""

    def end_job(self, token: CancelToken) -> None:
        """Do final work of each job that was not stopped."""

    def takes_time(self, command: Command) -> bool:
        """True if the browser should show immediately that the widget is busy."""
        return command.runs
