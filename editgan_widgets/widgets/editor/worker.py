"""EditorWorker: the one thread that touches an editor's session.

What the browser or Python asks for is an action in the inbox. The worker takes them out in order, paints, goes back or
forward in the history, and then runs the edit; nothing else touches the session. So callbacks return at once on
whichever thread the Jupyter kernel runs them, and a new action makes a running edit end within one step, keeping its
best.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from editgan_widgets.streaming import CancelToken, FramePacer, Worker
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.core.deliveries import Deliveries, Turn
from editgan_widgets.widgets.editor.actions import Action, Inbox
from editgan_widgets.widgets.editor.document import Workpiece
from editgan_widgets.widgets.editor.openings import go_over_to
from editgan_widgets.widgets.editor.previews import preview
from editgan_widgets.widgets.editor.run import EditRun
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.session_actions import perform
from editgan_widgets.widgets.editor.vector_actions import draw_missing

_SHOWN_EVERY = 0.1  # seconds, while painting comes faster than it is shown
_log = logging.getLogger(__name__)
_STANDS_BACK = 5  # niceness beside the browser that paints and the threads that speak with it


class EditorWorker:
    """Does actions to a workpiece and shows what came of them.

    Args:
        piece: what is worked on.
        screen: where it is shown.
        inbox: what is to be done.
        deliveries: told of each message that is done.
        pacer: takes the frames of edits.
    """

    def __init__(
        self, piece: Workpiece, screen: Screen, inbox: Inbox, deliveries: Deliveries, pacer: FramePacer
    ) -> None:
        self._piece, self._screen, self._inbox, self._deliveries = piece, screen, inbox, deliveries
        self._pacer = pacer
        self._run = EditRun(piece, screen, pacer)
        self._thread = Worker("editgan-editor", niceness=_STANDS_BACK)
        self._unsaid: list[Turn] = []  # done, and the browser does not know yet
        self._shown_at = 0.0
        self._shown_only = False  # all that the job did
        self._region_lacks = False

    # ---- from any thread

    @property
    def running(self) -> bool:
        """Whether something is being done or waits."""
        with self._inbox.lock:
            return self._inbox.waits or self._thread.busy

    def add(self, action: Action) -> None:
        """Do an action after those that wait; what runs ends within a step. Closes the error box."""
        screen = self._screen
        with self._inbox.lock:
            if screen.failure is not None or screen.view.error:
                screen.dismiss()
            turn = self._deliveries.arriving
            if turn is not None:
                turn.queued, action = True, replace(action, turn=turn)
            self._inbox.add(action)
            self._submit()
            if action.run or action.kind == "open":
                screen.view.publish(running=True)

    def _submit(self) -> None:
        self._thread.submit(self._job, self._run.show, self._done, self._failed)

    def add_preview(self, action: Action) -> None:
        """Show something, unless an edit runs: that does not end for it."""
        with self._inbox.lock:
            if not self._screen.view.running:
                self.add(action)

    def draw_vectors(self) -> None:
        """Draw the vectors' pictures that are lacking; while an edit runs they wait for its end."""
        panel = self._piece.panel
        with self._inbox.lock:
            if panel.lacks_pictures and not self._screen.view.error:
                self.add_preview(Action("preview vectors"))

    def wait(self, timeout: float | None = None) -> bool:
        """Block until nothing runs or waits; False after `timeout` seconds."""
        return self._thread.wait(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """End the thread; waits up to `timeout` seconds."""
        self._thread.close(timeout)

    # ---- on its own thread

    def _job(self, token: CancelToken) -> Iterator[Any]:
        steps, group, painted, refines = 0, None, False, False
        self._shown_only = True
        while (action := self._inbox.take(token)) is not None:
            self._shown_only &= action.kind == "none" or action.shows_only  # "none" ends an edit
            with self._failing_alone(action):
                if action.shows_only:
                    self._show(action, token)
                elif action.kind == "open":
                    steps, group = 0, None
                    go_over_to(action, self._piece, self._screen, self._pacer, token)
                else:
                    steps, group = self._performed(action, steps, group)
            with self._failing_alone(action):
                self._settle(action)
            painted, refines = action.paints, action.kind == "refine"
        if painted and steps and self._piece.session.region is None:
            steps = 0  # all of it is there already
        if steps and not token.cancelled:
            group = self._piece.session.history.new_group() if group is None else group
            yield from self._run.run(steps, group, token.stamp, refines)
        draw_missing(self._piece, self._screen, lambda: token.cancelled or self._inbox.waits)

    @contextmanager
    def _failing_alone(self, action: Action) -> Iterator[None]:
        """Show what goes wrong with one action; those that wait behind it are still done."""
        try:
            yield
        except Exception as error:
            self._screen.fail(error, action.id)

    def _show(self, action: Action, token: CancelToken) -> None:
        if action.kind == "preview thumbs":
            self._screen.send_thumbs()
        elif action.kind != "preview vectors":  # every job ends with those
            found = preview(self._piece, action)
            if found is not None:
                picture, own = found
                self._pacer.begin(token.stamp)
                self._pacer.finish(token.stamp, (picture, {"preview": True, "own": own}))

    def _performed(self, action: Action, steps: int, group: int | None) -> tuple[int, int | None]:
        """Steps and group of the history after one more action; one that fails is shown and the others still count."""
        session = self._piece.session
        try:
            with computing(session.model), session.lock:
                done = perform(self._piece, self._screen, action)
                return action.run, group if action.kind == "none" else done
        except Exception as error:
            self._screen.fail(error, action.id)
            return steps, group

    def _settle(self, action: Action) -> None:
        """Show what an action painted and tell its browser that it is done; not each of many that wait in a row."""
        if action.turn is not None:
            self._unsaid.append(action.turn)
        if action.paints and self._inbox.paints_next and time.monotonic() - self._shown_at < _SHOWN_EVERY:
            return
        try:
            if action.paints:
                self._screen.publish(picture=False)
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
        """Show an error that ended a job, and go on with what waits; what fails here ends nothing else."""
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
            self._screen.publish(region=not stopped, progress=self._screen.numbers)
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
        """Show the region after a run that was stopped: it is seen to stop before the interpreter is asked."""
        if self._region_lacks and not self._inbox.waits:
            self._region_lacks = False
            self._screen.publish_region()
