"""The panel of edit vectors: switches, rows, refining, clashes, small pictures and animations; no browser."""

import io
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from editors import heard, run_script_here, until
from PIL import Image, ImageSequence
from tiny_model import grown

from editgan_widgets import EditVector, load_model
from editgan_widgets.documents.session import EditSession, SessionError
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.latent.directions.vector_settings import VectorSetting, clashes, difference
from editgan_widgets.models.editgan import MODELS
from editgan_widgets.widgets import Editor


@pytest.fixture
def vectors(tiny_model):
    rng = torch.Generator().manual_seed(5)
    shape = tiny_model.sample_w_plus(0)[0].shape
    recipe = {"fingerprint": tiny_model.fingerprint}
    return {
        name: EditVector(name, torch.randn(shape, generator=rng) * 0.5, (part,), recipe)
        for name, part in (("more spark", "spark"), ("less glow", "glow"))
    }


@pytest.fixture
def editor(tiny_model, vectors):
    session = EditSession.from_seed(tiny_model, seed=3)
    with heard(Editor(session, vectors=vectors, auto=False, journal=False)) as editor:
        yield editor


def browser(editor, **content):
    editor.view._handle_custom_msg(content, [])


def row(editor, name):
    return next(row for row in editor.view.vectors if row["name"] == name)


def near(first, second):
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-4)


def test_a_switch_removes_a_vector_and_restores_it_at_its_scale(editor, vectors):
    before, delta = editor.session.w_plus, vectors["more spark"].delta_w_plus
    editor.apply_vectors({"more spark": 0.7})
    browser(editor, kind="switch", name="more spark", on=False)
    assert editor.wait(20)
    near(editor.session.w_plus, before)
    assert editor.vector_scales == {}
    assert (row(editor, "more spark")["scale"], row(editor, "more spark")["on"]) == (0.7, False)
    editor.switch_vector("more spark", True)
    assert editor.wait(20)
    near(editor.session.w_plus, before + 0.7 * delta)
    editor.undo()
    assert editor.wait(20)
    near(editor.session.w_plus, before)
    assert not row(editor, "more spark")["on"]


def test_switching_on_a_vector_at_0_sets_it_to_1_and_moving_a_slider_switches_on(editor):
    editor.switch_vector("less glow", True)
    assert editor.wait(20)
    assert editor.vector_scales == {"less glow": 1.0}
    editor.switch_vector("less glow", False)
    editor.apply_vectors({"less glow": 0.4})
    assert editor.wait(20)
    assert editor.vector_scales == {"less glow": 0.4}
    assert row(editor, "less glow")["on"]


def test_a_vector_restricted_to_rows_moves_only_these_and_one_undo_lifts_the_restriction(editor, vectors):
    before, delta = editor.session.w_plus, vectors["more spark"].delta_w_plus
    editor.apply_vectors({"more spark": 1.0})
    editor.vector_layers("more spark", 0, 3)  # queued behind the slider
    assert editor.wait(20)
    near(editor.session.w_plus[:, :4], before[:, :4] + delta[:4])
    near(editor.session.w_plus[:, 4:], before[:, 4:])
    assert row(editor, "more spark")["layers"] == [0, 4]
    editor.apply_vectors({"more spark": 0.5})
    browser(editor, kind="layers", name="more spark", first=None, last=None)
    assert editor.wait(20)
    near(editor.session.w_plus, before + 0.5 * delta)
    editor.undo()
    assert editor.wait(20)
    near(editor.session.w_plus[:, 4:], before[:, 4:])
    assert row(editor, "more spark")["layers"] == [0, 4]


def test_a_preview_moves_only_the_chosen_rows(editor, vectors):
    editor.vector_layers("more spark", 4, 7)
    browser(editor, kind="vectors", scales={"more spark": 1.5}, live=True)
    assert editor.wait(20)
    shown = [buffers[0] for content, buffers in editor.sent if content.get("preview")][-1]
    session = editor.session
    wanted = session.picture_of(vectors["more spark"].apply(session.w_plus, 1.5, layers=(4, 8)))
    assert np.abs(np.asarray(Image.open(io.BytesIO(shown)).convert("RGB")).astype(float) - wanted).mean() < 12
    assert not session.can_undo


