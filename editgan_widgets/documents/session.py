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
edit is the set of pixels where `label_map` differs from the map at the last completed edit.

An edit that runs to its end is completed: its strokes are not part of later regions. An edit that is closed early
(Stop, or a new stroke) keeps its best latent, but its painted pixels stay part of the next edit, which starts from that
latent and still compares the outside with the picture before the unfinished edit. If a completed edit did not reach its
target and nothing new is painted, `edit` continues towards the same target and keeps only steps that are closer.

A session is not thread-safe by itself, but its methods hold `session.lock` while they change it. The iterator of `edit`
holds it only to start and to commit, so painting during a script's run does not wait. A run whose starting state was
undone commits nothing.
"""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from editgan_widgets.documents.history import History
from editgan_widgets.documents.journal import Journal, check_json
from editgan_widgets.documents.session_document import SessionDocument
from editgan_widgets.documents.session_document import SessionError as SessionError
from editgan_widgets.documents.session_runs import Runs
from editgan_widgets.documents.session_starts import (
    checked_config,
    checked_edited,
    checked_label_map,
    checked_part_names,
    checked_region,
    checked_start,
    checked_vector,
    checked_vectors,
    given_latent,
    sampled_latent,
)
from editgan_widgets.documents.session_state import State
from editgan_widgets.documents.session_strength import (
    checked_strength,
    last_edit,
    scaled_latent,
    set_strength,
    strength_of,
)
from editgan_widgets.documents.session_vector import vector_of
from editgan_widgets.latent.directions.edit_vector import EditVector, Layers, checked_scale
from editgan_widgets.latent.directions.library import shipped_vectors
from editgan_widgets.latent.objective import left_out_terms
from editgan_widgets.latent.optimize import EditConfig, EditStep
from editgan_widgets.latent.priming import OnCandidate, Start, Stopped
from editgan_widgets.latent.target import EditTarget
from editgan_widgets.latent.terms.drag import DRAG_STEPS, DragPoint, checked_points, drag_region
from editgan_widgets.masks.mask_file import OpenedMask, OpenedPart, Source, open_part_mask, read_mask
from editgan_widgets.masks.part_operations import shaped
from editgan_widgets.masks.strokes import Stroke, rasterise
from editgan_widgets.models.array_like import ArrayLike
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Flag, Real, Whole, flag, shown, whole


class EditSession:
    """A portrait being edited. Make one with `from_seed` or `from_latent`.

    Attributes:
        model: the EditGAN.
        config: default EditConfig of `edit`.
        lock: threading.RLock that widgets share.
        recipe: origin of the first latent, JSON values.
    """

    def __init__(
        self,
        model: EditGAN,
        w_plus: Float[Tensor, "1 num_ws w_dim"],
        recipe: dict | None = None,
        config: EditConfig | None = None,
    ):
        self._set_up(SessionDocument(model, w_plus), recipe, config)

    def _set_up(self, document: SessionDocument, recipe: dict | None, config: EditConfig | None) -> None:
        self._document, self._runs = document, Runs(document)
        self.model = document.model
        self.lock = document.lock
        self.config = checked_config(config) or EditConfig()
        self.recipe = dict(recipe or {})
        self._vectors: Sequence[EditVector] | None = None

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
        return cls(model, *sampled_latent(model, seed, truncation_psi, source), config)

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
        return cls(model, given_latent(model, w_plus), recipe, config)

    @property
    def vectors(self) -> Sequence[EditVector]:
        """Known edits from which `edit` may start (latent/priming.py); those that ship with the model, unless set.

        Setting them raises EditVectorError for anything but a sequence of EditVectors; None restores the model's.
        """
        return shipped_vectors(self.model) if self._vectors is None else self._vectors

    @vectors.setter
    def vectors(self, vectors: Sequence[EditVector] | None) -> None:
        self._vectors = None if vectors is None else checked_vectors(vectors)

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
        document, about, others = SessionDocument.restore(model, folder)
        session = cls.__new__(cls)
        session._set_up(document, dict(about.get("recipe", {})), config)
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
        return self._document.keep_journal(folder, required, {**about, "recipe": self.recipe})

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
    def history(self) -> History[State]:
        """All actions and their states, as a tree."""
        return self._document.history

    @property
    def origin(self) -> Float[Tensor, "1 num_ws w_dim"]:
        """The latent that the session started with."""
        return self._document.original.w_plus

    @property
    def kept_step(self) -> EditStep | None:
        """Step that the latest run committed, and while one runs the best of its steps so far; None if none was kept.

        A run is an edit, a drag or a refinement.
        """
        return self._runs.kept_step

    @property
    def started_from(self) -> Start | None:
        """Vector from which the latest run started; None if it started from the latent before it."""
        return self._runs.started_from

    @property
    def _state(self) -> State:
        return self._document.state

    @property
    def image(self) -> UInt8[np.ndarray, "h w 3"]:
        """The present picture (read-only)."""
        return self._state.image

    @property
    def original_image(self) -> UInt8[np.ndarray, "h w 3"]:
        """The picture that the session started with (read-only)."""
        return self._document.original.image

    @property
    def label_map(self) -> UInt8[np.ndarray, "h w"]:
        """The painted label map (read-only; to change it, modify a copy and call `set_label_map`)."""
        return self._state.label_map

    @property
    def predicted_label_map(self) -> UInt8[np.ndarray, "h w"]:
        """The interpreter's label map of the present picture (read-only). Computed at first access."""
        return self._document.predicted()

    @property
    def w_plus(self) -> Float[Tensor, "1 num_ws w_dim"]:
        """A copy of the present latent."""
        return self._state.w_plus.clone()

    @property
    def region(self) -> Bool[np.ndarray, "h w"] | None:
        """Where the next edit may act; None if nothing is painted."""
        target = self.target
        return None if target is None else target.region

    @property
    def target(self) -> EditTarget | None:
        """Target of the next edit; None if nothing is painted."""
        return self._document.target(self.config)

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
        return self._document.untried()

    @property
    def settled_label_map(self) -> UInt8[np.ndarray, "h w"]:
        """The painted label map at the last completed edit, without `painted` (read-only)."""
        return self._state.settled_map

    @property
    def can_edit(self) -> bool:
        """True if something was painted, or the last edit did not reach its target completely."""
        return self._document.can_edit()

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
            self._document.paint(painted, do="paint", stroke=_as_json(stroke))

    def set_label_map(self, label_map: np.ndarray, **made: Any) -> None:
        """Replace the painted label map `[H, W]`: one history entry; none if it changes no pixel.

        `made` describes the change in the history, JSON values.

        Raises SessionError for another size or type, UnknownLabelError for an id that the labels do not have.
        """
        checked = checked_label_map(label_map, self._document.size, self.model.labels)
        with self.lock:
            self._document.paint(checked, **{"do": "label_map", **made})

    def load_mask(self, mask: Source) -> OpenedMask:
        """Replace the label map by a mask (masks/mask_file.py): one history entry; none if it changes no pixel.

        Returns the label map and notes on how it was read. Raises the errors of `read_mask`.
        """
        opened = read_mask(mask, self.model.labels, self._document.size)
        with self.lock:
            self._document.paint(opened.label_map, do="label_map", tool="mask")
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
        opened = open_part_mask(mask, self._document.size)
        with self.lock:
            painted = shaped(opened.mask, part.id, flag(exact, "exact"))(self._state.label_map, self.model.labels)
            self._document.paint(painted, do="label_map", tool="mask", part=part.id)
        return opened

    def adopt_prediction(self) -> None:
        """Replace the painted label map by the predicted one: one history entry.

        Painted changes that the picture does not show are discarded. The best step of an open edit is committed first.
        """
        with self.lock:
            self._runs.commit_open()
            self._document.adopt_prediction()

    def edit(
        self,
        steps: Whole | None = None,
        config: EditConfig | None = None,
        preset: str | None = None,
        start: tuple[EditVector, Real] | None = None,
        on_candidate: OnCandidate | None = None,
        stopped: Stopped | None = None,
    ) -> Generator[EditStep, None, None]:
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
            on_candidate: called at the first `next`, before the first step, with the picture of each of `vectors` that
                could be the start and is better than those tried before it.
            stopped: called before each of `vectors` is tried; True ends the edit before its first step.

        Raises immediately (not at the first `next`): SessionError if there is nothing to do (see `can_edit`),
        ValueError for invalid settings.
        """
        if config is not None and preset is not None:
            raise ValueError("give edit a config or a preset's name, not both")
        config = EditConfig.preset(preset) if preset is not None else checked_config(config) or self.config
        if steps is not None:
            config = replace(config, steps=whole(steps, "steps", least=1))
        if self.model.interpreter is None:
            raise SessionError(
                "this model has no interpreter yet, so edits cannot follow a painted mask; train one with "
                "`editgan train interpreter`, or apply vectors and drag points, which need none"
            )
        if on_candidate is not None and not callable(on_candidate):
            raise ValueError(f"on_candidate must be a function of a picture, or None; got {shown(on_candidate)}")
        if stopped is not None and not callable(stopped):
            raise ValueError(f"stopped must be a function without arguments, or None; got {shown(stopped)}")
        return self._runs.edit(config, checked_start(start), lambda: self.vectors, on_candidate, stopped)

    def drag(
        self,
        points: Iterable[DragPoint],
        steps: Whole | None = None,
        region: Bool[np.ndarray, "h w"] | None = None,
        config: EditConfig | None = None,
    ) -> Generator[EditStep, None, None]:
        """Move the content at handle points to target points (latent/terms/drag.py); an iterator of EditSteps.

        What was painted and not edited yet is optimised in the same run. The best step is committed as by `edit`, as
        one history entry. The predicted label map of the new picture becomes the painted one, except where something
        was painted that the picture does not show yet.

        Args:
            points: handles and targets, in picture pixels.
            steps: number of steps; None means the config's where one is given, else 22.
            region: pixels that may change; None means the surroundings of the segments from handles to targets.
                The region of painted changes is added.
            config: None means the session's.

        Raises immediately: DragError for points that cannot be dragged, SessionError for a region of another size or
        type, ValueError for invalid settings.
        """
        config = checked_config(config) or replace(self.config, steps=DRAG_STEPS)
        if steps is not None:
            config = replace(config, steps=whole(steps, "steps", least=1))
        size = self.model.resolution
        dragged = checked_points(points, size)
        free = drag_region(dragged, size) if region is None else checked_region(region, size)
        return self._runs.drag(dragged, free, region is not None, config)

    def apply_vector(self, vector: EditVector, scale: Real = 1.0, layers: Layers = None, force: Flag = False) -> None:
        """Add an edit vector to the present latent: one history entry.

        The predicted label map of the new picture becomes the painted one; painted changes that were not edited yet are
        discarded. The best step of an open edit is committed first. Arguments and errors as in EditVector.apply; an
        error leaves an open edit running.
        """
        by, vector = checked_scale(scale), checked_vector(vector)
        with self.lock:
            vector.apply(self._runs.latent, by, self.model, force, layers)  # raises if it does not fit
            self._runs.commit_open()
            self._document.apply_vector(vector, by, layers, force, self.config.buffer_px)

    def go_to(
        self,
        w_plus: ArrayLike,
        labels: Sequence[str] = (),
        edited: Bool[np.ndarray, "h w"] | None = None,
        label_map: UInt8[np.ndarray, "h w"] | None = None,
        **made: Any,
    ) -> None:
        """Replace the latent: one history entry, like `apply_vector`.

        Args:
            w_plus: a latent of this model, in the forms of `from_latent`.
            labels: names of the changed parts, if known: their regions count as edited.
            edited: the edited region, instead of a computed one.
            label_map: the painted label map, instead of the predicted one.
            made: description in the history, JSON values.

        Raises SessionError for a latent, names, a region or a label map that do not fit, UnknownLabelError for an id
        that the labels do not have, TypeError if `made` is not JSON; the session is then unchanged.
        """
        check_json(made)
        size = self._document.size
        w_plus, labels = given_latent(self.model, w_plus), checked_part_names(labels)
        edited = None if edited is None else checked_edited(edited, size)
        label_map = None if label_map is None else checked_label_map(label_map, size, self.model.labels)
        with self.lock:
            self._runs.commit_open()
            self._document.go_to(w_plus, labels, edited, label_map, self.config.buffer_px, made)

    def refine(
        self,
        vector: EditVector,
        steps: Whole = 30,
        scale: Real = 1.0,
        layers: Layers = None,
        config: EditConfig | None = None,
        force: Flag = False,
    ) -> Generator[EditStep, None, None]:
        """Apply an edit vector immediately, then refine (latent/refine.py): an iterator of EditSteps; 0 is the vector.

        Two history entries: one for the vector, like `apply_vector`, and one for the best step, like `edit`.

        Args:
            vector, scale, layers, force: as in EditVector.apply.
            steps: 1 or more; the paper uses 10, 30 and 60.
            config: None means `EditConfig.preset("default", refine=True)`; its `steps` are ignored.

        Raises immediately and leaves the session unchanged: EditVectorError, or ValueError for invalid settings or a
        vector that does not change the predicted label map.
        """
        settings = checked_config(config) or EditConfig.preset("default", refine=True)
        config = replace(settings, steps=whole(steps, "steps", least=1))
        return self._runs.refine(
            checked_vector(vector), checked_scale(scale), layers, force, config, self.config.buffer_px
        )

    def undo(self) -> None:
        """Undo the last stroke or edit: image, label map and latent. An open edit is discarded first.

        Raises SessionError if there is nothing to undo.
        """
        with self.lock:
            if (parent := self.history.entry.parent) is None:
                raise SessionError("nothing to undo: nothing was painted or edited yet")
            self._travel(parent)

    def redo(self) -> None:
        """Redo what was undone last. Raises SessionError if there is nothing to redo."""
        with self.lock:
            if (latest := self.history.entry.latest) is None:
                raise SessionError("nothing to redo: nothing was undone since the last stroke or edit")
            self._travel(latest)

    def visit(self, id: Whole) -> None:
        """Go to an entry of the history, on any branch. An open edit is discarded. Raises HistoryError."""
        with self.lock:
            self._travel(self.history.find(id).id)

    def _travel(self, id: int) -> None:
        self.history.store.get(id)  # raises for one that is damaged, before anything changes
        self._runs.abandon()
        self.history.visit(id)

    def picture_at(self, id: Whole) -> tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"]]:
        """Picture and painted label map of an entry of the history (read-only). Raises HistoryError."""
        with self.lock:
            state = self._document.state_at(id)
            return state.image, state.label_map

    def latent_at(self, id: Whole) -> Float[Tensor, "1 num_ws w_dim"]:
        """A copy of the latent of an entry of the history. Raises HistoryError."""
        with self.lock:
            return self._document.state_at(id).w_plus.clone()

    def set_strength(self, strength: Real) -> None:
        """Scale the last edit's change of the latent, 0 (none) to 2 (twice): one history entry.

        The painted label map and the edit's target are kept. After a drag, the painted label map is again the predicted
        one of the picture, except where something was painted. The best step of an open edit is committed first.

        Raises SessionError for a strength out of range, or if the latent is not from an edit.
        """
        checked_strength(strength)
        with self.lock:
            if not self._runs.keeps_step:
                last_edit(self._document)  # raises if there is none, before an open edit is closed
            self._runs.commit_open()
            set_strength(self._document, strength)

    def strength_latent(self, strength: Real) -> Float[Tensor, "1 num_ws w_dim"]:
        """Latent of `set_strength`, for a preview. Raises the same errors."""
        return scaled_latent(self._document, strength)

    @property
    def strength(self) -> float | None:
        """Strength of the edit that the latent is from; None if there is no edit, or a vector was applied since."""
        return strength_of(self._document)

    def picture_of(self, w_plus: Float[Tensor, "1 num_ws w_dim"]) -> UInt8[np.ndarray, "h w 3"]:
        """The picture of a latent; changes nothing."""
        return self._document.pictured(w_plus)[0]

    @property
    def latent_entry(self) -> int:
        """The entry of the history that set the present latent; later strokes did not change it."""
        return self._document.latent_entry().id

    def edit_vector(self, name: str, licence: str | None = None, preview: Flag = False) -> EditVector:
        """All edits from the session's origin to now as one vector.

        Args:
            name: name of the vector.
            licence: licence of the vector.
            preview: store the pictures before and after with it, side by side.

        Raises SessionError if there was no edit.
        """
        return vector_of(self._document, self.recipe, name, licence, flag(preview, "preview", SessionError))


def _as_json(stroke: Stroke) -> dict[str, Any]:
    fields = {name: value for name, value in vars(stroke).items() if value is not None}
    return {**fields, "points": [list(point) for point in stroke.points]}
