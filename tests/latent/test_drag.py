import numpy as np
import pytest
import torch

from editgan_widgets import DragPoint, EditSession, Stroke
from editgan_widgets.documents.session import SessionError
from editgan_widgets.documents.session_script import session_script
from editgan_widgets.latent.optimize import EditConfig, optimize_edit
from editgan_widgets.latent.target import EditTarget
from editgan_widgets.latent.terms.drag import DragError, DragTerm, checked_points, drag_region
from editgan_widgets.latent.terms.term import Candidate
from editgan_widgets.models.editgan import EditGAN

POINT = DragPoint((12.0, 14.0), (18.0, 14.0))


def candidate(features):
    return Candidate(0, torch.zeros(1, 3, 32, 32), features, torch.zeros(1, 8, 16), torch.zeros(1, 8, 16))


def blob(x, y, size=16):
    """A feature map of one channel with a bump at (x, y), in pixels of a picture of 64 px."""
    places = torch.arange(size) * (64 / size) + 2
    row, column = (torch.exp(-((places - centre) ** 2) / 50) for centre in (y, x))
    return [(row[:, None] * column)[None, None]]


@pytest.mark.parametrize(
    "points",
    [[], [DragPoint((1, 2), (1, 2.2))], [DragPoint((1, 2), (40, 2))], [DragPoint((1, np.nan), (3, 4))]],
)
def test_points_that_cannot_be_dragged_are_refused(points):
    with pytest.raises(DragError):
        checked_points(points, 32)


def test_points_may_be_numpy_scalars():
    (point,) = checked_points([DragPoint((np.float32(1), np.int64(2)), (np.uint8(9), 2))], 32)
    assert point == DragPoint((1.0, 2.0), (9.0, 2.0))
    assert type(point.handle[0]) is float


def test_the_region_surrounds_the_way_of_each_point():
    region = drag_region([DragPoint((32, 32), (48, 32))], 64)
    assert region[32, 32:48].all()
    assert region[32, 22]
    assert region[32, 57]
    assert not region[32, 20]
    assert not region[44, 40]


def test_a_feature_that_has_moved_to_the_target_is_reached():
    point = DragPoint((24, 32), (32, 32))
    term = DragTerm(blob(24, 32), 64, [point], weight=1.0, steps=2)
    before, after = term.value(candidate(blob(24, 32))), term.value(candidate(blob(32, 32)))
    assert before.figures["reached"] < 0.15
    assert after.figures["reached"] > 0.85
    assert after.figures["drag"] < 0.05 < before.figures["drag"]


def test_the_gradient_moves_a_feature_towards_the_target():
    term = DragTerm(blob(24, 32), 64, [DragPoint((24, 32), (34, 32))], weight=1.0, steps=2)
    x = torch.tensor(26.0, requires_grad=True)
    (slope,) = torch.autograd.grad(term.value(candidate(blob(x, 32))).loss, [x])
    assert slope < 0


def test_a_drag_moves_the_picture_in_its_region_and_is_one_entry_of_the_history(session):
    before = session.image.copy()
    steps = list(session.drag([POINT], steps=6))
    assert len(steps) == 6
    assert {"reached", "drag", "outside"} <= set(steps[-1].figures)
    assert "iou" not in steps[-1].figures
    assert session.history.entry.made["do"] == "drag"
    assert not np.array_equal(session.image, before)
    assert np.array_equal(session.label_map, session.predicted_label_map)
    assert not session.painted.any()
    session.undo()
    assert np.array_equal(session.image, before)


def test_a_drag_also_optimises_towards_the_painted_mask(session):
    session.set_label_map((session.label_map + 1) % 4)
    painted = session.label_map.copy()
    *_, last = session.drag([POINT], steps=4)
    assert {"iou", "reached"} <= set(last.figures)
    assert last.reached == pytest.approx((last.iou + last.figures["reached"]) / 2)
    assert np.array_equal(session.label_map, painted)
    assert not session.painted.any()


def test_a_stopped_drag_keeps_its_best_step_and_the_painted_mask(session):
    session.set_label_map((session.label_map + 1) % 4)
    steps = session.drag([POINT], steps=20)
    next(steps)
    steps.close()
    assert session.kept_step is not None
    assert session.painted.any()


def test_a_region_of_another_size_or_without_a_pixel_is_refused(session):
    with pytest.raises(SessionError, match=r"bool array \(32, 32\)"):
        session.drag([POINT], region=np.ones((16, 16), bool))
    with pytest.raises(SessionError, match="no pixel"):
        session.drag([POINT], region=np.zeros((32, 32), bool))


def test_the_strength_of_a_drag_can_be_changed(session):
    list(session.drag([POINT], steps=3))
    assert session.strength == 1.0
    before = session.w_plus
    session.set_strength(0.0)
    assert not torch.equal(session.w_plus, before)
    assert torch.allclose(session.w_plus, session.origin, atol=1e-5)


