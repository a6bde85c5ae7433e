"""Find faces in a picture of any size, six points each, by MediaPipe's two detectors (Bazarevsky et al. 2019).

One detector looks at the whole picture, upright and turned, and finds large faces; the other one looks at overlapping
squares of several sizes and finds small ones. Each place of their output grid is an anchor, with an offset to the box.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from editgan_widgets.graph_network import GraphNetwork
from editgan_widgets.squares import Square, cut_square

RIGHT_EYE, LEFT_EYE, NOSE, MOUTH, RIGHT_EAR, LEFT_EAR = range(6)  # of `Detection.points`; right and left of the person

_LEAST_SCORE = 0.5
_LARGEST_SIDE = 2048  # px; larger pictures are reduced first
_LEAST_FACE = 40  # px of a picture of up to _LARGEST_SIDE; smaller faces may be missed
_FACE_IN_TILE = 0.11  # smallest width of a face that is found surely, as a share of a square
_OVERLAP = 0.3  # of neighbouring squares
_TURNS = (-60.0, -30.0, 30.0, 60.0)  # degrees by which the whole picture is turned for large faces
_SAME = 0.3  # IoU above which two boxes are one face
_BATCH = 8


@dataclass(frozen=True, eq=False)
class Detection:
    """A face, in px of the picture."""

    score: float  # 0 to 1
    points: Float[np.ndarray, "6 2"]
    size: float  # side of the box around brows and chin

    @property
    def middle(self) -> Float[np.ndarray, "2"]:
        """Middle of the box: about between the eyes and the mouth."""
        return 0.5 * self.points[[RIGHT_EYE, LEFT_EYE]].mean(0) + 0.5 * self.points[MOUTH]

    @property
    def roll(self) -> float:
        """Angle of the line through the eyes, degrees; positive is clockwise."""
        x, y = self.points[LEFT_EYE] - self.points[RIGHT_EYE]
        return math.degrees(math.atan2(y, x))


def detect(near: GraphNetwork, far: GraphNetwork, pixels: UInt8[np.ndarray, "h w 3"]) -> list[Detection]:
    """All faces, the surest first.

    Args:
        near: network for large faces; takes 128 px.
        far: network for small faces; takes 192 px.
        pixels: the picture.
    """
    height, width = pixels.shape[:2]
    scale = max(1.0, max(height, width) / _LARGEST_SIDE)
    if scale > 1:
        size = round(width / scale), round(height / scale)
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
    height, width = pixels.shape[:2]
    whole = Square(width / 2, height / 2, float(max(height, width)))
    turned = [Square(whole.x, whole.y, whole.side, turn) for turn in (0.0, *_TURNS)]
    found = [*_found_in(near, _NEAR, 128, pixels, turned), *_found_in(far, _FAR, 192, pixels, [*_tiles(width, height)])]
    found.sort(key=lambda face: -face.score)
    kept: list[Detection] = []
    for face in found:
        if all(_overlap(face, other) < _SAME for other in kept):
            kept.append(face)
    return [Detection(face.score, face.points * scale, face.size * scale) for face in kept]


def _tiles(width: int, height: int) -> Iterator[Square]:
    """The whole picture, then squares half as large, and so on, until the smallest face fills enough of one."""
    side = float(max(width, height))
    yield Square(width / 2, height / 2, side)
    while side * _FACE_IN_TILE > _LEAST_FACE:
        side /= 2
        for y in _middles(height, side):
            for x in _middles(width, side):
                yield Square(x, y, side)


def _middles(extent: int, side: float) -> list[float]:
    count = max(1, math.ceil((extent - side * _OVERLAP) / (side * (1 - _OVERLAP))))
    if count == 1:
        return [extent / 2]
    return np.linspace(side / 2, extent - side / 2, count).tolist()


@torch.no_grad()
def _found_in(
    network: GraphNetwork, anchors: Tensor, size: int, pixels: np.ndarray, squares: list[Square]
) -> Iterator[Detection]:
    boxes_of, scores_of = network.outputs
    for start in range(0, len(squares), _BATCH):
        chosen = squares[start : start + _BATCH]
        cuts = np.stack([cut_square(pixels, square, size, "black") for square in chosen])
        out = network(torch.from_numpy(cuts).permute(0, 3, 1, 2).float() / 127.5 - 1)
        for square, boxes, scores in zip(chosen, out[boxes_of], out[scores_of], strict=True):
            sure = scores[:, 0].clamp(-100, 100).sigmoid()
            for i in (sure >= _LEAST_SCORE).nonzero()[:, 0].tolist():
                values = boxes[i].reshape(8, 2) / size
                points = (values[2:] + anchors[i]).double().numpy()
                yield Detection(float(sure[i]), square.to_picture(points), float(values[1].max()) * square.side)


def _overlap(one: Detection, other: Detection) -> float:
    """IoU of two upright boxes."""
    distance = np.abs(one.middle - other.middle)
    shared = np.clip(np.minimum((one.size + other.size) / 2 - distance, min(one.size, other.size)), 0, None).prod()
    return float(shared / (one.size**2 + other.size**2 - shared))


def _anchors(grids: list[tuple[int, int]]) -> Float[Tensor, "anchors 2"]:
    """Middles of the cells of grids (cells a side, anchors a cell), in shares of the picture, row by row."""
    parts = []
    for cells, repeats in grids:
        at = (torch.arange(cells) + 0.5) / cells
        x, y = torch.meshgrid(at, at, indexing="xy")
        parts.append(torch.stack([x, y], -1).reshape(-1, 1, 2).repeat(1, repeats, 1).reshape(-1, 2))
    return torch.cat(parts)


_NEAR = _anchors([(16, 2), (8, 6)])
_FAR = _anchors([(48, 1)])
