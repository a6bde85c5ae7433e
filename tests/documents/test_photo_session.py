"""Opening a photo in a session, and pasting its edits back."""

import numpy as np
import pytest
import torch
from PIL import Image

from editgan_widgets import EditGAN, Stroke, images
from editgan_widgets.documents.photo import Crop, Photo
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.photo_squares import suggest_crop
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.latent.pivotal import PivotalConfig, PivotalStep


@pytest.fixture(scope="module")
def photo(tiny_model):
    """An enlarged sample of the tiny model, in the middle of a wider picture."""
    with torch.no_grad():
        made = images.to_uint8(tiny_model.generator.synthesis(tiny_model.sample_w_plus(5)).image)[0]
    pixels = np.full((128, 192, 3), 30, np.uint8)
    pixels[:, 32:160] = made.repeat(4, axis=0).repeat(4, axis=1)
    return Photo(pixels)


@pytest.fixture(scope="module")
def opened(tiny_model, photo):
    return PhotoSession.open(tiny_model, photo, config=EmbedConfig(steps=40))


def painted_edit(opened):
    session = opened.session
    label = next(label.name for label in session.model.labels if label.id != session.label_map[16, 16])
    session.paint(Stroke(points=[(14, 14), (18, 18)], radius=3, label=label))
    for _ in session.edit(steps=4):
        pass
    return session


def test_the_sessions_first_picture_is_the_embedded_crop(opened, photo):
    assert opened.crop == Crop(32, 0, 128)
    np.testing.assert_array_equal(opened.session.image, opened.embedding.image[0])
    assert opened.psnr > 15
    assert opened.cut.shape == (32, 32, 3)


@pytest.mark.slow
def test_only_the_edited_region_of_the_photo_changes(tiny_model, photo):
    opened = PhotoSession.open(tiny_model, photo, config=EmbedConfig(steps=5))
    np.testing.assert_array_equal(opened.pasted(), photo.pixels)
    session = painted_edit(opened)
    region = session.edited_region
    assert 0 < region.sum() < region.size
    for method in ("feather", "gradient"):
        change = np.abs(opened.pasted(method).astype(int) - photo.pixels).max(2)
        assert change.max() > 2
        assert not change[:, :32].any()
        assert not change[:, 160:].any()
        outside = ~np.kron(region, np.ones((4, 4), bool))
        far = outside & ~np.roll(region, 2).repeat(4, 0).repeat(4, 1) & ~np.roll(region, -2).repeat(4, 0).repeat(4, 1)
        assert change[:, 32:160][far].mean() < 1
    session.undo()
    session.undo()
    assert not session.edited_region.any()
    np.testing.assert_array_equal(opened.pasted(), photo.pixels)


@pytest.mark.slow
def test_a_tuned_generator_is_closer_to_the_photo_and_used_only_by_the_session(tiny_model, photo):
    steps = []
    tune = PivotalConfig(steps=30, lr=0.02, locality=0.0)
    opened = PhotoSession.open(tiny_model, photo, config=EmbedConfig(steps=5), tune=tune, on_step=steps.append)
    assert opened.session.model is not tiny_model
    error = np.square(opened.session.image.astype(float) - opened.cut).mean()
    assert error < np.square(opened.embedding.image[0].astype(float) - opened.cut).mean()
    assert sum(isinstance(step, PivotalStep) for step in steps) == 30
    assert opened.session.model.base_fingerprint == tiny_model.fingerprint


def test_opening_a_photo_can_be_stopped(tiny_model, photo):
    steps = []
    opened = PhotoSession.open(
        tiny_model, photo, tune=PivotalConfig(), on_step=steps.append, should_stop=lambda: len(steps) >= 2
    )
    assert len(steps) == 2
    assert opened.session.model is tiny_model


class _Exact(torch.nn.Module):
    """An encoder that knows only one picture, and returns the mean for any other."""

    def __init__(self, model, seed):
        super().__init__()
        self.latent, self.mean = model.sample_w_plus(seed), model.generator.w_plus(model.generator.mapping.w_avg[None])
        with torch.no_grad():
            self.picture = model.generator.synthesis(self.latent).image.clamp(-1, 1)
        self.config = type("Config", (), {"resolution": 32, "num_ws": 8, "w_dim": 16})()

    def forward(self, image):
        near = (image - self.picture).square().mean((1, 2, 3)) < 0.02
        return torch.where(near[:, None, None], self.latent, self.mean)


def test_a_crop_is_found_where_the_encoder_reproduces_the_picture(tiny_model):
    knowing = EditGAN(tiny_model.generator, None, tiny_model.interpreter, tiny_model.labels)
    knowing.encoder = _Exact(tiny_model, 5)
    with torch.no_grad():
        made = images.to_uint8(tiny_model.generator.synthesis(tiny_model.sample_w_plus(5)).image)[0]
    pixels = np.full((200, 200, 3), 128, np.uint8)
    pixels[25:175, 25:175] = np.asarray(Image.fromarray(made).resize((150, 150), Image.Resampling.NEAREST))
    found = suggest_crop(knowing, Photo(pixels))
    assert np.abs(np.array([found.x - 25, found.y - 25, found.side - 150])).max() < 8
    assert suggest_crop(tiny_model, Photo(pixels)) == Photo(pixels).central_crop()


def test_a_picture_of_another_subject_is_embedded_with_a_low_quality_figure(tiny_model):
    noise = np.random.default_rng(0).integers(0, 255, (40, 50, 3)).astype(np.uint8)
    opened = PhotoSession.open(tiny_model, noise, config=EmbedConfig(steps=3))
    assert opened.embedding.psnr[0] < 15
    assert PhotoSession.open(tiny_model, noise[:1, :1], config=EmbedConfig(steps=0)).photo.width == 1
