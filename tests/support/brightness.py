"""Brightness of pictures as an attribute, a vector that raises it, and an embedding: measurements without judges."""

import torch
from torch import Tensor

from editgan_widgets import EditVector
from editgan_widgets.models.editgan import EditGAN


def read(pictures: Tensor):
    """Two attributes of pictures `[n, 3, H, W]`."""
    return {
        "brightness": pictures.mean((1, 2, 3)).numpy(),
        "red": (pictures[:, 0] - pictures[:, 1]).mean((1, 2)).numpy(),
    }


def embed(pictures: Tensor) -> Tensor:
    """Unit vectors `[n, 12]` of pictures `[n, 3, H, W]`."""
    small = torch.nn.functional.adaptive_avg_pool2d(pictures, 2).flatten(1)
    return torch.nn.functional.normalize(small, dim=1)


def brighter(model: EditGAN) -> EditVector:
    """The direction of W+ along which the mean brightness of eight portraits grows the fastest."""
    w_plus = torch.cat([model.sample_w_plus(seed) for seed in range(8)]).requires_grad_()
    (gradient,) = torch.autograd.grad(model.generator.synthesis(w_plus).image.mean(), [w_plus])
    recipe = {"fingerprint": model.fingerprint, "attribute": "brightness", "seed": 100}
    return EditVector("brighter", gradient.mean(0) / gradient.mean(0).norm(), ("spark",), recipe)
