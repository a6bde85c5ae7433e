"""Loop: a widget in one object: commands -> worker -> document -> snapshot -> view.

A widget defines its commands, a document (a frozen dataclass), `apply(document, command) -> Outcome` and
`snapshot(document, encoded) -> {trait: value}`, both pure functions. The loop queues commands, applies them in order on
one thread, runs computations step by step, and publishes the traits that differ.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from editgan_widgets.streaming import CancelToken, FramePacer
from editgan_widgets.widgets.core.commands import Command, Commands, Stop
from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.core.deliveries import Deliveries
from editgan_widgets.widgets.core.inbox import Inbox
from editgan_widgets.widgets.core.live_view import LiveView
from editgan_widgets.widgets.core.messages import Messages
from editgan_widgets.widgets.core.reports import Reports
from editgan_widgets.widgets.core.snapshot import Encoded, differences
from editgan_widgets.widgets.core.strings import translated
from editgan_widgets.widgets.core.worker import CommandWorker

D = TypeVar("D")
_FPS = 6.0  # frames per second; encoding a frame takes time from the computation


@dataclass(frozen=True)
class Step(Generic[D]):
    """One step of a computation.

    Attributes:
        document: the document after this step.
        picture: frame for the browser, uint8 `[H, W, 3]`; None publishes what the step changed in the document instead.
        figures: numbers that the browser shows with the frame.
    """

    document: D
    picture: np.ndarray | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome(Generic[D]):
    """Result of a command.

    Attributes:
        document: the new document, or the same one.
        said: English status line; None keeps the present one. `values` are inserted for its `{names}`.
        run: starts the computation that follows; None if there is none. It may be stopped between two steps.
        steps: number of steps of `run`.
        left: number of steps that a document still needs. If given, `run` computes what a document lacks: after a
            command that interrupts it and starts no other computation, or that fails, it is started again. Stop and its
            own error end it.
        holds: True if an interrupted computation waits for the command after this one.
    """

    document: D
    said: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    run: Callable[[D], Iterator[Step[D]]] | None = None
    steps: int = 0
    left: Callable[[D], int] | None = None
    holds: bool = False


class Loop(CommandWorker, Generic[D]):
    """Runs a widget.

    Args:
        view: browser side of the widget.
        document: the first document.
        commands: commands that the browser may send; none with `at_once`, because a step would undo its change.
        apply: executes a command.
        snapshot: returns the traits that show a document.
        preview: for commands that `passes`: returns the picture to show, uint8 `[H, W, 3]`; None shows nothing.
        store: is called with each published document, for example to store its picture in a PartCanvas.
        model: computations take turns on its `device`; None means the CPU.

    Raises ValueError for a command with `at_once`.
    """

    def __init__(
        self,
        view: LiveView,
        document: D,
        commands: Commands,
        apply: Callable[[D, Any], Outcome[D]],
        snapshot: Callable[[D, Encoded], Mapping[str, Any]],
        preview: Callable[[D, Any], np.ndarray | None] | None = None,
        store: Callable[[D], None] | None = None,
        model: Any = None,
    ) -> None:
        if wrong := [str(kind) for kind, command in commands.kinds.items() if command.at_once]:
            raise ValueError(f"a Loop executes commands in order; make {', '.join(wrong)} a command without at_once")
        deliveries = Deliveries()
        pacer = FramePacer(lambda seq, job, frame: view.send_frame(seq, job, *frame), fps=_FPS)
        reports = Reports(view, lambda text, **values: translated(view.language, text, *view.TEXTS, **values))
        super().__init__(reports, Inbox(), deliveries, pacer)
        self.document = document
        self._apply, self._snapshot, self._preview, self._store = apply, snapshot, preview, store
        self._model = model
        self._encoded = Encoded()
        self._shown: Mapping[str, Any] | None = None
        self._publishing = threading.Lock()
        self._last: Outcome[D] | None = None  # outcome of the job's last command
        self._unfinished: Outcome[D] | None = None  # its computation continues after an interruption
        self._done_steps = self._total = 0
        self._ran = False
        self.publish()
        self._messages = Messages(commands, self, reports, deliveries, pacer)
        view.on_msg(self._messages.receive)

    def wait_or_raise(self, timeout: float | None = None) -> bool:
        """Block until nothing runs or waits; False after `timeout` seconds. Raises the error of a failed command."""
        done = self.wait(timeout)
        if (failure := self._reports.take_failure()) is not None:
            raise failure
        return done

    def publish(self, **state: Any) -> None:
        """Publish what changed in the document since the last call, together with `state`."""
        with self._publishing:
            document = self.document
            new = self._snapshot(document, self._encoded)
            if self._store is not None:
                self._store(document)
            different, self._shown = differences(new, self._shown), new
            self._reports.view.publish(**different, **state)

    # ---- on the worker's thread

    def begin_job(self) -> None:
        """Forget the computation requested by the previous job."""
        self._last = None

    def execute(self, command: Command, token: CancelToken) -> None:
        """Apply a command and publish the new document."""
        with computing(self._model):
            outcome = self._apply(self.document, command)
        self.document, self._last = outcome.document, outcome
        if outcome.run is not None or isinstance(command, Stop):
            self._unfinished = outcome if outcome.left is not None else None
        if outcome.said is not None:
            self._reports.say(outcome.said, **outcome.values)
        self.publish()

    def preview(self, command: Command, token: CancelToken) -> None:
        """Show the picture that a command would lead to."""
        if self._preview is None:
            return
        with computing(self._model):
            picture = self._preview(self.document, command)
        if picture is not None:
            self._pacer.begin(token.stamp)
            self._pacer.finish(token.stamp, (picture, {"preview": True}))

    def run(self, stamp: int) -> Iterator[Step[D]]:
        """Run the computation requested by the last command, or continue the interrupted one."""
        outcome = self._wanted
        if outcome is None or outcome.run is None:
            return
        self._total = outcome.steps if outcome is self._last or outcome.left is None else outcome.left(self.document)
        self._ran, self._done_steps = True, 0
        self._pacer.begin(stamp)
        self.publish(running=True, job=stamp, progress={"step": 0, "total": self._total})
        with computing(self._model):
            steps = iter(outcome.run(self.document))
        try:
            while True:
                with computing(self._model):
                    step = next(steps, None)
                if step is None:
                    self._unfinished = None
                    return
                self.document = step.document
                yield step
        except Exception:
            self._unfinished = None
            raise
        finally:
            close = getattr(steps, "close", None)
            if close is not None:
                close()

    @property
    def _wanted(self) -> Outcome[D] | None:
        """The outcome whose computation follows the last command of the job."""
        last = self._last
        return last if last is not None and (last.run is not None or last.holds) else self._unfinished

    def show_step(self, stamp: int, step: Any) -> None:
        """Send a step's picture, if the browser keeps up, or what it changed in the document."""
        self._done_steps += 1
        figures = {"step": self._done_steps, "total": self._total, "figures": dict(step.figures)}
        if step.picture is None:
            self.publish(progress=figures)
        else:
            self._pacer.offer(stamp, (step.picture, figures))

    @property
    def ran(self) -> bool:
        """True if the job has started a computation."""
        return self._ran

    @property
    def will_run(self) -> bool:
        """True if a computation follows the last command of the job."""
        wanted = self._wanted
        return wanted is not None and wanted.run is not None

    def forget_run(self) -> None:
        """Make `ran` False."""
        self._ran = False

    def say_how_it_ended(self, cancelled: bool) -> None:
        """Set the status line to the number of steps done."""
        if cancelled:
            self._reports.say("Stopped at step {step} of {total}.", step=self._done_steps, total=self._total)
        else:
            self._reports.say("Done in {steps} steps.", steps=self._done_steps)

    def show_end(self, stopped: bool, failed: bool) -> None:
        """Publish the document at the end of a job."""
        self.publish(progress={})