def test_a_slider_that_returns_to_its_position_shows_the_committed_picture(editor):
    browser(editor, kind="vectors", scales={"more spark": 1.5}, live=True)
    assert editor.wait(20)
    browser(editor, kind="vectors", scales={"more spark": 0.0}, live=False)
    assert editor.wait(20)
    previews = [content["own"] for content, _ in editor.sent if content.get("preview")]
    assert previews == [False, True]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"kind": "switch", "name": "nobody", "on": True}, "no vector 'nobody'"),
        ({"kind": "switch", "name": "more spark", "on": 1}, "True or False; got 1"),
        ({"kind": "layers", "name": "more spark", "first": 5, "last": 2}, "layers (5, 3) do not fit"),
        ({"kind": "layers", "name": "more spark", "first": 0, "last": 99}, "layers (0, 100) do not fit"),
        ({"kind": "layers", "name": "more spark", "first": "0", "last": 2}, "got '0'"),
        ({"kind": "remove", "name": "nobody"}, "no vector 'nobody'"),
        ({"kind": "refine", "steps": 0}, "from 1 to 10000; got 0"),
        ({"kind": "sweep", "name": ["more spark"]}, "no vector"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_invalid_requests_are_refused_and_change_nothing(editor, message, words):
    before = editor.session.w_plus
    browser(editor, **message)
    assert words in editor.error
    assert torch.equal(editor.session.w_plus, before)
    assert not editor.session.can_undo


@pytest.mark.slow
def test_refining_sends_frames_and_is_undone_in_one_step(editor, vectors):
    before = editor.session.w_plus
    editor.apply_vectors({"more spark": 1.0})
    assert editor.wait(20)
    applied, image = editor.session.w_plus, editor.image
    browser(editor, kind="refine", steps=10)
    assert editor.wait(60)
    frames = [content for content, _ in editor.sent if content["kind"] == "frame" and not content.get("preview")]
    assert frames
    assert editor.view.status.startswith("Done in 10 steps")
    assert not torch.allclose(editor.session.w_plus, applied, atol=1e-3)
    assert editor.vector_scales == {"more spark": 1.0}
    editor.undo()
    assert editor.wait(20)
    assert torch.equal(editor.session.w_plus, applied)
    assert np.array_equal(editor.image, image)
    editor.apply_vectors({"more spark": 0.0})
    assert editor.wait(20)
    near(editor.session.w_plus, before)


@pytest.mark.slow
def test_a_script_with_rows_a_switch_and_a_refinement_makes_the_same_pixels(editor, tmp_path, monkeypatch):
    editor.apply_vectors({"more spark": 1.0, "less glow": 0.3})
    editor.vector_layers("more spark", 0, 5)
    editor.switch_vector("less glow", False)
    editor.refine(4, blocking=True)
    assert "session.refine(" in editor.script()
    editor.save_script(tmp_path / "picture.py")
    text = (tmp_path / "picture.py").read_text(encoding="utf-8")
    told = run_script_here(text, editor.session.model, tmp_path, monkeypatch)
    assert "the same pixels" in told
    assert "not the same" not in told


@pytest.mark.slow
@pytest.mark.parametrize(
    "message",
    [
        {"kind": "switch", "name": "more spark", "on": False},
        {"kind": "layers", "name": "more spark", "first": 2, "last": 4},
        {"kind": "vectors", "scales": {"more spark": 0.0}, "live": False},
        {"kind": "redo"},
    ],
    ids=lambda message: message["kind"],
)
def test_what_changes_no_picture_leaves_a_running_edit_alone(editor, message):
    editor.operate(lambda *_: grown(editor.label_map, 3))
    assert editor.wait(20)
    editor.run(400)
    until(lambda: editor.session.kept_step is not None)
    job, status = editor.view.job, editor.view.status
    browser(editor, **message)
    if message["kind"] in ("switch", "layers"):
        shown = {"switch": ("on", False), "layers": ("layers", [2, 5])}[message["kind"]]
        assert row(editor, "more spark")[shown[0]] == shown[1]
    time.sleep(0.3)
    assert (editor.running, editor.view.job, editor.view.status) == (True, job, status)
    editor.stop()
    assert editor.wait(20)
    assert [entry.made["do"] for entry in editor.session.history.path()[1:]] == ["label_map", "edit"]


@pytest.mark.slow
def test_a_stopped_refinement_keeps_its_best_step(editor):
    editor.apply_vectors({"more spark": 1.0})
    assert editor.wait(20)
    editor.refine(500)
    end = time.monotonic() + 30
    while not any(content.get("step", 0) >= 3 for content, _ in editor.sent):
        assert time.monotonic() < end
        time.sleep(0.01)
    editor.stop()
    assert editor.wait(20)
    assert editor.view.status.startswith("Stopped at step")
    assert not editor.view.running


def test_refining_without_a_vector_is_refused_with_advice_and_leaves_the_history(editor):
    editor.refine()
    with pytest.raises(SessionError, match="move a slider first"):
        editor.wait(20)
    assert not editor.session.can_undo


def test_opposed_and_similar_vectors_clash_in_proportion_to_their_shared_rows(tiny_model, vectors):
    one = vectors["more spark"]
    both = {"one": one, "same": EditVector("same", one.delta_w_plus + 0.1, (), one.recipe), "off": vectors["less glow"]}
    on, back = VectorSetting(1.0), VectorSetting(-1.0)
    assert [(c.first, c.second) for c in clashes(both, {"one": on, "same": on, "off": on})] == [("one", "same")]
    assert clashes(both, {"one": on, "same": on})[0].cosine > 0.9
    assert clashes(both, {"one": on, "same": back})[0].cosine < -0.9
    assert clashes(both, {"one": on, "same": VectorSetting(1.0, on=False)}) == ()
    upper, lower = VectorSetting(1.0, layers=(0, 4)), VectorSetting(1.0, layers=(4, 8))
    assert clashes(both, {"one": upper, "same": lower}) == ()


@pytest.mark.shipped
@pytest.mark.skipif(not MODELS["portraits"].is_file(), reason="the model does not ship here")
def test_clashes_of_the_library_are_between_related_attributes():
    model = load_model("portraits", "cpu")
    library = load_vectors(model)
    on = VectorSetting(1.0)

    def pairs(*names):
        return [(c.first, c.second, c.cosine < 0) for c in clashes(library, dict.fromkeys(names, on))]

    assert pairs("longer hair", "shorter hair") == [("longer hair", "shorter hair", True)]
    assert pairs("bigger nose", "smaller nose") == [("bigger nose", "smaller nose", True)]
    assert pairs("frown", "lower brows") == [("frown", "lower brows", False)]
    assert pairs("smile", "glasses", "longer hair", "raise brows") == []


def test_the_editor_names_vectors_that_clash_until_one_is_off(editor, vectors):
    like = EditVector("like", vectors["more spark"].delta_w_plus * 0.9, (), vectors["more spark"].recipe)
    editor.add_vector(like)
    editor.apply_vectors({"more spark": 1.0, "like": -1.0})
    assert editor.wait(20)
    assert editor.view.vector_clashes == [{"first": "more spark", "second": "like", "opposed": True}]
    editor.switch_vector("like", False)
    assert editor.wait(20)
    assert editor.view.vector_clashes == []


def test_a_difference_leads_from_any_settings_to_any_others(tiny_model, vectors):
    before = {"more spark": VectorSetting(0.5, layers=(0, 3)), "less glow": VectorSetting(1.0)}
    after = {"more spark": VectorSetting(-1.0), "less glow": VectorSetting(1.0, on=False)}
    w_plus = there = tiny_model.sample_w_plus(1)
    for parts, sign in ((difference(vectors, {}, before), 1), (difference(vectors, before, after), 1)):
        for vector, scale, layers in parts:
            there = vector.apply(there, sign * scale, layers=layers)
    near(there, w_plus - vectors["more spark"].delta_w_plus)
    assert difference(vectors, after, after) == []


def test_pictures_of_vectors_are_previews_or_are_rendered_by_the_worker(editor, vectors):
    assert editor.wait(20)
    assert set(editor.view.vector_pictures) == set(vectors)
    preview = np.concatenate([np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 200, np.uint8)], axis=1)
    one = vectors["more spark"]
    editor.add_vector(EditVector("seen", one.delta_w_plus, (), one.recipe, preview=preview))
    shown = np.asarray(Image.open(io.BytesIO(editor.view.vector_pictures["seen"])))
    assert shown.shape == (64, 64, 3)
    assert np.abs(shown.astype(int) - 200).max() < 4
    drawn = np.asarray(Image.open(io.BytesIO(editor.view.vector_pictures["more spark"]))).astype(float)
    expected = editor.session.picture_of(one.apply(editor.session.origin))
    assert np.abs(drawn - expected).mean() < 15
    assert not editor.error


