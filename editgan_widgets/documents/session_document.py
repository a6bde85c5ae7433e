"""SessionDocument: the history of one portrait, its present state, and values derived from that state.

EditSession (session.py) is its public interface; Runs (session_runs.py) change it by optimisation. Methods that change
something are called with `lock` held.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.documents.entry_kinds import kind_of
from editgan_widgets.documents.history import Entry, History
from editgan_widgets.documents.journal import Journal, read_about
from editgan_widgets.documents.session_state import Goal, State, frozen, pack, union, unpacked
from editgan_widgets.latent.directions.edit_vector import EditVector, Layers, WrongModelError
from editgan_widgets.latent.directions.rows import rows_in_json
from editgan_widgets.latent.edit_config import EditConfig
from editgan_widgets.latent.label_maps import predicted_label_map
from editgan_widgets.latent.target import EditTarget, agreement, from_label_maps, from_segmentations
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Flag, Whole, flag

_SEEN_CHANGE = 8  # change of 255 above which a vector without parts has edited a pixel


class SessionError(ValueError):
    """A session cannot do this in its present state; the message says what to do first."""


@dataclass(frozen=True, eq=False)
class _KnownTarget:
    """The target of a state's painted label map; None where nothing is painted."""

    state: State
    settings: tuple[float | None, str]  # buffer_px and region of the config
    target: EditTarget | None


