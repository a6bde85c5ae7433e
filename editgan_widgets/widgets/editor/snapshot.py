"""Snapshot: all that the browser shows of a document, made from it alone; what differs from the last one is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from editgan_widgets.latent.described_config import described
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.widgets.core import encoding, history_strip
from editgan_widgets.widgets.editor.document import Document
from editgan_widgets.widgets.editor.tools.editing import SETTINGS
from editgan_widgets.widgets.editor.tools.travel import title


class Encoded:
    """Arrays as bytes for the browser: each is encoded once for as long as it is the same one."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[np.ndarray, bytes]] = {}

    def still(self, name: str, pixels: np.ndarray) -> bytes:
        """A picture uint8 `[H, W, 3]`."""
        return self._once(name, pixels, encoding.still)

    def packed(self, name: str, array: np.ndarray | None) -> bytes:
        """A label map or a mask `[H, W]`; empty for None and for a mask of nothing."""
        if array is None or (array.dtype == bool and not array.any()):
            return b""
        return self._once(name, array, encoding.packed)

    def _once(self, name: str, array: np.ndarray, encode: Callable[[np.ndarray], bytes]) -> bytes:
        known = self._known.get(name)
        if known is None or not (known[0] is array or np.array_equal(known[0], array)):
            known = array, encode(array)
            self._known[name] = known
        return known[1]


@dataclass(frozen=True)
class Snapshot:
    """The traits of EditorView that follow from a document; `region` and `can_edit` are None where nobody asked."""

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
        """What is another one than in the last snapshot, by the trait's name."""
        mine = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value
            for name, value in mine.items()
            if value is not None or name == "pending"
            if last is None or getattr(last, name) != value
        }


def snapshot(document: Document, encoded: Encoded, region: bool = True) -> Snapshot:
    """What there is to show now. The caller holds the session's lock.

    Args:
        document: what is shown.
        encoded: keeps the bytes of what did not change.
        region: whether to ask where the next edit may act; for that the interpreter may have to look at the picture.
    """
    session, compared = document.session, document.compared
    before = session.original_image if compared is None else session.picture_at(compared)[0]
    return Snapshot(
        image=encoded.still("image", session.image),
        mask=encoded.packed("mask", session.label_map),
        painted=encoded.packed("painted", session.untried),
        original=encoded.packed("original", document.original),
        before=encoded.still("before", before),
        before_name="" if compared is None else title(document, compared),
        photo=b"" if document.photo is None else encoded.still("photo", document.photo_cut),
        region=encoded.packed("region", session.region) if region else None,
        can_edit=session.can_edit if region else None,
        can_undo=document.can_undo,
        can_redo=document.can_redo,
        pending=session.strength if document.pending else None,
        vectors=document.panel.shown(),
        vector_pictures=document.panel.pictures,
        settings=_settings(document),
    )


def strip(document: Document) -> list[dict[str, Any]]:
    """The history's strip."""
    return history_strip.strip(document.session.history, document.labels, document.text)


def _settings(document: Document) -> dict[str, Any]:
    """How edits are optimised."""
    config: EditConfig = document.session.config
    description = described(config) or {"preset": ""}
    settings = {"preset": description["preset"], **{name: getattr(config, name) for name in SETTINGS}}
    return {**settings, "terms": _terms(document)}


def _terms(document: Document) -> str:
    """Which perceptual features edits compare, and which terms they cannot compute."""
    session = document.session
    said = document.text("Perceptual features: {name}.", name=session.perceptual_features)
    if left_out := session.left_out():
        names = ", ".join(document.text(name) for name in left_out)
        said += " " + document.text("Not computed: {names}.", names=names)
    return said
