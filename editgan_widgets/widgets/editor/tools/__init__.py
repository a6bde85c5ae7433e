"""The editor's commands, in the files of this folder, and how they are applied to a document.

Every file of the folder is imported here. It may have command classes and `HANDLERS` (the functions that apply them to
a document), `PREVIEWS` (functions that return the latent a command would lead to), `PYTHON_ALONE` (commands that no
browser can send) and `BUTTONS` (values of the trait `tool`). Each tool of the toolbar has one file of its name here and
one in js/editor/tools.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from torch import Tensor

from editgan_widgets.widgets.core.commands import Command, Commands
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.tools.editing import SetStrength
from editgan_widgets.widgets.editor.tools.files import OPENINGS

TOOLS = [import_module(f"{__name__}.{file.name}") for file in iter_modules(__path__)]

_HANDLERS: dict[type[Command], Callable[[Document, Any], Outcome]] = {}
_PREVIEWS: dict[type[Command], Callable[[Document, Any], Tensor | None]] = {}
_PYTHON_ALONE: set[type[Command]] = set()
BUTTONS: list[str] = []
for tool in TOOLS:
    _HANDLERS |= getattr(tool, "HANDLERS", {})
    _PREVIEWS |= getattr(tool, "PREVIEWS", {})
    _PYTHON_ALONE |= set(getattr(tool, "PYTHON_ALONE", ()))
    BUTTONS += getattr(tool, "BUTTONS", ())

COMMANDS = Commands(*(kind for kind in (*_HANDLERS, *OPENINGS) if kind not in _PYTHON_ALONE))


def apply(document: Document, command: Command) -> Outcome:
    """Apply a command to a document; the caller holds the session's lock. A refused command changes nothing.

    Any command accepts a pending edit, except a change of its strength.
    """
    before = document.place
    outcome = _HANDLERS[type(command)](document, command)
    if document.place != before and not isinstance(command, SetStrength):
        document.accept()
    return outcome


def preview(document: Document, command: Command) -> Tensor | None:
    """The latent that a command would lead to; None if there is nothing to show."""
    return _PREVIEWS[type(command)](document, command)
