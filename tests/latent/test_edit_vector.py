import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from editgan_widgets import EditVector
from editgan_widgets.latent.directions.edit_vector import EditVectorError, WrongModelError
from editgan_widgets.models.editgan import EditGAN


@pytest.fixture
def vector(tiny_model):
    delta = torch.randn(8, 16, generator=torch.Generator().manual_seed(0))
    recipe = {"fingerprint": tiny_model.fingerprint, "resolution": 32, "seed": 4}
    return EditVector("more spark", delta, ("spark",), recipe)


@pytest.fixture
def other_model(tiny_model):
    from editgan_widgets.models.generators.stylegan2 import StyleGAN2, StyleGAN2Config

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        generator = StyleGAN2(StyleGAN2Config(32, z_dim=16, w_dim=16, mapping_layers=2, channel_max=4))
    return EditGAN(generator, None, None, tiny_model.labels)


def test_apply_adds_the_scaled_difference_to_every_latent(tiny_model, vector):
    w_plus = torch.cat([tiny_model.sample_w_plus(1), tiny_model.sample_w_plus(2)])
    edited = vector.apply(w_plus, scale=-0.5, model=tiny_model)
    torch.testing.assert_close(edited, w_plus - 0.5 * vector.delta_w_plus)


def test_a_vector_is_printed_in_one_line_without_its_numbers(tiny_model, vector):
    assert repr(vector) == f"EditVector('more spark', [8, 16], parts spark, model {tiny_model.fingerprint})"
    assert repr(EditVector("x", torch.zeros(1, 2))) == "EditVector('x', [1, 2], model unknown)"


def test_a_saved_vector_is_loaded_unchanged(vector, tmp_path):
    vector.save(tmp_path / "v.safetensors")
    loaded = EditVector.load(tmp_path / "v.safetensors")
    assert (loaded.name, loaded.labels, loaded.recipe) == (vector.name, vector.labels, vector.recipe)
    assert torch.equal(loaded.delta_w_plus, vector.delta_w_plus)


def test_saving_makes_the_folders_that_are_missing(vector, tmp_path):
    vector.save(tmp_path / "new" / "deep" / "v.safetensors")
    assert EditVector.load(tmp_path / "new" / "deep" / "v.safetensors").name == vector.name


def test_a_path_that_cannot_be_written_is_named(vector, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "v.safetensors", tmp_path):
        with pytest.raises(OSError, match=f"'more spark' cannot be written to {path}: .*give a file's path"):
            vector.save(path)
    assert (tmp_path / "file").read_text() == "in the way"


def test_another_models_vector_names_both_fingerprints_and_force_overrides(tiny_model, vector, other_model):
    w_plus = tiny_model.sample_w_plus(1)
    with pytest.raises(WrongModelError, match=f"{tiny_model.fingerprint}, this .* {other_model.fingerprint}.*force"):
        vector.apply(w_plus, model=other_model)
    assert vector.apply(w_plus, model=other_model, force=True).shape == w_plus.shape


def test_a_latent_of_another_size_is_refused(vector):
    with pytest.raises(EditVectorError, match=r"\(8, 16\) layers x width, the latent has \(10, 16\)"):
        vector.apply(torch.zeros(1, 10, 16))


def test_a_scale_that_is_not_a_number_is_refused(vector):
    with pytest.raises(EditVectorError, match="finite"):
        vector.apply(torch.zeros(1, 8, 16), scale=float("nan"))


def test_broken_and_foreign_files_are_refused(vector, tmp_path):
    path = tmp_path / "v.safetensors"
    vector.save(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(EditVectorError, match="cannot be read as an edit vector"):
        EditVector.load(path)
    path.write_text("hello")
    with pytest.raises(EditVectorError, match="cannot be read as an edit vector"):
        EditVector.load(path)
    save_file({"x": torch.zeros(1)}, str(path))
    with pytest.raises(EditVectorError, match="not an edit vector; write one with"):
        EditVector.load(path)
    with pytest.raises(FileNotFoundError, match="no edit vector at"):
        EditVector.load(tmp_path / "absent.safetensors")


@pytest.mark.parametrize("delta", [torch.zeros(1, 8, 16), torch.full((8, 16), float("nan"))])
def test_a_difference_of_wrong_shape_or_value_is_refused(delta):
    with pytest.raises(EditVectorError, match="finite, of shape"):
        EditVector("broken", delta)


@pytest.mark.usefixtures("unchecked")
def test_a_vector_may_be_made_of_an_array_or_a_list():
    delta = np.random.default_rng(0).normal(size=(8, 16))
    expected = torch.from_numpy(delta.astype(np.float32))
    for given in (delta, delta.astype(">f4"), delta.tolist(), list(expected), expected.double()):
        assert torch.equal(EditVector("x", given).delta_w_plus, expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros((1, 8, 16)), r"of shape \[num_ws, w_dim\]; got \(1, 8, 16\); give delta\[0\]"),
        (np.zeros(16), r"got \(16,\); load_direction"),
        (np.zeros((0, 16)), r"got \(0, 16\)"),
        (np.full((8, 16), np.nan), "contains nan or inf"),
        (np.zeros((8, 16), int), "floating-point numbers"),
        (np.zeros((8, 16), bool), "floating-point numbers"),
        ([[1.0], [1.0, 2.0]], "not an array of numbers"),
        ("smile.npy", "of type str; give a torch.Tensor"),
        (None, "of type NoneType"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_vector_of_anything_but_a_finite_matrix_is_refused(given, words):
    with pytest.raises(EditVectorError, match=words):
        EditVector("x", given)


def test_numpy_scalars_in_labels_and_recipe_are_saved_as_plain_values(tmp_path):
    recipe = {"scale": np.float32(0.5), "seeds": np.arange(2), "inner": {"n": [np.int64(3)]}}
    EditVector("x", torch.ones(8, 16), ("spark",), recipe).save(tmp_path / "x.safetensors")
    found = EditVector.load(tmp_path / "x.safetensors").recipe
    assert {key: found[key] for key in recipe} == {"scale": 0.5, "seeds": [0, 1], "inner": {"n": [3]}}
