import numpy as np
import pytest

from editgan_widgets.labels import Label, LabelSet, UnknownLabelError
from editgan_widgets.masks.fills import fill, lasso
from editgan_widgets.masks.strokes import StrokeError

LABELS = LabelSet("three", [Label(0, "ground", "#202020"), Label(1, "blob", "#e0b090"), Label(2, "spark", "#603010")])


@pytest.fixture
def two_blobs():
    label_map = np.zeros((12, 16), np.uint8)
    label_map[2:5, 2:5] = 1
    label_map[8:11, 10:14] = 1
    return label_map


def test_a_fill_takes_the_area_under_the_point_and_no_other_of_that_part(two_blobs):
    filled = fill(3.5, 3.5, "spark")(two_blobs, LABELS)
    assert (filled[2:5, 2:5] == 2).all()
    assert (filled == 2).sum() == 9
    assert (two_blobs == 2).sum() == 0


def test_a_fill_of_the_whole_part_takes_all_its_areas(two_blobs):
    filled = fill(3.5, 3.5, "spark", whole=True)(two_blobs, LABELS)
    assert np.array_equal(filled == 2, two_blobs == 1)


@pytest.mark.parametrize("point", [(-1, 3), (16, 3), (3, float("nan"))])
def test_a_fill_outside_the_picture_is_refused(two_blobs, point):
    with pytest.raises(StrokeError, match="outside"):
        fill(*point, "spark")(two_blobs, LABELS)


def test_a_lasso_paints_the_pixels_whose_centres_it_holds(two_blobs):
    painted = lasso([(1, 1), (7, 1), (7, 4), (1, 4)], "spark")(two_blobs, LABELS)
    assert (painted[1:4, 1:7] == 2).all()
    assert (painted == 2).sum() == 18


def test_where_a_lasso_crosses_itself_every_second_area_is_painted(two_blobs):
    square = [(0, 0), (8, 0), (8, 8), (0, 8)]
    hole = [(2, 2), (6, 2), (6, 6), (2, 6)]
    painted = lasso([*square, square[0], *hole, hole[0]], 2)(two_blobs, LABELS) == 2
    assert painted[1, 1]
    assert not painted[4, 4]


def test_a_lasso_without_area_and_foreign_labels_are_refused(two_blobs):
    with pytest.raises(StrokeError, match="three"):
        lasso([(1, 1), (2, 2)], "spark")
    with pytest.raises(StrokeError, match="no pixel"):
        lasso([(1, 1), (1.2, 1), (1.2, 1.2)], "spark")(two_blobs, LABELS)
    with pytest.raises(UnknownLabelError):
        fill(1, 1, "halo")(two_blobs, LABELS)
