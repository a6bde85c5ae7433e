"""Requests of the editor's page that change nothing and are answered beside the worker."""

from typing import Annotated

from msgspec import Meta

from editgan_widgets.widgets.core.commands import Command, Commands
from editgan_widgets.widgets.editor.commands import PaintCommand, Part, Psi, Seed, Text
from editgan_widgets.widgets.editor.tools import COMMANDS


class Thumbs(Command, frozen=True, kw_only=True):
    """Send all thumbnails of the history."""


class History(Command, frozen=True, kw_only=True):
    """Send the whole history strip."""


class Samples(Command, frozen=True, kw_only=True):
    """Send small pictures of generated portraits: each seed at each psi."""

    seeds: Annotated[list[Seed], Meta(description="is a list of whole numbers from 0 up")]
    psis: Annotated[list[Psi], Meta(description="is a list of numbers from 0 to 2")]


class Outline(PaintCommand, frozen=True, kw_only=True):
    """Send the outline that a part would have after a part tool."""

    name: Text = ""
    label: Part


MESSAGES = Commands(*COMMANDS.kinds.values(), Thumbs, History, Samples, Outline)  # without REQUESTS
