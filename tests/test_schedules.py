import pytest

from editgan_widgets.schedules import learning_rate


def test_the_rate_rises_to_its_peak_and_stays_there():
    assert [learning_rate(2.0, up, -0.5) for up in (0.25, 0.5, 1, 3)] == [0.5, 1.0, 2.0, 2.0]


@pytest.mark.parametrize(("shape", "half"), [("linear", 0.6), ("cosine", 0.6)])
def test_the_rate_falls_to_its_final_share(shape, half):
    rates = [learning_rate(1.0, 1, down, 0.2, shape) for down in (0, 0.5, 1, 2)]
    assert rates == pytest.approx([1.0, half, 0.2, 0.2])


def test_a_cosine_falls_slowly_at_first():
    assert learning_rate(1.0, 1, 0.25, shape="linear") == 0.75
    assert learning_rate(1.0, 1, 0.25) == pytest.approx(0.853553)
