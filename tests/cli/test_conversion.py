"""A release's files are converted to one bundle with the same pictures and labels."""

import dataclasses

import numpy as np
import official_files
import pytest
import torch
from command_line import run
from reference_discriminator import naive_d, picture, random_d
from reference_generator import TINY, make_random_generator

from editgan_widgets.conversion import compare, convert
from editgan_widgets.label_sets import label_set
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models import checkpoints
from editgan_widgets.models.checkpoints import read_bundle
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.sources import read_source
from editgan_widgets.models.pyramid_encoder import PyramidEncoder


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A folder with a generator, an interpreter of three members, an encoder, a vector, latents and a label map."""
    folder = tmp_path_factory.mktemp("release")
    generator = make_random_generator(dataclasses.replace(TINY, resolution=64)).eval()
    torch.save(checkpoints.to_rosinality(generator), folder / "car.pt")
    for i in range(3):
        torch.save(
            official_files.member(sum(generator.feature_channels), 32, (16, 8), i), folder / f"car_model_{i}.pth"
        )
    torch.save(
        official_files.encoder_file(64, 10, 16, width=4, blocks=(1, 1, 1, 1), channels=8), folder / "encoder.pth"
    )
    rng = np.random.default_rng(0)
    np.save(folder / "wheel.npy", rng.normal(size=(1, 10, 16)).astype(np.float32))
    np.save(folder / "latents_image_3.npy", rng.normal(size=(10, 16)).astype(np.float32))
    np.save(folder / "image_mask3.npy", rng.integers(0, 32, (24, 32)).astype(np.uint8))
    return folder


@pytest.mark.shipped
@pytest.mark.slow
def test_a_whole_release_becomes_one_bundle(release, tmp_path):
    done = convert(sorted(release.iterdir()), tmp_path / "car.safetensors", label_set("car-32"))
    assert [path.name for path in done.files] == [
        "car.safetensors",
        "car.arrays.safetensors",
        "car.wheel.safetensors",
    ]
    model = EditGAN.load(done.files[0])
    assert model.labels == label_set("car-32")
    assert model.interpreter is not None
    assert model.interpreter.config.ensemble == 3
    assert isinstance(model.encoder, PyramidEncoder)
    assert model.encode(torch.zeros(1, 3, 64, 64)).shape == (1, 10, 16)
    vector = EditVector.load(done.files[2])
    vector.check(model)
    assert vector.delta_w_plus.shape == (10, 16)
    stored = read_bundle(done.files[1]).modules
    assert stored["latents"]["latents_image_3"].shape == (1, 10, 16)
    np.testing.assert_array_equal(stored["label_maps"]["image_mask3"].numpy(), np.load(release / "image_mask3.npy"))


@pytest.mark.slow
def test_rosinalitys_discriminator_is_converted_and_mentioned_in_the_report(release, tmp_path):
    content = torch.load(release / "car.pt", weights_only=True)
    state = random_d((8, 8, 6, 5, 4))
    torch.save(content | {"d": state}, tmp_path / "with_d.pt")
    done = convert([tmp_path / "with_d.pt"], tmp_path / "car.safetensors", samples=1)
    assert "discriminator 'd' (rosinality) converted: 64 px, architecture resnet" in done.lines
    assert "edits compare the outside by: the model's discriminator" in done.lines
    assert any(line.startswith("no interpreter:") for line in done.lines)
    found = EditGAN.load(done.files[0]).discriminator
    assert found is not None
    with torch.no_grad():
        assert (found(picture(64)) - naive_d(state, picture(64))[0]).abs().max() < 1e-4
    lines = convert([release / "car.pt"], tmp_path / "bare.safetensors").lines
    assert "discriminator: the file has none" in lines
    assert "edits compare the outside by: stand-in: the discriminator of portraits-128" in lines


@pytest.mark.slow
def test_the_report_compares_with_the_sources_own_tensors(release, tmp_path):
    sources = [release / "car.pt", *sorted(release.glob("car_model_*.pth"))]
    found = convert(sources, tmp_path / "car.safetensors", samples=1).difference
    assert found is not None
    assert 0 < found.picture_max < 1e-4
    assert found.picture_mean <= found.picture_max
    assert found.changed < 0.01
    assert found.logits_max is not None
    assert found.logits_max < 1e-4
    assert found.labels_agree == 1
    half = convert(sources, tmp_path / "half.safetensors", half=True, samples=1).difference
    assert half is not None
    assert half.picture_max > 10 * found.picture_max


def test_the_report_detects_a_model_that_differs_from_its_source(release, tmp_path):
    convert([release / "car.pt"], tmp_path / "car.safetensors")
    model = EditGAN.load(tmp_path / "car.safetensors")
    with torch.no_grad():
        model.generator.get_parameter("synthesis.b16.conv1.bias").add_(0.1)
    assert compare(read_source(release / "car.pt"), [], model, samples=1).picture_max > 1e-2


def test_a_single_edit_vector_is_converted_to_the_named_file(release, tmp_path):
    done = convert([release / "wheel.npy"], tmp_path / "w.safetensors", kinds="vector")
    assert done.difference is None
    assert EditVector.load(tmp_path / "w.safetensors").name == "wheel"


@pytest.mark.slow
def test_vectors_are_converted_for_a_given_bundle(release, tmp_path):
    convert([release / "car.pt"], tmp_path / "car.safetensors")
    done = convert([tmp_path / "car.safetensors", release / "wheel.npy"], tmp_path / "w.safetensors", kinds="vector")
    model = EditGAN.load(tmp_path / "car.safetensors")
    assert EditVector.load(done.files[0]).fingerprint == model.fingerprint
    np.save(tmp_path / "other.npy", np.full((1, 4, 16), 0.5))
    with pytest.raises(CheckpointError, match=r"other\.npy: .*4 rows of 16.*; this model takes 10 rows of 16"):
        convert([tmp_path / "car.safetensors", tmp_path / "other.npy"], tmp_path / "w.safetensors", kinds="vector")


def test_an_interpreter_is_added_to_a_bundle_without_one(release, tmp_path):
    convert([release / "car.pt"], tmp_path / "car.safetensors")
    convert([tmp_path / "car.safetensors", release / "car_model_0.pth"], tmp_path / "both.safetensors")
    model = EditGAN.load(tmp_path / "both.safetensors")
    assert model.interpreter is not None
    assert model.labels[31].name == "part 31"


@pytest.mark.parametrize(
    ("names", "labels", "words"),
    [
        (["car_model_0.pth"], None, r"car_model_0\.pth belongs to a generator; name its generator too"),
        (["car.pt", "car_model_0.pth"], "car-20", r"knows 32 labels, .*car-20.*label set of its interpreter"),
        (["car.pt", "car.pt"], None, r"2 of the sources are each a whole generator"),
        (["wheel.npy", "wheel.npy"], None, r"wheel\.npy: two outputs would be named 'wheel'"),
        ([], None, "nothing to convert"),
    ],
)
def test_incompatible_sources_are_refused(release, tmp_path, names, labels, words):
    named = label_set(labels) if labels else None
    with pytest.raises(CheckpointError, match=words):
        convert([release / name for name in names], tmp_path / "out.safetensors", named, kinds="vector")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_command_reports_the_kind_of_each_file_and_the_difference_of_pictures(release, tmp_path):
    sources = [release / "car.pt", release / "car_model_0.pth", release / "wheel.npy"]
    done = run("convert", *sources, "--out", tmp_path / "car.safetensors", "--labels", "car-32", "--samples", 1)
    assert done.exit_code == 0, done.output
    for words in ("car.pt: generator", "car_model_0.pth: interpreter", "wheel.npy: edit vector"):
        assert words in done.output
    assert "1 pictures against the source's tensors: largest difference" in done.output
    assert "100.00% of labels agree" in done.output
    assert (tmp_path / "car.wheel.safetensors").is_file()


def test_the_command_refuses_in_one_line(release, tmp_path):
    done = run("convert", release / "car.pt", "--out", tmp_path / "o.safetensors", "--labels", "car-7")
    assert done.exit_code == 1
    assert done.stderr.startswith("editgan: unknown label set 'car-7'")
