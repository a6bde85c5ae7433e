"""Layers compared with slow references written from the paper's definitions."""

import pytest
import torch
import torch.nn.functional as F
from reference_generator import low_pass, naive_synthesis_layer, zeros_between

from editgan_widgets.models.generators import stylegan2_layers as layers


@pytest.fixture
def styled(request):
    torch.manual_seed(0)
    layer = layers.SynthesisLayer(6, 5, w_dim=7, resolution=16 if request.param else 8, up=request.param)
    with torch.no_grad():
        layer.noise_strength.fill_(0.3)
        layer.bias.normal_()
    return layer


@pytest.mark.parametrize("styled", [False, True], indirect=True)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_styled_convolution_equals_one_modulated_convolution_per_sample(styled, batch):
    x, w = torch.randn(batch, 6, 8, 8), torch.randn(batch, 7)
    expected = naive_synthesis_layer(styled, x, w, styled.noise_const)
    assert torch.allclose(styled(x, w), expected, atol=1e-5)


@pytest.mark.parametrize("styled", [False, True], indirect=True)
def test_a_styled_convolution_has_the_gradients_of_its_reference(styled):
    x = torch.randn(2, 6, 8, 8, requires_grad=True)
    w = torch.randn(2, 7, requires_grad=True)
    wanted = [x, w, *styled.parameters()]
    out = styled(x, w)
    pull = torch.randn_like(out)
    mine = torch.autograd.grad((out * pull).sum(), wanted)
    reference = naive_synthesis_layer(styled, x, w, styled.noise_const)
    theirs = torch.autograd.grad((reference * pull).sum(), wanted)
    for a, b in zip(mine, theirs, strict=True):
        assert torch.allclose(a, b, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("styled", [True], indirect=True)
def test_random_noise_comes_from_the_given_generator_and_none_disables_it(styled):
    x, w = torch.randn(2, 6, 8, 8), torch.randn(2, 7)
    draws = [styled(x, w, "random", torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert torch.allclose(styled(x, w, "none"), naive_synthesis_layer(styled, x, w, torch.zeros(16, 16)), atol=1e-5)


def test_upsampling_equals_inserting_zeros_and_filtering():
    x = torch.randn(2, 3, 5, 5)
    kernel = layers.depthwise(layers.resample_filter() * 4, 3, x.dtype)
    up = layers.upsample_2x(x, kernel)
    assert torch.allclose(up, low_pass(zeros_between(x), 4.0, 2, 1), atol=1e-6)
    flat = layers.upsample_2x(torch.ones(1, 3, 8, 8), kernel)
    assert torch.allclose(flat[:, :, 2:-2, 2:-2], torch.ones(1, 3, 12, 12))


@pytest.mark.parametrize("kernel", [1, 3])
def test_a_downsampling_convolution_filters_before_subsampling(kernel):
    torch.manual_seed(0)
    layer = layers.Convolution(4, 6, kernel=kernel, down=True, activate=kernel == 3, bias=kernel == 3, gain=0.7)
    x = torch.randn(2, 4, 8, 8)
    weight = layer.weight / (4 * kernel**2) ** 0.5
    pad = 1 if kernel == 1 else 2
    expected = F.conv2d(low_pass(x, 1.0, pad, pad), weight)[:, :, ::2, ::2]
    if kernel == 3:
        expected = F.leaky_relu(expected, 0.2) * 2**0.5
    assert layer(x).shape[2:] == (4, 4)
    assert torch.allclose(layer(x), expected * 0.7, atol=1e-5)


def test_a_fully_connected_layer_scales_weights_and_bias_by_its_learning_rate_multiplier():
    torch.manual_seed(0)
    layer = layers.FullyConnected(5, 4, lr_multiplier=0.01, bias_init=2.0)
    x = torch.randn(3, 5)
    assert torch.allclose(layer(x), x @ (layer.weight * 0.01 / 5**0.5).T + 0.02, atol=1e-6)
    assert 30 < float(layer.weight.detach().std()) < 300  # stored large, so that Adam moves it little


def test_to_rgb_is_modulated_but_not_demodulated():
    torch.manual_seed(0)
    layer = layers.ToRGB(6, w_dim=7)
    x, w = torch.randn(3, 6, 4, 4), torch.randn(3, 7)
    expected = torch.einsum("bihw,oi,bi->bohw", x, layer.weight[:, :, 0, 0], layer.affine(w) / 6**0.5)
    assert torch.allclose(layer(x, w), expected, atol=1e-5)
