"""Data that an editor stores beside its session's history: the user's vectors, the opened photo, settings of the tools.

`begin` starts a journal in the user's folder of journals, `restored` reads one. If nothing can be written, the editor
works without it, and the journal is written once that is possible.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from editgan_widgets.documents.journal import (
    Journal,
    JournalError,
    journals_folder,
    new_folder,
    newest_folders,
    not_saved,
    read_about,
)
from editgan_widgets.documents.journal_folders import expanded
from editgan_widgets.documents.photo import Crop, open_photo
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.session import EditSession
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError, WrongModelError
from editgan_widgets.models.editgan import MODELS, EditGAN, load_model

# Traits that are restored too.
TOOLS = (
    *("label", "size", "shape", "opacity", "auto", "steps", "locked", "over", "mirror", "pressure"),
    *("mask_style", "palette"),
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Restored:
    """Contents of an editor's journal."""

    session: EditSession
    photo: PhotoSession | None
    vectors: dict[str, EditVector]  # the user's vectors
    removed: dict[str, EditVector]  # the user's vectors that were removed at any time, for the history
    tools: dict[str, Any]
    before: Path | None  # journal of the previous picture


def begin(
    session: Any, folder: bool | str | Path, photo: PhotoSession | None = None, before: Path | None = None
) -> None:
    """Start a session's journal: True in a new folder of the user's, False without one.

    `before` is the journal of the previous picture. A session that has a journal keeps it. Failed writes are retried
    later (see `problem`). Raises JournalError if a given folder already has a journal.
    """
    store = session.history.store
    if isinstance(store, Journal) and store.folder is not None:
        store.watched = True
        return
    if folder is False or not isinstance(session, EditSession):
        return
    try:
        place = new_folder() if folder is True else expanded(folder)
    except OSError as error:
        _log.warning("%s", not_saved(str(error)))
        return
    about: dict[str, Any] = {}
    with suppress(OSError):  # the working directory may have been deleted
        about["cwd"] = str(Path.cwd())
    if before is not None:
        about["before"] = str(before)
    if photo is not None:
        about["photo"] = photo.about
    journal = session.keep_journal(place, required=False, **about)
    journal.watched = True
    if photo is not None:
        _attach_photo(journal, photo)


def journal_of(session: Any) -> Path | None:
    """The folder from which `restored` can read the session; None if nothing was written yet."""
    journal = _journal(session)
    return journal.folder if journal is not None and journal.saved_once else None


def problem(session: Any) -> str:
    """Reason why the journal is not up to date; empty if it is, or if there is none."""
    journal = _journal(session)
    return "" if journal is None else journal.problem


def save(session: Any) -> None:
    """Retry failed writes."""
    journal = _journal(session)
    if journal is not None and journal.problem:
        journal.save()


def close(session: Any) -> None:
    """Release the journal, so that it may be pruned; a later action of the session takes it up again."""
    journal = _journal(session)
    if journal is not None:
        journal.close()


def keep_vector(session: Any, vector: EditVector) -> None:
    """Write a vector beside the history; does nothing without a journal."""
    journal = _journal(session)
    if journal is not None:
        name = f"{journal.count('vector')}.safetensors"
        journal.attach(f"vectors/{name}", vector.save)
        journal.write({"vector": name})


def drop_vector(session: Any, name: str) -> None:
    """Record that a vector was removed."""
    journal = _journal(session)
    if journal is not None:
        journal.write({"vector removed": name})


def keep_tools(session: Any, tools: Mapping[str, Any]) -> None:
    """Write the settings of the tools."""
    journal = _journal(session)
    if journal is not None:
        journal.write({"tools": dict(tools)})


def restored(folder: str | Path | None, model: EditGAN | None) -> Restored:
    """Read an editor's journal.

    Args:
        folder: None means the newest journal of this working directory, or else the newest of all.
        model: None loads the model named in the journal, if it ships with the package.

    Raises JournalError if there is none or it is broken, WrongModelError for another model's.
    """
    place = _newest() if folder is None else expanded(folder)
    about = read_about(place)
    model = _model_of(about, place) if model is None else model
    session, lines = EditSession.restore_with(model, place)
    journal = session.history.store
    assert isinstance(journal, Journal)
    vectors, removed, tools = {}, {}, {}
    for line in lines:
        if "tools" in line:
            tools = {name: value for name, value in line["tools"].items() if name in TOOLS}
        if line.get("vector removed") in vectors:
            removed[line["vector removed"]] = vectors.pop(line["vector removed"])
        if "vector" in line:
            try:
                name = Path(line["vector"]).name
                vector = EditVector.load(place / "vectors" / name)
                journal.attach(f"vectors/{name}", vector.save, written=True)
                vectors[vector.name] = vector
                before = removed.pop(vector.name, None)
                if before is not None and before.same_change(vector):
                    removed[vector.name] = vector  # the history restored it, and may remove it again
            except (EditVectorError, OSError) as error:
                _log.warning("a vector of the journal is left out: %s", error)
    photo = _photo_of(about, place, session)
    if photo is not None:
        _attach_photo(journal, photo, written=True)
    return Restored(session, photo, vectors, removed, tools, _before_of(about))


def _attach_photo(journal: Journal, photo: PhotoSession, written: bool = False) -> None:
    pixels = photo.photo.pixels
    journal.attach("photo.png", lambda path: Image.fromarray(pixels).save(path, compress_level=1), written)


def _newest() -> Path:
    folders = newest_folders()
    if not folders:
        raise JournalError(f"there is no journal in {journals_folder()}: no editor with a journal was used yet")
    try:
        here = str(Path.cwd())
    except OSError:  # the working directory was deleted
        return folders[0]
    return next((folder for folder in folders if _begun_in(folder) == here), folders[0])


def _begun_in(folder: Path) -> str | None:
    try:
        return read_about(folder).get("cwd")
    except JournalError:
        return None


def _model_of(about: dict[str, Any], folder: Path) -> EditGAN:
    for name, path in MODELS.items():
        if path.is_file():
            model = load_model(name)
            if about.get("fingerprint") in (model.fingerprint, model.base_fingerprint):
                return model
    raise WrongModelError(
        f"the journal in {folder} is of model {about.get('fingerprint')}, which does not ship; pass it: "
        "Editor.restore(model=load_model(FILE))"
    )


def _photo_of(about: dict[str, Any], folder: Path, session: EditSession) -> PhotoSession | None:
    if "photo" not in about:
        return None
    try:
        kept = about["photo"]
        return PhotoSession(
            open_photo(folder / "photo.png"), Crop(*(float(x) for x in kept["crop"])), session, float(kept["psnr"])
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise JournalError(f"the photo of the journal in {folder} is missing or broken ({error})") from error


def _before_of(about: dict[str, Any]) -> Path | None:
    """The journal of the previous picture, if it still exists."""
    before = about.get("before")
    with suppress(OSError):
        if isinstance(before, str) and (Path(before) / "log.jsonl").is_file():
            return Path(before)
    return None


def _journal(session: Any) -> Journal | None:
    store = session.history.store
    return store if isinstance(store, Journal) and store.folder is not None else None
