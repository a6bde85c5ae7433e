"""Bundles on disk, foreign layouts, and wrong files."""

import dataclasses
import os
import pickle

import pytest
import torch
from reference_generator import TINY, make_random_generator, rosinality_picture

from editgan_widgets.models import checkpoints
from editgan_widgets.models.checkpoints import CheckpointError
from editgan_widgets.models.editgan import MODELS
from editgan_widgets.models.generators.stylegan2 import StyleGAN2, StyleGAN2Config


@pytest.fixture
def generator():
    return make_random_generator().eval()


@pytest.fixture
def bundle(generator, tmp_path):
    path = tmp_path / "tiny.safetensors"
    checkpoints.write_bundle(path, {"generator": generator.state_dict()}, {"generator_config": TINY.to_dict()})
    return path


@torch.no_grad()
def test_the_same_weights_in_the_rosinality_layout_give_the_same_picture(generator):
    z = torch.randn(2, 8)
    picture = rosinality_picture(checkpoints.to_rosinality(generator.state_dict()), z)
    assert (picture - generator(z)).abs().max() < 1e-5 * picture.abs().max()


def test_the_two_layouts_contain_the_same_tensors(generator):
    ours = generator.state_dict()
    file = checkpoints.to_rosinality(ours)
    back = checkpoints.from_rosinality(**file)
    assert set(back) == set(ours)
    assert all(torch.equal(back[name], ours[name]) and back[name].shape == ours[name].shape for name in ours)
    shapes = {name: tuple(value.shape) for name, value in file["g_ema"].items()}
    assert shapes["conv1.conv.weight"] == (1, 16, 16, 3, 3)
    assert shapes["to_rgb1.bias"] == (1, 3, 1, 1)
    assert shapes["noises.noise_6"] == (1, 1, 32, 32)
    assert shapes["conv1.noise.weight"] == (1,)


@pytest.fixture
def plain_mapping(generator):
    """The same generator with a mapping of learning-rate multiplier 1: its weights are stored unscaled."""
    same = StyleGAN2(dataclasses.replace(TINY, mapping_lr_multiplier=1.0)).eval()
    weights = generator.state_dict()
    same.load_state_dict({k: v * 0.01 if k.startswith("mapping.fc") else v for k, v in weights.items()})
    return same


@torch.no_grad()
@pytest.mark.parametrize("given", ["generator", "state dict"])
def test_another_multiplier_of_the_mapping_gives_the_same_picture_in_a_rosinality_file(plain_mapping, tmp_path, given):
    whole = given == "generator"
    file = (
        checkpoints.to_rosinality(plain_mapping)
        if whole
        else checkpoints.to_rosinality(plain_mapping.state_dict(), 1.0)
    )
    torch.save(file, tmp_path / "g.pt")
    z = torch.randn(2, 8)
    picture = plain_mapping(z, truncation_psi=0.7)
    assert (checkpoints.load_generator(tmp_path / "g.pt")(z, truncation_psi=0.7) - picture).abs().max() < 1e-4
    full = plain_mapping(z)
    assert (rosinality_picture(file, z) - full).abs().max() < 1e-5 * full.abs().max()


def test_weights_of_another_multiplier_are_not_read_with_the_public_one(plain_mapping, tmp_path):
    weights = plain_mapping.state_dict()
    with pytest.raises(CheckpointError, match=r"mapping_lr_multiplier 0\.01.*give the generator itself"):
        checkpoints.to_rosinality(weights)
    checkpoints.write_bundle(tmp_path / "bare", {"generator": weights}, {})
    with pytest.raises(CheckpointError, match=r"bare has no 'generator_config'.*mapping_lr_multiplier 0\.01.*again"):
        checkpoints.load_generator(tmp_path / "bare")


