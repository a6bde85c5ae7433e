"""The editor's methods that open and write files: pictures, masks, scripts and animations."""

from dataclasses import asdict
from pathlib import Path

from editgan_widgets.documents.animation import Animation, animate_edit
from editgan_widgets.documents.photo import Crop
from editgan_widgets.documents.photo import Source as PhotoSource
from editgan_widgets.documents.saved_picture import save_picture
from editgan_widgets.documents.session_script import session_script
from editgan_widgets.files import write_text
from editgan_widgets.masks.mask_file import Source, save_mask
from editgan_widgets.notes import Note
from editgan_widgets.scalars import Flag, Real, Whole, flag, whole
from editgan_widgets.widgets.editor.editor_base import EditorBase
from editgan_widgets.widgets.editor.sample_shelf import checked_sample
from editgan_widgets.widgets.editor.tools.files import OpenPicture, Reframe
from editgan_widgets.widgets.editor.tools.operation import mask_change, part_mask_change


class FileMethods(EditorBase):
    """Opening and saving. The methods that save wait until running work is done."""

    def open(self, picture: PhotoSource, index: Whole | None = None, name: str = "") -> None:
        """Open a photo, drawing or painting: a file, its content, a Pillow image or an array.

        It is shown itself if a face is found in it, and otherwise embedded. A picture of `save` opens unchanged.

        From a file of latents (`.npz`, `.npy`, `.pt`, see `load_latents`) the latent at `index` is opened, by default
        the first. `name` is the file's name if its content is given.

        The new picture has a new history; `undo` at its start returns to the previous picture. `photo.pasted()` returns
        the whole picture with the edits. `stop` ends the embedding with the best step so far. The error for a file that
        is not a picture is shown, and raised by `wait`.
        """
        at = None if index is None else whole(index, "index", least=0)
        self._worker.ask(OpenPicture(picture=picture, index=at, name=name))

    def reframe(self, crop: Crop) -> None:
        """Edit another square of the open photo, such as one of `editor.photo.squares`.

        It has a new history, as in `open`. Raises ValueError immediately if no photo is open, or for a
        square outside it.
        """
        command = Reframe(**asdict(crop))
        command.check(self._document)
        self._worker.ask(command)

    def new_portrait(self, seed: Whole, truncation_psi: Real = 0.7, source: str = "torch") -> None:
        """Switch to the portrait of a seed, with a new history as in `open`.

        With `source` "numpy" it is the picture that NVIDIA's `generate.py` makes from the seed (EditGAN.sample_w_plus).
        Raises ValueError immediately for a seed that is not a whole number from 0 up, a psi outside 0 to 2, or an
        unknown source.
        """
        self._worker.ask(OpenPicture(picture=checked_sample(seed, truncation_psi, source)))

    def save(self, path: str | Path) -> None:
        """Write the picture as a PNG with its recipe (documents/saved_picture.py), after running work is done.

        For an opened photo, it is the whole photo with the edits. Raises ValueError for an extension other than .png,
        and the error of the running work.
        """
        self.wait()
        save_picture(self.photo or self.session, path)

    def script(self, name: str = "picture.py") -> str:
        """Return a Python script that reproduces the present picture's pixels (documents/session_script.py).

        That of a photo is given the photo: `python picture.py PHOTO`.
        """
        self.wait()
        return session_script(self.photo or self.session, self.vectors, name)

    def save_script(self, path: str | Path) -> None:
        """Write `script` to a file. Raises ValueError for an extension other than .py."""
        path = Path(path)
        if path.suffix != ".py":
            raise ValueError(f"a script's file name must end in .py; got {path.name!r}")
        write_text(path, self.script(path.name))

    def save_mask(self, path: str | Path) -> None:
        """Write the painted parts as an indexed PNG (masks/mask_file.py), after running work is done.

        Raises ValueError for an extension other than .png, and the error of the running work.
        """
        self.wait()
        save_mask(self.label_map, self.labels, path)

    def load_mask(self, mask: Source, run: Flag | None = None) -> tuple[Note, ...]:
        """Read the parts from a mask written by `save_mask` or a painting program; `run` as in `paint`.

        Returns notes on how it was read, which the status line shows too. Raises MaskFileError immediately for a file
        that is not a mask of this picture, OSError for a file that cannot be read.
        """
        how = self._as_the_view_says(run, mirror=False)
        change = mask_change(self._document, mask, **how)
        self._worker.ask(change)
        return tuple(change.notes)

    def paint_mask(
        self, mask: Source, label: str | Whole | None = None, run: Flag | None = None, exact: Flag = False
    ) -> tuple[Note, ...]:
        """Paint one part where a black-and-white mask is white; `run` as in `paint`.

        `label` is the part's name or id, None the selected one; `exact`, notes and errors as in EditSession.paint_mask.
        """
        how = self._as_the_view_says(run, mirror=False)
        part = self.view.label if label is None else self.labels[label].id
        change = part_mask_change(self._document, mask, part, flag(exact, "exact"), **how)
        self._worker.ask(change)
        return tuple(change.notes)

    def animation(self, fps: Real = 12.0) -> Animation:
        """Animation of the last edit or refinement, from the picture before it to the present one, at most 256 px.

        Raises AnimationError if there was no edit yet.
        """
        self.wait()
        return animate_edit(self._document.recorder.frames(), fps=fps)

    def save_animation(self, path: str | Path, size: Whole | None = None) -> None:
        """Write `animation` as .gif, .webp or .mp4; size and errors as in Animation.save."""
        self.animation().save(path, size)
