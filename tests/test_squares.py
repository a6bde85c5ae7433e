"""Squares of a picture: points go there and back, and cuts show what is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgan_widgets.squares import Square, cut_square, overlap

numbers = st.floats(-500, 500)
squares = st.builds(Square, numbers, numbers, st.floats(1, 900), st.floats(-179, 179))
POINTS = np.array([[0.1, 0.2], [0.9, 0.3], [0.5, 0.8], [0.4, 0.4]])


@given(squares)
def test_points_go_to_the_picture_and_back(square):
    assert np.allclose(square.from_picture(square.to_picture(POINTS)), POINTS, atol=1e-6)


def test_a_positive_roll_turns_clockwise():
    upper_left = Square(0, 0, 2, 90).corners()[0]
    assert np.allclose(upper_left, [1, -1])


def test_overlap_is_1_for_the_same_square_and_0_for_squares_apart():
    square = Square(5, 5, 10)
    assert overlap(square, square) == 1
    assert overlap(square, Square(20, 5, 10)) == 0
    assert overlap(square, Square(10, 5, 10)) == pytest.approx(1 / 3)


def test_a_square_without_a_size_is_refused():
    with pytest.raises(ValueError, match="a side above 0 px"):
        Square(0, 0, 0)


def picture():
    return np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)


def test_a_cut_of_whole_pixels_has_the_pictures_pixels():
    pixels = picture()
    assert np.array_equal(cut_square(pixels, Square(20, 15, 16), 16), pixels[7:23, 12:28])


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_square_turned_by_right_angles_is_cut_upright(turns):
    pixels = picture()
    cut = cut_square(pixels, Square(20, 16, 16, 90.0 * turns), 16)
    assert np.abs(cut.astype(int) - np.rot90(pixels[8:24, 12:28], turns)).max() <= 1


def test_outside_the_picture_the_border_is_repeated_or_all_is_black():
    pixels = picture()
    cut = cut_square(pixels, Square(0, 20, 10), 10)
    assert np.array_equal(cut[:, :5], np.repeat(pixels[15:25, :1], 5, 1))
    assert not cut_square(pixels, Square(0, 20, 10), 10, "black")[:, :5].any()
    with pytest.raises(ValueError, match="outside the picture of 60 x 40 px"):
        cut_square(pixels, Square(-50, 20, 10), 10)
