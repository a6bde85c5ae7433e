"""Steps that are recorded and replayed. On a CPU the graph is a list of torch's operations on their memory."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from editgan_widgets.latent import optimize
from editgan_widgets.latent.optimize import EditConfig, optimize_edit
from editgan_widgets.models.recorded_steps import RecordedSteps

ASK_THE_DEVICE = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "lift_fresh", "unique_dim"}
CPU = torch.device("cpu")


class Operations(TorchDispatchMode):
    """As a CUDA graph: what is done on which memory. Fails at an operation that asks for a value, as that does."""

    def __init__(self):
        super().__init__()
        self.done = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        masks = [x for x in tree_leaves(args) if isinstance(x, torch.Tensor) and x.dtype == torch.bool]
        if name in ASK_THE_DEVICE or (name in ("index", "index_put_", "_index_put_impl_") and masks):
            raise RuntimeError(f"{name} asks the device for a value")
        result = func(*args, **(kwargs or {}))
        self.done.append((func, args, kwargs or {}, result))
        return result

    @torch.no_grad()
    def replay(self):
        for func, args, kwargs, result in self.done:
            again = func(*args, **kwargs)
            for old, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


def record(run):
    operations = Operations()
    with operations:
        results = run()
    for x in results:
        x.detach().zero_()  # a graph's results stand only after a replay
    return operations.replay, results


def test_the_first_step_of_a_kind_runs_the_second_is_recorded_the_others_are_replayed():
    x, ran = torch.zeros(2), []

    def step(number):
        ran.append(number)
        return (x * (10 if number % 2 else 1) + 1,)

    steps = RecordedSteps(step, 2, CPU, record)
    for number in range(8):
        x.fill_(number)
        assert steps()[0].tolist() == [number * (10 if number % 2 else 1) + 1] * 2
    assert ran == [0, 1, 2, 3]
    assert steps.recorded == 2


def test_steps_of_many_kinds_are_not_recorded():
    ran = []
    steps = RecordedSteps(lambda number: ran.append(number) or (torch.ones(1),), 5, CPU, record)
    for _ in range(20):
        steps()
    assert ran == list(range(20))
    assert steps.recorded == 0


def test_a_step_that_reads_a_value_back_runs_unrecorded_with_a_warning():
    x = torch.tensor([1.0, 2.0])
    steps = RecordedSteps(lambda number: (x * float(x.sum()),), 1, CPU, record)
    assert steps()[0].tolist() == [3, 6]
    with pytest.warns(RuntimeWarning, match="could not be recorded.*_local_scalar_dense"):
        assert steps()[0].tolist() == [3, 6]
    x.fill_(1)
    assert steps()[0].tolist() == [2, 2]


def test_without_a_cuda_device_nothing_is_recorded():
    steps = RecordedSteps(lambda number: (torch.ones(1),), 1, CPU)
    for _ in range(3):
        steps()
    assert steps.recorded == 0


@pytest.fixture
def task(tiny_model):
    from editgan_widgets.documents.session import EditSession
    from editgan_widgets.latent.target import from_label_maps

    session = EditSession.from_seed(tiny_model, 3)
    painted = session.label_map.copy()
    painted[8:16, 8:20] = 2
    return session.w_plus, from_label_maps(session.label_map, painted)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["default", "released"])
def test_an_edit_that_is_recorded_gives_the_steps_of_one_that_is_not(tiny_model, task, monkeypatch, preset):
    w_plus, target = task
    config = EditConfig.preset(preset)
    plain = list(optimize_edit(tiny_model, w_plus, target, config, with_start=True))
    made = []

    def recorded(step, kinds, device):
        made.append(RecordedSteps(step, kinds, device, record))
        return made[-1]

    monkeypatch.setattr(optimize, "_recorded_steps", recorded)
    steps = list(optimize_edit(tiny_model, w_plus, target, config, with_start=True))
    assert made[0].recorded == (2 if preset == "default" else 1)
    assert len(steps) == len(plain)
    for ours, theirs in zip(steps, plain, strict=True):
        assert torch.allclose(ours.w_plus, theirs.w_plus, atol=1e-5)
        assert np.abs(ours.image.astype(int) - theirs.image).max() <= 1
        assert ours.iou == pytest.approx(theirs.iou, abs=1e-3)
        assert ours.figures["total"] == pytest.approx(theirs.figures["total"], rel=1e-3)
