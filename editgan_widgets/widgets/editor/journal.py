"""What an editor keeps beside its session's history: own vectors, the opened photo, how the tools stand.

`begin` starts a journal in the user's folder for it, `restored` reads one back. Where nothing can be written an editor
works all the same, and the journal is written once that works.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
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

# Traits that come back with the rest.
TOOLS = (
    *("label", "size", "shape", "opacity", "auto", "steps", "locked", "over", "mirror", "pressure"),
    *("mask_style", "palette"),
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Restored:
    """An editor's journal, read."""

    session: EditSession
    photo: PhotoSession | None
    vectors: dict[str, EditVector]  # those that were the user's own
    removed: dict[str, EditVector]  # own ones that were removed at any time, for the history
    tools: dict[str, Any]
    before: Path | None  # journal of the picture that was edited before this one


def begin(
    session: Any, folder: bool | str | Path, photo: PhotoSession | None = None, before: Path | None = None
) -> None:
    """Keep a session's journal: True in a new folder of the user's, False not at all.

    `before` is the journal of the picture that this one takes the place of. A session that has a journal keeps it.
    What cannot be written now is tried again later (see `problem`). Raises JournalError where a folder that was named
    has a journal already.
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
    with suppress(OSError):  # the working directory may be gone
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
    """The folder from which `restored` takes a session; None where nothing was kept yet."""
    journal = _journal(session)
    return journal.folder if journal is not None and journal.saved_once else None


def problem(session: Any) -> str:
    """Why the journal is not up to date; empty where it is, or none is kept."""
    journal = _journal(session)
    return "" if journal is None else journal.problem


def save(session: Any) -> None:
    """Try to write what could not be written."""
    journal = _journal(session)
    if journal is not None and journal.problem:
        journal.save()


def close(session: Any) -> None:
    """Give the journal free for pruning; anything done to the session later takes it up again."""
    journal = _journal(session)
    if journal is not None:
        journal.close()


def keep_vector(session: Any, vector: EditVector) -> None:
    """Write a vector beside the history; nothing where there is no journal."""
    journal = _journal(session)
    if journal is not None:
        name = f"{journal.count('vector')}.safetensors"
        journal.attach(f"vectors/{name}", vector.save)
        journal.write({"vector": name})


def drop_vector(session: Any, name: str) -> None:
    """Write down that a vector was removed."""
    journal = _journal(session)
    if journal is not None:
        journal.write({"vector removed": name})


def keep_tools(session: Any, tools: Mapping[str, Any]) -> None:
    """Write down how the tools stand."""
    journal = _journal(session)
    if journal is not None:
        journal.write({"tools": dict(tools)})


def restored(folder: str | Path | None, model: EditGAN | None) -> Restored:
    """Read an editor's journal.

    Args:
        folder: None takes the newest of this working directory, or else the newest of all.
        model: None loads the one that it names, if it is one that ships.

    Raises JournalError where there is none or it is broken, WrongModelError for another model's.
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
                if before is not None and torch.equal(before.delta_w_plus, vector.delta_w_plus):
                    removed[vector.name] = vector  # the history brought it back, and may take it away again
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
        raise JournalError(f"there is no journal in {journals_folder()}: no editor was used yet, or only without one")
    try:
        here = str(Path.cwd())
    except OSError:  # the working directory is gone
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
        f"the journal in {folder} is of model {about.get('fingerprint')}, which is none of those that ship; give it: "
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
    """The journal of the picture before, if it is still there."""
    before = about.get("before")
    with suppress(OSError):
        if isinstance(before, str) and (Path(before) / "log.jsonl").is_file():
            return Path(before)
    return None


def _journal(session: Any) -> Journal | None:
    store = session.history.store
    return store if isinstance(store, Journal) and store.folder is not None else None
