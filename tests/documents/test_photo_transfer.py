"""Transfer: the photo moves as the landmarks do, new parts appear, and all else keeps its pixels."""

import numpy as np
import pytest

from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.documents.registration import Registration
from editgan_widgets.documents.transfer import GeneratedEdit, PartOpening, Transfer
from editgan_widgets.domains.domain import Opening

SIZE = 64


def grid_points():
    at = np.linspace(0.3, 0.7, 9)
    return np.stack(np.meshgrid(at, at), -1).reshape(-1, 2)


def plain(value=100):
    return np.full((SIZE, SIZE, 3), value, np.uint8)


def carried(photo, crop, points, moved=None, after=None, parts_after=None, parts=None, photo_points=None, noise=0.0):
    """A photo after an edit of a plain picture with one part, whose landmarks are `points` and then `moved`."""
    parts = np.ones((SIZE, SIZE), np.uint8) if parts is None else parts
    edit = GeneratedEdit(
        plain(),
        plain() if after is None else after,
        parts,
        parts if parts_after is None else parts_after,
        points if moved is None else moved,
    )
    registration = Registration(points if photo_points is None else photo_points, points, noise)
    return Transfer(registration, edit).picture(photo, crop)


def textured(height=200, width=260):
    y, x = np.mgrid[:height, :width]
    waves = 120 + 60 * np.sin(x / 7.0) * np.cos(y / 9.0)
    return Photo(np.repeat(waves[..., None], 3, 2).astype(np.uint8))


def test_without_motion_and_new_parts_the_photo_is_unchanged():
    points = grid_points()
    photo = textured()
    found = carried(photo, Crop(40, 20, 150, 12), points)
    assert np.array_equal(found, photo.pixels)


@pytest.mark.parametrize("roll", [0.0, 30.0])
def test_the_photo_moves_as_the_landmarks_do(roll):
    points, photo, crop = grid_points(), textured(), Crop(40, 20, 150, roll)
    shift = np.array([0.02, -0.01])
    found = carried(photo, crop, points, points + shift)
    middle = crop.square.to_picture(np.array([0.52, 0.49]))
    before = crop.square.to_picture(np.array([0.5, 0.5]))
    assert abs(int(_at(found, middle)) - int(_at(photo.pixels, before))) < 14
    y, x = np.mgrid[: photo.height, : photo.width]
    inside = crop.square.from_picture(np.stack([x + 0.5, y + 0.5], -1))
    outside = (inside < 0.1).any(-1) | (inside > 0.9).any(-1)
    assert np.array_equal(found[outside], photo.pixels[outside])
    assert (found != photo.pixels).any()


def _at(pixels, point):
    return pixels[int(point[1]), int(point[0]), 0]


def test_motion_below_the_noise_of_the_landmarks_is_dropped():
    points, photo = grid_points(), textured()
    noisy = points + np.random.default_rng(0).normal(scale=0.002, size=points.shape)
    found = carried(photo, Crop(40, 20, 150), points, noisy, noise=0.002)
    assert np.array_equal(found, photo.pixels)
    assert not np.array_equal(carried(photo, Crop(40, 20, 150), points, noisy), photo.pixels)


def test_a_part_that_appears_brings_its_content_in_the_photos_light():
    points = grid_points()
    photo = Photo(np.full((128, 128, 3), 150, np.uint8))  # 1.5 times as bright as the generated picture
    parts, after = np.ones((SIZE, SIZE), np.uint8), plain()
    parts[28:36, 28:36], after[28:36, 28:36] = 2, 40
    found = carried(photo, Crop(0, 0, 128), points, after=after, parts_after=parts)
    assert 50 < found[64, 64].mean() < 75
    changed = (found != photo.pixels).any(2)
    assert changed[58:70, 58:70].all()
    assert not changed[:44].any()
    assert not changed[84:].any()


def test_new_content_moves_to_where_the_photo_has_the_landmarks():
    points = grid_points()
    photo = Photo(np.full((128, 128, 3), 100, np.uint8))
    parts, after = np.ones((SIZE, SIZE), np.uint8), plain()
    parts[30:34, 30:34], after[30:34, 30:34] = 2, 0
    found = carried(
        photo, Crop(0, 0, 128), points, after=after, parts_after=parts, photo_points=points + np.array([0.1, 0.0])
    )
    dark = np.argwhere(found[..., 0] < 50).mean(0)
    assert dark == pytest.approx([63.5, 63.5 + 12.8], abs=1.5)


