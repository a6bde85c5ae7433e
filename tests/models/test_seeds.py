"""Numpy seeds make the pictures of NVIDIA's generate.py, and every record of a portrait stores the seed's source."""

import numpy as np
import pytest
import torch
from command_line import pixels, run
from editors import heard, run_script_here

from editgan_widgets.documents.samples import sample_label_map, sample_pictures
from editgan_widgets.documents.saved_picture import open_picture, picture_png
from editgan_widgets.documents.session import EditSession, SessionError
from editgan_widgets.documents.session_script import session_script
from editgan_widgets.models.seeds import SeedError, code_of_seed
from editgan_widgets.widgets import Editor, SampleGrid


def as_nvidia_does(model, seed, psi):
    """z = RandomState(seed).randn(1, z_dim), float32 in the mapping, w pulled towards w_avg by psi."""
    z = torch.from_numpy(np.random.RandomState(seed).randn(1, model.generator.config.z_dim)).to(torch.float32)
    w = model.generator.mapping(z)
    mean = model.generator.mapping.w_avg
    return (mean + psi * (w - mean))[:, None].repeat(1, model.generator.config.num_ws, 1)


def test_the_first_numbers_of_a_numpy_seed_equal_those_of_random_state():
    assert code_of_seed(50, 3, "numpy").tolist()[0] == pytest.approx([-1.56035211, -0.0309776, -0.62092842], abs=1e-6)
    assert torch.equal(code_of_seed(50, 3), torch.randn(1, 3, generator=torch.Generator().manual_seed(50)))


@pytest.mark.parametrize(("seed", "psi"), [(50, 1.0), (85, 0.7), (2**32 - 1, 0.5)])
def test_a_numpy_seed_gives_the_same_picture_as_the_releases(tiny_model, seed, psi):
    found = tiny_model.sample_w_plus(seed, psi, source="numpy")
    torch.testing.assert_close(found, as_nvidia_does(tiny_model, seed, psi))
    assert not torch.allclose(found, tiny_model.sample_w_plus(seed, psi))
    session = EditSession.from_seed(tiny_model, seed, psi, source="numpy")
    assert torch.equal(session.w_plus, found)
    assert session.recipe == {"seed": seed, "truncation_psi": psi, "seed_source": "numpy"}
    assert np.array_equal(next(sample_pictures(tiny_model, [(seed, psi, "numpy")])), session.image)
    assert np.array_equal(sample_label_map(tiny_model, (seed, psi, "numpy")), session.predicted_label_map)


@pytest.mark.parametrize(("seed", "source", "words"), [(2**32, "numpy", "0 to 4294967295"), (1, "jax", "got 'jax'")])
def test_a_seed_out_of_its_sources_range_is_refused(tiny_model, seed, source, words):
    with pytest.raises(SeedError, match=words):
        tiny_model.sample_w_plus(seed, source=source)
    with pytest.raises(SessionError, match=words):
        EditSession.from_seed(tiny_model, seed, source=source)


def test_pictures_journals_and_vectors_store_the_source(tiny_model, tmp_path):
    session = EditSession.from_seed(tiny_model, 50, source="numpy")
    opened = open_picture(tiny_model, picture_png(session))
    assert opened.recipe["seed_source"] == "numpy"
    assert np.array_equal(opened.image, session.image)
    session.keep_journal(tmp_path / "journal")
    assert EditSession.restore(tiny_model, tmp_path / "journal").recipe == session.recipe
    session.go_to(tiny_model.sample_w_plus(3))
    assert session.edit_vector("v").recipe["seed_source"] == "numpy"


def test_a_script_starts_from_the_numpy_seed_and_makes_the_same_picture(tiny_model, tmp_path, monkeypatch):
    session = EditSession.from_seed(tiny_model, 50, 0.6, source="numpy")
    text = session_script(session)
    assert "EditSession.from_seed(model, seed=50, truncation_psi=0.6, source='numpy')" in text
    assert "the same pixels" in run_script_here(text, tiny_model, tmp_path, monkeypatch)
    assert np.array_equal(pixels(tmp_path / "picture.png"), session.image)


def test_the_editor_starts_with_and_switches_to_numpy_seeds(tiny_model):
    expected = {seed: EditSession.from_seed(tiny_model, seed, source="numpy") for seed in (50, 51)}
    with heard(Editor(tiny_model, seed=50, source="numpy", vectors={})) as editor:
        assert np.array_equal(editor.image, expected[50].image)
        editor.new_portrait(51, source="numpy")
        editor.wait()
        assert np.array_equal(editor.image, expected[51].image)
        assert editor.session.recipe == expected[51].recipe
        editor.take_part("spark", 52, source="numpy", run=False)
        editor.wait()
        with pytest.raises(ValueError, match="got 'jax'"):
            editor.new_portrait(51, source="jax")
        with pytest.raises(ValueError, match="4294967295"):
            editor.take_part("spark", 2**32, source="numpy")


def test_a_grid_shows_numpy_seeds(tiny_model):
    grid = SampleGrid(tiny_model, seeds=[50, 51], selected=51, source="numpy")
    assert np.array_equal(grid.selected.image, EditSession.from_seed(tiny_model, 51, source="numpy").image)


def test_apply_accepts_numpy_seeds(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    session = EditSession.from_seed(tiny_model, 3)
    session.go_to(tiny_model.sample_w_plus(4))
    session.edit_vector("v").save(tmp_path / "v.safetensors")
    given = ["apply", tmp_path / "v.safetensors", "--model", tmp_path / "tiny.safetensors", "--out", tmp_path / "o.png"]
    done = run(*given, "--seed", 50, "--scale", 0, "--seed-source", "numpy")
    assert done.exit_code == 0, done.output
    assert np.array_equal(pixels(tmp_path / "o.png"), EditSession.from_seed(tiny_model, 50, source="numpy").image)
    assert "seed 50 (numpy)" in done.output
    assert run(*given, "--seed-source", "jax").exit_code == 1
