"""Label maps of a segmenter, `[..., H, W]` uint8, and tables of the IoU of parts."""

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from editgan_widgets import images
from editgan_widgets.iou import part_iou
from editgan_widgets.labels import LabelSet


def segment(segmenter: nn.Module, pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w"]:
    """Label a picture with a network that maps images in [-1, 1] to logits of the same size."""
    device = next(
        (one.device for one in segmenter.parameters()), torch.device("cpu")
    )  # a rule-based segmenter has no parameters
    with torch.no_grad():
        logits = segmenter(images.from_uint8(pixels, device))
    return most_likely(logits)[0]


def most_likely(logits: Float[Tensor, "batch num_labels h w"]) -> UInt8[np.ndarray, "batch h w"]:
    """Take the label with the largest logit at each pixel."""
    return logits.argmax(dim=1).to(torch.uint8).cpu().numpy()


def table(counts: Int[np.ndarray, "num_labels num_labels"], labels: LabelSet) -> dict[str, float | None]:
    """IoU by part, rounded to three digits; None if the truth does not show the part. JSON values."""
    return {
        label.name: None if np.isnan(iou) else round(float(iou), 3)
        for label, iou in zip(labels, part_iou(counts), strict=True)
    }
