"""A picture as a PNG with its recipe, which can be opened as a session again: a portrait, or a whole photo.

The recipe is JSON in a text chunk named `editgan-widgets`: the present latent, the latent before all edits, the edited
region, and the painted parts that were not edited yet. Latents are float32, little-endian, base64. A photo with edits
pasted in also has its original pixels in the changed rectangle, as a PNG in a private chunk `egPH` (which programs that
modify the picture drop). Reading executes nothing: the data are JSON, pixels and numbers.
"""

import io
import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image, PngImagePlugin
from torch import Tensor

from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.session import EditSession
from editgan_widgets.file_kinds import what_it_is
from editgan_widgets.files import write_bytes
from editgan_widgets.labels import UnknownLabelError
from editgan_widgets.latent.directions.edit_vector import WrongModelError
from editgan_widgets.latent.latent_shapes import widths
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.packing import packed_text, unpacked_text

CHUNK = "editgan-widgets"
PHOTO_CHUNK = b"egPH"
_FORMAT = "editgan-widgets picture 1"
# Pillow's errors for broken files.
_BROKEN = (
    *(OSError, ValueError, SyntaxError, EOFError, RuntimeError, TypeError, IndexError),
    *(struct.error, Image.DecompressionBombError),
)
_MASKS = ("edited", "settled", "painted")  # older files lack them


class SavedPictureError(ValueError):
    """A file has no recipe of a picture, or a broken one."""


def picture_png(edited: EditSession | PhotoSession) -> bytes:
    """The session's picture, or the whole photo with the edits pasted in (`PhotoSession.pasted`), with its recipe.

    A generator that was fine-tuned to the photo is not saved: the picture opens with the original model.
    """
    if isinstance(edited, EditSession):
        with edited.lock:
            return _png(edited.image, _recipe_of(edited))
    with edited.session.lock:
        recipe, pixels = _recipe_of(edited.session), edited.pasted()
    before = edited.photo.pixels
    box = _changed(before, pixels)
    recipe["photo"] = {**edited.about, "size": [edited.photo.width, edited.photo.height], "box": box}
    left, upper, right, lower = box
    return _png(pixels, recipe, _encoded(before[upper:lower, left:right]) if right > left else None)


def save_picture(edited: EditSession | PhotoSession, path: str | Path) -> None:
    """Write `picture_png`. Raises ValueError for a suffix other than .png, as other formats do not keep the recipe."""
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"a picture with its recipe is a .png; got {path.name!r}")
    write_bytes(path, picture_png(edited))


def open_picture(model: EditGAN, source: str | Path | bytes, config: EditConfig | None = None) -> EditSession:
    """Open a session from a saved picture: it starts at the picture's origin and has all edits as one history entry.

    For a photo it is the session of its crop; `open_saved` returns the photo too. Raises OSError for a file that cannot
    be read, SavedPictureError for one without a recipe or with a broken one, WrongModelError for another model.
    """
    saved = open_saved(model, source, config)
    return saved if isinstance(saved, EditSession) else saved.session


def open_saved(
    model: EditGAN, source: str | Path | bytes, config: EditConfig | None = None
) -> EditSession | PhotoSession:
    """Like `open_picture`; for a photo it returns the original photo with its session. Raises the same errors."""
    recipe, pixels, before = _read(source)
    if recipe.get("fingerprint") not in (model.fingerprint, model.base_fingerprint):
        raise WrongModelError(
            f"the picture was made with model {recipe.get('fingerprint')}, this model is {model.fingerprint}; load the "
            "model it was made with"
        )
    session = _session_of(model, recipe, config)
    try:
        if "photo" not in recipe:
            return session
        kept = recipe["photo"]
        if list(kept["size"]) != [pixels.shape[1], pixels.shape[0]]:
            raise SavedPictureError("the picture has another size than the photo in its recipe")
        left, upper, right, lower = (int(edge) for edge in kept["box"])
        if right > left:
            if before is None:
                raise SavedPictureError("the photo's pixels from before the edits are missing in the file")
            pixels[upper:lower, left:right] = before
        photo = Photo(pixels, tuple(str(note) for note in kept["notes"]))
        return PhotoSession(photo, Crop(*(float(x) for x in kept["crop"])), session, float(kept["psnr"]))
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, SavedPictureError):
            raise
        raise SavedPictureError(f"the photo in the recipe is broken ({error})") from error


def _recipe_of(session: EditSession) -> dict[str, Any]:
    model = session.model
    return {
        "format": _FORMAT,
        "fingerprint": model.base_fingerprint,
        "resolution": model.resolution,
        "label_set": model.labels.name,
        "perceptual_features": session.perceptual_features,
        "left_out": session.left_out(),
        "made_of": session.recipe,
        "shape": list(session.w_plus[0].shape),
        "w_plus": _latent_text(session.w_plus[0]),
        "origin": _latent_text(session.origin[0]),
        "edited": _mask_text(session.edited_region),
        "settled": _mask_text(session.settled_label_map),
        "painted": _mask_text(session.label_map),
    }


