"""Files that the browser saves: picture, mask, script and animations."""

from editgan_widgets.documents.animation import Animation, animate_edit
from editgan_widgets.documents.saved_picture import picture_png
from editgan_widgets.documents.session_script import session_script
from editgan_widgets.masks.mask_file import mask_png
from editgan_widgets.widgets.editor.actions import Action
from editgan_widgets.widgets.editor.document import Workpiece
from editgan_widgets.widgets.editor.screen import Screen
from editgan_widgets.widgets.editor.vector_actions import sweep


def download_picture(piece: Workpiece, screen: Screen, action: Action) -> None:
    """The portrait, or the whole photo with the edits in it, with its recipe."""
    if piece.photo is None:
        screen.download(action.view, "portrait.png", picture_png(piece.session))
        screen.say("Saved as portrait.png, with its recipe: open it here to go on.")
    else:
        screen.download(action.view, "edited.png", picture_png(piece.photo))
        screen.say("Saved as edited.png: the whole picture at its size, with its recipe: open it here to go on.")


def download_mask(piece: Workpiece, screen: Screen, action: Action) -> None:
    """The painted parts."""
    screen.download(action.view, "mask.png", mask_png(piece.session.label_map, piece.labels))
    screen.say("Saved as mask.png, in the parts' colours: paint on it elsewhere and open it here.")


def download_script(piece: Workpiece, screen: Screen, action: Action) -> None:
    """The way to the picture."""
    script = session_script(piece.session, piece.panel.vectors).encode()
    screen.download(action.view, "picture.py", script, "text/x-python")
    screen.say("Saved as picture.py: run it, and it makes the same picture.")


def download_edit(piece: Workpiece, screen: Screen, action: Action) -> None:
    """The last edit as a GIF."""
    _download(screen, action, "edit.gif", animate_edit(piece.recorder.frames()))


def download_sweep(piece: Workpiece, screen: Screen, action: Action) -> None:
    """A vector's sweep as a GIF."""
    piece.panel.check_there(action.name)
    _download(screen, action, f"{action.name}.gif", sweep(piece, action.name))


def _download(screen: Screen, action: Action, name: str, animation: Animation) -> None:
    screen.download(action.view, name, animation.encoded(".gif"), "image/gif")
    screen.say("Saved as {name}.", name=name)
