import numpy as np
import pytest

from editgan_widgets.packing import deflated, inflated, packed_text, unpacked_text

ARRAY = np.arange(12, dtype="<f4").reshape(3, 4)


@pytest.mark.parametrize("level", [-1, 0, 9])
def test_an_array_comes_back_from_its_text(level):
    back = unpacked_text(packed_text(ARRAY.T, level), (4, 3), "<f4", compressed=level != 0)
    np.testing.assert_array_equal(back, ARRAY.T)


@pytest.mark.parametrize("size", [47, 49])
def test_data_of_another_size_are_refused(size):
    with pytest.raises(ValueError, match=f"the {size} bytes"):
        inflated(deflated(ARRAY), size)


def test_a_negative_length_is_refused():
    with pytest.raises(ValueError, match="lengths from 0 up"):
        unpacked_text(packed_text(ARRAY), (-1,), "u1")


@pytest.mark.parametrize("data", [b"", b"text", deflated(ARRAY)[:-1], deflated(ARRAY) + b"more"])
def test_data_that_zlib_cannot_read_are_refused(data):
    with pytest.raises(ValueError, match=r"zlib|does not hold"):
        inflated(data, ARRAY.nbytes)


@pytest.mark.parametrize(("text", "compressed"), [("!", True), ("é", True), (3, True), (None, False), ("AAAA", False)])
def test_text_that_holds_no_array_is_refused(text, compressed):
    with pytest.raises(ValueError, match=r"base64|bytes|ASCII"):
        unpacked_text(text, (3, 4), "<f4", compressed)
