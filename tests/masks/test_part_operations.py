import numpy as np
import pytest

from editgan_widgets.labels import Label, LabelSet, UnknownLabelError
from editgan_widgets.masks import part_operations as ops
from editgan_widgets.masks.part_operations import AllBut, OfPart, OfPicture

LABELS = LabelSet(
    "face",
    [
        Label(0, "background", "#000000"),
        Label(1, "skin", "#111111"),
        Label(2, "left brow", "#222222", "left", ("brows",)),
        Label(3, "right brow", "#333333", "right", ("brows",)),
        Label(4, "upper lip", "#444444", None, ("smile",)),
        Label(5, "lower lip", "#555555", None, ("smile",)),
        Label(6, "left eyelid", "#666666", "left"),
        Label(7, "right eyelid", "#777777", "right"),
    ],
)


@pytest.fixture
def face():
    """40 px: skin, a mouth of two lips in the middle, two unlike brows."""
    face = np.zeros((40, 40), np.uint8)
    face[4:36, 4:36] = 1
    face[8:10, 10:16] = 3
    face[8:12, 24:30] = 2
    face[26:28, 14:26] = 4
    face[28:31, 14:26] = 5
    return face


def box(label_map, *labels):
    return ops.extent(np.isin(label_map, labels))


ALL = {
    "grow": ops.grow("brow", 2),
    "shrink": ops.shrink("smile", 1),
    "smooth": ops.smooth("smile", 2),
    "move": ops.move("smile", 2, -1),
    "rotate": ops.rotate("smile", 20),
    "scale": ops.scale("smile", 1.3),
    "bend": ops.bend("smile", OfPicture(0.05)),
    "flip": ops.flip("left brow"),
    "copy_side": ops.copy_side("brow", "left"),
    "from_other_side": ops.from_other_side("right brow"),
    "copy_from": ops.copy_from(np.eye(40, dtype=np.uint8) * 4, "upper lip"),
    "delete": ops.delete("brows"),
    "replace": ops.replace("brow", "eyelid"),
}


@pytest.mark.parametrize("name", ALL)
def test_an_operation_leaves_its_input_alone_and_does_nothing_where_its_part_is_missing(name, face):
    kept = face.copy()
    result = ALL[name](face, LABELS)
    assert result.dtype == np.uint8
    assert result is not face
    np.testing.assert_array_equal(face, kept)
    empty = np.zeros((40, 40), np.uint8)
    if name not in ("copy_from",):
        np.testing.assert_array_equal(ALL[name](empty, LABELS), empty)
    whole = np.full((40, 40), 4, np.uint8)
    assert ALL[name](whole, LABELS).shape == whole.shape


def test_parts_are_named_by_id_name_name_without_side_group_or_several(face):
    assert LABELS.resolve(4) == (4,)
    assert LABELS.resolve("left brow") == (2,)
    assert LABELS.resolve("brow") == LABELS.resolve("brows") == (2, 3)
    assert LABELS.resolve(["smile", 2, "philtrum"]) == (2, 4, 5)
    with pytest.raises(UnknownLabelError, match=r"'upper lop'.*nearest: 'upper lip'"):
        ops.grow("upper lop", 1)(face, LABELS)
    with pytest.raises(UnknownLabelError, match="99"):
        LABELS.resolve(99)
    with pytest.raises(UnknownLabelError, match="no part was named"):
        LABELS.resolve(())


def test_a_part_grows_by_px_on_all_sides_and_each_side_keeps_its_label(face):
    grown = ops.grow("brow", 2)(face, LABELS)
    assert box(grown, 3) == (8, 6, 18, 12)
    assert box(grown, 2) == (22, 6, 32, 14)


def test_shares_are_of_the_parts_own_size_or_of_the_pictures_height(face):
    assert box(ops.grow("upper lip", OfPart(1.0))(face, LABELS), 4)[1] == 24
    assert box(ops.move("smile", OfPart(0.5))(face, LABELS), 4, 5) == (20, 26, 32, 31)
    assert box(ops.move("smile", 0, OfPicture(0.1))(face, LABELS), 4, 5) == (14, 30, 26, 35)


def test_only_the_allowed_parts_are_painted_over(face):
    grown = ops.grow("upper lip", 6, over="skin")(face, LABELS)
    assert (grown == 5).sum() == (face == 5).sum()
    assert set(face[grown != face]) == {1}
    again = ops.grow("upper lip", 6, over=AllBut("lower lip"))(face, LABELS)
    np.testing.assert_array_equal(again, grown)
    assert (ops.grow("upper lip", 6)(face, LABELS) == 5).sum() < (face == 5).sum()


def test_shrinking_undoes_growing_and_leaves_the_nearest_label(face):
    back = ops.chain(ops.grow("brow", 2), ops.shrink("brow", 2))(face, LABELS)
    assert (back != face).mean() < 0.01
    assert set(ops.shrink("lower lip", 2)(face, LABELS)[28:31, 14:26].ravel()) == {1, 4}


def test_the_hole_of_a_moved_part_is_filled_by_the_nearest_label(face):
    face[8:12, 27:] = 0  # hair, say, beside the left brow
    face[8:12, 24:30] = 2
    moved = ops.move("left brow", dy=-4)(face, LABELS)
    assert box(moved, 2) == (24, 4, 30, 8)
    assert set(moved[10, 24:27]) == {1}
    assert moved[10, 29] == 0