def test_pictures_of_vectors_are_rendered_after_other_queued_work(editor, vectors):
    with editor.session.lock:
        for name in ("one", "two", "three"):
            editor.add_vector(EditVector(name, vectors["less glow"].delta_w_plus, (), vectors["less glow"].recipe))
            editor.apply_vectors({name: 1.0})
        browser(editor, kind="vectors", scales={"one": 0.5}, live=True)
    assert editor.wait(20)
    assert set(editor.view.vector_pictures) == {*vectors, "one", "two", "three"}


@pytest.mark.shipped
@pytest.mark.slow
def test_an_own_vector_is_removed_from_picture_panel_and_journal(tiny_model, tmp_path, vectors):
    editor = Editor(EditSession.from_seed(tiny_model, seed=3), vectors={}, journal=tmp_path / "journal")
    before = editor.session.w_plus
    for vector in vectors.values():
        editor.add_vector(vector)
    editor.apply_vectors({"more spark": 1.0, "less glow": 0.5})
    browser(editor, kind="remove", name="more spark")
    assert editor.wait(20)
    near(editor.session.w_plus, before + 0.5 * vectors["less glow"].delta_w_plus)
    assert [row["name"] for row in editor.view.vectors] == ["less glow"]
    editor.close()
    again = Editor.restore(tmp_path / "journal", tiny_model)
    assert list(again.vectors) == ["less glow"]
    assert [row["own"] for row in again.view.vectors] == [True]
    again.undo()
    assert again.wait(20)
    near(again.session.w_plus, before + vectors["more spark"].delta_w_plus + 0.5 * vectors["less glow"].delta_w_plus)
    again.close()


