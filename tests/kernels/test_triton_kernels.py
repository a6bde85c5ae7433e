"""The Triton kernels compared with their plain forms, on a CUDA device or in Triton's interpreter on the CPU."""

import pytest
import torch

pytest.importorskip("triton", reason="Triton is made for Linux only")

from editgan_kernels import bias_act_triton, low_pass_triton, modulate_triton, weighted_rows_triton
from editgan_kernels.bias_act import bias_act_backward_reference, bias_act_reference
from editgan_kernels.low_pass import low_pass_filter_reference
from editgan_kernels.modulate import modulate_backward_reference
from editgan_kernels.weighted_rows import WeightedRows, sum_entries_reference, weighted_rows_reference
from editgan_widgets.models.generators.stylegan2_layers import depthwise, resample_filter

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SHAPES = [(1, 3, 5, 7), (2, 70, 9, 4), (1, 64, 20, 17)]  # batch, channels, height, width: blocks that are not full
SMALL = [(1, 3, 5, 7), (2, 70, 2, 4), (1, 64, 3, 17)]  # Triton's interpreter takes 20 ms a row for the filter
LEAK = 0.2


@pytest.fixture(autouse=True)
def exact():
    """Run the plain forms in full float32; cuDNN would round to TF32."""
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


@pytest.fixture
def draw():
    rng = torch.Generator().manual_seed(0)

    def normal(*shape, dtype=torch.float32):
        x = torch.randn(*shape, generator=rng).to(DEVICE, dtype)
        return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x

    return normal


def close(ours, theirs, dtype=torch.float32):
    """Assert equality within the precision of the maps' type; the plain forms round products to it before summing."""
    tolerance = 1e-5 if dtype == torch.float32 else 2e-2
    assert ours.dtype == theirs.dtype
    assert torch.allclose(ours.float(), theirs.float(), rtol=tolerance, atol=tolerance * float(theirs.abs().max()))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("noise", ["none", "one for all", "each its own"])
@pytest.mark.parametrize("shape", SHAPES)
def test_bias_act_equals_the_plain_form_forward_and_backward(draw, shape, noise, dtype):
    batch, channels, *size = shape
    x, bias, gradient = draw(*shape, dtype=dtype), draw(channels, dtype=dtype), draw(*shape, dtype=dtype)
    own = {"none": None, "one for all": draw(1, 1, *size, dtype=dtype), "each its own": draw(batch, 1, *size)}[noise]
    own = None if own is None else own.to(dtype)
    for scale in (None, draw(batch, channels, dtype=dtype)):
        y = bias_act_reference(x.clone(), scale, bias, own, LEAK)
        close(bias_act_triton.bias_act_(x.clone(), scale, bias, own, LEAK), y, dtype)
    ours = bias_act_triton.bias_act_backward(gradient, y, bias, own, LEAK)
    for a, b in zip(ours, bias_act_backward_reference(gradient, y, bias, own, LEAK), strict=True):
        close(a, b, dtype)


def test_bias_act_works_in_place(draw):
    x = draw(1, 8, 4, 4)
    assert bias_act_triton.bias_act_(x, None, draw(8), None, LEAK).data_ptr() == x.data_ptr()


def test_a_map_in_another_memory_format_gives_the_same_result(draw):
    x, scale, bias = draw(2, 5, 6, 7).contiguous(), draw(2, 5), draw(5)
    expected = bias_act_reference(x.clone(), scale, bias, None, LEAK)
    assert torch.allclose(bias_act_triton.bias_act_(x, scale, bias, None, LEAK), expected)
    assert torch.allclose(x, expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", SHAPES)
def test_modulate_computes_both_gradients(draw, shape, dtype):
    gradient, x, styles = draw(*shape, dtype=dtype), draw(*shape, dtype=dtype), draw(*shape[:2], dtype=dtype)
    expected = modulate_backward_reference(gradient.clone(), x, styles)
    for a, b in zip(modulate_triton.modulate_backward(gradient, x, styles), expected, strict=True):
        close(a, b, dtype)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("padding", [1, 2])
@pytest.mark.parametrize("shape", SMALL if DEVICE == "cpu" else SHAPES)
def test_the_low_pass_filter_equals_a_grouped_convolution(draw, shape, padding, dtype):
    x, kernel = draw(*shape, dtype=dtype), depthwise(resample_filter() * 4, shape[1], dtype).to(DEVICE)
    close(low_pass_triton.low_pass_filter(x, kernel, padding), low_pass_filter_reference(x, kernel, padding), dtype)


@pytest.mark.slow
@pytest.mark.parametrize(("batch", "channels"), [(1, 5), (2, 300)])
def test_weighted_rows_compute_sums_and_their_gradient(draw, batch, channels):
    rng = torch.Generator().manual_seed(1)
    index = torch.randint(0, 11, (17, 4), generator=rng).to(DEVICE)
    weight, rows = draw(17, 4), draw(batch, 11, channels).requires_grad_()
    expected = weighted_rows_reference(rows, index, weight)
    reads, read_by = WeightedRows(index, weight, 11).lists()
    close(weighted_rows_triton.sum_entries(rows.detach(), *reads), expected.detach())
    gradient = draw(batch, 17, channels)
    (by_rows,) = torch.autograd.grad(expected, [rows], gradient)
    close(weighted_rows_triton.sum_entries(gradient, *read_by), by_rows)
    close(sum_entries_reference(gradient, *read_by), by_rows)


def test_a_row_that_is_not_read_has_gradient_zero(draw):
    weighted = WeightedRows(torch.tensor([[3], [1]], device=DEVICE), draw(2, 1), 5)
    _, read_by = weighted.lists()
    gradient = weighted_rows_triton.sum_entries(draw(1, 2, 8), *read_by)
    assert (gradient[0, [0, 2, 4]] == 0).all()
    assert (gradient[0, [1, 3]] != 0).any()
