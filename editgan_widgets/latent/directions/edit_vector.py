"""EditVector: an edit as a direction in W+ (EditGAN, section 3.4), with its recipe.

`delta_w_plus` `[num_ws, w_dim]` is the latent after the edit minus the latent before. Added with another scale, it
gives a weaker, stronger or reversed edit, on this portrait or on another one of the same model. It is stored as
safetensors, float32, with its recipe as JSON. latent/directions/vector_stack.py combines several vectors.

Some vectors of S (latent/directions/style_space.py) change styles as no change of w_plus does. `delta_styles`
`[num_ws, style_width]` is the rest that is added to the styles; a latent with such a vector has as many more columns.
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
from editgan_widgets.latent.latent_shapes import alike, rows_and_width, widths
from editgan_widgets.models.array_like import float_tensor
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Flag, Real, flag, is_real, plain, plain_values, real, shown

_FORMAT = "editgan-widgets edit vector 1"
_SPACE = "w_plus"
_WITH_STYLES = "w_plus and styles"


class EditVectorError(ValueError):
    """A file is not an edit vector, or a vector does not fit."""


class WrongModelError(EditVectorError):
    """An edit vector was applied to another model than the one it was made with."""


@dataclass(frozen=True, eq=False)
class EditVector:
    """The latent offset of an edit, its name, the painted parts, and its recipe.

    `recipe` has at least `fingerprint` and `resolution` of the model, and the `versions` of the packages. Raises
    EditVectorError if `delta_w_plus` is not an array of finite floating-point numbers `[num_ws, w_dim]`, `delta_styles`
    has another number of rows, or the preview is not a picture.
    """

    name: str
    delta_w_plus: Tensor  # [num_ws, w_dim] float32; arrays and nested lists of numbers are converted
    labels: tuple[str, ...] = ()
    recipe: dict = field(default_factory=dict)
    licence: str | None = None  # licence of the vector, preferably an SPDX identifier
    preview: np.ndarray | None = None  # uint8 [H, W, 3], for example before and after side by side
    delta_styles: Tensor | None = None  # [num_ws, style_width] float32, added to the styles; None for a vector of W+

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
        object.__setattr__(self, "delta_styles", _checked_styles(self.delta_styles, len(delta)))
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
        return self.times(layer_weights(layers, len(self.delta_w_plus)))

    def times(self, factor: Real | Float[Tensor, " num_ws"]) -> "EditVector":
        """The vector times a number, or each row times its own number."""
        by = factor[:, None] if isinstance(factor, Tensor) else real(factor, "factor")
        styles = None if self.delta_styles is None else self.delta_styles * by
        return replace(self, delta_w_plus=self.delta_w_plus * by, delta_styles=styles)

    @property
    def delta(self) -> Float[Tensor, "num_ws width"]:
        """All that is added to a latent: `delta_w_plus`, and `delta_styles` beside it if there is one."""
        return self.delta_w_plus if self.delta_styles is None else torch.cat([self.delta_w_plus, self.delta_styles], 1)

    def same_change(self, other: "EditVector") -> bool:
        """True if both change latents in the same way, to the last bit."""
        return torch.equal(self.delta, other.delta)

    def apply(
        self,
        w_plus: Float[Tensor, "batch num_ws width"],
        scale: Real = 1.0,
        model: EditGAN | None = None,
        force: Flag = False,
        layers: Layers = None,
    ) -> Float[Tensor, "batch num_ws edited_width"]:
        """Return `w_plus + scale * delta`; wider than `w_plus` if the vector has `delta_styles` and `w_plus` has none.

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
        self._check_latents(w_plus, model)
        delta = self.delta if layers is None else self.masked(layers).delta
        latents, offset = alike(w_plus, delta.to(w_plus))
        edited = latents + by * offset
        if not bool(edited.isfinite().all()):
            raise EditVectorError(f"edit vector {self.name!r} at scale {by:g} goes beyond all numbers; give -2 to 2")
        return edited

    def _check_latents(self, w_plus: Tensor, model: EditGAN | None) -> None:
        """Raise EditVectorError for latents, or a model, that the vector cannot be added to."""
        rows, w_dim = self.delta_w_plus.shape
        fitting = {w_dim, self.delta.shape[1]}
        if model is not None:
            of_w, *extended = widths(model)
            styles = extended[0] - of_w if extended else 0
            if self.delta_styles is not None and self.delta_styles.shape[1] != styles:
                raise EditVectorError(
                    f"edit vector {self.name!r} changes {self.delta_styles.shape[1]} styles of each row, this model's "
                    f"generator takes {styles or 'none'}; use it with the model it was made with"
                )
            fitting.add(w_dim + styles)
        if w_plus.shape[1] != rows or w_plus.shape[2] not in fitting:
            raise EditVectorError(
                f"edit vector {self.name!r} has {tuple(self.delta_w_plus.shape)} layers x width, the latent has "
                f"{tuple(w_plus.shape[1:])}; was it made with a model of another size?"
            )

    def check(self, model: EditGAN) -> None:
        """Raise WrongModelError unless the vector was made with this model, or with the one it was tuned from.

        Raises EditVectorError for a vector of unknown origin that has another shape than the model's latents.
        """
        if self.fingerprint not in (None, model.fingerprint, model.base_fingerprint):
            raise WrongModelError(
                f"edit vector {self.name!r} was made with model {self.fingerprint}, this model is {model.fingerprint}; "
                "load the model it was made with; EditVector.apply(…, force=True) adds it anyway"
            )
        if (shape := tuple(self.delta_w_plus.shape)) != rows_and_width(model):
            raise EditVectorError(
                f"edit vector {self.name!r} has {shape} layers x width, latents of this model have "
                f"{rows_and_width(model)}; was it made with a model of another size?"
            )

    def save(self, path: str | Path) -> None:
        """Write a safetensors file, and create its folder if needed. Raises OSError if the path cannot be written."""
        about = {
            "format": _FORMAT,
            "name": self.name,
            "space": _SPACE if self.delta_styles is None else _WITH_STYLES,
            "layers": list(self.layers),
            "labels": list(self.labels),
            "licence": self.licence,
            "recipe": self.recipe,
        }
        tensors = {"delta_w_plus": self.delta_w_plus.contiguous()}
        if self.delta_styles is not None:
            tensors["delta_styles"] = self.delta_styles.contiguous()
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
                if (space := about.get("space", _SPACE)) not in (_SPACE, _WITH_STYLES):
                    raise EditVectorError(f"{path} is a vector of {space!r}; only those of {_WITH_STYLES} can be read")
                found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            preview = found["preview"].numpy() if "preview" in found else None
            styles = found["delta_styles"] if space == _WITH_STYLES else None
            name, labels, recipe = about["name"], tuple(about["labels"]), about["recipe"]
            return cls(name, found["delta_w_plus"], labels, recipe, about.get("licence"), preview, styles)
        except (SafetensorError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            what = misplaced(path) or f" ({error}); is it whole?"
            raise EditVectorError(
                f"{path} cannot be read as an edit vector{what}; EditVector.save writes safetensors"
            ) from error


def parts_of_delta(delta: Float[Tensor, "num_ws width"], w_dim: int) -> tuple[Tensor, Tensor | None]:
    """Split `EditVector.delta` into its fields `delta_w_plus` and `delta_styles`, in float32."""
    return delta[:, :w_dim].float(), delta[:, w_dim:].float() if delta.shape[1] > w_dim else None


def _checked_styles(styles: Tensor | None, rows: int) -> Tensor | None:
    if styles is None:
        return None
    try:
        found = float_tensor(styles, "delta_styles")
    except ValueError as error:
        raise EditVectorError(f"delta_styles must be finite, of shape [num_ws, style_width]; {error}") from error
    if found.ndim != 2 or not found.numel() or len(found) != rows:
        raise EditVectorError(f"delta_styles must be of shape [{rows}, style_width]; got {tuple(found.shape)}")
    return found if bool(found.any()) else None


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