def names_of(editor):
    return [row["name"] for row in editor.view.vectors]


def after_undo(editor, ways):
    for way in ways:
        getattr(editor, way)()
    assert editor.wait(20)


@pytest.mark.slow
def test_undo_restores_a_removed_vector_and_its_slider_and_redo_removes_both(editor, vectors):
    before, delta = editor.session.w_plus, vectors["more spark"].delta_w_plus
    editor.apply_vectors({"more spark": 0.7})
    editor.vector_layers("more spark", 0, 3)
    assert editor.wait(20)
    there = editor.session.w_plus
    editor.remove_vector("more spark")
    assert editor.wait(20)
    near(editor.session.w_plus, before)
    assert names_of(editor) == ["less glow"]
    after_undo(editor, ["undo"])
    assert set(names_of(editor)) == {"more spark", "less glow"}
    assert row(editor, "more spark") == {"name": "more spark", "scale": 0.7, "on": True, "layers": [0, 4], "own": True}
    assert editor.vector_scales == {"more spark": 0.7}
    assert set(editor.view.vector_pictures) == {"more spark", "less glow"}
    near(editor.session.w_plus, there)
    after_undo(editor, ["redo"])
    assert names_of(editor) == ["less glow"]
    assert editor.vector_scales == {}
    near(editor.session.w_plus, before)
    after_undo(editor, ["undo"])
    editor.apply_vectors({"more spark": 1.0})  # it works as before
    assert editor.wait(20)
    assert editor.vector_scales == {"more spark": 1.0}
    after_undo(editor, ["undo", "undo", "undo"])
    near(editor.session.w_plus, before)
    assert "more spark" in names_of(editor)
    assert delta is editor.vectors["more spark"].delta_w_plus


def test_a_vector_removed_at_scale_0_reappears_only_in_states_that_use_it(editor):
    editor.apply_vectors({"less glow": 0.5})
    editor.apply_vectors({"more spark": 0.7})
    editor.apply_vectors({"more spark": 0.0})
    editor.apply_vectors({"less glow": 1.0})
    editor.remove_vector("more spark")
    after_undo(editor, ["undo"])
    assert names_of(editor) == ["less glow"]  # it is at 0 here too
    entry = next(
        e.id for e in editor.session.history.path() if e.note.get("vectors", {}).get("more spark", {}).get("scale")
    )
    editor.visit(entry)
    assert editor.wait(20)
    assert editor.vector_scales == {"less glow": 0.5, "more spark": 0.7}
    assert set(names_of(editor)) == {"more spark", "less glow"}
    after_undo(editor, ["redo", "redo"])
    assert names_of(editor) == ["less glow"]


def test_a_new_vector_with_the_name_of_a_removed_one_is_a_different_vector(editor, vectors):
    editor.apply_vectors({"more spark": 0.7})
    editor.remove_vector("more spark")
    assert editor.wait(20)
    removed_at = editor.session.history.entry.id
    other = EditVector("more spark", -vectors["more spark"].delta_w_plus, (), vectors["more spark"].recipe)
    editor.add_vector(other)
    after_undo(editor, ["undo"])
    assert editor.vectors["more spark"] is other
    editor.visit(removed_at)
    assert editor.wait(20)
    assert editor.vectors["more spark"] is other


