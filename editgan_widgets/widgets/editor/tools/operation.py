"""Operations on whole parts: part tools, a part from another portrait, masks from files, operations of scripts."""

from collections.abc import Sequence
from typing import Any, ClassVar

from editgan_widgets.documents.samples import take_from
from editgan_widgets.masks.mask_file import Source, open_part_mask, read_mask
from editgan_widgets.masks.part_operations import Operation, shaped
from editgan_widgets.widgets.core.commands import Command, file_of
from editgan_widgets.widgets.editor.commands import File, PaintCommand, Part, Psi, Seed, Text
from editgan_widgets.widgets.editor.document import Document, Outcome
from editgan_widgets.widgets.editor.painting import PAINTED, change_mask, nothing_operated
from editgan_widgets.widgets.editor.part_tools import part_tool
from editgan_widgets.widgets.editor.sample_shelf import checked_sample


class Operate(PaintCommand, frozen=True, kw_only=True):
    """Apply a part tool (part_tools.py)."""

    label: Part
    name: Text

    def check(self, document: Document) -> None:
        """Raise ValueError for an unknown tool, UnknownLabelError for an unknown label."""
        self.rule(document.labels)
        part_tool(self.name, document.labels[self.label].id, document.size[0])


class FromSample(PaintCommand, frozen=True, kw_only=True):
    """Give a part the shape that it has in another portrait."""

    label: Part
    seed: Seed
    psi: Psi
    source: Text = "torch"

    def check(self, document: Document) -> None:
        """Raise ValueError for a portrait or a part that does not exist."""
        self.rule(document.labels)
        _ = document.labels[self.label], checked_sample(self.seed, self.psi, self.source)


class OpenMask(PaintCommand, frozen=True, kw_only=True):
    """Replace the mask by that of a file."""

    buffers: ClassVar = {"file": file_of}

    file: File


class OpenPartMask(PaintCommand, frozen=True, kw_only=True):
    """Paint one part where a black-and-white file is white."""

    buffers: ClassVar = {"file": file_of}

    file: File
    label: Part


class ChangeMask(PaintCommand, frozen=True, kw_only=True):
    """Apply a function to the mask; only from Python."""

    operation: Any
    name: str = "operation"
    part: int = 0
    notes: Sequence[Any] = ()


def operate(
    document: Document,
    command: PaintCommand,
    operation: Operation,
    tool: str,
    part: int = 0,
    mirrors: bool = True,
    notes: Sequence[Any] = (),
) -> Outcome:
    """Apply an operation to the mask. `tool` and `part` are recorded in the history."""
    labels, rule = document.labels, command.rule(document.labels, mirrors)
    nothing = nothing_operated(document)
    if tool == "mask":
        nothing = document.text(
            "The parts are unchanged: the file shows the same parts, or may not paint over those that differ."
        )
    return change_mask(
        document,
        command,
        lambda label_map: rule.operate(operation, label_map, labels),
        document.text(PAINTED),
        nothing,
        tuple(notes),
        **{"do": "label_map", "tool": tool, **({"part": part} if part else {})},
    )


def use_tool(document: Document, command: Operate) -> Outcome:
    """Apply a part tool."""
    part = document.labels[command.label].id
    tool = part_tool(command.name, part, document.size[0])
    return operate(document, command, tool, command.name, part, mirrors=False)


def take_part(document: Document, command: FromSample) -> Outcome:
    """Copy a part's shape from another portrait, which is generated first."""
    part = document.labels[command.label].id
    taken = take_from(document.session.model, checked_sample(command.seed, command.psi, command.source), part)
    return operate(document, command, taken, "from another portrait", part, mirrors=False)


def read_parts(document: Document, command: OpenMask) -> Outcome:
    """Replace the mask."""
    return change(document, mask_change(document, command.file, **_how(command)))


def read_part(document: Document, command: OpenPartMask) -> Outcome:
    """Paint one part."""
    return change(document, part_mask_change(document, command.file, command.label, **_how(command)))


def change(document: Document, command: ChangeMask) -> Outcome:
    """Apply a script's function."""
    mirrors = command.name != "mask"
    return operate(document, command, command.operation, command.name, command.part, mirrors, command.notes)


def mask_change(document: Document, mask: Source, **how: Any) -> ChangeMask:
    """Label map of a mask file. Raises MaskFileError."""
    opened = read_mask(mask, document.labels, document.size)
    return ChangeMask(operation=lambda _map, _labels: opened.label_map, name="mask", notes=opened.notes, **how)


def part_mask_change(document: Document, mask: Source, label: Any, exact: bool = False, **how: Any) -> ChangeMask:
    """Label map with one part painted where a mask is white. Errors as in EditSession.paint_mask."""
    part, opened = document.labels[label].id, open_part_mask(mask, document.size)
    operation = shaped(opened.mask, part, exact)
    return ChangeMask(operation=operation, name="mask", part=part, notes=opened.notes, **how)


def _how(command: Command) -> dict[str, Any]:
    return {name: getattr(command, name) for name in ("auto", "steps", "locked", "over")}


PYTHON_ALONE = (ChangeMask,)
HANDLERS = {
    Operate: use_tool,
    FromSample: take_part,
    OpenMask: read_parts,
    OpenPartMask: read_part,
    ChangeMask: change,
}
