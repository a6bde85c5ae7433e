"""A CUDA device gives the same results as the CPU; skipped if there is none."""

import numpy as np
import pytest
import torch

from editgan_kernels import choices
from editgan_widgets import EditSession, load_model
from editgan_widgets.latent import optimize

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
]


def test_the_shipped_model_renders_the_same_portrait_on_cuda():
    pictures = [EditSession.from_seed(load_model("portraits", device=d), seed=4).image for d in ("cpu", "cuda")]
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 3


def painted_session():
    session = EditSession.from_seed(load_model("portraits", device="cuda"), seed=4)
    painted = session.label_map.copy()
    mouth = [label.id for label in session.model.labels.group("mouth")]
    rows, columns = np.nonzero(np.isin(painted, mouth))
    painted[rows.min() : rows.max() + 3, columns] = session.model.labels["lower lip"].id
    session.set_label_map(painted)
    return session


def test_an_edit_on_cuda_changes_the_picture():
    session = painted_session()
    steps = list(session.edit(steps=10))
    assert max(step.iou for step in steps[1:]) > steps[0].iou
    assert session.w_plus.is_cuda


def test_a_recorded_edit_gives_the_same_result_as_an_unrecorded_one(monkeypatch):
    made, plain_steps = [], optimize._recorded_steps

    def kept(*settings):
        made.append(plain_steps(*settings))
        return made[-1]

    monkeypatch.setattr(optimize, "_recorded_steps", kept)
    recorded = list(painted_session().edit(steps=12))
    assert made[0].recorded == 2
    monkeypatch.setattr(optimize, "_recorded_steps", lambda *settings: None)
    for ours, theirs in zip(recorded, painted_session().edit(steps=12), strict=True):
        assert np.abs(ours.image.astype(int) - theirs.image).mean() < 1
        assert abs(ours.iou - theirs.iou) < 0.02


def test_kernels_are_correct_on_every_map_of_an_edit():
    list(painted_session().edit(steps=3))
    tried = choices()
    assert {trial.op for trial in tried} >= {"bias_act_", "bias_act_backward", "low_pass_filter", "modulate_backward"}
    wrong = [trial for trial in tried if "off by" in trial.reason or "Error" in trial.reason]
    assert not wrong, wrong
