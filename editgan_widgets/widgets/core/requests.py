"""Requests: messages of a browser that change nothing and are answered beside the worker."""

from typing import Annotated

from msgspec import Meta

from editgan_widgets.widgets.core.commands import Command

Number = Annotated[int, Meta(ge=0, le=2**53, description="is a whole number")]


class Ack(Command, frozen=True, kw_only=True):
    """Frame `seq` was drawn."""

    seq: Annotated[int, Meta(ge=-(2**53), le=2**53, description="is a whole number")]


class State(Command, frozen=True, kw_only=True):
    """Send all traits again, unless `revision` is the newest."""

    revision: Number | None = None


class Dismiss(Command, frozen=True, kw_only=True):
    """Close the error box."""


REQUESTS = (Ack, State, Dismiss)
