"""Out of domain: portraits as drawings and paintings, embedded and edited (EditGAN, section 4.3, uses MetFaces).

A picture is converted to three styles. Each stylised portrait is embedded, an edit vector is applied, and the edit is
pasted into the stylised picture. The change of the attribute is predicted from the model's pictures, which are in the
regressor's domain, and from the pasted pictures, which are not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import UInt8
from scipy import ndimage

from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.transfer import LEAST_SHARE, Read, attribute_change
from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.models.editgan import EditGAN

Pixels = UInt8[np.ndarray, "h w 3"]


def posterise(pixels: Pixels, levels: int = 5) -> Pixels:
    """Posterise: a median filter, then each channel quantised to `levels` values."""
    smooth = ndimage.median_filter(pixels, size=3, axes=(0, 1)).astype(np.float32)
    return np.rint(np.rint(smooth / 255 * (levels - 1)) * (255 / (levels - 1))).astype(np.uint8)


def sketch(pixels: Pixels, sigma: float = 3.0, tint: float = 0.25) -> Pixels:
    """Pencil drawing: grey values over their blurred inverse, so that edges stay dark; keeps `tint` of the colour."""
    grey = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    around = ndimage.gaussian_filter(255 - grey, sigma)
    lines = np.clip(grey * 255 / np.maximum(255 - around, 1), 0, 255)
    shaded = 0.75 * lines + 0.25 * grey
    return np.rint(shaded[..., None] * (1 - tint) + tint * pixels).clip(0, 255).astype(np.uint8)


def oil(pixels: Pixels, radius: int = 2, tones: int = 12) -> Pixels:
    """Oil painting: each pixel gets the mean colour of the most frequent tone around it."""
    tone = (pixels.astype(np.float32).mean(2) * (tones / 256)).astype(int)
    best, result = np.full(tone.shape, -1.0), np.zeros(pixels.shape, np.float32)
    size = 2 * radius + 1
    for k in range(tones):
        mask = (tone == k).astype(np.float32)
        count = ndimage.uniform_filter(mask, size)
        total = ndimage.uniform_filter(pixels * mask[..., None], size, axes=(0, 1))
        wins = count > best
        best[wins] = count[wins]
        result[wins] = total[wins] / np.maximum(count[wins], 1e-6)[:, None]
    return np.rint(result).clip(0, 255).astype(np.uint8)


STYLES: Mapping[str, Callable[[Pixels], Pixels]] = {"posterised": posterise, "sketch": sketch, "oil": oil}


@dataclass(frozen=True)
class StyleTransfer:
    """Effect of one vector on pictures of one style, with 95% intervals."""

    style: str  # "plain" for unchanged pictures
    vector: str
    attribute: str
    psnr: Estimate  # dB, of the embedding
    success: Estimate  # share whose attribute changed in the right direction by at least half of `source_change`
    share: Estimate  # mean change divided by `source_change`
    pasted_share: Estimate  # the same, predicted from the pictures that the edit was pasted into
    source_change: float

    def to_dict(self) -> dict:
        """Return the fields as JSON values."""
        return asdict(self)


def measure_styles(
    model: EditGAN,
    pictures: Iterable[Pixels],
    vector: EditVector,
    attribute: str,
    read: Read,
    source_change: float,
    scale: float = 1.0,
    config: EmbedConfig | None = None,
    styles: Mapping[str, Callable[[Pixels], Pixels]] = STYLES,
) -> list[StyleTransfer]:
    """Embed, edit and paste pictures of the model's size, plain first and then in each style.

    Args:
        model: preferably with an encoder; without one, embedding needs more steps.
        pictures: uint8, of the model's resolution.
        vector, scale: as in EditVector.apply.
        attribute: a factor that `read` predicts.
        read: predictor of factors.
        source_change: mean change of the attribute by the vector on samples of the model.
        config: settings of the embedding; None means the preset "fast".
        styles: functions from a picture to its stylised version, by name.

    Raises ValueError for no pictures or a source_change of 0.
    """
    shown = list(pictures)
    if not shown or source_change == 0:
        raise ValueError(
            f"got {len(shown)} pictures and source_change {source_change}; give at least one picture and a "
            "source_change other than 0"
        )
    config = config or EmbedConfig.preset("fast")
    whole = Crop(0, 0, model.resolution)
    rows = []
    for style, draw in {"plain": lambda x: x, **styles}.items():
        psnr, changes, pasted = [], [], []
        for pixels in shown:
            opened = PhotoSession.open(model, Photo(draw(pixels)), whole, config)
            psnr.append(opened.psnr)
            before, canvas = opened.session.image, opened.photo.pixels
            opened.session.apply_vector(vector, scale)
            changes.append(attribute_change(read, attribute, before, opened.session.image, model.device))
            pasted.append(attribute_change(read, attribute, canvas, opened.pasted("gradient"), model.device))
        moved = np.array(changes) / source_change
        rows.append(
            StyleTransfer(
                style,
                vector.name,
                attribute,
                Estimate.of_mean(np.array(psnr)),
                Estimate.of_share(moved >= LEAST_SHARE),
                Estimate.of_mean(moved),
                Estimate.of_mean(np.array(pasted) / source_change),
                source_change,
            )
        )
    return rows


def style_table(rows: Sequence[StyleTransfer]) -> str:
    """Markdown table of `measure_styles`, one row per style."""
    lines = [
        "| style | vector | attribute | n | embedding, PSNR in dB | success | change / source's | as pasted |",
        "|---|---|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {x.style} | {x.vector} | {x.attribute} | {x.psnr.n} | {x.psnr.value:.1f} | "
        f"{x.success.value:.0%} ({x.success.low:.0%} to {x.success.high:.0%}) | {x.share.value:.2f} | "
        f"{x.pasted_share.value:.2f} |"
        for x in rows
    ]
    return "\n".join(lines) + "\n"
