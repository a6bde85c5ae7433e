"""Animations of edits: the frames of an optimisation, or of a vector's changing scale, as GIF, WebP or MP4.

animate_edit(session).save("edit.gif")
animate_vector(model, w_plus, smile).save("smile.mp4", size=256)

GIF and WebP need nothing more than Pillow; MP4 needs the extra `video`.
"""

import io
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.documents.session import EditSession
from editgan_widgets.files import write_bytes
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError, Layers, checked_scale
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Real, Whole, is_whole, plain_fields, real, shown, whole

FORMATS = (".gif", ".webp", ".mp4")
_PALETTE_FRAMES = 16  # number of frames from which a GIF's colours are chosen
_LONGEST = 600.0  # s, of one frame
_SHORTEST = 0.02  # s, of a frame in a file; browsers show shorter frames of a GIF for 0.1 s
_LARGEST = 2048  # px of an animation's longer side


class AnimationError(ValueError):
    """Frames are not an animation, or a file cannot be written as requested."""


@dataclass(frozen=True, eq=False)
class Animation:
    """Frames and the time for which each is shown.

    Attributes:
        frames: uint8 `[n, H, W, 3]`.
        fps: frames per second, 1 to 60, if `durations` is None.
        hold: additional time of the last frame, 0 to 10 s.
        durations: time of each frame, s, at most 600; at least 0.02 in a file. None: 1 / fps.

    Raises AnimationError for no frames, another shape, or numbers out of range.
    """

    frames: np.ndarray
    fps: float = 12.0
    hold: float = 0.0
    durations: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        plain_fields(self, AnimationError)
        frames = np.asarray(self.frames)
        if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not len(frames):
            raise AnimationError(f"an animation is of uint8 frames [n, H, W, 3]; got {frames.dtype} {frames.shape}")
        if not 1 <= self.fps <= 60 or not 0 <= self.hold <= 10:
            raise AnimationError(f"fps are 1 to 60 and hold is 0 to 10 s; got {self.fps!r} and {self.hold!r}")
        if self.durations is not None:
            durations = tuple(real(duration, "a frame's duration", AnimationError) for duration in self.durations)
            if len(durations) != len(frames) or not all(0 < duration <= _LONGEST for duration in durations):
                raise AnimationError(
                    f"durations are one for each of the {len(frames)} frames, above 0 and at most {_LONGEST:g} s; got "
                    f"{shown(durations)}"
                )
            object.__setattr__(self, "durations", durations)
        object.__setattr__(self, "frames", frames)

    def __len__(self) -> int:
        return len(self.frames)

    def save(self, path: str | Path, size: Whole | None = None) -> None:
        """Write a file in the format of its suffix: .gif, .webp or .mp4.

        Args:
            path: the file.
            size: px of the longer side, 16 to 2048; None keeps the frames' size. MP4 needs even sides, so one px may be
                added.

        Raises AnimationError for another ending or size, ImportError for MP4 without the extra `video`.
        """
        path = Path(path)
        if path.suffix.lower() not in FORMATS:
            raise AnimationError(f"an animation's file ends in {', '.join(FORMATS)}; got {path.name!r}")
        write_bytes(path, self.encoded(path.suffix.lower(), size))

    def encoded(self, ending: str, size: Whole | None = None) -> bytes:
        """Content of the file; arguments and errors as in `save`."""
        frames = _resized(self.frames, size)
        if ending not in FORMATS:
            raise AnimationError(f"an animation's file ends in {', '.join(FORMATS)}; got {ending!r}")
        durations = [round(1000 * max(seconds, _SHORTEST)) for seconds in self.durations or [1 / self.fps] * len(self)]
        durations[-1] += round(1000 * self.hold)
        if ending == ".mp4":
            return _mp4(frames, durations)
        return _gif(frames, durations) if ending == ".gif" else _webp(frames, durations)


class FrameRecorder:
    """Keeps the frames of a run in bounded memory: at most `most`, at most `side` px, evenly spaced over the run.

    When it is full, every second frame is dropped, and from then on only every second new frame is kept. The latest one
    is always kept. One thread may add frames while another reads them.
    """

    def __init__(self, most: Whole = 96, side: Whole = 256) -> None:
        self._most, self._side = whole(most, "most"), whole(side, "side", least=1)
        if self._most < 4 or self._most % 2:
            raise ValueError(f"a recorder keeps an even number of frames, 4 or more; got {self._most}")
        self._lock = threading.Lock()
        self._frames: list[np.ndarray] = []
        self._last: np.ndarray | None = None
        self._stride = self._came = 1

    def begin(self, before: UInt8[np.ndarray, "h w 3"]) -> None:
        """Clear; the first frame is the picture before the run."""
        with self._lock:
            self._frames, self._last, self._stride, self._came = [self._small(before)], None, 1, 1

    def add(self, frame: UInt8[np.ndarray, "h w 3"]) -> None:
        """Add the next picture of the run."""
        small = self._small(frame)
        with self._lock:
            self._last = small
            if self._came % self._stride == 0:
                if len(self._frames) == self._most:
                    self._frames = self._frames[::2]
                    self._stride *= 2
                if self._came % self._stride == 0:
                    self._frames.append(small)
                    self._last = None
            self._came += 1

    def frames(self) -> list[np.ndarray]:
        """The kept frames, in order."""
        with self._lock:
            return self._frames + ([] if self._last is None else [self._last])

    def _small(self, frame: np.ndarray) -> np.ndarray:
        if max(frame.shape[:2]) <= self._side:
            return frame.copy()
        return _resized(frame[None], self._side)[0]


