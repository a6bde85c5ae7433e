"""Training of the interpreter as in DatasetGAN's and EditGAN's releases, written from published facts.

Ten networks are trained separately on pixels of full-size features, 64 pixels per step.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from released_loop import Member, full_size
from torch import Tensor, nn

BATCH, RATE = 64, 1e-3  # pixels per step, Adam's rate


class ReleasedTraining:
    """Training of the ensemble's networks, separately, on all pixels of a picture's features at full size.

    Args:
        features: features of one picture.
        labels: labels of its pixels, `[H, W]`.
        num_labels, members, hidden: sizes of the ensemble.
    """

    def __init__(
        self, features: Sequence[Tensor], labels: Tensor, num_labels: int, members: int, hidden: tuple[int, int]
    ):
        self.labels = labels.flatten().long()
        self.pixels = full_size(features, len(labels), "bilinear")[0].flatten(1).T
        channels = self.pixels.shape[1]
        self.members = [Member(channels, hidden, num_labels).to(labels.device) for _ in range(members)]
        for member in self.members:
            for layer in member.layers:
                if isinstance(layer, nn.Linear):
                    nn.init.normal_(layer.weight, std=0.02)
        self.optimisers = [torch.optim.Adam(member.parameters(), lr=RATE) for member in self.members]
        self.rng = torch.Generator().manual_seed(0)

    def step(self) -> None:
        """Each network takes one step on the same pixels; the choice of pixels does not affect the time."""
        at = torch.randint(len(self.labels), (BATCH,), generator=self.rng).to(self.labels.device)
        pixels, labels = self.pixels[at], self.labels[at]
        for member, optimiser in zip(self.members, self.optimisers, strict=True):
            optimiser.zero_grad()
            F.cross_entropy(member(pixels), labels).backward()
            optimiser.step()