@pytest.mark.shipped
@torch.no_grad()
def test_the_shipped_generator_gives_the_same_picture_as_a_rosinality_file(tmp_path):
    shipped = checkpoints.load_generator(MODELS["portraits-64"])
    torch.save(checkpoints.to_rosinality(shipped), tmp_path / "portraits.pt")
    z = torch.randn(1, shipped.config.z_dim, generator=torch.Generator().manual_seed(0))
    difference = checkpoints.load_generator(tmp_path / "portraits.pt")(z, 0.7) - shipped(z, 0.7)
    assert difference.abs().max() < 1e-4


@pytest.mark.parametrize("device", ["cuda", "xpu", "meta", "toaster"])
def test_a_generator_is_not_loaded_onto_a_missing_device(bundle, monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=f"device '{device}' .*use .*'cpu'"):
        checkpoints.load_generator(bundle, device=device)


def test_a_512_px_generator_has_the_153_tensors_of_the_public_files():
    config = StyleGAN2Config(resolution=512, z_dim=4, w_dim=4, mapping_layers=8, channel_base=512, channel_max=2)
    assert len(checkpoints.to_rosinality(StyleGAN2(config).state_dict())["g_ema"]) == 153


@torch.no_grad()
def test_a_generator_with_unnormalised_codes_has_no_rosinality_layout():
    with pytest.raises(CheckpointError, match="normalize_z False, mapping_skip False: keep"):
        checkpoints.to_rosinality(
            StyleGAN2(StyleGAN2Config(resolution=8, z_dim=8, w_dim=8, channel_max=8, normalize_z=False))
        )


def test_the_sizes_of_a_rosinality_file_are_inferred_from_its_tensors(generator, tmp_path):
    path = tmp_path / "foreign.pt"
    torch.save(checkpoints.to_rosinality(generator.state_dict()), path)
    loaded = checkpoints.load_generator(path)
    assert loaded.config.channels == (16, 16, 16, 8)
    z = torch.randn(2, 8)
    assert torch.equal(loaded(z, truncation_psi=0.5), generator(z, truncation_psi=0.5))


@torch.no_grad()
@pytest.mark.parametrize("metadata", [{}, {"generator_config": TINY.to_dict()}])
def test_a_bundle_loads_with_or_without_its_configuration(generator, tmp_path, metadata):
    path = tmp_path / "g.safetensors"
    checkpoints.write_bundle(path, {"generator": generator.state_dict()}, metadata)
    z = torch.randn(1, 8)
    assert torch.equal(checkpoints.load_generator(path)(z), generator(z))


def test_a_bundle_is_read_back_with_modules_and_metadata(tmp_path):
    modules = {"a": {"x.y": torch.randn(2), "n": torch.tensor([1, 2])}, "b": {"x.y": torch.randn(())}}
    checkpoints.write_bundle(tmp_path / "new" / "m", modules, {"labels": ["skin"], "n": 1})
    bundle = checkpoints.read_bundle(tmp_path / "new" / "m")
    assert bundle.metadata == {"labels": ["skin"], "n": 1}
    assert all(torch.equal(bundle.modules[m][k], v) for m, state in modules.items() for k, v in state.items())
    assert bundle.modules["a"]["n"].dtype == torch.int64
    assert os.listdir(tmp_path / "new") == ["m"]


def test_half_precision_halves_the_file_and_the_fingerprint_describes_the_loaded_weights(generator, bundle, tmp_path):
    half = tmp_path / "half.safetensors"
    checkpoints.write_bundle(half, {"generator": generator.state_dict()}, {}, half=True)
    assert half.stat().st_size < 0.6 * bundle.stat().st_size
    assert checkpoints.fingerprint(checkpoints.load_generator(bundle)) == checkpoints.fingerprint(generator)
    loaded = checkpoints.load_generator(half)
    assert checkpoints.fingerprint(loaded) != checkpoints.fingerprint(generator)
    again = tmp_path / "again.safetensors"
    checkpoints.write_bundle(again, {"generator": loaded.state_dict()}, {}, half=True)
    assert checkpoints.fingerprint(checkpoints.load_generator(again)) == checkpoints.fingerprint(loaded)