class SessionDocument:
    """One portrait's history.

    Attributes:
        model: the EditGAN.
        history: all states, as a tree.
        original: the first state.
        lock: threading.RLock, held by everything that changes the document.
    """

    def __init__(self, model: EditGAN, w_plus: Float[Tensor, "1 num_ws w_dim"]):
        origin = w_plus.detach().clone()
        with torch.no_grad():
            synthesis = model.generator.synthesis(origin)
        predicted = _segmented(model, synthesis.features)
        image = frozen(images.to_uint8(synthesis.image)[0])
        original = State(origin, image, predicted, predicted, origin, predicted)
        self._begin(model, History(original, store_of(model, None)), original)

    def _begin(self, model: EditGAN, history: History[State], original: State) -> None:
        self.model, self.history, self.original = model, history, original
        self.lock = threading.RLock()
        self._known: _KnownTarget | None = None

    @classmethod
    def restore(
        cls, model: EditGAN, folder: str | Path
    ) -> tuple["SessionDocument", dict[str, Any], list[dict[str, Any]]]:
        """Read a journal: the document, what was stored about it, and the lines added by the caller.

        Raises JournalError for a folder without a journal or with a broken one, WrongModelError for one of another
        model.
        """
        about = read_about(folder)
        if about.get("fingerprint") not in (model.fingerprint, model.base_fingerprint):
            raise WrongModelError(
                f"the journal in {folder} is of model {about.get('fingerprint')}, this model is {model.fingerprint}; "
                "load the model it was made with"
            )
        about, history, others = store_of(model, folder).read()
        document = cls.__new__(cls)
        document._begin(model, history, history.store.get(0))
        return document, about, others

    def keep_journal(self, folder: str | Path, required: Flag, about: dict[str, Any]) -> Journal[State]:
        """See EditSession.keep_journal."""
        with self.lock:
            journal, old = store_of(self.model, folder), self.journal()
            old.copy_into(journal, self.history)
            journal.begin({**about, "fingerprint": self.model.base_fingerprint}, flag(required, "required"))
            old.close()
            self.history.store = journal
            return journal

    def journal(self) -> Journal[State]:
        """The history's store."""
        store = self.history.store
        assert isinstance(store, Journal)
        return store

    @property
    def state(self) -> State:
        """The present state."""
        return self.history.state

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the label map, px."""
        height, width = self.state.label_map.shape
        return height, width

    def state_at(self, id: Whole) -> State:
        """State of an entry of the history. Raises HistoryError."""
        entry = self.history.find(id)
        return self.history.state if entry is self.history.entry else self.history.store.get(entry.id)

    def latent_entry(self) -> Entry:
        """The entry that set the present latent, before any later painting."""
        entry = self.history.entry
        while kind_of(entry).paints and entry.parent is not None:
            entry = self.history.entries[entry.parent]
        return entry

    @torch.no_grad()
    def pictured(self, w_plus: Float[Tensor, "1 num_ws w_dim"]) -> tuple[np.ndarray, list[Tensor]]:
        """Picture `[H, W, 3]` (read-only) and features of a latent."""
        synthesis = self.model.generator.synthesis(w_plus)
        return frozen(images.to_uint8(synthesis.image)[0]), synthesis.features

    @torch.no_grad()
    def predict(self, w_plus: Float[Tensor, "1 num_ws w_dim"]) -> UInt8[np.ndarray, "h w"]:
        """The interpreter's label map of a latent (read-only)."""
        return self.segmented(self.model.generator.synthesis(w_plus).features)

    def segmented(self, features: list[Tensor]) -> UInt8[np.ndarray, "h w"]:
        """The interpreter's label map of a generator's features (read-only)."""
        return _segmented(self.model, features)

    def predicted(self) -> UInt8[np.ndarray, "h w"]:
        """The interpreter's label map of the present picture (read-only). Computed at first access."""
        state = self.state
        if state.predicted is None:
            # A cache, not a change: the state is otherwise frozen.
            object.__setattr__(state, "predicted", self.predict(state.w_plus))
        assert state.predicted is not None
        return state.predicted

    def target(self, config: EditConfig) -> EditTarget | None:
        """Target of the painted label map; None if nothing is painted. Cached per state and settings."""
        state, settings, known = self.state, (config.buffer_px, config.region), self._known
        if known is not None and known.state is state and known.settings == settings:
            return known.target
        target = None
        if not np.array_equal(state.label_map, state.settled_map):
            predicted = self.predicted()
            target = from_label_maps(state.settled_map, state.label_map, config.buffer_px, predicted, config.region)
            target.region.flags.writeable = target.changed.flags.writeable = False
            target = replace(target, label_map=state.label_map)
        self._known = _KnownTarget(state, settings, target)
        return target

    def unreached(self) -> Goal | None:
        """Goal of the last completed edit; None if there is none or the picture has reached it."""
        goal = self.state.goal
        return None if goal is None or agreement(self.predicted(), goal.target) == 1 else goal

    def can_edit(self) -> bool:
        """True if something was painted, or the last edit did not reach its target completely."""
        return not np.array_equal(self.state.label_map, self.state.settled_map) or self.unreached() is not None

    def untried(self) -> Bool[np.ndarray, "h w"]:
        """Painted pixels that no edit or drag whose result was kept has worked on, stopped ones included."""
        state, entry = self.state, self.latent_entry()
        painted = state.label_map != state.settled_map
        if kind_of(entry).scales:
            entry = self.history.entries.get(entry.made["edit"], entry)
        if not painted.any() or not kind_of(entry).runs:
            return painted
        began = self.state_at(entry.made["since"])  # strokes that were painted during the run came after it
        tried = (began.label_map != began.settled_map) & (began.label_map == state.label_map)
        return painted & ~tried

    def push(self, state: State, **made: Any) -> None:
        """Add an entry to the history; `made` describes it, JSON values."""
        self.history.push(state, **made)

    def paint(self, label_map: np.ndarray, **made: Any) -> None:
        """Replace the painted label map: one entry; none if it changes no pixel."""
        if not np.array_equal(label_map, self.state.label_map):
            self.push(replace(self.state, label_map=frozen(label_map)), **made)

    def adopt_prediction(self) -> None:
        """See EditSession.adopt_prediction."""
        predicted, state = self.predicted(), self.state
        settled = {"label_map": predicted, "settled_map": predicted, "settled_w_plus": state.w_plus}
        self.push(replace(state, **settled, predicted=predicted, goal=None), do="adopt")

    def apply_vector(
        self, vector: EditVector, scale: float, layers: Layers, force: Flag, buffer_px: float | None
    ) -> None:
        """See EditSession.apply_vector."""
        edited = vector.apply(self.state.w_plus, scale, self.model, force, layers)
        made = {"do": "vector", "vector": self.kept(vector), "scale": scale}
        if layers is not None:
            made["layers"] = rows_in_json(layers, edited.shape[1])
        self.go_to(edited, vector.labels, None, None, buffer_px, made)

    def go_to(
        self,
        w_plus: Float[Tensor, "1 num_ws w_dim"],
        labels: Sequence[str],
        edited: Bool[np.ndarray, "h w"] | None,
        label_map: UInt8[np.ndarray, "h w"] | None,
        buffer_px: float | None,
        made: dict[str, Any],
    ) -> None:
        """See EditSession.go_to. `buffer_px` is the margin of the edited region, as in an edit."""
        image, features = self.pictured(w_plus)
        predicted = self.segmented(features)
        region = self._acted_on(image, predicted, labels, buffer_px) if edited is None else frozen(edited)
        parts = predicted if label_map is None else frozen(label_map)
        self.push(
            State(w_plus, image, parts, parts, w_plus, predicted, edited=region),
            **({"do": "go_to", "labels": list(labels)} | made),
        )

    def _acted_on(
        self, image: np.ndarray, predicted: np.ndarray, labels: Sequence[str], buffer_px: float | None
    ) -> np.ndarray | None:
        """The edited region after a change to another picture."""
        parts = self.model.labels.exact_ids(labels)
        before, edited = self.predicted(), self.state.edited
        if not parts:  # a vector of colour or light: the region is where the picture changes
            moved = np.abs(image.astype(int) - self.state.image).max(2) > _SEEN_CHANGE
            edited = union(edited, moved) if moved.any() else edited
        if not np.array_equal(before, predicted):
            edited = union(edited, from_segmentations(before, predicted, parts, buffer_px).region)
        return edited

    def kept(self, vector: EditVector) -> dict[str, Any]:
        """A vector for the history: its name, and a reference to its numbers in the journal."""
        return {
            "name": vector.name,
            "labels": list(vector.labels),
            "delta": self.journal().arrays.put(vector.delta.numpy()),
            **({"combined": vector.recipe["combined"]} if "combined" in vector.recipe else {}),
        }


def store_of(model: EditGAN, folder: str | Path | None) -> Journal[State]:
    """A journal of a model's states; None keeps it in memory."""
    return Journal(pack, partial(unpacked, device=model.device), folder)


def _segmented(model: EditGAN, features: list[Tensor]) -> UInt8[np.ndarray, "h w"]:
    """The interpreter's label map; all background if the model has no interpreter."""
    if model.interpreter is None:
        return frozen(np.zeros((model.resolution, model.resolution), np.uint8))
    return frozen(predicted_label_map(model, features).cpu().numpy())
