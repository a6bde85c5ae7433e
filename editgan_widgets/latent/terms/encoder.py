"""Encoder term: the latent should be the one that the encoder reads off its picture (EditGAN's released tool)."""

import torch

from editgan_widgets.latent.terms.term import Candidate, TermValue
from editgan_widgets.models.encoder import Encoder
from editgan_widgets.models.pyramid_encoder import PyramidEncoder


class EncoderTerm:
    """Reports `encoder`, the mean squared distance of w_plus from the encoder's output, in W's units."""

    names = ("encoder",)
    period, goal = 1, None

    def __init__(self, encoder: Encoder | PyramidEncoder, weight: float):
        self._encoder, self._weight = encoder, weight

    def value(self, at: Candidate) -> TermValue:
        """Evaluate the term. The encoder's output counts as a constant."""
        with torch.no_grad():
            encoded = self._encoder(at.image)
        encoder = (at.w_plus[..., : encoded.shape[2]] - encoded).square().mean()
        return TermValue(self._weight * encoder, {"encoder": encoder})
