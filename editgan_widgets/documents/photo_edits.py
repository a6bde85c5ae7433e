"""PhotoEdits: the edits of a session, carried over to its photo.

A session edits a generated portrait that is like the photo. The change of its latent is added to the encoder's latent
of the photo, and the difference between these two portraits is transferred to the photo (transfer.py). A face part lies
at one place in the photo and at another in the session's picture; `Carried` maps between the two.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped, UInt8
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.documents.registration import Field, Registration, at, cells, inverse, nearest
from editgan_widgets.documents.transfer import GeneratedEdit, PartOpening, Transfer
from editgan_widgets.domains.domain import SubjectPoints
from editgan_widgets.domains.registry import domain_of
from editgan_widgets.latent.label_maps import predicted_label_map
from editgan_widgets.latent.latent_shapes import alike
from editgan_widgets.models.editgan import EditGAN

SHOWN = 512  # px, the largest side of a photo's square in an editor
_NEARLY = 1e-6  # reach of the landmarks' hull that adds nothing
_LEAST_PART = 3.5e-4  # share of the pixels below which a part is not compared
_KEPT = 12  # latents whose pictures are kept
LANDMARKS_FROM = 512  # px of the square in which landmarks of the photo are found


@dataclass(frozen=True, eq=False)
class Carried:
    """The square of a photo with an edit.

    Attributes:
        image: the photo's own pixels, at up to SHOWN px.
        label_map: parts of `image`, at the size of the model's pictures.
        to_generated, from_generated: displacements between places of `image` and of the session's picture.
    """

    image: UInt8[np.ndarray, "n n 3"]
    label_map: UInt8[np.ndarray, "s s"]
    to_generated: Field
    from_generated: Field

    def of_generated(self, values: Shaped[np.ndarray, "s s"]) -> Shaped[np.ndarray, "s s"]:
        """A label map or mask of the session's picture, at the places of the photo."""
        return nearest(values, self._in_generated)

    def of_photo(self, values: Shaped[np.ndarray, "s s"]) -> Shaped[np.ndarray, "s s"]:
        """A label map or mask of the photo, at the places of the session's picture."""
        return nearest(values, self._in_photo)

    def to_session(self, places: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Places of the photo, in shares of the square -> the same of the session's picture."""
        return places + at(self.to_generated, places[None].astype(np.float32))[0]

    @cached_property
    def _in_generated(self) -> Float[np.ndarray, "s s 2"]:
        return _displaced(self.to_generated, len(self.label_map))

    @cached_property
    def _in_photo(self) -> Float[np.ndarray, "s s 2"]:
        return _displaced(self.from_generated, len(self.label_map))


@dataclass(frozen=True, eq=False)
class Likeness:
    """A generated portrait and what is read off it."""

    w_plus: Tensor
    image: UInt8[np.ndarray, "s s 3"]
    label_map: UInt8[np.ndarray, "s s"]
    points: SubjectPoints

    @classmethod
    @torch.no_grad()
    def of(cls, model: EditGAN, w_plus: Tensor, near: SubjectPoints | None = None) -> "Likeness | None":
        """The portrait of a latent; None if no landmarks are found in it. With `near`, they are read quickly."""
        made = model.generator.synthesis(w_plus)
        image = images.to_uint8(made.image)[0]
        points = landmarks_of(model, image, near)
        if points is None:
            return None
        return cls(w_plus, image, predicted_label_map(model, made.features).cpu().numpy(), points)


class PhotoEdits:
    """Carries over the edits of a session that began at `origin`. Make one with `of`.

    Attributes:
        parts: part map of the photo's square before all edits, at the size of the model's pictures.
    """

    def __init__(self, model: EditGAN, photo: Photo, crop: Crop, origin: Tensor, like: Likeness, points: SubjectPoints):
        size = int(np.clip(round(crop.side), model.resolution, max(SHOWN, model.resolution)))
        self._model, self._photo, self._crop, self._origin, self._like = model, photo, crop, origin, like
        self._square = Photo(photo.cut(crop, size))
        self._registration = Registration(points.points, like.points.points, like.points.noise)
        self._points = points
        self._quick = landmarks_of(model, like.image, like.points) or like.points
        read = _parts(model, photo.cut(crop, model.resolution))
        self.parts = (
            nearest(like.label_map, _displaced(self._registration.difference, model.resolution))
            if read is None
            else read
        )
        self._openings = openings_of(model)
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, Transfer | None] = OrderedDict()
        self._shown: OrderedDict[bytes, Carried] = OrderedDict()

    @classmethod
    def of(
        cls, model: EditGAN, photo: Photo, crop: Crop, origin: Float[Tensor, "1 rows width"] | None = None
    ) -> "PhotoEdits | None":
        """Edits of a session that began at `origin`, or at the encoder's latent of the crop.

        None if the model has no encoder, or no landmarks are found in the photo or in the portrait like it.
        """
        if model.encoder is None or model.interpreter is None:
            return None
        points = landmarks_of(model, photo.cut(crop, max(LANDMARKS_FROM, model.resolution)))
        if points is None:
            return None
        with torch.no_grad():
            w_plus = model.encode(images.from_uint8(photo.cut(crop, model.resolution), model.device))
        like = Likeness.of(model, w_plus)
        return None if like is None else cls(model, photo, crop, w_plus if origin is None else origin, like, points)

    def carried(self, w_plus: Float[Tensor, "1 rows width"]) -> Carried:
        """The photo's square at a latent of the session.

        If no landmarks are found in the edited portrait, the square is as before.
        """
        with self._lock:
            key = _key(w_plus)
            if key not in self._shown:
                _remember(self._shown, key, self._carry(self._transfer(w_plus)))
            self._shown.move_to_end(key)
            return self._shown[key]

    def preview(self, w_plus: Float[Tensor, "1 rows width"]) -> UInt8[np.ndarray, "n n 3"]:
        """The picture of `carried`, with landmarks that are read more quickly."""
        with self._lock:
            transfer = None if self._unchanged(w_plus) else self._made(w_plus, quick=True)
        return self._square.pixels if transfer is None else self._picture(transfer)

    def whole(self, w_plus: Float[Tensor, "1 rows width"]) -> UInt8[np.ndarray, "h w 3"] | None:
        """The whole photo at its own size; None if no landmarks are found in the edited portrait."""
        with self._lock:
            transfer = self._transfer(w_plus)
        if transfer is not None:
            return transfer.picture(self._photo, self._crop)
        return self._photo.pixels.copy() if self._unchanged(w_plus) else None

    @property
    def landmark_error(self) -> float:
        """Mean distance of the portrait's landmarks from the photo's, in shares of `SubjectPoints.scale`.

        The portrait is first moved, turned and scaled to fit best.
        """
        a, b = (points - points.mean(0) for points in (self._like.points.points, self._points.points))
        u, s, vt = np.linalg.svd(a.T @ b)
        turned = (s.sum() / np.square(a).sum()) * a @ u @ vt
        return float(np.linalg.norm(turned - b, axis=1).mean() / self._points.scale)

    @property
    def part_agreement(self) -> float:
        """Mean IoU of the portrait's parts, at the places of the photo, with those read in the photo, 0 to 1.

        Of the parts that lie mostly between the landmarks.
        """
        read, made = (
            self.parts,
            nearest(self._like.label_map, _displaced(self._registration.difference, len(self.parts))),
        )
        inside = at(self._registration.near_photo(_NEARLY), cells(len(read)))[..., 0] > 0
        found = []
        for part in np.unique(read):
            both, either = (read == part) & (made == part), (read == part) | (made == part)
            if inside[either].mean() > 0.5 and either.sum() >= _LEAST_PART * either.size:
                found.append(both.sum() / either.sum())
        return float(np.mean(found)) if found else 0.0

    def _parts_of_portrait(self) -> UInt8[np.ndarray, "s s"]:
        """The parts of the portrait before all edits, at the places of the photo."""
        label_map = self._like.label_map
        return nearest(label_map, _displaced(self._registration.difference, len(label_map)))

    def _unchanged(self, w_plus: Tensor) -> bool:
        return torch.equal(*alike(w_plus, self._origin))

    def _transfer(self, w_plus: Tensor) -> Transfer | None:
        key = _key(w_plus)
        if key not in self._known:
            _remember(self._known, key, None if self._unchanged(w_plus) else self._made(w_plus))
        return self._known[key]

    def _made(self, w_plus: Tensor, quick: bool = False) -> Transfer | None:
        model, before = self._model, self._like
        now, began, like = alike(w_plus, self._origin, before.w_plus)
        after = Likeness.of(model, like + now - began, before.points if quick else None)
        if after is None:
            return None
        points = after.points.points
        if quick:  # the error of a quick reading is nearly that of another one
            points = before.points.points + points - self._quick.points
        edit = GeneratedEdit(before.image, after.image, before.label_map, after.label_map, points)
        return Transfer(self._registration, edit, self._openings)

    def _carry(self, transfer: Transfer | None) -> Carried:
        if transfer is None:
            lead = self._registration.difference
            return Carried(self._square.pixels, self.parts, lead, inverse(lead))
        lead = transfer.motion.to_after
        return Carried(self._picture(transfer), transfer.parts(self.parts), lead, inverse(lead))

    def _picture(self, transfer: Transfer) -> UInt8[np.ndarray, "n n 3"]:
        return transfer.picture(self._square, Crop(0, 0, self._square.width))


