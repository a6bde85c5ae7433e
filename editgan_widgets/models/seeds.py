"""Normal codes z of a seed, drawn by torch's random generator or by numpy's."""

from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

SeedSource: TypeAlias = Literal["torch", "numpy"]
"""The random generator of a seed: "torch" is this package's own; "numpy" is that of NVIDIA's `generate.py`."""

SEED_SOURCES: tuple[str, ...] = get_args(SeedSource)


class SeedError(ValueError):
    """A seed that its random generator does not take, or an unknown generator."""


def code_of_seed(seed: int, z_dim: int, source: str = "torch") -> Float[Tensor, "1 z_dim"]:
    """Draw the normal code of a seed, float32 on the CPU, the same on every machine.

    Args:
        seed: 0 to 2**63 - 1; of "numpy" at most 2**32 - 1.
        z_dim: numbers of the code.
        source: "torch" draws by `torch.Generator`; "numpy" by `numpy.random.RandomState(seed).randn(1, z_dim)`, as
            `generate.py --seeds` of StyleGAN2, StyleGAN2-ADA and StyleGAN3 does.

    Raises SeedError.
    """
    if source not in SEED_SOURCES:
        raise SeedError(f"the source of a seed is {' or '.join(map(repr, SEED_SOURCES))}; got {source!r}")
    if source == "torch":
        return torch.randn(1, z_dim, generator=torch.Generator().manual_seed(seed))
    if not 0 <= seed < 2**32:
        raise SeedError(f"seeds of numpy run from 0 to {2**32 - 1}; got {seed}")
    drawn = np.random.RandomState(int(seed)).randn(1, z_dim)
    return torch.from_numpy(drawn).float()
