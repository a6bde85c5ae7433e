"""Learning rate of an optimisation: warm-up, plateau, and a fall along a line or along half a cosine."""

import math
from typing import Literal


def learning_rate(
    peak: float, up: float, down: float, final: float = 0.0, shape: Literal["linear", "cosine"] = "cosine"
) -> float:
    """Return the rate at one point of a run.

    Args:
        peak: rate of the plateau.
        up: share of the warm-up that is over; 1 or more after it. The rate rises in proportion.
        down: share of the fall that is over: 0 or less before it, 1 or more at its end.
        final: rate at the end, as a share of `peak`.
        shape: shape of the fall.
    """
    over = min(max(down, 0.0), 1.0)
    fallen = over if shape == "linear" else 0.5 - 0.5 * math.cos(math.pi * over)
    return peak * min(up, 1.0) * (1 - (1 - final) * fallen)
