"""EditQuality: how well an edit did what was painted, and how much it changed beside it, in figures and in words."""

from dataclasses import dataclass
from typing import Literal

from editgan_widgets.latent.optimize import EditConfig, EditStep

_REACHED: tuple[tuple[float, Literal["well", "partly"]], ...] = ((0.8, "well"), (0.5, "partly"))


@dataclass(frozen=True)
class EditQuality:
    """What one edit is worth.

    Attributes:
        agreement: of the edited parts inside the region with the painted ones by the interpreter, 0 to 1.
        outside: mean absolute change outside the region, as a share of the value range.
        budget: what `outside` may be before it counts against an edit (EditConfig.outside_budget).
    """

    agreement: float
    outside: float
    budget: float

    @classmethod
    def of(cls, step: EditStep, config: EditConfig) -> "EditQuality":
        """The quality of the step that an edit kept."""
        return cls(float(step.iou), float(step.outside), float(config.outside_budget))

    @property
    def reached(self) -> Literal["well", "partly", "hardly"]:
        """How far the picture came towards what was painted."""
        for least, word in _REACHED:
            if self.agreement >= least:
                return word
        return "hardly"

    @property
    def kept(self) -> Literal["as before", "nearly", "changed"]:
        """How the picture outside the region fared: up to a quarter of the budget, within it, or beyond."""
        return (
            "as before" if self.outside <= self.budget / 4 else "nearly" if self.outside <= self.budget else "changed"
        )

    def __str__(self) -> str:
        return f"{self.reached} reached ({self.agreement:.0%}), outside {self.kept} ({self.outside:.1%})"
