"""Latents of every projector and encoder come as w_plus of the model, or are refused with the size that they fit."""

import numpy as np
import pytest
import torch
from array_files import json_file, npy, npz, objects_npy, objects_npz, packed, pkl, pt
from command_line import pixels, run

from editgan_widgets import EditSession, load_latents
from editgan_widgets.conversion import convert
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.latent.latents import read_latents
from editgan_widgets.latent.latents_or_vector import by_name, compared
from editgan_widgets.models.checkpoints import read_bundle
from editgan_widgets.models.editgan import load_model
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official import npz_files

ROWS, WIDTH = 8, 16  # of the tiny model
ONE = torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(1))
TWO = torch.randn(2, ROWS, WIDTH, generator=torch.Generator().manual_seed(2))
W = torch.randn(WIDTH, generator=torch.Generator().manual_seed(3))
FIVE_W = torch.randn(5, WIDTH, generator=torch.Generator().manual_seed(4))
EVERY_ROW = W.expand(1, ROWS, WIDTH)


class Unknown:
    """An object beside the tensors."""


def of_rosinality(latent):
    """What rosinality's projector saves, of one picture."""
    return {
        "img": torch.zeros(3, 32, 32),
        "latent": latent,
        "noise": [torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 8, 8)],
    }


FILES = {  # what writes the file, and the latents in it
    "NVIDIA's projector": (lambda p: npz(p, w=ONE[None]), ONE[None]),
    "compressed": (lambda p: packed(p, w=ONE[None]), ONE[None]),
    "npz w_plus": (lambda p: npz(p, w_plus=TWO, loss=np.float32(0.5)), TWO),
    "npz W+": (lambda p: npz(p, **{"W+": TWO}), TWO),
    "npz latents": (lambda p: npz(p, latents=TWO, seeds=np.arange(2)), TWO),
    "npz latent": (lambda p: npz(p, latent=ONE), ONE[None]),
    "npz dlatents": (lambda p: npz(p, dlatents=TWO), TWO),
    "npz ws": (lambda p: npz(p, ws=ONE[None]), ONE[None]),
    "npz projected_w": (lambda p: npz(p, projected_w=W[None, None]), EVERY_ROW),
    "npz of W": (lambda p: npz(p, w=W[None]), EVERY_ROW),
    "npz w beside w_plus": (lambda p: npz(p, w=W[None], w_plus=ONE[None]), ONE[None]),
    "npz of one array without a name": (lambda p: npz(p, arr_0=ONE), ONE[None]),
    "npz of numbers and text": (lambda p: npz(p, w=ONE[None], picture=np.array(["a.png"])), ONE[None]),
    "npy (1, n, d)": (lambda p: npy(p, ONE[None].numpy()), ONE[None]),
    "npy (n, d)": (lambda p: npy(p, ONE.numpy()), ONE[None]),
    "npy (N, n, d)": (lambda p: npy(p, TWO.numpy()), TWO),
    "npy (N, 1, n, d)": (lambda p: npy(p, TWO[:, None].numpy()), TWO),
    "npy (d,)": (lambda p: npy(p, W.numpy()), EVERY_ROW),
    "npy (1, d)": (lambda p: npy(p, W[None].numpy()), EVERY_ROW),
    "npy (N, d)": (lambda p: npy(p, FIVE_W.numpy()), FIVE_W[:, None].expand(5, ROWS, WIDTH)),
    "npy (N, 1, d)": (lambda p: npy(p, FIVE_W[:, None].numpy()), FIVE_W[:, None].expand(5, ROWS, WIDTH)),
    "npy float64": (lambda p: npy(p, ONE.double().numpy()), ONE[None]),
    "npy big-endian": (lambda p: npy(p, ONE.numpy().astype(">f4")), ONE[None]),
    "npy Fortran order": (lambda p: npy(p, np.asfortranarray(ONE.numpy())), ONE[None]),
    "npy float16": (lambda p: npy(p, ONE.half().numpy()), ONE.half().float()[None]),
    "rosinality": (lambda p: pt(p, {"a/b.jpg": of_rosinality(W)}), EVERY_ROW),
    "rosinality of W+": (lambda p: pt(p, {"a.jpg": of_rosinality(TWO[0]), "b.jpg": of_rosinality(TWO[1])}), TWO),
    "a tensor": (lambda p: pt(p, TWO), TWO),
    "a tensor, legacy": (lambda p: pt(p, TWO, legacy=True), TWO),
    "a tensor, bfloat16": (lambda p: pt(p, ONE.bfloat16()), ONE.bfloat16().float()[None]),
    "a tensor, float16": (lambda p: pt(p, ONE.half()), ONE.half().float()[None]),
    "a tensor, float64": (lambda p: pt(p, ONE.double()), ONE[None]),
    "a view": (lambda p: pt(p, torch.cat([ONE, ONE])[None, ROWS:]), ONE[None]),
    "a Parameter": (lambda p: pt(p, torch.nn.Parameter(ONE[None])), ONE[None]),
    "a list": (lambda p: pt(p, [TWO[:1], TWO[1:]]), TWO),
    "a list of W+": (lambda p: pt(p, list(TWO)), TWO),
    "a list of W": (lambda p: pt(p, list(FIVE_W)), FIVE_W[:, None].expand(5, ROWS, WIDTH)),
    "a tuple": (lambda p: pt(p, (TWO[0], TWO[1])), TWO),
    "names": (lambda p: pt(p, {"a.png": TWO[0], "b.png": TWO[1]}), TWO),
    "names, legacy": (lambda p: pt(p, {"a.png": TWO[0], "b.png": TWO[1]}, legacy=True), TWO),
    "names of lists": (lambda p: pt(p, {"a.png": [TWO[0]], "b.png": [TWO[1]]}), TWO),
    "names of arrays": (lambda p: pt(p, {"a.png": TWO[0].numpy(), "b.png": TWO[1].numpy()}), TWO),
    "latents by name": (lambda p: pt(p, {"latents": TWO, "noise": torch.zeros(3), "args": Unknown()}), TWO),
    "w_pivot": (lambda p: pt(p, {"w_pivot": torch.nn.Parameter(ONE[None]), "step": 350}), ONE[None]),
    "a pickled array": (lambda p: pkl(p, ONE[None].numpy()), ONE[None]),
    "StyleFlow": (lambda p: pkl(p, {"Latent": [TWO[:1].numpy(), TWO[1:].numpy()]}), TWO),
    "ReStyle": (lambda p: objects_npy(p, {"a.jpg": list(TWO.numpy())}), TWO),
    "ReStyle, one step": (lambda p: objects_npy(p, {"a.jpg": [ONE.numpy()]}), ONE[None]),
    "a pickled list of arrays": (lambda p: objects_npy(p, [TWO[0].numpy(), TWO[1].numpy()]), TWO),
    "a pickled array of arrays": (lambda p: objects_npy(p, as_objects(TWO.numpy())), TWO),
    "a pickled dict of names": (lambda p: objects_npy(p, {"latents": TWO.numpy(), "seed": 3}), TWO),
    "an npz with a pickled dict": (lambda p: objects_npz(p, latents={"a.jpg": [TWO[0].numpy(), TWO[1].numpy()]}), TWO),
    "an npz with text objects beside w": (
        lambda p: objects_npz(p, w=ONE[None].numpy(), names=["a.png", None]),
        ONE[None],
    ),
    "an npz with an unknown object beside w": (
        lambda p: objects_npz(p, w=ONE[None].numpy(), args=Unknown()),
        ONE[None],
    ),
    "JSON (n, d)": (lambda p: json_file(p, ONE.tolist()), ONE[None]),
    "JSON (1, n, d)": (lambda p: json_file(p, [ONE.tolist()]), ONE[None]),
    "JSON (N, n, d)": (lambda p: json_file(p, TWO.tolist()), TWO),
    "JSON (d,)": (lambda p: json_file(p, W.tolist()), EVERY_ROW),
    "JSON by name": (lambda p: json_file(p, {"w": [ONE.tolist()], "seed": 3, "loss": 0.5}), ONE[None]),
    "JSON of pictures": (
        lambda p: json_file(p, {"a.png": ONE.tolist(), "b.png": TWO[0].tolist()}),
        torch.stack([ONE, TWO[0]]),
    ),
    "JSON with a byte-order mark": (lambda p: json_file(p, {"latent": ONE.tolist()}, "utf-8-sig"), ONE[None]),
}


