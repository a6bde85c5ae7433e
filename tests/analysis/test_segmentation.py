import numpy as np
import pytest
import torch

from editgan_widgets.analysis import segmentation
from editgan_widgets.iou import confusion, iou, mean_iou, mean_iou_inside, part_iou, pooled_iou_inside
from editgan_widgets.labels import Label, LabelSet


def test_a_perfect_map_has_iou_one_for_every_shown_part():
    truth = np.array([[0, 0, 1], [2, 2, 1]], np.uint8)
    counts = confusion(truth, truth, num_labels=4)
    np.testing.assert_array_equal(part_iou(counts), [1, 1, 1, np.nan])
    assert mean_iou(counts) == 1


def test_confusions_of_several_pictures_add_up():
    rng = np.random.default_rng(0)
    truth, predicted = rng.integers(0, 3, (2, 5, 4, 4), np.uint8)
    whole = confusion(predicted, truth, num_labels=3)
    one_by_one = sum(confusion(p, t, num_labels=3) for p, t in zip(predicted, truth, strict=True))
    np.testing.assert_array_equal(whole, one_by_one)
    assert whole.sum() == truth.size


def test_iou_is_intersection_over_union():
    truth = np.array([[1, 1, 1, 0]], np.uint8)
    predicted = np.array([[0, 1, 1, 1]], np.uint8)
    assert part_iou(confusion(predicted, truth, num_labels=2))[1] == pytest.approx(2 / 4)


def test_iou_inside_ignores_pixels_outside_the_region():
    target = np.array([[1, 1, 0, 0]], np.uint8)
    predicted = np.array([[1, 0, 0, 1]], np.uint8)
    region = np.array([[True, True, True, False]])
    assert pooled_iou_inside(predicted, target, region, [1]) == pytest.approx(1 / 2)


def test_pixels_of_a_part_that_the_target_removed_lower_the_iou():
    target = np.array([[2, 2, 0, 0]], np.uint8)
    leftover = np.array([[2, 2, 1, 1]], np.uint8)
    region = np.ones((1, 4), bool)
    assert pooled_iou_inside(leftover, target, region, [1, 2]) == pytest.approx(2 / 4)
    assert np.isnan(pooled_iou_inside(leftover, target, region, [3]))


def test_the_mean_counts_a_part_that_neither_map_shows_as_reached():
    target = np.array([[1, 1, 2, 0]], np.uint8)
    predicted = np.array([[1, 0, 2, 0]], np.uint8)
    region = np.ones((1, 4), bool)
    assert mean_iou_inside(predicted, target, region, [1, 2, 3]) == pytest.approx((1 / 2 + 1 + 1) / 3)


def test_arrays_and_tensors_of_counts_have_the_same_iou():
    both, either = np.array([3, 0, 0]), np.array([4, 2, 0])
    np.testing.assert_array_equal(iou(both, either, 1.0), [0.75, 0, 1])
    assert iou(torch.tensor(both), torch.tensor(either), 1.0).tolist() == [0.75, 0, 1]


def test_a_picture_is_labelled_by_the_largest_logit():
    segmenter = torch.nn.Conv2d(3, 3, 1, bias=False)
    with torch.no_grad():
        segmenter.weight.copy_(torch.eye(3)[:, :, None, None])
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:2, :, 2] = 255
    pixels[2:, :, 1] = 255
    np.testing.assert_array_equal(segmentation.segment(segmenter, pixels), [[2] * 4, [2] * 4, [1] * 4, [1] * 4])


def test_the_table_names_parts_and_has_no_value_for_absent_ones():
    labels = LabelSet("two", [Label(0, "background", "#000000"), Label(1, "nose", "#ffffff")])
    counts = confusion(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8), num_labels=2)
    assert segmentation.table(counts, labels) == {"background": 1.0, "nose": None}


@pytest.mark.parametrize("ids", [(3, 0), (0, 3)])
def test_a_confusion_of_ids_that_the_labels_do_not_have_is_refused(ids):
    predicted, truth = (np.full((2, 2), id, np.uint8) for id in ids)
    with pytest.raises(ValueError, match="ids run from 0 to 2"):
        confusion(predicted, truth, 3)
