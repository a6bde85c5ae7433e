"""Square: a square of a picture that may be rotated: cutting it out upright, and points of it in the picture.

Points are in px, x to the right and y down; the middle of the first pixel is at (0.5, 0.5). A positive roll turns
clockwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image


@dataclass(frozen=True)
class Square:
    """A square that may be rotated, and may reach beyond the picture."""

    x: float  # px, its centre
    y: float
    side: float  # px
    roll: float = 0.0  # degrees

    def __post_init__(self) -> None:
        values = (self.x, self.y, self.side, self.roll)
        if not (all(map(math.isfinite, values)) and self.side > 0):
            raise ValueError(f"a square needs finite x, y and roll and a side above 0 px; got {values}")

    @property
    def matrix(self) -> Float[np.ndarray, "2 3"]:
        """Affine map from the square, in shares of its side from the upper left corner, to the picture in px."""
        turn = math.radians(self.roll)
        a, b = self.side * math.cos(turn), self.side * math.sin(turn)
        return np.array([[a, -b, self.x - (a - b) / 2], [b, a, self.y - (b + a) / 2]])

    def to_picture(self, points: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
        """Points of the square (0 to 1 inside it) -> px of the picture."""
        return points @ self.matrix[:, :2].T + self.matrix[:, 2]

    def from_picture(self, points: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
        """Px of the picture -> points of the square."""
        return (points - self.matrix[:, 2]) @ np.linalg.inv(self.matrix[:, :2]).T

    def corners(self) -> Float[np.ndarray, "4 2"]:
        """Upper left, upper right, lower right and lower left corner, px."""
        return self.to_picture(np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]))


def overlap(first: Square, second: Square) -> float:
    """Intersection over union of two squares as if they were not rotated, 0 to 1."""
    shared = [
        max(0.0, min(a + first.side / 2, b + second.side / 2) - max(a - first.side / 2, b - second.side / 2))
        for a, b in ((first.x, second.x), (first.y, second.y))
    ]
    inside = shared[0] * shared[1]
    return inside / (first.side**2 + second.side**2 - inside)


def cut_square(
    pixels: UInt8[np.ndarray, "h w 3"], square: Square, size: int, outside: Literal["border", "black"] = "border"
) -> UInt8[np.ndarray, "size size 3"]:
    """Cut out a square, upright, at `size` px; outside the picture its border is repeated, or all is black.

    The picture is averaged down first where the square is larger than the cut, so that no detail is skipped. Raises
    ValueError for a square that is outside the picture.
    """
    corners = square.corners()
    left, upper = (int(x) for x in np.floor(corners.min(0)) - 2)
    right, lower = (int(x) for x in np.ceil(corners.max(0)) + 2)
    around = padded(pixels, (left, upper, right, lower), outside)
    factor = max(1, int(square.side / size))
    image = Image.fromarray(around)
    if factor > 1:
        image = image.reduce(factor)
    inside = Square((square.x - left) / factor, (square.y - upper) / factor, square.side / factor, square.roll)
    coefficients = (inside.matrix / [size, size, 1]).flatten().tolist()
    kind = Image.Resampling.BICUBIC
    return np.asarray(image.transform((size, size), Image.Transform.AFFINE, coefficients, kind))


def padded(
    pixels: UInt8[np.ndarray, "h w 3"], box: Sequence[int], outside: Literal["border", "black"] = "border"
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Cut out a box (left, upper, right, lower), which may reach beyond the picture.

    Raises ValueError for a box that is outside the picture.
    """
    left, upper, right, lower = box
    height, width = pixels.shape[:2]
    inside = pixels[max(upper, 0) : max(lower, 0), max(left, 0) : max(right, 0)]
    if not inside.size:
        raise ValueError(f"the box {tuple(box)} is outside the picture of {width} x {height} px; move it")
    sides = (max(0, -upper), max(0, lower - height)), (max(0, -left), max(0, right - width)), (0, 0)
    return np.pad(inside, sides, mode="edge" if outside == "border" else "constant")