def as_objects(array):
    """An array of Python objects, each one an array."""
    made = np.empty(len(array), object)
    for i, one in enumerate(array):
        made[i] = one
    return made


@pytest.mark.parametrize("name", FILES)
def test_latents_are_read(name, tiny_model, tmp_path):
    write, expected = FILES[name]
    path = write(tmp_path / "file")
    found = load_latents(path, tiny_model)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)
    session = EditSession.from_latent(tiny_model, found[0])
    assert torch.equal(session.w_plus, expected[:1])


def test_several_latents_keep_their_names(tiny_model, tmp_path):
    path = pt(tmp_path / "file", {"a.jpg": of_rosinality(W), "b.jpg": of_rosinality(ONE)})
    assert read_latents(path, tiny_model).names == ("a.jpg", "b.jpg")
    assert read_latents(npy(tmp_path / "file", TWO.numpy()), tiny_model).names == ("0", "1")


WRONG = {
    "1024 px": (lambda p: npz(p, w=np.zeros((1, 18, 512))), "18 rows of 512: a 1024 px StyleGAN2; .* 8 rows of 16"),
    "512 px": (lambda p: npy(p, np.zeros((1, 16, 512))), "16 rows of 512: a 512 px StyleGAN2 or a StyleGAN3; this"),
    "the same width": (lambda p: npy(p, np.full((1, 12, WIDTH), 0.5)), "12 rows of 16: a 128 px StyleGAN2; this model"),
    "without a batch": (
        lambda p: npy(p, np.full((12, WIDTH), 0.5)),
        "a 128 px StyleGAN2; .*codes of W, give space='w'",
    ),
    "no StyleGAN2": (lambda p: npy(p, np.full((1, 7, WIDTH), 0.5)), "7 rows of 16, which no StyleGAN2 takes"),
    "codes": (lambda p: npy(p, np.full((1, 512), 0.5)), "codes of 512 numbers; this model takes 8 rows of 16"),
    "z": (lambda p: npz(p, z=np.full((1, WIDTH), 0.5)), r"codes z, .*model\.generator\.mapping"),
    "NaN": (lambda p: npy(p, np.full((ROWS, WIDTH), np.nan)), "contains nan or inf"),
    "infinite": (lambda p: pt(p, [ONE, ONE * float("inf")]), "contains nan or inf"),
    "integers": (lambda p: npy(p, np.ones((ROWS, WIDTH), int)), "floating-point numbers"),
    "complex": (lambda p: npy(p, np.ones((ROWS, WIDTH), np.complex64)), "only numbers are supported"),
    "one number": (lambda p: npy(p, np.float32(1)), "which is not a latent"),
    "none": (lambda p: npy(p, np.zeros((0, ROWS, WIDTH))), "not a latent"),
    "five dimensions": (lambda p: npy(p, np.full((2, 2, 2, ROWS, WIDTH), 0.5)), "not a latent"),
    "arrays of no known name": (lambda p: npz(p, a=np.full(3, 0.5), b=np.full((3, WIDTH), 0.5)), "no name says which"),
    "text": (lambda p: pt(p, {"a": "b"}), "no latents; give an array"),
    "an object": (lambda p: pt(p, Unknown()), "no latents"),
    "an edit vector": (
        lambda p: pkl(p, {"edit_vector": ONE.numpy(), "roi_ids": [1]}),
        "directions, which load_direction",
    ),
    "JSON of other things": (lambda p: json_file(p, {"name": "x", "sizes": []}), "JSON text, not weights"),
    "JSON truncated": (lambda p: cut(json_file(p, ONE.tolist())), "JSON text, not weights"),
    "JSON with uneven rows": (
        lambda p: json_file(p, [[0.5] * WIDTH, [0.5] * 3]),
        "one length|several|rows|not a latent",
    ),
    "JSON with NaN": (lambda p: json_file(p, [[float("nan")] * WIDTH] * ROWS), "contains nan or inf"),
    "JSON of whole numbers": (lambda p: json_file(p, [[1] * WIDTH] * ROWS), "floating-point numbers"),
    "a pickled array of text": (lambda p: objects_npy(p, {"a": "b"}), "no latents"),
    "a cut npz": (lambda p: cut(npz(p, w=ONE)), "truncated or damaged|no format"),
}


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])
    return path


