"""The encoder: shapes, initial output, storage, and a short training on the tiny model."""

import json
import os
import signal

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from editgan_widgets import EditGAN, images, load_model
from editgan_widgets.cli import app
from editgan_widgets.models.checkpoints import CheckpointError, fingerprint
from editgan_widgets.models.encoder import Encoder, EncoderConfig
from editgan_widgets.models.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from editgan_widgets.training.train_encoder import TrainEncoderConfig, reconstruction_psnr, train_encoder

SMALL = EncoderConfig(resolution=32, num_ws=8, w_dim=16, channel_base=512, channel_max=32, hidden=32)


def config(**changes) -> TrainEncoderConfig:
    settings = {"network": SMALL, "total_images": 64, "batch": 8, "held_out": 4, "checkpoint_minutes": 100.0}
    return TrainEncoderConfig(**(settings | changes))


@pytest.fixture(scope="module")
def renders(tiny_model, tmp_path_factory):
    """A data folder with pictures of the tiny model in place of renders."""
    folder = tmp_path_factory.mktemp("renders")
    with torch.no_grad():
        made = [tiny_model.generator.synthesis(tiny_model.sample_w_plus(seed)).image for seed in range(16)]
    np.save(folder / "images.npy", images.to_uint8(torch.cat(made)))
    return folder


@pytest.fixture(scope="module")
def trained(tiny_model, renders):
    losses = []
    settings = config(total_images=400, learning_rate=6e-3, perceptual_weight=0.0)
    encoder, report = train_encoder(tiny_model, renders, settings, on_step=lambda _, line: losses.append(line))
    return encoder, report, losses


@pytest.mark.parametrize(("resolution", "limit"), [(64, 2.5e6), (128, 1e7), (256, 1e7)])
def test_an_encoder_is_within_the_size_limit_of_its_class(resolution, limit):
    encoder = Encoder(EncoderConfig.for_generator(StyleGAN2(StyleGAN2Config(resolution))))
    assert 1e6 < sum(p.numel() for p in encoder.parameters()) < limit


def test_a_fresh_encoder_gives_the_mean_portrait():
    encoder = Encoder(SMALL)
    encoder.w_avg.copy_(torch.arange(16.0))
    w_plus = encoder(torch.rand(2, 3, 32, 32))
    assert w_plus.shape == (2, 8, 16)
    assert torch.equal(w_plus, encoder.w_avg.expand(2, 8, 16))


def test_groups_cover_every_row_once():
    for num_ws in (4, 6, 8, 10, 16):
        covered = [row for part in EncoderConfig(num_ws=num_ws).group_slices() for row in range(num_ws)[part]]
        assert covered == list(range(num_ws))


def test_sizes_that_cannot_be_built_are_refused():
    with pytest.raises(ValueError, match="resolution 48 px cannot be built"):
        EncoderConfig(resolution=48)
    with pytest.raises(ValueError, match=r"rising from 1 up; got \(7, 3\)"):
        EncoderConfig(groups=(7, 3))
    assert EncoderConfig.from_dict(json.loads(json.dumps(SMALL.to_dict()))) == SMALL


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match="picture is 64 x 16 px, this encoder takes 32 x 32"):
        Encoder(SMALL)(torch.zeros(1, 3, 16, 64))


@pytest.mark.slow
def test_a_trained_encoder_is_closer_to_pictures_than_the_mean_portrait(tiny_model, trained):
    encoder, report, losses = trained
    picture = [line["picture"] for line in losses]
    assert np.mean(picture[-10:]) < 0.85 * np.mean(picture[:5])
    mean = Encoder(SMALL)
    mean.w_avg.copy_(tiny_model.generator.mapping.w_avg)
    with torch.no_grad():
        image = tiny_model.generator.synthesis(tiny_model.sample_w_plus(99)).image.clamp(-1, 1)
    assert report.finished
    assert reconstruction_psnr(tiny_model, encoder, image) > reconstruction_psnr(tiny_model, mean, image)


@pytest.mark.slow
def test_a_model_with_an_encoder_encodes_and_is_stored_completely(tiny_model, trained, tmp_path):
    networks = (tiny_model.generator, tiny_model.discriminator, tiny_model.interpreter)
    whole = EditGAN(*networks, tiny_model.labels, encoder=trained[0])
    whole.save(tmp_path / "whole.safetensors")
    loaded = load_model(tmp_path / "whole.safetensors", device="cpu")
    image = torch.rand(2, 3, 32, 32) * 2 - 1
    assert loaded.fingerprint == tiny_model.fingerprint
    assert torch.equal(loaded.encode(image), whole.encode(image))
    assert loaded.encode(image).shape == (2, 8, 16)


