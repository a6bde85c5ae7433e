"""Clip: the frames of a film, of an animated picture or of a folder of pictures, in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageSequence, UnidentifiedImageError

from editgan_widgets.documents.photo import open_photo

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
_MOST_PIXELS = 2_000_000_000  # of all frames together: 6 GB
_FPS = 12.0  # if the frames have no duration
_LEAST = 0.001  # s, of a frame in a film whose times are wrong


class ClipError(ValueError):
    """A clip cannot be read; the message names the file, what it is, and what can be read."""


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames of one size.

    Attributes:
        frames: the frames, in order.
        durations: time for which each frame is shown, s.
        names: names of the files of a folder; empty otherwise.
    """

    frames: UInt8[np.ndarray, "n h w 3"]
    durations: tuple[float, ...]
    names: tuple[str, ...] = ()

    @property
    def fps(self) -> float:
        """Frames per second, the mean."""
        return len(self.durations) / sum(self.durations)


def read_clip(path: str | Path) -> Clip:
    """Read a folder of pictures (in the order of their names), a GIF, an animated WebP or PNG, or an MP4.

    Raises ClipError for a file that is none of these, for pictures of different sizes and for too many pixels, OSError
    for a file that cannot be read, ImportError for an MP4 without the extra `video`.
    """
    path = Path(path)
    if path.is_dir():
        return _of_folder(path)
    if path.suffix.lower() in (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi"):
        return _of_film(path)
    try:
        with Image.open(path) as image:
            count = getattr(image, "n_frames", 1)
            _check(path, count, image.width, image.height)
            frames, durations = [], []
            for frame in ImageSequence.Iterator(image):
                frames.append(np.asarray(frame.convert("RGB")))
                durations.append((frame.info.get("duration", 0) or 1000 / _FPS) / 1000)
    except UnidentifiedImageError as error:
        raise ClipError(
            f"{path.name} is not a clip; give a folder of pictures, a GIF, an animated WebP or PNG, or an MP4"
        ) from error
    return Clip(np.stack(frames), tuple(durations))


def _of_folder(folder: Path) -> Clip:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)
    if not files:
        raise ClipError(f"the folder {folder} has no pictures ({', '.join(PICTURES)})")
    first = open_photo(files[0]).pixels
    _check(folder, len(files), first.shape[1], first.shape[0])
    frames = np.empty((len(files), *first.shape), np.uint8)
    for i, file in enumerate(files):
        pixels = open_photo(file).pixels
        if pixels.shape != first.shape:
            raise ClipError(
                f"{file.name} has {pixels.shape[1]} x {pixels.shape[0]} px, {files[0].name} {first.shape[1]} x "
                f"{first.shape[0]}; the pictures of a clip have one size"
            )
        frames[i] = pixels
    return Clip(frames, (1 / _FPS,) * len(files), tuple(file.name for file in files))


def _of_film(path: Path) -> Clip:
    try:
        import av
        from av.error import FFmpegError
    except ImportError as error:
        raise ImportError(f"{path.name} needs PyAV: pip install 'editgan-widgets[video]'") from error
    frames, times, last = [], [], 1 / _FPS
    try:
        with av.open(str(path)) as film:
            stream = film.streams.video[0]
            usual = 1 / float(stream.average_rate or _FPS)
            for frame in film.decode(stream):
                frames.append(frame.to_ndarray(format="rgb24"))
                times.append(len(times) * usual if frame.time is None else frame.time)
                last = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else usual
                _check(path, len(frames), frame.width, frame.height)
    except FileNotFoundError:
        raise
    except (FFmpegError, IndexError) as error:
        raise ClipError(f"{path.name} is not a readable film ({error})") from error
    if not frames:
        raise ClipError(f"{path.name} has no frames")
    return Clip(np.stack(frames), (*np.diff(times).clip(_LEAST).tolist(), last))


def _check(path: Path, count: int, width: int, height: int) -> None:
    if count * width * height > _MOST_PIXELS:
        raise ClipError(
            f"{path.name} has {count} frames of {width} x {height} px, more than {_MOST_PIXELS:,} pixels; cut it into "
            "parts, or make it smaller"
        )
