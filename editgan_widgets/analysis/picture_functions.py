"""Functions of pictures that a caller gives, such as a classifier: called without gradients, with plain results.

All measurements call such functions through these classes, so a network fits as it is: attributes become float arrays,
features a tensor `[n, d]`, and embeddings of faces unit vectors, whose products are cosines.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editgan_widgets.analysis.transfer import Read
from editgan_widgets.latent.directions.arguments import kind_of


@dataclass(frozen=True)
class Reader:
    """Attributes of pictures as float arrays `[n]` by name.

    Attributes:
        read: the caller's function.
    """

    read: Read

    @property
    def __wrapped__(self) -> Read:
        """The caller's function, by whose code results are filed (batch/function_key.py)."""
        return self.read

    @torch.no_grad()
    def __call__(self, pictures: Tensor) -> Mapping[str, np.ndarray]:
        """Read pictures. Raises ValueError for anything but one real number for each picture by name."""
        found = self.read(pictures)
        if not isinstance(found, Mapping):
            raise ValueError(
                f"read must return attributes by name, n values each; got {kind_of(found)}; make one of a function of "
                "a picture by by_picture(smile=my_function)"
            )
        return {name: _attribute(values, name, len(pictures)) for name, values in found.items()}


@dataclass(frozen=True)
class Network:
    """A tensor `[n, d]` for n pictures.

    Attributes:
        function: the caller's function.
        name: name of the argument, for errors.
        unit: True scales each vector to length 1; a vector of zeros has no direction and becomes nan.
    """

    function: Callable[[Tensor], Any]
    name: str
    unit: bool = False

    @property
    def __wrapped__(self) -> Callable[[Tensor], Any]:
        """The caller's function, by whose code results are filed (batch/function_key.py)."""
        return self.function

    @torch.no_grad()
    def __call__(self, pictures: Tensor) -> Tensor:
        """Describe pictures. Raises ValueError for anything but a vector of real numbers for each picture."""
        found = self.function(pictures)
        values = torch.from_numpy(found) if isinstance(found, np.ndarray) and found.dtype.kind in "biuf" else found
        shape = tuple(values.shape) if isinstance(values, Tensor) else ()
        if not isinstance(values, Tensor) or values.is_complex() or len(shape) != 2 or shape[0] != len(pictures):
            said = f"shape {shape}" if isinstance(values, Tensor) and not values.is_complex() else kind_of(found)
            raise ValueError(
                f"{self.name} must return a vector for each picture, a tensor [n, d]; got {said} for {len(pictures)} "
                "pictures"
            )
        if not shape[1]:
            raise ValueError(f"{self.name} returned vectors without numbers, shape {shape}; return a tensor [n, d]")
        values = values.detach() if values.dtype == torch.float64 else values.detach().float()
        return values / values.norm(dim=1, keepdim=True) if self.unit else values


def _attribute(values: Any, name: Any, n: int) -> np.ndarray:
    found = np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values)
    if not isinstance(name, str) or found.shape != (n,):
        raise ValueError(f"read must return one value of {name!r} for each of {n} pictures; got shape {found.shape}")
    if found.dtype.kind not in "biuf":
        raise ValueError(f"read must return real numbers for {name!r}; got {kind_of(found.tolist()[0])}")
    return found.astype(float)
