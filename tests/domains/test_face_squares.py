"""Squares of faces: points go there and back, and a square is found again from its points."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgan_widgets.domains.portraits.reader.square import FaceSquare, around_middle, fitted, overlap

numbers = st.floats(-500, 500)
squares = st.builds(FaceSquare, numbers, numbers, st.floats(1, 900), st.floats(-179, 179))
POINTS = np.array([[0.1, 0.2], [0.9, 0.3], [0.5, 0.8], [0.4, 0.4]])


@given(squares)
def test_points_go_to_the_picture_and_back(square):
    assert np.allclose(square.from_picture(square.to_picture(POINTS)), POINTS, atol=1e-6)


@given(squares)
def test_a_square_is_found_again_from_its_points(square):
    found = fitted(POINTS, square.to_picture(POINTS))
    assert np.allclose(found.corners(), square.corners(), atol=1e-5)


@given(squares, squares)
def test_a_square_seen_from_another_one_is_the_same_within_it(first, second):
    again = first.seen_from(second).within(second)
    assert np.allclose(again.corners(), first.corners(), atol=1e-4)


@given(squares)
def test_a_square_is_around_the_middle_of_its_face(square):
    again = around_middle(square.middle(), square.side, square.roll)
    assert np.allclose(again.corners(), square.corners(), atol=1e-6)


def test_a_positive_roll_turns_the_face_clockwise():
    upper_left = FaceSquare(0, 0, 2, 90).corners()[0]
    assert np.allclose(upper_left, [1, -1])


def test_overlap_is_1_for_the_same_square_and_0_for_squares_apart():
    square = FaceSquare(5, 5, 10)
    assert overlap(square, square) == 1
    assert overlap(square, FaceSquare(20, 5, 10)) == 0
    assert overlap(square, FaceSquare(10, 5, 10)) == pytest.approx(1 / 3)


def test_a_square_without_a_size_is_refused():
    with pytest.raises(ValueError, match="a side above 0 px"):
        FaceSquare(0, 0, 0)
