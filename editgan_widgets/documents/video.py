"""Video: one edit in all frames of a clip, without flicker.

The face is searched in each frame, and the one nearest to its last place is taken. Its square and its landmarks are
smoothed over time. A shot has one generated portrait, at the mean of the encoder's latents of its frames, so that the
motion and the new content of an edit are the same in all its frames; they are registered to each frame's landmarks.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from scipy import ndimage
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.documents.photo_edits import LANDMARKS_FROM, Likeness, landmarks_of, openings_of
from editgan_widgets.documents.photo_squares import found_crops
from editgan_widgets.documents.registration import Registration
from editgan_widgets.documents.transfer import GeneratedEdit, Transfer
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Whole, whole

_SMOOTH_SQUARE, _SMOOTH_POINTS = 3.0, 1.2  # standard deviations of the Gaussians over time, frames
_GAP = 6  # frames without the face, up to which its square is interpolated
_JUMP = 0.6  # distance from the last known square, in its sides, from which it is another face
_CUT = 40.0  # mean change of the pixels, of 255, from which a new shot begins
_LATENTS = 12  # frames of a shot whose latents are averaged


@dataclass(frozen=True, eq=False)
class Shot:
    """Frames in which one face was followed.

    Attributes:
        start: index of the first frame.
        crops: square of each frame, smoothed over time.
        points: landmarks of each frame, in shares of its square, smoothed over time.
    """

    start: int
    crops: tuple[Crop, ...]
    points: Float[np.ndarray, "frames n 2"]

    @property
    def stop(self) -> int:
        """One past the index of the last frame."""
        return self.start + len(self.crops)


def followed(
    model: EditGAN,
    frames: UInt8[np.ndarray, "frames h w 3"],
    face: Whole = 1,
    on_frame: Callable[[int], None] | None = None,
) -> list[Shot]:
    """Follow a face through a clip; frames without it belong to no shot.

    Args:
        model: its domain finds faces and landmarks.
        frames: the clip.
        face: which face of the first frame that shows one, the largest first; after a cut, the largest.
        on_frame: called with the number of each frame that was searched.

    Raises ValueError for a face that the first frame does not have, and for a domain that finds no landmarks.
    """
    number = whole(face, "face", least=1)
    squares: list[Crop | None] = []
    cuts = [0]
    last: Crop | None = None
    for i, pixels in enumerate(frames):
        found = found_crops(model, Photo(pixels)) or []
        if i and np.abs(pixels[::4, ::4].astype(int) - frames[i - 1][::4, ::4]).mean() > _CUT:
            cuts.append(i)
            last, number = None, 1
        if last is not None:
            now = _nearest(found, last)
        elif found and number > len(found):
            raise ValueError(f"the face {number} was asked for, but frame {i + 1} shows {len(found)}")
        else:
            now = found[number - 1] if found else None
        squares.append(now)
        last = now or last
        if on_frame is not None:
            on_frame(i + 1)
    shots = []
    for start, stop in zip(cuts, [*cuts[1:], len(frames)], strict=True):
        for first, crops in _runs(squares[start:stop]):
            smoothed = _smoothed(crops)
            shot = _shot(model, frames[start + first :], start + first, smoothed)
            if shot is not None:
                shots.append(shot)
    return shots


def edited_frames(
    model: EditGAN,
    frames: UInt8[np.ndarray, "frames h w 3"],
    shots: Sequence[Shot],
    change: Callable[[Tensor], Tensor],
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """Yield the frames with an edit, in order; those without the face are unchanged.

    `change` maps a latent `[1, rows, width]` to the edited one, such as `lambda w: vector.apply(w, 1.0, model)`.
    """
    by_start = {shot.start: shot for shot in shots}
    i = 0
    while i < len(frames):
        shot = by_start.get(i)
        if shot is None:
            yield frames[i]
            i += 1
            continue
        yield from _edited_shot(model, frames, shot, change)
        i = shot.stop


def _edited_shot(
    model: EditGAN, frames: np.ndarray, shot: Shot, change: Callable[[Tensor], Tensor]
) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    before = Likeness.of(model, _mean_latent(model, frames, shot))
    after = None if before is None else Likeness.of(model, change(before.w_plus))
    for k, crop in enumerate(shot.crops):
        pixels = frames[shot.start + k]
        if before is None or after is None:
            yield pixels
            continue
        edit = GeneratedEdit(before.image, after.image, before.label_map, after.label_map, after.points.points)
        registration = Registration(shot.points[k], before.points.points, before.points.noise)
        yield Transfer(registration, edit, openings_of(model)).picture(Photo(pixels), crop)


@torch.no_grad()
def _mean_latent(model: EditGAN, frames: np.ndarray, shot: Shot) -> Float[Tensor, "1 rows width"]:
    chosen = np.unique(np.linspace(0, len(shot.crops) - 1, _LATENTS).round().astype(int))
    cuts = [Photo(frames[shot.start + k]).cut(shot.crops[k], model.resolution) for k in chosen]
    return model.encode(images.from_uint8(np.stack(cuts), model.device)).mean(0, keepdim=True)


def _nearest(found: Sequence[Crop], last: Crop) -> Crop | None:
    """The square nearest to the last one; None if all are far from it."""

    def distance(crop: Crop) -> float:
        a, b = crop.square, last.square
        return float(np.hypot(a.x - b.x, a.y - b.y) + abs(a.side - b.side)) / b.side

    nearest = min(found, key=distance, default=None)
    return nearest if nearest is not None and distance(nearest) < _JUMP else None


def _runs(squares: Sequence[Crop | None]) -> list[tuple[int, list[Crop]]]:
    """Runs of frames with the face, with their first index; short gaps are interpolated."""
    there = [i for i, crop in enumerate(squares) if crop is not None]
    runs: list[tuple[int, list[Crop]]] = []
    for i in there:
        crop = squares[i]
        assert crop is not None
        if runs and i - (runs[-1][0] + len(runs[-1][1])) <= _GAP:
            first, crops = runs[-1]
            missing = i - (first + len(crops))
            a, b = np.array(astuple(crops[-1])), np.array(astuple(crop))
            steps = [a + (b - a) * (j + 1) / (missing + 1) for j in range(missing)]
            crops.extend([*(Crop(*step) for step in steps), crop])
        else:
            runs.append((i, [crop]))
    return runs


def _smoothed(crops: Sequence[Crop]) -> tuple[Crop, ...]:
    """Squares with their centres, sides and rolls smoothed over time."""
    squares = [crop.square for crop in crops]
    values = np.array([(s.x, s.y, s.side, s.roll) for s in squares])
    values[:, 3] = np.degrees(np.unwrap(np.radians(values[:, 3])))
    smooth = np.asarray(ndimage.gaussian_filter1d(values, _SMOOTH_SQUARE, axis=0, mode="nearest"))
    return tuple(Crop(x - side / 2, y - side / 2, side, roll) for x, y, side, roll in smooth.tolist())


def _shot(model: EditGAN, frames: np.ndarray, start: int, crops: tuple[Crop, ...]) -> Shot | None:
    """Landmarks of a run of frames, smoothed over time; None if too few frames have them."""
    size = max(LANDMARKS_FROM, model.resolution)
    found = [landmarks_of(model, Photo(frames[k]).cut(crop, size)) for k, crop in enumerate(crops)]
    there = [k for k, points in enumerate(found) if points is not None]
    if len(there) < max(1, len(crops) // 2):
        return None
    known = np.stack([points.points for points in found if points is not None])
    flat = known.reshape(len(there), -1)
    every = np.stack([np.interp(range(len(crops)), there, column) for column in flat.T], 1)
    smooth = np.asarray(ndimage.gaussian_filter1d(every, _SMOOTH_POINTS, axis=0, mode="nearest"))
    return Shot(start, crops, smooth.reshape(len(crops), -1, 2))
