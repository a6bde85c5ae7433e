"""Geometry of edit vectors, tested on cases whose answer is known."""

import numpy as np
import pytest
import torch

from editgan_widgets import EditVector
from editgan_widgets.analysis.sample_size import benjamini_hochberg, sample_size_of_mean, sample_size_of_share
from editgan_widgets.analysis.vector_cosines import cosine_p_value, cosines
from editgan_widgets.analysis.vector_pca import pca_vectors
from editgan_widgets.analysis.vector_rows import row_norms
from editgan_widgets.analysis.w_ellipsoid import _largest, safe_strength
from editgan_widgets.latent.directions.conditioning import orthogonalise, regularise
from editgan_widgets.latent.directions.edit_vector import EditVectorError, WrongModelError

ROWS, WIDTH = 8, 16


def random_vectors(count, model=None, seed=0):
    rng = torch.Generator().manual_seed(seed)
    recipe = {} if model is None else {"fingerprint": model.fingerprint}
    return [EditVector(f"v{i}", torch.randn(ROWS, WIDTH, generator=rng), (), recipe) for i in range(count)]


def one_hot(name, row, column, length=1.0):
    delta = torch.zeros(ROWS, WIDTH)
    delta[row, column] = length
    return EditVector(name, delta)


def test_row_norms_of_a_block_sparse_vector_equal_those_of_its_blocks(tiny_model):
    delta = torch.zeros(ROWS, WIDTH)
    delta[2, :4], delta[5, 0] = 3.0, 8.0
    found = row_norms(EditVector("blocks", delta, (), {"fingerprint": tiny_model.fingerprint}), tiny_model)
    assert found.norms.tolist() == [0, 0, 6, 0, 0, 8, 0, 0]
    assert found.shares.tolist() == [0, 0, 0.36, 0, 0, 0.64, 0, 0]
    spread = tiny_model.w_statistics().std.square().sum().sqrt()
    assert found.spreads[5] == pytest.approx(float(8 / spread), rel=1e-6)
    assert "rows 2, 5" in found.sentence()
    assert found.table()[5]["norm"] == 8.0


def test_rows_are_read_by_layers_of_growing_size(tiny_model):
    assert tiny_model.generator.row_sizes == (4, 8, 8, 16, 16, 32, 32, 32)


def test_orthonormal_vectors_have_the_identity_as_gram_matrix():
    found = cosines([one_hot("a", 0, 0), one_hot("b", 3, 7), one_hot("c", 7, 15)])
    assert np.allclose(found.gram, np.eye(3), atol=1e-12)
    assert np.allclose(found.cosine, np.eye(3), atol=1e-12)
    assert found.condition == pytest.approx(1)


def test_a_dependent_set_has_an_infinite_condition_number():
    a, b = random_vectors(2)
    both = EditVector("sum", a.delta_w_plus + b.delta_w_plus)
    assert cosines([a, b, both]).condition > 1e9


def test_cosines_are_nan_in_unmoved_rows():
    found = cosines([one_hot("a", 0, 0), one_hot("b", 0, 0, -2.0)])
    assert found.cosine[0, 1] == -1
    assert found.by_row[0, 0, 1] == -1
    assert np.isnan(found.by_row[1]).all()


def test_the_p_value_of_a_cosine_is_the_share_of_random_directions_with_at_least_this_cosine():
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(200_000, 12))
    cosine = drawn[:, 0] / np.linalg.norm(drawn, axis=1)
    for value in (0.1, 0.4, -0.6):
        share = float(np.mean(np.abs(cosine) >= abs(value)))
        assert float(cosine_p_value(np.array(value), 12)) == pytest.approx(share, abs=0.004)
    assert float(cosine_p_value(np.array(1.0), 12)) == 0
    assert float(cosine_p_value(np.array(0.0), 12)) == pytest.approx(1)


def test_vectors_without_direction_or_of_other_shapes_are_refused():
    with pytest.raises(EditVectorError, match="'zero' is zero everywhere"):
        cosines([one_hot("a", 0, 0), EditVector("zero", torch.zeros(ROWS, WIDTH))])
    with pytest.raises(EditVectorError, match="differ in rows x width"):
        cosines([one_hot("a", 0, 0), EditVector("b", torch.ones(4, WIDTH))])
    with pytest.raises(EditVectorError, match="no edit vector was given"):
        cosines([])


