"""Figures that compare two sets of features, tested on Gaussians whose distance is known."""

import numpy as np
import pytest

from editgan_widgets.analysis import distribution
from editgan_widgets.analysis.distribution import Estimate, copies, frechet_distance, kernel_distance, manifold, overlap


def gaussian(n: int, mean: float = 0.0, std: float = 1.0, d: int = 8, seed: int = 0) -> np.ndarray:
    return (mean + std * np.random.default_rng(seed).standard_normal((n, d))).astype(np.float32)


REAL = gaussian(1000)
SAME = gaussian(1000, seed=1)
NARROW = gaussian(1000, std=0.3, seed=2)
FAR = gaussian(1000, mean=6.0, seed=3)


def test_the_frechet_distance_of_two_gaussians_equals_the_closed_form():
    found = frechet_distance(gaussian(20_000), gaussian(20_000, mean=0.5, std=2.0, seed=1), np.random.default_rng(0))
    assert found.value == pytest.approx(8 * (0.5**2 + 1.0**2), rel=0.05)
    assert found.low < found.value < found.high
    assert found.n == 20_000
    assert frechet_distance(REAL, REAL, np.random.default_rng(0)).value == pytest.approx(0, abs=1e-6)


def test_the_interval_of_the_kernel_distance_contains_zero_for_equal_distributions():
    found = kernel_distance(REAL, SAME, block=200)
    assert found.low < 0 < found.high
    apart = kernel_distance(REAL, gaussian(1000, mean=0.5, seed=1), block=200)
    assert apart.low > 0
    assert apart.n == 1000


def test_the_kernel_distance_works_with_fewer_pictures_than_a_block():
    assert np.isfinite(kernel_distance(REAL[:30], SAME[:40]).value)


def test_precision_measures_fidelity_and_recall_measures_variety():
    same, narrow, far = (manifold(REAL, fake) for fake in (SAME, NARROW, FAR))
    assert same.precision.value > 0.8
    assert same.recall.value > 0.8
    assert same.density.value == pytest.approx(1, abs=0.15)
    assert same.coverage.value > 0.9
    assert narrow.precision.value > 0.99
    assert narrow.recall.value < 0.05
    assert narrow.coverage.value < 0.5
    assert far.precision.value == far.recall.value == far.coverage.value == far.density.value == 0


def test_computing_distances_in_chunks_does_not_change_the_result(monkeypatch):
    whole = manifold(REAL[:300], SAME[:250])
    monkeypatch.setattr(distribution, "_CHUNK", 64)
    assert manifold(REAL[:300], SAME[:250]) == whole


def test_too_few_pictures_for_neighbourhoods_are_refused():
    with pytest.raises(ValueError, match="5 real and 1000 fake pictures; neighbourhoods need more than 5"):
        manifold(REAL[:5], SAME)


def test_copies_are_detected_and_new_pictures_are_not():
    new = copies(REAL, SAME)
    copied = copies(REAL, REAL[:100] + 1e-3)
    assert new.suspicious.value < 0.05
    assert new.sample_distance == pytest.approx(new.render_distance, rel=0.1)
    assert copied.suspicious.value == 1
    assert list(copied.index) == list(range(100))


def test_the_interval_of_a_ratio_of_means_contains_the_ratio():
    (found,) = distribution.ratios(np.abs(REAL[:, :1]), 2 * np.abs(SAME[:, :1]), np.random.default_rng(0))
    assert found.low < 2 < found.high
    assert found.high - found.low < 0.5


def test_the_overlap_is_one_for_equal_and_zero_for_separate_values():
    values = np.linspace(0, 1, 1000)
    assert overlap(values, values) == pytest.approx(1)
    assert overlap(values, np.full(10, 1.0)) == pytest.approx(0.05)
    assert overlap(values, values / 2) == pytest.approx(0.5, abs=0.02)


def test_a_share_of_all_has_an_interval_of_positive_width():
    estimate = Estimate.of_share(np.ones(100, bool))
    assert estimate.value == estimate.high == 1
    assert 0.95 < estimate.low < 1
    assert str(Estimate(0.5, 0.4, 0.6, 9)) == "0.5 (0.4 to 0.6)"


def test_a_set_has_no_kernel_distance_from_itself_in_any_order():
    shuffled = REAL[np.random.default_rng(5).permutation(len(REAL))]
    for other in (REAL, shuffled):
        found = kernel_distance(REAL, other, block=200)
        assert found.low <= 1e-9
        assert found.high >= -1e-9
        assert abs(found.value) < 0.02


def test_the_kernel_distance_does_not_depend_on_the_order_of_the_pictures():
    rng = np.random.default_rng(0)
    means = 2 * rng.normal(size=(5, REAL.shape[1]))
    first, second = (np.sort(rng.integers(0, 5, 500)) for _ in range(2))
    pictures = [means[which] + rng.normal(size=(500, REAL.shape[1])) for which in (first, second)]
    mixed = pictures[1][rng.permutation(500)]
    found = kernel_distance(pictures[0], mixed, block=100)
    assert found.low <= 0 <= found.high
