"""Directions of InterFaceGAN, GANSpace, SeFa, e4e and EditGAN become edit vectors of the model."""

import pickle

import numpy as np
import pytest
import torch
from array_files import json_file, npy, npz, objects_npy, pkl, pt
from command_line import pixels, run
from editors import heard

from editgan_widgets import EditSession, EditVector, load_direction, load_model
from editgan_widgets.conversion import convert
from editgan_widgets.latent.directions.direction_files import sigma_along
from editgan_widgets.latent.directions.edit_vector import EditVectorError
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.widgets import Editor

ROWS, WIDTH = 8, 16
RNG = np.random.default_rng(0)
BOUNDARY = (lambda x: x / np.linalg.norm(x))(RNG.normal(size=(1, WIDTH))).astype(np.float32)
PLUS = (0.1 * RNG.normal(size=(ROWS, WIDTH))).astype(np.float32)
BASIS = np.linalg.qr(RNG.normal(size=(WIDTH, WIDTH)))[0].astype(np.float32)  # columns are orthonormal
SIGMA = np.linspace(4, 1, 5).astype(np.float32)
EVERY_ROW = np.repeat(BOUNDARY, ROWS, 0)


def ganspace(p, width=WIDTH):
    comp = BASIS[:, :5].T[:, None]
    return npz(
        p,
        act_comp=RNG.normal(size=(5, 1, 24)),
        act_mean=np.zeros((1, 24)),
        act_stdev=np.ones(5),
        lat_comp=comp,
        lat_mean=np.zeros((1, width)),
        lat_stdev=SIGMA,
        var_ratio=np.ones(5) / 5,
        random_stdevs=np.ones(5),
    )


FILES = {  # what writes the file, the index, and the rows of the vector
    "InterFaceGAN": (lambda p: npy(p, BOUNDARY), None, EVERY_ROW),
    "mean difference": (lambda p: npy(p, BOUNDARY[0]), None, EVERY_ROW),
    "npz boundary": (lambda p: npz(p, boundary=BOUNDARY, intercept=np.zeros(1)), None, EVERY_ROW),
    "e4e": (lambda p: pt(p, torch.from_numpy(PLUS)), None, PLUS),
    "e4e with a batch": (lambda p: npy(p, PLUS[None]), None, PLUS),
    "e4e of W": (lambda p: pt(p, torch.from_numpy(BOUNDARY), legacy=True), None, EVERY_ROW),
    "EditGAN": (lambda p: npy(p, PLUS[None]), None, PLUS),
    "EditGAN's demo": (lambda p: pkl(p, {"edit_vector": PLUS, "roi_ids": [1]}), None, PLUS),
    "GANSpace": (ganspace, 2, np.repeat(SIGMA[2] * BASIS[:, 2][None], ROWS, 0)),
    "e4e's GANSpace": (
        lambda p: pt(p, {"comp": torch.from_numpy(BASIS[:, :5].T), "std": torch.from_numpy(SIGMA), "mean": 0}),
        4,
        np.repeat(SIGMA[4] * BASIS[:, 4][None], ROWS, 0),
    ),
    "SeFa, rosinality": (
        lambda p: pt(p, {"ckpt": "550000.pt", "eigvec": torch.from_numpy(BASIS)}),
        3,
        np.repeat(BASIS[:, 3][None], ROWS, 0),
    ),
    "SeFa, npz": (
        lambda p: npz(p, eigenvectors=BASIS, eigenvalues=np.ones(WIDTH)),
        15,
        np.repeat(BASIS[:, 15][None], ROWS, 0),
    ),
    "SeFa, boundaries": (lambda p: npz(p, boundaries=BASIS.T), 1, np.repeat(BASIS[:, 1][None], ROWS, 0)),
    "several of W": (lambda p: npy(p, BASIS[:, :5].T), 4, np.repeat(BASIS[:, 4][None], ROWS, 0)),
    "several of W+": (lambda p: npy(p, np.stack([PLUS, 2 * PLUS])), 1, 2 * PLUS),
    "names": (
        lambda p: pt(p, {"age": torch.from_numpy(BOUNDARY), "smile": torch.from_numpy(PLUS)}),
        "smile",
        PLUS,
    ),
    "JSON of one": (lambda p: json_file(p, BOUNDARY.tolist()), None, EVERY_ROW),
    "JSON by name": (lambda p: json_file(p, {"direction": PLUS.tolist(), "scale": 3}), None, PLUS),
    "JSON of several": (lambda p: json_file(p, {"age": BOUNDARY[0].tolist(), "smile": PLUS.tolist()}), "smile", PLUS),
    "a pickled dict of names": (lambda p: objects_npy(p, {"age": BOUNDARY, "smile": PLUS}), "smile", PLUS),
    "a list": (lambda p: pt(p, [torch.from_numpy(BOUNDARY[0]), torch.from_numpy(2 * BOUNDARY[0])]), 1, 2 * EVERY_ROW),
}


