"""EditVector: an edit as a direction in W+ (EditGAN, section 3.4), with its recipe.

`delta_w_plus` `[num_ws, w_dim]` is the latent after less the latent before; adding it with another scale gives a
weaker, stronger or reversed edit, on this portrait or another one of the same model. Stored as safetensors, float32,
with its recipe as JSON.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor

from editgan_widgets.models.editgan import EditGAN

_FORMAT = "editgan-widgets edit vector 1"


class EditVectorError(ValueError):
    """A file that is no edit vector, or a vector that does not fit."""


class WrongModelError(EditVectorError):
    """An edit vector was applied to another model than the one it was made with."""


@dataclass(frozen=True, eq=False)
class EditVector:
    """An edit's difference of latents, its name, the parts that were painted, and how it was made.

    `recipe` holds at least `fingerprint` and `resolution` of the model, and the `versions` it was made with.
    Raises EditVectorError where `delta_w_plus` is not finite and of two dimensions.
    """

    name: str
    delta_w_plus: Tensor  # [num_ws, w_dim] float32
    labels: tuple[str, ...] = ()
    recipe: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        delta = self.delta_w_plus.detach().to("cpu", torch.float32).clone()
        if delta.ndim != 2 or not bool(delta.isfinite().all()):
            raise EditVectorError(f"delta_w_plus must be finite, of shape [num_ws, w_dim]; got {tuple(delta.shape)}")
        object.__setattr__(self, "delta_w_plus", delta)
        object.__setattr__(self, "labels", tuple(self.labels))

    @property
    def fingerprint(self) -> str | None:
        """Fingerprint of the model that it was made with, where its recipe tells."""
        return self.recipe.get("fingerprint")

    def apply(
        self,
        w_plus: Float[Tensor, "batch num_ws w_dim"],
        scale: float = 1.0,
        model: EditGAN | None = None,
        force: bool = False,
    ) -> Float[Tensor, "batch num_ws w_dim"]:
        """Return `w_plus + scale * delta_w_plus`.

        Args:
            w_plus: latents to edit; left as they are.
            scale: about -2..2; 1 is the edit as made, negative reverses it.
            model: checked against the recipe where given.
            force: apply even if the vector is another model's; the shapes must still fit.

        Raises WrongModelError for another model's vector, EditVectorError for latents of another shape.
        """
        if model is not None and not force:
            self.check(model)
        if w_plus.shape[1:] != self.delta_w_plus.shape:
            raise EditVectorError(
                f"edit vector {self.name!r} has {tuple(self.delta_w_plus.shape)} layers x width, the latent has "
                f"{tuple(w_plus.shape[1:])}; was it made with a model of another size?"
            )
        if not math.isfinite(scale):
            raise EditVectorError(f"scale must be a finite number; got {scale}")
        return w_plus + scale * self.delta_w_plus.to(w_plus)

    def check(self, model: EditGAN) -> None:
        """Raise WrongModelError if the vector was made with another model."""
        if self.fingerprint is not None and self.fingerprint != model.fingerprint:
            raise WrongModelError(
                f"edit vector {self.name!r} was made with model {self.fingerprint}, this model is {model.fingerprint}; "
                "load the model it was made with, or pass force=True to add it all the same"
            )

    def save(self, path: str | Path) -> None:
        """Write a safetensors file, and the folders above it. Raises OSError where the path cannot be written."""
        about = {"format": _FORMAT, "name": self.name, "labels": list(self.labels), "recipe": self.recipe}
        content = serialise({"delta_w_plus": self.delta_w_plus.contiguous()}, {"editgan": json.dumps(about)})
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise OSError(
                f"edit vector {self.name!r} cannot be written to {path}: {reason}; give a file's path in a folder "
                "that you may write to"
            ) from error

    @classmethod
    def load(cls, path: str | Path) -> "EditVector":
        """Read what `save` wrote. Raises FileNotFoundError, or EditVectorError for a broken or foreign file."""
        if not Path(path).is_file():
            raise FileNotFoundError(f"no edit vector at {path}; EditVector.save writes one")
        try:
            with safe_open(str(path), framework="pt") as file:
                about = json.loads((file.metadata() or {}).get("editgan", "{}"))
                if about.get("format") != _FORMAT or "delta_w_plus" not in file.keys():  # noqa: SIM118
                    raise EditVectorError(
                        f"{path} is a safetensors file, but no edit vector; write one with EditVector.save"
                    )
                delta = file.get_tensor("delta_w_plus")
            return cls(about["name"], delta, tuple(about["labels"]), about["recipe"])
        except (SafetensorError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise EditVectorError(
                f"{path} cannot be read as an edit vector ({error}); is it whole? EditVector.save writes safetensors"
            ) from error