def test_pca_finds_a_planted_set_of_rank_two():
    a, b = (x.delta_w_plus for x in random_vectors(2))
    rng = np.random.default_rng(1)
    planted = [EditVector(f"p{i}", float(x) * a + float(y) * b) for i, (x, y) in enumerate(rng.normal(size=(10, 2)))]
    found = pca_vectors(planted)
    assert len(found.explained) == 2
    assert found.explained.sum() == pytest.approx(1)
    assert 1 < found.effective_rank <= 2
    span = torch.linalg.qr(torch.stack([a.flatten(), b.flatten()], 1).double()).Q
    for component in found.components:
        flat = component.delta_w_plus.double().flatten()
        assert float(flat.norm()) == pytest.approx(1, abs=1e-5)
        assert float((span.T @ flat).norm()) == pytest.approx(1, abs=1e-5)
    rebuilt = np.einsum("nk,kd->nd", found.weights, np.stack([c.delta_w_plus.flatten() for c in found.components]))
    assert np.allclose(rebuilt, np.stack([p.delta_w_plus.flatten() for p in planted]), atol=1e-4)


def test_the_effective_rank_of_equally_long_orthogonal_vectors_is_their_number():
    found = pca_vectors([one_hot(str(i), i, i) for i in range(5)])
    assert found.effective_rank == pytest.approx(5)


@pytest.mark.parametrize("metric", ["plain", "covariance"])
def test_an_orthogonalised_vector_has_no_component_along_its_conditions(tiny_model, metric):
    d, *conditions = random_vectors(4, tiny_model)
    found = orthogonalise(d, conditions, metric, tiny_model)
    left = found.delta_w_plus.double()
    statistics = tiny_model.w_statistics()
    std, axes = statistics.std.double(), statistics.axes.double()
    std = std.clamp_min(float(std.max()) * 1e-3)
    for condition in conditions:
        c = condition.delta_w_plus.double()
        if metric == "covariance":
            c = (c @ axes.T / std.square()) @ axes
        product = float((c * left).sum() / (c.norm() * left.norm()))
        assert abs(product) <= 1e-6
    assert found.recipe["orthogonalised"] == {"against": ["v1", "v2", "v3"], "metric": metric}
    assert found.name == "v0 without v1, v2, v3"


def test_conditioning_on_one_vector_equals_interfacegans_formula():
    d, c = random_vectors(2)
    n = c.delta_w_plus.double() / c.delta_w_plus.double().norm()
    expected = d.delta_w_plus.double() - (d.delta_w_plus.double() * n).sum() * n
    assert torch.allclose(orthogonalise(d, c).delta_w_plus.double(), expected, atol=1e-6)


def test_invalid_conditions_are_refused(tiny_model):
    d, c = random_vectors(2)
    twice = EditVector("twice", 2 * c.delta_w_plus)
    with pytest.raises(EditVectorError, match="linearly dependent"):
        orthogonalise(d, [c, twice])
    with pytest.raises(EditVectorError, match="against: no edit vector was given"):
        orthogonalise(d, [])
    with pytest.raises(ValueError, match="needs the model"):
        orthogonalise(d, c, "covariance")


def test_the_largest_step_within_a_sphere_equals_the_closed_form():
    start = np.array([[[0.0, 0.0]], [[1.0, 0.0]], [[3.0, 0.0]]])
    step = np.array([[2.0, 0.0]])
    assert _largest(start, step, 4.0)[:, 0].tolist() == [1.0, 0.5, 0.0]
    assert np.isinf(_largest(start[:1], np.zeros((1, 2)), 4.0)).all()


def test_safe_strength_stays_on_the_ellipsoid_of_w(tiny_model):
    from scipy import stats

    statistics = tiny_model.w_statistics()
    delta = torch.zeros(ROWS, WIDTH)
    delta[3] = statistics.axes[0] * statistics.std[0]  # one standard deviation along the widest axis
    vector = EditVector("axis", delta, (), {"fingerprint": tiny_model.fingerprint})
    found = safe_strength(vector, tiny_model, range(20), truncation_psi=0.0)  # all start at W's mean
    w = tiny_model.sample_w_plus(0, 0.0)[0, 3]
    start = float(((w - statistics.mean) @ statistics.axes.T / statistics.std).norm())
    assert found.strength.value == pytest.approx(stats.chi2.ppf(0.99, WIDTH) ** 0.5, abs=2 * start + 1e-3)
    assert np.isinf(np.delete(found.by_row, 3)).all()
    with pytest.raises(WrongModelError):
        safe_strength(EditVector("x", delta, (), {"fingerprint": "other"}), tiny_model)


