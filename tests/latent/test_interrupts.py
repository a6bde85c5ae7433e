"""Ctrl+C keeps the best step, wherever in a step it comes."""

import signal
import threading
from itertools import islice

import numpy as np
import pytest
import torch
from editors import push_of
from tiny_model import grown

from editgan_widgets import EditSession, images
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.latent.embed import EmbedConfig, embed, optimize_embedding
from editgan_widgets.latent.pivotal import PivotalConfig, tune_around
from editgan_widgets.latent.refine import best_step, refine
from editgan_widgets.widgets import Editor


@pytest.fixture(autouse=True)
def interruptible():
    """Ctrl+C raises KeyboardInterrupt, also in a process that was started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def interrupt_at(tiny_model):
    """Send SIGINT inside the generator's forward pass, at its nth call from now."""
    handles = []

    def arm(calls: int) -> None:
        left = [calls]

        def hook(*_):
            left[0] -= 1
            if left[0] == 0:
                signal.raise_signal(signal.SIGINT)

        handles.append(tiny_model.generator.synthesis.register_forward_hook(hook))

    yield arm
    for handle in handles:
        handle.remove()


def broken_off(painted: EditSession, steps: int) -> EditSession:
    """The same edit, left by `break` after some steps."""
    other = EditSession.from_seed(painted.model, seed=3)
    other.set_label_map(painted.label_map)
    for i, _ in enumerate(other.edit(steps=20), 1):
        if i == steps:
            break
    return other


@pytest.mark.slow
def test_an_edit_that_is_interrupted_in_a_step_keeps_the_best_as_break_does(painted, interrupt_at):
    steps = 0
    interrupt_at(6)

    def cell():
        nonlocal steps
        for _ in painted.edit(steps=20):
            steps += 1

    with pytest.raises(KeyboardInterrupt):
        cell()
    assert 3 <= steps <= 6
    assert painted.history.entry.made["do"] == "edit"
    assert torch.equal(painted.w_plus, broken_off(painted, steps).w_plus)
    assert painted.can_edit
    list(painted.edit(steps=2))


def test_an_edit_that_is_interrupted_between_two_steps_keeps_the_best(painted):
    def cell():
        for step in painted.edit(steps=20):
            if step.index == 4:
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        cell()
    assert torch.equal(painted.w_plus, broken_off(painted, 4).w_plus)


def test_an_edit_that_is_interrupted_before_its_first_step_changes_nothing(painted, interrupt_at):
    before, entries = painted.w_plus, len(painted.history.entries)
    edit = painted.edit(steps=20)
    interrupt_at(1)
    with pytest.raises(KeyboardInterrupt):
        next(edit)
    assert torch.equal(painted.w_plus, before)
    assert len(painted.history.entries) == entries
    assert painted._runs.open is None


def test_an_edit_that_is_interrupted_while_it_ends_keeps_its_best_once(painted, monkeypatch):
    push = painted.history.push

    def interrupted(*args, **made):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(painted.history, "push", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(painted.edit(steps=3))
    assert [entry.made["do"] for entry in painted.history.path()][-2:] == ["label_map", "edit"]
    assert painted.history.push.__func__ is push.__func__


@pytest.mark.slow
def test_refining_that_is_interrupted_keeps_the_best(session, tiny_model, interrupt_at):
    vector = push_of(tiny_model, 0.4)
    steps = session.refine(vector, steps=20)
    interrupt_at(5)
    with pytest.raises(KeyboardInterrupt):
        list(steps)
    assert [entry.made["do"] for entry in session.history.path()][1:] == ["vector", "edit"]
    interrupt_at(8)
    best = best_step(refine(tiny_model, session.origin, vector, 20))
    assert best.index < 20


def test_an_embedding_that_is_interrupted_gives_the_best_so_far(tiny_model, interrupt_at):
    image = torch.rand(1, 3, 32, 32) * 2 - 1
    config = EmbedConfig(steps=30)
    interrupt_at(8)
    found = embed(tiny_model, image, config)
    assert 3 <= found.steps < 30
    first = list(islice(optimize_embedding(tiny_model, image, config), found.steps + 1))
    assert found.psnr[0] == max(step.psnr[0] for step in first)
    interrupt_at(1)
    with pytest.raises(KeyboardInterrupt):
        embed(tiny_model, image, config)


def test_a_photo_that_is_interrupted_opens_with_the_best_so_far_and_is_not_tuned(tiny_model, interrupt_at):
    pixels = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    interrupt_at(8)
    photo = PhotoSession.open(tiny_model, pixels, config=EmbedConfig(steps=30), tune=PivotalConfig(steps=5))
    assert photo.session.model is tiny_model
    photo.session.set_label_map(grown(photo.session.label_map, 1))


@pytest.mark.slow
def test_tuning_that_is_interrupted_gives_the_generator_as_it_is(tiny_model):
    image, seen = images.from_uint8(EditSession.from_seed(tiny_model, 2).image), []

    def interrupt(step):
        seen.append(step)
        if step.index == 3:
            signal.raise_signal(signal.SIGINT)

    tuned = tune_around(tiny_model, image, tiny_model.sample_w_plus(5), PivotalConfig(steps=30), interrupt)
    assert len(seen) == 3
    assert tuned is not tiny_model
    assert not any(parameter.grad_fn for parameter in tuned.generator.parameters())


@pytest.mark.slow
def test_a_cell_that_waits_for_an_edit_and_is_interrupted_stops_it(tiny_model):
    editor = Editor(tiny_model, seed=3, steps=10_000, auto=False, vectors={}, journal=False)
    editor.operate(lambda label_map, _labels: grown(label_map, 3))
    assert editor.wait(30)
    timer = threading.Timer(1.0, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            editor.run(blocking=True)
        assert editor.wait(30)
    finally:
        signal.signal(signal.SIGINT, before)
        editor.close()
    assert "the best picture is kept" in editor.view.status
