"""Pictures of what a slider would make, while it moves; the session stays as it is."""

import numpy as np

from editgan_widgets.widgets.actions import Action
from editgan_widgets.widgets.computing import computing
from editgan_widgets.widgets.workpiece import Workpiece


def preview(piece: Workpiece, action: Action) -> np.ndarray | None:
    """The picture at other scales of vectors or another strength of the edit; None where there is none to show."""
    session, panel = piece.session, piece.panel
    with computing(session.model), session.lock:
        if action.kind == "preview strength":
            if session.strength is None:
                return None
            return session.picture_of(session.strength_latent(action.strength))
        w_plus = session.w_plus
        for vector, change, layers in panel.parts(panel.changed(action.changes)):
            w_plus = vector.apply(w_plus, change, session.model, layers=layers)
        return session.picture_of(w_plus)
