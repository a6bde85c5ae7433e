"""Snapshot: the state of a document that the browser shows. Only the differences from the last snapshot are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from editgan_widgets.latent.described_config import described
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.widgets.core import history_strip
from editgan_widgets.widgets.core.snapshot import Encoded, differences
from editgan_widgets.widgets.editor.document import Document
from editgan_widgets.widgets.editor.tools.editing import SETTINGS
from editgan_widgets.widgets.editor.tools.travel import title


@dataclass(frozen=True)
class Snapshot:
    """Traits of EditorView that are derived from a document. `region` and `can_edit` are None if not computed."""

    image: bytes
    mask: bytes
    painted: bytes
    original: bytes
    before: bytes
    before_name: str
    photo: bytes
    region: bytes | None
    can_edit: bool | None
    can_undo: bool
    can_redo: bool
    pending: float | None
    vectors: list[dict[str, Any]]
    vector_pictures: Mapping[str, bytes]
    settings: dict[str, Any]

    def differs(self, last: "Snapshot | None") -> dict[str, Any]:
        """Return the traits whose values differ from those of the last snapshot; all of them if there is none."""
        mine = {field.name: getattr(self, field.name) for field in fields(self)}
        known = {name: value for name, value in mine.items() if value is not None or name == "pending"}
        return differences(known, None if last is None else vars(last))


def snapshot(document: Document, encoded: Encoded, region: bool = True) -> Snapshot:
    """Take a snapshot of a document. The caller holds the session's lock.

    Args:
        document: the document to show.
        encoded: cache of encoded arrays.
        region: compute the region of the next edit too, for which the interpreter may have to segment the picture.
    """
    session, shown, compared = document.session, document.shown, document.compared
    acts = session.region if region else None
    return Snapshot(
        image=encoded.still("image", shown.image),
        mask=encoded.packed("mask", shown.label_map),
        painted=encoded.packed("painted", shown.mask(session.untried)),
        original=encoded.packed("original", document.original),
        before=encoded.still("before", shown.picture_at(compared)),
        before_name="" if compared is None else title(document, compared),
        photo=b""
        if document.photo is None
        else encoded.still("photo", shown.picture_at() if shown.shows_photo else document.photo_cut),
        region=encoded.packed("region", None if acts is None else shown.mask(acts)) if region else None,
        can_edit=session.can_edit if region else None,
        can_undo=document.can_undo,
        can_redo=document.can_redo,
        pending=session.strength if document.pending else None,
        vectors=document.panel.shown(),
        vector_pictures=document.panel.pictures,
        settings=_settings(document),
    )


def strip(document: Document) -> list[dict[str, Any]]:
    """Return the nodes of the history strip."""
    return history_strip.strip(document.session.history, document.labels, document.text)


def _settings(document: Document) -> dict[str, Any]:
    """Return the optimisation settings, with the names that the browser uses."""
    config: EditConfig = document.session.config
    description = described(config) or {"preset": ""}
    settings = {"preset": description["preset"], **{name: getattr(config, name) for name in SETTINGS}}
    return {**settings, "terms": _terms(document)}


def _terms(document: Document) -> str:
    """Name the perceptual features that edits compare, and the terms that cannot be computed."""
    session = document.session
    said = document.text("Perceptual features: {name}.", name=session.perceptual_features)
    if left_out := session.left_out():
        names = ", ".join(document.text(name) for name in left_out)
        said += " " + document.text("Not computed: {names}.", names=names)
    return said
