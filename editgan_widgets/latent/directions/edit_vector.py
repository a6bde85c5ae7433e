"""EditVector: an edit as a direction in W+ (EditGAN, section 3.4), with its recipe.

`delta_w_plus` `[num_ws, w_dim]` is the latent after the edit minus the latent before. Added with another scale, it
gives a weaker, stronger or reversed edit, on this portrait or on another one of the same model. It is stored as
safetensors, float32, with its recipe as JSON. latent/directions/vector_stack.py combines several vectors.
"""

import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor

from editgan_widgets.file_kinds import misplaced
from editgan_widgets.files import why_unreadable, write_bytes
from editgan_widgets.latent.directions.rows import Layers, row_weights
from editgan_widgets.models.array_like import float_tensor
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Flag, Real, flag, is_real, plain, plain_values, real, shown

_FORMAT = "editgan-widgets edit vector 1"
_SPACE = "w_plus"


class EditVectorError(ValueError):
    """A file is not an edit vector, or a vector does not fit."""


class WrongModelError(EditVectorError):
    """An edit vector was applied to another model than the one it was made with."""


@dataclass(frozen=True, eq=False)
class EditVector:
    """The latent offset of an edit, its name, the painted parts, and its recipe.

    `recipe` has at least `fingerprint` and `resolution` of the model, and the `versions` of the packages. Raises
    EditVectorError if `delta_w_plus` is not an array of finite floating-point numbers `[num_ws, w_dim]`, or the preview
    is not a picture.
    """

    name: str
    delta_w_plus: Tensor  # [num_ws, w_dim] float32; arrays and nested lists of numbers are converted
    labels: tuple[str, ...] = ()
    recipe: dict = field(default_factory=dict)
    licence: str | None = None  # licence of the vector, preferably an SPDX identifier
    preview: np.ndarray | None = None  # uint8 [H, W, 3], for example before and after side by side

    def __post_init__(self) -> None:
        try:
            delta = float_tensor(self.delta_w_plus, "delta_w_plus")
        except ValueError as error:
            raise EditVectorError(f"delta_w_plus must be finite, of shape [num_ws, w_dim]; {error}") from error
        if delta.ndim != 2 or not delta.numel():
            hint = "; give delta[0]" if delta.ndim == 3 and len(delta) == 1 else ""
            hint = "; load_direction repeats a direction of W in every row" if delta.ndim == 1 else hint
            raise EditVectorError(
                f"delta_w_plus must be finite, of shape [num_ws, w_dim]; got {tuple(delta.shape)}{hint}"
            )
        object.__setattr__(self, "delta_w_plus", delta)
        object.__setattr__(self, "labels", tuple(plain(label) for label in self.labels))
        object.__setattr__(self, "recipe", plain_values(self.recipe))
        if self.preview is not None:
            preview = np.array(self.preview)
            if preview.ndim != 3 or preview.shape[2] != 3 or preview.dtype != np.uint8:
                raise EditVectorError(f"a preview is uint8 [H, W, 3]; got {preview.dtype} {preview.shape}")
            object.__setattr__(self, "preview", preview)

    def __repr__(self) -> str:
        parts = f", parts {', '.join(map(str, self.labels))}" if self.labels else ""
        return (
            f"EditVector({self.name!r}, {list(self.delta_w_plus.shape)}{parts}, model {self.fingerprint or 'unknown'})"
        )

    @property
    def fingerprint(self) -> str | None:
        """Fingerprint of the model that it was made with; None if the recipe has none."""
        return self.recipe.get("fingerprint")

    @property
    def layers(self) -> tuple[int, ...]:
        """Rows of w_plus that it moves."""
        return tuple(self.delta_w_plus.any(1).nonzero()[:, 0].tolist())

    def masked(self, layers: Layers) -> "EditVector":
        """The vector with only some rows, or with row weights. Raises EditVectorError for layers that do not exist."""
        weights = layer_weights(layers, len(self.delta_w_plus))
        return replace(self, delta_w_plus=self.delta_w_plus * weights[:, None])

    def apply(
        self,
        w_plus: Float[Tensor, "batch num_ws w_dim"],
        scale: Real = 1.0,
        model: EditGAN | None = None,
        force: Flag = False,
        layers: Layers = None,
    ) -> Float[Tensor, "batch num_ws w_dim"]:
        """Return `w_plus + scale * delta_w_plus`.

        Args:
            w_plus: latents to edit; not modified.
            scale: about -2..2; 1 is the edit as made, a negative scale reverses it.
            model: if given, checked against the recipe.
            force: apply a vector of another model too; the shapes must still fit.
            layers: rows of w_plus to move (latent/directions/rows.py); None = all.

        Raises WrongModelError for a vector of another model, EditVectorError for latents of another shape, or layers
        that do not exist.
        """
        by = checked_scale(scale)
        if model is not None and not flag(force, "force", EditVectorError):
            self.check(model)
        if w_plus.shape[1:] != self.delta_w_plus.shape:
            raise EditVectorError(
                f"edit vector {self.name!r} has {tuple(self.delta_w_plus.shape)} layers x width, the latent has "
                f"{tuple(w_plus.shape[1:])}; was it made with a model of another size?"
            )
        delta = self.delta_w_plus if layers is None else self.masked(layers).delta_w_plus
        edited = w_plus + by * delta.to(w_plus)
        if not bool(edited.isfinite().all()):
            raise EditVectorError(f"edit vector {self.name!r} at scale {by:g} goes beyond all numbers; give -2 to 2")
        return edited

    def check(self, model: EditGAN) -> None:
        """Raise WrongModelError unless the vector was made with this model, or with the one it was tuned from."""
        if self.fingerprint not in (None, model.fingerprint, model.base_fingerprint):
            raise WrongModelError(
                f"edit vector {self.name!r} was made with model {self.fingerprint}, this model is {model.fingerprint}; "
                "load the model it was made with; EditVector.apply(…, force=True) adds it anyway"
            )

    def save(self, path: str | Path) -> None:
        """Write a safetensors file, and create its folder if needed. Raises OSError if the path cannot be written."""
        about = {
            "format": _FORMAT,
            "name": self.name,
            "space": _SPACE,
            "layers": list(self.layers),
            "labels": list(self.labels),
            "licence": self.licence,
            "recipe": self.recipe,
        }
        tensors = {"delta_w_plus": self.delta_w_plus.contiguous()}
        if self.preview is not None:
            tensors["preview"] = torch.from_numpy(self.preview)
        content = serialise(tensors, {"editgan": json.dumps(about)})
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, content)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise OSError(
                f"edit vector {self.name!r} cannot be written to {path}: {reason}; give a file's path in a folder "
                "that you may write to"
            ) from error

    @classmethod
    def load(cls, path: str | Path) -> "EditVector":
        """Read a file of `save`. Raises FileNotFoundError, or EditVectorError for a broken or different file."""
        if reason := why_unreadable(path):
            raise EditVectorError(reason)
        if not Path(path).is_file():
            what = misplaced(path) if Path(path).is_dir() else ""
            raise FileNotFoundError(f"no edit vector at {path}{what}; EditVector.save writes one")
        try:
            with safe_open(str(path), framework="pt") as file:
                about = json.loads((file.metadata() or {}).get("editgan", "{}"))
                if about.get("format") != _FORMAT or "delta_w_plus" not in file.keys():  # noqa: SIM118
                    raise EditVectorError(
                        f"{path} is a safetensors file, but not an edit vector{misplaced(path)}; write one with "
                        "EditVector.save"
                    )
                if about.get("space", _SPACE) != _SPACE:
                    raise EditVectorError(f"{path} is a vector of {about['space']!r}; only those of w_plus can be read")
                delta = file.get_tensor("delta_w_plus")
                preview = file.get_tensor("preview").numpy() if "preview" in file.keys() else None  # noqa: SIM118
            return cls(about["name"], delta, tuple(about["labels"]), about["recipe"], about.get("licence"), preview)
        except (SafetensorError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            what = misplaced(path) or f" ({error}); is it whole?"
            raise EditVectorError(
                f"{path} cannot be read as an edit vector{what}; EditVector.save writes safetensors"
            ) from error


def checked_scale(scale: Real) -> float:
    """Convert the scale of a vector to float. Raises EditVectorError for anything but a finite number."""
    if not is_real(scale) or not math.isfinite(number := real(scale, "scale")):
        raise EditVectorError(f"scale must be a finite number; got {shown(scale)}")
    return number


def layer_weights(layers: Layers, num_ws: int, name: str = "layers") -> Float[Tensor, "{num_ws}"]:
    """Weight of each row of w_plus (latent/directions/rows.py). Raises EditVectorError for rows that do not fit."""
    try:
        return row_weights(layers, num_ws, name)
    except ValueError as error:
        raise EditVectorError(str(error)) from error
