"""Attributes: numbers read from pictures, by the judges of a model's domain or by the user's functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.analysis.vector_effects import READ_WELL
from editgan_widgets.domains.registry import domain_of, judges_of
from editgan_widgets.latent.directions.arguments import checked
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import is_real, plain, shown


@runtime_checkable
class StatisticsReader(Protocol):
    """A judge that computes features of pictures, and attributes from the features."""

    def features(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Features of pictures in [-1, 1]."""
        ...

    def read_statistics(self, statistics: Float[Tensor, "b c"]) -> Mapping[str, np.ndarray]:
        """Attributes, from what `features` returned."""
        ...


@checked()
def attributes_of(model: EditGAN) -> Read:
    """Return a function that reads attributes of a model's pictures: the factors of its domain's judge.

    Raises ValueError if the domain has no such judge; use your own function then (`by_picture`).
    """
    factors = judges_of(model).factors
    if factors is None:
        found = domain_of(model)
        whose = "a model without a known domain" if found is None else f"the domain {found.name!r}"
        raise ValueError(f"no judge reads attributes for {whose}; give a function: by_picture(smile=my_function)")
    return factors.read


def default_attributes(model: EditGAN) -> Read | None:
    """Return `attributes_of`; None if no judge of the model's domain reads attributes."""
    return None if judges_of(model).factors is None else attributes_of(model)


@checked()
def compared_attributes(model: EditGAN) -> Read:
    """Return `attributes_of` without those that say little about an edit.

    Left out are attributes that the judge reads with an R² below READ_WELL, and those that nearly every edit changes a
    little (`Domain.incidental`). Raises ValueError as `attributes_of`.
    """
    read, factors, found = attributes_of(model), judges_of(model).factors, domain_of(model)
    assert factors is not None
    incidental = frozenset() if found is None else found.incidental
    report = factors.report
    kept = [
        name for name in factors.names if name not in incidental and (not report or report.get(name, 0) >= READ_WELL)
    ]

    def compared(pictures: Tensor) -> Mapping[str, np.ndarray]:
        values = read(pictures)
        return {name: values[name] for name in kept}

    return compared


class SharedStatistics:
    """A judge's `read` and `features` that compute the features of a tensor only once if they get it in turn.

    Args:
        factors: a judge that reads attributes from its own features, as a FactorRegressor does.
    """

    def __init__(self, factors: StatisticsReader) -> None:
        self._factors = factors
        self._last: tuple[Tensor, Tensor] | None = None  # pictures, their features

    def features(self, pictures: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
        """Features of pictures in [-1, 1]."""
        if self._last is None or self._last[0] is not pictures:
            self._last = pictures, self._factors.features(pictures)
        return self._last[1]

    def read(self, pictures: Float[Tensor, "n 3 h w"]) -> Mapping[str, np.ndarray]:
        """Attributes of pictures in [-1, 1]."""
        return self._factors.read_statistics(self.features(pictures))


def by_picture(*unnamed: Any, **functions: Callable[[np.ndarray], float]) -> Read:
    """Make attributes from functions of one picture, uint8 [H, W, 3], that return a number.

    For example `by_picture(brightness=lambda picture: picture.mean())`. Raises ValueError for no functions, or one
    without a name, and when called, if a function returns neither a finite number nor nan. nan says that the attribute
    cannot be read on this picture, which measurements then leave out.
    """
    if unnamed or not functions:
        raise ValueError("by_picture takes functions by the name of their attribute: by_picture(smile=my_function)")
    for name, function in functions.items():
        if not callable(function):
            raise ValueError(f"{name} must be a function of a picture, uint8 [H, W, 3]; got {shown(function)}")

    return _ByPicture(functions)


@dataclass(frozen=True)
class _ByPicture:
    """Reads numbers off pictures; a class, so that it can be sent to another process."""

    functions: Mapping[str, Callable[[np.ndarray], float]]

    @torch.no_grad()
    def __call__(self, pictures: Tensor) -> Mapping[str, np.ndarray]:
        found: dict[str, list[float]] = {name: [] for name in self.functions}
        for picture in images.to_uint8(pictures):
            for name, function in self.functions.items():
                value = plain(function(picture))
                if not (is_real(value) or isinstance(value, bool)) or np.isinf(value):
                    raise ValueError(
                        f"attribute {name!r} is {shown(value)} for a picture; the function must return a finite "
                        "number, or nan where it cannot be read"
                    )
                found[name].append(float(value))
        return {name: np.array(values) for name, values in found.items()}