@pytest.mark.parametrize(("value", "words"), [(1e6, "16 bits; save with half=False"), (float("nan"), "not finite")])
def test_unstorable_values_are_refused_and_the_old_file_is_kept(tmp_path, value, words):
    path = tmp_path / "m"
    checkpoints.write_bundle(path, {"a": {"x": torch.ones(1)}}, {})
    with pytest.raises(CheckpointError, match=f"a/x .*{words}"):
        checkpoints.write_bundle(path, {"a": {"x": torch.tensor([value])}}, {}, half=True)
    assert float(checkpoints.read_bundle(path).modules["a"]["x"]) == 1


class Explosive:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_code_in_a_pickle_is_never_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"g_ema": Explosive()}, tmp_path / "evil.pt")
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps({"G_ema": Explosive()}))
    for name in ("evil.pt", "evil.pkl"):
        with pytest.raises(CheckpointError, match=rf"{name} .*never built or run.*rosinality"):
            checkpoints.load_generator(tmp_path / name)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("keep", [0, 7, 100, 5000])
@pytest.mark.parametrize("kind", ["safetensors", "pt"])
def test_a_truncated_file_is_refused(generator, bundle, tmp_path, kind, keep):
    whole = bundle
    if kind == "pt":
        whole = tmp_path / "whole.pt"
        torch.save(checkpoints.to_rosinality(generator.state_dict()), whole)
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(whole.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=rf"cut\.{kind} \({keep} bytes\).*truncated"):
        checkpoints.load_generator(path)


def test_files_of_another_kind_are_refused_with_their_content(tmp_path):
    from safetensors.torch import save_file

    save_file({"x": torch.ones(1)}, tmp_path / "foreign.safetensors")
    (tmp_path / "garbage.safetensors").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "garbage.pt").write_bytes(bytes(range(256)) * 20)
    torch.save({"model_state_dict": {}}, tmp_path / "encoder.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    checkpoints.write_bundle(tmp_path / "other.safetensors", {"segmenter": {"x": torch.ones(1)}}, {})
    for name, words in {
        "foreign.safetensors": "not a bundle of this package",
        "garbage.safetensors": "not a complete bundle",
        "garbage.pt": "cannot be read as plain tensors",
        "encoder.pt": "holds .'model_state_dict'. and no 'g_ema'",
        "list.pt": "holds list and no 'g_ema'",
        "other.safetensors": "holds .'segmenter'. and no 'generator'",
        "absent.safetensors": "does not exist",
        ".": "is a folder",
    }.items():
        with pytest.raises(CheckpointError, match=words):
            checkpoints.load_generator(tmp_path / name)


def test_tensors_with_wrong_shapes_or_names_are_listed(generator, tmp_path):
    state = dict(generator.state_dict())
    state["synthesis.b8.conv0.bias"] = torch.zeros(3)
    checkpoints.write_bundle(tmp_path / "wrong", {"generator": state}, {})
    with pytest.raises(CheckpointError, match=r"synthesis\.b8\.conv0\.bias"):
        checkpoints.load_generator(tmp_path / "wrong")
    file = checkpoints.to_rosinality(generator.state_dict())
    del file["g_ema"]["convs.3.activate.bias"]
    torch.save(file, tmp_path / "wrong.pt")
    with pytest.raises(CheckpointError, match=r"wrong\.pt.*1 of 56 is missing: convs\.3\.activate\.bias"):
        checkpoints.load_generator(tmp_path / "wrong.pt")
    file = checkpoints.to_rosinality(generator.state_dict())
    file["g_ema"]["to_rgb1.bias"] = torch.zeros(3)
    torch.save(file, tmp_path / "wrong.pt")
    with pytest.raises(CheckpointError, match=r"wrong\.pt.*to_rgb1\.bias"):
        checkpoints.load_generator(tmp_path / "wrong.pt")
