"""Distinguish latents from directions of the same shape, (1, rows, w_dim).

EditGAN's edit vectors are (1, 16, 512), and so are the latents of NVIDIA's projector. If a model is given, the array is
measured: latents are distributed around W's mean, differences of latents around 0. The measure is the Mahalanobis
distance in W, with a tenth of the mean variance added to each axis so that axes along which W hardly varies do not
dominate; codes of W have a distance of about 1 from their mean. The file name is a hint. If both contradict each other,
nothing is decided. The reason is returned with the decision.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from jaxtyping import Float
from torch import Tensor

from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError

Kind: TypeAlias = Literal["latents", "edit vector"]

_RIDGE = 0.1  # added to each variance, as a share of the mean variance
_PLAUSIBLE = 2.0  # maximum distance: beyond it the array is neither
_CLEAR = 1.5  # required ratio of the two distances
_LATENT_WORDS = (
    r"latents?|dlatents?|w_?plus|w\+|wp|projected|projections?|inver(sion|ted)|pivots?|codes?|embedd(ing|ed)"
)
_VECTOR_WORDS = r"vectors?|directions?|boundar(y|ies)|edit(ing)?|deltas?|difference|diff|sefa|pca|attributes?"


@dataclass(frozen=True)
class Comparison:
    """Distances of an array's rows from W's mean and from 0; codes of W have a distance of about 1 from the mean.

    `kind` is None if both are far away, or neither is clearly nearer.
    """

    from_mean: float
    from_zero: float

    @property
    def kind(self) -> Kind | None:
        """Kind according to the distances."""
        near, far = sorted((self.from_mean, self.from_zero))
        if near > _PLAUSIBLE or far < _CLEAR * near:
            return None
        return "latents" if self.from_mean < self.from_zero else "edit vector"

    def __str__(self) -> str:
        return (
            f"its rows lie {self.from_mean:.1f} from the mean of W and {self.from_zero:.1f} from 0, where the model's "
            "own latents lie about 1 from the mean"
        )


def compared(array: Float[Tensor, "*n w_dim"], model: EditGAN) -> Comparison:
    """Measure rows, `[..., w_dim]`, against the model's W."""
    statistics = model.w_statistics()
    variance = statistics.std.square()
    ridged = variance + _RIDGE * variance.mean()
    ordinary = (variance / ridged).sum()

    def distance(rows: Tensor) -> float:
        along = (rows @ statistics.axes.T).square() / ridged
        return float((along.sum(1).mean() / ordinary).sqrt())

    rows = array.reshape(-1, array.shape[-1]).to(statistics.axes)
    return Comparison(distance(rows - statistics.mean), distance(rows))


def by_name(stem: str) -> Kind | None:
    """Kind suggested by a file's name: "latents", "edit vector", or None for neither or both."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", stem).lower()

    def has(kinds: str) -> bool:
        return re.search(rf"(?<![a-z])({kinds})(?![a-z])", words) is not None

    latent, vector = has(_LATENT_WORDS), has(_VECTOR_WORDS)
    if latent == vector:
        return None
    return "latents" if latent else "edit vector"


def decided(
    path: Path, array: Float[Tensor, "*n w_dim"], model: EditGAN | None, released_as: Kind | None = None
) -> tuple[Kind, str]:
    """Return the kind of an array in a file, and the reason.

    Args:
        path: the file; if a model is given, its name is only a hint.
        array: the array.
        model: the model to measure against, or None.
        released_as: kind of arrays of this shape in EditGAN's releases, if files of a release are converted together.

    Raises CheckpointError if the kind cannot be determined, or measure and name contradict each other.
    """
    fits = model is not None and array.shape[-1] == model.generator.w_dim
    measured = compared(array, model) if model is not None and fits else None
    kind, name = None if measured is None else measured.kind, by_name(path.stem)
    if kind is not None and name in (None, kind):
        return kind, f"{measured}" if name is None else f"by its name, and {measured}"
    if model is not None and kind is None and name is not None:
        return name, "by its name"
    if model is not None and kind is None and released_as is not None:
        return released_as, "by its shape, as in EditGAN's releases"
    said = "" if name is None else f", its name suggests {name}"
    said += "" if measured is None else f", {measured}"
    raise CheckpointError(
        f"{path} is an array {tuple(array.shape)}: latents or an edit vector, its shape is ambiguous{said}; give "
        f"--as latents or --as vector (in Python: kinds='latents' or 'vector')"
        + ("" if model is not None else ", or name the model's bundle as well, so that it can be measured")
    )
