"""Vectors of several models, zero vectors and other cases without an answer are refused, or leave the rest as it is."""

import numpy as np
import pytest
import torch
from brightness import embed

from editgan_widgets import EditVector
from editgan_widgets.analysis import (
    EditWay,
    apply_to,
    attribute_curve,
    compare_edits,
    compare_vectors,
    cosines,
    effect_map,
    interaction,
    leakage,
    linearity,
    orthogonalise,
    pca_vectors,
    regularise,
    row_norms,
    safe_strength,
    stability,
    strength_strip,
)
from editgan_widgets.latent.directions.edit_vector import EditVectorError, WrongModelError


def read(pictures):
    return {
        "brightness": pictures.mean((1, 2, 3)).numpy(),
        "way": (pictures[:, 0] - pictures[:, 1]).mean((1, 2)).numpy(),
    }


def made(model, seed=0, scale=1.0, fingerprint=None):
    delta = scale * torch.randn(8, 16, generator=torch.Generator().manual_seed(seed))
    return EditVector(f"v{seed}", delta, (), {"fingerprint": fingerprint or model.fingerprint})


@pytest.mark.parametrize("compare", [cosines, pca_vectors, stability, lambda pair: orthogonalise(*pair)])
def test_vectors_of_several_models_are_not_compared_or_combined(tiny_model, compare):
    ours, theirs = made(tiny_model, 0), made(tiny_model, 1, fingerprint="another")
    with pytest.raises(
        WrongModelError, match=r"several models \('v0' with .* and 'v1' with another\); take those of one"
    ):
        compare([ours, theirs])
    unknown = EditVector("unknown", theirs.delta_w_plus)
    assert compare([ours, unknown])  # a vector that names no model is accepted


@pytest.mark.parametrize(
    "measured",
    [
        safe_strength,
        row_norms,
        regularise,
        effect_map,
        strength_strip,
        compare_vectors,
        lambda vector, model: interaction(model, vector, vector, [3]),
        lambda vector, model: attribute_curve(model, vector, "way", read),
    ],
)
def test_a_vector_of_another_shape_is_refused_with_both_shapes(tiny_model, measured):
    small = EditVector("small", torch.ones(3, 5))
    first, second = (
        (tiny_model, small) if measured in (compare_vectors, effect_map, strength_strip) else (small, tiny_model)
    )
    with pytest.raises(EditVectorError, match=r"'small' has \(3, 5\) layers x width.*\(8, 16\)"):
        measured(first, second)


def test_a_vector_without_its_own_direction_is_exactly_zero(tiny_model):
    vector, other = made(tiny_model), made(tiny_model, 1)
    for against in (vector.times(-3), [other, vector.times(0.1)]):
        assert not orthogonalise(vector, against).delta_w_plus.any()


def test_pictures_that_are_not_finite_have_no_interaction(tiny_model, monkeypatch):
    monkeypatch.setattr(linearity, "_unclipped", lambda model, w_plus: torch.full((len(w_plus), 3, 4, 4), torch.nan))
    with pytest.raises(ValueError, match="Interaction of 'v0' and 'v0': pictures are not finite numbers"):
        interaction(tiny_model, made(tiny_model), made(tiny_model), [3])


def test_a_curve_of_one_portrait_says_nothing_about_standard_deviations(tiny_model):
    said = attribute_curve(tiny_model, made(tiny_model), "brightness", read, seeds=[3]).sentence()
    assert "nan" not in said
    assert "standard deviations" not in said


def test_vectors_of_equal_names_are_compared_by_their_place():
    rows = [[1.0, 0, 0], [0, 1, 0.1], [0, 1.0, 0]]
    vectors = [EditVector("b", torch.tensor(row).expand(2, 3)) for row in rows]
    found = cosines(vectors)
    assert f"{abs(found.cosine[2, 1]) / found.random_std[2, 1]:.0f} times" in found.sentence()


def test_a_zero_vector_has_a_row_without_safe_strength(tiny_model):
    zero = made(tiny_model, 1, 0.0)
    found = compare_vectors(tiny_model, [made(tiny_model), zero], read, range(4))
    assert [row.norm > 0 for row in found.rows] == [True, False]
    assert found.rows[1].safe is None
    assert found.rows[1].leakage is None
    assert "by +0 (+0.00" in attribute_curve(tiny_model, zero, "brightness", read, 1, range(3)).sentence()


def test_leakage_of_a_vector_that_lowers_its_target_is_that_of_the_other_direction(tiny_model):
    w_plus = torch.cat([tiny_model.sample_w_plus(seed) for seed in range(8)]).requires_grad_()
    (gradient,) = torch.autograd.grad(tiny_model.generator.synthesis(w_plus).image.mean(), [w_plus])
    darker = EditVector("darker", -gradient.mean(0) / gradient.mean(0).norm())
    found = leakage(tiny_model, {"brightness": darker}, read, seeds=range(12))
    assert found.matrix[0, 0] == pytest.approx(-1, abs=1e-6)
    assert found.low[0, 1] <= found.matrix[0, 1] <= found.high[0, 1]
    with pytest.raises(ValueError, match="does not increase 'brightness'"):
        leakage(tiny_model, {"brightness": made(tiny_model, 1, 0.0)}, read, seeds=range(4))


def test_one_portrait_has_no_interval_and_the_sentence_says_so(tiny_model):
    vector = made(tiny_model)
    assert "(too few for an interval) of the linear effect" in interaction(tiny_model, vector, vector, [3]).sentence()
    assert "nan" not in stability([vector, made(tiny_model, 1)]).sentence()


def test_an_attribute_may_have_the_name_of_a_column_of_side_effects(tiny_model):
    way = EditWay("mine", made(tiny_model), 1)
    found = compare_edits(tiny_model, way, "brightness", read, embed, embed, range(20), 1, samples=40)
    rows = found.side_effects()
    assert [row["way"] for row in rows] == ["samples with it", "mine"]
    assert all(np.isfinite(row["way (attribute)"]) for row in rows)


def test_a_file_is_no_folder_for_a_batch(tiny_model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match=r"out is a folder for pictures and a table; .*file is a file"):
        apply_to(range(1), made(tiny_model), tiny_model, tmp_path / "file")
