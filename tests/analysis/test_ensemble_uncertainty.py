"""Uncertainty of the interpreter: zero where the members agree; calibration of its confidence."""

import math

import numpy as np
import pytest
import torch
from tiny_model import make_tiny_model

from editgan_widgets.analysis.ensemble_uncertainty import (
    CalibrationBin,
    calibration_error,
    interpreter_uncertainty,
    jensen_shannon,
    judged_parts,
    top_mean,
)


def same_members(model):
    """The model with an ensemble whose members are all like the first."""
    interpreter = model.interpreter
    h1, members = interpreter.config.hidden[0], interpreter.config.ensemble
    state = interpreter.state_dict()
    for name, value in state.items():
        if name in ("weight1", "bias1"):
            state[name] = torch.cat([value[:h1]] * members)
        elif not name.startswith("feature"):
            state[name] = torch.stack([value[0]] * members)
    interpreter.load_state_dict(state)
    return model


def test_the_mean_of_the_members_logits_is_the_interpreters_output(tiny_model):
    features = tiny_model.generator.synthesis(torch.cat([tiny_model.sample_w_plus(seed) for seed in (1, 2)])).features
    with torch.no_grad():
        members = tiny_model.interpreter.member_logits(features)
        assert torch.allclose(members.mean(0), tiny_model.interpreter(features), atol=1e-4)
    assert members.shape[:2] == (tiny_model.interpreter.config.ensemble, 2)


def test_members_that_agree_have_no_divergence():
    found = interpreter_uncertainty(same_members(make_tiny_model()), seeds=range(2))
    assert found.uncertainty.value == pytest.approx(0, abs=1e-5)
    assert max(found.parts.values()) < 1e-5


def test_members_that_are_certain_of_different_parts_diverge_by_the_logarithm_of_their_number():
    members = torch.eye(4)[:, :, None, None]
    assert float(jensen_shannon(members)) == pytest.approx(math.log(4))


def test_the_uncertainty_of_a_picture_is_the_mean_of_its_top_tenth():
    assert top_mean(np.arange(100.0).reshape(10, 10)) == pytest.approx(94.5)


def test_confidence_that_is_accurate_has_no_calibration_error():
    right = [CalibrationBin(0.6, 0.7, 10, 0.65, 0.65), CalibrationBin(0.9, 1.0, 30, 0.95, 0.95)]
    assert calibration_error(right) == 0
    wrong = [CalibrationBin(0.6, 0.7, 10, 0.65, 0.45), CalibrationBin(0.9, 1.0, 30, 0.95, 0.95)]
    assert calibration_error(wrong) == pytest.approx(0.05)


@pytest.mark.parametrize("kind", [np.uint8, np.int64])  # a segmenter of a domain gives uint8
def test_confidence_against_its_own_prediction_is_right_everywhere(tiny_model, kind):
    def truth(pictures):
        assert pictures.shape[0] == 1
        return own.pop(0).astype(kind)

    w_plus = [tiny_model.sample_w_plus(seed) for seed in range(2)]
    with torch.no_grad():
        own = [tiny_model.interpreter(tiny_model.generator.synthesis(w).features).argmax(1).numpy() for w in w_plus]
    found = interpreter_uncertainty(tiny_model, truth, range(2))
    assert all(b.accuracy == 1 for b in found.bins)
    assert found.calibration_error == pytest.approx(
        1 - sum(b.pixels * b.confidence for b in found.bins) / sum(b.pixels for b in found.bins)
    )
    assert "less than its accuracy" in found.sentence()
    assert found.png()
    assert found.table()[0]["divergence"] == max(found.parts.values())


def test_ground_truth_of_another_size_is_refused(tiny_model):
    with pytest.raises(ValueError, match=r"truth gave label maps of shape \(1, 3, 3\); \(1, 32, 32\) is needed"):
        interpreter_uncertainty(tiny_model, lambda pictures: np.zeros((1, 3, 3), int), range(1))


def test_a_domain_without_a_segmenter_has_no_judged_parts(tiny_model):
    with pytest.raises(ValueError, match="no judge labels pictures"):
        judged_parts(tiny_model)
