"""Hypothesis strategies for label maps, strokes and paint rules, on a small label set with a pair of parts.

Strategies call nothing of the package: the type checker draws random numbers, which Hypothesis forbids in a strategy.
"""

import numpy as np
from hypothesis import strategies as st

from editgan_widgets.labels import Label, LabelSet

LABELS = LabelSet(
    "pair",
    [
        Label(0, "ground", "#000000"),
        Label(1, "left ear", "#ff0000", side="left"),
        Label(2, "right ear", "#00ff00", side="right"),
        Label(3, "hat", "#0000ff"),
    ],
)
HEIGHT, WIDTH = 20, 26
PARTS = st.sampled_from([0, 1, 2, 3])


def coordinates(size: int) -> st.SearchStrategy[float]:
    """Coordinates in px, float32 as sent by the browser; also half px, where distances tie, and outside the picture."""
    return st.one_of(st.integers(-8, 2 * size + 8).map(lambda n: n / 2), st.floats(-4, size + 4, width=32))


def paths(least: int, most: int) -> st.SearchStrategy[list[tuple[float, float]]]:
    """Lists of `least` to `most` points (x, y)."""
    return st.lists(st.tuples(coordinates(WIDTH), coordinates(HEIGHT)), min_size=least, max_size=most)


RADII = st.one_of(st.sampled_from([0.71, 1, 1.5, 2.5, 4, 9.25]), st.floats(0.75, 12, width=32)).map(
    lambda radius: float(np.float32(radius))
)
SHAPES = st.sampled_from(["round", "square"])
# Noise, patches and large areas.
MAPS = st.builds(
    lambda seed, coarse: np.kron(
        np.random.default_rng(seed).integers(0, 4, (HEIGHT // coarse + 1, WIDTH // coarse + 1)), np.ones((coarse,) * 2)
    )[:HEIGHT, :WIDTH].astype(np.uint8),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 3, 7]),
)
# Fields of a PaintRule: locked, over, mirror.
RULES = st.tuples(
    st.sets(PARTS, max_size=2).map(lambda ids: tuple(sorted(ids))),
    st.sets(PARTS, max_size=2).map(lambda ids: tuple(sorted(ids))),
    st.booleans(),
)
