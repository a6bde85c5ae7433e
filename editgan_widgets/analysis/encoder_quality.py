"""Reconstruction of renders by a model's encoder, in one pass and after optimisation from there."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from editgan_widgets import images
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.quality_figures import EncoderQuality, QualityConfig, Reconstruction
from editgan_widgets.latent.embed import EmbedConfig, Embedding, embed
from editgan_widgets.models.editgan import EditGAN


def encoder_quality(
    model: EditGAN,
    identity: nn.Module | None,
    renders: Float[Tensor, "n 3 h w"],
    config: QualityConfig,
    progress: bool = False,
) -> EncoderQuality | None:
    """Encode and embed held-out renders, in [-1, 1]; None if the model has no encoder."""
    if model.encoder is None or not len(renders):
        return None
    found: list[Embedding] = []
    with tqdm(total=len(renders), desc="embedding", unit="img", disable=not progress) as bar:
        for part in renders.split(config.embed_batch):
            found.append(embed(model, part, EmbedConfig(steps=config.embed_steps)))
            if found[-1].steps < config.embed_steps:
                raise KeyboardInterrupt  # `embed` then returns its best so far
            bar.update(len(part))

    def reconstruction(psnr: list[np.ndarray], pixels: list[np.ndarray]) -> Reconstruction:
        cosine = None
        if identity is not None:
            with torch.no_grad():
                pairs = zip(renders.split(config.embed_batch), pixels, strict=True)
                parts = [
                    _similarity(identity, part, images.from_uint8(made, model.device)).cpu() for part, made in pairs
                ]
            cosine = Estimate.of_mean(torch.cat(parts).numpy())
        return Reconstruction(Estimate.of_mean(np.concatenate(psnr)), cosine)

    first, after = [x.first.image for x in found], [x.image for x in found]
    shown = (images.to_uint8(renders[:_STRIP]), np.concatenate(first)[:_STRIP], np.concatenate(after)[:_STRIP])
    return EncoderQuality(
        reconstruction([x.first.psnr for x in found], first),
        reconstruction([x.psnr for x in found], after),
        config.embed_steps,
        np.concatenate(shown),
    )


def _similarity(identity: nn.Module, first: Tensor, second: Tensor) -> Float[Tensor, " n"]:
    """Cosine of the identity vectors of each pair of pictures."""
    return (identity(first) * identity(second)).sum(1)


_STRIP = 8  # renders in the strip
