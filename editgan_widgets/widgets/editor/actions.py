"""What is asked of an editor: actions, and the inbox where they wait for its worker."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from editgan_widgets.documents.samples import Sample, take_from
from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.masks.part_operations import Operation
from editgan_widgets.masks.strokes import Stroke
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.notes import Note
from editgan_widgets.streaming import CancelToken
from editgan_widgets.widgets.core.deliveries import Turn


@dataclass(frozen=True)
class Action:
    """One thing to do before the next edit; `run` is the number of steps to edit afterwards, 0 for none."""

    kind: str  # of session_actions.py; "open"; "preview …" of previews.py; "none" ends what runs
    stroke: Stroke | None = None
    operation: Operation | None = None  # on the label map
    id: str = ""  # the browser's name for the stroke
    run: int = 0
    changes: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # of vectors' settings, by name
    name: str = ""  # of a vector, or of the file that is opened
    rule: PaintRule = field(default_factory=PaintRule)  # what may be painted over
    picture: str | Path | bytes | Sample = b""  # to open
    index: int | None = None  # of the latent to open, in a file of several
    tool: str = ""  # what the mask was changed by, for the history
    part: int = 0  # to which this was done
    notes: tuple[Note, ...] = ()  # on how a mask was read
    entry: int | None = None  # of the history
    strength: float = 1.0
    turn: Turn | None = None  # of the message that asked for it
    view: str = ""  # the browser's name for the view that asked, which alone saves the file

    @property
    def paints(self) -> bool:
        """Whether it changes the mask."""
        return self.kind in ("paint", "erase", "operate")

    @property
    def shows_only(self) -> bool:
        """Whether it leaves the session as it is."""
        return self.kind.startswith("preview")


class Inbox:
    """Actions in the order in which they came; any thread adds, the worker takes.

    `lock` is held where something is decided by what waits.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._waiting: deque[Action] = deque()

    @property
    def waits(self) -> bool:
        """Whether an action waits."""
        return bool(self._waiting)

    @property
    def paints_next(self) -> bool:
        """Whether what waits first changes the mask."""
        with self.lock:
            return bool(self._waiting) and self._waiting[0].paints

    def add(self, action: Action) -> None:
        """Put an action behind the others."""
        with self.lock:
            self._waiting.append(action)

    def take(self, token: CancelToken) -> Action | None:
        """The next action; what came after a job was cancelled belongs to the job that replaced it.

        Of previews that wait one after the other only the last is of interest.
        """
        with self.lock:
            waiting = self._waiting
            while len(waiting) > 1 and waiting[0].kind == waiting[1].kind and waiting[0].shows_only:
                waiting.popleft()
            return waiting.popleft() if waiting and not token.cancelled else None


def taken_part(model: EditGAN, sample: Sample, part: int, **how: Any) -> Action:
    """Take a part's shape from another portrait, which the worker draws; `how` is rule, run and id of the action."""
    return Action("operate", operation=take_from(model, sample, part), tool="from another portrait", part=part, **how)
