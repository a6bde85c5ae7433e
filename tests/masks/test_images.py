import numpy as np
import torch
from PIL import Image

from editgan_widgets import images


def test_every_pixel_value_survives_the_way_to_the_network_and_back():
    pixels = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    tensor = images.from_uint8(pixels)
    assert tensor.shape == (1, 3, 16, 16)
    assert (tensor.min(), tensor.max()) == (-1, 1)
    np.testing.assert_array_equal(images.to_uint8(tensor)[0], pixels)


def test_a_batch_keeps_its_order_and_channels():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), np.uint8)
    tensor = images.from_uint8(pixels)
    assert tensor.shape == (3, 3, 4, 5)
    np.testing.assert_array_equal(images.to_uint8(tensor), pixels)


def test_a_read_only_picture_is_taken_and_not_shared():
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels.flags.writeable = False
    tensor = images.from_uint8(pixels)
    tensor += 1
    assert pixels.max() == 0


def test_values_outside_the_range_are_clipped():
    tensor = torch.tensor([-3.0, 0.0, 3.0])[None, :, None, None]
    assert images.to_uint8(tensor).ravel().tolist() == [0, 128, 255]


def test_a_picture_with_a_gradient_can_be_shown():
    tensor = torch.zeros(1, 3, 2, 2, requires_grad=True)
    assert images.to_uint8(tensor).shape == (1, 2, 2, 3)


def test_a_grid_lays_pictures_out_row_by_row_with_a_white_gap():
    pictures = np.stack([np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)])
    sheet = images.grid(pictures, columns=2, gap=1)
    assert sheet.shape == (5, 7, 3)
    assert (sheet[0, 0, 0], sheet[0, 4, 0], sheet[3, 0, 0]) == (10, 20, 30)
    assert (sheet[2] == 255).all()
    assert (sheet[3:, 4:] == 255).all()


def test_a_saved_picture_is_read_back_unchanged(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (5, 4, 3), np.uint8)
    images.save(pixels, tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels)
