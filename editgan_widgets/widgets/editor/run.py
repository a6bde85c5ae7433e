"""EditRun: runs an edit, a refinement or a drag, shows its steps, and sets the status line at the end."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from editgan_widgets.latent.priming import Stopped
from editgan_widgets.streaming import FramePacer
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.editor.document import Document, Run
from editgan_widgets.widgets.editor.screen import Screen

_PHOTO_SHARE = 3.0  # time of steps between two that are carried over to a photo, relative to the time of one


class EditRun:
    """Executes one run at a time, on the worker's thread.

    Attributes:
        steps: number of steps of the current run; 0 if there is none.
    """

    def __init__(self, document: Document, screen: Screen, pacer: FramePacer) -> None:
        self.steps = 0
        self._document, self._screen, self._pacer = document, screen, pacer
        self._run: Run | None = None
        self._last_step = 0
        self._tries = False  # True while candidates of priming are shown
        self._next_photo = 0.0  # time from which a step of a photo is shown
        self._kept: Any = None  # the committed step; None if the picture is unchanged

    def run(self, run: Run, group: int, stamp: int, stopped: Stopped) -> Iterator[Any]:
        """Yield the steps of a run, to be passed to `show`. Its history entries belong to `group`.

        The first step is awaited without the session's lock, because vectors may be tried before it: commands that are
        executed at once do not wait for all of them. Nothing is committed before the second step.
        """
        document, session = self._document, self._document.session
        self._begin(run, stamp)
        before = session.w_plus.clone()
        with session.lock:
            document.recorder.begin(document.shown.image)
        session.vectors = tuple(document.panel.vectors.values())
        with computing(session.model), session.lock, session.history.grouped(group):
            steps: Any = iter(run.start(lambda picture: self._show_candidate(stamp, picture), stopped))
        try:
            with computing(session.model):
                step = next(steps, None)
            while step is not None:
                yield step
                with computing(session.model), session.lock, session.history.grouped(group):
                    step = next(steps, None)
        finally:
            with computing(session.model), session.lock, session.history.grouped(group):
                steps.close()  # commits the best step so far
                self._judge(before)
                document.recorder.add(document.shown.image)  # the best step, which is kept

    def _show_candidate(self, stamp: int, picture: np.ndarray) -> None:
        """Show the picture of a vector that the run may start from, and say so until the first step."""
        if not self._tries:
            self._tries = True
            said = self._document.text(
                "Trying known vectors as the start of the edit; the picture shows the best so far …"
            )
            self._screen.view.publish(status=said)
        if self._document.shown.shows_photo:
            return
        self._screen.image = picture
        self._pacer.offer(stamp, (picture, {"step": 0, "total": self.steps, "figures": {}}))

    def show(self, stamp: int, step: Any) -> None:
        """Show a step: its picture, if the browser keeps up, and its figures."""
        if self._tries:
            self._tries = False
            assert self._run is not None
            self._screen.view.publish(status=self._run.begins)
        self._last_step = step.index
        self._screen.numbers = {
            "step": step.index,
            "total": step.total,
            "figures": {name: float(value) for name, value in step.figures.items()},
            "eta": (step.total - step.index) * step.seconds / max(step.index, 1),
        }
        picture = self._picture_of(step)
        if picture is not None:
            self._screen.image = picture
            self._document.recorder.add(picture)
            self._pacer.offer(stamp, (picture, self._screen.numbers))

    def _picture_of(self, step: Any) -> np.ndarray | None:
        """What is shown of a step; None for some steps of a photo, because carrying one over takes longer than it."""
        if not self._document.shown.shows_photo:
            return step.image
        if time.monotonic() < self._next_photo:
            return None
        began = time.monotonic()
        picture = self._document.shown.preview(step.w_plus)
        self._next_photo = time.monotonic() + _PHOTO_SHARE * (time.monotonic() - began)
        return picture

    def say_how_it_ended(self, cancelled: bool) -> None:
        """Set the status line at the end of a run."""
        screen = self._screen
        screen.say("Done in {steps} steps.", steps=self._last_step)
        if cancelled:
            at = {"step": self._last_step, "total": self.steps}
            if self._kept is None:
                screen.say("Stopped at step {step} of {total}.", **at)
            else:
                screen.say("Stopped at step {step} of {total}; the best picture is kept.", **at)
        more = ""
        assert self._run is not None
        if self._kept is not None:
            more = self._run.kept(self._kept)
        elif self._last_step:
            more = self._run.fruitless
        screen.word = f"{screen.word} {more}".strip()
        screen.repeat_notes()

    def _begin(self, run: Run, stamp: int) -> None:
        self.steps, self._run, self._last_step, self._kept = run.steps, run, 0, None
        self._screen.numbers, self._tries = {}, False
        self._pacer.begin(stamp)
        progress = {"step": 0, "total": run.steps}
        self._screen.publish(running=True, job=stamp, progress=progress, status=run.begins)

    def _judge(self, before: torch.Tensor) -> None:
        """Record whether the run changed the picture, and the quality of the edit."""
        session, run = self._document.session, self._run
        assert run is not None
        kept = session.kept_step if not torch.equal(before, session.w_plus) else None
        self._kept = None if kept is None or kept.index == 0 else kept  # step 0 is the vectors alone
        self._screen.numbers_of = session.latent_entry
        if self._screen.numbers:
            self._screen.numbers = {**self._screen.numbers, "kept": self._kept is not None}
        if self._kept is not None and run.judged:
            self._screen.quality.edited(session.history.entry.id, self._kept, session.config)
