"""Drag term: moves the content at a handle point to a target point (DragGAN; Pan et al. 2023, section 3.2).

DragGAN moves a handle by small steps, and after each step looks for the handle again in the generator's features. Here
the features around the handle are compared with those of the first picture, at a place that moves from handle to
target over the first half of the steps. The reference never changes, so the handle cannot drift, and the tracked
position is reported but does not steer the optimisation.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from editgan_widgets.latent.terms.term import Candidate, TermValue, zero
from editgan_widgets.scalars import Real, is_real, plain

DRAG_STEPS = 22  # default number of steps of a drag; 30 get no closer (docs/figures.md)
_PATCH_SHARE = 1 / 32  # radius of the compared patch, as a share of the picture's height: 4 px at 128 px
_SEARCH_SHARE = 3 / 64  # radius around the segment from handle to target in which the handle is looked for: 6 px
_REGION_SHARE = 5 / 32  # margin of the region around the segment: 20 px at 128 px
_LEAST = 0.5  # px, minimum distance of a target from its handle
_COARSER = 4  # the compared features have 1 / 4 of the picture's resolution, as in DragGAN


class DragError(ValueError):
    """Points that cannot be dragged; the message says why."""


@dataclass(frozen=True)
class DragPoint:
    """One handle and its target: (x, y) in picture pixels, (0, 0) the corner of the first pixel."""

    handle: tuple[float, float]
    target: tuple[float, float]

    def __init__(self, handle: Sequence[Real] | np.ndarray, target: Sequence[Real] | np.ndarray):
        object.__setattr__(self, "handle", _pair(handle, "handle"))
        object.__setattr__(self, "target", _pair(target, "target"))

    @property
    def length(self) -> float:
        """Distance from handle to target, px."""
        return float(np.hypot(*np.subtract(self.target, self.handle)))


def _pair(point: Any, name: str) -> Any:
    try:
        return plain(tuple(point))
    except TypeError as error:
        raise DragError(f"{name} must be (x, y), two numbers in px; got {point!r}") from error


def checked_points(points: Iterable[DragPoint], size: int) -> tuple[DragPoint, ...]:
    """Check points and return them. Raises DragError for no points, and for points that do not move or are outside."""
    if not isinstance(points, Iterable):
        raise DragError(f"points must be DragPoints in a list, such as [DragPoint((x, y), (x, y))]; got {points!r}")
    given, found = tuple(points), []
    if not given:
        raise DragError("no points to drag: give at least one DragPoint(handle=(x, y), target=(x, y))")
    for point in given:
        values = np.empty(0)
        with suppress(AttributeError, TypeError, ValueError, OverflowError):
            if all(map(is_real, (*point.handle, *point.target))):
                values = np.asarray([point.handle, point.target], float)
        if values.shape != (2, 2) or not np.isfinite(values).all():
            raise DragError(f"a point is DragPoint(handle=(x, y), target=(x, y)), finite numbers in px; got {point!r}")
        if values.min() < 0 or values.max() > size:
            raise DragError(f"{point} is outside the picture, which is {size} x {size} px")
        hx, hy, tx, ty = (float(value) for value in values.flat)
        checked = DragPoint((hx, hy), (tx, ty))
        if checked.length < _LEAST:
            raise DragError(f"{point} moves by less than half a pixel; move the target away from the handle")
        found.append(checked)
    return tuple(found)


def drag_region(points: Sequence[DragPoint], size: int) -> Bool[np.ndarray, "h w"]:
    """Where a drag may change the picture: all pixels within 5/32 of the height from a segment handle to target."""
    y, x = np.mgrid[:size, :size] + 0.5
    region = np.zeros((size, size), bool)
    for point in points:
        (hx, hy), (dx, dy) = point.handle, np.subtract(point.target, point.handle)
        along = np.clip(((x - hx) * dx + (y - hy) * dy) / (dx**2 + dy**2), 0, 1)
        region |= np.hypot(x - hx - along * dx, y - hy - along * dy) <= _REGION_SHARE * size
    return region


class DragTerm:
    """Reports `reached` and `drag`.

    `reached` is 1 - (distance of the tracked handle from its target) / (distance at the start), at least 0, a mean over
    the points. `drag` is the mean absolute difference of features, in their standard deviations over the picture.

    Args:
        features: features of the first picture, coarse to fine.
        size: height and width of the picture, px.
        points: handles and their targets.
        weight: weight of `drag` in the objective.
        steps: number of steps of the optimisation; the compared place reaches the target after half of them.
    """

    names = ("reached", "drag")
    period, goal = 1, "reached"

    def __init__(
        self, features: Sequence[Tensor], size: int, points: Sequence[DragPoint], weight: float, steps: int
    ) -> None:
        self._level = max(i for i, x in enumerate(features) if x.shape[-1] <= max(4, size // _COARSER))
        device = features[self._level].device
        self._size, self._weight = size, weight
        self._handles = torch.tensor([p.handle for p in points], dtype=torch.float32, device=device)  # [points, 2]
        self._targets = torch.tensor([p.target for p in points], dtype=torch.float32, device=device)
        self._lengths = (self._targets - self._handles).norm(dim=1)
        self._scale = features[self._level].detach().std((0, 2, 3), keepdim=True) + 1e-3
        self._patch = _disc(_PATCH_SHARE * size).to(device)  # [offsets, 2]
        self._reference = self._read(features, self._handles)
        self._searched = [_near_segment(point, _SEARCH_SHARE * size).to(device) for point in points]
        self._step = zero(device)  # on the device, so that a recorded step counts on
        self._half = max(1.0, steps / 2)

    def value(self, at: Candidate) -> TermValue:
        """Evaluate the term; each evaluation moves the compared place one step towards the target."""
        with torch.no_grad():
            self._step += 1
            share = (self._step / self._half).clamp_max(1)
            places = self._handles + share * (self._targets - self._handles)
        drag = (self._read(at.features, places) - self._reference).abs().mean()
        return TermValue(self._weight * drag, {"drag": drag, "reached": self._reached(at.features)})

    def _read(self, features: Sequence[Tensor], places: Float[Tensor, "n 2"]) -> Float[Tensor, "channels n offsets"]:
        """Features around places, each channel in its standard deviation."""
        scaled = features[self._level].float() / self._scale
        grid = (places[:, None] + self._patch) / self._size * 2 - 1
        return F.grid_sample(scaled, grid[None], align_corners=False, padding_mode="border")[0]

    @torch.no_grad()
    def _reached(self, features: Sequence[Tensor]) -> Float[Tensor, ""]:
        """Track each handle: the place near its segment with the features most similar to those at the start."""
        left = []
        for i, places in enumerate(self._searched):
            found = self._read(features, places)  # [channels, places, offsets]
            cost = (found - self._reference[:, i, None]).abs().mean((0, 2))
            left.append((places[cost.argmin()] - self._targets[i]).norm() / self._lengths[i])
        return (1 - torch.stack(left)).clamp_min(0).mean()


def _disc(radius: float) -> Float[Tensor, "n 2"]:
    """Whole-pixel offsets (x, y) within a radius."""
    r = max(1, round(radius))
    y, x = np.mgrid[-r : r + 1, -r : r + 1]
    inside = x**2 + y**2 <= r**2 + 0.5
    return torch.tensor(np.stack([x[inside], y[inside]], axis=1), dtype=torch.float32)


def _near_segment(point: DragPoint, radius: float) -> Float[Tensor, "n 2"]:
    """Places (x, y), one pixel apart, within a radius of the segment from handle to target."""
    along = np.linspace(0, 1, 1 + int(np.ceil(point.length)))[:, None]
    middle = np.asarray(point.handle) + along * np.subtract(point.target, point.handle)
    places = (middle[:, None] + _disc(radius).numpy()[None]).reshape(-1, 2)
    return torch.tensor(np.unique(places.round(3), axis=0), dtype=torch.float32)
