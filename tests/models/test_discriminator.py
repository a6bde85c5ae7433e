"""The discriminator: shapes, minibatch standard deviation, gradients for R1."""

import pytest
import torch

from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig, minibatch_std
from editgan_widgets.training.losses import r1_penalty

TINY = DiscriminatorConfig(resolution=32, channel_base=256, channel_max=16)


@pytest.fixture
def discriminator():
    torch.manual_seed(0)
    return Discriminator(TINY)


def test_the_discriminator_returns_one_score_per_picture_and_features_down_to_4_px(discriminator):
    image = torch.randn(3, 3, 32, 32)
    assert discriminator(image).shape == (3, 1)
    assert [tuple(f.shape) for f in discriminator.features(image)] == [(3, 16, 16, 16), (3, 16, 8, 8), (3, 16, 4, 4)]


def test_minibatch_std_is_the_mean_deviation_inside_each_group():
    x = torch.randn(8, 3, 4, 4)
    channel = minibatch_std(x, group=4)
    for i in range(8):
        members = x[[j for j in range(8) if j % 2 == i % 2]]
        expected = members.var(dim=0, unbiased=False).add(1e-8).sqrt().mean()
        assert torch.allclose(channel[i], expected.expand(1, 4, 4))


@pytest.mark.parametrize(("batch", "size"), [(1, 1), (6, 3), (5, 1), (8, 4)])
def test_minibatch_std_uses_the_largest_group_that_divides_the_batch(batch, size):
    x = torch.randn(batch, 3, 4, 4)
    groups = {round(float(v), 6) for v in minibatch_std(x, group=4)[:, 0, 0, 0]}
    assert len(groups) == (1 if size == 1 else batch // size)


def test_identical_pictures_have_zero_deviation():
    assert float(minibatch_std(torch.ones(4, 3, 4, 4), group=4).max()) < 1e-3


def test_the_r1_penalty_is_the_squared_gradient_and_reaches_the_weights(discriminator):
    image = torch.randn(2, 3, 32, 32, requires_grad=True)
    penalty = r1_penalty(discriminator(image), image)
    (gradient,) = torch.autograd.grad(discriminator(image).sum(), image)
    assert torch.allclose(penalty, gradient.square().sum() / 2)
    penalty.backward()
    moved = [name for name, p in discriminator.named_parameters() if p.grad is not None and p.grad.abs().max() > 0]
    assert {"b32.fromrgb.weight", "b32.conv0.weight", "b8.conv1.weight", "b8.skip.weight", "b4.out.weight"} <= set(
        moved
    )


def test_the_state_dict_has_the_names_of_the_public_layout(discriminator):
    names = set(discriminator.state_dict())
    assert {f"b{r}.{layer}.weight" for r in (32, 16, 8) for layer in ("conv0", "conv1", "skip")} <= names
    assert {"b32.fromrgb.weight", "b4.conv.weight", "b4.fc.weight", "b4.out.bias", "b8.resample_filter"} <= names
    assert "b8.skip.bias" not in names
    assert discriminator.state_dict()["b4.conv.weight"].shape == (16, 17, 3, 3)


def test_a_picture_of_another_size_is_refused_with_both_sizes(discriminator):
    with pytest.raises(ValueError, match=r"\(64, 64\) px, this discriminator takes \(32, 32\)"):
        discriminator(torch.zeros(1, 3, 64, 64))


def test_each_patchs_score_depends_only_on_its_surroundings():
    torch.manual_seed(0)
    discriminator = Discriminator(DiscriminatorConfig(resolution=64, channel_base=256, channel_max=8, patches=16))
    image = torch.randn(2, 3, 64, 64)
    changed = image.clone()
    changed[:, :, :4, :4] = 0
    before, after = (discriminator(x).view(2, 16, 16) for x in (image, changed))
    assert not torch.allclose(before[:, 0, 0], after[:, 0, 0])
    assert torch.equal(before[:, 12:, 12:], after[:, 12:, 12:])
    assert len(discriminator.features(image)) == 2
    other = discriminator(torch.cat([image[:1], changed[1:]])).view(2, 16, 16)
    torch.testing.assert_close(other[0], before[0])


@pytest.mark.parametrize("patches", [0, 4, 12, 32, 64])
def test_numbers_of_patches_that_match_no_block_are_refused(patches):
    with pytest.raises(ValueError, match=r"allows \[1, 8, 16\]"):
        DiscriminatorConfig(resolution=32, patches=patches)
