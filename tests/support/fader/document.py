"""The document of a toy widget: a picture of one colour, which commands change at once or in steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta

from editgan_widgets.widgets.core.commands import Command, Commands, Stop
from editgan_widgets.widgets.core.loop import Outcome, Step
from editgan_widgets.widgets.core.snapshot import Encoded

Level = Annotated[int, Meta(ge=0, le=255, description="is a whole number from 0 to 255")]
Colour = tuple[Level, Level, Level]
SIZE = 32  # px


class SetColour(Command, frozen=True, kw_only=True):
    """Show a colour; `live` shows it without keeping it."""

    colour: Annotated[Colour, Meta(description="is three whole numbers from 0 to 255")]
    live: bool = False

    def passes(self, document: Any) -> bool:
        """True if the colour is not kept."""
        return self.live


class Fade(Command, frozen=True, kw_only=True):
    """Fade to a colour in steps."""

    runs: ClassVar = True

    colour: Annotated[Colour, Meta(description="is three whole numbers from 0 to 255")]
    steps: Annotated[int, Meta(ge=1, le=100_000, description="is a whole number from 1 to 100000")] = 10


COMMANDS = Commands(SetColour, Fade, Stop)


@dataclass(frozen=True)
class Document:
    """The shown colour, and the number of changes."""

    colour: tuple[float, float, float] = (255, 255, 255)
    changes: int = 0

    @property
    def picture(self) -> np.ndarray:
        """The picture, uint8 `[SIZE, SIZE, 3]`."""
        return np.full((SIZE, SIZE, 3), np.round(self.colour), np.uint8)


def apply(document: Document, command: Command) -> Outcome[Document]:
    if isinstance(command, SetColour):
        if command.colour == document.colour:
            return Outcome(document, "The picture already has this colour.")
        return Outcome(Document(command.colour, document.changes + 1), "The colour is set.")
    if isinstance(command, Fade):
        return Outcome(document, run=lambda start: faded(start, command), steps=command.steps)
    return Outcome(document)


def faded(start: Document, command: Fade) -> Iterator[Step[Document]]:
    first, last = np.array(start.colour), np.array(command.colour)
    for step in range(1, command.steps + 1):
        red, green, blue = (first + (last - first) * step / command.steps).tolist()
        document = replace(start, colour=(red, green, blue), changes=start.changes + 1)
        yield Step(document, document.picture, {"left": 1 - step / command.steps})


def snapshot(document: Document, encoded: Encoded) -> Mapping[str, Any]:
    return {"image": encoded.still("image", document.picture), "changes": document.changes}


def preview(_document: Document, command: SetColour) -> np.ndarray:
    return Document(command.colour).picture
