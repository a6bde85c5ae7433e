"""Quality of an embedded picture: closeness, identity, editability, and the grade that the editor shows."""

import math

import pytest
import torch

from editgan_widgets import EditVector
from editgan_widgets.analysis.embedding_quality import EmbeddingQuality, embedding_quality


def brightness(pictures):
    return {"brightness": pictures.mean((1, 2, 3)).numpy()}


def colours(pictures):
    mean = pictures.mean((2, 3)) + 1e-3
    return mean / mean.norm(dim=1, keepdim=True)


@pytest.fixture(scope="module")
def brighter(tiny_model):
    """The direction in which the mean sample's picture gets brighter."""
    w_plus = tiny_model.generator.w_plus(tiny_model.generator.mapping.w_avg[None]).clone().requires_grad_()
    tiny_model.generator.synthesis(w_plus).image.mean().backward()
    return EditVector("brighter", 2 * w_plus.grad[0] / w_plus.grad.norm())


def test_a_models_own_sample_is_good(tiny_model, brighter):
    w_plus = tiny_model.sample_w_plus(3)
    with torch.no_grad():
        image = tiny_model.generator.synthesis(w_plus).image.clamp(-1, 1)
    found = embedding_quality(tiny_model, image, w_plus, colours, brighter, "brightness", brightness, range(8))
    assert found.psnr > 60
    assert found.identity == pytest.approx(1, abs=1e-4)
    assert found.perceptual == pytest.approx(0, abs=1e-5)
    assert found.perceptual_name == "the model's discriminator"
    assert found.editability.samples == 8
    assert 0.2 < found.editability.share < 5


def test_editability_is_the_slope_over_that_of_samples(tiny_model, brighter):
    w_plus = tiny_model.sample_w_plus(3)
    image = torch.zeros(1, 3, 32, 32)
    arguments = (colours, brighter, "brightness", brightness)
    alike = embedding_quality(tiny_model, image, w_plus, *arguments, seeds=[3])
    assert alike.editability.share == pytest.approx(1)
    with pytest.raises(ValueError, match="unknown attribute 'size'; known attributes: brightness"):
        embedding_quality(tiny_model, image, w_plus, colours, brighter, "size", brightness)


def test_missing_figures_are_left_out_and_the_worst_figure_gives_the_grade(tiny_model):
    w_plus = tiny_model.sample_w_plus(3)
    found = embedding_quality(tiny_model, torch.ones(1, 3, 32, 32), w_plus)
    assert found.identity is None
    assert found.editability is None
    assert list(found.figures) == ["psnr"]
    assert found.grade == "poor"
    assert str(EmbeddingQuality(30.0, None, None, 0.7, None)) == "fair: PSNR 30.0 dB, identity 0.70"
    assert EmbeddingQuality(30.0, None, None, math.nan, None).grade == "good"
