"""Outside term: the picture outside the region should stay as it is (L2 part of L_RGB; EditGAN, section 3.3)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from editgan_widgets.latent.terms.term import Candidate, TermValue


class OutsideTerm:
    """Reports `rgb` (mean squared error outside, pictures in [-1, 1]) and `outside`.

    `outside` is the mean absolute change of the clipped picture outside the region, as a share of the value range.

    Args:
        reference: picture that the outside is compared with.
        region: pixels where the edit may act.
        weight: weight of `rgb`.
        picture_mean: `rgb` is a mean over the whole picture, where the region counts 0, as in EditGAN's release.
    """

    names = ("outside", "rgb")
    period, goal = 1, None

    def __init__(
        self, reference: Float[Tensor, "1 3 h w"], region: Bool[Tensor, "h w"], weight: float, picture_mean: bool
    ):
        self._reference, self._weight = reference.detach(), weight
        self._outside = (~region).float()[None, None]
        self._values = max(float(self._outside.sum()) * reference.shape[1], 1.0)
        self._share = float(self._outside.mean()) if picture_mean else 1.0

    def value(self, at: Candidate) -> TermValue:
        """Evaluate the term."""
        difference = (at.image - self._reference) * self._outside
        rgb = difference.square().sum() / self._values * self._share
        return TermValue(self._weight * rgb, {"rgb": rgb, "outside": self._change(at.image)})

    @torch.no_grad()
    def _change(self, image: Tensor) -> Float[Tensor, ""]:
        clipped = image.clamp(-1, 1) - self._reference.clamp(-1, 1)
        return (clipped.abs() * self._outside).sum() / (2 * self._values)  # the value range is 2 wide