@pytest.mark.parametrize("name", WRONG)
def test_arrays_that_are_not_latents_of_the_model_are_refused(name, tiny_model, tmp_path):
    write, words = WRONG[name]
    path = write(tmp_path / "file")
    with pytest.raises(CheckpointError, match=words) as refusal:
        load_latents(path, tiny_model)
    message = str(refusal.value)
    assert path.name in message
    assert "\n" not in message
    assert len(message) < 1000


def test_the_caller_may_state_the_kind_of_a_matrix(tiny_model, tmp_path):
    twelve = torch.randn(12, WIDTH)
    path = npy(tmp_path / "w", twelve.numpy())
    assert torch.equal(load_latents(path, tiny_model, space="w"), twelve[:, None].expand(12, ROWS, WIDTH))
    path = npy(tmp_path / "w", ONE.numpy())
    assert load_latents(path, tiny_model, space="w").shape == (ROWS, ROWS, WIDTH)
    assert load_latents(path, tiny_model, space="w_plus").shape == (1, ROWS, WIDTH)


def test_a_compressed_file_may_not_unpack_to_more_than_is_allowed(tiny_model, tmp_path, monkeypatch):
    path = packed(tmp_path / "big", w=np.zeros((20_000, WIDTH), np.float32))
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(npz_files, "_LARGEST", 1_000_000)
    with pytest.raises(CheckpointError, match="arrays claim more than"):
        load_latents(path, tiny_model)


