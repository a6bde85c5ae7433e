"""State: everything of a session that undo restores, and its packing for the journal."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editgan_widgets.documents.journal import Arrays, JournalError
from editgan_widgets.latent.target import EditTarget


@dataclass(frozen=True, eq=False)
class Goal:
    """Target of a completed edit, so that another edit can continue it."""

    target: EditTarget
    reference: Tensor = field(repr=False)  # latent [1, num_ws, w_dim] before the edit


@dataclass(frozen=True, eq=False)
class State:
    """Everything that undo restores. Arrays are never modified."""

    w_plus: Tensor = field(repr=False)  # [1, num_ws, w_dim]
    image: np.ndarray = field(repr=False)  # uint8 [H, W, 3]
    label_map: np.ndarray = field(repr=False)  # uint8 [H, W], painted mask
    settled_map: np.ndarray = field(repr=False)  # painted mask at the last completed edit
    settled_w_plus: Tensor = field(repr=False)  # latent at the last completed edit
    predicted: np.ndarray | None = field(repr=False)  # the interpreter's label map of `image`; None = not computed yet
    goal: Goal | None = None  # goal of the last completed edit
    edited: np.ndarray | None = field(default=None, repr=False)  # bool [H, W], regions since the origin; None = nowhere

    def dragged(self, predicted: np.ndarray, target: np.ndarray, since: np.ndarray, settled: np.ndarray) -> "State":
        """The state with the label maps that a drag leaves: the predicted one, except where something was painted.

        Args:
            predicted: the interpreter's label map of `image`.
            target: bool, painted pixels that the drag optimised towards.
            since: bool, pixels that were painted after the drag began.
            settled: label map that counts as reached in `target`.
        """
        return replace(
            self,
            label_map=frozen(np.where(target | since, self.label_map, predicted)),
            settled_map=frozen(np.where(target, settled, predicted)),
            settled_w_plus=self.w_plus,
            predicted=predicted,
            goal=None,
        )


def pack(state: State, arrays: Arrays) -> dict[str, Any]:
    """Convert a state to JSON values, with its arrays in `arrays`."""

    def put(array: np.ndarray | Tensor | None) -> dict[str, Any] | None:
        return None if array is None else arrays.put(array)

    packed: dict[str, Any] = {name: put(getattr(state, name)) for name in _ARRAYS}
    if state.goal is not None:
        target = state.goal.target
        packed["goal"] = {
            **{name: put(getattr(target, name)) for name in ("label_map", "region", "changed")},
            "labels": list(target.labels),
            "reference": put(state.goal.reference),
        }
    return packed


_ARRAYS = ("w_plus", "image", "label_map", "settled_map", "settled_w_plus", "predicted", "edited")


def unpacked(packed: dict[str, Any], arrays: Arrays, device: torch.device) -> State:
    """Restore a state from the values of `pack`, bit for bit. Raises JournalError if they are broken."""
    try:
        return _unpacked(packed, arrays, device)
    except (KeyError, TypeError) as error:
        raise JournalError(f"a state of the journal is broken ({error})") from error


def _unpacked(packed: dict[str, Any], arrays: Arrays, device: torch.device) -> State:
    def latent(reference: Any) -> Tensor:
        return torch.from_numpy(arrays.get(reference).copy()).to(device)

    def array(reference: Any) -> np.ndarray | None:
        return None if reference is None else arrays.get(reference)

    goal = packed.get("goal")
    if goal is not None:
        label_map, region, changed = (arrays.get(goal[name]) for name in ("label_map", "region", "changed"))
        target = EditTarget(label_map, region, changed, tuple(goal["labels"]))
        goal = Goal(target, latent(goal["reference"]))
    return State(
        w_plus=latent(packed["w_plus"]),
        image=arrays.get(packed["image"]),
        label_map=arrays.get(packed["label_map"]),
        settled_map=arrays.get(packed["settled_map"]),
        settled_w_plus=latent(packed["settled_w_plus"]),
        predicted=array(packed["predicted"]),
        goal=goal,
        edited=array(packed["edited"]),
    )


def frozen(array: np.ndarray) -> np.ndarray:
    """A read-only copy, or the array itself if it is read-only already."""
    if not array.flags.writeable and array.base is None:
        return array
    array = array.copy()
    array.flags.writeable = False
    return array


def union(first: np.ndarray | None, second: np.ndarray) -> np.ndarray:
    """The union of two masks, read-only; None is an empty one."""
    return frozen(second if first is None else first | second)
