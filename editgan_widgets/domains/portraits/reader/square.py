"""FaceSquare: where a portrait's frame lies in a picture: the square that a render of this face would fill.

The model's portraits are framed by their eyes (geometry.VIEW_WIDTH, EYE_HEIGHT): a face is found if the square is found
that frames it in the same way. Points are in px, x to the right and y down; a positive roll turns the face clockwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

MIDDLE = (0.5, 0.52)  # of the face in the square, between eyes and mouth


@dataclass(frozen=True)
class FaceSquare:
    """A square that may be rotated, and may reach beyond the picture."""

    x: float  # px, its centre
    y: float
    side: float  # px
    roll: float = 0.0  # degrees

    def __post_init__(self) -> None:
        values = (self.x, self.y, self.side, self.roll)
        if not (all(map(math.isfinite, values)) and self.side > 0):
            raise ValueError(f"a face's square needs finite x, y and roll and a side above 0 px; got {values}")

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

    def within(self, other: "FaceSquare") -> "FaceSquare":
        """This square, whose numbers are in shares of `other`, as a square of the other's picture."""
        x, y = other.to_picture(np.array([self.x, self.y]))
        return FaceSquare(float(x), float(y), self.side * other.side, _turn(self.roll + other.roll))

    def seen_from(self, other: "FaceSquare") -> "FaceSquare":
        """The inverse of `within`: this square in shares of `other`."""
        x, y = other.from_picture(np.array([self.x, self.y]))
        return FaceSquare(float(x), float(y), self.side / other.side, _turn(self.roll - other.roll))

    def middle(self) -> Float[np.ndarray, "2"]:
        """Middle of the face, px."""
        return self.to_picture(np.array(MIDDLE))

    def corners(self) -> Float[np.ndarray, "4 2"]:
        """Upper left, upper right, lower right and lower left corner, px."""
        return self.to_picture(np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]))


def around_middle(middle: Float[np.ndarray, "2"], side: float, roll: float) -> FaceSquare:
    """The square of a face whose middle (MIDDLE) is at a point of the picture, px."""
    away = FaceSquare(0.0, 0.0, side, roll).middle()
    return FaceSquare(float(middle[0] - away[0]), float(middle[1] - away[1]), side, roll)


def fitted(frame: Float[np.ndarray, "n 2"], seen: Float[np.ndarray, "n 2"]) -> FaceSquare:
    """The square whose points `frame` lie nearest to the points `seen` of the picture (least squares, Umeyama 1991).

    Raises ValueError for fewer than two different points.
    """
    a, b = frame - frame.mean(0), seen - seen.mean(0)
    x, y = a @ np.array([1, 1j]), b @ np.array([1, 1j])
    spread = float((np.abs(x) ** 2).sum())
    if spread < 1e-12:
        raise ValueError(f"a square needs two different points; got {len(frame)} at one place")
    factor = complex(np.vdot(x, y) / spread)  # side * exp(i roll)
    square = FaceSquare(0.0, 0.0, abs(factor), math.degrees(np.angle(factor)))
    shift = seen.mean(0) - square.to_picture(frame.mean(0))
    return FaceSquare(float(shift[0]), float(shift[1]), square.side, square.roll)


def overlap(first: FaceSquare, second: FaceSquare) -> float:
    """Intersection over union of two squares as if they were not rotated, 0 to 1."""
    shared = [
        max(0.0, min(a + first.side / 2, b + second.side / 2) - max(a - first.side / 2, b - second.side / 2))
        for a, b in ((first.x, second.x), (first.y, second.y))
    ]
    inside = shared[0] * shared[1]
    return inside / (first.side**2 + second.side**2 - inside)


def _turn(degrees: float) -> float:
    """An angle in -180 to 180."""
    return (degrees + 180) % 360 - 180


def cut_square(
    pixels: UInt8[np.ndarray, "h w 3"], square: FaceSquare, size: int, outside: Literal["border", "black"] = "border"
) -> UInt8[np.ndarray, "size size 3"]:
    """Cut out a square, upright, at `size` px; outside the picture its border is repeated, or all is black.

    The picture is averaged down first where the square is larger than the crop, so that nothing flickers.
    """
    reach = int(np.ceil(square.side * 0.75)) + 2
    left, top = int(np.floor(square.x)) - reach, int(np.floor(square.y)) - reach
    around = padded(pixels, (left, top, left + 2 * reach, top + 2 * reach), outside)
    factor = max(1, int(square.side / size))
    image = Image.fromarray(around)
    if factor > 1:
        image = image.reduce(factor)
    inside = FaceSquare((square.x - left) / factor, (square.y - top) / factor, square.side / factor, square.roll)
    a, b, c = inside.matrix[0] / [size, size, 1]
    d, e, f = inside.matrix[1] / [size, size, 1]
    kind = Image.Resampling.BICUBIC
    return np.asarray(image.transform((size, size), Image.Transform.AFFINE, (a, b, c, d, e, f), kind))


def padded(
    pixels: UInt8[np.ndarray, "h w 3"], box: Sequence[int], outside: Literal["border", "black"] = "border"
) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Cut out a box (left, upper, right, lower), which may reach beyond the picture."""
    left, upper, right, lower = box
    height, width = pixels.shape[:2]
    inside = pixels[max(upper, 0) : max(lower, 0), max(left, 0) : max(right, 0)]
    if not inside.size:
        raise ValueError(f"the box {tuple(box)} is outside the picture of {width} x {height} px")
    sides = (max(0, -upper), max(0, lower - height)), (max(0, -left), max(0, right - width)), (0, 0)
    return np.pad(inside, sides, mode="edge" if outside == "border" else "constant")
