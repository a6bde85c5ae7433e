"""Commands of the explorer, from its page or from a script."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from editgan_widgets.widgets.core.commands import Command, Commands, Stop
from editgan_widgets.widgets.core.fields import Seed, Strength

MOST_SEEDS = 8

Name = Annotated[str, Meta(min_length=1, max_length=80, description="is a name of 1 to 80 characters")]
Known = Annotated[str, Meta(description="is the name of a vector or of a result")]  # of any length
Seeds = Annotated[
    list[Seed], Meta(min_length=1, max_length=MOST_SEEDS, description=f"is a list of 1 to {MOST_SEEDS} seeds")
]


class Choose(Command, frozen=True, kw_only=True):
    """Choose a vector, and with `second` another one to compare it with."""

    runs: ClassVar = True

    name: Known
    second: Known | None = None


class SetStrength(Command, frozen=True, kw_only=True):
    """Show the large picture at a strength; `live` while the slider moves."""

    strength: Strength
    live: bool = False


class Look(Command, frozen=True, kw_only=True):
    """Show the portrait of a seed of the strip, at a strength."""

    seed: Seed
    strength: Strength


class SetSeeds(Command, frozen=True, kw_only=True):
    """Set the portraits of the strip."""

    runs: ClassVar = True

    seeds: Seeds


class Orthogonalise(Command, frozen=True, kw_only=True):
    """Make the chosen vector orthogonal to the second one; the result is a draft until it is kept."""

    runs: ClassVar = True

    metric: Annotated[Literal["plain", "covariance"], Meta(description="is 'plain' or 'covariance'")] = "plain"


class Keep(Command, frozen=True, kw_only=True):
    """Keep the chosen vector as a new one."""

    name: Name


class Discard(Command, frozen=True, kw_only=True):
    """Remove a draft, or a vector that was kept here."""

    name: Known


class MeasureAll(Command, frozen=True, kw_only=True):
    """Measure everything that is missing in the table."""

    runs: ClassVar = True


class OpenEditor(Command, frozen=True, kw_only=True):
    """Show an editor below, on the portrait in view with the vector at its strength."""


class Download(Command, frozen=True, kw_only=True):
    """Send a result to the view that requested it; "zip" has the tables and figures of all results."""

    result: Known = "all"
    form: Literal["csv", "png", "zip"]
    view: str = ""


COMMANDS = Commands(
    Choose, SetStrength, Look, SetSeeds, Orthogonalise, Keep, Discard, MeasureAll, OpenEditor, Download, Stop
)