@pytest.mark.parametrize("name", FILES)
def test_directions_are_read(name, tiny_model, tmp_path):
    write, index, expected = FILES[name]
    path = write(tmp_path / "file")
    vector = load_direction(path, tiny_model, index)
    torch.testing.assert_close(vector.delta_w_plus, torch.from_numpy(expected))
    assert vector.recipe["converted_from"] == path.name
    vector.check(tiny_model)
    assert vector.layers == tuple(range(ROWS))


COUNTS = {"GANSpace": 5, "SeFa, rosinality": 16, "several of W": 5, "several of W+": 2, "names": 2, "a list": 2}


@pytest.mark.parametrize("name", COUNTS)
def test_of_several_directions_one_is_chosen(name, tiny_model, tmp_path):
    path = FILES[name][0](tmp_path / "file")
    with pytest.raises(CheckpointError, match=rf"file\.\w+ holds {COUNTS[name]} directions.*give index=0 to"):
        load_direction(path, tiny_model)
    with pytest.raises(CheckpointError, match="none of index 99"):
        load_direction(path, tiny_model, 99)


def test_a_direction_moves_the_rows_that_are_chosen(tiny_model, tmp_path):
    path = npy(tmp_path / "smile", BOUNDARY)
    assert load_direction(path, tiny_model, rows=(2, 5)).layers == (2, 3, 4)
    weighed = load_direction(path, tiny_model, rows=[0.5] * ROWS, name="weighed")
    torch.testing.assert_close(weighed.delta_w_plus, torch.from_numpy(0.5 * EVERY_ROW))
    assert weighed.name == "weighed"
    with pytest.raises(EditVectorError, match="do not fit rows"):
        load_direction(path, tiny_model, rows=(0, 40))


def test_a_scale_of_1_is_the_files_length_or_one_standard_deviation_of_w(tiny_model, tmp_path):
    path = npy(tmp_path / "smile", BOUNDARY)
    statistics = tiny_model.w_statistics()
    w = tiny_model.generator.mapping(torch.randn(4000, 16, generator=torch.Generator().manual_seed(5)))
    along = float((w @ torch.from_numpy(BOUNDARY[0])).std())
    vector = load_direction(path, tiny_model, unit="sigma")
    assert float(vector.delta_w_plus[0].norm()) == pytest.approx(along, rel=0.05)
    assert sigma_along(tiny_model, statistics.axes[:1]) == pytest.approx(float(statistics.std[0]), rel=1e-4)
    assert float(load_direction(path, tiny_model).delta_w_plus[0].norm()) == pytest.approx(1)


@pytest.mark.usefixtures("unchecked")
def test_another_unit_is_refused(tiny_model, tmp_path):
    with pytest.raises(EditVectorError, match="'file' or 'sigma'; got 'm'"):
        load_direction(npy(tmp_path / "smile", BOUNDARY), tiny_model, unit="m")  # type: ignore[arg-type]


WRONG = {
    "another width": (lambda p: npy(p, np.full((1, 512), 0.5)), None, "codes of 512 numbers; this model takes 8 rows"),
    "another model": (lambda p: npy(p, np.full((18, 512), 0.5)), None, "18 rows of 512: a 1024 px StyleGAN2; this"),
    "a square": (lambda p: npy(p, BASIS), 0, "columns=True where its columns"),
    "zero": (lambda p: npy(p, np.zeros((1, WIDTH), np.float32)), None, "zero everywhere"),
    "NaN": (lambda p: npy(p, BOUNDARY * np.nan), None, "contains nan or inf"),
    "latents by key": (lambda p: npz(p, w=PLUS[None]), None, "holds latents.*load_latents reads them"),
    "latents by name": (lambda p: npy(p.with_name("one_latent"), 40 * PLUS[None]), None, "seems to hold latents"),
    "text": (lambda p: pt(p, {"a": "b"}), None, "no direction; give an array"),
    "components in a pickle": (lambda p: pkl(p, {"pca": complex(1, 2)}), None, "no direction.*fitted PCA.* alone"),
}


@pytest.mark.parametrize("name", WRONG)
def test_arrays_that_are_not_directions_of_the_model_are_refused(name, tiny_model, tmp_path):
    write, index, words = WRONG[name]
    path = write(tmp_path / "file")
    with pytest.raises(CheckpointError, match=words) as refusal:
        load_direction(path, tiny_model, index)
    assert path.name in str(refusal.value)


