"""Written animations are read back: they have all frames, and the first one is the picture before."""

import builtins
import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from editgan_widgets import EditVector, images
from editgan_widgets.documents.animation import (
    Animation,
    AnimationError,
    FrameRecorder,
    animate_edit,
    animate_vector,
    swing,
)
from editgan_widgets.latent.directions.edit_vector import EditVectorError, WrongModelError

TOLERANCE = {".gif": 12, ".webp": 6, ".mp4": 6}  # of 255, mean


def read(path) -> np.ndarray:
    if path.suffix == ".mp4":
        av = pytest.importorskip("av")
        with av.open(str(path)) as file:
            return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])
    with Image.open(path) as image:
        return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])


@pytest.fixture(scope="module")
def vector(tiny_model):
    delta = torch.randn(tiny_model.sample_w_plus(0)[0].shape, generator=torch.Generator().manual_seed(5))
    return EditVector("push", 0.5 * delta, (), {"fingerprint": tiny_model.fingerprint})


@pytest.fixture(scope="module")
def sweep(tiny_model, vector):
    return animate_vector(tiny_model, tiny_model.sample_w_plus(3), vector, np.linspace(0, 2, 9))


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".gif", ".webp", ".mp4"])
def test_a_written_sweep_has_all_frames_and_starts_with_the_picture_before(tmp_path, tiny_model, sweep, ending):
    if ending == ".mp4":
        pytest.importorskip("av")
    sweep.save(tmp_path / f"sweep{ending}", size=96)
    frames = read(tmp_path / f"sweep{ending}")
    assert frames.shape == (9, 96, 96, 3)
    synthesis = tiny_model.generator.synthesis(tiny_model.sample_w_plus(3), noise_mode="const")
    before = Image.fromarray(images.to_uint8(synthesis.image)[0]).resize((96, 96), Image.Resampling.LANCZOS)
    assert np.abs(frames[0].astype(float) - np.asarray(before)).mean() < TOLERANCE[ending]
    assert np.abs(frames[-1].astype(float) - np.asarray(before)).mean() > TOLERANCE[ending]


def test_an_edit_is_animated_from_the_picture_before_to_the_result(painted, tmp_path):
    before = painted.image
    animation = animate_edit(painted, steps=5)
    assert len(animation) == 7
    assert np.array_equal(animation.frames[0], before)
    assert np.array_equal(animation.frames[-1], painted.image)
    animation.save(tmp_path / "edit.webp")
    assert np.abs(read(tmp_path / "edit.webp")[0].astype(float) - before).mean() < TOLERANCE[".webp"]


def test_the_last_picture_is_held(sweep):
    held = Animation(sweep.frames, fps=10, hold=1.5)
    with Image.open(io.BytesIO(held.encoded(".gif"))) as image:
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
    assert durations == [100] * 8 + [1600]


def test_a_gif_has_one_palette_for_all_frames(sweep):
    with Image.open(io.BytesIO(sweep.encoded(".gif"))) as image:
        colours = {tuple(x) for f in ImageSequence.Iterator(image) for x in np.asarray(f.convert("RGB")).reshape(-1, 3)}
    assert len(colours) <= 256


def test_mp4_of_odd_sides_is_padded_by_one_px(tmp_path):
    pytest.importorskip("av")
    frames = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.full((1, 33, 47, 3), 50, np.uint8)
    Animation(frames).save(tmp_path / "odd.mp4")
    assert read(tmp_path / "odd.mp4").shape == (4, 34, 48, 3)


def test_mp4_without_the_extra_is_refused_with_its_name(sweep, monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "av":
            raise ImportError("No module named 'av'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"editgan-widgets\[video\]"):
        sweep.encoded(".mp4")


def test_invalid_animations_are_refused_with_the_reason(sweep, tmp_path, tiny_model, vector):
    with pytest.raises(AnimationError, match=r"\.gif, \.webp, \.mp4; got 'sweep\.avi'"):
        sweep.save(tmp_path / "sweep.avi")
    with pytest.raises(AnimationError, match="16 to 2048 px; got 4"):
        sweep.save(tmp_path / "sweep.gif", size=4)
    with pytest.raises(AnimationError, match="run an edit first"):
        animate_edit([])
    with pytest.raises(AnimationError, match="fps are 1 to 60"):
        Animation(sweep.frames, fps=0)
    with pytest.raises(AnimationError, match=r"each of the 9 frames, above 0 and at most 600 s; got \(0.1, 0.2\)"):
        Animation(sweep.frames, durations=(0.1, 0.2))
    with pytest.raises(AnimationError, match=r"float64 \(2, 4, 4, 3\)"):
        Animation(np.zeros((2, 4, 4, 3)))
    with pytest.raises(EditVectorError, match="no scales"):
        animate_vector(tiny_model, tiny_model.sample_w_plus(3), vector, [])
    other = EditVector("another", vector.delta_w_plus, (), {"fingerprint": "0"})
    with pytest.raises(WrongModelError, match="another"):
        animate_vector(tiny_model, tiny_model.sample_w_plus(3), other)
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_of_some_rows_moves_only_these(tiny_model, vector):
    w_plus = tiny_model.sample_w_plus(3)
    (frame,) = animate_vector(tiny_model, w_plus, vector, [1.0], layers=(0, 3)).frames
    expected = vector.apply(w_plus, 1.0, layers=(0, 3))
    assert np.array_equal(frame, images.to_uint8(tiny_model.generator.synthesis(expected, noise_mode="const").image)[0])


def test_a_swing_loops_without_a_jump():
    scales = swing(reach=1.5, frames=32)
    assert scales[0] == 0
    assert max(scales) == pytest.approx(1.5)
    assert min(scales) == pytest.approx(-1.5)
    assert np.abs(np.diff([*scales, scales[0]])).max() < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("number", [3, 8, 9, 40, 1000])
def test_a_recorder_keeps_the_first_and_last_frame_within_a_limit(number):
    recorder = FrameRecorder(most=8, side=16)
    pictures = [np.full((32, 64, 3), i % 251, np.uint8) for i in range(number)]
    recorder.begin(pictures[0])
    for picture in pictures[1:]:
        recorder.add(picture)
    kept = [int(frame[0, 0, 0]) for frame in recorder.frames()]
    assert all(frame.shape == (8, 16, 3) for frame in recorder.frames())
    assert kept[0] == 0
    assert kept[-1] == (number - 1) % 251
    assert len(kept) <= 9
    assert len(kept) >= min(number, 4)
    if number < 251:
        assert kept == sorted(kept)
        steps = np.diff(kept[:-1])
        assert len(set(steps.tolist())) <= 1
