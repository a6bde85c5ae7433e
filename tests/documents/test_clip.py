"""Clips: frames of folders, animated pictures and films."""

import numpy as np
import pytest
from PIL import Image

from editgan_widgets.documents.animation import Animation
from editgan_widgets.documents.clip import ClipError, read_clip

FRAMES = np.stack([np.full((24, 32, 3), 20 * i, np.uint8) for i in range(6)])


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    for i in (3, 1, 2):
        Image.fromarray(FRAMES[i]).save(tmp_path / f"frame-{i}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    clip = read_clip(tmp_path)
    assert np.array_equal(clip.frames, FRAMES[1:4])
    assert clip.names == ("frame-1.png", "frame-2.png", "frame-3.png")


@pytest.mark.parametrize("ending", [".gif", ".webp", ".mp4"])
def test_an_animation_is_read_with_its_speed(tmp_path, ending):
    path = tmp_path / f"clip{ending}"
    Animation(FRAMES, fps=10).save(path)
    clip = read_clip(path)
    assert clip.frames.shape == FRAMES.shape
    assert np.abs(clip.frames.astype(int) - FRAMES).mean() < 6
    assert clip.fps == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("ending", [".gif", ".webp", ".mp4"])
def test_each_frame_keeps_its_own_duration(tmp_path, ending):
    path, durations = tmp_path / f"clip{ending}", (0.1, 0.5, 0.04, 0.04, 0.3, 1.2)
    Animation(FRAMES, durations=durations).save(path)
    assert read_clip(path).durations == pytest.approx(durations, abs=0.002)


def test_a_single_picture_is_a_clip_of_one_frame(tmp_path):
    Image.fromarray(FRAMES[2]).save(tmp_path / "one.png")
    assert read_clip(tmp_path / "one.png").frames.shape == (1, 24, 32, 3)


def test_what_is_no_clip_is_refused_with_what_can_be_read(tmp_path):
    with pytest.raises(ClipError, match="has no pictures"):
        read_clip(tmp_path)
    (tmp_path / "text.gif").write_text("no picture")
    with pytest.raises(ClipError, match=r"text\.gif is not a clip; give a folder of pictures, a GIF"):
        read_clip(tmp_path / "text.gif")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.fromarray(FRAMES[0]).save(pictures / "a.png")
    Image.fromarray(FRAMES[0][:20]).save(pictures / "b.png")
    with pytest.raises(ClipError, match=r"b\.png has 32 x 20 px, a\.png 32 x 24; the pictures of a clip have one size"):
        read_clip(pictures)


def test_a_broken_film_is_refused(tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"\0" * 100)
    with pytest.raises(ClipError, match=r"broken\.mp4 is not a readable film"):
        read_clip(tmp_path / "broken.mp4")
