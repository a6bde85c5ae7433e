"""Identity term: an embedding of the picture should stay (L_ID; EditGAN, section 3.3, after ArcFace)."""

from collections.abc import Callable
from typing import TypeAlias

from jaxtyping import Float
from torch import Tensor

from editgan_widgets.latent.terms.term import Candidate, TermValue

IdentityModel: TypeAlias = Callable[[Tensor], Tensor]  # picture [1, 3, H, W] in [-1, 1] -> unit vector [1, n]


class IdentityTerm:
    """Reports `identity`, 1 - cosine of the embeddings of the picture and of the reference picture, 0 to 2."""

    names = ("identity",)
    period, goal = 1, None

    def __init__(self, embed: IdentityModel, reference: Float[Tensor, "1 3 h w"], weight: float):
        self._embed, self._weight = embed, weight
        self._reference = embed(reference.detach()).detach()

    def value(self, at: Candidate) -> TermValue:
        """Evaluate the term."""
        identity = 1 - (self._embed(at.image) * self._reference).sum(1).mean()
        return TermValue(self._weight * identity, {"identity": identity})