@pytest.mark.slow
def test_a_small_file_of_lists_within_lists_is_refused_before_it_takes_long(tiny_model, tmp_path):
    nested = [np.ones(WIDTH, np.float32)]
    for _ in range(3):
        nested = [nested] * 200  # 8 million arrays in a pickle of a few kilobytes
    path = pkl(tmp_path / "nested", nested)
    assert path.stat().st_size < 100_000
    with pytest.raises(CheckpointError, match=r"holds more than [0-9,]+ (latents|parts)"):
        load_latents(path, tiny_model)
    large = np.ones((2000, ROWS, WIDTH), np.float32)
    path = pkl(tmp_path / "large", [large] * 2000)
    with pytest.raises(CheckpointError, match=r"latents of more than [0-9,]+ numbers"):
        load_latents(path, tiny_model)


def test_converted_latents_are_read_again(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    source = pt(tmp_path / "two", {"a.png": TWO[0], "b.png": TWO[1]})
    done = convert([source], tmp_path / "out.safetensors")
    assert torch.equal(load_latents(done.files[0], tiny_model), TWO)
    done = convert([source, tmp_path / "tiny.safetensors"], tmp_path / "fitted.safetensors")
    assert torch.equal(load_latents(done.files[0], tiny_model), TWO)
    assert read_bundle(done.files[0]).metadata["latent_names"] == {"two": ["a.png", "b.png"]}
    with pytest.raises(CheckpointError, match="is a model or another bundle and holds no latents"):
        load_latents(tmp_path / "tiny.safetensors", tiny_model)


@pytest.mark.parametrize("array", [ONE[None], ONE, W, W[None]])
def test_conversion_asks_for_the_kind_of_an_ambiguous_array(array, tmp_path):
    path = npy(tmp_path / "thing", array.numpy())
    with pytest.raises(CheckpointError, match=r"its shape is ambiguous; give --as latents or --as vector .*bundle"):
        convert([path], tmp_path / "out.safetensors")
    done = run("convert", path, "--out", tmp_path / "out.safetensors")
    assert done.exit_code == 1
    assert not (tmp_path / "out.safetensors").exists()
    done = run("convert", path, "--out", tmp_path / "out.safetensors", "--as", "latents")
    assert done.exit_code == 0, done.output
    assert "thing.npy: latents (as you said)" in done.output
    assert read_bundle(tmp_path / "out.safetensors").modules["latents"]["thing"].ndim == 3


def test_conversion_takes_a_kind_for_each_file(tmp_path):
    paths = [npy(tmp_path / name, ONE[None].numpy()) for name in ("first", "second")]
    out = tmp_path / "out.safetensors"
    done = run("convert", *paths, "--out", out, "--as", "first.npy=vector", "--as", "second=latents")
    assert done.exit_code == 0, done.output
    assert "first.npy: edit vector (as you said)" in done.output
    assert "second.npy: latents (as you said)" in done.output
    for words, given in (("there is no source 'third'", "third=vector"), ("'vector' or 'latents'; got 'x'", "x")):
        done = run("convert", *paths, "--out", out, "--as", given)
        assert done.exit_code == 1
        assert words in " ".join(done.stderr.split())


@pytest.mark.shipped
@pytest.mark.slow
def test_arrays_are_measured_against_the_model(tmp_path):
    model = load_model("portraits-64")
    for seed, psi in ((0, 0.3), (1, 0.7), (2, 1.0)):
        assert compared(model.sample_w_plus(seed, psi), model).kind == "latents"
    wide = load_model("portraits-128")
    vectors = list(load_vectors(wide).values())
    kinds = [compared(vector.delta_w_plus, wide).kind for vector in vectors]
    assert kinds.count("edit vector") >= 20
    assert "latents" not in kinds
    smile = load_vectors(wide)["smile"].delta_w_plus
    assert compared(wide.sample_w_plus(3)[0] + smile, wide).kind == "latents"
    noise = torch.randn(12, wide.generator.config.w_dim, generator=torch.Generator().manual_seed(0))
    assert compared(noise, wide).kind is None
    paths = [npy(tmp_path / "a", wide.sample_w_plus(5).numpy()), npy(tmp_path / "b", smile[None].numpy())]
    wide.save(tmp_path / "model.safetensors")
    done = convert([*paths, tmp_path / "model.safetensors"], tmp_path / "out.safetensors")
    assert any("a.npy: latents (its rows lie" in line for line in done.lines)
    assert any("b.npy: edit vector (its rows lie" in line for line in done.lines)
    named = [npy(tmp_path / "one_latent", noise[None].numpy()), tmp_path / "model.safetensors"]
    assert any(
        "one_latent.npy: latents (by its name)" in line for line in convert(named, tmp_path / "o.safetensors").lines
    )
    contradicting = [npy(tmp_path / "latent_of_b", smile[None].numpy()), tmp_path / "model.safetensors"]
    with pytest.raises(
        CheckpointError, match=r"its name suggests latents, its rows lie .* from 0.*; give --as latents"
    ):
        convert(contradicting, tmp_path / "o.safetensors")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("0_latent", "latents"),
        ("latents_image_3", "latents"),
        ("projected_w", "latents"),
        ("myLatents", "latents"),
        ("W+", "latents"),
        ("age_boundary", "edit vector"),
        ("smile_direction", "edit vector"),
        ("wheel_enlarge", None),
        ("latent_direction", None),
        ("codecs", None),
    ],
)
def test_a_name_is_a_hint(name, kind):
    assert by_name(name) == kind


