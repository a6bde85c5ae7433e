"""Prior term: the latent should stay near the reference."""

from editgan_widgets.latent.terms.term import Candidate, TermValue


class PriorTerm:
    """Reports `prior`, the mean over rows and axes of the squared offset, in the latent frame's units."""

    names = ("prior",)
    period, goal = 1, None

    def __init__(self, weight: float):
        self._weight = weight

    def value(self, at: Candidate) -> TermValue:
        """Evaluate the term."""
        prior = at.offset.square().mean()
        return TermValue(self._weight * prior, {"prior": prior})
