"""Squares of a photo that frame what a model generates: found in the picture, or guessed by the encoder."""

from collections.abc import Sequence

import numpy as np
import torch

from editgan_widgets import images
from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.domains.registry import domain_of
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.notes import Note
from editgan_widgets.squares import overlap

_SCALES, _SHIFTS = (0.6, 0.75, 0.9), (-0.15, 0.0, 0.15)  # relative to the central square, tried first …
_FINE_SCALES, _FINE_SHIFTS = (0.92, 1.0, 1.08), (-0.05, 0.0, 0.05)  # … and relative to the best of these
_WHOLE, _UPRIGHT = 0.8, 5.0  # IoU with the central square, and degrees, from which a square is the whole picture
_GUESSED = "no {subjects} were found, so the square is a guess"
_SEVERAL = "{count} {subjects} were found; this is the largest"
_CLEARLY = 0.8  # another square must have less than this share of the central square's error


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


def framed(model: EditGAN, photo: Photo) -> tuple[Crop, list[Note], tuple[Crop, ...]]:
    """The square to embed, a note if it is not the only one or a guess, and all squares that were found."""
    found, domain = found_crops(model, photo), domain_of(model)
    if found is None or domain is None:
        return suggest_crop(model, photo), [], ()
    if not found:
        note = Note(_GUESSED, subjects=domain.subjects)
        return suggest_crop(model, photo), [note], ()
    several = Note(_SEVERAL, count=len(found), subjects=domain.subjects)
    return found[0], [several] if len(found) > 1 else [], tuple(found)


def unframed(notes: Sequence[str]) -> tuple[str, ...]:
    """Notes of a photo without those of `framed`, for another square."""
    return tuple(note for note in notes if getattr(note, "template", "") not in (_GUESSED, _SEVERAL))


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