def test_apply_edits_a_latent_of_a_file(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    session = EditSession.from_latent(tiny_model, TWO[1])
    session.go_to(tiny_model.sample_w_plus(4))
    session.edit_vector("v").save(tmp_path / "v.safetensors")
    given = ["apply", tmp_path / "v.safetensors", "--model", tmp_path / "tiny.safetensors", "--out", tmp_path / "o.png"]
    path = pt(tmp_path / "two", [TWO[0], TWO[1]])
    done = run(*given, "--latent", path, "--latent-index", 1, "--scale", 0)
    assert done.exit_code == 0, done.output
    assert np.array_equal(pixels(tmp_path / "o.png"), session.original_image)
    assert "on two.pt, latent 1" in done.output
    for words, options in (("holds 2 latents; choose one", []), ("none of index 2", ["--latent-index", 2])):
        done = run(*given, "--latent", path, *options)
        assert done.exit_code == 1
        assert words in " ".join(done.stderr.split())


@pytest.mark.shipped
def test_an_array_that_measures_as_a_direction_is_no_latent_unless_it_is_forced(tmp_path):
    model = load_model("portraits", device="cpu")
    boundary = np.random.default_rng(0).standard_normal((1, 384)).astype(np.float32)
    boundary /= np.linalg.norm(boundary)
    np.save(tmp_path / "smile.npy", boundary)
    with pytest.raises(CheckpointError, match=r"smile\.npy looks like a direction.*load_direction"):
        load_latents(tmp_path / "smile.npy", model)
    assert load_latents(tmp_path / "smile.npy", model, force=True).shape == (1, 12, 384)
    refused = run("apply", "smile", "--latent", tmp_path / "smile.npy", "--out", tmp_path / "a.png")
    assert refused.exit_code == 1
    assert "--force" in refused.output
    np.save(tmp_path / "x.npy", model.sample_w_plus(3).numpy())
    assert load_latents(tmp_path / "x.npy", model).shape == (1, 12, 384)
