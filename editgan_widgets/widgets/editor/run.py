"""EditRun: the steps of an edit or a refinement, what is shown of them, and what is said at the end."""

from collections.abc import Iterator
from typing import Any

import torch

from editgan_widgets.documents.session import EditSession, SessionError
from editgan_widgets.streaming import FramePacer
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.editor.document import Workpiece
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.vector_actions import refining


class EditRun:
    """One run after the other, on the worker's thread.

    Attributes:
        steps: of the run that goes on; 0 where none does.
    """

    def __init__(self, piece: Workpiece, screen: Screen, pacer: FramePacer) -> None:
        self.steps = 0
        self._piece, self._screen, self._pacer = piece, screen, pacer
        self._last_step = 0
        self._refines = False
        self._kept: Any = None  # the step that the session committed; None where the picture is as before

    def run(self, steps: int, group: int, stamp: int, refines: bool) -> Iterator[Any]:
        """Edit towards the painted parts, or refine; each step is to be `show`n. Its history goes into a group."""
        piece, session = self._piece, self._piece.session
        if not refines and not session.can_edit:
            raise SessionError("nothing to edit: paint a stroke first, on either picture")
        self._begin(steps, stamp, refines)
        before = session.w_plus.clone()
        piece.recorder.begin(session.image)
        session.vectors = tuple(piece.panel.vectors.values())
        with computing(session.model), session.lock, session.history.grouped(group):
            edit: Any = iter(refining(piece, steps) if refines else session.edit(steps=steps))
        try:
            while True:
                with computing(session.model), session.lock, session.history.grouped(group):
                    step = next(edit, None)
                if step is None:
                    break
                yield step
        finally:
            with computing(session.model), session.lock, session.history.grouped(group):
                edit.close()  # commits the best step so far
                self._judge(before)
                piece.recorder.add(session.image)  # the best, which stays

    def show(self, stamp: int, step: Any) -> None:
        """Show a step: its picture, if the browser keeps up, and its figures."""
        self._screen.image = step.image
        self._piece.recorder.add(step.image)
        self._last_step = step.index
        self._screen.numbers = {
            "step": step.index,
            "total": step.total,
            "figures": {name: float(value) for name, value in step.figures.items()},
            "eta": (step.total - step.index) * step.seconds / max(step.index, 1),
        }
        self._pacer.offer(stamp, (step.image, self._screen.numbers))

    def say_how_it_ended(self, cancelled: bool) -> None:
        """Choose the word for the end of a run."""
        screen = self._screen
        screen.say("Done in {steps} steps.", steps=self._last_step)
        if cancelled:
            screen.say(
                "Stopped at step {step} of {total}; the best picture is kept.",
                step=self._last_step,
                total=self.steps,
            )
        more = ""
        if self._refines:
            more = "" if self._kept is not None else screen.text("No step was better than the vectors alone.")
        elif self._kept is None and self._last_step:
            more = screen.text("No step came nearer to the painted parts: the picture is as before.")
        elif self._kept is not None:
            more = screen.text("Agreement with the painted parts: {share:.0%}.", share=float(self._kept.iou))
            if (start := self._piece.session.started_from) is not None:
                more = f"{more} {screen.text('Started from the vector {name}.', name=start.name)}"
        screen.word = f"{screen.word} {more}".strip()
        screen.repeat_notes()

    def _begin(self, steps: int, stamp: int, refines: bool) -> None:
        screen = self._screen
        self.steps, self._last_step, self._refines, self._kept = steps, 0, refines, None
        screen.numbers = {}
        self._pacer.begin(stamp)
        says = screen.text("Editing, {steps} steps …", steps=steps)
        if refines:
            says = screen.text("Refining, {steps} steps …", steps=steps)
        screen.publish(
            picture=False,
            running=True,
            job=stamp,
            progress={"step": 0, "total": steps},
            status=says,
        )

    def _judge(self, before: torch.Tensor) -> None:
        """Whether the run changed the picture, and what that is worth."""
        session = self._piece.session
        kept = session.kept_step if not torch.equal(before, session.w_plus) else None
        if kept is not None and kept.index == 0:  # the vectors alone
            kept = None
        self._kept = kept
        if kept is not None and not self._refines and isinstance(session, EditSession):
            self._screen.quality.edited(session.history.entry.id, kept, session.config)
