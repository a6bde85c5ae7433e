"""PhotoSession: a photo in an EditSession: cropped and embedded; edits are carried over to the whole picture.

    photo = PhotoSession.open(model, "portrait.jpg")     the encoder's pass and then optimisation, EditGAN section 3.2
    photo.session.paint(...)                             the same session as for a sampled portrait
    pixels = photo.pasted()                              uint8 [H, W, 3] of the photo's own size

With `tune`, the session has its own generator, fine-tuned around the latent (latent/pivotal.py) and not saved.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import UInt8
from scipy import ndimage
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.documents.photo import Crop, Photo, PhotoError, Source, open_photo, paste
from editgan_widgets.documents.session import EditSession
from editgan_widgets.documents.transfer import GeneratedEdit, Landmarks, transferred
from editgan_widgets.domains.domain import SubjectPoints
from editgan_widgets.domains.registry import domain_of
from editgan_widgets.latent.embed import EmbedConfig, Embedding, EmbedStep, embed
from editgan_widgets.latent.label_maps import predicted_label_map
from editgan_widgets.latent.latent_shapes import alike
from editgan_widgets.latent.pivotal import PivotalConfig, PivotalStep, tune_around
from editgan_widgets.masks.mask_file import is_mask_of
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.notes import Note
from editgan_widgets.scalars import Flag, Real, flag
from editgan_widgets.squares import overlap

_SCALES, _SHIFTS = (0.6, 0.75, 0.9), (-0.15, 0.0, 0.15)  # relative to the central square, tried first …
_FINE_SCALES, _FINE_SHIFTS = (0.92, 1.0, 1.08), (-0.05, 0.0, 0.05)  # … and relative to the best of these
_WHOLE, _UPRIGHT = 0.8, 5.0  # IoU with the central square, and degrees, from which a square is the whole picture
_LANDMARKS_FROM = 512  # px of the crop in which landmarks of the photo are found
_CLEARLY = 0.8  # another square must have less than this share of the central square's error


@dataclass(frozen=True, eq=False)
class PhotoSession:
    """A photo and the session that edits it."""

    photo: Photo
    crop: Crop  # the square that was embedded
    session: EditSession
    psnr: float  # dB, between the embedding's picture and the crop, before tuning
    embedding: Embedding | None = None  # None if the session was restored from its journal

    @property
    def cut(self) -> UInt8[np.ndarray, "s s 3"]:
        """The crop at the model's size, which the session's first picture reproduces."""
        return self.photo.cut(self.crop, self.session.model.resolution)

    @property
    def about(self) -> dict[str, Any]:
        """Crop, PSNR and notes as JSON values, for the journal."""
        return {"crop": list(self.crop.numbers), "psnr": self.psnr, "notes": list(self.photo.notes)}

    @classmethod
    def open(
        cls,
        model: EditGAN,
        source: Source | Photo,
        crop: Crop | None = None,
        config: EmbedConfig | None = None,
        tune: PivotalConfig | None = None,
        on_step: Callable[[EmbedStep | PivotalStep], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
        force: Flag = False,
    ) -> "PhotoSession":
        """Embed a photo. One in which no face is found is embedded too, and its notes say so.

        Args:
            model: frozen; with an encoder, the embedding starts at its result.
            source: file, bytes, Pillow image, array, or a Photo.
            crop: square to embed; None means that of the largest face (`found_crops`), or else `suggest_crop`.
            config: settings of the embedding, such as EmbedConfig.preset("fast"); None for the defaults.
            tune: settings to fine-tune a copy of the generator around the latent; None does not tune.
            on_step: called with every step of embedding and tuning.
            should_stop: called after every step; True ends early with the best so far, and so does an interrupt
                (Ctrl+C) after the first step.
            force: embed a picture that looks like a part mask of the model's labels.

        Raises FileNotFoundError, PhotoError for a file that is not a picture or looks like a part mask, ValueError for
        a crop outside the photo.
        """
        photo = source if isinstance(source, Photo) else open_photo(source)
        if not flag(force, "force") and is_mask_of(photo.pixels, model.labels):
            raise PhotoError(
                f"the picture is a part mask of {model.labels.name!r}, not a photo: session.load_mask reads it; give "
                "force=True to embed it anyway"
            )
        if crop is None:
            crop, note = _framed(model, photo)
            photo = replace(photo, notes=(*photo.notes, *note))
        image = images.from_uint8(photo.cut(crop, model.resolution), model.device)
        found = embed(model, image, config, on_step, should_stop)
        interrupted = found.steps < (config or EmbedConfig()).steps
        if tune is not None and not interrupted and not (should_stop is not None and should_stop()):
            model = tune_around(model, image, found.w_plus, tune, on_step, should_stop)
        return cls(photo, crop, EditSession.from_latent(model, found.w_plus), float(found.psnr[0]), found)

    def pasted(
        self, method: Literal["transfer", "gradient", "feather"] | None = None, residual: Real = 0.0
    ) -> UInt8[np.ndarray, "h w 3"]:
        """The photo with the session's edits, at its own resolution.

        Args:
            method: "transfer" moves the photo's own pixels and adds what is new (documents/transfer.py). Motion and
                content are those of a portrait like the photo, the encoder's, to which the session's change of the
                latent is added. "gradient" and "feather" add the difference of the session's pictures
                (documents.photo.paste). None is "transfer" if landmarks are found in the photo and in these portraits,
                or else "gradient".
            residual: of "gradient" and "feather"; if a part moved, it would leave the part's old outline visible.

        Raises ValueError for "transfer" without an encoder or landmarks.
        """
        if method in (None, "transfer"):
            moved = self._transferred()
            if moved is not None:
                return moved
            if method == "transfer":
                raise ValueError(
                    'no landmarks were found, or the model has no encoder, which "transfer" needs; use "gradient" or '
                    '"feather"'
                )
            method = "gradient"
        session = self.session
        pictures = session.original_image, session.image
        return paste(self.photo, self.crop, *pictures, session.edited_region, method, residual=residual)

    def _transferred(self) -> UInt8[np.ndarray, "h w 3"] | None:
        """The photo with the edits by transfer; None if it is not possible."""
        before, photo, session = self._likeness, self._photo_points, self.session
        if before is None or photo is None:
            return None
        now, began, start = alike(session.w_plus, session.origin, before.w_plus)
        if torch.equal(now, began):
            return self.photo.pixels.copy()
        after = _likeness(session.model, start + now - began)
        if after is None:
            return None
        near = ndimage.binary_dilation(session.edited_region, iterations=session.model.resolution // 32)
        edit = GeneratedEdit(before.image, after.image, before.label_map, after.label_map, near)
        points = Landmarks(before.points.points, after.points.points, photo.points, before.points.noise)
        return transferred(self.photo, self.crop, edit, points)

    @cached_property
    def _likeness(self) -> "_Likeness | None":
        """The encoder's portrait of the photo."""
        model = self.session.model
        if model.encoder is None or model.interpreter is None:
            return None
        with torch.no_grad():
            w_plus = model.encode(images.from_uint8(self.cut, model.device))
        return _likeness(model, w_plus)

    @cached_property
    def _photo_points(self) -> SubjectPoints | None:
        """Landmarks of the crop."""
        model = self.session.model
        return _landmarks(model, self.photo.cut(self.crop, max(_LANDMARKS_FROM, model.resolution)))


