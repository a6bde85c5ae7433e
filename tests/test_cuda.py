"""The same on a CUDA device as on the CPU; skipped where there is none."""

import numpy as np
import pytest
import torch

from editgan_widgets import EditSession, load_model

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
]


def test_the_shipped_model_draws_the_same_portrait_on_cuda():
    pictures = [EditSession.from_seed(load_model("portraits", device=d), seed=4).image for d in ("cpu", "cuda")]
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 3


def test_an_edit_runs_on_cuda_and_moves_the_picture():
    session = EditSession.from_seed(load_model("portraits", device="cuda"), seed=4)
    painted = session.label_map.copy()
    mouth = [label.id for label in session.model.labels.group("mouth")]
    rows, columns = np.nonzero(np.isin(painted, mouth))
    painted[rows.min() : rows.max() + 3, columns] = session.model.labels["lower lip"].id
    session.set_label_map(painted)
    steps = list(session.edit(steps=10))
    assert max(step.iou for step in steps[1:]) > steps[0].iou
    assert session.w_plus.is_cuda
