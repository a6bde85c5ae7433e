"""Choice of an op's form: the kernel is used only if it exists, is correct, and is faster."""

import itertools
import sys
import types

import pytest
import torch

from editgan_kernels.choice import Choice, choices


def double(x, times):
    return x.mul_(2 * times)


@pytest.fixture
def op(monkeypatch):
    """Make an op with a kernel and the seconds that each form takes."""
    made = []

    def make(kernel, plain_seconds=2.0, kernel_seconds=1.0, **settings):
        module = types.ModuleType("kernels_of_a_test")
        if kernel is not None:
            module.double = kernel
        monkeypatch.setitem(sys.modules, "kernels_of_a_test", module)
        turns = itertools.cycle([plain_seconds, kernel_seconds])

        def seconds(run):
            run()
            return next(turns)

        settings = {"applies": lambda x: True, "seconds": seconds} | settings
        made.append(Choice(double, "kernels_of_a_test", "double", **settings))
        return made[-1]

    yield make
    from editgan_kernels import choice

    for one in made:
        choice._CHOICES.remove(one)


def counted(calls):
    def kernel(x, times):
        calls.append(tuple(x.shape))
        return x * 2 * times

    return kernel


def test_a_correct_and_faster_kernel_is_used(op):
    calls = []
    choice = op(counted(calls))
    choice(torch.ones(3), 1.5)
    (trial,) = [t for t in choices() if t.op == "double"]
    assert trial.kernel
    assert trial.shapes == ((3,),)
    assert trial.reason == "2.0 times as fast"
    before = len(calls)
    assert torch.equal(choice(torch.ones(3), 1.5), torch.full((3,), 3.0))
    assert len(calls) == before + 1


def test_a_slower_kernel_is_not_used(op):
    choice = op(counted([]), plain_seconds=1.0, kernel_seconds=4.0)
    x = torch.ones(3)
    assert choice(x, 1.0) is x  # the plain form writes into it
    (trial,) = choice.trials.values()
    assert (trial.kernel, trial.reason) == (False, "the plain form is 4.0 times as fast")


def test_a_trial_writes_only_into_copies(op):
    assert torch.equal(op(counted([]))(torch.ones(3), 1.0), torch.full((3,), 2.0))


@pytest.mark.parametrize(
    ("kernel", "reason"),
    [
        (lambda x, times: x * 2.5 * times, "off by 2.5e-01"),
        (lambda x, times: x[:2], "off by inf"),
        (lambda x, times: x * float("nan"), "off by nan"),
        (lambda x, times: 1 / 0, "ZeroDivisionError"),
        (None, "AttributeError"),
    ],
)
def test_a_wrong_or_failing_kernel_is_not_used_and_the_trial_gives_the_reason(op, kernel, reason):
    choice = op(kernel)
    assert torch.equal(choice(torch.ones(3), 1.0), torch.full((3,), 2.0))
    (trial,) = choice.trials.values()
    assert not trial.kernel
    assert reason in trial.reason


def test_each_size_is_tried_once_up_to_powers_of_two(op):
    calls = []
    choice = op(counted(calls), plain_seconds=1.0, kernel_seconds=4.0)
    for _ in range(3):
        choice(torch.ones(3), 1.0)
    tried = len(calls)
    choice(torch.ones(2), 1.0)
    assert len(calls) == tried
    choice(torch.ones(4), 1.0)
    assert len(choice.trials) == 2


def test_on_a_cpu_nothing_is_tried(op):
    calls = []
    choice = op(counted(calls), applies=None)
    choice(torch.ones(3), 1.0)
    assert not calls
    assert not choice.trials


def test_the_plain_form_handles_types_that_kernels_do_not_support(op):
    calls = []
    assert op(counted(calls))(torch.ones(3, dtype=torch.float64), 1.0).dtype == torch.float64
    assert not calls


@pytest.mark.parametrize(("switch", "kernel"), [("torch", False), ("triton", True)])
def test_the_switch_decides_without_timing(op, monkeypatch, switch, kernel):
    monkeypatch.setenv("EDITGAN_KERNELS", switch)
    choice = op(counted([]), plain_seconds=1.0, kernel_seconds=4.0)
    choice(torch.ones(3), 1.0)
    (trial,) = choice.trials.values()
    assert (trial.kernel, trial.reason) == (kernel, f"EDITGAN_KERNELS={switch}")


def test_every_op_of_the_generator_names_an_existing_kernel():
    pytest.importorskip("triton", reason="Triton is made for Linux only")
    import importlib

    from editgan_kernels import choice

    assert {one.name for one in choice._CHOICES} >= {
        "bias_act_",
        "bias_act_backward",
        "low_pass_filter",
        "modulate_backward",
        "sum_entries",
    }
    for one in choice._CHOICES:
        assert callable(getattr(importlib.import_module(one.module), one.name))
