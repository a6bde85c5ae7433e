"""Priming: an edit starts from a known vector that comes closer to what was painted."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from editors import browser, heard, run_script_here
from tiny_model import grown

from editgan_widgets import EditConfig, EditSession, EditVector
from editgan_widgets.documents.session_script import session_script
from editgan_widgets.latent.priming import MOST_VECTORS, matching_vectors, primed_start
from editgan_widgets.latent.target import from_label_maps
from editgan_widgets.widgets import Editor


def larger_spark(model, **settings) -> EditSession:
    session = EditSession.from_seed(model, seed=3, config=EditConfig(**settings))
    session.set_label_map(grown(session.label_map, 3))
    return session


@pytest.fixture(scope="module")
def spark(tiny_model) -> EditVector:
    """The vector of an edit that made the spark larger."""
    session = larger_spark(tiny_model)
    for _ in session.edit(steps=20):
        pass
    return replace(session.edit_vector("larger spark"), labels=("spark",))


def target_of(session: EditSession):
    return from_label_maps(session.predicted_label_map, session.label_map)


@pytest.mark.slow
def test_an_edit_starts_from_the_vector_that_makes_the_painted_mask(tiny_model, spark):
    session = larger_spark(tiny_model)
    other = EditVector("other", torch.zeros_like(spark.delta_w_plus), ("spark",), spark.recipe)
    session.vectors = (other, spark)
    first = next(iter(session.edit(steps=5)))
    start = session.started_from
    assert start is not None
    assert start.vector is spark
    assert start.gain > 0.15
    assert repr(start) == f"Start(larger spark x {start.scale:g}, gain {start.gain:.2f})"
    assert all(len(repr(thing)) < 1000 for thing in (first, session.target, session.history))
    assert torch.equal(start.w_plus, spark.apply(session.origin, start.scale))
    unprimed = larger_spark(tiny_model, prime=False)
    unprimed.vectors = (spark,)
    assert first.iou > next(iter(unprimed.edit(steps=5))).iou
    assert unprimed.started_from is None


def test_the_picture_outside_is_still_held_to_the_unedited_picture(tiny_model, spark):
    session = larger_spark(tiny_model)
    session.vectors = (spark,)
    before = session.image.astype(float)
    outside = ~session.region
    steps = list(session.edit(steps=5))
    expected = np.abs(steps[-1].image.astype(float) - before)[outside].mean() / 255
    assert steps[-1].outside == pytest.approx(expected, abs=0.003)  # the term compares pictures before rounding


def test_a_vector_that_does_not_help_is_not_used(tiny_model, spark):
    session = larger_spark(tiny_model)
    away = replace(spark, delta_w_plus=-spark.delta_w_plus)
    assert primed_start(tiny_model, session.w_plus, target_of(session), [away]) is None
    assert primed_start(tiny_model, session.w_plus, target_of(session), []) is None


def test_each_better_candidate_is_shown_before_the_next_is_tried(tiny_model, spark):
    session = larger_spark(tiny_model)
    session.vectors = (spark,)
    passes, shown = [], []
    hook = tiny_model.generator.synthesis.register_forward_hook(lambda *_: passes.append(1))
    steps = session.edit(steps=2, on_candidate=lambda picture: shown.append((len(passes), picture)))
    before = len(passes)
    next(steps)
    hook.remove()
    assert shown[0][0] == before + 2  # of the unedited picture and of the first candidate
    np.testing.assert_array_equal(shown[-1][1], session.picture_of(session.started_from.w_plus))
    away = replace(spark, delta_w_plus=-spark.delta_w_plus)
    target, useless = target_of(larger_spark(tiny_model)), []
    assert primed_start(tiny_model, session.origin, target, [away], on_candidate=useless.append) is None
    assert useless == []


def test_the_editor_shows_candidates_before_the_first_step_and_says_so(tiny_model, spark):
    session = larger_spark(tiny_model)
    said = []
    with heard(Editor(session, vectors={"larger spark": spark}, auto=False, journal=False)) as editor:
        editor.view.observe(lambda change: said.append(change["new"]), "status")
        editor.run(3)
        assert editor.wait(60)
        frames = [content for content, _ in editor.sent if content["kind"] == "frame"]
        assert frames[0]["step"] == 0
        assert frames[-1]["step"] > 0
        trying = next(i for i, text in enumerate(said) if text.startswith("Trying known vectors"))
        assert any(text.startswith("Editing, 3 steps") for text in said[trying + 1 :])


def test_only_vectors_of_this_model_and_of_the_painted_parts_are_tried(tiny_model, spark):
    target = target_of(larger_spark(tiny_model))
    assert 3 in target.labels
    foreign = replace(spark, recipe={"fingerprint": "another model"})
    elsewhere = replace(spark, labels=("nowhere",))
    unnamed = replace(spark, labels=())
    assert matching_vectors([foreign, elsewhere, unnamed], target, tiny_model) == []
    many = [replace(spark, name=str(i)) for i in range(9)]
    assert matching_vectors(many, target, tiny_model) == [(vector, 1) for vector in many[:MOST_VECTORS]]


def test_a_part_is_removed_by_the_vector_that_adds_it_taken_backwards(tiny_model, spark):
    session = EditSession.from_seed(tiny_model, seed=3)
    removed = session.label_map.copy()
    removed[removed == 3] = 0
    target = from_label_maps(session.label_map, removed)
    assert target.replaced == (3,)
    assert matching_vectors([spark], target, tiny_model) == [(spark, -1)]


def test_an_edit_that_continues_a_stopped_one_does_not_search(tiny_model, spark):
    session = larger_spark(tiny_model)
    session.vectors = (spark,)
    steps = session.edit(steps=20)
    next(steps)
    steps.close()
    assert session.started_from is not None
    next(iter(session.edit(steps=3)))
    assert session.started_from is None


@pytest.mark.slow
def test_a_script_starts_where_the_edit_started(tiny_model, spark, tmp_path, monkeypatch):
    session = larger_spark(tiny_model)
    session.vectors = (spark,)
    for _ in session.edit(steps=3):
        pass
    text = session_script(session)
    assert "start=(" in text
    assert "the same pixels" in run_script_here(text, tiny_model, tmp_path, monkeypatch)


def test_a_start_given_by_the_caller_is_taken_as_it_is(tiny_model, spark):
    session = larger_spark(tiny_model)
    steps = list(session.edit(steps=3, start=(spark, -0.5)))
    assert session.started_from.scale == -0.5
    assert session.history.entry.made["start"]["vector"]["name"] == "larger spark"
    with pytest.raises(ValueError, match="was made with model"):
        session.edit(start=(replace(spark, recipe={"fingerprint": "x"}), 1.0))
    assert len(steps) == 3


def test_a_search_is_stopped_before_the_next_pass_and_the_edit_then_changes_nothing(tiny_model, spark):
    session = larger_spark(tiny_model)
    session.vectors = (spark, replace(spark, name="another"))
    before, passes = session.w_plus, []
    session.target  # noqa: B018
    hook = tiny_model.generator.synthesis.register_forward_hook(lambda *_: passes.append(1))
    assert list(session.edit(steps=2, stopped=lambda: len(passes) == 2)) == []
    hook.remove()
    assert len(passes) == 2
    assert session.kept_step is None
    assert session.started_from is None
    assert torch.equal(session.w_plus, before)
    assert len(list(session.edit(steps=2))) == 2


def test_stop_ends_the_search_in_the_editor_and_commands_at_once_do_not_wait_for_it(tiny_model, spark):
    session = larger_spark(tiny_model)
    editor = Editor(session, vectors={"spark": spark}, journal=False)
    assert editor.wait(20)  # for the vector's thumbnail
    before, passes = session.image, []
    begun, goes_on = threading.Event(), threading.Event()

    def hold(*_):
        if editor.view.running:
            passes.append(1)
            begun.set()
            assert goes_on.wait(20)

    hook = tiny_model.generator.synthesis.register_forward_hook(hold)
    try:
        editor.run(5)
        assert begun.wait(20)
        done = threading.Thread(target=browser, args=(editor,), kwargs={"kind": "compare_with", "entry": 0})
        done.start()
        done.join(20)
        assert not done.is_alive()
        editor.stop()
    finally:
        goes_on.set()
    assert editor.wait(20)
    hook.remove()
    assert len(passes) == 1
    assert np.array_equal(session.image, before)
    assert np.array_equal(editor.image, before)
    editor.close()
