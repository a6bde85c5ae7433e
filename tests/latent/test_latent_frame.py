import pytest
import torch

from editgan_widgets.latent.latent_frame import LatentFrame, Units


@pytest.fixture
def w_plus(tiny_model):
    return tiny_model.sample_w_plus(3)


@pytest.mark.parametrize("layers", [None, (2, 5)])
@pytest.mark.parametrize("units", [Units(), Units(1, 0.1, 1, 1), Units(0, 0.2, 0.1, 0.5)])
def test_a_latent_comes_back_from_its_offset(tiny_model, w_plus, units, layers):
    frame = LatentFrame(tiny_model, w_plus, units, layers)
    other = w_plus + 0.1 * torch.randn(w_plus.shape, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(frame.latent(frame.offset(other)), other, rtol=0, atol=1e-4)


def test_equal_offsets_move_the_coarse_rows_alike_and_fine_rows_less(tiny_model, w_plus):
    frame = LatentFrame(tiny_model, w_plus, Units(fine=0.5))
    moved = frame.latent(torch.ones_like(w_plus)) - w_plus
    coarse_rows = tiny_model.generator.coarse_rows
    coarse = moved[:, :coarse_rows]
    torch.testing.assert_close(coarse, coarse[:, :1].expand_as(coarse), rtol=1e-4, atol=1e-5)
    rows = moved.norm(dim=2)[0].tolist()
    for row in range(coarse_rows, len(rows)):
        assert rows[row] == pytest.approx(rows[row - 1] * 0.5, rel=1e-3)


def test_moving_rows_apart_takes_larger_steps_than_moving_them_together(tiny_model, w_plus):
    frame = LatentFrame(tiny_model, w_plus, Units(spread=0.25, fine=1.0))
    apart = torch.zeros_like(w_plus)
    apart[:, 0], apart[:, 1] = 1, -1
    free = LatentFrame(tiny_model, w_plus, Units(spread=1.0, fine=1.0))
    ratio = (frame.latent(apart) - w_plus).norm() / (free.latent(apart) - w_plus).norm()
    assert float(ratio) == pytest.approx(0.25, rel=1e-3)


def test_rows_that_do_not_move_are_left_by_themselves(tiny_model, w_plus):
    frame = LatentFrame(tiny_model, w_plus, Units(), layers=(2, 4))
    offset = torch.zeros_like(w_plus)
    offset[:, 2:4] = torch.tensor([1.0, -2.0])[:, None]
    moved = (frame.latent(offset) - w_plus).norm(dim=2)[0]
    assert moved[2] > 0
    assert moved[3] > 0
    assert moved[:2].max() == 0
    assert moved[4:].max() == 0


def test_in_coordinates_of_w_the_offset_is_added_unchanged(tiny_model, w_plus):
    frame = LatentFrame(tiny_model, w_plus, Units(), coordinates="w")
    assert torch.equal(frame.latent(torch.ones_like(w_plus)), w_plus + 1)


@pytest.mark.parametrize("wrong", [{"whitening": 1.1}, {"spread": 0}, {"fine": -1}, {"least_std": float("nan")}])
def test_units_out_of_range_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Units(**wrong)