@dataclass(frozen=True, eq=False)
class _Likeness:
    """A generated portrait and what is read off it."""

    w_plus: Tensor
    image: UInt8[np.ndarray, "s s 3"]
    label_map: UInt8[np.ndarray, "s s"]
    points: SubjectPoints


@torch.no_grad()
def _likeness(model: EditGAN, w_plus: Tensor) -> _Likeness | None:
    """The portrait of a latent; None if no landmarks are found in it."""
    made = model.generator.synthesis(w_plus)
    image = images.to_uint8(made.image)[0]
    points = _landmarks(model, image)
    if points is None:
        return None
    return _Likeness(w_plus, image, predicted_label_map(model, made.features).cpu().numpy(), points)


def _landmarks(model: EditGAN, pixels: UInt8[np.ndarray, "s s 3"]) -> SubjectPoints | None:
    """Landmarks of a picture framed like the model's; None if it shows none, or the model's domain has no landmarks."""
    domain = domain_of(model)
    return None if domain is None or domain.landmarks is None else domain.landmarks(pixels)


def found_crops(model: EditGAN, photo: Photo) -> list[Crop] | None:
    """Squares that frame what the model generates, such as faces, the most prominent first.

    None if the model's domain cannot find anything in pictures; an empty list if nothing was found. A square that
    nearly is the largest central square is replaced by that.
    """
    domain = domain_of(model)
    if domain is None or domain.find is None:
        return None
    central = photo.central_crop()
    crops = [Crop.of(subject.square) for subject in domain.find(photo.pixels)]
    whole = [overlap(c.square, central.square) > _WHOLE and abs(c.roll) < _UPRIGHT for c in crops]
    return [central if is_whole else crop for crop, is_whole in zip(crops, whole, strict=True)]


