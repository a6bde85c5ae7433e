"""EditQuality: agreement of an edit with the painted mask, and its change outside, as figures and words."""

from dataclasses import dataclass
from typing import Literal

from editgan_widgets.latent.optimize import EditConfig, EditStep

_REACHED: tuple[tuple[float, Literal["well", "partly"]], ...] = ((0.8, "well"), (0.5, "partly"))


@dataclass(frozen=True)
class EditQuality:
    """Quality of one edit.

    Attributes:
        agreement: IoU of the predicted mask with the painted mask, edited parts inside the region only, 0 to 1.
        outside: mean absolute change outside the region, as a share of the value range.
        budget: change outside that is not penalised (EditConfig.outside_budget).
    """

    agreement: float
    outside: float
    budget: float

    @classmethod
    def of(cls, step: EditStep, config: EditConfig) -> "EditQuality":
        """Quality of the step that an edit kept."""
        return cls(float(step.iou), float(step.outside), float(config.outside_budget))

    @property
    def reached(self) -> Literal["well", "partly", "hardly"]:
        """The agreement in words, for example "well reached"."""
        for least, word in _REACHED:
            if self.agreement >= least:
                return word
        return "hardly"

    @property
    def kept(self) -> Literal["as before", "nearly", "changed"]:
        """Change outside in words: at most a quarter of the budget, within the budget, or more."""
        return (
            "as before" if self.outside <= self.budget / 4 else "nearly" if self.outside <= self.budget else "changed"
        )

    def __str__(self) -> str:
        return f"{self.reached} reached ({self.agreement:.0%}), outside {self.kept} ({self.outside:.1%})"
