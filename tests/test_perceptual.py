import pytest
import torch

from editgan_widgets.models.perceptual import PerceptualDistance


@pytest.fixture
def picture(tiny_model):
    return tiny_model.generator.synthesis(tiny_model.sample_w_plus(1)).image


def test_a_picture_is_at_no_distance_from_itself(tiny_model, picture):
    distance = PerceptualDistance(tiny_model.discriminator)
    assert distance(picture, distance.reference(picture)) == 0


def test_distance_grows_with_the_difference(tiny_model, picture):
    distance = PerceptualDistance(tiny_model.discriminator)
    reference = distance.reference(picture)
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    near, far = (float(distance(picture + share * noise, reference)) for share in (0.05, 0.3))
    assert 0 < near < far


def test_pixels_that_do_not_count_give_no_distance_and_get_no_gradient(tiny_model, picture):
    distance = PerceptualDistance(tiny_model.discriminator)
    keep = torch.ones(32, 32, dtype=torch.bool)
    keep[8:20, 8:20] = False
    reference = distance.reference(picture, keep)
    changed = torch.where(keep, picture, 1 - picture)
    assert distance(changed, reference) == 0
    moved = (picture + 0.1 * torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))).requires_grad_()
    (gradient,) = torch.autograd.grad(distance(moved, reference), [moved])
    assert gradient[..., ~keep].abs().max() == 0
    assert gradient[..., keep].abs().max() > 0


def test_blocks_that_the_discriminator_lacks_are_refused(tiny_model):
    with pytest.raises(ValueError, match=r"blocks \(0, 9\) do not fit: this discriminator has blocks 0\.\.2"):
        PerceptualDistance(tiny_model.discriminator, (0, 9))
