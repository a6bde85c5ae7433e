"""Faces of a picture: where each one is, its landmarks, its pose, and the square that frames it as the portraits are.

The frame of a portrait is known to the renderer. `TEMPLATE` is the mean mesh of frontal renders in that frame
(docs/make_face_template.py); the square of a face is the frame carried over by the similarity in space that takes the
rigid points of the template (nose bridge, corners of the eyes, temples, cheekbones) to those of the face.
"""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from editgan_widgets.domains.domain import SubjectPoints
from editgan_widgets.domains.portraits.reader.detect import detect
from editgan_widgets.domains.portraits.reader.mesh import around, face_points, mean_points, read_mesh
from editgan_widgets.graph_network import GraphNetwork, load_networks
from editgan_widgets.squares import Square

NETWORKS = Path(__file__).with_name("face_networks.safetensors")
TEMPLATE = Path(__file__).with_name("face_template.npy")

_LEAST_SURE = 0.5
_MIDDLE = (0.5, 0.5, 0.13)  # of the frame; the depth at which turned portraits are framed by the renderer
_FRAME = 384  # px
_FACE_IN_FRAME = (0.5, 0.52, 0.38)  # middle of a face in the frame, and the side of its box
_SAME = 0.3  # distance of two faces' middles, relative to their box, below which they are one
RIGID = (
    33, 133, 263, 362, 168, 6, 197, 195, 5, 4, 9, 8, 151, 127, 356, 234, 454, 93, 323, 109, 338, 67, 297, 103, 332, 54,
    284, 162, 389, 116, 345, 50, 280, 205, 425,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a picture. Angles are in degrees."""

    score: float  # 0 to 1
    points: Float[np.ndarray, "478 3"]  # of the mesh (mesh.py): x, y in px of the picture, z (depth) in the same unit
    square: Square  # frames it like the portraits of portraits-128
    yaw: float  # positive: turned to the right of the picture
    pitch: float  # positive: turned down
    roll: float  # positive: clockwise

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower edge of the points, px."""
        (left, upper), (right, lower) = self.points[:, :2].min(0), self.points[:, :2].max(0)
        return float(left), float(upper), float(right), float(lower)

    @property
    def eye_distance(self) -> float:
        """Between the middles of the eyes, px; shorter if the face is turned."""
        return eye_distance(self.points)


def find_faces(pixels: UInt8[np.ndarray, "h w 3"]) -> list[Face]:
    """All faces of a picture, the largest first; an empty list if there is none.

    Faces from 40 px are found in pictures of up to 2048 px; larger pictures are reduced to that first. Large faces may
    be turned by up to 60 degrees. The networks are MediaPipe's (Apache-2.0), on the CPU.
    """
    loaded = networks()
    found: list[Face] = []
    for seen in detect(loaded["near faces"], loaded["far faces"], pixels):
        sure, points = face_points(loaded["mesh"], pixels, seen.middle, seen.size, seen.roll)
        if sure >= _LEAST_SURE:
            face = face_of(points, min(sure, seen.score))
            if all(_apart(face, other) for other in found):
                found.append(face)
    return sorted(found, key=lambda face: -face.square.side)


def framed_points(pixels: UInt8[np.ndarray, "s s 3"], near: SubjectPoints | None = None) -> SubjectPoints | None:
    """Landmarks of a portrait that is framed like those of portraits-128, or None if it shows no face.

    Noise is that of the mesh between slightly different views of the same picture. With `near`, points of nearly the
    same picture, the mesh is read once and not six times; differences between two such readings are exact enough.
    """
    size, mesh = len(pixels), networks()["mesh"]
    if size < _FRAME:  # the mesh is more even in a larger picture
        pixels = np.asarray(Image.fromarray(pixels).resize((_FRAME, _FRAME), Image.Resampling.BICUBIC))
    side = len(pixels)
    if near is not None:
        sure, points = read_mesh(mesh, pixels, around(near.points * side))
        return _subject(points[:, :2] / side, near.noise) if sure >= _LEAST_SURE else None
    sure, points = face_points(mesh, pixels, np.array(_FACE_IN_FRAME[:2]) * side, _FACE_IN_FRAME[2] * side, 0.0)
    if sure < _LEAST_SURE:
        return None
    found, noise = mean_points(mesh, pixels, around(points))
    return _subject(found / side, noise / side)


def _subject(points: Float[np.ndarray, "478 2"], noise: float) -> SubjectPoints:
    return SubjectPoints(points, noise, eye_distance(points))


def eye_distance(points: Float[np.ndarray, "478 d"]) -> float:
    """Distance between the middles of the eyes, in the unit of the points."""
    return float(np.linalg.norm(points[[33, 133], :2].mean(0) - points[[362, 263], :2].mean(0)))


def face_of(points: Float[np.ndarray, "478 3"], score: float) -> Face:
    """The face with a mesh: its square and pose."""
    scale, turn, shift = similarity(_template()[list(RIGID)], points[list(RIGID)])
    x, y, _ = scale * turn @ np.array(_MIDDLE) + shift
    roll = math.degrees(math.atan2(turn[1, 0], turn[0, 0]))
    yaw = math.degrees(math.atan2(turn[2, 0], turn[2, 2]))
    pitch = math.degrees(math.asin(np.clip(turn[2, 1], -1, 1)))
    return Face(score, points, Square(float(x), float(y), float(scale), roll), yaw, pitch, roll)


def similarity(
    a: Float[np.ndarray, "n 3"], b: Float[np.ndarray, "n 3"]
) -> tuple[float, Float[np.ndarray, "3 3"], Float[np.ndarray, "3"]]:
    """Scale, rotation and shift that take points a to b with the least squared error (Umeyama 1991)."""
    middle_a, middle_b = a.mean(0), b.mean(0)
    u, s, vt = np.linalg.svd((b - middle_b).T @ (a - middle_a))
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    turn = u * signs @ vt
    scale = float((s * signs).sum() / ((a - middle_a) ** 2).sum())
    return scale, turn, middle_b - scale * turn @ middle_a


def _apart(face: Face, other: Face) -> bool:
    distance = np.linalg.norm(face.points[:, :2].mean(0) - other.points[:, :2].mean(0))
    return bool(distance > _SAME * min(face.square.side, other.square.side))


@cache
def networks() -> dict[str, GraphNetwork]:
    """MediaPipe's networks: "near faces", "far faces" and "mesh"; loaded once."""
    return load_networks(NETWORKS)


@cache
def _template() -> Float[np.ndarray, "478 3"]:
    return np.load(TEMPLATE).astype(np.float64)
