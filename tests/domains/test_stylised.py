"""Pictures in the style of drawings and paintings, and edits of them."""

import numpy as np
import pytest
import torch

from editgan_widgets import EditVector, images
from editgan_widgets.analysis.stylised import STYLES, measure_styles, oil, posterise, sketch, style_table
from editgan_widgets.latent.embed import EmbedConfig


@pytest.fixture(scope="module")
def picture():
    y, x = np.mgrid[:64, :64]
    disc = (x - 32) ** 2 + (y - 32) ** 2 < 300
    pixels = np.where(disc[..., None], (200, 120, 90), (60, 90, 140)).astype(float)
    return (pixels + np.random.default_rng(0).normal(0, 6, pixels.shape)).clip(0, 255).astype(np.uint8)


def test_every_style_changes_the_picture_but_not_its_size_and_type(picture):
    for draw in STYLES.values():
        drawn = draw(picture)
        assert drawn.shape == picture.shape
        assert drawn.dtype == np.uint8
        assert np.abs(drawn.astype(int) - picture).mean() > 2


def test_posterised_has_few_tones_oil_is_smooth_and_a_sketch_is_light_with_dark_edges(picture):
    assert len(np.unique(posterise(picture, 4))) <= 4
    inside = slice(26, 38), slice(26, 38)
    assert oil(picture)[inside].std(axis=(0, 1)).max() < picture[inside].std(axis=(0, 1)).max()
    drawn = sketch(picture, tint=0.0).astype(float)
    assert drawn.std(2).max() == 0
    edge, flat = drawn[32, 12:18].min(), drawn[30:34, 30:34].mean()
    assert edge < flat


def brightness(pictures):
    return {"brightness": pictures.mean((1, 2, 3)).numpy()}


@pytest.mark.slow
def test_an_edit_is_measured_in_each_style(tiny_model):
    w_plus = tiny_model.generator.w_plus(tiny_model.generator.mapping.w_avg[None]).clone().requires_grad_()
    tiny_model.generator.synthesis(w_plus).image.mean().backward()
    vector = EditVector("brighter", 4 * w_plus.grad[0] / w_plus.grad.norm())
    with torch.no_grad():
        shown = [images.to_uint8(tiny_model.generator.synthesis(tiny_model.sample_w_plus(i)).image)[0] for i in (1, 2)]
    rows = measure_styles(tiny_model, shown, vector, "brightness", brightness, 0.02, config=EmbedConfig(steps=8))
    assert [row.style for row in rows] == ["plain", "posterised", "sketch", "oil"]
    assert rows[0].success.n == 2
    assert rows[0].share.value > 0
    assert "| sketch | brighter | brightness | 2 |" in style_table(rows)
    with pytest.raises(ValueError, match="give at least one picture"):
        measure_styles(tiny_model, [], vector, "brightness", brightness, 0.02)
