"""Label maps that the interpreter predicts from a generator's features."""

import torch
from jaxtyping import UInt8
from torch import Tensor

from editgan_widgets.models.devices import has_quick_bfloat16
from editgan_widgets.models.editgan import EditGAN

_BFLOAT16_FROM = 256**2  # pixels of a picture whose label map is computed with products in bfloat16


@torch.no_grad()
def predicted_label_map(model: EditGAN, features: list[Tensor]) -> UInt8[Tensor, "h w"]:
    """Label map that the interpreter predicts from one picture's features.

    From 256 px, products are in bfloat16 if the CPU has AMX. The label then differs at about two pixels in a thousand,
    where the two most likely labels are nearly equal.

    Raises ValueError for a model without an interpreter.
    """
    finest = features[-1]
    large = finest.shape[2] * finest.shape[3] >= _BFLOAT16_FROM
    dtype = torch.bfloat16 if large and has_quick_bfloat16(finest.device) else None
    return model.trained_interpreter()(features, dtype=dtype)[0].argmax(0).to(torch.uint8)
