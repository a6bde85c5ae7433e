"""Pictures of what a slider would make, while it moves; the session stays as it is."""

import numpy as np

from editgan_widgets.widgets.core.computing import computing
from editgan_widgets.widgets.editor.actions import Action
from editgan_widgets.widgets.editor.document import Workpiece


def preview(piece: Workpiece, action: Action) -> tuple[np.ndarray, bool] | None:
    """The picture at other scales of vectors or another strength of the edit, and whether it is the session's own, as
    where a slider came back to its place; None where there is none to show."""
    session, panel = piece.session, piece.panel
    with computing(session.model), session.lock:
        if action.kind == "preview strength":
            if session.strength is None:
                return None
            w_plus = session.strength_latent(action.strength)
        else:
            w_plus = session.w_plus
            for vector, change, layers in panel.parts(panel.changed(action.changes)):
                w_plus = vector.apply(w_plus, change, session.model, layers=layers)
        own = bool((w_plus == session.w_plus).all())
        return session.image if own else session.picture_of(w_plus), own
