import dataclasses
import gc

import numpy as np
import pytest
import torch
from tiny_model import grown

from editgan_widgets import DragPoint, EditConfig, EditSession, EditVector, Stroke
from editgan_widgets.documents import session_document, session_runs
from editgan_widgets.documents.session import SessionError
from editgan_widgets.labels import UnknownLabelError
from editgan_widgets.latent.directions.edit_vector import WrongModelError
from editgan_widgets.latent.objective import LossWeights
from editgan_widgets.latent.target import agreement
from editgan_widgets.masks.strokes import StrokeError
from editgan_widgets.models.editgan import EditGAN

DAB = Stroke([(16, 16), (20, 16)], 3, "shade")
ELSEWHERE = Stroke([(4, 28)], 2.5, "glow")


def snapshot(session):
    return (
        session.w_plus,
        session.image.copy(),
        session.label_map.copy(),
        session.region,
        session.can_undo,
        session.can_redo,
    )


def same(a, b):
    return all(np.array_equal(np.asarray(x), np.asarray(y)) for x, y in zip(a, b, strict=True))


def test_a_session_starts_with_the_seeds_picture_and_its_predicted_label_map(tiny_model):
    first, second = (EditSession.from_seed(tiny_model, seed=7) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert first.image.shape == (32, 32, 3)
    assert first.image.dtype == first.label_map.dtype == np.uint8
    assert np.array_equal(first.label_map, first.predicted_label_map)
    assert first.region is None
    assert not first.can_undo
    assert not first.can_redo
    from_latent = EditSession.from_latent(tiny_model, first.w_plus[0])
    assert np.array_equal(from_latent.image, first.image)


def test_painting_changes_the_label_map_only(session):
    before = snapshot(session)
    session.paint(DAB)
    assert (session.label_map != before[2]).any()
    assert np.array_equal(session.image, before[1])
    assert torch.equal(session.w_plus, before[0])
    assert session.region[16, 18]


def test_a_finished_edit_commits_its_best_step_and_keeps_the_painted_label_map(painted):
    truth = painted.label_map.copy()
    steps = list(painted.edit(steps=8))
    best = max(steps, key=lambda step: step.score)
    assert torch.equal(painted.w_plus, best.w_plus)
    assert np.array_equal(painted.image, best.image)
    assert np.array_equal(painted.label_map, truth)
    assert painted.region is None  # its strokes are edited


def test_predicted_label_map_is_the_interpreters_prediction_for_the_present_picture(tiny_model, painted):
    list(painted.edit(steps=5))
    fresh = EditSession.from_latent(tiny_model, painted.w_plus)
    assert np.array_equal(painted.predicted_label_map, fresh.predicted_label_map)


def test_an_edit_closed_early_commits_its_best_step(painted):
    start = painted.w_plus
    run = painted.edit(steps=20)
    seen = [next(run) for _ in range(4)]
    run.close()
    best = max(seen, key=lambda step: step.score)
    assert torch.equal(painted.w_plus, best.w_plus)
    assert not torch.equal(painted.w_plus, start)


@pytest.mark.slow
def test_an_edit_whose_iterator_is_garbage_collected_commits_its_best_step(painted):
    start = painted.w_plus
    run = painted.edit(steps=20)
    next(run)
    del run
    gc.collect()
    assert not torch.equal(painted.w_plus, start)


def test_an_edit_closed_before_its_first_step_changes_nothing(painted):
    before = snapshot(painted)
    painted.edit(steps=5).close()
    assert same(before, snapshot(painted))


def test_undo_and_redo_restore_image_label_map_and_latent(session):
    states = [snapshot(session)]
    session.paint(DAB)
    states.append(snapshot(session))
    list(session.edit(steps=3))
    states.append(snapshot(session))
    session.paint(ELSEWHERE)
    states.append(snapshot(session))
    for state in states[-2::-1]:
        session.undo()
        assert same(state[:4], snapshot(session)[:4])
    assert not session.can_undo
    for state in states[1:]:
        session.redo()
        assert same(state[:4], snapshot(session)[:4])
    assert not session.can_redo


def test_a_new_stroke_clears_redo(session):
    session.paint(DAB)
    session.undo()
    assert session.can_redo
    session.paint(ELSEWHERE)
    assert not session.can_redo


def test_strokes_of_a_finished_edit_never_enter_a_later_region(session):
    session.paint(DAB)
    list(session.edit(steps=3))
    session.paint(ELSEWHERE)
    assert session.target.changed[28, 4]
    assert not session.target.changed[16, 18]
    assert set(session.target.labels) == {2}


def test_strokes_of_a_stopped_edit_are_part_of_the_next_edit_which_starts_from_its_latent(session):
    settled = session.image.copy()
    session.paint(DAB)
    run = session.edit(steps=20)
    for _ in range(5):
        next(run)
    run.close()
    warm = session.w_plus
    session.paint(ELSEWHERE)
    assert session.target.changed[16, 18]
    assert session.target.changed[28, 4]
    outside = ~session.region
    step = next(session.edit(steps=20))
    far, near = ((step.w_plus - x).abs().mean() for x in (session.origin, warm))
    assert near < far
    change = np.abs(step.image.astype(float) - settled)[outside].mean() / 255
    assert step.outside == pytest.approx(change, abs=2e-3)  # measured from before the stopped edit


def test_a_stroke_painted_during_an_edit_stays_when_the_edit_commits(session):
    session.paint(DAB)
    run = session.edit(steps=4)
    next(run)
    session.paint(ELSEWHERE)
    painted = session.label_map.copy()
    list(run)
    assert np.array_equal(session.label_map, painted)
    assert session.target.changed[28, 4]  # not edited yet
    assert not session.target.changed[16, 18]  # edited to the end


def test_a_new_edit_continues_from_the_best_step_of_an_open_one(painted):
    first = painted.edit(steps=20)
    seen = [next(first) for _ in range(5)]
    second = painted.edit(steps=2)
    best = max(seen, key=lambda step: step.score)
    assert torch.equal(painted.w_plus, best.w_plus)
    list(second)
    committed = painted.w_plus
    first.close()  # too late to count
    assert torch.equal(painted.w_plus, committed)


def test_an_edit_commits_nothing_if_its_starting_entry_was_undone(painted):
    run = painted.edit(steps=20)
    next(run)
    painted.undo()
    state = snapshot(painted)
    run.close()
    assert same(state, snapshot(painted))


def test_an_error_inside_an_edit_leaves_the_session_unchanged(painted, monkeypatch):
    before = snapshot(painted)

    def breaks(*args, **kwargs):
        steps = optimize(*args, **kwargs)
        yield next(steps)
        raise RuntimeError("out of memory")

    optimize = session_runs.optimize_edit
    monkeypatch.setattr(session_runs, "optimize_edit", breaks)
    run = painted.edit(steps=5)
    next(run)
    with pytest.raises(RuntimeError, match="out of memory"):
        next(run)
    assert same(before, snapshot(painted))


def test_adopting_the_prediction_discards_the_painted_mask(painted):
    list(painted.edit(steps=2))
    painted.paint(ELSEWHERE)
    painted.adopt_prediction()
    assert np.array_equal(painted.label_map, painted.predicted_label_map)
    assert painted.region is None
    painted.undo()
    assert painted.region is not None


def test_the_edit_vector_is_the_latents_change_since_the_origin(tiny_model, painted):
    list(painted.edit(steps=4))
    vector = painted.edit_vector("more spark")
    edited = vector.apply(painted.origin, model=tiny_model)
    torch.testing.assert_close(edited, painted.w_plus)
    assert vector.labels == ("spark",)
    assert vector.recipe["fingerprint"] == tiny_model.fingerprint
    assert vector.recipe["resolution"] == 32
    assert vector.recipe["seed"] == 3
    assert {"editgan-widgets", "torch"} <= set(vector.recipe["versions"])


def test_the_recipe_of_an_edit_vector_counts_the_steps_and_undo_removes_them(painted):
    list(painted.edit(steps=4))
    assert painted.edit_vector("v").recipe["steps"] == [4]
    painted.paint(ELSEWHERE)
    run = painted.edit(steps=20)
    for _ in range(3):
        next(run)
    run.close()
    assert painted.edit_vector("v").recipe["steps"] == [4, 3]
    painted.undo()
    assert painted.edit_vector("v").recipe["steps"] == [4]
    painted.redo()
    assert painted.edit_vector("v").recipe["steps"] == [4, 3]


@pytest.mark.slow
def test_an_edit_that_did_not_reach_its_target_continues_and_commits_only_improvements(painted):
    first = max(step.score for step in painted.edit(steps=2))
    assert painted.region is None
    assert painted.can_edit
    before = snapshot(painted)
    steps = list(painted.edit(steps=30))
    best = max(steps, key=lambda step: step.score)
    assert best.score > first
    assert torch.equal(painted.w_plus, best.w_plus)
    assert np.array_equal(painted.label_map, before[2])
    painted.undo()
    assert same(before[:4], snapshot(painted)[:4])


@pytest.mark.slow
def test_continuing_an_edit_without_improvement_changes_nothing(painted, monkeypatch):
    list(painted.edit(steps=4))
    before = snapshot(painted)
    optimize = session_runs.optimize_edit
    worse = lambda *a, **k: (dataclasses.replace(step, score=-1e3) for step in optimize(*a, **k))  # noqa: E731
    monkeypatch.setattr(session_runs, "optimize_edit", worse)
    assert len(list(painted.edit(steps=3))) == 3
    assert same(before, snapshot(painted))
    assert painted.edit_vector("v").recipe["steps"] == [4]


def test_edit_is_refused_when_the_target_is_already_reached(painted, monkeypatch):
    list(painted.edit(steps=2))
    monkeypatch.setattr(session_document, "agreement", lambda *_: 1.0)
    assert not painted.can_edit
    with pytest.raises(SessionError, match="the picture already shows what was painted; paint a stroke first"):
        painted.edit()
    monkeypatch.undo()
    painted.adopt_prediction()
    assert not painted.can_edit


@pytest.mark.parametrize("act", [EditSession.adopt_prediction, lambda session: session.set_strength(0.5)])
def test_what_replaces_the_mask_or_the_latent_ends_an_open_edit_and_keeps_its_best_step(painted, act):
    steps = painted.edit(steps=8)
    for _ in range(3):
        next(steps)
    best = painted.kept_step
    act(painted)
    done = [entry.made["do"] for entry in painted.history.path()][-2:]
    assert done[0] == "edit"
    assert torch.equal(painted.history.store.get(painted.history.entry.parent).w_plus, best.w_plus)
    after, entries = snapshot(painted), len(painted.history.entries)
    list(steps)
    assert same(after, snapshot(painted))
    assert len(painted.history.entries) == entries
    if done[1] == "adopt":
        assert not painted.painted.any()


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("what", [[(5, 5)], None, "spark"])
def test_painting_anything_but_a_stroke_is_refused_and_changes_nothing(session, what):
    before = snapshot(session)
    with pytest.raises(StrokeError, match=r"must be a Stroke; got .*; make one: Stroke\("):
        session.paint(what)
    assert same(before, snapshot(session))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_a_latent_may_be_an_array_of_any_float_type_or_a_list(tiny_model, dtype):
    w_plus = np.random.default_rng(0).normal(size=(8, 16)).astype(dtype)
    expected = torch.from_numpy(w_plus.astype(np.float32))[None]
    for given in (w_plus, w_plus[None], w_plus.tolist(), list(w_plus), [w_plus.tolist()], w_plus.copy(order="F")):
        assert torch.equal(EditSession.from_latent(tiny_model, given).w_plus, expected)
    backwards = w_plus[::-1]
    assert torch.equal(EditSession.from_latent(tiny_model, backwards).w_plus, expected.flip(1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_latent_may_be_a_tensor_of_any_float_type(tiny_model, dtype):
    w_plus = torch.randn(8, 16, generator=torch.Generator().manual_seed(0)).to(dtype)
    for given in (w_plus, torch.nn.Parameter(w_plus), [w_plus], list(w_plus)):
        assert torch.equal(EditSession.from_latent(tiny_model, given).w_plus, w_plus.float()[None])


def test_a_latent_of_w_is_repeated_in_every_row(tiny_model):
    w = torch.randn(16, generator=torch.Generator().manual_seed(0))
    for given in (w, w[None], w[None, None], w.numpy(), w.tolist()):
        assert torch.equal(EditSession.from_latent(tiny_model, given).w_plus, w.expand(1, 8, 16))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (torch.zeros(3, 8, 16), "holds 3 latents, a session edits one; pick one, for example w_plus"),
        (np.zeros((5, 16)), "holds 5 latents"),
        (
            torch.zeros(1, 12, 16),
            r"\(1, 12, 16\): 12 rows of 16: a 128 px StyleGAN2; this model takes 8 rows of 16 \(32",
        ),
        (torch.zeros(18, 512), "18 rows of 512: a 1024 px StyleGAN2; this model takes 8 rows"),
        (torch.zeros(16, 16), "16 rows of 16: a 512 px StyleGAN2 or a StyleGAN3; this model takes 8 rows"),
        (torch.zeros(1, 7, 16), "7 rows of 16, which no StyleGAN2 takes"),
        (torch.zeros(512), "codes of 512 numbers; this model takes 8 rows of 16"),
        (torch.zeros(0, 16), r"has shape \(0, 16\)"),
        (torch.zeros(()), r"has shape \(\)"),
        (torch.zeros(1, 1, 8, 16), r"has shape \(1, 1, 8, 16\), this model takes \(8, 16\)"),
        (torch.full((8, 16), float("nan")), "contains nan or inf"),
        (np.full((8, 16), 1e300), "contains nan or inf, or numbers beyond float32"),
        (torch.zeros(8, 16, dtype=torch.int64), "is of torch.int64; give floating-point numbers"),
        (np.zeros((8, 16), complex), "array of complex128"),
        (np.array([None]), "array of object"),
        ([[1.0, 2.0], [1.0]], "not an array of numbers .*; give rows of one length"),
        ([torch.zeros(16), torch.zeros(15)], "not an array of numbers"),
        (["a"], "not an array of numbers"),
        ("w.npy", "of type str; give a torch.Tensor, a numpy array or a list"),
        (None, "of type NoneType"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_latent_that_does_not_fit_is_refused(tiny_model, given, words):
    with pytest.raises(SessionError, match=words) as refusal:
        EditSession.from_latent(tiny_model, given)
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("psi", ["a", None, True, [0.5]])
def test_a_psi_that_is_not_a_number_is_refused(tiny_model, psi):
    with pytest.raises(SessionError, match="truncation_psi must be a number in"):
        EditSession.from_seed(tiny_model, seed=1, truncation_psi=psi)


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        (lambda s: s.paint(Stroke([(5, 5)], 2, "sparkle")), UnknownLabelError, "nearest: 'spark'"),
        (lambda s: s.paint(Stroke([(5, 5)], 2, 4)), UnknownLabelError, r"ids run 0\.\.3"),
        (lambda s: s.paint(Stroke([(500, 5)], 2, "spark")), StrokeError, "outside the picture"),
        (lambda s: s.paint(Stroke([], 2, "spark")), StrokeError, "the stroke is empty"),
        (
            lambda s: s.set_label_map(np.zeros((64, 64), np.uint8)),
            SessionError,
            r"\(64, 64\), .* takes \(32, 32\)",
        ),
        (lambda s: s.set_label_map(np.zeros((32, 32, 3), np.uint8)), SessionError, r"\(32, 32, 3\)"),
        (lambda s: s.set_label_map(np.zeros((32, 32))), SessionError, "integer label ids; got float64"),
        (lambda s: s.set_label_map(np.full((32, 32), 300)), UnknownLabelError, "label id 300"),
        (lambda s: s.set_label_map(np.full((32, 32), -1)), SessionError, "ids run from 0; got -1"),
        (lambda s: s.edit(), SessionError, r"nothing to edit: paint a stroke first \(session\.paint\)"),
        (lambda s: s.undo(), SessionError, "nothing to undo"),
        (lambda s: s.redo(), SessionError, "nothing to redo"),
        (lambda s: s.edit_vector("none"), SessionError, "no edit was made yet"),
    ],
)
def test_invalid_input_is_named_in_the_error_and_leaves_the_session_unchanged(session, what, error, message):
    before = snapshot(session)
    with pytest.raises(error, match=message):
        what(session)
    assert same(before, snapshot(session))


def test_invalid_settings_of_an_edit_leave_the_session_unchanged(painted):
    before = snapshot(painted)
    with pytest.raises(ValueError, match="steps must be a whole number from 1 up; got 0"):
        painted.edit(steps=0)
    assert same(before, snapshot(painted))


@pytest.mark.parametrize("seed", [-1, True, 2**64])
def test_an_invalid_seed_is_refused(tiny_model, seed):
    with pytest.raises(SessionError, match="seed must be a whole number"):
        EditSession.from_seed(tiny_model, seed=seed)


def test_a_psi_out_of_range_is_refused(tiny_model):
    with pytest.raises(SessionError, match="truncation_psi must be"):
        EditSession.from_seed(tiny_model, seed=1, truncation_psi=float("nan"))


def test_setting_the_same_label_map_adds_no_history_entry(session):
    session.set_label_map(session.label_map)
    assert not session.can_undo
    session.set_label_map(grown(session.label_map, 3).astype(np.int64))
    assert session.can_undo


@pytest.mark.slow
def test_an_edit_after_refining_commits_only_improvements(session, tiny_model):
    delta = 0.5 * torch.randn(session.w_plus[0].shape, generator=torch.Generator().manual_seed(3))
    vector = EditVector("push", delta, ("blob",), {"fingerprint": tiny_model.fingerprint})
    for _ in session.refine(vector, steps=8, config=EditConfig(best="objective", lr=0.5)):
        pass
    assert session.can_edit  # the step that was kept is not quite at the vector's own segmentation
    before = session.w_plus
    for _ in session.edit(steps=1, config=EditConfig(lr=1e-9)):
        pass
    torch.testing.assert_close(session.w_plus, before, rtol=0, atol=1e-4)


def test_a_session_names_the_perceptual_features_of_its_edits_and_the_missing_terms(tiny_model, painted, tmp_path):
    assert painted.perceptual_features == "the model's discriminator"
    assert not painted.left_out()  # nobody asked for an identity network
    assert repr(painted).endswith("perceptual: the model's discriminator)")
    painted.config = EditConfig.preset("paper")
    assert painted.left_out() == {"identity": "no embedding is given (EditConfig.embedding)"}
    assert painted.left_out(EditConfig.preset("released")) == {"encoder": "the model has no encoder"}
    assert repr(painted).endswith("perceptual: the model's discriminator, not computed: identity)")
    for _ in painted.edit(steps=2):
        pass
    made = painted.history.entry.made
    assert made["perceptual_features"] == "the model's discriminator"
    assert list(made["left_out"]) == ["identity"]
    assert painted.edit_vector("glow").recipe["perceptual_features"] == "the model's discriminator"
    bare = EditGAN(tiny_model.generator, None, tiny_model.interpreter, tiny_model.labels)
    assert "stand-in" in EditSession.from_seed(bare, 1).perceptual_features


@pytest.fixture
def bare(tiny_model):
    return EditGAN(tiny_model.generator, tiny_model.discriminator, None, tiny_model.labels)


def test_a_model_without_an_interpreter_allows_vectors_and_drags_but_not_mask_edits(bare, session):
    list(session.drag([DragPoint((12, 14), (18, 14))], steps=2))
    vector = session.edit_vector("pull")
    other = EditSession.from_seed(bare, seed=5)
    before = other.image.copy()
    assert not other.label_map.any()
    other.apply_vector(vector, force=True)
    assert not np.array_equal(other.image, before)
    assert len(list(other.drag([DragPoint((12, 14), (18, 14))], steps=2))) == 2
    other.undo()
    other.set_label_map(np.ones((32, 32), np.uint8))
    with pytest.raises(SessionError, match="no interpreter yet"):
        other.edit()


V = EditVector("some", torch.ones(8, 16), ("spark",))
CALLS = {
    "config must be an EditConfig": [
        lambda s: EditSession.from_seed(s.model, 3, config="paper"),
        lambda s: s.edit(config="paper"),
        lambda s: s.edit(3, config="paper"),
        lambda s: s.drag([], config="paper"),
        lambda s: s.refine(V, config="paper"),
    ],
    "start must be an EditVector and its scale": [
        lambda s: s.edit(start=V),
        lambda s: s.edit(start=(V,)),
        lambda s: s.edit(start="smile"),
    ],
    r"start\[0\] must be an EditVector": [lambda s: s.edit(start=("smile", 1.0))],
    "scale must be a finite number": [
        lambda s: s.edit(start=(V, "a")),
        lambda s: s.edit(start=(V, float("nan"))),
        lambda s: s.apply_vector(V, float("inf")),
    ],
    "goes beyond all numbers": [lambda s: s.apply_vector(V, 1e300), lambda s: s.edit(start=(V, 1e300))],
    "on_candidate must be a function": [lambda s: s.edit(on_candidate=5)],
    "stopped must be a function": [lambda s: s.edit(stopped=True)],
    "vector must be an EditVector": [lambda s: s.apply_vector("smile"), lambda s: s.refine("smile")],
    r"vectors must be a list of EditVectors": [
        lambda s: setattr(s, "vectors", "smile"),
        lambda s: setattr(s, "vectors", V),
        lambda s: setattr(s, "vectors", {"some": V}),
        lambda s: setattr(s, "vectors", 5),
    ],
    r"vectors\[1\] must be an EditVector.*got 'smile'": [lambda s: setattr(s, "vectors", [V, "smile"])],
    "w_plus contains nan": [lambda s: s.go_to(s.w_plus * float("nan"))],
    "w_plus has shape": [lambda s: s.go_to(torch.zeros(1, 3, 16))],
    "label map has shape": [lambda s: s.go_to(s.w_plus, label_map=np.zeros((4, 4), np.uint8))],
    "label id 99": [lambda s: s.go_to(s.w_plus, label_map=np.full((32, 32), 99, np.uint8))],
    "edited is bool of shape": [lambda s: s.go_to(s.w_plus, edited=np.zeros((4, 4), bool))],
    "edited is int64": [lambda s: s.go_to(s.w_plus, edited=np.zeros((32, 32), np.int64))],
    "labels must be a list of parts' names": [
        lambda s: s.go_to(s.w_plus, labels=5),
        lambda s: s.go_to(s.w_plus, labels="spark"),
        lambda s: s.go_to(s.w_plus, labels=[5]),
    ],
    "seed must be a whole number from 0 to 9223372036854775807": [lambda s: EditSession.from_seed(s.model, 10**20)],
}


@pytest.mark.parametrize("message", CALLS)
def test_wrong_arguments_are_named_and_change_nothing(painted, message, unchecked):
    before = painted.history.entry.id
    for call in CALLS[message]:
        with pytest.raises(ValueError, match=message):
            call(painted)
        assert painted.history.entry.id == before


@pytest.mark.parametrize("strength", [float("nan"), float("inf"), 1e300, -0.1, "1"])
def test_a_preview_of_a_strength_takes_what_set_strength_takes(painted, strength, unchecked):
    list(painted.edit(steps=1))
    for call in (painted.strength_latent, painted.set_strength):
        with pytest.raises(SessionError, match="strength is a number from 0 to 2"):
            call(strength)


def test_a_latent_given_as_numpy_array_is_taken(session, tiny_model):
    other = EditSession.from_seed(tiny_model, 4)
    session.go_to(other.w_plus.numpy()[0])
    assert np.array_equal(session.image, other.image)


def test_weights_without_a_segmentation_loss_start_from_no_vector(painted):
    painted.vectors = [V]
    weights = LossWeights(segmentation=0.0, dice=0.0)
    assert len(list(painted.edit(config=EditConfig(steps=2, weights=weights)))) == 2
    assert painted.started_from is None


@pytest.mark.slow
def test_an_edit_after_a_change_of_strength_is_compared_with_the_present_picture(tiny_model):
    session = EditSession.from_seed(tiny_model, seed=3)
    session.set_label_map(grown(session.label_map, 3))
    list(session.edit(steps=12))
    session.set_strength(0)
    weak = agreement(session.predicted_label_map, session.history.state.goal.target)
    best = max(step.iou for step in session.edit(steps=6))
    assert best > weak
    assert session.kept_step is not None
    assert session.kept_step.iou > weak


@pytest.mark.slow
def test_an_edit_after_a_higher_strength_keeps_only_steps_closer_than_the_present_picture(painted):
    list(painted.edit(steps=8))
    painted.set_strength(1.0)
    before = painted.w_plus
    list(painted.edit(steps=1, config=EditConfig(lr=1e-9)))
    torch.testing.assert_close(painted.w_plus, before, rtol=0, atol=1e-4)


@pytest.mark.slow
def test_a_continued_edit_from_a_vector_keeps_only_steps_closer_than_the_present_picture(painted, tiny_model):
    list(painted.edit(steps=8))
    assert painted.can_edit
    away = EditVector("away", 5 * (painted.origin - painted.w_plus)[0], (), {"fingerprint": tiny_model.fingerprint})
    list(painted.edit(steps=1, config=EditConfig(lr=1e-9), start=(away, 1.0)))
    assert painted.kept_step is None


@pytest.mark.slow
@pytest.mark.parametrize("begin", ["edit", "drag"])
def test_a_run_that_ends_an_open_drag_aims_at_what_the_drag_left(tiny_model, begin):
    painted = []
    for closes in (True, False):
        session = EditSession.from_seed(tiny_model, seed=3)
        session.paint(Stroke([(6, 6)], 3, "glow"))
        point = [DragPoint((16, 16), (18, 17))]
        run = session.drag(point, steps=12)
        for _ in range(4):
            next(run)
        if closes:
            run.close()
        list(session.edit(steps=2) if begin == "edit" else session.drag(point, steps=2))
        painted.append((session.painted, session.label_map, session.w_plus))
    assert same(*painted)


def test_a_start_that_does_not_fit_leaves_an_open_run_open(painted):
    foreign = EditVector("foreign", torch.zeros_like(painted.w_plus[0]), (), {"fingerprint": "another"})
    run = painted.edit(steps=4)
    next(run)
    entry = painted.history.entry
    for begin in (lambda: painted.edit(start=(foreign, 1.0)), lambda: painted.refine(foreign)):
        with pytest.raises(WrongModelError):
            begin()
        assert painted.history.entry is entry
    list(run)
    assert painted.history.entry.made["completed"]


def test_a_strength_after_a_stopped_edit_keeps_the_picture_that_the_outside_is_compared_with(painted):
    run = painted.edit(steps=8)
    next(run)
    next(run)
    run.close()
    assert painted.history.entry.made["do"] == "edit"
    for strength in (0.5, 1.0):
        painted.set_strength(strength)
        assert torch.equal(painted.history.state.settled_w_plus, painted.origin)
    list(painted.edit(steps=2))
    painted.set_strength(0.5)
    assert torch.equal(painted.history.state.settled_w_plus, painted.w_plus)


@pytest.mark.parametrize("completes", [True, False])
def test_a_stroke_painted_during_an_edit_is_untried(session, completes):
    session.paint(DAB)
    run = session.edit(steps=4)
    next(run)
    before = session.label_map.copy()
    session.paint(ELSEWHERE)
    stroke = session.label_map != before
    if completes:
        list(run)
    else:
        run.close()
    assert np.array_equal(session.untried, stroke)
    session.set_strength(0.5)
    assert np.array_equal(session.untried, stroke)


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.apply_vector(dataclasses.replace(V, delta_w_plus=torch.zeros(2, 3))),
        lambda s: s.apply_vector(V, layers=(0, 99)),
        lambda s: s.apply_vector(dataclasses.replace(V, recipe={"fingerprint": "another"})),
        lambda s: s.go_to(s.w_plus, why=object()),
        lambda s: s.refine(dataclasses.replace(V, delta_w_plus=torch.zeros_like(V.delta_w_plus)), 3),
        lambda s: s.set_strength(3),
    ],
)
def test_arguments_that_do_not_fit_leave_an_open_edit_running(painted, call):
    run = painted.edit(8)
    next(run)
    entries = len(painted.history.entries)
    with pytest.raises((ValueError, TypeError)):
        call(painted)
    assert len(painted.history.entries) == entries
    next(run)
    run.close()
    assert painted.history.entry.made["do"] == "edit"
    assert painted.history.entry.made["ran"] == 2


def test_a_strength_without_an_edit_leaves_an_edit_before_its_first_step_open(painted):
    run = painted.edit(3)
    with pytest.raises(SessionError, match="no edit to weaken"):
        painted.set_strength(0.5)
    for _ in run:
        pass
    assert painted.history.entry.made["do"] == "edit"
