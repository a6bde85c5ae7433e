"""The trainer on tiny random data: it learns, stops, resumes and grows."""

import dataclasses
import json
import os
import signal

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from editgan_widgets.models.checkpoints import CheckpointError, load_generator, read_bundle
from editgan_widgets.models.generators.stylegan2 import StyleGAN2Config
from editgan_widgets.training import generator_state
from editgan_widgets.training import train_generator as trainer
from editgan_widgets.training.augment import adapt, augment
from editgan_widgets.training.losses import adversarial_losses, paired_loss
from editgan_widgets.training.train_generator import TrainGeneratorConfig, train_generator
from editgan_widgets.training.training_data import DataError

NETWORK = StyleGAN2Config(resolution=16, z_dim=4, w_dim=8, mapping_layers=2, channel_base=128, channel_max=8)


def config(**changes) -> TrainGeneratorConfig:
    settings = {"network": NETWORK, "total_images": 32, "batch": 4, "warmup_images": 4, "log_images": 8, "held_out": 8}
    settings |= {"paired_weight": 1.0, "adversarial_weight": 0.0, "beta1": 0.9}
    return TrainGeneratorConfig(**(settings | changes))


def run(data, out, settings, **arguments):
    return train_generator(data, out, settings, progress=False, **arguments)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """32 px pictures of one colour each, which is in the code; the right half is labelled 1."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((48, 4)).astype(np.float32)
    colours = np.tanh(latents[:, :3]) * 100 + 128
    images = np.repeat(colours[:, None, None], 32 * 32, axis=1).reshape(48, 32, 32, 3)
    label_maps = np.zeros((48, 32, 32), np.uint8)
    label_maps[:, :, 16:] = 1
    np.save(folder / "images.npy", images.astype(np.uint8))
    np.save(folder / "label_maps.npy", label_maps)
    np.save(folder / "latents.npy", latents)
    return folder


@pytest.mark.slow
def test_training_on_pairs_lowers_the_error_and_writes_its_files(data, tmp_path):
    lines = []
    settings = config(total_images=240, log_images=80, sample_minutes=0.0, part_weights={1: 3.0})
    result = run(data, tmp_path, settings, on_metrics=lines.append)
    assert result.finished
    assert result.images == 240
    assert lines[-1]["paired"] < 0.75 * lines[0]["paired"]
    assert lines[-1]["validation_l1"] < 0.9 * lines[0]["validation_l1"]
    assert lines[-1]["lr"] < 0.1 * settings.learning_rate
    logged = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["images"] for line in logged] == [line["images"] for line in lines]
    assert len(list((tmp_path / "samples").glob("*.png"))) == len(lines)
    assert "discriminator" not in read_bundle(result.checkpoint).modules
    assert load_generator(result.checkpoint).config == NETWORK


@pytest.mark.slow
def test_frozen_blocks_do_not_change_while_the_others_learn(data, tmp_path):
    settings = config(total_images=24)
    first = run(data, tmp_path / "first", settings)
    large = dataclasses.replace(NETWORK, resolution=32)
    grown = config(network=large, total_images=24, frozen_resolution=16, adversarial_weight=1.0, beta1=0.0)
    run(data, tmp_path / "grown", grown, grow_from=first.checkpoint)
    before = read_bundle(first.checkpoint).modules["generator"]
    bundle = read_bundle(tmp_path / "grown" / "checkpoint.safetensors")
    for module in ("generator", "generator_live"):
        for name, value in before.items():
            assert torch.equal(bundle.modules[module][name], value), name
    assert bundle.modules["generator"]["synthesis.b32.torgb.weight"].abs().max() > 0
    with pytest.raises(CheckpointError, match="frozen_resolution 16, here 0"):
        run(data, tmp_path / "grown", dataclasses.replace(grown, frozen_resolution=0))
    with pytest.raises(ValueError, match="frozen_resolution 32 freezes all of a 32 px network"):
        config(network=large, frozen_resolution=32)


@pytest.mark.slow
def test_both_teachers_at_once_train_both_networks(data, tmp_path):
    lines = []
    settings = config(adversarial_weight=1.0, beta1=0.0, r1_interval=2, path_length_weight=2.0, path_length_interval=2)
    result = run(data, tmp_path, settings, on_metrics=lines.append)
    expected = {"paired", "g_loss", "d_loss", "r1", "path_length", "real_score", "fake_score", "augment", "lr"}
    assert expected <= set(lines[-1])
    assert all(np.isfinite(list(line.values())).all() for line in lines)
    assert {"generator", "generator_live", "discriminator", "optimizer_d"} <= set(
        read_bundle(result.checkpoint).modules
    )


@pytest.mark.slow
def test_bfloat16_activations_train_float32_weights(data, tmp_path, monkeypatch):
    monkeypatch.setattr(generator_state, "training_dtype", lambda device: torch.bfloat16)
    lines = []
    settings = config(adversarial_weight=1.0, path_length_weight=2.0, total_images=8, log_images=4)
    result = run(data, tmp_path, settings, on_metrics=lines.append)
    assert all(np.isfinite(list(line.values())).all() for line in lines)
    assert all(value.dtype == torch.float32 for value in load_generator(result.checkpoint).state_dict().values())


@pytest.mark.slow
def test_activations_of_a_given_network_are_compared_too(data, tmp_path):
    lines = []
    settings = config(total_images=160, log_images=80, feature_weight=1.0)
    run(data, tmp_path / "out", settings, on_metrics=lines.append, features=lambda x: [x, F.avg_pool2d(x, 4)])
    assert lines[-1]["features"] < 0.9 * lines[0]["features"]
    with pytest.raises(ValueError, match=r"feature_weight is 1\.0 and features None: give both"):
        run(data, tmp_path / "other", settings)


def test_the_plain_gan_needs_no_codes_and_may_mirror(data, tmp_path):
    folder = tmp_path / "only pictures"
    folder.mkdir()
    np.save(folder / "images.npy", np.load(data / "images.npy"))
    settings = config(paired_weight=0.0, adversarial_weight=1.0, horizontal_flips=True, total_images=8)
    assert run(folder, tmp_path / "out", settings).finished


@pytest.mark.slow
def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(data, tmp_path):
    settings = config(adversarial_weight=1.0, beta1=0.0)
    whole = run(data, tmp_path / "whole", settings)

    def stop(line):
        if line["images"] == 16:
            os.kill(os.getpid(), signal.SIGTERM)

    part = run(data, tmp_path / "parts", settings, on_metrics=stop)
    assert not part.finished
    assert part.images == 16
    rest = run(data, tmp_path / "parts", settings)
    assert rest.finished
    assert rest.images == 32
    one, two = (read_bundle(result.checkpoint).modules for result in (whole, rest))
    for module, state in one.items():
        for name, value in state.items():
            assert torch.allclose(two[module][name], value, atol=1e-6), (module, name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_save_a_checkpoint_and_end_the_run(data, tmp_path, number):
    before = signal.getsignal(number)
    result = run(data, tmp_path, config(), on_metrics=lambda _: os.kill(os.getpid(), number))
    assert not result.finished
    assert 0 < result.images < 32
    assert read_bundle(result.checkpoint).metadata["state"]["images"] == result.images
    assert signal.getsignal(number) == before


@pytest.mark.slow
def test_a_run_ends_at_its_time_limit_with_a_learning_rate_near_zero(data, tmp_path):
    lines = []
    result = run(data, tmp_path, config(total_images=10**6, max_minutes=0.01), on_metrics=lines.append)
    assert result.finished
    assert result.images < 10**6
    assert lines[-1]["lr"] < 0.5 * config().learning_rate


@pytest.mark.slow
def test_a_grown_network_reproduces_the_pictures_of_the_small_one(data, tmp_path):
    small = run(data, tmp_path / "small", config(total_images=120))
    larger = StyleGAN2Config(resolution=32, z_dim=4, w_dim=8, mapping_layers=2, channel_base=128, channel_max=8)
    settings = config(network=larger, total_images=4, learning_rate=1e-9, adversarial_weight=1.0)
    grown = run(data, tmp_path / "large", settings, grow_from=small.checkpoint)
    z = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = load_generator(small.checkpoint)(z)
        after = load_generator(grown.checkpoint)(z)
    assert after.shape[2] == 32
    inside = (F.avg_pool2d(after, 2) - before)[..., 2:-2, 2:-2]
    assert inside.abs().mean() < 0.05
    assert grown.images == 4


@pytest.mark.slow
def test_a_widened_network_reproduces_the_narrow_one_and_learns_with_all_channels(data, tmp_path):
    narrow = run(data, tmp_path / "narrow", config(total_images=60))
    wide = dataclasses.replace(NETWORK, channels=(16, 12, 12), w_dim=12, mapping_skip=True)
    settings = config(network=wide, total_images=4, learning_rate=1e-9)
    grown = run(data, tmp_path / "wide", settings, grow_from=narrow.checkpoint)
    z = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before, after = (load_generator(r.checkpoint)(z, noise_mode="none") for r in (narrow, grown))
    assert torch.allclose(before, after, atol=1e-3)
    trained = run(data, tmp_path / "trained", config(network=wide, total_images=40), grow_from=narrow.checkpoint)
    new = read_bundle(trained.checkpoint).modules["generator"]["synthesis.b16.conv0.weight"][:8, 8:]
    assert (new.abs() > 0).all()


@pytest.mark.slow
def test_new_components_of_a_lengthened_code_have_no_effect_at_first(data, tmp_path):
    short = run(data, tmp_path / "short", config(total_images=60))
    longer = tmp_path / "data"
    longer.mkdir()
    for name in ("images", "label_maps"):
        np.save(longer / f"{name}.npy", np.load(data / f"{name}.npy"))
    latents = np.load(data / "latents.npy")
    np.save(longer / "latents.npy", np.concatenate([latents, latents[:, :2]], axis=1))
    settings = config(network=dataclasses.replace(NETWORK, z_dim=6), total_images=4, learning_rate=1e-9)
    grown = run(longer, tmp_path / "long", settings, grow_from=short.checkpoint)
    z = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    extra = z.square().mean(1, keepdim=True).sqrt() * torch.tensor([1.0, -1.0])  # keeps the code's length constant
    with torch.no_grad():
        before = load_generator(short.checkpoint)(z)
        after = load_generator(grown.checkpoint)(torch.cat([z, extra], dim=1))
    assert torch.allclose(before, after, atol=1e-3)


@pytest.mark.slow
def test_training_with_another_loss_continues_at_the_same_size(data, tmp_path):
    first = run(data, tmp_path / "a", config())
    second = run(data, tmp_path / "b", config(adversarial_weight=1.0, learning_rate=1e-9), grow_from=first.checkpoint)
    before, after = (read_bundle(r.checkpoint).modules["generator"] for r in (first, second))
    assert all(torch.allclose(before[name], after[name], atol=1e-4) for name in before if not name.endswith("w_avg"))
    with pytest.raises(CheckpointError, match=r"no discriminator; this one has.*grow_from"):
        run(data, tmp_path / "a", config(adversarial_weight=1.0))


def test_growing_from_a_network_of_incompatible_sizes_names_the_first_tensor(data, tmp_path):
    first = run(data, tmp_path / "a", config(total_images=4))
    narrower = StyleGAN2Config(resolution=16, z_dim=4, w_dim=8, mapping_layers=2, channel_base=128, channel_max=6)
    with pytest.raises(CheckpointError, match=r"synthesis\..*grow to a network"):
        run(data, tmp_path / "b", config(network=narrower), grow_from=first.checkpoint)
    other = dataclasses.replace(NETWORK, mapping_lr_multiplier=0.3)
    with pytest.raises(CheckpointError, match=r"mapping_lr_multiplier 0\.01, this network 0\.3"):
        run(data, tmp_path / "b", config(network=other), grow_from=first.checkpoint)


def test_pictures_are_averaged_down_and_pixel_weights_have_mean_one(data):
    folder = trainer.open_data(data, config(part_weights={1: 3.0}))
    batch = folder.batch(np.array([0, 5]), torch.device("cpu"))
    assert batch.image.shape == (2, 3, 16, 16)
    assert torch.allclose(batch.weight[:, 0, :, :8], torch.tensor(0.5))
    assert torch.allclose(batch.weight[:, 0, :, 8:], torch.tensor(1.5))


def test_every_epoch_shows_each_picture_once_and_never_a_held_out_one(data):
    folder = trainer.open_data(data, config())
    seen = np.concatenate([folder.indices(i) for i in range(0, 80, 4)])
    assert sorted(seen[:40]) == sorted(seen[40:]) == list(range(40))
    assert list(seen[:40]) != list(seen[40:])


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("images.npy", np.zeros((48, 24, 24, 3), np.uint8), "24x24 px pictures; a 16 px network"),
        ("images.npy", np.zeros((48, 16, 16, 3), np.float32), "is float32.*need uint8"),
        ("images.npy", np.zeros((4, 16, 16, 3), np.uint8), "4 pictures, 1 held out; a batch needs 4"),
        ("latents.npy", np.zeros((48, 7), np.float32), r"latents.npy is \(48, 7\); it must be \(48, 4\)"),
        ("latents.npy", None, "latents.npy does not exist"),
    ],
)
def test_an_unsuitable_data_folder_is_refused(data, tmp_path, name, array, words):
    for file in data.glob("*.npy"):
        if file.name != name:
            (tmp_path / file.name).symlink_to(file)
    if array is not None:
        np.save(tmp_path / name, array)
    with pytest.raises(DataError, match=words):
        trainer.open_data(tmp_path, config())


def test_contradictory_settings_are_refused():
    with pytest.raises(ValueError, match="both 0"):
        config(paired_weight=0.0)
    with pytest.raises(ValueError, match="mirror image"):
        config(horizontal_flips=True)
    with pytest.raises(ValueError, match="path_length_weight needs gradients of the mapping"):
        config(frozen_resolution=8, path_length_weight=2.0)


def test_the_paired_loss_is_zero_for_equal_pictures_and_uses_the_weights():
    target = torch.rand(2, 3, 16, 16)
    left = torch.zeros(2, 1, 16, 16)
    left[..., :8] = 2
    wrong = target.clone()
    wrong[..., :8] += 0.5
    assert float(paired_loss(target, target, None)) == 0
    at_left = float(paired_loss(wrong, target, left))
    at_right = float(paired_loss(wrong, target, 2 - left))
    assert at_left > 5 * at_right


def test_augmentation_is_differentiable_and_is_the_identity_at_probability_zero():
    image = torch.rand(4, 3, 16, 16, requires_grad=True)
    rng = torch.Generator().manual_seed(0)
    assert augment(image, 0.0, rng) is image
    changed = augment(image, 1.0, rng)
    assert changed.shape == image.shape
    (gradient,) = torch.autograd.grad(changed.square().sum(), image)
    assert gradient.isfinite().all()
    assert (gradient.abs() > 0).float().mean() > 0.3


def test_the_augmentation_probability_rises_while_the_discriminator_overfits():
    assert adapt(0.2, real_signs=0.9, target=0.6, step=0.05) == pytest.approx(0.25)
    assert adapt(0.2, real_signs=0.1, target=0.6, step=0.05) == pytest.approx(0.15)
    assert adapt(0.0, real_signs=0.1, target=0.6, step=0.05) == 0.0


def test_a_missing_device_is_refused_before_any_file_is_written(data, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"device 'cuda' was requested, but torch sees no CUDA devices.*device='cpu'"):
        run(data, tmp_path / "out", config(), device="cuda")
    assert not (tmp_path / "out").exists()


def test_the_command_accepts_every_setting(data, tmp_path, capsys):
    options = "--resolution 16 --z-dim 4 --w-dim 8 --mapping-layers 1 --channel-base 64 --channel-max 4 --device cpu"
    options += " --total-images 8 --batch 4 --paired-weight 1 --adversarial-weight 0 --part-weights 1=3,0=1"
    trainer.main(["--data", str(data), "--out", str(tmp_path), *options.split()])
    stored = json.loads((tmp_path / "config.json").read_text())
    assert stored["part_weights"] == {"1": 3.0, "0": 1.0}
    assert stored["network"]["channel_base"] == 64


@pytest.mark.slow
def test_hinges_have_no_effect_before_training(data, tmp_path):
    network = dataclasses.replace(NETWORK, mapping_skip=True)
    plain = run(data, tmp_path / "plain", config(network=network, total_images=60))
    bent = dataclasses.replace(network, mapping_hinges=(-1.0, 0.0, 1.0))
    grown = run(
        data, tmp_path / "bent", config(network=bent, total_images=4, learning_rate=1e-9), grow_from=plain.checkpoint
    )
    z = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before, after = (load_generator(r.checkpoint)(z) for r in (plain, grown))
    assert torch.allclose(before, after, atol=1e-3)
    trained = run(data, tmp_path / "trained", config(network=bent, total_images=40), grow_from=plain.checkpoint)
    assert (read_bundle(trained.checkpoint).modules["generator"]["mapping.skip.weight"][:, 4:].abs() > 0).any()


def test_the_relativistic_loss_uses_the_difference_of_paired_scores():
    real = torch.tensor([[2.0, 0.0], [5.0, 1.0]])
    fake = real - 1
    generator, discriminator = adversarial_losses(real, fake, relativistic=True)
    assert float(generator) == pytest.approx(float(F.softplus(torch.tensor(1.0))))
    assert float(discriminator) == pytest.approx(float(F.softplus(torch.tensor(-1.0))))
    shifted = adversarial_losses(real + 10, fake + 10, relativistic=True)
    assert float(shifted[0]) == pytest.approx(float(generator))
    assert float(adversarial_losses(real, fake, relativistic=False)[0]) != pytest.approx(float(generator))


@pytest.mark.slow
def test_patches_and_pairs_train_together(data, tmp_path):
    lines = []
    settings = config(adversarial_weight=0.1, relativistic=True, patches=8, prior_fraction=0.0, augment_target=0.0)
    result = run(data, tmp_path, settings, on_metrics=lines.append)
    bundle = read_bundle(result.checkpoint)
    assert bundle.metadata["discriminator_config"]["patches"] == 8
    assert "b8.out.weight" in bundle.modules["discriminator"]
    assert lines[-1]["d_loss"] > 0


@pytest.mark.slow
def test_a_different_number_of_hinges_or_patches_is_refused(data, tmp_path):
    bent = dataclasses.replace(NETWORK, mapping_hinges=(0.5,))
    first = run(data, tmp_path / "a", config(network=bent, total_images=4))
    for other in (dataclasses.replace(NETWORK, mapping_hinges=(-1.0, 0.5)), dataclasses.replace(bent, z_dim=6)):
        with pytest.raises((CheckpointError, DataError), match=r"same hinges and keep z_dim|latents.npy"):
            run(data, tmp_path / "b", config(network=other, total_images=4), grow_from=first.checkpoint)
    patches = {"adversarial_weight": 0.1, "prior_fraction": 0.0, "augment_target": 0.0, "total_images": 4}
    run(data, tmp_path / "c", config(**patches, patches=8))
    with pytest.raises(CheckpointError, match="scores 8 patches a side, here 1"):
        run(data, tmp_path / "c", config(**patches))
    with pytest.raises(ValueError, match="set augment_target to 0"):
        config(adversarial_weight=1.0, relativistic=True)
