from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_model import grown

from editgan_widgets import EditConfig, EditSession, EditVector
from editgan_widgets.latent.directions.edit_vector import EditVectorError, WrongModelError
from editgan_widgets.latent.refine import best_step, refine
from editgan_widgets.latent.target import from_segmentations


@pytest.fixture(scope="module")
def vector(tiny_model):
    """More spark, learned on another sample without regard to the outside."""
    session = EditSession.from_seed(tiny_model, seed=5)
    session.set_label_map(grown(session.label_map, 3))
    careless = replace(EditConfig().weights, rgb=0.0, perceptual=0.0)
    list(session.edit(config=EditConfig(steps=10, weights=careless)))
    return session.edit_vector("more spark")


@pytest.fixture
def steps(tiny_model, session, vector):
    return list(refine(tiny_model, session.w_plus, vector, steps=10))


def test_step_nought_is_the_vector_alone_and_the_rest_follow(session, vector, steps):
    assert [step.index for step in steps] == list(range(11))
    assert {step.total for step in steps} == {10}
    torch.testing.assert_close(steps[0].w_plus, vector.apply(session.w_plus))
    assert steps[0].iou == pytest.approx(1, abs=0.02)


@pytest.mark.slow
def test_refining_draws_the_outside_back_and_keeps_the_parts(tiny_model, session, vector):
    config = replace(EditConfig.preset("default", refine=True), lr=0.03)
    steps = list(refine(tiny_model, session.w_plus, vector, 20, scale=1.5, config=config))
    assert steps[-1].outside < 0.7 * steps[0].outside
    assert steps[-1].iou > 0.8
    assert best_step(steps).score > steps[0].score


def test_nought_steps_are_the_vector_alone(tiny_model, session, vector):
    (step,) = refine(tiny_model, session.w_plus, vector, steps=0, scale=0.5)
    torch.testing.assert_close(step.w_plus, vector.apply(session.w_plus, 0.5))
    with pytest.raises(ValueError, match="from 0 up; got -1"):
        next(refine(tiny_model, session.w_plus, vector, steps=-1))


@pytest.mark.parametrize("name", ["paper", "released"])
def test_presets_refine_too(tiny_model, session, vector, name):
    steps = list(refine(tiny_model, session.w_plus, vector, 6, config=EditConfig.preset(name, refine=True)))
    assert steps[-1].outside < steps[0].outside


def test_the_target_is_the_segmentation_right_after_around_the_parts():
    before, after = np.zeros((40, 40), np.uint8), np.zeros((40, 40), np.uint8)
    before[10:14, 10:14] = after[10:14, 12:16] = 1
    after[30:32, 30:32] = 2
    target = from_segmentations(before, after, [1], buffer_px=1)
    np.testing.assert_array_equal(target.label_map, after)
    assert target.labels == (1,)
    assert target.region[10:14, 10:16].all()
    assert not target.region[28:, 28:].any()
    assert from_segmentations(before, after, [], buffer_px=1).region[30, 30]
    with pytest.raises(ValueError, match=r"nothing to refine.*use a larger scale"):
        from_segmentations(before, before, [])


def test_a_large_part_counts_where_it_changed_unless_whole_parts_are_asked_for():
    before = np.zeros((40, 40), np.uint8)
    before[:, :20] = 1
    after = before.copy()
    after[5, 20] = 1
    assert from_segmentations(before, after, [1], 1).region.sum() == 5
    assert from_segmentations(before, after, [1], 1, whole=True).region.sum() > 800


def test_a_session_refines_as_two_entries_of_history(session, vector):
    start = session.w_plus
    steps = list(session.refine(vector, steps=5))
    assert torch.equal(session.w_plus, best_step(steps).w_plus)
    session.undo()
    torch.testing.assert_close(session.w_plus, vector.apply(start))
    np.testing.assert_array_equal(session.label_map, session.predicted_label_map)
    session.undo()
    assert torch.equal(session.w_plus, start)
    assert not session.can_undo


def test_closing_a_refinement_keeps_its_best_step(session, vector):
    run = session.refine(vector, steps=20)
    seen = [next(run) for _ in range(4)]
    run.close()
    assert torch.equal(session.w_plus, best_step(seen).w_plus)


def test_painting_goes_on_after_a_vector(session, vector):
    session.apply_vector(vector, scale=0.5)
    assert not session.can_edit
    session.set_label_map((session.label_map + 1) % 4)
    assert len(list(session.edit(steps=2))) == 2


def test_a_vector_that_does_not_fit_leaves_the_session_unchanged(session, vector):
    start = session.w_plus
    for bad, error in (
        (replace(vector, recipe={"fingerprint": "another"}), WrongModelError),
        (EditVector("small", torch.ones(4, 16)), EditVectorError),
        (EditVector("nought", torch.zeros(8, 16)), ValueError),
    ):
        with pytest.raises(error):
            session.refine(bad)
    assert torch.equal(session.w_plus, start)
    assert not session.can_undo


def test_a_sessions_vector_keeps_licence_and_pictures_where_asked(tiny_model, vector):
    session = EditSession.from_seed(tiny_model, seed=3)
    before = session.image
    session.apply_vector(vector)
    made = session.edit_vector("copy", licence="CC0-1.0", preview=True)
    assert made.licence == "CC0-1.0"
    np.testing.assert_array_equal(made.preview, np.concatenate([before, session.image], axis=1))
    torch.testing.assert_close(made.delta_w_plus, vector.delta_w_plus)
    assert session.edit_vector("plain").preview is None


def test_refining_keeps_the_step_of_the_lowest_objective(tiny_model, session, vector):
    config = EditConfig.preset("default", refine=True)
    steps = list(refine(tiny_model, session.w_plus, vector, steps=8, config=config))
    kept = best_step(steps)
    assert kept.figures["total"] == min(step.figures["total"] for step in steps)
    assert kept.index > 0  # the vector alone is not the best by definition