def test_a_part_that_only_grows_a_little_is_motion_and_brings_no_content():
    points, photo = grid_points(), textured()
    before, parts = np.ones((SIZE, SIZE), np.uint8), np.ones((SIZE, SIZE), np.uint8)
    before[20:40, 20:40], parts[20:40, 20:44] = 2, 2
    found = carried(photo, Crop(0, 0, 128), points, after=plain(200), parts=before, parts_after=parts)
    assert np.array_equal(found, photo.pixels)


def test_the_part_map_of_the_photo_moves_and_gets_the_new_parts():
    points = grid_points()
    parts, after = np.ones((SIZE, SIZE), np.uint8), np.ones((SIZE, SIZE), np.uint8)
    parts[24:40, 24:40], after[28:34, 28:34] = 3, 2
    edit = GeneratedEdit(plain(), plain(), np.ones_like(parts), after, points + np.array([0.0, 0.03]))
    found = Transfer(Registration(points, points), edit).parts(parts)
    assert (found[29:33, 29:33] == 2).all()
    assert abs(np.argwhere(found == 3).mean(0)[0] - (np.argwhere(parts == 3).mean(0)[0] + 0.03 * SIZE)) < 1


MOUTH = Opening(upper=(7, 8, 9), lower=(2, 3, 4), corners=(5, 6), seen=("mouth",), lids=("lips",))
EYE = Opening(
    upper=(7, 8, 9), lower=(2, 3, 4), corners=(5, 6), seen=("eye",), lids=("lid",), above=(10, 11, 12)
)  # fmt: skip


def opening_points(gap):
    """Landmarks of an opening in the middle: two points around it, edges `gap` apart, corners and what is above."""
    x = (0.42, 0.5, 0.58)
    upper, lower = [(a, 0.5 - gap / 2) for a in x], [(a, 0.5 + gap / 2) for a in x]
    return np.array([(0.3, 0.3), (0.7, 0.7), *lower, (0.36, 0.5), (0.64, 0.5), *upper, *[(a, 0.36) for a in x]])


def striped():
    """A photo of skin with a white opening, 10 px high, in the middle."""
    pixels = np.full((256, 256, 3), 120, np.uint8)
    pixels[123:133, 96:160] = 250
    return Photo(pixels)


def test_a_lid_of_the_photos_own_skin_covers_what_was_seen_though_the_landmarks_stay_apart():
    parts = np.ones((SIZE, SIZE), np.uint8)
    parts[28:36, 24:40] = 2
    edit = GeneratedEdit(plain(), plain(30), parts, np.where(parts == 2, 3, 1).astype(np.uint8), opening_points(0.1))
    registration = Registration(opening_points(0.05), opening_points(0.1))
    transfer = Transfer(registration, edit, [PartOpening(EYE, (2,), (3,))])
    found = transfer.picture(striped(), Crop(0, 0, 256))
    assert found[126:130, 110:146].max() < 130
    assert found[126:130, 110:146].min() > 110  # and not the generated picture's dark lid
    assert (transfer.parts(parts)[31:33, 28:36] == 3).all()
    assert (found[:60] == 120).all()


def test_what_an_open_mouth_shows_keeps_its_size_when_it_opens_further():
    parts = np.ones((SIZE, SIZE), np.uint8)
    edit = GeneratedEdit(plain(), plain(30), parts, parts, opening_points(0.14))
    registration = Registration(opening_points(0.05), opening_points(0.0))
    transfer = Transfer(registration, edit, [PartOpening(MOUTH, (2,), (3,))])
    found = transfer.picture(striped(), Crop(0, 0, 256))[:, 128, 0]
    white = np.flatnonzero(found > 200)
    assert 7 <= np.ptp(white) <= 11
    assert found[white.max() + 6 : white.max() + 10].max() < 60  # new below it, as in the generated picture


def test_a_mouth_that_is_open_opens_less():
    registration = Registration(opening_points(0.05), opening_points(0.0))
    end = registration.motion(opening_points(0.1), [(MOUTH, 1.0)]).end
    assert 0.06 < end[3, 1] - end[8, 1] < 0.13
    free = registration.motion(opening_points(0.1)).end
    assert free[3, 1] - free[8, 1] == pytest.approx(0.15)


def test_new_content_that_darkens_keeps_the_detail_of_the_photo():
    photo = textured(256, 256)
    parts, after = np.ones((SIZE, SIZE), np.uint8), plain()
    parts[20:44, 20:44], after[20:44, 20:44] = 2, 50
    found = carried(photo, Crop(0, 0, 256), grid_points(), after=after, parts_after=parts)
    before, now = (x[100:156, 100:156, 0].astype(float).ravel() for x in (photo.pixels, found))
    assert now.mean() < 0.7 * before.mean()
    assert np.corrcoef(before, now)[0, 1] > 0.95