def _session_of(model: EditGAN, recipe: dict[str, Any], config: EditConfig | None) -> EditSession:
    origin, w_plus = (_latent(recipe.get(name), model) for name in ("origin", "w_plus"))
    session = EditSession.from_latent(model, origin, config)
    made_of = recipe.get("made_of")
    session.recipe = dict(made_of) if isinstance(made_of, dict) else {}
    try:
        masks = {name: _mask(recipe[name], session) for name in _MASKS if name in recipe}
        if not torch.equal(origin, w_plus):
            edited = masks["edited"].astype(bool) if "edited" in masks else None
            session.go_to(w_plus[None].to(model.device), edited=edited, label_map=masks.get("settled"))
        if "painted" in masks:
            session.set_label_map(masks["painted"])
    except UnknownLabelError as error:
        raise SavedPictureError(f"the parts in the recipe are not this model's ({error})") from error
    return session


def _changed(before: UInt8[np.ndarray, "h w 3"], after: UInt8[np.ndarray, "h w 3"]) -> list[int]:
    """Left, upper, right and lower edge of the changed rectangle; zeros if nothing changed."""
    differs = (before != after).any(2)
    rows, columns = np.flatnonzero(differs.any(1)), np.flatnonzero(differs.any(0))
    if not rows.size:
        return [0, 0, 0, 0]
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]


def _png(pixels: UInt8[np.ndarray, "h w 3"], recipe: dict[str, Any], photo: bytes | None = None) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text(CHUNK, json.dumps(recipe, default=str), zip=True)
    if photo is not None:
        chunks.add(PHOTO_CHUNK, photo)
    return _encoded(pixels, chunks)


def _encoded(pixels: UInt8[np.ndarray, "h w 3"], chunks: PngImagePlugin.PngInfo | None = None) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", pnginfo=chunks)
    return file.getvalue()


def _read(source: str | Path | bytes) -> tuple[dict[str, Any], np.ndarray, np.ndarray | None]:
    """Recipe, pixels, and the pixels from before the edits, or None if the file has none."""
    name = "the picture" if isinstance(source, bytes) else Path(os.fspath(source)).name
    before = None
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            text = getattr(image, "text", {}).get(CHUNK)
            pixels = np.array(image.convert("RGB")) if text is not None else np.empty((0, 0, 3), np.uint8)
            photos = [chunk[1] for chunk in getattr(image, "private_chunks", ()) if chunk[0] == PHOTO_CHUNK]
        if text is not None and photos:
            with Image.open(io.BytesIO(photos[0]), formats=("PNG",)) as image:
                before = np.array(image.convert("RGB"))
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except _BROKEN as error:
        what = what_it_is(source)
        raise SavedPictureError(
            f"{name} is not a readable picture ({error})" + (f": it is {what[0]}; {what[1]}" if what else "")
        ) from error
    return _recipe(name, text), pixels, before


def _recipe(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        raise SavedPictureError(
            f"{name} holds no recipe; give a .png that save_picture or the editor's button wrote; PhotoSession.open "
            "embeds any other picture, session.load_mask reads a mask"
        )
    try:
        recipe = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SavedPictureError(f"{name} holds a recipe that is broken ({error})") from error
    if not isinstance(recipe, dict) or recipe.get("format") != _FORMAT:
        raise SavedPictureError(f"{name} holds a recipe of another format than {_FORMAT!r}")
    return recipe


def _latent_text(latent: Tensor) -> str:
    return packed_text(latent.detach().cpu().numpy().astype("<f4"), level=0)


def _mask_text(mask: np.ndarray) -> str:
    return packed_text(mask.astype(np.uint8))


def _mask(text: Any, session: EditSession) -> UInt8[np.ndarray, "h w"]:
    height, width = session.label_map.shape
    try:
        mask = unpacked_text(text, (height, width), "u1")
    except ValueError as error:
        raise SavedPictureError(
            f"a mask in the recipe is broken, or not of the {width} x {height} px of this model ({error})"
        ) from error
    session.model.labels.check(mask)
    return mask


def _latent(text: Any, model: EditGAN) -> Tensor:
    rows, columns = model.generator.num_rows, widths(model)
    # A latent with columns for styles is longer; base64 has 4 letters for 3 bytes.
    longer = isinstance(text, str) and len(text) * 3 // 4 > 4 * rows * columns[0] + 2
    try:
        values = unpacked_text(text, (rows, columns[-1] if longer else columns[0]), "<f4", compressed=False)
    except ValueError as error:
        raise SavedPictureError(
            f"a latent in the recipe is broken ({error}); this model needs {rows} x {columns[0]} float32 numbers"
        ) from error
    if not np.isfinite(values).all():
        raise SavedPictureError("a latent in the recipe has numbers that are not finite")
    return torch.from_numpy(values.astype(np.float32))
