"""EditSession: one portrait being edited: its latent, its painted label map, and their history.

    session.paint(stroke)                 changes only label_map
    for step in session.edit(): ...       optimises the latent; keeps the best step, also if closed early
    for step in session.drag(points): ... the same, and moves points to their targets
    session.undo(), session.redo()        strokes and edits
    session.history                       all actions, as a tree; session.visit(id) goes to any of them
    session.keep_journal(folder)          writes every action to disk: EditSession.restore(model, folder)

**Label maps.** `label_map` is the painted mask: what the picture should show. It starts as the interpreter's prediction
and stays as painted after an edit, even where the picture does not follow exactly. `predicted_label_map` is the
interpreter's prediction for the present picture, and `adopt_prediction` makes it the painted mask. The target of an
edit are the pixels in which `label_map` differs from the map at the last completed edit.

An edit that runs to its end is completed: its strokes are not part of later regions. An edit that is closed early
(Stop, or a new stroke) keeps its best latent, but its painted pixels stay part of the next edit, which starts from that
latent and still compares the outside with the picture before the unfinished edit. If a completed edit did not reach its
target and nothing new is painted, `edit` continues towards the same target and keeps only steps that are closer.

A session is not thread-safe by itself, but its methods hold `session.lock` while they change it. The iterator of `edit`
holds it only to start and to commit, so painting during a script's run does not wait. A run whose starting state was
undone commits nothing.
"""

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.documents.history import Entry, History
from editgan_widgets.documents.journal import Journal, read_about
from editgan_widgets.documents.session_state import Goal, State, frozen, pack, unpacked
from editgan_widgets.latent.described_config import described
from editgan_widgets.latent.directions.edit_vector import EditVector, Layers, WrongModelError, checked_scale
from editgan_widgets.latent.directions.library import shipped_vectors
from editgan_widgets.latent.directions.rows import rows_in_json
from editgan_widgets.latent.label_maps import predicted_label_map
from editgan_widgets.latent.latent_shapes import fitted
from editgan_widgets.latent.objective import left_out_terms
from editgan_widgets.latent.optimize import EditConfig, EditStep, optimize_edit
from editgan_widgets.latent.priming import Start, primed_start
from editgan_widgets.latent.refine import refine_target
from editgan_widgets.latent.target import EditTarget, agreement, from_label_maps, from_segmentations
from editgan_widgets.latent.terms.drag import DRAG_STEPS, DragPoint, checked_points, drag_region
from editgan_widgets.masks.mask_file import OpenedMask, OpenedPart, Source, open_part_mask, read_mask
from editgan_widgets.masks.part_operations import shaped
from editgan_widgets.masks.strokes import Stroke, rasterise
from editgan_widgets.models.array_like import ArrayLike, float_tensor
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.seeds import SeedError
from editgan_widgets.scalars import Flag, Real, Whole, flag, is_real, is_whole, real, shown, whole

_ROUNDING = 1e-5  # of a latent's largest number: bound of the rounding error of adding and subtracting vectors
_SEEN_CHANGE = 8  # of 255: change by a vector without parts above which a pixel counts as edited


class SessionError(ValueError):
    """A session cannot do this in its present state; the message says what to do first."""


@dataclass(eq=False)
class _Run:
    """A running edit, as the session sees it."""

    target: EditTarget
    reference: Tensor  # latent whose picture is kept outside the region
    config: EditConfig
    goal: Goal | None = None  # of the completed edit that this one goes on with
    best: EditStep | None = None
    steps: int = 0
    open: bool = True
    since: int = 0  # entry of the history that it began at
    refines: bool = False  # an edit vector, not the painted parts
    points: tuple[DragPoint, ...] = ()  # that are dragged
    free: np.ndarray | None = None  # where the caller lets a drag change the picture
    begun_with: np.ndarray | None = None  # the painted label map at the beginning of a drag
    committed: State | None = None  # that is pushed, or about to be
    start: tuple[EditVector, float] | None = (
        None  # vector and scale from which it starts; None: from the present latent
    )
    search: bool = False  # look for such a vector first
    least: float = -math.inf  # `reached` that a step must exceed; of a drag that of its start

    def improves(self, step: EditStep) -> bool:
        """True for a step better than the best so far, and closer to the goal than the edit that this one continues."""
        closer = step.reached > self.least and (self.goal is None or step.agreement > self.goal.score)
        return closer and step.score > (-math.inf if self.best is None else self.best.score)


@dataclass(frozen=True, eq=False)
class _KnownTarget:
    """The target of a state's painted label map; None where nothing is painted."""

    state: State
    settings: tuple[float | None, str]  # buffer_px and region of the config
    target: EditTarget | None


