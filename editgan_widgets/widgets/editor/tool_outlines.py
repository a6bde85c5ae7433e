"""Outlines of what a part tool would do; computed outside the editor's queue, so that a running edit continues."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.streaming import CancelToken, Worker
from editgan_widgets.widgets.editor.part_tools import part_tool


def tool_outcome(
    name: str, part: str | int, label_map: UInt8[np.ndarray, "h w"], labels: LabelSet, rule: PaintRule
) -> Bool[np.ndarray, "h w"]:
    """Where a part will be once the tool `name` was used; nowhere where it goes.

    Raises ValueError for an unknown tool, UnknownLabelError for an unknown part or one that the tool does not fit.
    """
    label = labels[part].id
    return rule.operate(part_tool(name, label, label_map.shape[0]), label_map, labels) == label


class ToolOutlines:
    """Computes outcomes on a thread of its own, the newest question first; `show(name, label, mask)` gets each.

    A tool that does not fit the part has no outcome: then `show` gets None, and nothing else happens.
    """

    def __init__(self, show: Callable[[str, int, np.ndarray | None], None]) -> None:
        self._show = show
        self._worker = Worker("editgan-outlines")

    def ask(
        self, name: str, label: int, label_map: UInt8[np.ndarray, "h w"], labels: LabelSet, rule: PaintRule
    ) -> None:
        """Ask for an outcome; returns at once."""

        def job(token: CancelToken) -> Iterator[Any]:
            try:
                outcome = tool_outcome(name, label, label_map, labels, rule)
            except ValueError:
                outcome = None
            if not token.cancelled:
                self._show(name, label, outcome)
            yield from ()

        self._worker.submit(job)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until no question waits; False after `timeout` seconds."""
        return self._worker.wait(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """End the thread; waits up to `timeout` seconds."""
        self._worker.close(timeout)
