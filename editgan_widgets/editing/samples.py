"""Pictures of sampled portraits: many seeds to look at before one of them is edited."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image

from editgan_widgets import images
from editgan_widgets.models.editgan import EditGAN

Sample = tuple[int, float]  # seed and truncation_psi


def sample_pictures(
    model: EditGAN, samples: Iterable[Sample], largest: int | None = None
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """Draw portraits one after the other, so that a caller can stop between two.

    Args:
        model: whose portraits.
        samples: seed and truncation_psi of each.
        largest: px; larger pictures are made smaller. None leaves them at the model's size.
    """
    for seed, truncation_psi in samples:
        with torch.no_grad():
            pixels = images.to_uint8(model.generator.synthesis(model.sample_w_plus(seed, truncation_psi)).image)[0]
        if largest is not None and len(pixels) > largest:
            pixels = np.asarray(Image.fromarray(pixels).resize((largest, largest), Image.Resampling.LANCZOS))
        yield pixels
