"""Agreement of repeatedly learned vectors, and the transfer rate."""

import numpy as np
import pytest
import torch

from editgan_widgets import EditVector
from editgan_widgets.analysis.transfer_rates import transfer_rate
from editgan_widgets.analysis.vector_stability import stability, stability_of


def vector_of(delta, name="v"):
    return EditVector(name, torch.as_tensor(delta, dtype=torch.float32))


def test_parallel_vectors_agree_at_any_length():
    found = stability(lambda seed: vector_of(torch.ones(8, 16) * (seed + 1)), range(4))
    assert found.agreement.value == pytest.approx(1)
    assert found.agreement.low == pytest.approx(1)
    assert np.allclose(found.by_row, 1)
    assert found.table()[2]["cosine with the others"] == pytest.approx(1)


@pytest.mark.slow
def test_the_cosine_of_noisy_copies_is_the_share_of_the_signal():
    rng = torch.Generator().manual_seed(0)
    signal = torch.nn.functional.normalize(torch.randn(64, 512, generator=rng).flatten(), dim=0)

    def learn(seed):
        noise = torch.randn(signal.shape, generator=torch.Generator().manual_seed(seed)) / len(signal) ** 0.5
        return vector_of((signal + noise).view(64, 512))

    found = stability(learn, range(10, 16))
    assert found.agreement.value == pytest.approx(0.5, abs=0.02)  # |signal|² / (|signal|² + |noise|²)
    assert found.agreement.low < found.agreement.value < found.agreement.high
    assert found.png().startswith(b"\x89PNG")


def test_unmoved_rows_have_no_cosine():
    delta = torch.ones(8, 16)
    delta[3:] = 0
    found = stability_of([vector_of(delta), vector_of(delta * 2)])
    assert np.isnan(found.by_row[3:]).all()
    assert found.by_row[:3] == pytest.approx(1)
    assert found.png().startswith(b"\x89PNG")


def test_one_vector_and_vectors_of_different_models_are_refused():
    with pytest.raises(ValueError, match="1 vectors cannot be compared"):
        stability_of([vector_of(torch.ones(8, 16))])
    with pytest.raises(ValueError, match="different models"):
        stability_of([vector_of(torch.ones(8, 16)), vector_of(torch.ones(8, 12))])
    with pytest.raises(ValueError, match="zero everywhere"):
        stability_of([vector_of(torch.zeros(8, 16), "nothing"), vector_of(torch.ones(8, 16))])


@pytest.mark.slow
def test_a_vector_with_the_same_effect_everywhere_has_a_transfer_rate_of_one(tiny_model):
    recipe = {"fingerprint": tiny_model.base_fingerprint, "resolution": 32}
    vector = EditVector("push", torch.full((8, 16), 0.5), (), recipe)

    def read(pictures):
        return {"constant": np.zeros(len(pictures)), "raised": np.arange(len(pictures), dtype=float)}

    found = transfer_rate(tiny_model, vector, "raised", read, range(8), source_change=1.0)
    assert found.report.success.value == 1
    assert found.report.success.low < 1  # Wilson's interval of 8 of 8
    assert len(found.table()) == 8
    assert "100%" in found.sentence()
    assert found.png().startswith(b"\x89PNG")
    assert transfer_rate(tiny_model, vector, "constant", read, range(8), source_change=1.0).report.success.value == 0
