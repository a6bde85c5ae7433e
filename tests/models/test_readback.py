"""Results that are copied to the host."""

import numpy as np
import torch

from editgan_widgets.models.readback import Readback


def test_arrays_copied_to_the_host_are_not_changed_by_later_computations():
    read, x = Readback(), torch.arange(6, dtype=torch.uint8).reshape(2, 3)
    figures = torch.tensor([0.5, 2.0], requires_grad=True)
    pixels, values = read((x, figures))
    x.zero_()
    assert np.array_equal(pixels, [[0, 1, 2], [3, 4, 5]])
    assert pixels.dtype == np.uint8
    assert values.tolist() == [0.5, 2.0]