def test_paired_parts_are_scaled_each_about_its_own_middle(face):
    scaled = ops.scale("brow", 2, 1)(face, LABELS)
    assert box(scaled, 3) == (7, 8, 19, 10)
    assert box(scaled, 2) == (21, 8, 33, 12)


def test_an_anchor_stays_where_it_is(face):
    assert box(ops.scale("smile", 1, 2, anchor=(0.5, 0))(face, LABELS), 4, 5) == (14, 26, 26, 36)
    with pytest.raises(ValueError, match="above 0; got 0"):
        ops.scale("smile", 0)


def test_a_quarter_turn_swaps_width_and_height_clockwise(face):
    turned = ops.rotate("smile", 90)(face, LABELS)
    left, top, right, bottom = box(turned, 4, 5)
    assert (right - left, bottom - top) == (pytest.approx(5, abs=1), pytest.approx(12, abs=1))
    assert box(turned, 4)[0] > box(turned, 5)[0]  # what was above is at the right


def test_bending_lifts_the_ends_and_leaves_the_middle(face):
    bent = ops.bend("smile", 4)(face, LABELS)
    assert box(bent[:, 14:16], 4)[1] <= 23
    assert box(bent[:, 19:21], 4)[1] == 26
    assert np.flatnonzero(ops.bend("smile", -4)(face, LABELS)[:, 14] == 4)[0] >= 29


def test_smoothing_takes_a_spike_off(face):
    face[20:26, 20] = 4
    smoothed = ops.smooth("smile", 3, over="skin")(face, LABELS)
    assert (smoothed[20:25, 20] == 1).all()
    assert (smoothed[27:30, 16:24] == face[27:30, 16:24]).all()


def test_flipping_mirrors_a_part_in_place(face):
    face[26:31, 14:18] = 1
    face[26, 18] = 1
    flipped = ops.flip("smile")(face, LABELS)
    assert flipped[26, 25] == 1
    assert flipped[26, 18] == 4


def test_the_other_side_takes_the_mirrored_shape_where_it_stood(face):
    face[11, 24:27] = 1  # the left brow's inner end is thinner
    copied = ops.copy_side("brow", "left")(face, LABELS)
    assert box(copied, 3) == (10, 7, 16, 11)
    assert (copied == 3).sum() == (copied == 2).sum() == (face == 2).sum()
    assert set(copied[10, 13:16]) == {1}
    face[face == 3] = 1
    assert box(ops.copy_side("brow", "left")(face, LABELS), 3) == (10, 8, 16, 12)


def test_only_paired_parts_have_another_side(face):
    with pytest.raises(UnknownLabelError, match="no part on both sides"):
        ops.copy_side("smile", "left")(face, LABELS)
    with pytest.raises(ValueError, match="'left' or 'right'"):
        ops.copy_side("brow", "up")
    with pytest.raises(UnknownLabelError, match="has no other side"):
        ops.from_other_side("upper lip")(face, LABELS)


def test_one_part_of_a_pair_is_given_the_others_shape_and_the_other_stays(face):
    face[11, 24:27] = 1  # the left brow's inner end is thinner
    assert np.array_equal(ops.from_other_side("right brow")(face, LABELS), ops.copy_side("brow", "left")(face, LABELS))
    assert np.array_equal(ops.from_other_side("left brow")(face, LABELS), ops.copy_side("brow", "right")(face, LABELS))


def test_a_part_of_another_sample_is_centred_where_the_part_stood(face):
    other = np.zeros((40, 40), np.uint8)
    other[2:4, 2:12] = 4
    other[4:8, 2:12] = 5
    copied = ops.copy_from(other, "smile")(face, LABELS)
    assert box(copied, 4, 5) == pytest.approx((15, 25.5, 25, 31.5), abs=0.6)
    assert set(copied[28, 14:15]) == {1}
    np.testing.assert_array_equal(np.isin(ops.copy_from(other, "smile", fit=False)(face, LABELS), (4, 5)), other > 3)
    with pytest.raises(ValueError, match="resize it first"):
        ops.copy_from(other[:20], "smile")(face, LABELS)


def test_a_deleted_part_is_replaced_by_the_nearest_label(face):
    assert set(np.unique(ops.delete(["brow", "smile"])(face, LABELS))) == {0, 1}


def test_a_replaced_part_takes_the_label_of_its_own_side(face):
    replaced = ops.replace("brow", "eyelid")(face, LABELS)
    np.testing.assert_array_equal(replaced == 6, face == 2)
    np.testing.assert_array_equal(replaced == 7, face == 3)
    with pytest.raises(UnknownLabelError, match="2 parts"):
        ops.replace("smile", "eyelid")(face, LABELS)


def test_a_chain_does_one_after_the_other(face):
    both = ops.chain(ops.move("smile", 3), ops.move("smile", -3, 2))(face, LABELS)
    assert box(both, 4, 5) == (14, 28, 26, 33)


def test_a_negative_growth_is_refused_and_the_error_names_shrink(face):
    with pytest.raises(ValueError, match=r"0 or more; got -1 \(shrink is the inverse"):
        ops.grow("smile", -1)(face, LABELS)
