"""KID and FID of two sets of pictures or features."""

import numpy as np
import pytest
import torch

from editgan_widgets.analysis import picture_distances
from editgan_widgets.analysis.set_distances import FewPicturesWarning


def drawn(n: int, shift: float = 0.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1, (n, 6))


def test_equal_distributions_have_a_kid_whose_interval_contains_0():
    found = picture_distances(drawn(2100), drawn(2100, seed=1))
    assert found.kid.low <= 0 <= found.kid.high
    assert not found.few
    assert found.fid.value < 0.1
    assert "cannot be told apart" in found.sentence()
    assert "FID 0.0" in found.sentence()


def test_the_fid_of_shifted_gaussians_is_the_squared_shift():
    found = picture_distances(drawn(3000), drawn(3000, 0.5, seed=1))
    assert found.fid.value == pytest.approx(6 * 0.5**2, rel=0.1)
    assert found.fid.low < found.fid.value < found.fid.high
    assert found.kid.low > 0
    assert "the sets differ" in found.sentence()


def test_few_pictures_are_warned_about_and_the_sentence_says_so():
    with pytest.warns(FewPicturesWarning, match="FID of 40 and 50 pictures: below 2,048"):
        found = picture_distances(drawn(40), drawn(50, seed=1))
    assert "do not compare it" in found.sentence()
    assert [(row["distance"], row["n"]) for row in found.table()] == [("KID", 40), ("FID", 40)]
    assert found.basis.n == 40
    assert "<table>" in found._repr_html_()


def test_pictures_are_read_by_the_given_network():
    rng = np.random.default_rng(0)
    bytes_ = rng.integers(0, 256, (20, 8, 8, 3), np.uint8)
    tensors = torch.rand(30, 3, 8, 8) * 2 - 1
    with pytest.warns(FewPicturesWarning):
        found = picture_distances(bytes_, tensors, lambda pictures: pictures.mean((2, 3)))
    assert found.counts == (20, 30)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (drawn(20), drawn(20)[:, :3], "features of 6 and 3 numbers"),
        (drawn(20), drawn(9), "give 10 or more"),
        (np.zeros((20, 8, 8, 3), np.uint8), drawn(20), "pictures need a network"),
        (np.zeros((20, 8, 8, 3)), drawn(20), r"array \[20, 8, 8, 3\] of float64"),
        (np.zeros((20, 8, 8), np.uint8), drawn(20), "first is an array .* of uint8; give pictures"),
    ],
)
def test_what_does_not_fit_is_refused(first, second, said):
    with pytest.raises(ValueError, match=said):
        picture_distances(first, second)
