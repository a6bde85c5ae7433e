"""EditorWorker: the thread that owns an editor's session: it applies commands, runs edits and shows the results."""

import logging
import time
from collections.abc import Iterator
from typing import Any

from editgan_widgets.streaming import CancelToken, FramePacer
from editgan_widgets.widgets.core.commands import Command, Stop
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.core.deliveries import Deliveries
from editgan_widgets.widgets.core.inbox import Inbox
from editgan_widgets.widgets.core.worker import CommandWorker
from editgan_widgets.widgets.editor.commands import PaintCommand
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.openings import go_over_to
from editgan_widgets.widgets.editor.requests import Thumbs
from editgan_widgets.widgets.editor.run import EditRun
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.tools import apply, preview
from editgan_widgets.widgets.editor.tools.editing import RunEdit
from editgan_widgets.widgets.editor.tools.files import OPENINGS
from editgan_widgets.widgets.editor.tools.vectors import draw_missing

_SHOWN_EVERY = 0.1  # seconds between updates while strokes arrive faster than they can be shown
_log = logging.getLogger(__name__)


class Draw(Command, frozen=True, kw_only=True):
    """Draw the missing thumbnails of vectors, as every job does at its end."""


class EditorWorker(CommandWorker):
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
        super().__init__(screen, inbox, deliveries, pacer, "editgan-editor")
        self.document, self._screen = document, screen
        self._run = EditRun(document, screen, pacer)
        self._last = Outcome()  # outcome of the job's last command
        self._shown_at = 0.0
        self._region_lacks = False
        self._token = CancelToken()  # of the job

    # ---- from any thread

    def fits_beside_run(self, command: Command) -> bool:
        """True if an edit runs that need not stop for the command; commands that wait are executed before it."""
        with self._inbox.lock:
            return self.ran and not self._inbox.waits and command.keeps_picture(self.document)

    def execute_at_once(self, command: Command) -> None:
        """Apply a command beside a running edit."""
        with self.document.session.lock:
            apply(self.document, command)
        self._screen.publish_at_once()

    def draw_vectors(self) -> None:
        """Draw the missing thumbnails of vectors, after a running optimisation."""
        with self._inbox.lock:
            if self.document.panel.lacks_pictures and not self._screen.view.error:
                self.show(Draw())

    def takes_time(self, command: Command) -> bool:
        """True if the browser should show immediately that the editor is busy."""
        return isinstance(command, OPENINGS) or (command.auto if isinstance(command, PaintCommand) else command.runs)

    # ---- on its own thread

    def begin_job(self) -> None:
        """Forget the edit requested by the previous job."""
        self._last = Outcome()

    def execute(self, command: Command, token: CancelToken) -> None:
        """Apply a command, or open another picture."""
        self._token = token
        if isinstance(command, OPENINGS):
            self._last = Outcome()
            go_over_to(command, self.document, self._screen, self._pacer, token)
        else:
            self._last = self._applied(command, self._last)

    def _applied(self, command: Command, before: Outcome) -> Outcome:
        """Apply a command and return its outcome; `before` is that of the command before it in the same job."""
        document, screen, session = self.document, self._screen, self.document.session
        with computing(session.model), session.lock:
            document.keep_tools(screen.tools())
            outcome = apply(document, command)
        screen.take(outcome, getattr(command, "view", ""))
        if not isinstance(command, (PaintCommand, RunEdit, Stop)):
            screen.publish()
        if isinstance(command, (RunEdit, Stop)):  # it belongs to the preceding stroke
            return Outcome(group=before.group, run=outcome.run)
        return before if command.waits else outcome

    def preview(self, command: Command, token: CancelToken) -> None:
        """Show the picture that a command would lead to, or send thumbnails."""
        if isinstance(command, Thumbs):
            self._screen.send_thumbs()
        elif not isinstance(command, Draw):
            session = self.document.session
            with computing(session.model), session.lock:
                latent = preview(self.document, command)
                if latent is None:
                    return
                own = bool((latent == session.w_plus).all())
                picture = self.document.shown.image if own else self.document.shown.preview(latent)
            self._pacer.begin(token.stamp)
            self._pacer.finish(token.stamp, (picture, {"preview": True, "own": own}))

    def run(self, stamp: int) -> Iterator[Any]:
        """Run the edit requested by the last command."""
        if self._last.run is not None:
            history = self.document.session.history
            group = history.new_group() if self._last.group is None else self._last.group
            yield from self._run.run(self._last.run, group, stamp, self._token.is_set)

    def end_job(self, token: CancelToken) -> None:
        """Draw the missing thumbnails of vectors."""
        if draw_missing(self.document, lambda: token.cancelled or self._inbox.waits):
            self._screen.view.publish(vector_pictures=self.document.panel.pictures)

    @property
    def ran(self) -> bool:
        """True if the job has started an edit."""
        return self._run.steps > 0

    @property
    def will_run(self) -> bool:
        """True if an edit follows the last command of the job."""
        return self._last.run is not None

    def forget_run(self) -> None:
        """Make `ran` False."""
        self._run.steps = 0

    def show_step(self, stamp: int, step: Any) -> None:
        """Show one step of an edit."""
        self._run.show(stamp, step)

    def say_how_it_ended(self, cancelled: bool) -> None:
        """Set the status line after an edit."""
        self._run.say_how_it_ended(cancelled)

    def shows_later(self, command: Command) -> bool:
        """True for a stroke that is followed by another one: of many queued strokes only some are shown."""
        paints = isinstance(command, PaintCommand)
        return paints and self._inbox.next_is(PaintCommand) and time.monotonic() - self._shown_at < _SHOWN_EVERY

    def show_result(self, command: Command) -> None:
        """Show painted strokes; other commands are shown when they are applied."""
        if isinstance(command, PaintCommand):
            self._screen.publish()
            self._shown_at = time.monotonic()

    def show_end(self, stopped: bool, failed: bool) -> None:
        """Publish the document; the region after a stopped edit follows in `catch_up`."""
        try:
            self._screen.publish(region=not stopped)
        except Exception:
            if not failed:  # otherwise the worker shows it
                raise
            _log.exception("the editor cannot show its picture")
        self._region_lacks = stopped

    def catch_up(self) -> None:
        """Publish the region after a stopped run. It is computed late so that the stop shows immediately."""
        if self._region_lacks and not self._inbox.waits:
            self._region_lacks = False
            self._screen.publish_region()
