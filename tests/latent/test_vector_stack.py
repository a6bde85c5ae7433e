import numpy as np
import pytest
import torch

from editgan_widgets import EditVector
from editgan_widgets.latent.directions.edit_vector import EditVectorError, WrongModelError, layer_weights
from editgan_widgets.latent.directions.vector_stack import ConflictWarning, combine, compare, list_edit_vectors


def vector(name, *values, labels=(), fingerprint="m1", **extra):
    """A vector of 8 rows whose row i holds values[i] on the diagonal."""
    delta = torch.zeros(8, 8)
    for i, value in enumerate(values):
        delta[i, i] = value
    return EditVector(name, delta, labels, {"fingerprint": fingerprint, "resolution": 32}, **extra)


A, B = vector("a", 1, 0, 2, labels=("mouth",)), vector("b", 0, 3, labels=("brow", "mouth"))


def test_a_stack_is_the_sum_with_own_scales_and_layers():
    stack = combine([(A, 2.0, (0, 1)), (B, -0.5)])
    torch.testing.assert_close(stack.delta_w_plus.diagonal()[:3], torch.tensor([2.0, -1.5, 0.0]))
    assert stack.name == "a + b"
    assert stack.labels == ("mouth", "brow")
    assert stack.fingerprint == "m1"
    assert stack.recipe["combined"] == [
        {"name": "a", "scale": 2.0, "layers": [0, 1]},
        {"name": "b", "scale": -0.5, "layers": None},
    ]


def test_one_vector_at_a_time_or_all_together_is_the_same():
    w_plus = torch.randn(2, 8, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        combine([(A, 1.5, (2, 8)), (B, 0.5)]).apply(w_plus), B.apply(A.apply(w_plus, 1.5, layers=(2, 8)), 0.5)
    )


def test_rows_may_be_weighed_one_by_one():
    torch.testing.assert_close(layer_weights([0.5] * 8, 8), torch.full((8,), 0.5))
    assert A.masked((2, 3)).layers == (2,)
    assert A.layers == (0, 2)
    for layers, says in (((3, 3), r"rows 0\.\.7"), ((0, 9), "rows"), ([1.0] * 5, "5 weights do not fit 8 rows")):
        with pytest.raises(EditVectorError, match=says):
            A.masked(layers)
    with pytest.raises(EditVectorError, match="finite"):
        A.masked([float("nan")] * 8)


def test_vectors_that_undo_one_another_are_warned_of():
    opposite = vector("opposite", -1, 1, -2)
    with pytest.warns(ConflictWarning, match="'a' and 'opposite' undo one another .*-0.91"):
        combine([(A, 1.0), (opposite, 1.0)])
    with pytest.warns(ConflictWarning, match="counts twice"):
        combine([(A, 1.0), (opposite, -1.0)])
    combine([(A, 1.0), (opposite, 1.0, (1, 2))])  # their layers do not meet: no warning
    combine([(A, 1.0), (opposite, 1.0)], warn=None)


def test_a_comparison_has_the_gram_matrix_and_names_the_pairs():
    comparison = compare([A, B, vector("c", 1, 0, 1)])
    np.testing.assert_allclose(comparison.gram, [[5, 0, 3], [0, 9, 0], [3, 0, 2]])
    np.testing.assert_allclose(comparison.norms, np.sqrt([5, 9, 2]))
    np.testing.assert_allclose(comparison.layer_norms[0, :3], [1, 0, 2])
    (conflict,) = comparison.conflicts()
    assert conflict[:2] == (0, 2)
    assert conflict.cosine == pytest.approx(3 / np.sqrt(10))
    assert comparison.conflicts(0.99) == ()


def test_in_an_orthogonal_stack_earlier_vectors_keep_their_effect():
    c = vector("c", 1, 1)
    first, second = (combine(parts, orthogonal=True, warn=None) for parts in ([(A, 1), (c, 1)], [(c, 1), (A, 1)]))
    along = lambda stack, axis: float((stack.delta_w_plus * axis.delta_w_plus).sum())  # noqa: E731
    assert along(first, A) == pytest.approx(5, rel=1e-5)
    assert along(second, c) == pytest.approx(2, rel=1e-5)
    assert along(first, c) != pytest.approx(2, rel=1e-2)


def test_vectors_of_two_models_or_sizes_are_not_put_together():
    other = vector("other", 0, 1, fingerprint="m2")
    with pytest.raises(WrongModelError, match=r"'a' with m1, 'other' with m2.*force=True"):
        combine([(A, 1.0), (other, 1.0)])
    assert combine([(A, 1.0), (other, 1.0)], force=True).fingerprint is None
    with pytest.raises(EditVectorError, match="models of one size"):
        compare([A, EditVector("small", torch.ones(4, 8))])
    with pytest.raises(EditVectorError, match="give one or more"):
        combine([])


def test_licence_preview_space_and_layers_are_kept_in_the_file(tmp_path):
    preview = np.arange(4 * 8 * 3, dtype=np.uint8).reshape(4, 8, 3)
    made = vector("a", 1, labels=("mouth",), licence="CC0-1.0", preview=preview)
    made.save(tmp_path / "a.safetensors")
    loaded = EditVector.load(tmp_path / "a.safetensors")
    assert loaded.licence == "CC0-1.0"
    np.testing.assert_array_equal(loaded.preview, preview)
    assert b'\\"space\\": \\"w_plus\\", \\"layers\\": [0]' in (tmp_path / "a.safetensors").read_bytes()
    with pytest.raises(EditVectorError, match=r"uint8 \[H, W, 3\]"):
        vector("a", 1, preview=preview.astype(float))


def test_a_folder_lists_its_vectors_the_broken_and_the_foreign_with_their_problems(tmp_path, tiny_model):
    for name, fingerprint in (("b", "m1"), ("a", tiny_model.fingerprint)):
        fitting = torch.zeros(tiny_model.generator.num_rows, tiny_model.generator.w_dim)
        EditVector(name, fitting, (), {"fingerprint": fingerprint}).save(tmp_path / f"{name}.safetensors")
    (tmp_path / "c.safetensors").write_text("hello")
    (tmp_path / "notes.txt").write_text("not one of them")
    a, b, c = list_edit_vectors(tmp_path, tiny_model)
    assert a.vector is not None
    assert a.vector.name == "a"
    assert a.problem is None
    assert b.vector is not None
    assert "made with model m1" in (b.problem or "")
    assert c.vector is None
    assert "cannot be read" in (c.problem or "")
    assert list_edit_vectors(tmp_path)[1].problem is None
    with pytest.raises(FileNotFoundError, match="no folder at"):
        list_edit_vectors(tmp_path / "absent")
