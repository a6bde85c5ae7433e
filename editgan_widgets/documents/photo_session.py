"""PhotoSession: a photo in an EditSession: cropped and embedded; edits are carried over to the whole picture.

    photo = PhotoSession.open(model, "portrait.jpg")     the encoder's latent, or an embedding (EditGAN, section 3.2)
    photo.session.paint(...)                             the same session as for a sampled portrait
    pixels = photo.pasted()                              uint8 [H, W, 3] of the photo's own size

With `tune`, the session has its own generator, fine-tuned around the latent (latent/pivotal.py) and not saved.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import UInt8

from editgan_widgets import images
from editgan_widgets.documents.photo import Crop, Photo, PhotoError, Source, open_photo, paste
from editgan_widgets.documents.photo_edits import PhotoEdits
from editgan_widgets.documents.photo_squares import found_crops, framed, unframed
from editgan_widgets.documents.session import EditSession
from editgan_widgets.latent.embed import EmbedConfig, Embedding, EmbedStep, embed
from editgan_widgets.latent.pivotal import PivotalConfig, PivotalStep, tune_around
from editgan_widgets.masks.mask_file import is_mask_of
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Flag, Real, flag


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
        """Open a photo. One in which no face is found is opened too, and its notes say so.

        Args:
            model: frozen; with an encoder, the embedding starts at its result.
            source: file, bytes, Pillow image, array, or a Photo.
            crop: square to embed; None means that of the largest face (`found_crops`), or else `suggest_crop`.
            config: settings of the embedding, such as EmbedConfig.preset("fast"). None: the encoder's latent, without
                optimisation, if landmarks are found, because edits are then carried over to the photo itself; or else
                the defaults.
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
        known: dict[str, Any] = {}  # values of the cached properties
        if crop is None:
            crop, note, known["squares"] = framed(model, photo)
            photo = replace(photo, notes=(*photo.notes, *note))
        image = images.from_uint8(photo.cut(crop, model.resolution), model.device)
        if config is None and tune is None:
            known["edits"] = PhotoEdits.of(model, photo, crop)
        config = config or (EmbedConfig() if known.get("edits") is None else EmbedConfig(steps=0))
        found = embed(model, image, config, on_step, should_stop)
        interrupted = found.steps < config.steps
        if tune is not None and not interrupted and not (should_stop is not None and should_stop()):
            model = tune_around(model, image, found.w_plus, tune, on_step, should_stop)
        opened = cls(photo, crop, EditSession.from_latent(model, found.w_plus), float(found.psnr[0]), found)
        opened.__dict__.update(known)
        return opened

    def reframed(self, crop: Crop, **settings: Any) -> "PhotoSession":
        """Open another square of the same photo; `settings` and errors as in `open`."""
        photo = replace(self.photo, notes=unframed(self.photo.notes))
        opened = PhotoSession.open(self.session.model, photo, crop, force=True, **settings)
        opened.__dict__["squares"] = self.squares
        return opened

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
            session = self.session
            moved = None if self.edits is None else self.edits.whole(session.w_plus)
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

    @cached_property
    def squares(self) -> tuple[Crop, ...]:
        """Squares of the photo that frame what the model generates, such as faces, the largest first."""
        return tuple(found_crops(self.session.model, self.photo) or ())

    @cached_property
    def edits(self) -> PhotoEdits | None:
        """Carries over the session's edits; None if no landmarks are found, or the model has no encoder."""
        return PhotoEdits.of(self.session.model, self.photo, self.crop, self.session.origin)
