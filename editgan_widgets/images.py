"""Conversion of pictures between value ranges and layouts; nothing else in the package converts them.

Networks use float tensors `[batch, 3, H, W]` in [-1, 1]; files, canvases and the public interface use uint8 arrays
`[H, W, 3]` in [0, 255].
"""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from editgan_widgets.files import whole_file


def psnr(squared_error: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Peak signal-to-noise ratio in dB, at most 106, of mean squared errors of pictures in [-1, 1]."""
    return 10 * torch.log10(4 / squared_error.detach().clamp_min(1e-10))


def to_uint8(image: Float[Tensor, "batch 3 h w"]) -> UInt8[np.ndarray, "batch h w 3"]:
    """Convert network pictures in [-1, 1] (clipped) to uint8 arrays, channels last. One copy to the host."""
    return to_bytes(image).cpu().numpy()


def to_bytes(image: Float[Tensor, "batch 3 h w"]) -> UInt8[Tensor, "batch h w 3"]:
    """Convert network pictures in [-1, 1] (clipped) to bytes on their device, channels last."""
    scaled = (image.detach().float().clamp(-1, 1) * 127.5 + 127.5).round().to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous()


def from_uint8(
    pixels: UInt8[np.ndarray, "*batch h w 3"], device: torch.device | str = "cpu"
) -> Float[Tensor, "batch 3 h w"]:
    """Convert uint8 arrays `[H, W, 3]` or `[batch, H, W, 3]` to network pictures in [-1, 1]."""
    batch = torch.from_numpy(np.array(pixels)).to(device)  # a copy: torch refuses read-only arrays
    if batch.ndim == 3:
        batch = batch[None]
    return batch.permute(0, 3, 1, 2).float() / 127.5 - 1


def grid(pictures: UInt8[np.ndarray, "n h w 3"], columns: int, gap: int = 2) -> UInt8[np.ndarray, "H W 3"]:
    """Arrange pictures in a grid, row by row, with `columns` columns and a white gap of `gap` px."""
    n, h, w, _ = pictures.shape
    rows = -(-n // columns)
    sheet = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = (i // columns) * (h + gap), (i % columns) * (w + gap)
        sheet[y : y + h, x : x + w] = picture
    return sheet


def save(pixels: UInt8[np.ndarray, "h w 3"], path: str | Path) -> None:
    """Write a picture in the format of the file name's suffix. JPEG and WebP are written with high quality."""
    with whole_file(path) as unfinished:
        if Path(path).suffix.lower() in (".jpg", ".jpeg", ".webp"):
            Image.fromarray(pixels).save(unfinished, quality=95, subsampling=0)
        else:
            Image.fromarray(pixels).save(unfinished)
