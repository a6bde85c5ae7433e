"""The editor's methods for edit vectors: sliders, refinement, directions of files, new vectors and sweeps."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from editgan_widgets.documents.animation import Animation
from editgan_widgets.latent.directions.direction_files import load_direction
from editgan_widgets.latent.directions.edit_vector import EditVector, Layers
from editgan_widgets.scalars import Flag, Real, Whole, is_flag, plain, real, shown
from editgan_widgets.widgets.core.checked import checked_row, checked_steps
from editgan_widgets.widgets.editor import journal as editor_journal
from editgan_widgets.widgets.editor.editor_base import EditorBase
from editgan_widgets.widgets.editor.tools.vectors import Keep, Refine, Remove, Rows, Switch, Vectors, sweep


class VectorMethods(EditorBase):
    """Vectors by name, each with a slider."""

    @property
    def vector_scales(self) -> dict[str, float]:
        """Scales of the applied vectors; the others are at 0 or switched off."""
        return self._panel.scales

    def apply_vectors(self, scales: Mapping[str, Real]) -> None:
        """Set scales of vectors, -4 to 4 (their sliders: -2 to 2); vectors that are not named keep their scales.

        A vector that was switched off is switched on. Strokes without an edit are discarded. Consecutive moves of the
        same sliders are one undo step. Raises ValueError immediately for an unknown vector or a scale out of range.
        """
        self._panel.checked_scales(scales)
        self._worker.ask(Vectors(scales={name: real(scale, "scale") for name, scale in scales.items()}))

    def switch_vector(self, name: str, on: Flag) -> None:
        """Switch a vector off, or on at its former scale; a vector at 0 is switched on at 1.

        Raises ValueError immediately for an unknown vector.
        """
        self._panel.check_there(name)
        if not is_flag(on):
            raise ValueError(f"on must be True or False; got {shown(on)}")
        self._worker.ask(Switch(name=name, on=bool(on)))

    def vector_layers(self, name: str, first: Whole | None = None, last: Whole | None = None) -> None:
        """Restrict a vector to rows `first` to `last` of the latent, from 0; without them it moves all its rows.

        Early rows control pose and shape, late rows colour and fine detail. Raises ValueError immediately for an
        unknown vector, EditVectorError for rows that the latent does not have.
        """
        self._panel.check_there(name)
        rows = tuple(None if row is None else checked_row(row, 0) for row in (first, last))
        self._worker.ask(Rows(name=name, first=rows[0], last=rows[1]))

    def refine(self, steps: Whole = 30, blocking: Flag = False) -> None:
        """Repair the picture after vectors were applied: keep the changes of their parts and revert the rest.

        10 steps repair most, more than 30 gain little (latent/refine.py). One undo reverts it, `stop` keeps the best
        step. Raises ValueError immediately for steps out of range. If no vector is applied, or they have no visible
        effect, an error is shown and raised by `wait`.
        """
        self._worker.ask(Refine(steps=checked_steps(steps)))
        if blocking:
            self._wait_or_stop()

    def add_vector(self, vector: EditVector) -> None:
        """Add a vector with a slider at 0. Raises ValueError for a name that is taken, or EditVectorError."""
        self._panel.check_free(vector.name)
        vector.check(self.session.model)
        self._panel.add(vector)
        editor_journal.keep_vector(self.session, vector)
        self._screen.publish_vectors()
        self._worker.draw_vectors()

    def load_direction(
        self,
        path: str | Path,
        index: Whole | str | None = None,
        rows: Layers = None,
        unit: Literal["file", "sigma"] = "sigma",
        name: str | None = None,
    ) -> None:
        """Add a direction of a file with a slider (by `editgan_widgets.load_direction`, whose errors are raised).

        Scale 1 moves a latent by one standard deviation of W along the direction; with `unit="file"` the direction has
        the length stored in the file. `add_vector` adds a direction that is already loaded.
        """
        vector = load_direction(path, self.session.model, plain(index), rows, unit, name=name)
        self.add_vector(vector)

    def keep_vector(self, name: str) -> None:
        """Keep all edits so far as a vector of that name, with a slider at 1; the other sliders go to 0.

        Raises ValueError immediately for an empty name or one that is taken.
        """
        self._worker.ask(Keep(name=name))

    def remove_vector(self, name: str) -> None:
        """Remove one of your vectors from the picture and from the panel.

        Undo restores both. Raises ValueError immediately for an unknown vector or one of the model's library.
        """
        self._worker.ask(Remove(name=name))

    def edit_vector(self, name: str) -> EditVector:
        """All edits so far as a vector that can be applied to other portraits."""
        with self.session.lock:
            return self.session.edit_vector(name)

    def sweep(self, name: str, scales: Iterable[Real] | None = None) -> Animation:
        """Animation of a vector's scale going up, down and back on the present picture, starting without the vector.

        Args:
            name: name of the vector; it moves the rows set by `vector_layers`.
            scales: one per frame; None goes from 0 to 1.5, to -1.5 and back.

        Raises ValueError for an unknown vector.
        """
        self._panel.check_there(name)
        self.wait()
        return sweep(self._document, name, scales)

    def save_sweep(self, name: str, path: str | Path, size: Whole | None = None) -> None:
        """Write `sweep` as .gif, .webp or .mp4; size and errors as in Animation.save."""
        self.sweep(name).save(path, size)
