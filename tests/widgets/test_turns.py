"""Turns at a device: one thread at a time, first come, first served; two editors on one model alternate."""

import threading
import time
from itertools import pairwise

import pytest
import torch

from editgan_widgets import EditSession, turns
from editgan_widgets.turns import Turns, turns_of
from editgan_widgets.widgets import Editor


def test_threads_get_their_turns_in_the_order_of_their_requests():
    line, order, ready = Turns(), [], []

    def work(i):
        ready.append(i)
        with line:
            order.append(i)

    with line:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
        for i, thread in enumerate(threads):
            thread.start()
            while len(line._waiting) <= i:
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4, 5]


def test_no_two_threads_hold_the_turn_and_one_thread_may_take_it_twice():
    line, inside, seen = Turns(), [], []

    def work():
        for _ in range(200):
            with line, line:
                inside.append(1)
                seen.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert seen == [1] * 1600
    assert line._holder is None


def test_an_error_inside_a_turn_releases_it():
    line = Turns()
    try:
        with line:
            raise RuntimeError
    except RuntimeError:
        pass
    taken = []
    thread = threading.Thread(target=lambda: line.__enter__() and taken.append(1))
    thread.start()
    thread.join(5)
    assert taken == [1]


def test_long_work_yields_to_waiting_threads():
    line, order = Turns(), []

    def other():
        with line:
            order.append("other")

    with line, line:
        thread = threading.Thread(target=other)
        thread.start()
        while not line._waiting:
            time.sleep(0.001)
        order.append("before")
        line.pass_on()
        order.append("after")
        assert line._depth == 2
    thread.join(5)
    assert order == ["before", "other", "after"]


def test_there_are_no_turns_on_a_cpu():
    assert turns_of(torch.device("cpu")) is None


@pytest.mark.slow
def test_two_editors_on_one_model_never_compute_at_once_and_alternate(tiny_model, monkeypatch):
    line = Turns()  # the model is on the CPU, which has no turns: treat it like a CUDA device
    monkeypatch.setattr(turns, "turns_of", lambda device: line)
    inside, most, order = set(), [], []

    def enter(*_):
        me = threading.get_ident()
        inside.add(me)
        most.append(len(inside))
        order.append(me)
        time.sleep(0.002)

    def leave(*_):
        inside.discard(threading.get_ident())

    made = [Editor(EditSession.from_seed(tiny_model, seed=i), vectors={}, journal=False, steps=30) for i in (1, 2)]
    hooks = [
        tiny_model.generator.synthesis.register_forward_pre_hook(enter),
        tiny_model.generator.synthesis.register_forward_hook(leave),
    ]
    try:
        for editor in made:
            painted = editor.label_map.copy()
            painted[4:12, 4:12] = editor.labels["spark"].id
            editor.operate(lambda label_map, labels, painted=painted: painted, run=True)
        for editor in made:
            assert editor.wait(60)
    finally:
        for hook in hooks:
            hook.remove()
        for editor in made:
            editor.close()
    assert max(most) == 1
    assert len(set(order)) == 2
    changes = sum(a != b for a, b in pairwise(order))
    assert changes > 20  # they alternated at each step, instead of one edit after the other
