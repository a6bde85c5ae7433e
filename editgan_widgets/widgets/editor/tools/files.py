"""Files: open pictures, and give the page a picture, mask, script or animation to save."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from editgan_widgets.documents.animation import animate_edit
from editgan_widgets.documents.photo import Crop
from editgan_widgets.documents.saved_picture import picture_png
from editgan_widgets.documents.session_script import session_script
from editgan_widgets.masks.mask_file import mask_png
from editgan_widgets.widgets.core.commands import Command, file_of
from editgan_widgets.widgets.editor.commands import Download, File, Psi, Px, Seed, Text
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.sample_shelf import checked_sample


class Save(Command, frozen=True, kw_only=True):
    """Save the picture with its recipe."""

    waits: ClassVar = True

    view: Text = ""


class SaveMask(Command, frozen=True, kw_only=True):
    """Save the mask."""

    waits: ClassVar = True

    view: Text = ""


class Script(Command, frozen=True, kw_only=True):
    """Save a script that reproduces the picture."""

    waits: ClassVar = True

    view: Text = ""


class SaveAnimation(Command, frozen=True, kw_only=True, tag="animation"):
    """Save the last edit as a GIF."""

    waits: ClassVar = True

    view: Text = ""


class Open(Command, frozen=True, kw_only=True):
    """Open a picture, a file of latents, or a mask that an editor saved."""

    buffers: ClassVar = {"file": file_of}

    file: File
    name: Text = ""


class New(Command, frozen=True, kw_only=True):
    """Open the picture of a seed."""

    seed: Seed
    psi: Psi
    source: Text = "torch"

    def check(self, document: Document) -> None:
        """Raise ValueError for an invalid seed, psi or source of random numbers."""
        checked_sample(self.seed, self.psi, self.source)


class Reframe(Command, frozen=True, kw_only=True):
    """Edit another square of the open photo: its left and upper edge before it is turned, its side, and its roll."""

    x: Px
    y: Px
    side: Annotated[float, Meta(gt=0, le=1e6, description="must be a number above 0, px")]
    roll: Annotated[float, Meta(ge=-360, le=360, description="must be a number of degrees")] = 0.0

    @property
    def crop(self) -> Crop:
        """The square."""
        return Crop(self.x, self.y, self.side, self.roll)

    def check(self, document: Document) -> None:
        """Raise ValueError if no photo is open, or for a square outside it."""
        if document.photo is None:
            raise ValueError("no photo is open, so there is no square to choose; open one first")
        document.photo.photo.cut(self.crop, 1)


class OpenPicture(Command, frozen=True, kw_only=True):
    """Like Open and New, only from Python: a file, its content, or a seed with psi and source."""

    picture: Any
    index: int | None = None
    name: str = ""


def save(document: Document, _command: Save) -> Outcome:
    """The picture as a file: the portrait, or the whole photo with the edits pasted in."""
    if document.photo is None:
        said = document.text("Saved as portrait.png, with its recipe. Open it here to continue.")
        return _saved(said, "portrait.png", picture_png(document.session))
    said = document.text(
        "Saved as edited.png: the whole picture at full size, with its recipe. Open it here to continue."
    )
    return _saved(said, "edited.png", picture_png(document.photo))


def save_mask(document: Document, _command: SaveMask) -> Outcome:
    """The mask as a file."""
    said = document.text("Saved as mask.png, in the parts' colours: paint on it elsewhere and open it here.")
    return _saved(said, "mask.png", mask_png(document.shown.label_map, document.labels))


def save_script(document: Document, _command: Script) -> Outcome:
    """The script as a file."""
    script = session_script(document.photo or document.session, document.panel.vectors).encode()
    said = document.text("Saved as picture.py; running it makes the same picture.")
    if document.photo is not None:
        said = document.text("Saved as picture.py; python picture.py PHOTO makes the same picture.")
    return _saved(said, "picture.py", script, "text/x-python")


def save_animation(document: Document, _command: SaveAnimation) -> Outcome:
    """The last edit as a GIF file."""
    content = animate_edit(document.recorder.frames()).encoded(".gif")
    return _saved(document.text("Saved as {name}.", name="edit.gif"), "edit.gif", content, "image/gif")


def _saved(said: str, name: str, content: bytes, kind: str = "image/png") -> Outcome:
    return Outcome(said, files=(Download(name, content, kind),))


PYTHON_ALONE = (OpenPicture,)
HANDLERS = {Save: save, SaveMask: save_mask, Script: save_script, SaveAnimation: save_animation}
OPENINGS: tuple[type[Command], ...] = (Open, New, Reframe, OpenPicture)
