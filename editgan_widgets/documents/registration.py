"""Registration: places of a photo and of a generated portrait like it that belong together, by their landmarks.

Thin-plate splines through the landmarks (Bookstein 1989) map places of one picture to the other, and turn the motion of
the portrait's landmarks under an edit into a motion of the photo.

All positions are in shares of the crop, 0 to 1 from its upper left corner. A field is an array `[CELLS, CELLS, 2]` of
displacements at the middles of the cells of a grid over the crop.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError, distance

from editgan_widgets.domains.domain import Opening

CELLS = 96  # cells a side of a field
_REACH = 0.15  # distance from the landmarks' hull at which the motion has faded out, in shares of the crop
_SMOOTHING = 1e-4  # of the thin-plate spline: larger values follow the landmarks less closely
_NOISE = (3.0, 9.0)  # motions below the first multiple of the landmarks' noise are dropped, above the second kept whole
_STILL = 1e-3  # change of an opening, in shares of the crop, up to which it does not move
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
        end: landmarks of the edited photo.
    """

    moved: Field
    to_after: Field
    back: Field
    end: Points


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
        self._of_generated = _Spline(generated)
        self._near_photo, self._near_generated = _fading(photo, _REACH), _fading(generated, _REACH)
        self.difference = _interpolated(photo, generated - photo) * self._near_photo

    def near_photo(self, reach: float) -> Float[np.ndarray, "cells cells 1"]:
        """1 inside the hull of the photo's landmarks, falling to 0 at a distance from it."""
        return _fading(self.photo, reach)

    def motion(self, after: Points, openings: Sequence[tuple[Opening, float]] = ()) -> Motion:
        """The motion of an edit after which the generated picture has the landmarks `after`.

        Args:
            after: the landmarks.
            openings: openings, each with the share of its motion that is kept, 0 to 1.
        """
        common = self._without_noise(after - self.generated)
        kept = common.copy()
        for opening, share in openings:
            self._scale(kept, common, opening, share)
        end = self.photo + kept
        # From the landmarks after the edit: a field that leads there from those before has no inverse where lips part.
        fields = _interpolated(end, np.concatenate([-kept, after - end], 1)) * np.maximum(
            self._near_photo, _fading(end, _REACH)
        )
        back = inverse(self._of_generated(common) * self._near_generated)
        return Motion(fields[..., :2], fields[..., 2:], back, end)

    def _scale(self, kept: Points, common: Points, opening: Opening, share: float) -> None:
        """Keep a share of the motion around an opening; one that is wider in the photo widens less. Changes `kept`."""
        upper, lower, corners = list(opening.upper), list(opening.lower), list(opening.corners)
        around = self.photo[[*upper, *lower, *corners]]
        reach = float(np.linalg.norm(np.diff(self.photo[corners], axis=0)))
        near = np.clip(2 - distance.cdist(self.photo, around).min(1, keepdims=True) / (reach / 2), 0, 1)
        wide, before, after = (gap(points, opening) for points in (self.photo, self.generated, self.generated + common))
        if wide > before and abs(after - before) > _STILL:
            less = (after + before) / (math.sqrt(max(0.0, wide**2 + after**2 - before**2)) + wide)
            across = (self.photo[lower] - self.photo[upper]).mean(0) / wide
            below = (self.photo - self.photo[corners].mean(0)) @ across / (wide / 2)
            excess = (1 - min(less, 1.0)) * (common[lower] - common[upper]).mean(0)
            kept -= near * np.clip(below, 0, 1)[:, None] * excess
        kept *= 1 - near * (1 - share)

    def _without_noise(self, motion: Points) -> Points:
        if self.noise <= 0:
            return motion
        length = np.linalg.norm(motion, axis=1, keepdims=True) / self.noise
        return motion * np.clip((length - _NOISE[0]) / (_NOISE[1] - _NOISE[0]), 0, 1)


def gap(points: Points, opening: Opening) -> float:
    """Mean distance of the edges of an opening."""
    return float(np.linalg.norm(points[list(opening.lower)] - points[list(opening.upper)], axis=1).mean())


def _interpolated(points: Points, values: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "cells cells c"]:
    """Thin-plate spline through values at points, zero at the border of the crop, at the cells."""
    knots, system = _system(points)
    given = np.zeros((len(system), values.shape[1]))
    given[: len(values)] = values
    weights = torch.from_numpy(np.linalg.solve(system, given).astype(np.float32))
    grid = torch.from_numpy(cells(CELLS).reshape(-1, 2))
    to = torch.from_numpy(knots.astype(np.float32))
    squared = (grid[:, :1] - to[None, :, 0]).square_() + (grid[:, 1:] - to[None, :, 1]).square_()
    basis = squared * squared.clamp(min=1e-12).log_() / 2
    field = basis @ weights[: len(knots)] + weights[len(knots)] + grid @ weights[len(knots) + 1 :]
    return field.numpy().reshape(CELLS, CELLS, -1)


class _Spline:
    """`_interpolated` for many values at the same points: a matrix, which is computed once, maps values to the field.

    The matrix takes longer to compute than a call of `_interpolated`; a call then takes a tenth of its time.
    """

    def __init__(self, points: Points) -> None:
        knots, system = _system(points)
        grid = cells(CELLS).reshape(-1, 2)
        basis = np.column_stack([_kernel(grid, knots), np.ones(len(grid)), grid])
        self._at_cells = np.linalg.solve(system, basis.T)[: len(points)].T.astype(np.float32)  # the system is symmetric

    def __call__(self, values: Points) -> Field:
        """The field at the cells."""
        return (self._at_cells @ values.astype(np.float32)).reshape(CELLS, CELLS, 2)


def _system(points: Points) -> tuple[Float[np.ndarray, "k 2"], Float[np.ndarray, "m m"]]:
    """Knots, the last of them at the border, and the matrix of the spline's linear system."""
    edge = np.linspace(0, 1, 9)
    border = [(x, y) for x in edge for y in (0.0, 1.0)] + [(x, y) for y in edge[1:-1] for x in (0.0, 1.0)]
    knots = np.concatenate([points, border])
    count = len(knots)
    affine = np.column_stack([np.ones(count), knots])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(knots, knots) + _SMOOTHING * np.eye(count)
    system[:count, count:], system[count:, :count] = affine, affine.T
    return knots, system


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
