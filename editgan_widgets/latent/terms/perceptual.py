"""Perceptual term: the features outside the region should stay (LPIPS part of L_RGB; EditGAN, section 3.3)."""

from jaxtyping import Bool, Float
from torch import Tensor

from editgan_widgets.latent.terms.term import Candidate, TermValue, zero
from editgan_widgets.models.perceptual import Lpips, PerceptualDistance


class PerceptualTerm:
    """Reports `perceptual`, the distance outside the region at the latest evaluation that computed it.

    Args:
        distance: perceptual distance of two pictures.
        reference: picture that the outside is compared with.
        region: pixels where the edit may act.
        weight: weight of the distance.
        every: computed in every n-th evaluation, with its gradient scaled by n.
        picture_mean: a mean over the whole picture, where the region counts 0, as in EditGAN's release.
    """

    names = ("perceptual",)
    goal = None

    def __init__(
        self,
        distance: PerceptualDistance | Lpips,
        reference: Float[Tensor, "1 3 h w"],
        region: Bool[Tensor, "h w"],
        weight: float,
        every: int,
        picture_mean: bool,
    ):
        self._distance, self._weight, self.period = distance, weight, every
        self._reference = distance.reference(reference.detach(), ~region)
        self._share = float((~region).float().mean()) if picture_mean else 1.0
        self._latest = zero(reference.device)

    def value(self, at: Candidate) -> TermValue:
        """Evaluate the term; between two computed evaluations it gives the latest value without a gradient."""
        every = self.period
        if at.call % every:
            return TermValue(self._weight * self._latest, {"perceptual": self._latest})
        distance = self._distance(at.image, self._reference) * self._share
        self._latest = distance.detach()
        scaled = every * distance - (every - 1) * self._latest  # its value, `every` times its gradient
        return TermValue(self._weight * scaled, {"perceptual": distance})