def test_sample_sizes_equal_those_of_the_textbook():
    assert sample_size_of_share(0.05) == 385
    assert sample_size_of_share(0.03, 0.9) == 385
    assert sample_size_of_mean(0.1, 1.0) == 385
    with pytest.raises(ValueError, match="half_width"):
        sample_size_of_share(0.0)


def test_benjamini_hochberg_rejects_as_in_the_papers_example():
    p = np.array([0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
                  0.6528, 0.7590, 1.0])  # fmt: skip
    assert benjamini_hochberg(p, 0.05).sum() == 4
    assert not benjamini_hochberg(np.array([0.5, 0.9])).any()


@pytest.mark.slow
@pytest.mark.parametrize("make", [cosines, pca_vectors, lambda vectors: row_norms(vectors[0])])
def test_a_result_shows_its_summary_plot_and_table_in_a_notebook(make):
    found = make([*random_vectors(3), EditVector("<b>", torch.ones(ROWS, WIDTH))])
    shown = found._repr_html_()
    assert found.png().startswith(b"\x89PNG")
    assert "<table>" in shown
    assert "data:image/png;base64," in shown
    assert "<b>" not in shown
    assert found.csv().count("\n") == len(found.table()) + 1


def test_a_regularised_vector_keeps_the_axes_that_w_varies_along_and_loses_the_others(tiny_model):
    statistics = tiny_model.w_statistics()
    share = statistics.std / statistics.std.max()
    recipe = {"fingerprint": tiny_model.fingerprint}
    deltas = torch.eye(WIDTH)[:, None].expand(-1, ROWS, -1) @ statistics.axes
    for delta, kept in zip(deltas, (share**2 / (share**2 + 0.1**2)).tolist(), strict=True):
        found = regularise(EditVector("axis", delta, (), recipe), tiny_model, floor=0.1)
        assert torch.allclose(found.delta_w_plus, kept * delta, atol=1e-5)


def test_a_regularised_vector_is_shorter_in_units_of_w(tiny_model):
    (vector,) = random_vectors(1, tiny_model)
    found = regularise(vector, tiny_model)
    std, axes = tiny_model.w_statistics().std.clamp_min(1e-6), tiny_model.w_statistics().axes
    lengths = [(v.delta_w_plus @ axes.T / std).norm() / v.delta_w_plus.norm() for v in (vector, found)]
    assert lengths[1] < lengths[0]
    assert found.name == "v0, regularised"
    assert found.recipe["regularised"] == {"floor": 0.035}
    assert torch.equal(regularise(vector, tiny_model, 0).delta_w_plus, vector.delta_w_plus)
    with pytest.raises(ValueError, match="floor is a share of W's largest standard deviation, 0 or more; got -1"):
        regularise(vector, tiny_model, -1)


def test_directions_that_are_the_same_in_every_row_are_compared_with_random_ones_of_their_kind():
    rng = torch.Generator().manual_seed(0)
    directions = [torch.randn(WIDTH, generator=rng) for _ in range(40)]
    repeated = cosines([EditVector(f"v{i}", d.expand(ROWS, -1)) for i, d in enumerate(directions)])
    pairs = np.triu_indices(40, 1)
    assert repeated.random_std[pairs] == pytest.approx(1 / WIDTH**0.5, rel=1e-5)
    assert (repeated.p_value[pairs] < 0.05).mean() == pytest.approx(0.05, abs=0.025)
    free = cosines(random_vectors(40))
    assert free.random_std[pairs].mean() == pytest.approx(1 / (ROWS * WIDTH) ** 0.5, rel=0.5)


def test_vectors_of_two_models_are_not_compared():
    vectors = [EditVector(name, torch.ones(ROWS, WIDTH), (), {"fingerprint": name}) for name in ("a", "b")]
    with pytest.raises(WrongModelError, match="'a' with a and 'b' with b"):
        cosines(vectors)


def test_a_zero_vector_has_no_safe_strength(tiny_model):
    zero = EditVector("zero", torch.zeros(ROWS, WIDTH), (), {"fingerprint": tiny_model.fingerprint})
    with pytest.raises(ValueError, match="'zero' is zero everywhere"):
        safe_strength(zero, tiny_model)
