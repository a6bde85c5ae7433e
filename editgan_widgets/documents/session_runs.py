"""Runs: the optimisations of a session (edit, drag, refine): start, choice of the kept step, commit.

One run is open at a time. An iterator of steps holds the document's lock only to begin and to commit.
"""

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from editgan_widgets.documents.session_document import SessionDocument, SessionError
from editgan_widgets.documents.session_state import Goal, State, frozen, union
from editgan_widgets.latent.described_config import described
from editgan_widgets.latent.directions.edit_vector import EditVector, Layers
from editgan_widgets.latent.optimize import EditConfig, EditStep, optimize_edit
from editgan_widgets.latent.priming import OnCandidate, SearchStopped, Start, Stopped, primed_start
from editgan_widgets.latent.refine import refine_target
from editgan_widgets.latent.target import EditTarget
from editgan_widgets.latent.terms.drag import DragPoint
from editgan_widgets.scalars import Flag

Candidates: TypeAlias = Callable[[], Sequence[EditVector]]


@dataclass(eq=False)
class Run:
    """A running edit, drag or refinement."""

    target: EditTarget
    reference: Tensor  # latent whose picture is kept outside the region
    config: EditConfig
    goal: Goal | None = None  # goal of the completed edit that this one continues
    best: EditStep | None = None
    steps: int = 0
    open: bool = True
    since: int = 0  # entry of the history at the start
    refines: bool = False  # True if it refines an edit vector instead of editing painted parts
    points: tuple[DragPoint, ...] = ()  # pairs of points to drag; empty if it is not a drag
    free: np.ndarray | None = None  # the caller's region for a drag; None if it has none
    begun_with: np.ndarray | None = None  # the painted label map at the beginning of a drag
    committed: State | None = None  # the state to commit, set before it is pushed
    start: tuple[EditVector, float] | None = None  # vector and scale to start from; None: start at the present latent
    candidates: Candidates | None = None  # returns vectors of which the best one becomes `start`; None if not primed
    on_candidate: OnCandidate | None = None  # is called with the picture of each better candidate
    stopped: Stopped | None = None  # returns True to end the search among the candidates
    least: float = -math.inf  # `reached` that a step must exceed; for a drag, that of its start
    present: float = -math.inf  # `agreement` that a step must exceed; for a continued goal, that of the present picture

    def improves(self, step: EditStep) -> bool:
        """True for a step better than the best so far, and closer to a continued goal than the present picture."""
        closer = step.reached > self.least and step.agreement > self.present
        return closer and step.score > (-math.inf if self.best is None else self.best.score)


