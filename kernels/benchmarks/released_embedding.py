"""Embedding as in EditGAN's release, written from published facts (see released_loop.py).

A hundred steps follow the encoder's pass. Each computes LPIPS of both pictures and the squared error, and runs the
encoder on the picture and detaches its result.
"""

import torch
import torch.nn.functional as F
from released_loop import in_unit_range, lpips
from torch import Tensor

from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.vgg16 import Vgg16Features
from editgan_widgets.schedules import learning_rate

LPIPS, MSE = 10.0, 1.0  # the release's weights; the encoder's term has weight 1
RATE = 0.1  # Adam's maximum learning rate


class ReleasedEmbedding:
    """Optimisation of w_plus towards a picture.

    Args:
        model: an EditGAN with an encoder.
        picture: picture in [-1, 1], `[1, 3, H, W]`.
        vgg16: its features and LPIPS' heads.
        steps: number of steps; the rate rises over the first twentieth and falls along a cosine over the last quarter.
    """

    def __init__(self, model: EditGAN, picture: Tensor, vgg16: tuple[Vgg16Features, list[Tensor]], steps: int = 100):
        assert model.encoder is not None
        self.generator, self.encoder = model.generator, model.encoder
        self.vgg16, self.heads = vgg16
        self.target = in_unit_range(picture)
        self.w_plus = model.encode(picture).detach().clone().requires_grad_()
        self.optimiser = torch.optim.Adam([self.w_plus], lr=RATE)
        self.done, self.steps = 0, steps

    def step(self) -> Tensor:
        """Evaluate, differentiate and update; returns the loss before the update."""
        self.optimiser.zero_grad()
        self.optimiser.param_groups[0]["lr"] = self._rate()
        picture = in_unit_range(self.generator.synthesis(self.w_plus).image)
        encoder = F.mse_loss(self.w_plus, self.encoder(picture).detach())
        distance = lpips(self.vgg16, self.heads, picture, self.target)
        loss = LPIPS * distance + MSE * F.mse_loss(picture, self.target) + encoder
        loss.backward()
        self.optimiser.step()
        self.done += 1
        return loss.detach()

    def _rate(self) -> float:
        behind = min(self.done / self.steps, 1.0)
        return learning_rate(RATE, (behind + 1 / self.steps) / 0.05, 1 - (1 - behind) / 0.25)