def test_a_square_matrix_is_read_by_columns_or_rows_as_told(tiny_model, tmp_path):
    path = npy(tmp_path / "sefa", BASIS)
    columns = load_direction(path, tiny_model, 3, columns=True)
    torch.testing.assert_close(columns.delta_w_plus[0], torch.from_numpy(BASIS[:, 3]))
    rows = load_direction(path, tiny_model, 3, columns=False)
    torch.testing.assert_close(rows.delta_w_plus[0], torch.from_numpy(BASIS[3]))


@pytest.mark.shipped
def test_latents_are_a_direction_only_by_force(tmp_path):
    model = load_model("portraits-64")
    latent = model.sample_w_plus(3)
    path = npy(tmp_path / "thing", latent.numpy())
    with pytest.raises(CheckpointError, match="seems to hold latents, not a direction"):
        load_direction(path, model)
    assert torch.equal(load_direction(path, model, force=True).delta_w_plus, latent[0])


def test_a_saved_vector_is_a_direction_too(tiny_model, tmp_path):
    EditVector("v", torch.from_numpy(PLUS), ("spark",), {"fingerprint": tiny_model.fingerprint}).save(
        tmp_path / "v.safetensors"
    )
    vector = load_direction(tmp_path / "v.safetensors", tiny_model, rows=(0, 4))
    assert (vector.name, vector.labels, vector.layers) == ("v", ("spark",), (0, 1, 2, 3))


@pytest.mark.slow
def test_convert_and_apply_take_directions(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    path = npy(tmp_path / "smile_boundary", BOUNDARY)
    done = convert([path, tmp_path / "tiny.safetensors"], tmp_path / "v.safetensors", kinds="vector")
    torch.testing.assert_close(EditVector.load(done.files[0]).delta_w_plus, torch.from_numpy(EVERY_ROW))
    factor = pt(tmp_path / "factor", {"ckpt": "x.pt", "eigvec": torch.from_numpy(BASIS)})
    done = run("convert", factor, tmp_path / "tiny.safetensors", "--out", tmp_path / "s.safetensors", "--index", 3)
    assert done.exit_code == 0, done.output
    torch.testing.assert_close(
        EditVector.load(tmp_path / "s.safetensors").delta_w_plus[0], torch.from_numpy(BASIS[:, 3])
    )
    given = ["--model", tmp_path / "tiny.safetensors", "--out", tmp_path / "o.png", "--seed", 7, "--scale", 2]
    done = run("apply", path, *given, "--rows", "0:4")
    assert done.exit_code == 0, done.output
    session = EditSession.from_seed(tiny_model, 7)
    session.apply_vector(load_direction(path, tiny_model, rows=(0, 4)), 2)
    assert np.array_equal(pixels(tmp_path / "o.png"), session.image)
    assert run("apply", factor, *given, "--index", 3, "--unit", "sigma").exit_code == 0
    for words, arguments in (("holds 16 directions", [factor]), ("--rows are written as", [path, "--rows", "a"])):
        done = run("apply", *arguments, *given)
        assert done.exit_code == 1
        assert words in " ".join(done.stderr.split())


@pytest.mark.slow
def test_the_editor_opens_latents_and_loads_directions(tiny_model, tmp_path):
    two = [tiny_model.sample_w_plus(seed) for seed in (3, 4)]
    path = pt(tmp_path / "two", two)
    with heard(Editor(tiny_model, seed=1, vectors={})) as editor:
        for given, index, expected in ((path, None, 0), (path, 1, 1), (path.read_bytes(), None, 0), (str(path), 0, 0)):
            editor.open(given, index)
            editor.wait()
            assert torch.equal(editor.session.w_plus, two[expected])
            assert not editor.session.can_undo
        assert editor.session.recipe == {"latents": "two.pt", "index": 0}
        assert "latent 1 of 2" in editor.view.status
        editor.undo()
        editor.wait()
        before = editor.session.w_plus
        for content, words in (({"edit_vector": PLUS}, "load_direction"), ({"w": np.zeros((1, 18, 512))}, "1024 px")):
            editor.open(pickle.dumps(content))
            with pytest.raises(CheckpointError, match=words):
                editor.wait()
        editor.open(path, 7)
        with pytest.raises(CheckpointError, match="holds 2 latents and none of index 7"):
            editor.wait()
        assert torch.equal(editor.session.w_plus, before)
        editor.load_direction(npy(tmp_path / "smile", BOUNDARY))
        assert float(editor.vectors["smile"].delta_w_plus[0].norm()) == pytest.approx(
            sigma_along(tiny_model, torch.from_numpy(BOUNDARY)), rel=1e-4
        )
        editor.apply_vectors({"smile": 1.0})
        editor.wait()
        torch.testing.assert_close(editor.session.w_plus[0], before[0] + editor.vectors["smile"].delta_w_plus)