def _displaced(field: Field, size: int) -> Float[np.ndarray, "size size 2"]:
    """Where a field of displacements takes each pixel of a picture of `size` px."""
    here = cells(size)
    return here + at(field, here)


def landmarks_of(
    model: EditGAN, pixels: UInt8[np.ndarray, "s s 3"], near: SubjectPoints | None = None
) -> SubjectPoints | None:
    """Landmarks of a picture framed like the model's; None if it shows none, or the model's domain has no landmarks."""
    domain = domain_of(model)
    return None if domain is None or domain.landmarks is None else domain.landmarks(pixels, near)


def openings_of(model: EditGAN) -> tuple[PartOpening, ...]:
    """Openings of the subjects of the model's domain; parts that the model's labels lack are left out."""
    domain, ids = domain_of(model), {label.name: i for i, label in enumerate(model.labels)}
    return tuple(
        PartOpening(one, *(tuple(ids[name] for name in names if name in ids) for names in (one.seen, one.lids)))
        for one in (() if domain is None else domain.openings)
    )


def _parts(model: EditGAN, pixels: UInt8[np.ndarray, "s s 3"]) -> UInt8[np.ndarray, "s s"] | None:
    """Part map of a picture framed like the model's; None if the model's domain cannot read it."""
    domain = domain_of(model)
    return None if domain is None or domain.read_parts is None else domain.read_parts(pixels, model.labels)


def _key(w_plus: Tensor) -> bytes:
    return w_plus.detach().cpu().numpy().tobytes()


def _remember(known: OrderedDict[bytes, Any], key: bytes, value: Any) -> None:
    known[key] = value
    while len(known) > _KEPT:
        known.popitem(last=False)