def animate_edit(
    source: EditSession | Sequence[UInt8[np.ndarray, "h w 3"]], steps: Whole | None = None, fps: Real = 12.0
) -> Animation:
    """Animate an optimisation: run a session's edit and commit it, or use the frames of an earlier run.

    Args:
        source: a session with a painted mask, or pictures, the first of them from before the edit.
        steps: steps of the session's edit; None means the config's.
        fps: frames per second.

    Raises SessionError if the session has nothing to edit, AnimationError for no frames.
    """
    rate = real(fps, "fps", AnimationError)
    if isinstance(source, EditSession):
        recorder = FrameRecorder()
        recorder.begin(source.image)
        for step in source.edit(steps=steps):
            recorder.add(step.image)
        frames = [*recorder.frames(), source.image]  # end with the best step
        return Animation(np.stack([_resized(frame[None], max(frames[0].shape))[0] for frame in frames]), rate, hold=1.0)
    if not len(source):
        raise AnimationError("there are no frames to animate: run an edit first")
    return Animation(np.stack(list(source)), rate, hold=1.0)


def animate_vector(
    model: EditGAN,
    w_plus: Float[Tensor, "1 num_ws w_dim"],
    vector: EditVector,
    scales: Iterable[Real] | None = None,
    layers: Layers = None,
    fps: Real = 16.0,
    picture: Callable[[Tensor], UInt8[np.ndarray, "h w 3"]] | None = None,
) -> Animation:
    """Animate a vector's scale.

    Args:
        model: the vector's model.
        w_plus: latent without the vector.
        vector: the vector.
        scales: one per frame; None means `swing()`.
        layers: rows of w_plus that move; None = all.
        fps: frames per second.
        picture: draws a latent; None: the model does. A photo with the edits is drawn by `PhotoEdits.preview`.

    Raises EditVectorError for no scales or a vector that does not fit, WrongModelError for a vector of another model.
    """
    chosen, rate = swing() if scales is None else [checked_scale(scale) for scale in scales], real(fps, "fps")
    if not chosen:
        raise EditVectorError("there are no scales to animate; give one for each frame, such as [0, 0.5, 1]")
    frames = []
    with torch.no_grad():
        for scale in chosen:
            latent = vector.apply(w_plus, scale, model, layers=layers)
            made = images.to_uint8(model.generator.synthesis(latent).image)[0] if picture is None else picture(latent)
            frames.append(made)
    return Animation(np.stack(frames), rate)


def swing(reach: Real = 1.5, frames: Whole = 32) -> list[float]:
    """Scales from 0 to `reach`, to `-reach` and back to 0, so that the animation loops without a jump."""
    largest, count = real(reach, "reach"), whole(frames, "frames", least=1)
    return [largest * float(np.sin(2 * np.pi * i / count)) for i in range(count)]


def _resized(frames: np.ndarray, size: Whole | None) -> np.ndarray:
    if size is None:
        return frames
    if not is_whole(size) or not 16 <= (side := whole(size, "size")) <= _LARGEST:
        raise AnimationError(f"an animation's size is 16 to {_LARGEST} px; got {shown(size)}")
    height, width = frames.shape[1:3]
    if max(height, width) == side:
        return frames
    ratio = side / max(height, width)
    to = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return np.stack([np.asarray(Image.fromarray(x).resize(to, Image.Resampling.LANCZOS)) for x in frames])


def _gif(frames: np.ndarray, durations: list[int]) -> bytes:
    """Encode with one palette for all frames; with a palette per frame, static areas would flicker."""
    chosen = frames[np.unique(np.linspace(0, len(frames) - 1, _PALETTE_FRAMES).round().astype(int))]
    palette = Image.fromarray(np.concatenate(list(chosen))).quantize(256, Image.Quantize.MEDIANCUT)
    first, *others = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=False, disposal=1)
    return out.getvalue()


def _webp(frames: np.ndarray, durations: list[int]) -> bytes:
    first, *others = [Image.fromarray(frame) for frame in frames]
    out = io.BytesIO()
    first.save(out, "WEBP", save_all=True, append_images=others, duration=durations, loop=0, quality=90, method=3)
    return out.getvalue()


def _mp4(frames: np.ndarray, durations: list[int]) -> bytes:
    """Encode; the durations, ms, become the times of the frames."""
    try:
        import av
    except ImportError as error:
        raise ImportError("MP4 needs the extra video: pip install 'editgan-widgets[video]'; or save .gif") from error
    from fractions import Fraction

    height, width = frames.shape[1:3]
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        rate = Fraction(1000 * len(frames), sum(durations)).limit_denominator(1000)
        # Without B-frames, packets leave the encoder in the order of the frames.
        stream = file.add_stream("libx264", rate=rate, options={"crf": "16", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = even.shape[2], even.shape[1], "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        lengths = dict(zip(np.cumsum([0, *durations]).tolist(), durations, strict=False))

        def mux(packets: list) -> None:
            for packet in packets:
                packet.duration = lengths[packet.pts]  # the last frame's is known from nothing else
                file.mux(packet)

        for time, pixels in zip(lengths, even, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = time, stream.time_base
            mux(stream.encode(frame))
        mux(stream.encode())
    return out.getvalue()