class Runs:
    """The runs of one document.

    Attributes:
        open: the open run; None if there is none.
        kept_step: best step of the latest run, and while one is open the best so far; None if no step was kept.
        started_from: vector from which the latest run started; None if it started from the latent before it.
    """

    def __init__(self, document: SessionDocument):
        self._document = document
        self.open: Run | None = None
        self.kept_step: EditStep | None = None
        self.started_from: Start | None = None

    def edit(
        self,
        config: EditConfig,
        start: tuple[EditVector, float] | None,
        candidates: Candidates,
        on_candidate: OnCandidate | None,
        stopped: Stopped | None,
    ) -> Generator[EditStep, None, None]:
        """Begin an edit towards the painted label map; see EditSession.edit."""
        document = self._document
        with document.lock:
            self._check_edit(config, start)
            self.commit_open()  # which may change what is left to reach, so the target is computed after it
            self._check_edit(config, start)
            target, state = document.target(config), document.state
            goal = state.goal if target is None else None
            if target is not None:
                run = Run(target, state.settled_w_plus, config)
            else:
                assert goal is not None
                run = Run(goal.target, goal.reference, config, goal)
            if start is not None:
                run.start = start
            elif config.prime and goal is None and torch.equal(state.w_plus, state.settled_w_plus):
                run.candidates, run.on_candidate, run.stopped = candidates, on_candidate, stopped
            self._begin(run)
        return self._iterate(run, state)

    def drag(
        self, points: tuple[DragPoint, ...], free: Bool[np.ndarray, "h w"], chosen: bool, config: EditConfig
    ) -> Generator[EditStep, None, None]:
        """Begin a drag of points inside a region, which the caller has `chosen` or not; see EditSession.drag."""
        document = self._document
        with document.lock:
            if document.target(config) is not None and document.model.interpreter is None:
                raise SessionError(
                    "this model has no interpreter, so a drag cannot follow what was painted; undo the strokes first"
                )
            self.commit_open()  # which may change what is left to reach, so the target is computed after it
            painted, state = document.target(config), document.state
            if painted is None:
                target = EditTarget(state.label_map, free, np.zeros_like(free), ())
            else:
                target = replace(painted, region=painted.region | free)
            run = Run(target, state.settled_w_plus, config, points=points, begun_with=state.label_map)
            run.free = free if chosen else None
            self._begin(run)
        return self._iterate(run, state)

    def refine(
        self, vector: EditVector, scale: float, layers: Layers, force: Flag, config: EditConfig, buffer_px: float | None
    ) -> Generator[EditStep, None, None]:
        """Apply a vector and begin to refine the picture; see EditSession.refine."""
        document = self._document
        with document.lock:
            before = self.latent
            applied = vector.apply(before, scale, document.model, force, layers)  # raises if it does not fit
            run = Run(refine_target(document.model, before, applied, vector.labels, config), before, config)
            self.commit_open()
            document.apply_vector(vector, scale, layers, force, buffer_px)
            run.refines = True
            self._begin(run)
            state = document.state
        return self._iterate(run, state)

    def _check_edit(self, config: EditConfig, start: tuple[EditVector, float] | None) -> None:
        """Raise the errors of `edit` for the present state; changes nothing."""
        document = self._document
        if not document.can_edit():
            followed = " the picture already shows what was painted;" if document.state.goal else ""
            raise SessionError(f"nothing to edit:{followed} paint a stroke first (session.paint)")
        document.target(config)  # raises for settings that do not fit
        if start is not None:
            start[0].apply(document.state.w_plus, start[1], document.model)  # raises for one that does not fit

    def _begin(self, run: Run) -> None:
        run.since = self._document.history.entry.id
        self.open, self.kept_step, self.started_from = run, None, None

    @property
    def latent(self) -> Tensor:
        """The latent after `commit_open`: arguments are checked against it before an open run is committed."""
        best = None if self.open is None else self.open.best
        return self._document.state.w_plus if best is None else best.w_plus

    @property
    def keeps_step(self) -> bool:
        """True if there is an open run that `commit_open` commits, not only closes."""
        return self.open is not None and self.open.best is not None

    def commit_open(self) -> None:
        """Commit the best step of an open run and close it."""
        if self.open is not None:
            self._commit(self.open, completed=False)

    def abandon(self) -> None:
        """Close an open run without its result."""
        if self.open is not None:
            self._close(self.open)
            self.kept_step = None

    def _iterate(self, run: Run, state: State) -> Generator[EditStep, None, None]:
        document = self._document
        try:
            w_plus = self._start(run, state)
            if run.goal is not None:
                run.present = self._agreement(run, state)
            given = (run.target, run.config, run.reference, run.refines or bool(run.points), run.points)
            for step in optimize_edit(document.model, w_plus, *given):
                if run.points and step.index == 0:
                    run.least = step.reached
                    continue
                run.steps += step.index > 0
                if run.improves(step):
                    run.best = step
                    if run.open:
                        self.kept_step = step
                yield step
            # Computed in the consumer's thread and without the lock, so that the next stroke does not wait for it.
            predicted = None if run.best is None else document.predict(run.best.w_plus)
            with document.lock:
                self._commit(run, completed=True, predicted=predicted)
        except SearchStopped:  # before the first step
            with document.lock:
                self._close(run)
        except (GeneratorExit, KeyboardInterrupt):  # closed early, or interrupted in the middle of a step
            with document.lock:
                self._commit(run, completed=False)
            raise
        except BaseException:
            with document.lock:
                self._close(run)
            raise

    def _start(self, run: Run, state: State) -> Tensor:
        """The latent from which a run's optimisation starts."""
        start, model = None, self._document.model
        if run.candidates is not None:
            given = (run.target, run.candidates(), run.config.weights, run.on_candidate, run.stopped)
            start = primed_start(model, state.w_plus, *given)
            run.start = None if start is None else (start.vector, start.scale)
        elif run.start is not None:
            start = Start(*run.start, run.start[0].apply(state.w_plus, run.start[1], model))
        if run.open:
            self.started_from = start
        return state.w_plus if start is None else start.w_plus

    def _agreement(self, run: Run, state: State) -> float:
        """The present picture's agreement with the run's target, by the run's settings.

        It is measured, because the strength may have changed since the edit that is continued, and so may its settings.
        """
        given = (run.target, run.config, run.reference)
        steps = optimize_edit(self._document.model, state.w_plus, *given, with_start=True)
        try:
            return next(steps).agreement
        finally:
            steps.close()

    def _commit(self, run: Run, completed: bool, predicted: np.ndarray | None = None) -> None:
        document = self._document
        there = run.committed is not None and document.state is run.committed  # interrupted after the push
        if not run.open or run.best is None or there:
            self._close(run)
            return
        run.committed = self._result(run, run.best, completed, predicted)
        try:
            document.push(run.committed, **self._described(run, run.best, completed))
        except KeyboardInterrupt:
            raise  # the run stays open, and the handler of the interrupt commits it
        except BaseException:
            self._close(run)
            raise
        self._close(run)

    def _result(self, run: Run, best: EditStep, completed: bool, predicted: np.ndarray | None) -> State:
        """The state that a run commits. Its label map is the present one, which has strokes painted since."""
        state = self._document.state
        result = replace(
            state,
            w_plus=best.w_plus.clone(),
            image=frozen(best.image),
            predicted=predicted,
            edited=union(state.edited, run.target.region),
        )
        if run.points:
            return self._dragged(run, result, completed)
        if completed:
            result = replace(result, settled_map=frozen(run.target.label_map), settled_w_plus=result.w_plus)
        if completed or run.goal is not None:
            result = replace(result, goal=Goal(run.target, run.reference))
        return result

    def _dragged(self, run: Run, result: State, completed: bool) -> State:
        """The state after a drag: the predicted label map and the painted changes that are not in the picture yet."""
        predicted = self._document.predict(result.w_plus) if result.predicted is None else result.predicted
        since = result.label_map != run.begun_with
        return result.dragged(predicted, run.target.changed, since, run.target.label_map if completed else predicted)

    def _described(self, run: Run, best: EditStep, completed: bool) -> dict[str, Any]:
        """A run's entry of the history, JSON values."""
        document = self._document
        made: dict[str, Any] = {"do": "drag" if run.points else "edit", "steps": run.config.steps, "ran": run.steps}
        made |= {"completed": completed, "since": run.since, "threads": torch.get_num_threads()}
        made["settings"] = described(run.config, run.refines)
        if run.config.weights.perceptual > 0:
            made["perceptual_features"] = document.model.perceptual_distance().name
        if run.start is not None:
            made["start"] = {"vector": document.kept(run.start[0]), "scale": run.start[1]}
        if best.left_out:
            made["left_out"] = dict(best.left_out)
        if run.points:
            made["points"] = [[*point.handle, *point.target] for point in run.points]
            if run.free is not None:
                made["region"] = document.journal().arrays.put(run.free)
        return made

    def _close(self, run: Run) -> None:
        run.open = False
        if self.open is run:
            self.open = None