def _framed(model: EditGAN, photo: Photo) -> tuple[Crop, list[Note]]:
    """The square to embed, and a note if it is not the only one or a guess."""
    found, domain = found_crops(model, photo), domain_of(model)
    if found is None or domain is None:
        return suggest_crop(model, photo), []
    if not found:
        return suggest_crop(model, photo), [
            Note("no {subjects} were found, so the square is a guess", subjects=domain.subjects)
        ]
    several = Note("{count} {subjects} were found; this is the largest", count=len(found), subjects=domain.subjects)
    return found[0], [several] if len(found) > 1 else []


def suggest_crop(model: EditGAN, photo: Photo) -> Crop:
    """Find the square that one pass of the encoder reproduces best, by a coarse and a fine search.

    A cheap replacement for a face detector: the reconstruction is good if the face is framed as in the model's
    pictures. Returns the central square if no other one is clearly better, or if the model has no encoder.
    """
    central = photo.central_crop()
    if model.encoder is None:
        return central
    room = abs(photo.width - photo.height) / 2  # possible shift of the square along the longer side
    slides = (-room, 0.0, room) if room > 0.15 * central.side else (0.0,)
    across, down = (1, 0) if photo.width > photo.height else (0, 1)
    crops = [central]
    for slide in slides:
        start = Crop(central.x + slide * across, central.y + slide * down, central.side)
        crops += _around(start, _SCALES, _SHIFTS)
    errors = _errors(model, photo, crops)
    best = int(np.argmin(errors))
    if errors[best] > _CLEARLY * errors[0]:
        return central
    finer = [crops[best], *_around(crops[best], _FINE_SCALES, _FINE_SHIFTS)]
    return finer[int(np.argmin(_errors(model, photo, finer)))]


def _around(crop: Crop, scales: tuple[float, ...], shifts: tuple[float, ...]) -> list[Crop]:
    """Crops scaled about the centre, and shifted by shares of their side."""
    x, y = crop.x + crop.side / 2, crop.y + crop.side / 2
    sides = [crop.side * scale for scale in scales]
    return [
        Crop(x + (dx - 0.5) * side, y + (dy - 0.5) * side, side) for side in sides for dx in shifts for dy in shifts
    ]


@torch.no_grad()
def _errors(model: EditGAN, photo: Photo, crops: list[Crop]) -> list[float]:
    """Squared error of the reconstruction divided by the crop's variance, because a plain wall is easy to reproduce."""
    errors: list[float] = []
    for start in range(0, len(crops), 16):
        cuts = np.stack([photo.cut(crop, model.resolution) for crop in crops[start : start + 16]])
        image = images.from_uint8(cuts, model.device)
        made = model.generator.synthesis(model.encode(image)).image.clamp(-1, 1)
        errors += ((made - image).square().mean((1, 2, 3)) / (image.var(dim=(1, 2, 3)) + 0.02)).tolist()
    return errors
