"""Low-pass kernels of a file, of any number of taps, as this package's layers take them: an even number, at least 4.

Zeros are put around a kernel so that the doubled picture does not move. With n taps the public code pads a doubled
picture by (n + 1) // 2 pixels before and n // 2 - 1 after, and this package's layers by half the taps less one.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def even_filter(kernel: Float[Tensor, "*n"], taps: int = 4) -> Float[Tensor, "taps taps"]:
    """Return a kernel of n, or n x n, values with zeros around it: the least even number of taps from `taps` up.

    A one-dimensional kernel is separable and stands for its outer product. Raises ValueError for other shapes.
    """
    if kernel.ndim == 0:
        kernel = kernel.reshape(1, 1)
    if kernel.ndim == 1:
        kernel = kernel[:, None] * kernel
    n = kernel.shape[0]
    if kernel.ndim != 2 or kernel.shape[1] != n or not 1 <= n <= 64:
        raise ValueError(f"a low-pass kernel has shape {tuple(kernel.shape)}, square ones of up to 64 taps are read")
    taps = max(taps, n + n % 2)
    before = taps // 2 - 1 - (n - 1 - (n + 1) // 2)
    after = taps - n - before
    return F.pad(kernel, (before, after, before, after))
