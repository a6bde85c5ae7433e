import numpy as np
import pytest

from editgan_widgets.iou import confusion, mean_iou

TRUTH = np.array([[0, 0], [1, 2]], np.uint8)


def test_pixels_are_counted_by_true_and_predicted_label():
    predicted = np.array([[0, 1], [1, 2]], np.uint8)
    assert confusion(predicted, TRUTH, 3).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert mean_iou(confusion(predicted, TRUTH, 3)) == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)


@pytest.mark.parametrize(
    ("predicted", "num_labels", "message"),
    [
        (np.full((2, 2), 3, np.uint8), 3, "run from 0 to 2, as num_labels is 3; got id 3"),
        (TRUTH, 2, "run from 0 to 1, as num_labels is 2; got id 2"),
        (TRUTH.astype(np.int64) - 1, 3, "got id -1"),
        (TRUTH[:1], 3, r"both label maps need one shape; got \(1, 2\) and \(2, 2\)"),
        (TRUTH, 0, "num_labels must be a whole number from 1 up; got 0"),
    ],
)
def test_label_maps_that_do_not_fit_are_refused(predicted, num_labels, message, unchecked):
    with pytest.raises(ValueError, match=message):
        confusion(predicted, TRUTH, num_labels)
