import pytest
import torch

from editgan_kernels import (
    PixelSampler,
    PyramidStrips,
    pyramid_linear,
    pyramid_linear_at,
    pyramid_linear_reference,
)

SHAPES = [(8, 4), (8, 4), (6, 8), (6, 8), (5, 16), (3, 16), (4, 32), (2, 32)]


def pyramid(batch=2, out=7, dtype=torch.float64, shapes=SHAPES):
    rng = torch.Generator().manual_seed(0)
    levels = [torch.randn(batch, c, s, s, generator=rng, dtype=dtype) for c, s in shapes]
    weights = [torch.randn(out, c, generator=rng, dtype=dtype) for c, _ in shapes]
    return levels, weights, torch.randn(out, generator=rng, dtype=dtype)


@pytest.mark.parametrize("size", [(32, 32), (64, 64), (33, 47)])
def test_projecting_first_equals_the_naive_cube(size):
    levels, weights, bias = pyramid()
    naive = pyramid_linear_reference(levels, weights, bias, size)
    torch.testing.assert_close(pyramid_linear(levels, weights, bias, size), naive, rtol=0, atol=1e-10)


@pytest.mark.parametrize("share", [0.02, 0.5, 1.0])
@pytest.mark.parametrize("size", [(32, 32), (64, 64), (33, 47)])
def test_the_region_form_equals_the_naive_cube_at_its_pixels(size, share):
    levels, weights, bias = pyramid()
    region = torch.rand(size, generator=torch.Generator().manual_seed(1)) < share
    naive = pyramid_linear_reference(levels, weights, bias, size)[:, :, region].transpose(1, 2)
    at = pyramid_linear_at(levels, weights, bias, PixelSampler.from_region(region))
    torch.testing.assert_close(at, naive, rtol=0, atol=1e-10)


@pytest.mark.parametrize("share", [0.05, 0.9])
def test_gradients_of_both_forms_equal_those_of_the_naive_cube(share):
    levels, weights, bias = pyramid()
    region = torch.rand(32, 32, generator=torch.Generator().manual_seed(1)) < share
    sampler = PixelSampler.from_region(region)
    leaves = [x.requires_grad_() for x in (*levels, *weights, bias)]

    def gradients(values):
        return torch.autograd.grad(values.square().sum(), leaves)

    naive = pyramid_linear_reference(levels, weights, bias, (32, 32))
    expected = gradients(naive[:, :, region])
    for got in (pyramid_linear(levels, weights, bias, (32, 32))[:, :, region], None):
        values = pyramid_linear_at(levels, weights, bias, sampler) if got is None else got
        for a, b in zip(gradients(values), expected, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-8)


def test_a_pyramid_without_bias_and_of_one_level_works():
    levels, weights, _ = pyramid(shapes=[(3, 8)])
    region = torch.ones(8, 8, dtype=torch.bool)
    naive = pyramid_linear_reference(levels, weights, None, (8, 8))
    torch.testing.assert_close(pyramid_linear(levels, weights, None, (8, 8)), naive)
    at = pyramid_linear_at(levels, weights, None, PixelSampler.from_region(region))
    torch.testing.assert_close(at, naive.flatten(2).transpose(1, 2))


def test_weights_that_do_not_match_the_levels_are_refused_with_both_channel_lists():
    levels, weights, bias = pyramid()
    with pytest.raises(ValueError, match=r"\[8, 8, 6, 6, 5, 3, 4, 2\] channels, the weights \[8\]"):
        pyramid_linear(levels, weights[:1], bias, (32, 32))


def put_together(levels, weights, bias, size, rows):
    strips = [strip.clone() for strip in PyramidStrips(levels, size)(weights, bias, rows)]
    assert [strip.shape[1] for strip in strips[:-1]] == [rows] * (len(strips) - 1)
    return torch.cat(strips, dim=1).permute(0, 3, 1, 2)


@pytest.mark.parametrize("rows", [1, 2, 5, 6, 32])
@pytest.mark.parametrize("size", [(32, 32), (64, 64), (33, 47), (48, 48)])
@pytest.mark.parametrize("biased", [True, False])
def test_concatenated_strips_equal_the_naive_cube(size, rows, biased):
    levels, weights, bias = pyramid()
    bias = bias if biased else None
    naive = pyramid_linear_reference(levels, weights, bias, size)
    torch.testing.assert_close(put_together(levels, weights, bias, size, rows), naive, rtol=0, atol=1e-10)


@pytest.mark.parametrize("shapes", [[(3, 8)], [(3, 16)], [(3, 32)], [(3, 4), (2, 16)], [(3, 4), (2, 64)]])
def test_strips_of_a_pyramid_with_missing_levels_equal_the_naive_cube(shapes):
    levels, weights, bias = pyramid(shapes=shapes)
    naive = pyramid_linear_reference(levels, weights, bias, (32, 32))
    torch.testing.assert_close(put_together(levels, weights, bias, (32, 32), 4), naive, rtol=0, atol=1e-10)


def test_strips_of_non_square_pictures_equal_the_naive_cube():
    rng = torch.Generator().manual_seed(0)
    levels = [torch.randn(1, 3, 4 * k, 6 * k, generator=rng, dtype=torch.float64) for k in (1, 2, 4)]
    weights = [torch.randn(5, 3, generator=rng, dtype=torch.float64) for _ in levels]
    naive = pyramid_linear_reference(levels, weights, None, (16, 24))
    torch.testing.assert_close(put_together(levels, weights, None, (16, 24), 2), naive, rtol=0, atol=1e-10)


@pytest.mark.parametrize("size", [(32, 32), (64, 64), (33, 47)])
@pytest.mark.parametrize("share", [0.02, 0.9])
def test_nearest_sampling_equals_nearest_upsampling(size, share):
    levels, weights, bias = pyramid()
    region = torch.rand(size, generator=torch.Generator().manual_seed(1)) < share
    nearest = [torch.nn.functional.interpolate(level, size=size, mode="nearest") for level in levels]
    naive = pyramid_linear_reference(nearest, weights, bias, size)[:, :, region].transpose(1, 2)
    at = pyramid_linear_at(levels, weights, bias, PixelSampler.from_region(region, nearest=True))
    torch.testing.assert_close(at, naive, rtol=0, atol=1e-10)


def test_a_sampler_lists_the_positions_that_its_pixels_read():
    sampler = PixelSampler(torch.tensor([0, 9]), torch.tensor([0, 9]), (16, 16))
    index, _ = sampler.taps((8, 8))
    assert sampler.touched((8, 8)).tolist() == sorted(set(index.flatten().tolist()))
    assert len(PixelSampler(sampler.ys, sampler.xs, (16, 16), nearest=True).touched((8, 8))) == 2
