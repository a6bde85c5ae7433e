"""A picture as a PNG that holds how it was made: its latent and the one before all edits. It opens as a session again.

The recipe is JSON in a text chunk named `editgan-widgets`, latents in it are float32, little-endian, base64. Reading it
runs nothing: JSON and numbers alone.
"""

import base64
import binascii
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, PngImagePlugin, UnidentifiedImageError
from torch import Tensor

from editgan_widgets.editing.edit_vector import WrongModelError
from editgan_widgets.editing.optimize import EditConfig
from editgan_widgets.editing.session import EditSession
from editgan_widgets.models.editgan import EditGAN

CHUNK = "editgan-widgets"
_FORMAT = "editgan-widgets picture 1"


class SavedPictureError(ValueError):
    """A file that holds no recipe of a picture, or a broken one."""


def picture_png(session: EditSession) -> bytes:
    """The session's picture as PNG with its recipe."""
    with session.lock:
        w_plus, image = session.w_plus[0], session.image
    model = session.model
    recipe = {
        "format": _FORMAT,
        "fingerprint": model.base_fingerprint,
        "resolution": model.resolution,
        "label_set": model.labels.name,
        "made_of": session.recipe,
        "shape": list(w_plus.shape),
        "w_plus": _packed(w_plus),
        "origin": _packed(session.origin[0]),
    }
    text = PngImagePlugin.PngInfo()
    text.add_text(CHUNK, json.dumps(recipe, default=str), zip=True)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def save_picture(session: EditSession, path: str | Path) -> None:
    """Write `picture_png`. Raises ValueError for an ending other than .png, which alone keeps the recipe."""
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"a picture with its recipe is a .png; got {path.name!r}")
    path.write_bytes(picture_png(session))


def open_picture(model: EditGAN, source: str | Path | bytes, config: EditConfig | None = None) -> EditSession:
    """Begin a session where a saved picture stands: at its origin, with all its edits as one history entry.

    Raises OSError for a file that cannot be read, SavedPictureError for one without a recipe or with a broken one,
    WrongModelError for another model's.
    """
    recipe = _recipe(source)
    if recipe.get("fingerprint") not in (model.fingerprint, model.base_fingerprint):
        raise WrongModelError(
            f"the picture was made with model {recipe.get('fingerprint')}, this model is {model.fingerprint}; load the "
            "model it was made with"
        )
    shape = (model.generator.config.num_ws, model.generator.config.w_dim)
    origin, w_plus = (_unpacked(recipe.get(name), shape) for name in ("origin", "w_plus"))
    session = EditSession.from_latent(model, origin, config)
    made_of = recipe.get("made_of")
    session.recipe = dict(made_of) if isinstance(made_of, dict) else {}
    if not torch.equal(origin, w_plus):
        session.go_to(w_plus[None].to(model.device))
    return session


def _recipe(source: str | Path | bytes) -> dict[str, Any]:
    name = "the picture" if isinstance(source, bytes) else Path(os.fspath(source)).name
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            text = getattr(image, "text", {}).get(CHUNK)
    except (UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise SavedPictureError(f"{name} is no picture that can be read ({error})") from error
    if text is None:
        raise SavedPictureError(f"{name} holds no recipe; give a .png that save_picture or the editor's button wrote")
    try:
        recipe = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SavedPictureError(f"{name} holds a recipe that is broken ({error})") from error
    if not isinstance(recipe, dict) or recipe.get("format") != _FORMAT:
        raise SavedPictureError(f"{name} holds a recipe of another format than {_FORMAT!r}")
    return recipe


def _packed(latent: Tensor) -> str:
    return base64.b64encode(latent.detach().cpu().numpy().astype("<f4").tobytes()).decode("ascii")


def _unpacked(text: Any, shape: tuple[int, int]) -> Tensor:
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except (TypeError, ValueError, binascii.Error) as error:
        raise SavedPictureError(f"a latent in the recipe is broken ({error})") from error
    if values.size != shape[0] * shape[1] or not np.isfinite(values).all():
        raise SavedPictureError(f"a latent in the recipe holds {values.size} numbers, this model's are {shape}, finite")
    return torch.from_numpy(values.astype(np.float32).reshape(shape))
