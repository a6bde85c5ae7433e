"""The editor's tools: one file each, with its commands and how they are applied to a document; TOOLS lists them."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from editgan_widgets.widgets.core.commands import Command, Commands
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.tools import brush, editing, files, operation, shapes, travel, vectors

TOOLS = (brush, shapes, operation, editing, travel, vectors, files)
_PYTHON_ALONE = (operation.ChangeMask, editing.TakeConfig, travel.Refresh, files.OpenPicture)

_HANDLERS: dict[type[Command], Callable[[Document, Any], Outcome]] = {}
_PREVIEWS: dict[type[Command], Callable[[Document, Any], Tensor | None]] = {}
for tool in TOOLS:
    _HANDLERS |= tool.HANDLERS
    _PREVIEWS |= getattr(tool, "PREVIEWS", {})

COMMANDS = Commands(*(kind for kind in (*_HANDLERS, *files.OPENINGS) if kind not in _PYTHON_ALONE))


def apply(document: Document, command: Command) -> Outcome:
    """Do a command to a document, whose session's lock the caller holds. What it refuses leaves the document as it was.

    An edit that waits to be accepted is accepted by whatever is done next, but for another strength of it.
    """
    before = document.place
    outcome = _HANDLERS[type(command)](document, command)
    if document.place != before and not isinstance(command, editing.SetStrength):
        document.accept()
    return outcome


def preview(document: Document, command: Command) -> Tensor | None:
    """The latent that a command would lead to; None where there is none to show."""
    return _PREVIEWS[type(command)](document, command)
