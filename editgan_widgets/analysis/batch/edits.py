"""Edits of one portrait of a batch: pictures and measurements, computed here or on a worker of a cluster.

Every picture is generated and read alone, with one torch thread. So it does not depend on what else is in the batch, on
the number of workers, or on what an earlier call has done: equal calls on equal machines give equal bytes.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.analysis.batch.portraits import Source, reason_of
from editgan_widgets.analysis.results import Record
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.saved_picture import SavedPictureError, open_picture
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.latent.label_maps import predicted_label_map
from editgan_widgets.latent.target import from_segmentations
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.models.editgan import EditGAN

_SETTING = threading.Lock()


@dataclass(frozen=True, eq=False)
class Work:
    """What is done with each portrait; sent once to each worker of a cluster.

    Attributes:
        model: the model that generates the pictures.
        vectors: to apply.
        read: attributes of pictures; None: none are read.
        identity: embeds pictures; None: identity is not compared.
        embedding: settings for pictures that have no latent.
    """

    model: EditGAN
    vectors: tuple[EditVector, ...]
    read: Read | None = None
    identity: IdentityModel | None = None
    embedding: EmbedConfig = field(default_factory=EmbedConfig)


@dataclass(frozen=True)
class Edit:
    """One vector at one strength.

    Attributes:
        vector: index into `Work.vectors`.
        strength: scale of the vector.
        key: under which the edit of this portrait is filed.
    """

    vector: int
    strength: float
    key: str


@dataclass(frozen=True, eq=False)
class Task:
    """The missing edits of one portrait.

    Attributes:
        name: name of the portrait.
        source: its latent, or its picture.
        psnr: PSNR of the embedding, if the latent is one, dB.
        edits: to make.
    """

    name: str
    source: Source
    psnr: float | None
    edits: tuple[Edit, ...]


@dataclass(frozen=True, eq=False)
class Done:
    """Result of a task.

    Attributes:
        name: name of the portrait.
        original: picture of the latent before edits, uint8 `[H, W, 3]`; None if the task was skipped.
        edited: for each edit its picture.
        figures: for each edit: change of the picture, change outside, identity, psnr, changes of attributes.
        embedded: `[1, num_ws, w_dim]`, the latent of a photo; None if nothing was embedded.
        reason: why the portrait was skipped; None if it was not.
    """

    name: str
    original: np.ndarray | None = None
    edited: tuple[np.ndarray, ...] = ()
    figures: tuple[Record, ...] = ()
    embedded: Tensor | None = None
    psnr: float | None = None
    reason: str | None = None


class Interrupted(Exception):
    """The computation of a portrait was stopped before it was complete."""


class UnreadError(ValueError):
    """A function of the caller, `read` or `identity`, failed on a picture."""


def edited(work: Work, task: Task, should_stop: Callable[[], bool] | None = None) -> Done:
    """Make the edits of one portrait. One that cannot be embedded, or on which `read` fails, gives a `reason`.

    Raises Interrupted if `should_stop` returned True during an embedding.
    """
    with one_thread(), torch.no_grad():
        try:
            w_plus, psnr = _latent(work, task, should_stop)
        except (OSError, ValueError, torch.cuda.OutOfMemoryError) as error:
            return Done(task.name, reason=reason_of(error))
        try:
            before = _seen(work, w_plus, parts=True)
            after = [_edited(work, w_plus, before, edit, psnr) for edit in task.edits]
        except UnreadError as error:
            return Done(task.name, reason=reason_of(error))
    embedded = w_plus.cpu() if isinstance(task.source, bytes) else None
    pictures, figures = tuple(picture for picture, _ in after), tuple(record for _, record in after)
    return Done(task.name, before.picture, pictures, figures, embedded, psnr)


def _latent(work: Work, task: Task, should_stop: Callable[[], bool] | None) -> tuple[Tensor, float | None]:
    """Latent [1, num_ws, w_dim], and the PSNR of its embedding."""
    model = work.model
    if not isinstance(task.source, bytes):
        return task.source.to(model.device), task.psnr
    try:
        return open_picture(model, task.source).w_plus, None
    except SavedPictureError:
        pass
    with torch.enable_grad():
        photo = PhotoSession.open(model, task.source, config=work.embedding, should_stop=should_stop)
    assert photo.embedding is not None
    if photo.embedding.steps < work.embedding.steps:  # by should_stop or Ctrl+C
        raise Interrupted
    return photo.session.w_plus, photo.psnr


@dataclass(frozen=True, eq=False)
class _Seen:
    """One picture and what is read off it."""

    picture: np.ndarray  # uint8 [H, W, 3]
    attributes: dict[str, float]
    who: Tensor | None  # unit vector, of the identity network
    label_map: np.ndarray | None  # uint8 [H, W], by the interpreter


def _seen(work: Work, w_plus: Tensor, parts: bool) -> _Seen:
    """Generate a picture and read it; with `parts`, by the interpreter too, if there is one."""
    made = work.model.generator.synthesis(w_plus)
    image = made.image.clamp(-1, 1)
    found = {} if work.read is None else _asked(work.read, image, "read")
    attributes = {name: float(value[0]) for name, value in found.items()}
    who = None if work.identity is None else _asked(work.identity, image, "identity")[0]
    parts = parts and work.model.interpreter is not None
    label_map = predicted_label_map(work.model, made.features).cpu().numpy() if parts else None
    return _Seen(images.to_uint8(image)[0], attributes, who, label_map)


def _asked(function: Callable[[Tensor], Any], image: Tensor, name: str) -> Any:
    """What a function of the caller gives. Raises UnreadError with its message if it fails."""
    try:
        return function(image)
    except Exception as error:  # of any type, since the function is the caller's
        raise UnreadError(f"{name} fails on a picture: {type(error).__name__}: {error}") from error


def _edited(work: Work, w_plus: Tensor, before: _Seen, edit: Edit, psnr: float | None) -> tuple[np.ndarray, Record]:
    vector = work.vectors[edit.vector]
    after = _seen(work, vector.apply(w_plus, edit.strength, force=True), parts=bool(vector.labels))
    change = np.abs(after.picture.astype(np.float64) - before.picture).mean(2) / 255
    who = None if before.who is None or after.who is None else float((before.who * after.who).sum())
    figures: Record = {"change": float(change.mean()), "change outside": _outside(work, vector, before, after, change)}
    figures |= {"identity": who, "psnr": psnr}
    figures |= {name: value - before.attributes[name] for name, value in after.attributes.items()}
    return after.picture, {name: _rounded(value) for name, value in figures.items()}


def _outside(work: Work, vector: EditVector, before: _Seen, after: _Seen, change: np.ndarray) -> float | None:
    """Mean change outside the vector's parts; None without an interpreter, or for a vector without parts."""
    parts = work.model.labels.exact_ids(vector.labels)
    if before.label_map is None or after.label_map is None or not parts:
        return None
    try:
        region = from_segmentations(before.label_map, after.label_map, parts).region
    except ValueError:  # none of the parts is visible: everything is outside
        return float(change.mean())
    return None if region.all() else float(change[~region].mean())


def _rounded(value: float | None) -> float | None:
    """The number with six digits, so that a table read from a file equals one that was just computed."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one torch thread: with another number, sums differ in the last bits.

    `torch.set_num_threads` sets the number of the calling thread, and the number that new threads start with. The
    second is set back at once, in a thread of its own, so that other threads that begin meanwhile keep theirs.
    """
    with _SETTING:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        other = threading.Thread(target=torch.set_num_threads, args=(before,))
        other.start()
        other.join()
    try:
        yield
    finally:
        with _SETTING:
            torch.set_num_threads(before)


def begin_thread() -> None:
    """Have torch choose its number of threads for this thread now, not while `one_thread` changes it elsewhere."""
    with _SETTING:
        torch.get_num_threads()
