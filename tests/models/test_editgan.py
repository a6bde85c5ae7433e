import json

import pytest
import torch

from editgan_widgets import EditGAN, load_model
from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.models import editgan as module
from editgan_widgets.models.checkpoints import CheckpointError, read_bundle, to_rosinality, write_bundle
from editgan_widgets.models.devices import resolve_device


def test_a_saved_model_loads_with_the_same_picture_labels_and_fingerprint(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    loaded = load_model(tmp_path / "tiny.safetensors", device="cpu")
    w_plus = tiny_model.sample_w_plus(5)
    assert torch.equal(loaded.sample_w_plus(5), w_plus)
    ours, theirs = tiny_model.generator.synthesis(w_plus), loaded.generator.synthesis(w_plus)
    assert torch.equal(ours.image, theirs.image)
    assert torch.equal(tiny_model.interpreter(ours.features), loaded.interpreter(theirs.features))
    assert loaded.fingerprint == tiny_model.fingerprint
    assert loaded.labels == tiny_model.labels
    assert loaded.metadata["name"] == "tiny"
    assert loaded.device.type == "cpu"


def test_a_half_precision_file_loads_to_nearly_the_same_picture(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "half.safetensors", half=True)
    loaded = EditGAN.load(tmp_path / "half.safetensors")
    w_plus = tiny_model.sample_w_plus(5)
    difference = loaded.generator.synthesis(w_plus).image - tiny_model.generator.synthesis(w_plus).image
    assert difference.abs().mean() < 0.02
    again = tmp_path / "again.safetensors"
    loaded.save(again)
    assert EditGAN.load(again).fingerprint == loaded.fingerprint


def test_a_bundle_under_construction_has_no_interpreter(tiny_model, tmp_path):
    EditGAN(tiny_model.generator, None, None, tiny_model.labels).save(tmp_path / "part.safetensors")
    part = EditGAN.load(tmp_path / "part.safetensors")
    assert part.interpreter is None
    assert part.discriminator is None


def test_w_statistics_describe_sampled_latents(tiny_model):
    statistics = tiny_model.w_statistics()
    z = torch.randn(2048, 16, generator=torch.Generator().manual_seed(9))
    w = tiny_model.generator.mapping(z)
    along = (w - statistics.mean) @ statistics.axes.T
    torch.testing.assert_close(along.std(0), statistics.std, rtol=0.15, atol=0.01)
    torch.testing.assert_close(statistics.axes @ statistics.axes.T, torch.eye(16), rtol=0, atol=1e-4)


def test_a_bundle_stores_the_statistics_of_w_in_full_precision(tiny_model, tmp_path, monkeypatch):
    path = tmp_path / "half.safetensors"
    tiny_model.save(path, half=True)
    loaded = EditGAN.load(path)
    monkeypatch.setattr(torch.linalg, "eigh", None)
    for name, value in tiny_model.w_statistics().state_dict().items():
        assert torch.equal(getattr(loaded.w_statistics(), name), value)
    loaded.to("cpu").save(tmp_path / "again.safetensors")
    assert "w_statistics" in read_bundle(tmp_path / "again.safetensors").modules


def test_a_file_without_statistics_of_w_loads_and_computes_them(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "new.safetensors")
    bundle = read_bundle(tmp_path / "new.safetensors")
    del bundle.modules["w_statistics"]
    write_bundle(tmp_path / "old.safetensors", bundle.modules, bundle.metadata)
    loaded = EditGAN.load(tmp_path / "old.safetensors")
    torch.testing.assert_close(loaded.w_statistics().std, tiny_model.w_statistics().std)


def test_statistics_of_another_w_are_refused(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    bundle = read_bundle(tmp_path / "tiny.safetensors")
    bundle.modules["w_statistics"] = {"mean": torch.zeros(8), "axes": torch.eye(8), "std": torch.ones(8)}
    write_bundle(tmp_path / "other.safetensors", bundle.modules, bundle.metadata)
    with pytest.raises(CheckpointError, match="statistics are of a W 8 wide, the generator's is 16"):
        EditGAN.load(tmp_path / "other.safetensors")


def test_an_unknown_name_lists_the_names():
    with pytest.raises(FileNotFoundError, match=r"'portrait' is neither a model's name nor a file; names: portraits"):
        load_model("portrait")


def test_the_error_of_a_missing_shipped_file_gives_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setitem(module.MODELS, "portraits", tmp_path / "portraits.safetensors")
    with pytest.raises(FileNotFoundError, match="reinstall editgan-widgets"):
        load_model("portraits")


def test_a_truncated_file_raises_a_checkpoint_error(tiny_model, tmp_path):
    path = tmp_path / "tiny.safetensors"
    tiny_model.save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match=r"tiny\.safetensors"):
        load_model(path)


def test_the_error_for_a_rosinality_file_names_its_reader(tiny_model, tmp_path):
    torch.save(to_rosinality(tiny_model.generator), tmp_path / "g.pt")
    with pytest.raises(CheckpointError, match=r"g\.pt is a file of torch\.save, not a bundle.*load_generator\(path\)"):
        load_model(tmp_path / "g.pt")


def test_a_foreign_bundle_raises_a_checkpoint_error(tmp_path):
    path = tmp_path / "foreign.safetensors"
    write_bundle(path, {"generator": {"weight": torch.zeros(3)}}, json.loads('{"made by": "someone"}'))
    with pytest.raises(CheckpointError, match=r"foreign\.safetensors.*EditGAN\.save"):
        load_model(path)


def test_a_missing_gpu_is_named_in_the_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"device 'cuda' was requested, but torch sees no CUDA.*device='cpu'"):
        load_model("portraits", device="cuda")
    with pytest.raises(ValueError, match="device 'gpu' is unknown"):
        load_model("portraits", device="gpu")


@pytest.mark.parametrize("device", ["xpu", "meta", "hpu"])
def test_a_device_that_cannot_run_the_models_is_refused(device):
    with pytest.raises(ValueError, match=f"device '{device}' cannot run the models; use 'cpu', 'cuda' or 'mps'"):
        load_model("portraits", device=device)


def test_a_model_stays_on_its_device_if_the_new_one_is_missing(tiny_model, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for device in ("cuda:1", "mps", "meta"):
        with pytest.raises(ValueError, match=f"device '{device}'"):
            tiny_model.to(device)
    assert tiny_model.device.type == "cpu"
    assert tiny_model.to("cpu") is tiny_model


def test_a_second_gpu_is_refused_if_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match="'cuda:1' was requested, but torch sees 1 CUDA"):
        resolve_device("cuda:1")
    assert resolve_device(None) == torch.device("cuda")


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("what", [None, 3, b"portraits"])
def test_load_model_refuses_an_unknown_name_and_lists_the_names(what):
    with pytest.raises(ValueError, match=r"by name \('portraits', .*'portraits-64'\) or from a file's path; got"):
        load_model(what)


def test_an_interpreter_for_other_labels_is_refused(tiny_model):
    labels = LabelSet("one more", [*tiny_model.labels, Label(4, "flare", "#ffffff")])
    with pytest.raises(ValueError, match="knows 4 labels"):
        EditGAN(tiny_model.generator, None, tiny_model.interpreter, labels)


@pytest.mark.shipped
@pytest.mark.slow
def test_the_shipped_model_is_complete():
    model = load_model("portraits", device="cpu")
    assert model.discriminator is not None
    assert model.interpreter is not None
    assert len(model.labels) >= 18
    assert {"generator", "interpreter"} <= set(model.metadata)