@pytest.mark.shipped
@pytest.mark.slow
def test_a_restored_editors_history_removes_and_restores_vectors(tiny_model, tmp_path, vectors):
    editor = Editor(EditSession.from_seed(tiny_model, seed=3), vectors={}, journal=tmp_path / "journal")
    editor.add_vector(vectors["more spark"])
    editor.apply_vectors({"more spark": 0.7})
    editor.remove_vector("more spark")
    assert editor.wait(20)
    editor.close()
    for undone in (True, False):
        again = Editor.restore(tmp_path / "journal", tiny_model)
        assert list(again.vectors) == ([] if undone else ["more spark"])
        after_undo(again, ["undo" if undone else "redo"])
        assert list(again.vectors) == (["more spark"] if undone else [])
        assert again.vector_scales == ({"more spark": 0.7} if undone else {})
        again.close()
    assert not Editor.restore(tmp_path / "journal", tiny_model).vectors


def test_vectors_of_the_library_cannot_be_removed(tiny_model, vectors, monkeypatch):
    monkeypatch.setattr("editgan_widgets.widgets.editor.editor.load_vectors", lambda model: vectors)
    editor = Editor(EditSession.from_seed(tiny_model, seed=3), journal=False)
    with pytest.raises(ValueError, match="in the model's library"):
        editor.remove_vector("more spark")
    assert "more spark" in editor.vectors
    editor.close()


@pytest.mark.slow
def test_the_last_edit_is_saved_as_an_animation(editor, tmp_path):
    with pytest.raises(ValueError, match="run an edit first"):
        editor.save_animation(tmp_path / "edit.gif")
    before = editor.image
    editor.apply_vectors({"more spark": 1.0})
    assert editor.wait(20)
    applied = editor.image
    editor.refine(6, blocking=True)
    editor.save_animation(tmp_path / "edit.webp")
    with Image.open(tmp_path / "edit.webp") as image:
        frames = [np.asarray(frame.convert("RGB")).astype(float) for frame in ImageSequence.Iterator(image)]
    assert len(frames) >= 6
    assert np.abs(frames[0] - applied).mean() < 6 < np.abs(applied.astype(float) - before).mean()
    assert np.abs(frames[-1] - editor.image).mean() < 6
    browser(editor, kind="animation")
    assert editor.wait(20)
    content, buffers = next(sent for sent in editor.sent if sent[0]["kind"] == "download")
    assert (content["name"], content["type"]) == ("edit.gif", "image/gif")
    assert Image.open(io.BytesIO(buffers[0])).n_frames >= 6


@pytest.mark.slow
def test_a_sweep_starts_without_its_vector_and_keeps_the_others(editor, vectors, tmp_path):
    editor.apply_vectors({"less glow": 0.5})
    assert editor.wait(20)
    without = editor.image
    editor.apply_vectors({"more spark": 1.0})
    editor.save_sweep("more spark", tmp_path / "sweep.webp", size=64)
    assert np.abs(editor.sweep("more spark", [0.0]).frames[0].astype(int) - without).max() <= 1
    with Image.open(tmp_path / "sweep.webp") as image:
        assert image.n_frames == 32
        assert image.size == (64, 64)
    browser(editor, kind="sweep", name="more spark")
    assert editor.wait(20)
    content, buffers = next(sent for sent in editor.sent if sent[0]["kind"] == "download")
    assert content["name"] == "more spark.gif"
    assert Image.open(io.BytesIO(buffers[0])).n_frames == 32
    with pytest.raises(ValueError, match="no vector 'nobody'"):
        editor.sweep("nobody")


@pytest.mark.slow
def test_the_status_line_names_the_vector_from_which_an_edit_started(tiny_model):
    made = EditSession.from_seed(tiny_model, seed=3)
    made.set_label_map(grown(made.label_map, 3))
    for _ in made.edit(steps=20):
        pass
    spark = replace(made.edit_vector("larger spark"), labels=("spark",))
    session = EditSession.from_seed(tiny_model, seed=3)
    with heard(Editor(session, vectors={"larger spark": spark}, journal=False)) as editor:
        editor.load_mask(grown(session.label_map, 3), run=True)
        assert editor.wait(30)
        assert session.started_from is not None
        assert editor.view.status.endswith(f"Started from the vector {session.started_from.name}.")
