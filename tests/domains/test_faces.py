"""Faces of photos: scikit-image's astronaut, and a portrait of the package, in many places, sizes and turns."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

from editgan_widgets.domains.portraits.reader.detect import _tiles
from editgan_widgets.domains.portraits.reader.faces import find_faces, framed_points, similarity
from editgan_widgets.squares import Square, cut_square, overlap

ASTRONAUT = Square(225, 112, 184, 3)


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut()


@pytest.fixture(scope="module")
def face(astronaut):
    found = find_faces(astronaut)
    assert len(found) == 1
    return found[0]


def test_a_face_is_found_with_its_square_and_pose(face):
    assert overlap(face.square, ASTRONAUT) > 0.9
    assert abs(face.yaw) < 8
    assert abs(face.pitch) < 12
    assert abs(face.roll - 3) < 4
    assert face.score > 0.8
    left, upper, right, lower = face.box
    assert 170 < left < right < 275
    assert 65 < upper < lower < 185


def test_landmarks_are_where_the_eyes_nose_and_mouth_are(face):
    eyes = face.points[[468, 473], :2]  # irises; the places were read off the picture by eye
    assert np.abs(eyes - [[202, 103], [246, 107]]).max() < 4
    assert np.abs(face.points[[13, 14], :2].mean(0) - [222, 145]).max() < 6


@pytest.mark.parametrize("turn", [-60, -35, 35, 60])
def test_turned_faces_are_found_and_framed_upright(astronaut, turn):
    turned = cut_square(astronaut, Square(225, 130, 300, -turn), 300)
    found = find_faces(turned)
    assert len(found) == 1
    assert abs(found[0].roll - turn - 3) < 6
    upright = cut_square(turned, found[0].square, 96).astype(int)
    expected = cut_square(astronaut, ASTRONAUT, 96).astype(int)
    middle = np.s_[20:76, 20:76]
    assert np.corrcoef(upright[middle].ravel(), expected[middle].ravel())[0, 1] > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("width", [42, 80, 160])
def test_small_faces_in_a_large_picture_are_found(astronaut, width):
    scale = width / 95  # the face is 95 px wide
    small = Image.fromarray(astronaut[:256, 100:356]).resize((round(256 * scale),) * 2, Image.Resampling.LANCZOS)
    noise = np.random.default_rng(0).normal(128, 12, (900, 1300, 3)).clip(0, 255).astype(np.uint8)
    noise[400 : 400 + small.height, 800 : 800 + small.width] = np.asarray(small)
    found = find_faces(noise)
    assert len(found) == 1
    expected = Square(800 + 125 * scale, 400 + 112 * scale, 184 * scale)
    assert overlap(found[0].square, expected) > 0.75


def test_pictures_without_a_face_have_none():
    assert find_faces(np.full((200, 300, 3), 90, np.uint8)) == []
    assert find_faces(np.random.default_rng(0).integers(0, 256, (1, 1, 3)).astype(np.uint8)) == []


def test_several_faces_are_listed_by_size(astronaut):
    small = np.asarray(Image.fromarray(astronaut[:256, 100:356]).resize((128, 128)))
    both = np.full((512, 720, 3), 128, np.uint8)
    both[:, :512] = astronaut
    both[300:428, 560:688] = small
    found = find_faces(both)
    assert len(found) == 2
    assert found[0].square.side > 1.7 * found[1].square.side


def test_landmarks_of_a_framed_portrait_follow_a_shift(astronaut):
    here = framed_points(cut_square(astronaut, ASTRONAUT, 128))
    moved = framed_points(cut_square(astronaut, Square(225 + 9.2, 112, 184, 3), 128))
    assert here is not None
    assert moved is not None
    assert (moved.points - here.points).mean(0) == pytest.approx([-0.05, 0], abs=0.006)
    assert here.noise < 0.003
    assert framed_points(np.full((128, 128, 3), 90, np.uint8)) is None


def test_squares_that_are_searched_cover_the_picture_and_reach_the_smallest_face():
    seen = np.zeros((600, 1000), int)
    smallest = 1e9
    for square in _tiles(1000, 600):
        (left, upper), (right, lower) = square.corners().min(0), square.corners().max(0)
        seen[max(int(upper), 0) : int(lower), max(int(left), 0) : int(right)] += square.side < 400
        smallest = min(smallest, square.side)
    assert seen.min() >= 1
    assert smallest < 400


def test_a_similarity_in_space_is_recovered():
    rng = np.random.default_rng(0)
    a, q = rng.normal(size=(9, 3)), np.linalg.qr(rng.normal(size=(3, 3)))[0]
    q *= np.sign(np.linalg.det(q))
    scale, turn, shift = similarity(a, 2.5 * a @ q.T + [1, 2, 3])
    assert scale == pytest.approx(2.5)
    assert np.allclose(turn, q)
    assert np.allclose(shift, [1, 2, 3])