def test_the_painted_mask_follows_the_picture_when_the_strength_of_a_drag_changes(session):
    before = session.label_map
    list(session.drag([POINT], steps=6))
    dragged = session.label_map
    assert not np.array_equal(dragged, before)
    for strength, shown in ((0.0, before), (1.0, dragged)):
        session.set_strength(strength)
        np.testing.assert_array_equal(session.label_map, shown)
        np.testing.assert_array_equal(session.predicted_label_map, shown)
        assert not session.painted.any()


def test_strokes_before_during_and_after_a_drag_stay_painted_when_its_strength_changes(session):
    first, second, third = (Stroke(((x, 3),), radius=1.5, label=2) for x in (3, 16, 28))
    session.paint(first)
    steps = session.drag([POINT], steps=4)
    next(steps)
    session.paint(second)
    list(steps)
    session.paint(third)
    painted = session.label_map == 2
    for strength in (0.0, 0.5):
        session.set_strength(strength)
        for x in (3, 16, 28):
            assert session.label_map[3, x] == 2
        assert session.painted[3, 16]
        assert session.painted[3, 28]
    session.set_strength(1.0)
    np.testing.assert_array_equal(session.label_map == 2, painted)


@pytest.mark.slow
def test_a_script_drags_to_the_same_pixels(session, tiny_model, tmp_path, monkeypatch):
    region = np.zeros((32, 32), bool)
    region[5:25, 5:28] = True
    list(session.drag([POINT], steps=3, region=region))
    tiny_model.save(tmp_path / "tiny.safetensors")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["picture.py", str(tmp_path / "tiny.safetensors")])
    found = {}
    exec(compile(session_script(session), "picture.py", "exec"), found)
    assert np.array_equal(found["session"].image, session.image)


def test_a_journal_holds_drags(session, tiny_model, tmp_path):
    session.keep_journal(tmp_path / "journal")
    list(session.drag([POINT], steps=2, region=np.ones((32, 32), bool)))
    restored = EditSession.restore(tiny_model, tmp_path / "journal")
    assert np.array_equal(restored.image, session.image)
    assert restored.history.entry.made["points"] == [[12.0, 14.0, 18.0, 14.0]]


def test_an_optimisation_without_a_goal_is_refused(tiny_model, session):
    nothing = EditTarget(session.label_map, np.ones((32, 32), bool), np.zeros((32, 32), bool), ())
    with pytest.raises(ValueError, match="nothing to edit"):
        next(optimize_edit(tiny_model, session.w_plus, nothing, EditConfig(steps=1)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: None,
        lambda: POINT,
        lambda: [POINT.handle],
        lambda: [DragPoint((10**400, 2), (3, 3))],
        lambda: [DragPoint(("1", "2"), (3, 3))],
        lambda: [DragPoint((True, False), (3, 3))],
    ],
)
def test_what_is_no_list_of_points_is_refused_in_plain_words(session, make, unchecked):
    with pytest.raises(DragError, match="poin"):
        session.drag(make())


def test_a_handle_that_is_no_pair_is_refused(unchecked):
    with pytest.raises(DragError, match=r"handle must be \(x, y\)"):
        DragPoint(14, 16)  # type: ignore[arg-type]


def test_a_drag_takes_an_edit_config_only(session, unchecked):
    with pytest.raises(ValueError, match="config must be an EditConfig, such as"):
        session.drag([POINT], config={})


def test_a_drag_without_an_improvement_keeps_the_picture(session):
    before, entries = session.image.copy(), len(session.history.path())
    config = EditConfig(steps=2, lr=1e-9)
    steps = list(session.drag([POINT], config=config))
    assert [step.index for step in steps] == [1, 2]
    assert session.kept_step is None
    assert np.array_equal(session.image, before)
    assert len(session.history.path()) == entries


def test_the_handles_are_points_of_the_picture_that_a_stopped_edit_left(painted, monkeypatch):
    running = painted.edit(steps=8)
    for _ in range(5):
        next(running)
    running.close()
    seen = []
    monkeypatch.setattr("editgan_widgets.latent.optimize.DragTerm", lambda features, *_: seen.append(features) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        next(painted.drag([POINT], steps=2))
    present = painted.model.generator.synthesis(painted.w_plus).features
    assert all(torch.equal(a, b) for a, b in zip(seen[0], present, strict=True))


def test_a_model_without_interpreter_drags_and_says_why_it_cannot_follow_paint(tiny_model):
    bare = EditGAN(tiny_model.generator, tiny_model.discriminator, None, tiny_model.labels)
    session = EditSession.from_seed(bare, 3)
    assert len(list(session.drag([POINT], steps=1))) == 1
    session.set_label_map(np.ones((32, 32), np.uint8))
    with pytest.raises(SessionError, match="undo the strokes"):
        session.drag([POINT], steps=1)
