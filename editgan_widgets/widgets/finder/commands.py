"""Commands of the finder, from its page or from a script."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from editgan_widgets.widgets.core.commands import Command, Commands, Stop
from editgan_widgets.widgets.core.fields import Seed, Strength

MOST_DIRECTIONS = 24  # maximum number of directions per search
MOST_SAMPLES = 60  # maximum number of portraits added by one command

Id = Annotated[int, Meta(ge=0, description="is the number of a direction")]
Name = Annotated[str, Meta(min_length=1, max_length=60, description="is a name of 1 to 60 characters")]
Row = Annotated[int, Meta(ge=0, description="is a row of w_plus, counted from 0")]
Seeds = Annotated[list[Seed], Meta(max_length=2000, description="is a list of seeds")]


class Find(Command, frozen=True, kw_only=True):
    """Find directions, which replace those of the last search; `first` to `last` are the rows that they move."""

    runs: ClassVar = True

    method: Literal["sefa", "ganspace", "stylespace"]
    count: Annotated[int, Meta(ge=1, le=MOST_DIRECTIONS, description=f"is a whole number from 1 to {MOST_DIRECTIONS}")]
    first: Row | None = None
    last: Row | None = None
    part: str | None = None


class Move(Command, frozen=True, kw_only=True):
    """Show a direction at a strength; `live` while its slider moves."""

    direction: Id
    strength: Strength
    live: bool = False

    def passes(self, document: object) -> bool:
        """True if the strength is not kept."""
        return self.live


class SetRows(Command, frozen=True, kw_only=True):
    """Set the rows of w_plus that a direction moves, `first` to `last`."""

    direction: Id
    first: Row
    last: Row


class SetPortrait(Command, frozen=True, kw_only=True):
    """Show another portrait."""

    runs: ClassVar = True

    seed: Seed


class Keep(Command, frozen=True, kw_only=True):
    """Keep a direction with its rows as an edit vector; another one of that name is replaced."""

    direction: Id
    name: Name


class Forget(Command, frozen=True, kw_only=True):
    """Remove a kept vector."""

    name: Name


class Drop(Command, frozen=True, kw_only=True):
    """Remove a direction."""

    direction: Id


class Sample(Command, frozen=True, kw_only=True):
    """Show more portraits to mark."""

    runs: ClassVar = True

    count: Annotated[int, Meta(ge=1, le=MOST_SAMPLES, description=f"is a whole number from 1 to {MOST_SAMPLES}")]


class Learn(Command, frozen=True, kw_only=True):
    """Learn a direction from marked portraits."""

    name: Name
    positive: Seeds
    negative: Seeds


COMMANDS = Commands(Find, Move, SetRows, SetPortrait, Keep, Forget, Drop, Sample, Learn, Stop)
