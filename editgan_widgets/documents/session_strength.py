"""The strength of a session's last edit: its change of the latent, scaled afterwards."""

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor

from editgan_widgets.documents.entry_kinds import kind_of
from editgan_widgets.documents.session_document import SessionDocument, SessionError
from editgan_widgets.documents.session_state import State
from editgan_widgets.latent.latent_shapes import alike
from editgan_widgets.scalars import Real, is_real, real, shown


def strength_of(document: SessionDocument) -> float | None:
    """See EditSession.strength."""
    entry = document.latent_entry()
    if kind_of(entry).scales:
        return entry.made["strength"]
    return 1.0 if kind_of(entry).runs else None


def scaled_latent(document: SessionDocument, strength: Real) -> Float[Tensor, "1 num_ws width"]:
    """See EditSession.strength_latent."""
    edit, before = last_edit(document)
    start, end = alike(before.w_plus, document.state_at(edit).w_plus)
    return start + checked_strength(strength) * (end - start)


def set_strength(document: SessionDocument, strength: Real) -> None:
    """See EditSession.set_strength."""
    edit, before = last_edit(document)
    w_plus, share = scaled_latent(document, strength), real(strength, "strength")
    image, features = document.pictured(w_plus)
    entry = document.history.entries[edit]
    made = entry.made
    moved = replace(document.state, w_plus=w_plus, image=image, predicted=None)
    if made["completed"]:  # after a stopped edit, the outside is still compared with the picture before that edit
        moved = replace(moved, settled_w_plus=w_plus)
    if kind_of(entry).redraws:
        began = document.state_at(made["since"])
        target = began.label_map != began.settled_map
        since = (before.label_map != began.label_map) | (moved.label_map != moved.settled_map)
        predicted = document.segmented(features)
        moved = moved.dragged(predicted, target, since, began.label_map if made["completed"] else predicted)
    document.push(moved, do="strength", strength=share, edit=edit)


def checked_strength(strength: Real) -> float:
    """The strength as a float. Raises SessionError for anything but a number from 0 to 2."""
    if not is_real(strength) or not 0 <= (share := real(strength, "strength")) <= 2:
        raise SessionError(f"an edit's strength is a number from 0 to 2; got {shown(strength)}")
    return share


def last_edit(document: SessionDocument) -> tuple[int, State]:
    """Entry of the last edit, and the state whose latent it started from. Raises SessionError if there is none."""
    entry = document.latent_entry()
    edit = entry.made.get("edit") if kind_of(entry).scales else entry.id
    found = document.history.entries.get(edit) if isinstance(edit, int) else None
    if found is None or not kind_of(found).runs or found.parent is None:
        raise SessionError("there is no edit to weaken or strengthen: paint, and run session.edit() first")
    return found.id, document.state_at(found.parent)
