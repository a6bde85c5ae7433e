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
from editgan_widgets.widgets.editor.editor_parts import EditorParts
from editgan_widgets.widgets.editor.tools.vectors import Keep, Refine, Remove, Rows, Switch, Vectors, sweep


class VectorMethods(EditorParts):
    """Vectors by name, each with a slider."""

    @property
    def vector_scales(self) -> dict[str, float]:
        """Scales of the vectors that are in the picture; the others are at 0 or switched off."""
        return self._panel.scales

    def apply_vectors(self, scales: Mapping[str, Real]) -> None:
        """Set vectors to scales, -4 to 4, as their sliders do from -2 to 2; those not named stay.

        One that was switched off is on again. What was painted and not edited is given up. One undo takes back all
        moves of the same sliders in a row. Raises ValueError at once for a vector that is not there or a scale out of
        range.
        """
        self._panel.checked_scales(scales)
        self._worker.ask(Vectors(scales={name: real(scale, "scale") for name, scale in scales.items()}))

    def switch_vector(self, name: str, on: Flag) -> None:
        """Take a vector out of the picture and back, at the scale it had; one that stands at 0 is switched on at 1.

        Raises ValueError at once for a vector that is not there.
        """
        self._panel.check_there(name)
        if not is_flag(on):
            raise ValueError(f"a vector is switched by True or False; got {shown(on)}")
        self._worker.ask(Switch(name=name, on=bool(on)))

    def vector_layers(self, name: str, first: Whole | None = None, last: Whole | None = None) -> None:
        """Let a vector move rows `first` to `last` of the latent alone, counted from 0; without them all of its rows.

        Early rows hold pose and shape, late ones colour and fine detail. Raises ValueError at once for a vector that
        is not there, EditVectorError for rows that the latent does not have.
        """
        self._panel.check_there(name)
        rows = tuple(None if row is None else checked_row(row, 0) for row in (first, last))
        self._worker.ask(Rows(name=name, first=rows[0], last=rows[1]))

    def refine(self, steps: Whole = 30, blocking: Flag = False) -> None:
        """Repair the picture after its vectors: a run that keeps what they changed and draws back the rest.

        10 steps repair most, more than 30 gain little (latent/refine.py). One undo takes it back, `stop` keeps its
        best. Raises ValueError at once for steps out of range; where no vector is in the picture, or those that are
        change nothing to be seen, that is shown and raised by `wait`.
        """
        self._worker.ask(Refine(steps=checked_steps(steps)))
        if blocking:
            self._wait_or_stop()

    def add_vector(self, vector: EditVector) -> None:
        """Give a vector a slider, which stands at 0. Raises ValueError for a name that is taken, or EditVectorError."""
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
        """Give a direction of a file a slider (`editgan_widgets.load_direction`, whose errors it raises at once).

        A slider at 1 moves a latent by one standard deviation of W along the direction; `unit="file"` takes the
        direction at the length that it has in the file. `add_vector` takes one that was loaded otherwise.
        """
        vector = load_direction(path, self.session.model, plain(index), rows, unit, name=name)
        self.add_vector(vector)

    def keep_vector(self, name: str) -> None:
        """Keep all that was edited as a vector of that name, with a slider that stands at 1; the others go to 0.

        Raises ValueError at once for an empty name or one that is taken.
        """
        self._worker.ask(Keep(name=name))

    def remove_vector(self, name: str) -> None:
        """Take an own vector out of the picture, as its slider at 0 would, and its slider away.

        Undo brings both back: where the history has it at a scale, it has its slider. Raises ValueError at once for a
        vector that is not there or is the model's own.
        """
        self._worker.ask(Remove(name=name))

    def edit_vector(self, name: str) -> EditVector:
        """All that was edited so far as a vector that other portraits can take."""
        with self.session.lock:
            return self.session.edit_vector(name)

    def sweep(self, name: str, scales: Iterable[Real] | None = None) -> Animation:
        """A vector's scale going up, down and back on the present picture, which has it at 0 first.

        Args:
            name: of the vector; its rows are those of `vector_layers`.
            scales: one a frame; None goes from 0 to 1.5, to -1.5 and back.

        Raises ValueError for a vector that is not there.
        """
        self._panel.check_there(name)
        self.wait()
        return sweep(self._document, name, scales)

    def save_sweep(self, name: str, path: str | Path, size: Whole | None = None) -> None:
        """Write `sweep` as .gif, .webp or .mp4; size and errors as of Animation.save."""
        self.sweep(name).save(path, size)
