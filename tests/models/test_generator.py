"""The generator: comparison of the whole network with a slow reference, truncation, noise, features, errors."""

import pytest
import torch
from reference_generator import (
    make_random_generator,
    naive_mapping,
    naive_synthesis,
)

from editgan_widgets.models.generators.stylegan2 import StyleGAN2, StyleGAN2Config


@pytest.fixture(name="generator")
def random_generator() -> StyleGAN2:
    return make_random_generator()


@torch.no_grad()
def test_pictures_and_features_agree_with_a_slow_reference(generator):
    z = torch.randn(3, 8)
    w = generator.mapping(z)
    assert torch.allclose(w, naive_mapping(generator.state_dict(), z), atol=1e-5)
    w_plus = generator.w_plus(w) + torch.randn(
        3, generator.config.num_ws, 16
    )  # rows differ, to test that each layer reads its own
    image, features = naive_synthesis(generator, w_plus)
    synthesis = generator.synthesis(w_plus, noise_mode="const")
    assert torch.allclose(synthesis.image, image, atol=1e-4)
    assert len(features) == len(synthesis.features)
    for mine, theirs in zip(synthesis.features, features, strict=True):
        assert torch.allclose(mine, theirs, atol=1e-4)


@torch.no_grad()
def test_features_are_the_constant_and_the_output_of_every_styled_convolution(generator):
    features = generator.synthesis(torch.randn(2, 8, 16)).features
    assert [f.shape[1] for f in features] == generator.feature_channels == [16, 16, 16, 16, 16, 16, 8, 8]
    assert [f.shape[2] for f in features] == [4, 4, 8, 8, 16, 16, 32, 32]
    assert torch.equal(features[0][1], generator.synthesis.b4.const)


@torch.no_grad()
def test_truncation_interpolates_between_the_mean_and_w(generator):
    z = torch.randn(4, 8)
    w, w_avg = generator.mapping(z), generator.mapping.w_avg
    assert torch.equal(generator.mapping(z, truncation_psi=1.0), w)
    assert torch.allclose(generator.mapping(z, truncation_psi=0.0), w_avg.expand(4, -1))
    assert torch.allclose(generator.mapping(z, truncation_psi=0.7), w_avg + 0.7 * (w - w_avg), atol=1e-6)


@torch.no_grad()
def test_constant_noise_gives_the_same_picture_every_time_and_random_noise_does_not(generator):
    w_plus = torch.randn(1, 8, 16)
    pictures = [generator.synthesis(w_plus, noise_mode="const").image for _ in range(2)]
    assert torch.equal(*pictures)
    rng = torch.Generator().manual_seed(0)
    drawn = [generator.synthesis(w_plus, noise_mode="random", rng=rng).image for _ in range(2)]
    assert not torch.equal(*drawn)


@torch.no_grad()
def test_a_picture_does_not_depend_on_its_neighbours_in_the_batch(generator):
    w_plus = torch.randn(3, 8, 16)
    together = generator.synthesis(w_plus).image
    alone = torch.cat([generator.synthesis(row[None]).image for row in w_plus])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_state_dict_has_the_names_of_the_public_layout(generator):
    names = set(generator.state_dict())
    layer = ("weight", "bias", "noise_strength", "noise_const", "resample_filter", "affine.weight", "affine.bias")
    expected = {"mapping.w_avg", "synthesis.b4.const"}
    expected |= {f"mapping.fc{i}.{kind}" for i in range(2) for kind in ("weight", "bias")}
    for r in (4, 8, 16, 32):
        expected |= {f"synthesis.b{r}.conv1.{kind}" for kind in layer}
        expected |= {f"synthesis.b{r}.conv0.{kind}" for kind in layer if r > 4}
        expected |= {f"synthesis.b{r}.torgb.{kind}" for kind in ("weight", "bias", "affine.weight", "affine.bias")}
        expected |= {f"synthesis.b{r}.resample_filter"}
    assert names == expected
    assert generator.state_dict()["synthesis.b8.conv0.noise_strength"].shape == ()


