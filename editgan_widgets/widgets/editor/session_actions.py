"""What each kind of action does to the session."""

from collections.abc import Callable

from editgan_widgets.widgets.editor.actions import Action
from editgan_widgets.widgets.editor.document import Workpiece
from editgan_widgets.widgets.editor.download_actions import (
    download_edit,
    download_mask,
    download_picture,
    download_script,
    download_sweep,
)
from editgan_widgets.widgets.editor.history_actions import accept, refresh, set_strength, travel
from editgan_widgets.widgets.editor.paint_actions import paint
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.vector_actions import keep_vector, move_vectors, remove_vector

# Each gives the group of the history that what follows belongs to, or None.
_Does = Callable[[Workpiece, Screen, Action], int | None]
DOWNLOADS: dict[str, _Does] = {
    "save": download_picture,
    "save_mask": download_mask,
    "script": download_script,
    "animation": download_edit,
    "sweep": download_sweep,
}
_DOES: dict[str, _Does] = {
    "paint": paint,
    "erase": paint,
    "operate": paint,
    "undo": travel,
    "redo": travel,
    "visit": travel,
    "discard": travel,
    "accept": accept,
    "strength": set_strength,
    "refresh": refresh,
    "vectors": move_vectors,
    "remove": remove_vector,
    "keep": keep_vector,
    **DOWNLOADS,
}
_PAINTED = "Painted. Press Edit and the picture follows."
_WORDS = {"paint": _PAINTED, "operate": _PAINTED, "erase": "Brought back.", "refresh": ""}


def perform(piece: Workpiece, screen: Screen, action: Action) -> int | None:
    """Do one action to the session, whose lock the caller holds; the group of the history that it made.

    Kinds that only begin or end an edit do nothing here.
    """
    screen.notes = ""
    if action.kind in _WORDS:
        screen.say(_WORDS[action.kind])
    piece.keep_tools(screen.tools())
    does = _DOES.get(action.kind)
    return None if does is None else does(piece, screen, action)
