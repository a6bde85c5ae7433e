"""Embedding: a picture is found back, the best step is kept, and every picture of a batch for itself."""

import numpy as np
import pytest
import torch

from editgan_widgets import EditGAN, images
from editgan_widgets.latent.embed import EmbedConfig, embed, optimize_embedding
from editgan_widgets.models.encoder import Encoder, EncoderConfig


@pytest.fixture(scope="module")
def samples(tiny_model):
    """Two of the tiny model's own pictures."""
    with torch.no_grad():
        made = [tiny_model.generator.synthesis(tiny_model.sample_w_plus(seed, 0.9)).image for seed in (5, 6)]
    return torch.cat(made).clamp(-1, 1)


@pytest.fixture(scope="module")
def with_encoder(tiny_model):
    """The tiny model with an encoder that gives a latent of its own for every picture."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = Encoder(EncoderConfig(32, 8, 16, channel_base=256, channel_max=16, hidden=8))
        for head in encoder.heads:
            torch.nn.init.normal_(head.out.weight, std=0.1)
    return EditGAN(tiny_model.generator, tiny_model.discriminator, None, tiny_model.labels, encoder=encoder)


@pytest.fixture(scope="module")
def found(tiny_model, samples):
    return embed(tiny_model, samples, EmbedConfig(steps=60))


def psnr(first, second):
    return 10 * np.log10(4 / (first - second).square().mean((1, 2, 3)).numpy())


@pytest.mark.slow
def test_a_sample_of_the_models_own_is_found_back(found):
    assert found.started_from == "mean"
    assert (found.first.psnr < 12).all()
    assert (found.psnr > 20).all()
    assert found.steps == 60


def test_picture_and_figure_belong_to_the_latent_that_is_given(tiny_model, samples, found):
    with torch.no_grad():
        made = tiny_model.generator.synthesis(found.w_plus).image
    np.testing.assert_array_equal(images.to_uint8(made), found.image)
    np.testing.assert_allclose(found.psnr, psnr(made.clamp(-1, 1), samples), atol=1e-3)


def test_the_best_step_of_each_picture_is_kept_and_not_the_last(tiny_model, samples):
    steps = []
    wild = EmbedConfig(steps=12, lr=3.0, decay_share=0.0)
    found = embed(tiny_model, samples, wild, on_step=steps.append)
    every = np.stack([step.psnr for step in steps])
    assert len(steps) == 13
    np.testing.assert_array_equal(found.psnr, every.max(0))
    np.testing.assert_array_equal(found.best_step, every.argmax(0))
    assert (found.best_step < 12).any()
    for i, best in enumerate(found.best_step):
        assert torch.equal(found.w_plus[i], steps[best].w_plus[i])
        np.testing.assert_array_equal(found.image[i], steps[best].image[i])


@pytest.mark.slow
def test_each_picture_of_a_batch_has_the_same_result_as_alone(tiny_model, samples):
    config = EmbedConfig(steps=10)
    together = embed(tiny_model, samples, config)
    for i in range(2):
        alone = embed(tiny_model, samples[i : i + 1], config)
        assert alone.psnr[0] == pytest.approx(together.psnr[i], abs=0.1)
        torch.testing.assert_close(alone.w_plus[0], together.w_plus[i], rtol=0, atol=0.02)


def test_an_embedding_that_is_stopped_gives_the_best_so_far(tiny_model, samples):
    seen = []
    found = embed(tiny_model, samples, on_step=seen.append, should_stop=lambda: seen[-1].index == 3)
    assert found.steps == 3
    assert [step.index for step in seen] == [0, 1, 2, 3]
    np.testing.assert_array_equal(found.psnr, np.max([step.psnr for step in seen], axis=0))


def test_embedding_starts_from_the_encoders_latent_if_there_is_an_encoder(with_encoder, samples):
    found = embed(with_encoder, samples, EmbedConfig(steps=0))
    assert found.started_from == "encoder"
    assert torch.equal(found.w_plus, with_encoder.encode(samples))
    assert found.best_step.tolist() == [0, 0]
    further = embed(with_encoder, samples, EmbedConfig(steps=10))
    assert (further.psnr > found.psnr).all()


def test_from_the_mean_all_rows_move_alike_at_first(tiny_model, samples):
    *_, last = optimize_embedding(tiny_model, samples, EmbedConfig(steps=4, together=4))
    torch.testing.assert_close(last.w_plus, last.w_plus[:, :1].expand_as(last.w_plus), rtol=0, atol=1e-5)
    *_, last = optimize_embedding(tiny_model, samples, EmbedConfig(steps=4, together=2))
    assert not torch.equal(last.w_plus, last.w_plus[:, :1].expand_as(last.w_plus))


@pytest.mark.slow
def test_the_prior_keeps_the_latent_near_to_the_start(tiny_model, samples):
    def way(prior):
        found = embed(tiny_model, samples, EmbedConfig(steps=30, prior=prior))
        return float((found.w_plus - found.first.w_plus).norm())

    assert way(2.0) < 0.8 * way(0.0)


def test_no_grad_mode_leaks_to_the_consumer(tiny_model, samples):
    for enabled in (True, False):
        with torch.set_grad_enabled(enabled):
            for _ in optimize_embedding(tiny_model, samples, EmbedConfig(steps=2)):
                assert torch.is_grad_enabled() == enabled


def test_a_model_without_discriminator_embeds_with_the_stand_ins_features(tiny_model, samples):
    bare = EditGAN(tiny_model.generator, None, None, tiny_model.labels)
    found = embed(bare, samples, EmbedConfig(steps=10, encoder=1.0))
    assert (found.psnr > found.first.psnr).all()
    assert found.perceptual_features == "stand-in: the discriminator of portraits-128"
    assert found.left_out == {"encoder": "the model has no encoder"}
    own = embed(tiny_model, samples, EmbedConfig(steps=1))
    assert (own.perceptual_features, dict(own.left_out)) == ("the model's discriminator", {})
    assert embed(bare, samples, EmbedConfig(steps=1, perceptual=0)).perceptual_features is None


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("shape", [(1, 3, 16, 16), (1, 3, 32, 24), (3, 32, 32), (0, 3, 32, 32)])
def test_pictures_of_another_size_are_refused(tiny_model, shape):
    with pytest.raises(ValueError, match=r"this model embeds \(n, 3, 32, 32\): crop and resize"):
        embed(tiny_model, torch.zeros(shape))


def test_pictures_of_another_range_are_refused(tiny_model):
    with pytest.raises(ValueError, match=r"are 0 to 255, but embed takes \[-1, 1\]; use images\.from_uint8"):
        embed(tiny_model, torch.linspace(0, 255, 3 * 32 * 32).reshape(1, 3, 32, 32))
    with pytest.raises(ValueError, match="are nan to nan"):
        embed(tiny_model, torch.full((1, 3, 32, 32), float("nan")))


@pytest.mark.parametrize("changes", [{"steps": -1}, {"steps": True}, {"lr": 0.0}, {"decay_share": 1.5}])
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        EmbedConfig(**changes)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "wrong", [{"perceptual_every": 0}, {"warmup": -1}, {"error": "l1"}, {"coordinates": "W"}, {"prior": float("nan")}]
)
def test_settings_of_the_presets_that_are_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        EmbedConfig(**wrong)
