"""EditorWorker: the one thread that touches an editor's session.

Requests of the browser and of Python are commands in the inbox. The worker takes them out in order, applies them to the
document, and then runs the optimisation that the last one asked for. So callbacks return immediately on any thread of
the Jupyter kernel, and a new command stops a running optimisation within one step, which keeps its best step.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from editgan_widgets.streaming import CancelToken, FramePacer, Worker
from editgan_widgets.widgets.core.commands import Command
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.core.deliveries import Deliveries, Turn
from editgan_widgets.widgets.core.inbox import Inbox, Order
from editgan_widgets.widgets.editor.commands import PaintCommand
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.openings import go_over_to
from editgan_widgets.widgets.editor.run import EditRun
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.tools import apply, preview
from editgan_widgets.widgets.editor.tools.editing import RunEdit, Stop
from editgan_widgets.widgets.editor.tools.files import OPENINGS
from editgan_widgets.widgets.editor.tools.vectors import draw_missing

_SHOWN_EVERY = 0.1  # seconds, while painting comes faster than it is shown
_NICENESS = 5  # lower priority than the browser that paints and the threads that speak with it
_log = logging.getLogger(__name__)


class Thumbs(Command, frozen=True, kw_only=True):
    """Send the missing thumbnails of the history."""


class Draw(Command, frozen=True, kw_only=True):
    """Draw the missing thumbnails of vectors, as every job does at its end."""


class EditorWorker:
    """Applies commands to a document and shows the results.

    Args:
        document: the document to change.
        screen: shows the document.
        inbox: queue of commands.
        deliveries: is notified of each processed message.
        pacer: receives the frames of edits.
    """

    def __init__(
        self, document: Document, screen: Screen, inbox: Inbox, deliveries: Deliveries, pacer: FramePacer
    ) -> None:
        self._document, self._screen, self._inbox, self._deliveries = document, screen, inbox, deliveries
        self._pacer = pacer
        self._run = EditRun(document, screen, pacer)
        self._thread = Worker("editgan-editor", niceness=_NICENESS)
        self._unsaid: list[Turn] = []  # done, and the browser does not know yet
        self._shown_at = 0.0
        self._shown_only = False  # all that the job did
        self._region_lacks = False

    # ---- from any thread

    @property
    def running(self) -> bool:
        """True while a command is executed or queued."""
        with self._inbox.lock:
            return self._inbox.waits or self._thread.busy

    def ask(self, command: Command, id: str = "") -> None:
        """Queue a command; a running optimisation stops within one step. Closes the error box.

        A command that only shows something is dropped during an optimisation. A command with `at_once` is executed here
        instead of being queued. Raises what the command's `check` raises.
        """
        command.check(self._document)
        if command.at_once:
            with self._document.session.lock:
                apply(self._document, command)
            self._screen.publish_at_once()
        elif command.passes(self._document):
            self.show(command, id)
        elif not isinstance(command, Stop) or self.running:
            self._add(command, id)

    def show(self, command: Command, id: str = "") -> None:
        """Queue a command that only shows something; it is dropped during an optimisation, which continues."""
        with self._inbox.lock:
            if not self._screen.view.running:
                self._add(command, id, passes=True)

    def draw_vectors(self) -> None:
        """Draw the missing thumbnails of vectors, after a running optimisation."""
        with self._inbox.lock:
            if self._document.panel.lacks_pictures and not self._screen.view.error:
                self.show(Draw())

    def _add(self, command: Command, id: str, passes: bool = False) -> None:
        screen = self._screen
        with self._inbox.lock:
            if screen.failure is not None or screen.view.error:
                screen.dismiss()
            turn = self._deliveries.arriving
            if turn is not None:
                turn.queued = True
            self._inbox.add(Order(command, id, turn, passes))
            self._submit()
            if not passes and _begins_work(command):
                screen.view.publish(running=True)

    def _submit(self) -> None:
        self._thread.submit(self._job, self._run.show, self._done, self._failed)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing runs or waits; False after `timeout` seconds."""
        return self._thread.wait(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """End the thread; waits up to `timeout` seconds."""
        self._thread.close(timeout)

    # ---- on its own thread

    def _job(self, token: CancelToken) -> Iterator[Any]:
        last: Outcome = Outcome()
        self._shown_only = True
        while (order := self._inbox.take(token)) is not None:
            self._shown_only &= order.passes or isinstance(order.command, Stop)
            with self._failing_alone(order):
                if order.passes:
                    self._show(order.command, token)
                elif isinstance(order.command, OPENINGS):
                    last = Outcome()
                    go_over_to(order.command, self._document, self._screen, self._pacer, token)
                else:
                    last = self._applied(order.command, last)
            with self._failing_alone(order):
                self._settle(order)
        if last.run is not None and not token.cancelled:
            history = self._document.session.history
            group = history.new_group() if last.group is None else last.group
            yield from self._run.run(last.run, group, token.stamp)
        if draw_missing(self._document, lambda: token.cancelled or self._inbox.waits):
            self._screen.view.publish(vector_pictures=self._document.panel.pictures)

    @contextmanager
    def _failing_alone(self, order: Order) -> Iterator[None]:
        """Show the error of one command and continue with those behind it."""
        try:
            yield
        except Exception as error:
            self._screen.fail(error, order.id)

    def _show(self, command: Command, token: CancelToken) -> None:
        if isinstance(command, Thumbs):
            self._screen.send_thumbs()
        elif not isinstance(command, Draw):
            document, session = self._document, self._document.session
            with computing(session.model), session.lock:
                latent = preview(document, command)
                if latent is None:
                    return
                own = bool((latent == session.w_plus).all())
                picture = session.image if own else session.picture_of(latent)
            self._pacer.begin(token.stamp)
            self._pacer.finish(token.stamp, (picture, {"preview": True, "own": own}))

    def _applied(self, command: Command, before: Outcome) -> Outcome:
        """Apply a command and return its outcome; `before` is that of the command before it in the same job."""
        document, screen, session = self._document, self._screen, self._document.session
        with computing(session.model), session.lock:
            document.keep_tools(screen.tools())
            outcome = apply(document, command)
        screen.take(outcome, getattr(command, "view", ""))
        if not isinstance(command, (PaintCommand, RunEdit, Stop)):
            screen.publish()
        if isinstance(command, (RunEdit, Stop)):  # belongs to the stroke before it
            return Outcome(group=before.group, run=outcome.run)
        return outcome

    def _settle(self, order: Order) -> None:
        """Show what a command painted and confirm it to the browser; of many queued strokes only some are shown."""
        paints = isinstance(order.command, PaintCommand)
        if order.turn is not None:
            self._unsaid.append(order.turn)
        if paints and self._inbox.next_is(PaintCommand) and time.monotonic() - self._shown_at < _SHOWN_EVERY:
            return
        try:
            if paints:
                self._screen.publish()
                self._shown_at = time.monotonic()
        finally:
            for turn in self._unsaid:
                self._deliveries.finish(turn)
            if self._unsaid:
                self._unsaid = []
                self._screen.view.publish(handled=self._deliveries.handled())

    def _done(self, stamp: int, cancelled: bool) -> None:
        view = self._screen.view
        with self._inbox.lock:
            if not self._run.steps and self._inbox.waits:
                return  # the job that follows at once shows all of it
        if self._shown_only and not self._run.steps:
            with self._inbox.lock:
                if not self._inbox.waits and view.running:
                    view.publish(running=False, status=self._screen.last_word())
            self._catch_up()
            return
        if self._run.steps:
            self._run.say_how_it_ended(cancelled)
        self._pacer.finish(stamp)
        self._end(stopped=cancelled)

    def _failed(self, _stamp: int, error: Exception) -> None:
        """Show an error that ended a job, and continue with the queued commands even if that fails."""
        self._screen.word = ""
        try:
            self._screen.fail(error)
            self._end(failed=True)
        finally:
            self._run.steps = 0
            with self._inbox.lock:
                if self._inbox.waits:  # nothing else would begin another job for it
                    self._submit()
                else:
                    self._screen.view.publish(running=False, status=self._screen.last_word())

    def _end(self, stopped: bool = False, failed: bool = False) -> None:
        self._run.steps = 0
        try:
            self._screen.publish(region=not stopped)
        except Exception:
            if not failed:  # `_failed` shows it
                raise
            _log.exception("the editor cannot show its picture")
        with self._inbox.lock:
            if not self._inbox.waits:
                self._screen.view.publish(running=False, status=self._screen.last_word())
        self._region_lacks = stopped
        self._catch_up()

    def _catch_up(self) -> None:
        """Publish the region after a stopped run. It is computed late so that the stop shows immediately."""
        if self._region_lacks and not self._inbox.waits:
            self._region_lacks = False
            self._screen.publish_region()


def _begins_work(command: Command) -> bool:
    """True if the browser should show immediately that the command takes time."""
    return isinstance(command, OPENINGS) or (command.auto if isinstance(command, PaintCommand) else command.runs)
