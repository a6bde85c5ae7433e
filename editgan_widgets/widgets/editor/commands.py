"""Shared by the editor's commands: types of fields with their ranges and names, and the base of painting commands."""

from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.widgets.core.commands import Command

_PX = 1e6  # maximum absolute value of a coordinate or a size, px

Part = Annotated[int | str, Meta(description="is a part's id or name")]
Parts = Annotated[tuple[int | str, ...], Meta(description="is a list of parts' ids or names")]
Px = Annotated[float, Meta(ge=-_PX, le=_PX, description=f"must be a number from -{_PX:g} to {_PX:g}")]
Steps = Annotated[int, Meta(ge=1, le=10_000, description="must be a whole number from 1 to 10000")]
Strength = Annotated[float, Meta(ge=0, le=2, title="an edit's strength", description="is a number from 0 to 2")]
Flag = Annotated[bool, Meta(description="is True or False")]
Text = Annotated[str, Meta(description="is a text")]
Points = Annotated[list[tuple[Px, Px]], Meta(description=f"are (x, y) pairs of numbers from -{_PX:g} to {_PX:g}")]
EntryId = Annotated[int, Meta(ge=-(2**53), le=2**53, title="an entry of the history", description="is a whole number")]
File = Annotated[bytes, Meta(title="what is opened", description="is a file of 1 to 64,000,000 bytes")]
Seed = Annotated[int, Meta(title="a seed", description="is a whole number from 0 up")]
Psi = Annotated[float, Meta(ge=0, le=2, title="truncation_psi", description="is a number from 0 to 2")]


class PaintCommand(Command, frozen=True, kw_only=True):
    """Base of the commands that change the mask.

    Attributes:
        auto: True if an edit follows.
        steps: number of steps of that edit; None takes the page's.
        locked: parts that are not painted over.
        over: the only parts that may be painted over; empty for all unlocked ones.
        mirror: also paint the reflection at the picture's middle.
    """

    auto: Flag = True
    steps: Steps | None = None
    locked: Parts = ()
    over: Parts = ()
    mirror: Flag = False

    def rule(self, labels: Any, mirrors: bool = True) -> PaintRule:
        """The rule for painting: which parts may be painted over, and mirroring. Raises UnknownLabelError."""
        locked, over = (tuple(labels[part].id for part in parts) for parts in (self.locked, self.over))
        return PaintRule(locked, over, self.mirror and mirrors)

    def check(self, document: Any) -> None:
        """Raise UnknownLabelError for an unknown part."""
        self.rule(document.labels)


@dataclass(frozen=True)
class Download:
    """A file that the browser saves."""

    name: str
    content: bytes
    kind: str = "image/png"
