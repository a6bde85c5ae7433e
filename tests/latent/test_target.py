import numpy as np
import pytest

from editgan_widgets.latent.target import agreement, from_label_maps


def face():
    """64 px: skin (1) with a small mouth (2) and a brow (3); background 0."""
    label_map = np.zeros((64, 64), np.uint8)
    label_map[8:56, 8:56] = 1
    label_map[40:44, 24:40] = 2
    label_map[16:18, 20:30] = 3
    return label_map


def widened():
    after = face()
    after[40:44, 40:46] = 2
    return after


def test_region_is_the_whole_small_part_and_a_buffer_and_not_the_large_one():
    target = from_label_maps(face(), widened(), buffer_px=2)
    assert target.region[40:44, 24:46].all()  # the mouth before and after
    assert target.region[38, 30]
    assert not target.region[37, 30]
    assert not target.region[16:18, 20:30].any()  # the brow was not touched
    assert target.region.sum() < 250  # the skin, which the stroke took pixels from, is mostly outside
    assert target.labels == (2,)
    assert target.changed.sum() == 24


def test_a_removed_part_leaves_its_old_place_in_the_region():
    after = face()
    after[after == 3] = 1
    target = from_label_maps(face(), after)
    assert target.region[face() == 3].all()
    assert target.labels == (1,)


def test_predicted_pixels_of_an_edited_part_are_added_to_the_region():
    predicted = face()
    predicted[50:52, 30:34] = 2
    assert not from_label_maps(face(), widened()).region[50:52, 30:34].any()
    assert from_label_maps(face(), widened(), predicted=predicted).region[50:52, 30:34].all()


def test_equal_maps_are_nothing_to_edit():
    with pytest.raises(ValueError, match=r"nothing to edit: both label maps are the same; paint a stroke first"):
        from_label_maps(face(), face())


def test_agreement_is_the_edited_parts_intersection_over_union_inside_the_region():
    target = from_label_maps(face(), widened())
    assert agreement(widened(), target) == 1
    assert agreement(face(), target) == pytest.approx(64 / 88)
    elsewhere = widened()
    elsewhere[0:4, 0:4] = 2
    assert agreement(elsewhere, target) == 1
