"""Landmarks of a face: 478 points of MediaPipe's attention mesh (Grishchenko et al. 2020), irises among them."""

import math

import numpy as np
import torch
from jaxtyping import Float, UInt8

from editgan_widgets.graph_network import GraphNetwork
from editgan_widgets.squares import Square, cut_square

POINTS = 478
SIZE = 192  # px of the network's input
EYES = (33, 263)  # outer corners, right and left of the person
_AROUND = 1.5  # side of the crop over the longer side of the box around the points
_ROUNDS = 2  # the first crop is that of the detector; each further one that of the points before it
_SQUARES, _JITTER = 4, 0.02  # of `mean_points`: number of squares, and their difference in shares of their side
_REFINED = {"output_lips": 0, "output_left_eye": 1, "output_right_eye": 2}  # output -> which crop of the network
_IRISES = ("output_left_iris", "output_right_iris")


@torch.no_grad()
def face_points(
    mesh: GraphNetwork, pixels: UInt8[np.ndarray, "h w 3"], middle: Float[np.ndarray, "2"], size: float, roll: float
) -> tuple[float, Float[np.ndarray, "478 3"]]:
    """How surely there is a face, 0 to 1, and its points: x and y in px of the picture, z (depth) in the same unit.

    Args:
        mesh: the network.
        pixels: the picture.
        middle, size, roll: of a detection: px, side of the face's box in px, degrees.
    """
    square = Square(float(middle[0]), float(middle[1]), size * _AROUND, roll)
    sure, points = 0.0, np.zeros((POINTS, 3))
    for _ in range(_ROUNDS):
        sure, points = read_mesh(mesh, pixels, square)
        square = around(points)
    return sure, points


@torch.no_grad()
def mean_points(
    mesh: GraphNetwork, pixels: UInt8[np.ndarray, "h w 3"], square: Square
) -> tuple[Float[np.ndarray, "478 2"], float]:
    """Points in px of the picture, averaged over slightly different squares, and the standard error of a coordinate.

    The squares are the same in every call, so that pictures of one face get points with nearly the same bias.
    """
    rng = np.random.default_rng(0)
    found = []
    for _ in range(_SQUARES):
        shift, size, turn = rng.normal(size=2) * _JITTER, math.exp(rng.normal() * 2 * _JITTER), rng.normal() * 2
        x, y = np.array([square.x, square.y]) + shift * square.side
        near = Square(float(x), float(y), square.side * size, square.roll + turn)
        found.append(read_mesh(mesh, pixels, near)[1][:, :2])
    spread = np.std(found, axis=0, ddof=1).mean() / math.sqrt(_SQUARES)
    return np.mean(found, axis=0), float(spread)


def around(points: Float[np.ndarray, "n d"]) -> Square:
    """The square around a face's points, turned like its eyes."""
    right, left = points[EYES[0], :2], points[EYES[1], :2]
    roll = math.degrees(math.atan2(*(left - right)[::-1]))
    turned = Square(0.0, 0.0, 1.0, roll)
    upright = turned.from_picture(points[:, :2])
    low, high = upright.min(0), upright.max(0)
    x, y = turned.to_picture((low + high) / 2)
    return Square(float(x), float(y), float((high - low).max()) * _AROUND, roll)


@torch.no_grad()
def read_mesh(mesh: GraphNetwork, pixels: np.ndarray, square: Square) -> tuple[float, Float[np.ndarray, "478 3"]]:
    """How surely a square shows a face, 0 to 1, and the points, in px of the picture."""
    cut = torch.from_numpy(cut_square(pixels, square, SIZE).copy()).permute(2, 0, 1)[None].float() / 255
    out = mesh(cut)
    inside = _joined(mesh, out) / SIZE
    points = np.concatenate([square.to_picture(inside[:, :2]), inside[:, 2:] * square.side], 1)
    return float(out["conv_faceflag"].sigmoid()), points


def _joined(mesh: GraphNetwork, out: dict[str, torch.Tensor]) -> Float[np.ndarray, "478 3"]:
    """The mesh with the refined points of lips and eyes in place of its own, and the irises."""
    points = np.zeros((POINTS, 3))
    points[:468] = out["output_mesh_identity"].reshape(468, 3).double().numpy()
    crops = [one for one in mesh.operations if one.kind == "crop matrix"]
    for name, crop in _REFINED.items():
        points[list(crops[crop].settings["subset"]), :2] = out[name].reshape(-1, 2).double().numpy()
    for i, name in enumerate(_IRISES):
        points[468 + 5 * i : 473 + 5 * i, :2] = out[name].reshape(5, 2).double().numpy()
        corners = ((33, 133), (362, 263))[i]
        points[468 + 5 * i : 473 + 5 * i, 2] = points[list(corners), 2].mean()
    return points
