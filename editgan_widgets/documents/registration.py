"""Registration: places of a photo and of a generated portrait like it that belong together, by their landmarks.

Thin-plate splines through the landmarks (Bookstein 1989) carry places over, and say how an edit that moves the
landmarks of the portrait moves the photo. Their linear systems are solved once, so that an edit costs milliseconds.

All positions are in shares of the crop, 0 to 1 from its upper left corner. A field is an array `[CELLS, CELLS, 2]` of
displacements at the middles of the cells of a grid over the crop.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError, distance

CELLS = 96  # cells a side of a field
_REACH = 0.15  # distance from the landmarks' hull at which the motion has faded out, in shares of the crop
_SMOOTHING = 1e-4  # of the thin-plate spline: larger values follow the landmarks less closely
_NOISE = (3.0, 9.0)  # motions below the first multiple of the landmarks' noise are dropped, above the second kept whole
_INVERSIONS = 10  # rounds of the fixed-point iteration that inverts a field

Field = Float[np.ndarray, "cells cells 2"]
Points = Float[np.ndarray, "n 2"]


@dataclass(frozen=True, eq=False)
class Motion:
    """An edit as displacements.

    Attributes:
        moved: place of the edited photo -> where its pixel comes from in the photo.
        to_after: place of the edited photo -> the same in the generated picture after the edit.
        back: place of the generated picture after the edit -> the same before it.
    """

    moved: Field
    to_after: Field
    back: Field


class Registration:
    """A photo and a generated picture like it, in which the same landmarks are known.

    Args:
        photo: landmarks of the photo.
        generated: landmarks of the generated picture.
        noise: standard error of a coordinate of the generated pictures' landmarks.

    Attributes:
        difference: place of the photo -> place of the generated picture, as a field. Far from the landmarks it is zero.
    """

    def __init__(self, photo: Points, generated: Points, noise: float = 0.0) -> None:
        self.photo, self.generated, self.noise = photo, generated, noise
        self._of_photo, self._of_generated = _Spline(photo), _Spline(generated)
        self._near_photo, self._near_generated = _fading(photo, _REACH), _fading(generated, _REACH)
        self.difference = self._of_photo(generated - photo) * self._near_photo

    def near_photo(self, reach: float) -> Float[np.ndarray, "cells cells 1"]:
        """1 inside the hull of the photo's landmarks, falling to 0 at a distance from it."""
        return _fading(self.photo, reach)

    def motion(self, after: Points) -> Motion:
        """The motion of an edit after which the generated picture has the landmarks `after`."""
        seen = after - self.generated
        kept = self._without_noise(seen)
        moved = inverse(self._of_photo(kept) * self._near_photo)
        lead = self._of_photo(self.generated - self.photo + seen) * self._near_photo
        source = cells(CELLS) + moved
        return Motion(moved, moved + at(lead, source), inverse(self._of_generated(kept) * self._near_generated))

    def _without_noise(self, motion: Points) -> Points:
        if self.noise <= 0:
            return motion
        length = np.linalg.norm(motion, axis=1, keepdims=True) / self.noise
        return motion * np.clip((length - _NOISE[0]) / (_NOISE[1] - _NOISE[0]), 0, 1)


class _Spline:
    """Thin-plate spline through values at points, zero at the border of the crop."""

    def __init__(self, points: Points) -> None:
        edge = np.linspace(0, 1, 9)
        border = [(x, y) for x in edge for y in (0.0, 1.0)] + [(x, y) for y in edge[1:-1] for x in (0.0, 1.0)]
        knots = np.concatenate([points, border])
        count = len(knots)
        affine = np.column_stack([np.ones(count), knots])
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = _kernel(knots, knots) + _SMOOTHING * np.eye(count)
        system[:count, count:], system[count:, :count] = affine, affine.T
        grid = cells(CELLS).reshape(-1, 2)
        basis = np.column_stack([_kernel(grid, knots), np.ones(len(grid)), grid])
        self._at_cells = np.linalg.solve(system, basis.T)[: len(points)].T.astype(np.float32)  # the system is symmetric

    def __call__(self, values: Points) -> Field:
        """The field at the cells."""
        return (self._at_cells @ values.astype(np.float32)).reshape(CELLS, CELLS, 2)


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squared = distance.cdist(a, b, "sqeuclidean")
    return squared * np.log(np.maximum(squared, 1e-20)) / 2


def _fading(points: Points, reach: float) -> Float[np.ndarray, "cells cells 1"]:
    """1 inside the hull of the points, falling to 0 at a distance from it."""
    inside = Image.new("L", (CELLS, CELLS))
    try:
        hull = points[ConvexHull(points).vertices]
    except QhullError:  # all on a line
        return np.ones((CELLS, CELLS, 1), np.float32)
    ImageDraw.Draw(inside).polygon([tuple(point * CELLS) for point in hull], fill=1)
    away = np.asarray(ndimage.distance_transform_edt(1 - np.asarray(inside))) / CELLS
    return np.clip(1 - away / reach, 0, 1)[..., None].astype(np.float32)


def inverse(field: Field) -> Field:
    """The field that leads back: x + inverse(x) is the place that `field` moves to x."""
    here, back = cells(CELLS), -field
    for _ in range(_INVERSIONS):
        back = -at(field, here + back)
    return back


def cells(count: int) -> Float[np.ndarray, "count count 2"]:
    """Middles of the cells of a grid over the crop."""
    middles = (np.arange(count, dtype=np.float32) + 0.5) / count
    return np.stack(np.meshgrid(middles, middles), -1)


def at(
    values: Float[np.ndarray, "a b c"], places: Float[np.ndarray, "h w 2"], smooth: bool = False
) -> Float[np.ndarray, "h w c"]:
    """Values of a picture or field of the crop at places, between pixels bilinear or, if `smooth`, bicubic."""
    given = torch.from_numpy(np.ascontiguousarray(values, np.float32)).permute(2, 0, 1)[None]
    grid = torch.from_numpy(np.ascontiguousarray(places, np.float32))[None] * 2 - 1
    mode = "bicubic" if smooth else "bilinear"
    taken = F.grid_sample(given, grid, mode=mode, padding_mode="border", align_corners=False)
    return taken[0].permute(1, 2, 0).numpy()


def nearest(values: Shaped[np.ndarray, "a b"], places: Float[np.ndarray, "h w 2"]) -> Shaped[np.ndarray, "h w"]:
    """Values of a label map or mask of the crop at places, each that of the nearest pixel."""
    height, width = values.shape
    rows = np.clip((places[..., 1] * height).astype(int), 0, height - 1)
    columns = np.clip((places[..., 0] * width).astype(int), 0, width - 1)
    return values[rows, columns]
