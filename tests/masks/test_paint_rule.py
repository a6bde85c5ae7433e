import numpy as np
import pytest

from editgan_widgets.label_sets import label_set
from editgan_widgets.labels import Label, LabelSet, UnknownLabelError
from editgan_widgets.masks.fills import fill, lasso
from editgan_widgets.masks.mirror import on_both_sides, reflected, reflected_stroke
from editgan_widgets.masks.paint_rule import PaintRule
from editgan_widgets.masks.strokes import Stroke, rasterise
from editgan_widgets.masks.warp import push

LABELS = LabelSet(
    "pair",
    [
        Label(0, "ground", "#202020"),
        Label(1, "left eye", "#e0b090", side="left"),
        Label(2, "right eye", "#603010", side="right"),
        Label(3, "nose", "#3060a0"),
        Label(4, "left ear", "#30a060", side="left"),
    ],
)
LEFT, RIGHT, NOSE, LONELY = 1, 2, 3, 4


@pytest.fixture
def blank():
    return np.zeros((16, 21), np.uint8)


def test_the_other_side_of_a_part_is_the_one_of_the_same_name():
    assert [LABELS.other_side(label.id) for label in LABELS] == [0, RIGHT, LEFT, NOSE, LONELY]
    face = label_set("face-34")
    for label in face:
        other = face[face.other_side(label.id)]
        assert face.other_side(other.id) == label.id
        assert (other.id == label.id) == (label.side is None)


def test_a_map_reflected_twice_is_the_map():
    label_map = np.random.default_rng(0).integers(0, len(LABELS), (16, 21)).astype(np.uint8)
    assert np.array_equal(reflected(reflected(label_map, LABELS), LABELS), label_map)


@pytest.mark.parametrize("shape", ["round", "square"])
def test_a_mirrored_stroke_is_the_same_as_the_stroke_in_a_mirror(blank, shape):
    stroke = Stroke([(3.2, 4.1), (7.7, 9.4)], 2.3, "left eye", shape, [1.1, 2.6])
    painted = PaintRule(mirror=True).paint(stroke, blank, LABELS)
    alone = rasterise(stroke, blank, LABELS)
    assert np.array_equal(painted, np.where(alone, alone, reflected(alone, LABELS)))
    assert np.array_equal(reflected(painted, LABELS), painted)
    assert {LEFT, RIGHT} <= set(np.unique(painted))


def test_where_a_stroke_meets_its_reflection_it_is_the_stroke_that_counts(blank):
    stroke = Stroke([(2, 8), (14, 8)], 2, "left eye")
    painted = PaintRule(mirror=True).paint(stroke, blank, LABELS)
    assert (painted[rasterise(stroke, blank, LABELS) == LEFT] == LEFT).all()
    assert painted[8, 19] == RIGHT


def test_a_reflected_stroke_of_an_unpaired_part_keeps_its_label():
    assert reflected_stroke(Stroke([(3, 4)], 2, "nose"), 21, LABELS).label == NOSE
    assert reflected_stroke(Stroke([(3, 4)], 2, "nose"), 21, LABELS).points == ((18, 4),)


def test_erasing_mirrored_brings_the_originals_own_sides_back(blank):
    original = blank.copy()
    original[:, 2:5], original[:, 12:15] = NOSE, RIGHT
    erased = PaintRule(mirror=True).erase(Stroke([(4.5, 8)], 3, "halo"), original, blank, LABELS)
    assert erased[8, 4] == NOSE
    assert set(np.unique(erased[:, 11:])) == {0, RIGHT}
    assert np.array_equal(erased[erased > 0], original[erased > 0])


def test_a_mirrored_fill_takes_the_area_at_the_other_side_and_no_more(blank):
    blank[3:6, 2:5], blank[3:6, 16:19] = NOSE, NOSE
    filled = on_both_sides(fill(3.5, 4.5, "left eye"))(blank, LABELS)
    assert (filled[3:6, 2:5] == LEFT).all()
    assert (filled[3:6, 16:19] == RIGHT).all()
    assert (filled > 0).sum() == 18
    ground = on_both_sides(fill(10.5, 0.5, "left eye"))(blank, LABELS)
    assert (ground[blank == 0] == LEFT).all()  # one area on both sides: as without a mirror


def test_mirrored_lassos_and_pushes_are_symmetric(blank):
    painted = on_both_sides(lasso([(1, 1), (7, 2), (4, 9)], "left eye"))(blank, LABELS)
    assert np.array_equal(reflected(painted, LABELS), painted)
    pushed = on_both_sides(push([(4, 4), (6, 8)], 3))(painted, LABELS)
    assert not np.array_equal(pushed, painted)
    assert np.array_equal(reflected(pushed, LABELS), pushed)


def test_locked_parts_stay_and_only_the_chosen_are_painted_over(blank):
    blank[:, :7], blank[:, 7:14] = LEFT, NOSE
    everywhere = Stroke([(10, 8)], 30, "right eye")
    assert (PaintRule().paint(everywhere, blank, LABELS) == RIGHT).all()
    locked = PaintRule(locked=(NOSE,)).paint(everywhere, blank, LABELS)
    assert np.array_equal(locked == NOSE, blank == NOSE)
    assert (locked[blank != NOSE] == RIGHT).all()
    over = PaintRule(over=(NOSE, 0)).paint(everywhere, blank, LABELS)
    assert np.array_equal(over == RIGHT, blank != LEFT)
    both = PaintRule(locked=(NOSE,), over=(NOSE, 0))
    assert np.array_equal(
        both.operate(lasso([(0, 0), (21, 0), (21, 16), (0, 16)], RIGHT), blank, LABELS) == RIGHT, blank == 0
    )


def test_a_mirrored_stroke_uses_the_mask_before_the_stroke(blank):
    blank[:] = NOSE
    painted = PaintRule(over=(NOSE,), mirror=True).paint(Stroke([(2, 8), (14, 8)], 2, "left eye"), blank, LABELS)
    assert (painted[8, 2:16] == LEFT).all()


def test_an_unknown_label_is_refused_when_mirrored(blank):
    with pytest.raises(UnknownLabelError, match="halo"):
        PaintRule(mirror=True).paint(Stroke([(3, 4)], 2, "halo"), blank, LABELS)
