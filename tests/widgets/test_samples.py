"""Sample portraits: the grid of seeds and truncations, and pictures that the editor renders while it is idle."""

import io
import threading

import numpy as np
import pytest
from editors import browser, heard, until
from PIL import Image

from editgan_widgets.documents.samples import sample_pictures
from editgan_widgets.documents.session import EditSession
from editgan_widgets.masks.strokes import Stroke
from editgan_widgets.widgets import Editor, SampleGrid
from editgan_widgets.widgets.core.idle_worker import IdleWorker


@pytest.fixture
def editor(session):
    with heard(Editor(session, vectors={})) as editor:
        yield editor


def samples(editor):
    return {(x["seed"], x["psi"]): buffers[0] for x, buffers in editor.sent if x["kind"] == "sample"}


def test_a_sampled_picture_equals_the_sessions_within_the_requested_size(tiny_model):
    pictures = list(sample_pictures(tiny_model, [(3, 0.7), (5, 1.0)]))
    assert np.array_equal(pictures[0], EditSession.from_seed(tiny_model, 3, 0.7).image)
    assert np.array_equal(pictures[1], EditSession.from_seed(tiny_model, 5, 1.0).image)
    assert next(sample_pictures(tiny_model, [(3, 0.7)], largest=16)).shape == (16, 16, 3)


def test_the_browser_gets_each_sample_once_for_each_request(editor):
    browser(editor, kind="samples", seeds=[0, 1, 2], psis=[0.5, 1])
    until(lambda: len(samples(editor)) == 6)
    assert list(samples(editor)) == [(0, 0.5), (1, 0.5), (2, 0.5), (0, 1.0), (1, 1.0), (2, 1.0)]
    shown = np.asarray(Image.open(io.BytesIO(samples(editor)[1, 1.0])), float)
    made = EditSession.from_seed(editor.session.model, 1, 1.0).image
    assert shown.shape == made.shape
    assert np.abs(shown - made).mean() < 8
    assert len(editor.sent) == 6
    browser(editor, kind="samples", seeds=[1], psis=[1])
    assert len(editor.sent) == 7  # immediately, from the cache
    assert editor.error == ""


@pytest.mark.parametrize(
    ("seeds", "psis", "words"),
    [
        ("all", [0.7], "seeds is a list of whole numbers"),
        ([], [0.7], "list of seeds"),
        (list(range(200)), [0.7], "120 at most"),
        ([-1], [0.7], "whole number from 0"),
        ([True], [0.7], "whole numbers from 0"),
        ([1], [3], "0 to 2"),
        ([1], ["much"], "0 to 2"),
    ],
)
def test_invalid_samples_are_refused(editor, seeds, psis, words):
    browser(editor, kind="samples", seeds=seeds, psis=psis)
    assert words in editor.error
    assert not samples(editor)


@pytest.mark.slow
def test_samples_wait_for_an_edit_and_do_not_end_it(editor):
    label = editor.labels[3].id
    editor.paint(Stroke(points=[(8.0, 8.0), (20.0, 20.0)], radius=4.0, label=label), run=False)
    editor.run(40)
    until(lambda: any(content["kind"] == "frame" for content, _ in editor.sent))
    browser(editor, kind="samples", seeds=[7], psis=[0.7])
    until(lambda: samples(editor) or not editor.running)
    assert not samples(editor)
    editor.wait()
    assert editor.view.status.startswith("Done in 40")
    until(lambda: samples(editor))


def test_a_new_portrait_replaces_the_old_one_and_has_a_new_history(editor, tiny_model):
    editor.paint(Stroke(points=[(8.0, 8.0)], radius=4.0, label=3), run=False)
    editor.wait()
    assert editor.view.can_undo
    browser(editor, kind="new", seed=11, psi=1)
    editor.wait()
    fresh = EditSession.from_seed(tiny_model, 11, 1.0)
    assert np.array_equal(editor.image, fresh.image)
    assert np.array_equal(editor.label_map, fresh.label_map)
    assert editor.session.recipe == {"seed": 11, "truncation_psi": 1.0}
    assert not editor.session.can_undo
    assert editor.view.status.startswith("A new portrait")
    editor.new_portrait(12)
    editor.wait()
    assert np.array_equal(editor.image, EditSession.from_seed(tiny_model, 12, 0.7).image)


@pytest.mark.parametrize(("seed", "psi"), [(-1, 0.7), ("four", 0.7), (None, 0.7), (4, 5.0), (4, None)])
def test_an_invalid_new_portrait_leaves_the_old_one(editor, seed, psi):
    before = editor.image
    browser(editor, kind="new", seed=seed, psi=psi)
    with pytest.raises(ValueError, match=r"whole number from 0|from 0 to 2"):
        editor.wait()
    assert np.array_equal(editor.image, before)
    assert editor.error


def test_idle_jobs_run_in_order_while_the_worker_is_idle_and_continue_after_an_error():
    busy, looks, ran, errors = threading.Event(), [], [], []
    busy.set()

    def is_busy():
        looks.append(1)
        return busy.is_set()

    idle = IdleWorker(is_busy, errors.append)

    def broken():
        raise RuntimeError("broke")

    idle.ask("a", lambda: ran.append("old"))
    idle.ask("b", broken)
    idle.ask("c", lambda: ran.append("c"))
    idle.ask("a", lambda: ran.append("new"))
    until(lambda: len(looks) > 3)
    assert ran == []
    busy.clear()
    until(lambda: len(ran) == 2)
    assert ran == ["new", "c"]
    assert [str(error) for error in errors] == ["broke"]
    idle.close(10)
    assert idle._thread is not None
    assert not idle._thread.is_alive()
    idle.ask("d", lambda: ran.append("d"))
    assert not idle._jobs
    assert ran == ["new", "c"]


def test_a_grid_of_seeds_and_truncations_selects_both(tiny_model):
    grid = SampleGrid(tiny_model, seeds=[4, 5], truncation_psi=(0.5, 1.0))
    assert (len(grid.pictures), grid.psis, repr(grid)) == (4, [0.5, 1.0], "SampleGrid(4 portraits, seed 4 chosen)")
    grid.index = 3
    assert (grid.seed, grid.truncation_psi) == (5, 1.0)
    assert np.array_equal(grid.selected.image, EditSession.from_seed(tiny_model, 5, 1.0).image)
    assert grid.selected is grid.selected
    with pytest.raises(ValueError, match="no truncation_psi"):
        SampleGrid(tiny_model, seeds=[4], truncation_psi=())
