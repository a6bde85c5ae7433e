import pytest
import torch

from editgan_widgets.models.checkpoints import CheckpointError, fingerprint, write_bundle
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.training.build_model import build_model, representative
from editgan_widgets.training.train_interpreter import InterpreterTrainingConfig


def labeller(image):
    """Logits of four labels by brightness."""
    steps = torch.tensor([-0.5, 0.0, 0.3, 0.6])[:, None, None]
    return -(image.mean(1, keepdim=True) - steps).abs()


@pytest.fixture
def checkpoint(tiny_model, tmp_path):
    networks = {"generator": tiny_model.generator, "discriminator": tiny_model.discriminator}
    path = tmp_path / "checkpoint.safetensors"
    facts = {f"{name}_config": module.config.to_dict() for name, module in networks.items()}
    write_bundle(path, {name: module.state_dict() for name, module in networks.items()}, facts)
    return path


@pytest.mark.slow
def test_a_checkpoint_and_a_labeller_make_a_complete_model(checkpoint, tiny_model, tmp_path):
    config = InterpreterTrainingConfig(ensemble=2, hidden=(8, 8), steps=60, pixels=512, lr=1e-2)
    model = build_model(checkpoint, labeller, tiny_model.labels, samples=4, first_seed=7, config=config)
    model.save(tmp_path / "model.safetensors")
    loaded = EditGAN.load(tmp_path / "model.safetensors")
    assert loaded.fingerprint == tiny_model.fingerprint
    assert fingerprint(loaded.interpreter) == fingerprint(model.interpreter)
    about = loaded.metadata["interpreter"]
    assert (about["seeds"], about["truncation_psi"]) == ([7, 8, 9, 10], 0.7)
    assert 0 <= about["seconds"] < 60


def test_the_pictures_to_label_show_every_part(checkpoint, tiny_model):
    label_maps = torch.zeros(6, 4, 4, dtype=torch.uint8)
    label_maps[1:3, :, :2] = 1
    label_maps[4, :2] = 2
    label_maps[5, 0, 0] = 3  # too small to count
    assert representative(label_maps, 2, 4) == [1, 4]
    assert representative(label_maps, 3, 4) == [1, 2, 4]
    config = InterpreterTrainingConfig(ensemble=2, hidden=(8, 8), steps=2, pixels=64)
    model = build_model(checkpoint, labeller, tiny_model.labels, samples=2, candidates=6, config=config)
    assert len(model.metadata["interpreter"]["seeds"]) == 2


def test_a_bundle_without_a_generator_is_refused_with_the_command_that_makes_one(tmp_path, tiny_model):
    write_bundle(tmp_path / "other.safetensors", {"thing": {"x": torch.zeros(2)}}, {})
    with pytest.raises(CheckpointError, match="editgan train generator"):
        build_model(tmp_path / "other.safetensors", labeller, tiny_model.labels)


def test_a_discriminator_can_be_taken_from_another_checkpoint(checkpoint, tiny_model, tmp_path):
    bare = tmp_path / "bare.safetensors"
    facts = {"generator_config": tiny_model.generator.config.to_dict()}
    write_bundle(bare, {"generator": tiny_model.generator.state_dict()}, facts)
    config = InterpreterTrainingConfig(ensemble=2, hidden=(8, 8), steps=2, pixels=64)
    options = {"samples": 2, "config": config}
    assert build_model(bare, labeller, tiny_model.labels, **options).discriminator is None
    model = build_model(bare, labeller, tiny_model.labels, discriminator_from=checkpoint, **options)
    assert fingerprint(model.discriminator) == fingerprint(tiny_model.discriminator)
    with pytest.raises(CheckpointError, match="has no discriminator"):
        build_model(bare, labeller, tiny_model.labels, discriminator_from=bare, **options)