def test_parts_of_renders_may_weigh_more(tiny_model, renders, tmp_path):
    pictures = np.load(renders / "images.npy")
    with torch.no_grad():  # the first picture of an untrained encoder
        mean = tiny_model.generator.synthesis(tiny_model.generator.mean_w.expand(1, 8, 16)).image.clamp(-1, 1)
    error = (mean - images.from_uint8(pictures)).abs().mean(1).numpy()
    np.save(tmp_path / "images.npy", pictures)
    np.save(tmp_path / "label_maps.npy", np.where(error > np.quantile(error, 0.8), 2, 0).astype(np.uint8))
    losses = []
    for weights in ({}, {2: 50.0}):
        settings = config(total_images=8, perceptual_weight=0.0, part_weights=weights)
        train_encoder(tiny_model, tmp_path, settings, on_step=lambda _, line: losses.append(line["picture"]))
    assert losses[1] > 1.2 * losses[0]


def test_a_model_without_an_encoder_loads_and_its_error_names_the_training_command(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "bare.safetensors")
    bare = load_model(tmp_path / "bare.safetensors", device="cpu")
    assert bare.encoder is None
    with pytest.raises(ValueError, match=r"no encoder yet.*editgan train encoder"):
        bare.encode(torch.zeros(1, 3, 32, 32))


def test_an_encoder_of_another_generator_is_refused(tiny_model):
    other = Encoder(EncoderConfig(resolution=64, num_ws=10, w_dim=16))
    with pytest.raises(ValueError, match=r"encoder's .* are \(64, 10, 16\), the generator's \(32, 8, 16\)"):
        EditGAN(tiny_model.generator, None, None, tiny_model.labels, encoder=other)


@pytest.mark.slow
def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(tiny_model, renders, tmp_path):
    whole, _ = train_encoder(tiny_model, renders, config())

    def stop(seen: int, _: dict) -> None:
        if seen == 32:
            os.kill(os.getpid(), signal.SIGINT)

    state = tmp_path / "state.safetensors"
    _, report = train_encoder(tiny_model, renders, config(), checkpoint=state, on_step=stop)
    assert not report.finished
    # the learning rate depends on the clock only if max_minutes is given
    parts, report = train_encoder(tiny_model, renders, config(), checkpoint=state)
    assert report.finished
    assert report.images == 64
    assert fingerprint(parts) == fingerprint(whole)


@pytest.mark.slow
def test_training_can_start_from_another_encoders_weights(tiny_model, trained, renders):
    settings = config(total_images=8, learning_rate=1e-9)
    encoder, _ = train_encoder(tiny_model, renders, settings, start=trained[0])
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(encoder(image), trained[0](image), atol=1e-2, rtol=1e-2)
    other = Encoder(EncoderConfig(resolution=32, num_ws=8, w_dim=16, channel_base=512, channel_max=16, hidden=32))
    with pytest.raises(ValueError, match="leave start out"):
        train_encoder(tiny_model, renders, settings, start=other)


def test_an_encoder_can_be_trained_on_samples_only(tiny_model):
    _, report = train_encoder(tiny_model, None, config(total_images=16))
    assert np.isnan(report.render_psnr)
    assert report.to_dict()["render_psnr"] is None
    assert np.isfinite(report.sample_psnr)


def test_a_checkpoint_of_another_encoder_is_refused(tiny_model, tmp_path):
    state = tmp_path / "state.safetensors"
    train_encoder(tiny_model, None, config(total_images=8), checkpoint=state)
    with pytest.raises(CheckpointError, match="another encoder config"):
        train_encoder(tiny_model, None, config(network=None), checkpoint=state)


@pytest.mark.slow
def test_the_command_writes_the_model_with_its_encoder(tiny_model, renders, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    options = [
        "--model",
        tmp_path / "tiny.safetensors",
        "--data",
        renders,
        "--out",
        tmp_path / "out" / "with.safetensors",
    ]
    options += ["--total-images", 16, "--device", "cpu"]
    done = CliRunner().invoke(app, ["train", "encoder", *map(str, options)])
    assert done.exit_code == 0, done.output
    assert "PSNR" in done.output
    loaded = load_model(tmp_path / "out" / "with.safetensors", device="cpu")
    assert loaded.encoder is not None
    assert loaded.metadata["encoder"]["images"] == 16
    assert loaded.metadata["name"] == "tiny"


def test_photographed_renders_are_shown_otherwise_and_compared_with_the_plain_ones(tiny_model, renders, tmp_path):
    np.save(tmp_path / "images.npy", np.load(renders / "images.npy"))
    labels = np.zeros((16, 32, 32), np.uint8)
    labels[:, 8:24, 8:24] = 1
    np.save(tmp_path / "label_maps.npy", labels)
    plain, _ = train_encoder(tiny_model, tmp_path, config(photographic=0.0))
    other, report = train_encoder(tiny_model, tmp_path, config(photographic=1.0))
    assert report.finished
    assert any(not torch.equal(a, b) for a, b in zip(plain.parameters(), other.parameters(), strict=True))
    with pytest.raises(ValueError, match="photographic must be a share of the renders, 0 to 1; got 2"):
        config(photographic=2)
