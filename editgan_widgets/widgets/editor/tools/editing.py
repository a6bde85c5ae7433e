"""Edits: start and stop them, set the strength of the last one, accept it, and change the optimisation's settings."""

from dataclasses import fields, replace
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType
from torch import Tensor

from editgan_widgets.documents.session import SessionError
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.widgets.core.commands import Command, Stop
from editgan_widgets.widgets.editor.commands import Flag, Steps, Strength, Text
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.painting import edit_run


class RunEdit(Command, frozen=True, kw_only=True, tag="run"):
    """Optimise the picture towards the painted mask."""

    runs: ClassVar = True

    steps: Steps | None = None


class Accept(Command, frozen=True, kw_only=True):
    """Accept the last edit."""


class SetStrength(Command, frozen=True, kw_only=True, tag="strength"):
    """Scale the last edit; `live` only shows the result."""

    strength: Strength
    live: Flag = False

    def passes(self, document: Document) -> bool:
        """True if the command only shows something."""
        return self.live


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of EditConfig that the page has fields for. A setting that is left out keeps its value."""

    lr: Annotated[float, Meta(le=5, title="Learning rate", description="takes 0.001 to 5")] | UnsetType = UNSET
    outside_budget: Annotated[float, Meta(le=0.2, title="Outside budget", description="takes 0 to 0.2")] | UnsetType = (
        UNSET
    )
    buffer_px: Annotated[float, Meta(le=64, title="Buffer", description="takes 0 to 64")] | UnsetType | None = UNSET
    stop_iou: Annotated[float, Meta(le=1, title="Stop at", description="takes 0 to 1")] | UnsetType | None = UNSET
    prime: Annotated[bool, Meta(title="Start from a known vector", description="is True or False")] | UnsetType = UNSET

    @property
    def given(self) -> dict[str, Any]:
        """The settings that were given."""
        return {name: value for name in SETTINGS if (value := getattr(self, name)) is not UNSET}


SETTINGS = Settings.__struct_fields__


class Configure(Command, frozen=True, kw_only=True):
    """Change the settings of the edits that follow: to those of a preset, if one is given, and then single ones."""

    at_once: ClassVar = True

    preset: Text | None = None
    settings: Annotated[Settings, Meta(title="settings from the browser", description=f"are {', '.join(SETTINGS)}")] = (
        Settings()
    )

    def config(self, document: Document) -> EditConfig:
        """The new settings. Raises ValueError for an unknown preset or a setting out of range."""
        present = document.session.config if self.preset is None else EditConfig.preset(self.preset)
        return changed(present, self.settings.given)

    def check(self, document: Document) -> None:
        """Raise ValueError for an unknown preset or a setting out of range."""
        self.config(document)


class TakeConfig(Command, frozen=True, kw_only=True):
    """Like Configure, with a complete EditConfig; only from Python."""

    at_once: ClassVar = True

    config: Any


def changed(config: EditConfig, settings: Any) -> EditConfig:
    """A configuration with changed settings. Raises ValueError."""
    try:
        return replace(config, **settings)
    except TypeError as error:
        known = ", ".join(setting.name for setting in fields(EditConfig))
        raise ValueError(f"an edit's settings are {known}; got {', '.join(settings)}") from error


def run(document: Document, command: RunEdit) -> Outcome:
    """Start an edit."""
    if not document.session.can_edit:
        raise SessionError("nothing to edit: paint a stroke first, on either picture")
    return Outcome(run=edit_run(document, command.steps or document.session.config.steps))


def stop(_document: Document, _command: Stop) -> Outcome:
    """Do nothing: the arrival of the command has already ended the running edit."""
    return Outcome()


def accept(document: Document, _command: Accept) -> Outcome:
    """Accept the last edit."""
    waited = document.pending
    document.accept()
    return Outcome(document.text("Accepted.") if waited else document.text("There is no edit to accept or discard."))


def set_strength(document: Document, command: SetStrength) -> Outcome:
    """Scale the last edit."""
    session, history = document.session, document.session.history
    with history.grouped(history.entry.group):
        session.set_strength(command.strength)
    return Outcome(document.text("Strength of the edit: {strength:.0%}.", strength=command.strength))


def at_strength(document: Document, command: SetStrength) -> Tensor | None:
    """Latent at another strength of the last edit; None if there is no edit."""
    session = document.session
    return None if session.strength is None else session.strength_latent(command.strength)


def configure(document: Document, command: Configure) -> Outcome:
    """Apply changed settings."""
    document.session.config = command.config(document)
    return Outcome()


def take_config(document: Document, command: TakeConfig) -> Outcome:
    """Apply a whole configuration."""
    document.session.config = command.config
    return Outcome()


PYTHON_ALONE = (TakeConfig,)
HANDLERS = {
    RunEdit: run,
    Stop: stop,
    Accept: accept,
    SetStrength: set_strength,
    Configure: configure,
    TakeConfig: take_config,
}
PREVIEWS = {SetStrength: at_strength}