@pytest.mark.parametrize(
    ("shape", "words"),
    [((1, 6, 16), r"6 layers, this generator takes 8 \(32 px\).*16 px model"), ((1, 8, 12), "12 wide.*takes 16")],
)
def test_a_latent_of_another_model_is_refused_with_both_sizes(generator, shape, words):
    with pytest.raises(ValueError, match=words):
        generator.synthesis(torch.zeros(shape))


def test_errors_for_other_wrong_arguments_say_what_is_allowed(generator):
    with pytest.raises(ValueError, match="'const', 'random', 'none'"):
        generator.synthesis(torch.zeros(1, 8, 16), noise_mode="constant")
    with pytest.raises(ValueError, match=r"z has 9 values.*takes 8"):
        generator.mapping(torch.zeros(1, 9))
    with pytest.raises(ValueError, match=r"resolution 48 px.*power of two"):
        StyleGAN2Config(resolution=48)
    with pytest.raises(ValueError, match="channels has 2 entries; 32 px needs 4"):
        StyleGAN2Config(resolution=32, channels=(8, 8))


def test_a_configuration_survives_json_and_explicit_channels_take_precedence():
    config = StyleGAN2Config(resolution=16, channels=(12, 10, 6))
    assert StyleGAN2Config.from_dict(config.to_dict()) == config
    assert [config.channels_at(r) for r in config.resolutions] == [12, 10, 6]
    assert StyleGAN2Config().num_ws == 10
    assert StyleGAN2Config(resolution=1024, channel_base=32768, channel_max=512).num_ws == 18


def test_a_mapping_with_a_skip_adds_a_linear_map_of_the_code():
    sizes = {"resolution": 8, "z_dim": 8, "w_dim": 12, "channel_max": 8, "normalize_z": False}
    plain, skipping = (StyleGAN2(StyleGAN2Config(**sizes, mapping_skip=skip)) for skip in (False, True))
    missing, _ = skipping.load_state_dict(plain.state_dict(), strict=False)
    assert missing == ["mapping.skip.weight", "mapping.skip.bias"]
    a, b = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(4))
    added = [skipping.mapping(z) - plain.mapping(z) for z in (a, b, a + b)]
    torch.testing.assert_close(added[0] + added[1], added[2])
    assert added[0].abs().max() > 0.1


def test_a_codes_length_matters_only_without_normalisation():
    z = torch.randn(2, 8, generator=torch.Generator().manual_seed(3))
    for normalize_z, same in ((True, True), (False, False)):
        generator = StyleGAN2(StyleGAN2Config(resolution=8, z_dim=8, w_dim=8, channel_max=8, normalize_z=normalize_z))
        assert torch.allclose(generator.mapping(z), generator.mapping(1.3 * z), atol=1e-5) is same


def test_a_mapping_with_hinges_is_piecewise_linear():
    sizes = {
        "resolution": 8,
        "z_dim": 2,
        "w_dim": 6,
        "channel_max": 8,
        "normalize_z": False,
        "mapping_layers": 0,
        "mapping_lr_multiplier": 1.0,
    }
    mapping = StyleGAN2(StyleGAN2Config(**sizes, mapping_skip=True, mapping_hinges=(-1.0, 0.5))).mapping
    mapping.skip.weight.data.normal_(generator=torch.Generator().manual_seed(0))

    def slope(at: float) -> torch.Tensor:
        here, there = (torch.tensor([[0.0, at + step]]) for step in (0.0, 0.1))
        return mapping.skip(mapping.read(there)) - mapping.skip(mapping.read(here))

    for low, high in ((-3.0, -1.2), (-0.9, 0.3), (0.6, 2.0)):
        torch.testing.assert_close(slope(low), slope(high), atol=1e-4, rtol=1e-3)
    assert (slope(-2.0) - slope(0.0)).abs().max() > 0.01
    assert (slope(0.0) - slope(1.0)).abs().max() > 0.01
    config = StyleGAN2Config(mapping_hinges=(-1.0, 0.5))
    assert StyleGAN2Config.from_dict(config.to_dict()) == config
    old = {name: value for name, value in config.to_dict().items() if name != "mapping_hinges"}
    assert StyleGAN2Config.from_dict(old).mapping_hinges == ()