class EditSession:
    """A portrait being edited. Make one with `from_seed` or `from_latent`.

    Attributes:
        model: the EditGAN.
        config: default EditConfig of `edit`.
        lock: threading.RLock that widgets share.
        origin: latent `[1, num_ws, w_dim]` that the session started with.
        kept_step: the step that the latest edit or refinement committed, and while one runs the best of its steps so
            far; None if no step was kept.
        started_from: vector from which the latest edit started; None if it started from the latent before the edit.
    """

    started_from: Start | None = None
    _vectors: Sequence[EditVector] | None = None

    def __init__(
        self,
        model: EditGAN,
        w_plus: Float[Tensor, "1 num_ws w_dim"],
        recipe: dict | None = None,
        config: EditConfig | None = None,
    ):
        self.model = model
        self.config = config or EditConfig()
        self.lock = threading.RLock()
        self.recipe = dict(recipe or {})
        self.origin = w_plus.detach().clone()
        with torch.no_grad():
            synthesis = model.generator.synthesis(self.origin)
        predicted = _segmented(model, synthesis.features)
        image = frozen(images.to_uint8(synthesis.image)[0])
        self._original = State(self.origin, image, predicted, predicted, self.origin, predicted)
        self.history: History[State] = History(self._original, self._store(None))
        self._run: _Run | None = None
        self.kept_step: EditStep | None = None
        self._known: _KnownTarget | None = None

    @classmethod
    def from_seed(
        cls,
        model: EditGAN,
        seed: Whole,
        truncation_psi: Real = 0.7,
        config: EditConfig | None = None,
        source: str = "torch",
    ) -> "EditSession":
        """Start with a sampled portrait. A lower `truncation_psi`, 0..1, gives a more average face that edits better.

        `source` is the random generator of the code, as in `EditGAN.sample_w_plus`: with "numpy" the pictures are those
        of NVIDIA's `generate.py` for the same seeds.

        Raises SessionError if the seed is not an integer >= 0, psi not a number in 0..2, or the source unknown.
        """
        if not is_whole(seed) or not 0 <= (number := whole(seed, "seed")) < 2**63:
            raise SessionError(f"seed must be a whole number from 0 up; got {shown(seed)}")
        if not is_real(truncation_psi) or not 0 <= (psi := real(truncation_psi, "truncation_psi")) <= 2:
            raise SessionError(f"truncation_psi must be a number in 0..1 (at most 2); got {shown(truncation_psi)}")
        try:
            w_plus = model.sample_w_plus(number, psi, source)
        except SeedError as error:
            raise SessionError(str(error)) from error
        recipe: dict[str, Any] = {"seed": number, "truncation_psi": psi}
        if source != "torch":
            recipe["seed_source"] = source
        return cls(model, w_plus, recipe, config)

    @classmethod
    def from_latent(
        cls, model: EditGAN, w_plus: ArrayLike, config: EditConfig | None = None, recipe: dict | None = None
    ) -> "EditSession":
        """Start with one latent.

        Args:
            model: the EditGAN.
            w_plus: `[num_ws, w_dim]` or `[1, num_ws, w_dim]`; or a code of W, `[w_dim]` or `[1, w_dim]`, which is
                repeated in every row. A tensor, a numpy array or a nested list, of any floating-point type.
                `load_latents` reads them from files.
            config: default EditConfig of `edit`.
            recipe: origin of the latent, JSON values.

        Raises SessionError for other types and shapes, for several latents at once, and for NaN or infinity.
        """
        try:
            latents = fitted(float_tensor(w_plus, "w_plus"), model, "w_plus")
        except ValueError as error:
            raise SessionError(str(error)) from error
        if len(latents) > 1:
            raise SessionError(
                f"w_plus holds {len(latents)} latents, a session edits one; pick one, for example w_plus[0]"
            )
        return cls(model, latents.to(model.device), recipe, config)

    @property
    def vectors(self) -> Sequence[EditVector]:
        """Known edits from which `edit` may start (latent/priming.py); those that ship with the model, unless set."""
        return shipped_vectors(self.model) if self._vectors is None else self._vectors

    @vectors.setter
    def vectors(self, vectors: Sequence[EditVector]) -> None:
        self._vectors = vectors

    @classmethod
    def restore(cls, model: EditGAN, folder: str | Path, config: EditConfig | None = None) -> "EditSession":
        """Restore a session from its journal: picture, label maps, latent and history.

        The journal is continued. Raises JournalError for a folder without a journal or with a broken one,
        WrongModelError for a journal of another model.
        """
        return cls.restore_with(model, folder, config)[0]

    @classmethod
    def restore_with(
        cls, model: EditGAN, folder: str | Path, config: EditConfig | None = None
    ) -> tuple["EditSession", list[dict[str, Any]]]:
        """Like `restore`, and the lines added by the caller (Journal.write)."""
        session = cls.__new__(cls)
        session.model, session.config, session.lock = model, config or EditConfig(), threading.RLock()
        session._run, session.kept_step, session._known = None, None, None
        about = read_about(folder)
        if about.get("fingerprint") not in (model.fingerprint, model.base_fingerprint):
            raise WrongModelError(
                f"the journal in {folder} is of model {about.get('fingerprint')}, this model is {model.fingerprint}; "
                "load the model it was made with"
            )
        about, session.history, others = session._store(folder).read()
        session.recipe = dict(about.get("recipe", {}))
        session._original = session.history.store.get(0)
        session.origin = session._original.w_plus
        return session, others

    def keep_journal(self, folder: str | Path, required: Flag = True, **about: Any) -> Journal:
        """Write the history to a folder, and from now on every action.

        A later write that fails (disk full, folder deleted, read-only …) raises nothing: it is logged once as a
        warning, the journal's `problem` has the reason, the session continues in memory, and later actions write
        everything once that works again. The journal's `save` tries immediately.

        Args:
            folder: an empty or new one; `~` is the home folder.
            required: raise OSError if the folder cannot be written now; False tries again later.
            about: stored beside the model's fingerprint (journal.read_about); JSON values.

        Raises JournalError if the folder has a journal already.
        """
        with self.lock:
            journal, old = self._store(folder), self.history.store
            assert isinstance(old, Journal)
            old.copy_into(journal, self.history)
            about = {**about, "fingerprint": self.model.base_fingerprint, "recipe": self.recipe}
            journal.begin(about, flag(required, "required"))
            old.close()
            self.history.store = journal
            return journal

    def __repr__(self) -> str:
        entries = len(self.history.entries)
        left_out = self.left_out()
        lacks = f", not computed: {', '.join(left_out)}" if left_out else ""
        return f"EditSession({self.model!r}, {entries} history entries, perceptual: {self.perceptual_features}{lacks})"

    @property
    def perceptual_features(self) -> str:
        """Name of the features of the perceptual term (models/perceptual.py)."""
        return self.model.perceptual_distance().name

    def left_out(self, config: EditConfig | None = None) -> dict[str, str]:
        """Name the terms that were asked for and that edits cannot compute, each with the reason.

        `config`: None means the session's. A term is asked for if its weight is above 0, the identity term only if its
        weight also differs from the default.
        """
        config = config or self.config
        return left_out_terms(self.model, config.weights, config.embedding)

    @property
    def _state(self) -> State:
        return self.history.state

    def _store(self, folder: str | Path | None) -> "Journal[State]":
        return Journal(pack, partial(unpacked, device=self.model.device), folder)

    @property
    def image(self) -> UInt8[np.ndarray, "h w 3"]:
        """The present picture (read-only)."""
        return self._state.image

    @property
    def original_image(self) -> UInt8[np.ndarray, "h w 3"]:
        """The picture that the session started with (read-only)."""
        return self._original.image

    @property
    def label_map(self) -> UInt8[np.ndarray, "h w"]:
        """The painted label map (read-only; to change it, modify a copy and call `set_label_map`)."""
        return self._state.label_map

    @property
    def predicted_label_map(self) -> UInt8[np.ndarray, "h w"]:
        """The interpreter's label map of the present picture (read-only). Computed at first access."""
        state = self._state
        if state.predicted is None:
            predicted = self._predict(state.w_plus)
            # A cache, not a change: the state is otherwise frozen.
            object.__setattr__(state, "predicted", predicted)
            return predicted
        return state.predicted

    @property
    def w_plus(self) -> Float[Tensor, "1 num_ws w_dim"]:
        """A copy of the present latent."""
        return self._state.w_plus.clone()

    @property
    def region(self) -> Bool[np.ndarray, "h w"] | None:
        """Where the next edit may act; None if nothing is painted."""
        target = self._target()
        return None if target is None else target.region

    @property
    def target(self) -> EditTarget | None:
        """Target of the next edit; None if nothing is painted."""
        return self._target()

    @property
    def edited_region(self) -> Bool[np.ndarray, "h w"]:
        """Union of the regions of all edits and vectors since the origin, which is pasted back into a photo."""
        edited = self._state.edited
        return np.zeros(self._state.label_map.shape, bool) if edited is None else edited.copy()

    @property
    def painted(self) -> Bool[np.ndarray, "h w"]:
        """Pixels whose part was changed since the last edit that ran to its end."""
        return self._state.label_map != self._state.settled_map

    @property
    def untried(self) -> Bool[np.ndarray, "h w"]:
        """Pixels of `painted` that no edit or drag whose result was kept has worked on, stopped ones included."""
        painted, entry = self.painted, self._of_latent()
        if entry.made["do"] == "strength":
            entry = self.history.entries.get(entry.made["edit"], entry)
        if not painted.any() or entry.made["do"] not in ("edit", "drag"):
            return painted
        then = self._state if entry is self.history.entry else self._state_at(entry.id)
        tried = (then.label_map != then.settled_map) & (then.label_map == self._state.label_map)
        return painted & ~tried

    @property
    def settled_label_map(self) -> UInt8[np.ndarray, "h w"]:
        """The painted label map at the last completed edit, without `painted` (read-only)."""
        return self._state.settled_map

    @property
    def can_edit(self) -> bool:
        """True if something was painted, or the last edit did not reach its target completely."""
        return not np.array_equal(self._state.label_map, self._state.settled_map) or self._unreached() is not None

    @property
    def can_undo(self) -> bool:
        """True if there is an action to undo."""
        return self.history.can_undo

    @property
    def can_redo(self) -> bool:
        """True if there is an action to redo."""
        return self.history.can_redo

    def paint(self, stroke: Stroke) -> None:
        """Paint a stroke on the label map: one history entry; none if it changes no pixel.

        Raises UnknownLabelError or StrokeError; the session is then unchanged.
        """
        with self.lock:
            painted = rasterise(stroke, self._state.label_map, self.model.labels)
            self._set(painted, do="paint", stroke=_as_json(stroke))

    def set_label_map(self, label_map: np.ndarray, **made: Any) -> None:
        """Replace the painted label map `[H, W]`: one history entry; none if it changes no pixel.

        `made` describes the change in the history, JSON values.

        Raises SessionError for another size or type, UnknownLabelError for an id that the labels do not have.
        """
        array = np.asarray(label_map)
        size = self._state.label_map.shape
        if array.shape != size:
            raise SessionError(
                f"the label map has shape {array.shape}, this portrait takes {size} (height, width); "
                "resize it with nearest-neighbour sampling, so that ids stay ids"
            )
        if array.dtype == bool or not np.issubdtype(array.dtype, np.integer):
            raise SessionError(f"a label map holds integer label ids; got {array.dtype}")
        if int(array.min()) < 0:
            raise SessionError(f"label ids run from 0; got {int(array.min())}")
        self.model.labels.check(array)
        with self.lock:
            self._set(array.astype(np.uint8), **{"do": "label_map", **made})

    def load_mask(self, mask: Source) -> OpenedMask:
        """Replace the label map by a mask (masks/mask_file.py): one history entry; none if it changes no pixel.

        Returns the label map and notes on how it was read. Raises the errors of `read_mask`.
        """
        opened = read_mask(mask, self.model.labels, self._size)
        with self.lock:
            self._set(opened.label_map, do="label_map", tool="mask")
        return opened

    def paint_mask(self, mask: Source, label: str | Whole, exact: Flag = False) -> OpenedPart:
        """Paint one part where a black and white mask is white: one history entry; none if it changes no pixel.

        Args:
            mask: bool array, picture or file of this portrait's size, or an enlargement of it.
            label: name or id of the part.
            exact: the part gets exactly this shape: its old pixels where the mask is black get the nearest other part.

        Returns the mask as bool [H, W] and notes on how it was read. Raises UnknownLabelError, and the errors of
        `open_part_mask`.
        """
        part = self.model.labels[label]
        opened = open_part_mask(mask, self._size)
        with self.lock:
            painted = shaped(opened.mask, part.id, flag(exact, "exact"))(self._state.label_map, self.model.labels)
            self._set(painted, do="label_map", tool="mask", part=part.id)
        return opened

    @property
    def _size(self) -> tuple[int, int]:
        height, width = self._state.label_map.shape
        return height, width

    def adopt_prediction(self) -> None:
        """Replace the painted label map by the predicted one: one history entry.

        Painted changes that the picture does not show are discarded.
        """
        with self.lock:
            predicted, state = self.predicted_label_map, self._state
            self._push(
                replace(
                    state,
                    label_map=predicted,
                    settled_map=predicted,
                    settled_w_plus=state.w_plus,
                    predicted=predicted,
                    goal=None,
                ),
                do="adopt",
            )

    def edit(
        self,
        steps: Whole | None = None,
        config: EditConfig | None = None,
        preset: str | None = None,
        start: tuple[EditVector, Real] | None = None,
    ) -> Iterator[EditStep]:
        """Optimise the latent towards the painted label map; returns an iterator of EditSteps.

        The best step (see EditStep.score) is committed as one history entry when the iterator ends, and also when it
        is closed early (`iterator.close()`, or garbage collection) or interrupted (Ctrl+C, in a step or between two).
        An error inside commits nothing. If another edit of this session is still open, its best step is committed first
        and this edit continues from there. If nothing was painted since an edit that did not reach its target, this one
        continues towards the same target, and commits only a step that is closer.

        Args:
            steps: number of steps; None means the config's.
            config: None means the session's.
            preset: "default", "paper" or "released" (EditConfig.preset), instead of a config.
            start: an edit vector and its scale, from whose picture the optimisation starts; what must not change is
                still compared with the present picture. None tries `vectors` where the config's `prime` is set, and
                the edit does not continue an unfinished one.

        Raises immediately (not at the first `next`): SessionError if there is nothing to do (see `can_edit`),
        ValueError for invalid settings.
        """
        if config is not None and preset is not None:
            raise ValueError("give edit a config or a preset's name, not both")
        config = EditConfig.preset(preset) if preset is not None else config or self.config
        if steps is not None:
            config = replace(config, steps=whole(steps, "steps", least=1))
        if self.model.interpreter is None:
            raise SessionError(
                "this model has no interpreter yet, so edits cannot follow a painted mask; train one with "
                "`editgan train interpreter`, or apply vectors and drag points, which need none"
            )
        with self.lock:
            if not self.can_edit:
                followed = " the picture already shows what was painted;" if self._state.goal else ""
                raise SessionError(f"nothing to edit:{followed} paint a stroke first (session.paint)")
            target = self._target(config)
            if self._run is not None:
                self._commit(self._run, completed=False)
            state = self._state
            goal = state.goal if target is None else None
            if target is not None:
                run = _Run(target, state.settled_w_plus, config)
            else:
                assert goal is not None
                run = _Run(goal.target, goal.reference, config, goal)
            if start is not None:
                run.start = (start[0], float(start[1]))
                start[0].apply(state.w_plus, start[1], self.model)  # raises for one that does not fit
            else:
                fresh = goal is None and torch.equal(state.w_plus, state.settled_w_plus)
                run.search = config.prime and fresh
            run.since = self.history.entry.id
            self._run, self.kept_step = run, None
        return self._iterate(run, state)

    def drag(
        self,
        points: Iterable[DragPoint],
        steps: Whole | None = None,
        region: Bool[np.ndarray, "h w"] | None = None,
        config: EditConfig | None = None,
    ) -> Iterator[EditStep]:
        """Move the content at handle points to target points (latent/terms/drag.py); an iterator of EditSteps.

        What was painted and not edited yet is optimised in the same run. The best step is committed as by `edit`, as
        one history entry. The predicted label map of the new picture becomes the painted one, except where something
        was painted that the picture does not show yet.

        Args:
            points: handles and targets, in picture pixels.
            steps: number of steps; None means the config's where one is given, else 22.
            region: where the picture may change; None means the surroundings of the segments from handles to targets.
                The region of painted changes is added.
            config: None means the session's.

        Raises immediately: DragError for points that cannot be dragged, SessionError for a region of another size or
        type, ValueError for invalid settings.
        """
        if config is not None and not isinstance(config, EditConfig):
            raise ValueError(f"config must be an EditConfig or None; got {config!r}")
        if config is None:
            config = replace(self.config, steps=DRAG_STEPS)
        if steps is not None:
            config = replace(config, steps=whole(steps, "steps", least=1))
        size = self.model.resolution
        dragged = checked_points(points, size)
        free = drag_region(dragged, size) if region is None else np.asarray(region)
        if free.shape != (size, size) or free.dtype != bool:
            raise SessionError(
                f"region is {free.dtype} of shape {free.shape}; give a bool array ({size}, {size}), True where the "
                "picture may change"
            )
        if not free.any():
            raise SessionError("region is empty: no pixel of the picture may change; mark some as True")
        with self.lock:
            painted = self._target(config)
            if painted is not None and self.model.interpreter is None:
                raise SessionError(
                    "this model has no interpreter, so a drag cannot follow what was painted; undo the strokes first"
                )
            if self._run is not None:
                self._commit(self._run, completed=False)
            state = self._state
            if painted is None:
                target = EditTarget(state.label_map, free, np.zeros_like(free), ())
            else:
                target = replace(painted, region=painted.region | free)
            run = _Run(target, state.settled_w_plus, config, points=dragged, begun_with=state.label_map)
            run.free = None if region is None else free
            run.since = self.history.entry.id
            self._run, self.kept_step = run, None
        return self._iterate(run, state)

    def apply_vector(self, vector: EditVector, scale: Real = 1.0, layers: Layers = None, force: Flag = False) -> None:
        """Add an edit vector to the present latent: one history entry.

        The predicted label map of the new picture becomes the painted one; painted changes that were not edited yet are
        discarded. The best step of an open edit is committed first. Arguments and errors as in EditVector.apply.
        """
        by = checked_scale(scale)
        with self.lock:
            if self._run is not None:
                self._commit(self._run, completed=False)
            edited = vector.apply(self._state.w_plus, by, self.model, force, layers)
            made = {"do": "vector", "vector": self._kept(vector), "scale": by}
            if layers is not None:
                made["layers"] = rows_in_json(layers, self.origin.shape[1])
            self.go_to(edited, vector.labels, **made)

    def go_to(
        self,
        w_plus: Float[Tensor, "1 num_ws w_dim"],
        labels: Sequence[str] = (),
        edited: Bool[np.ndarray, "h w"] | None = None,
        label_map: UInt8[np.ndarray, "h w"] | None = None,
        **made: Any,
    ) -> None:
        """Replace the latent: one history entry, like `apply_vector`.

        Args:
            w_plus: a latent of this model.
            labels: names of the changed parts, if known: their regions count as edited.
            edited: the edited region, instead of a computed one.
            label_map: the painted label map, instead of the predicted one.
            made: description in the history, JSON values.
        """
        with self.lock:
            if self._run is not None:
                self._commit(self._run, completed=False)
            with torch.no_grad():
                synthesis = self.model.generator.synthesis(w_plus)
            predicted = _segmented(self.model, synthesis.features)
            image = frozen(images.to_uint8(synthesis.image)[0])
            edited = self._acted_on(image, predicted, labels) if edited is None else frozen(edited)
            parts = predicted if label_map is None else frozen(label_map)
            self._push(
                State(w_plus, image, parts, parts, w_plus, predicted, edited=edited),
                **({"do": "go_to", "labels": list(labels)} | made),
            )

    def _acted_on(self, image: np.ndarray, predicted: np.ndarray, labels: Sequence[str]) -> np.ndarray | None:
        """The edited region after a change to another picture."""
        parts = self.model.labels.exact_ids(labels)
        before, edited = self.predicted_label_map, self._state.edited
        if not parts:  # of colour or light, say: it acts wherever the picture changes
            moved = np.abs(image.astype(int) - self._state.image).max(2) > _SEEN_CHANGE
            edited = _union(edited, moved) if moved.any() else edited
        if not np.array_equal(before, predicted):
            edited = _union(edited, from_segmentations(before, predicted, parts, self.config.buffer_px).region)
        return edited

    def refine(
        self,
        vector: EditVector,
        steps: Whole = 30,
        scale: Real = 1.0,
        layers: Layers = None,
        config: EditConfig | None = None,
        force: Flag = False,
    ) -> Iterator[EditStep]:
        """Apply an edit vector immediately, then refine (latent/refine.py): an iterator of EditSteps; 0 is the vector.

        Two history entries: one for the vector, like `apply_vector`, and one for the best step, like `edit`.

        Args:
            vector, scale, layers, force: as in EditVector.apply.
            steps: 1 or more; the paper uses 10, 30 and 60.
            config: None means `EditConfig.preset("default", refine=True)`; its `steps` are ignored.

        Raises immediately and leaves the session unchanged: EditVectorError, or ValueError for invalid settings or a
        vector that does not change the predicted label map.
        """
        config = replace(config or EditConfig.preset("default", refine=True), steps=whole(steps, "steps", least=1))
        with self.lock:
            if self._run is not None:
                self._commit(self._run, completed=False)
            before = self._state.w_plus
            applied = vector.apply(before, scale, self.model, force, layers)
            run = _Run(refine_target(self.model, before, applied, vector.labels, config), before, config)
            self.apply_vector(vector, scale, layers, force)
            run.since, run.refines = self.history.entry.id, True
            self._run, self.kept_step = run, None
            state = self._state
        return self._iterate(run, state, with_start=True)

    def undo(self) -> None:
        """Undo the last stroke or edit: image, label map and latent. An open edit is discarded first.

        Raises SessionError if there is nothing to undo.
        """
        with self.lock:
            self._refuse(self.history.can_undo, "nothing to undo: nothing was painted or edited yet")
            assert self.history.entry.parent is not None
            self._travel(self.history.entry.parent)

    def redo(self) -> None:
        """Redo what was undone last. Raises SessionError if there is nothing to redo."""
        with self.lock:
            self._refuse(self.history.can_redo, "nothing to redo: nothing was undone since the last stroke or edit")
            assert self.history.entry.latest is not None
            self._travel(self.history.entry.latest)

    def visit(self, id: Whole) -> None:
        """Go to an entry of the history, on any branch. An open edit is discarded. Raises HistoryError."""
        with self.lock:
            self._travel(self.history.find(id).id)

    def _travel(self, id: int) -> None:
        self.history.store.get(id)  # raises for one that is damaged, before anything changes
        self._abandon()
        self.history.visit(id)

    @staticmethod
    def _refuse(possible: bool, message: str) -> None:
        if not possible:
            raise SessionError(message)

    def picture_at(self, id: Whole) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"]]:
        """Picture and painted label map of an entry of the history (read-only). Raises HistoryError."""
        with self.lock:
            entry = self.history.find(id)
            state = self.history.state if entry is self.history.entry else self._state_at(entry.id)
            return state.image, state.label_map

    def _state_at(self, id: Whole) -> State:
        return self.history.store.get(self.history.find(id).id)

    def set_strength(self, strength: Real) -> None:
        """Scale the last edit's change of the latent, 0 (none) to 2 (twice): one history entry.

        The painted label map and the edit's target are kept. Raises SessionError if the latent is not from an edit.
        """
        with self.lock:
            edit, before = self._last_edit()
            if not is_real(strength) or not 0 <= (share := real(strength, "strength")) <= 2:
                raise SessionError(f"an edit's strength is a number from 0 to 2; got {shown(strength)}")
            full = self._state_at(edit).w_plus
            w_plus = before.w_plus + share * (full - before.w_plus)
            image = self.picture_of(w_plus)
            moved = replace(self._state, w_plus=w_plus, image=image, predicted=None, settled_w_plus=w_plus)
            self._push(moved, do="strength", strength=share, edit=edit)

    def strength_latent(self, strength: Real) -> Float[Tensor, "1 num_ws w_dim"]:
        """Latent of `set_strength`, for a preview. Raises the same errors."""
        edit, before = self._last_edit()
        share = real(strength, "strength", SessionError)
        return before.w_plus + share * (self._state_at(edit).w_plus - before.w_plus)

    @property
    def strength(self) -> float | None:
        """Strength of the edit that the latent is from; None if there is no edit, or a vector was applied since."""
        made = self._of_latent().made
        return {"edit": 1.0, "drag": 1.0, "strength": made.get("strength")}.get(made["do"])

    @torch.no_grad()
    def picture_of(self, w_plus: Float[Tensor, "1 num_ws w_dim"]) -> UInt8[np.ndarray, "h w 3"]:
        """The picture of a latent; changes nothing."""
        return frozen(images.to_uint8(self.model.generator.synthesis(w_plus).image)[0])

    def _of_latent(self) -> Entry:
        """The entry that set the present latent, before any later painting."""
        entry = self.history.entry
        while entry.made["do"] in ("paint", "label_map") and entry.parent is not None:
            entry = self.history.entries[entry.parent]
        return entry

    @property
    def latent_entry(self) -> int:
        """The entry of the history that the present latent came with: strokes since then left it as it was."""
        return self._of_latent().id

    def _last_edit(self) -> tuple[int, State]:
        """Entry of the last edit, and the state whose latent it started from."""
        entry = self._of_latent()
        edit = entry.made.get("edit") if entry.made["do"] == "strength" else entry.id
        found = self.history.entries.get(edit) if isinstance(edit, int) else None
        if found is None or found.made["do"] not in ("edit", "drag") or found.parent is None:
            raise SessionError("there is no edit to weaken or strengthen: paint, and run session.edit() first")
        return found.id, self._state_at(found.parent)

    def edit_vector(self, name: str, licence: str | None = None, preview: Flag = False) -> EditVector:
        """All edits from the session's origin to now as one vector.

        Args:
            name: name of the vector.
            licence: licence of the vector.
            preview: store the pictures before and after with it, side by side.

        Raises SessionError if there was no edit.
        """
        state = self._state
        delta = (state.w_plus - self.origin)[0]
        if float(delta.abs().max()) < _ROUNDING * float(self.origin.abs().max()):
            raise SessionError("no edit was made yet, so there is no vector: paint, then run session.edit()")
        before, after = self._original.label_map, state.label_map
        ids = np.unique(after[before != after])
        recipe = {
            **self.recipe,
            "fingerprint": self.model.base_fingerprint,
            "resolution": self.model.resolution,
            "label_set": self.model.labels.name,
            "perceptual_features": self.perceptual_features,
            "steps": [entry.made["ran"] for entry in self.history.path() if entry.made["do"] in ("edit", "drag")],
            "versions": {"editgan-widgets": _own_version(), "torch": str(torch.__version__)},
        }
        shows = flag(preview, "preview", SessionError)
        pictures = np.concatenate([self._original.image, state.image], axis=1) if shows else None
        labels = tuple(self.model.labels[int(i)].name for i in ids)
        return EditVector(name, delta, labels, recipe, licence, pictures)

    def _target(self, config: EditConfig | None = None) -> EditTarget | None:
        """What the painted label map asks for. Computed once for a state and the two settings that it depends on."""
        state, config = self._state, config or self.config
        settings, known = (config.buffer_px, config.region), self._known
        if known is not None and known.state is state and known.settings == settings:
            return known.target
        target = None
        if not np.array_equal(state.label_map, state.settled_map):
            predicted = self.predicted_label_map
            target = from_label_maps(state.settled_map, state.label_map, config.buffer_px, predicted, config.region)
            target.region.flags.writeable = target.changed.flags.writeable = False
            target = replace(target, label_map=state.label_map)
        self._known = _KnownTarget(state, settings, target)
        return target

    def _unreached(self) -> Goal | None:
        """The last completed edit's goal, unless the picture is quite there."""
        goal = self._state.goal
        return None if goal is None or agreement(self.predicted_label_map, goal.target) == 1 else goal

    def _iterate(self, run: _Run, state: State, with_start: bool = False) -> Iterator[EditStep]:
        try:
            w_plus = self._start(run, state)
            given = (run.target, run.config, run.reference, with_start or bool(run.points), run.points)
            for step in optimize_edit(self.model, w_plus, *given):
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
            predicted = None if run.best is None else self._predict(run.best.w_plus)
            with self.lock:
                self._commit(run, completed=True, predicted=predicted)
        except (GeneratorExit, KeyboardInterrupt):  # closed early, or interrupted in the middle of a step
            with self.lock:
                self._commit(run, completed=False)
            raise
        except BaseException:
            with self.lock:
                self._close(run)
            raise

    def _start(self, run: _Run, state: State) -> Tensor:
        """The latent from which a run's optimisation starts."""
        start = None
        if run.search:
            start = primed_start(self.model, state.w_plus, run.target, self.vectors, run.config.weights)
            run.start = None if start is None else (start.vector, start.scale)
        elif run.start is not None:
            start = Start(*run.start, run.start[0].apply(state.w_plus, run.start[1], self.model))
        if run.open:
            self.started_from = start
        return state.w_plus if start is None else start.w_plus

    def _predict(self, w_plus: Tensor) -> np.ndarray:
        with torch.no_grad():
            features = self.model.generator.synthesis(w_plus).features
        return _segmented(self.model, features)

    def _commit(self, run: _Run, completed: bool, predicted: np.ndarray | None = None) -> None:
        there = run.committed is not None and self.history.state is run.committed  # interrupted behind the push
        if not run.open or run.best is None or there:
            self._close(run)
            return
        state, best = self._state, run.best
        # The label map is the present one: what was painted while the edit ran stays painted.
        committed = replace(
            state,
            w_plus=best.w_plus.clone(),
            image=frozen(best.image),
            predicted=predicted,
            edited=_union(state.edited, run.target.region),
        )
        made: dict[str, Any] = {"do": "edit", "steps": run.config.steps, "ran": run.steps, "completed": completed}
        made |= {"since": run.since, "threads": torch.get_num_threads()}
        made["settings"] = described(run.config, run.refines)
        if run.config.weights.perceptual > 0:
            made["perceptual_features"] = self.perceptual_features
        if run.start is not None:
            made["start"] = {"vector": self._kept(run.start[0]), "scale": run.start[1]}
        if best.left_out:
            made["left_out"] = dict(best.left_out)
        if run.points:
            made |= {"do": "drag", "points": [[*point.handle, *point.target] for point in run.points]}
            if run.free is not None:
                made["region"] = self._journal().arrays.put(run.free)
            committed = self._dragged(run, committed, completed)
        elif completed:
            committed = replace(committed, settled_map=frozen(run.target.label_map), settled_w_plus=committed.w_plus)
        if not run.points and (completed or run.goal is not None):
            committed = replace(committed, goal=Goal(run.target, run.reference, best.agreement))
        run.committed = committed
        try:
            self._push(committed, **made)
        except KeyboardInterrupt:
            raise  # the run stays open, and the handler of the interrupt commits it
        except BaseException:
            self._close(run)
            raise
        self._close(run)

    def _dragged(self, run: _Run, committed: State, completed: bool) -> State:
        """The state after a drag: the predicted label map and the painted changes that are not in the picture yet."""
        predicted = self._predict(committed.w_plus) if committed.predicted is None else committed.predicted
        kept = run.target.changed | (committed.label_map != run.begun_with)
        settled = np.where(run.target.changed, run.target.label_map, predicted) if completed else predicted
        return replace(
            committed,
            label_map=frozen(np.where(kept, committed.label_map, predicted)),
            settled_map=frozen(settled),
            settled_w_plus=committed.w_plus,
            predicted=predicted,
            goal=None,
        )

    def _close(self, run: _Run) -> None:
        run.open = False
        if self._run is run:
            self._run = None

    def _abandon(self) -> None:
        if self._run is not None:
            self._close(self._run)
            self.kept_step = None

    def _set(self, label_map: np.ndarray, **made: Any) -> None:
        if not np.array_equal(label_map, self._state.label_map):
            self._push(replace(self._state, label_map=frozen(label_map)), **made)

    def _push(self, state: State, **made: Any) -> None:
        self.history.push(state, **made)

    def _journal(self) -> Journal[State]:
        store = self.history.store
        assert isinstance(store, Journal)
        return store

    def _kept(self, vector: EditVector) -> dict[str, Any]:
        """A vector for the history: its name, and a reference to its numbers in the journal."""
        return {
            "name": vector.name,
            "labels": list(vector.labels),
            "delta": self._journal().arrays.put(vector.delta_w_plus.numpy()),
            **({"combined": vector.recipe["combined"]} if "combined" in vector.recipe else {}),
        }


def _as_json(stroke: Stroke) -> dict[str, Any]:
    fields = {name: value for name, value in vars(stroke).items() if value is not None}
    return {**fields, "points": [list(point) for point in stroke.points]}


def _segmented(model: EditGAN, features: list[Tensor]) -> UInt8[np.ndarray, "h w"]:
    """The interpreter's label map; all background if the model has no interpreter."""
    if model.interpreter is None:
        return frozen(np.zeros((model.resolution, model.resolution), np.uint8))
    return frozen(predicted_label_map(model, features).cpu().numpy())


def _union(first: np.ndarray | None, second: np.ndarray) -> np.ndarray:
    return frozen(second if first is None else first | second)


def _own_version() -> str:
    try:
        return version("editgan-widgets")
    except PackageNotFoundError:
        return "unknown"
