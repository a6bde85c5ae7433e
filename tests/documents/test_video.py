"""Videos: a face is followed through a clip, and an edit acts in each of its frames."""

import numpy as np
import pytest

from editgan_widgets.documents import video
from editgan_widgets.documents.photo import Crop
from editgan_widgets.documents.video import edited_frames, followed
from editgan_widgets.domains.domain import SubjectPoints

POINTS = SubjectPoints(np.random.default_rng(0).uniform(0.3, 0.7, (20, 2)), 0.0)


def blank(count, values=None):
    frames = np.zeros((count, 60, 80, 3), np.uint8)
    if values is not None:
        frames += np.asarray(values, np.uint8)[:, None, None, None]
    return frames


@pytest.fixture
def follow(tiny_model, monkeypatch):
    """Follow a face whose squares in each frame are given."""

    def run(squares, frames=None, **options):
        answers = iter(squares)
        monkeypatch.setattr(video, "found_crops", lambda _model, _photo: next(answers))
        monkeypatch.setattr(video, "landmarks_of", lambda _model, _pixels: POINTS)
        return followed(tiny_model, blank(len(squares)) if frames is None else frames, **options)

    return run


def test_the_nearest_square_is_followed_and_its_motion_smoothed(follow):
    shake = [2 * (-1) ** i for i in range(12)]
    shots = follow([[Crop(50, 30, 12), Crop(10 + shake[i], 10, 20)] for i in range(12)], face=2)
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 12)]
    x = np.array([crop.x for crop in shots[0].crops])
    assert np.abs(x - 10).max() < 1.2
    assert np.abs(np.diff(x)).max() < 0.8


def test_short_gaps_are_interpolated_and_long_ones_end_the_shot(follow):
    there = [Crop(10, 10, 20)]
    shots = follow([there] * 4 + [[]] * 3 + [there] * 4 + [[]] * 9 + [there] * 3)
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 11), (20, 23)]


def test_after_a_long_gap_the_same_face_is_followed_again(follow):
    both, other = [Crop(50, 30, 12), Crop(10, 10, 20)], [Crop(50, 30, 12)]
    shots = follow([both] * 4 + [[]] * 9 + [other] * 3 + [both] * 3, face=2)
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 4), (16, 19)]
    assert all(crop.x == pytest.approx(10) for shot in shots for crop in shot.crops)


def test_a_cut_begins_a_new_shot_with_the_largest_face(follow):
    first, second = [Crop(10, 10, 20)], [Crop(40, 20, 22), Crop(5, 5, 10)]
    shots = follow([first] * 4 + [second] * 4, blank(8, [0] * 4 + [200] * 4))
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 4), (4, 8)]
    assert shots[1].crops[2].x == pytest.approx(40, abs=0.1)


def test_a_face_that_is_not_there_is_refused(follow):
    with pytest.raises(ValueError, match="the face 2 was asked for, but frame 1 shows 1"):
        follow([[Crop(10, 10, 20)]] * 3, face=2)


def test_frames_without_the_face_are_unchanged(tiny_model):
    frames = blank(3, [10, 20, 30])
    assert np.array_equal(np.stack(list(edited_frames(tiny_model, frames, [], lambda w: w))), frames)


@pytest.mark.shipped
@pytest.mark.slow
def test_an_edit_acts_in_every_frame_and_only_around_the_face(portraits_128):
    from skimage import data

    from editgan_widgets.latent.directions.library import load_vectors

    model, smile = portraits_128, load_vectors(portraits_128)["smile"]
    frames = np.stack([data.astronaut()[:256, 100 + 4 * i : 356 + 4 * i] for i in range(4)])
    shots = followed(model, frames)
    assert [(shot.start, shot.stop) for shot in shots] == [(0, 4)]
    edited = np.stack(list(edited_frames(model, frames, shots, lambda w: smile.apply(w, 1.0, model))))
    changed = (edited != frames).any(3)
    assert (changed.mean((1, 2)) > 0.01).all()
    assert not changed[:, 235:].any()
    x = [np.argwhere(one)[:, 1].mean() for one in changed]
    assert np.diff(x) == pytest.approx(-4, abs=1.5)
