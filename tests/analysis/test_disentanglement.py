"""Disentanglement scores of codes whose score is known."""

import numpy as np
import pytest

from editgan_widgets.analysis.attributes import by_picture
from editgan_widgets.analysis.disentanglement_scores import disentanglement, disentanglement_of


@pytest.fixture(scope="module")
def factors():
    return np.random.default_rng(0).uniform(-1, 1, (2000, 4))


def scores(codes, factors):
    return disentanglement(codes, {f"factor {i}": values for i, values in enumerate(factors.T)})


@pytest.mark.slow
def test_codes_equal_to_the_factors_score_one(factors):
    found = scores(factors, factors)
    assert found.disentanglement > 0.98
    assert found.completeness > 0.98
    assert (found.informativeness > 0.99).all()
    assert (found.mig > 0.95).all()
    assert (found.sap > 0.98).all()
    assert "disentanglement 1.00" in found.sentence()


def test_the_unit_of_the_codes_does_not_matter(factors):
    some = factors[:300]
    tiny, plain = scores(some * 1e-14, some), scores(some, some)
    assert tiny.sap == pytest.approx(plain.sap, abs=1e-6)
    assert tiny.mig == pytest.approx(plain.mig, abs=0.02)  # a value at the edge of a bin may be rounded into another


def test_disentanglement_of_a_single_factor_is_undefined(factors):
    found = scores(factors[:300], factors[:300, :1])
    assert np.isnan(found.disentanglement)
    assert found.completeness > 0.9
    assert "disentanglement undefined for one factor" in found.sentence()
    assert found.summary()[0]["value"] is None


def test_a_duplicated_code_has_no_mutual_information_gap_and_no_sap(factors):
    found = scores(np.concatenate([factors, factors[:, :1]], 1), factors)
    assert found.mig[0] == pytest.approx(0, abs=1e-9)
    assert found.sap[0] == pytest.approx(0, abs=1e-9)
    assert (found.mig[1:] > 0.95).all()


def test_rotated_codes_are_informative_and_entangled(factors):
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((4, 4)))[0]
    found = scores(factors @ rotation, factors)
    assert (found.informativeness > 0.98).all()
    assert found.disentanglement < 0.4
    assert found.completeness < 0.4
    assert found.mig.mean() < 0.3


def test_random_codes_are_uninformative(factors):
    found = scores(np.random.default_rng(2).standard_normal((2000, 4)), factors)
    assert found.informativeness.max() < 0.05
    assert found.sap.max() < 0.02


@pytest.mark.parametrize("seed", range(4))
def test_codes_independent_of_all_factors_are_not_disentangled(factors, seed):
    found = disentanglement(
        np.random.default_rng(100 + seed).standard_normal((2000, 8)),
        {f"factor {i}": values for i, values in enumerate(factors.T)},
        seed=np.int64(seed),
    )
    assert found.disentanglement == found.completeness == 0
    assert not found.importance.any()
    assert found.png().startswith(b"\x89PNG")
    assert type(found.basis.seed) is int


def test_a_factor_that_the_codes_do_not_predict_has_no_importances(factors):
    unrelated = np.random.default_rng(3).standard_normal(2000)
    found = disentanglement(factors[:, :2], {"one": factors[:, 0], "two": factors[:, 1], "unrelated": unrelated})
    assert not found.importance[:, 2].any()
    assert found.disentanglement > 0.98
    assert found.completeness > 0.98


def test_factors_of_few_samples_keep_their_importances():
    codes = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    found = scores(codes, codes)
    assert (found.importance.max(0) > 0.5).all()


def test_true_and_false_are_factors(factors):
    found = disentanglement(factors, {"positive": factors[:, 0] > 0})
    assert found.importance[:, 0].argmax() == 0


def test_a_constant_factor_is_left_out(factors):
    found = disentanglement(factors, {"one": factors[:, 0], "still": np.ones(2000)})
    assert found.factors == ("one",)


@pytest.mark.parametrize(
    ("codes", "named", "message"),
    [
        (np.zeros((60, 2)), {"a": np.zeros(60)}, "no factor varies"),
        (np.zeros((20, 2)), {"a": np.arange(20.0)}, "20 samples are too few"),
        (np.zeros((60, 2)), {"a": np.arange(59.0)}, "factor 'a' has 59 values for 60 codes"),
        (np.full((60, 2), np.nan), {"a": np.arange(60.0)}, "codes must be finite numbers; 120 of 120 values"),
        (
            np.zeros((60, 2)),
            {"a": np.arange(60.0), "b": np.r_[np.nan, np.arange(59.0)]},
            "factor 'b' .* 1 of 60 values",
        ),
        (np.zeros((60, 2)), {"a": np.array(["yes", "no"] * 30)}, "factor 'a' must be numbers, or True and False"),
    ],
)
def test_codes_and_factors_that_do_not_fit_are_refused_by_name(codes, named, message):
    with pytest.raises(ValueError, match=message):
        disentanglement(codes, named)


@pytest.mark.slow
def test_a_models_spaces_are_scored_with_attributes_of_its_pictures(tiny_model):
    read = by_picture(brightness=lambda picture: picture.mean(), red=lambda picture: picture[..., 0].mean())
    found = disentanglement_of(tiny_model, read, samples=80)
    assert [x.space for x in found.values()] == ["z", "w", "s"]
    assert found[2].importance.shape[0] > found[1].importance.shape[0]
    assert found[1].basis.fingerprint == tiny_model.fingerprint
    assert found[1].table()[0]["factor"] == "brightness"
    assert found[1].png().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="unknown space 'x'"):
        disentanglement_of(tiny_model, read, ("x",), samples=80)
