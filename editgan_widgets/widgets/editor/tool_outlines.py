"""Outlines of the results of part tools; computed outside the editor's queue, so that a running edit continues."""

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
    """Pixels of a part after the tool `name`; none if the part is removed.

    Raises ValueError for an unknown tool, UnknownLabelError for an unknown part or one that the tool does not fit.
    """
    label = labels[part].id
    return rule.operate(part_tool(name, label, label_map.shape[0]), label_map, labels) == label


class ToolOutlines:
    """Computes outcomes on a separate thread, the newest request first; calls `show(name, label, mask)` with each.

    If a tool does not fit the part, `show` gets None.
    """

    def __init__(self, show: Callable[[str, int, np.ndarray | None], None]) -> None:
        self._show = show
        self._worker = Worker("editgan-outlines")

    def ask(
        self, name: str, label: int, label_map: UInt8[np.ndarray, "h w"], labels: LabelSet, rule: PaintRule
    ) -> None:
        """Request an outcome; returns immediately."""

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
        """Block until no request waits; False after `timeout` seconds."""
        return self._worker.wait(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """End the thread; waits up to `timeout` seconds."""
        self._worker.close(timeout)
