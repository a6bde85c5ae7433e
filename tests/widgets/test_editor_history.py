"""The editor's history without a browser: staged edits, branches, the journal and `restore`."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from editors import heard, push_of
from PIL import Image

from editgan_widgets import EditConfig, EditSession, Stroke
from editgan_widgets.documents.history import HistoryError
from editgan_widgets.documents.journal import JournalError
from editgan_widgets.widgets import Editor

DAB = Stroke([(16.0, 16.0), (20.0, 16.0)], 4.0, 1)
ELSEWHERE = Stroke([(4.0, 28.0)], 3.0, 2)


@pytest.fixture
def editor(tiny_model):
    with heard(Editor(tiny_model, seed=3, steps=4, vectors={"push": push_of(tiny_model, 0.02)})) as editor:
        yield editor


def browser(editor, **content):
    editor.view._handle_custom_msg(content, [])
    assert editor.wait(30)


def done(editor, *calls):
    for call in calls:
        call()
        assert editor.wait(60)


def names(editor):
    return [node["name"] for node in editor.view.history]


@pytest.mark.slow
def test_a_finished_edit_waits_to_be_accepted(editor):
    done(editor, lambda: editor.paint(DAB))
    assert (editor.pending, editor.view.pending) == (True, 1.0)
    after = editor.session.w_plus
    browser(editor, kind="accept")
    assert (editor.pending, editor.view.pending) == (False, None)
    assert torch.equal(editor.session.w_plus, after)


@pytest.mark.slow
def test_discarding_goes_back_to_before_the_stroke_and_leaves_a_branch(editor):
    image, parts = editor.image.copy(), editor.label_map.copy()
    done(editor, lambda: editor.paint(DAB), editor.discard)
    assert np.array_equal(editor.image, image)
    assert np.array_equal(editor.label_map, parts)
    assert names(editor) == ["Start", "shade · 4 steps"]
    assert editor.view.status.startswith("Discarded")
    done(editor, editor.discard)
    assert editor.view.status == "There is no edit to accept or discard."


@pytest.mark.slow
def test_an_edits_strength_is_previewed_applied_and_undone_with_the_edit(editor):
    start = editor.session.w_plus
    done(editor, lambda: editor.paint(DAB))
    full = editor.session.w_plus
    browser(editor, kind="strength", strength=0.5, live=True)
    assert torch.equal(editor.session.w_plus, full)
    assert editor.sent[-1][0]["preview"]
    browser(editor, kind="strength", strength=0.5, live=False)
    assert torch.allclose(editor.session.w_plus, (start + full) / 2, atol=1e-6)
    assert editor.view.pending == 0.5
    done(editor, editor.undo)
    assert torch.equal(editor.session.w_plus, start)


@pytest.mark.slow
def test_a_further_stroke_accepts_the_pending_edit(editor):
    done(editor, lambda: editor.paint(DAB), lambda: editor.paint(ELSEWHERE, run=False))
    assert not editor.pending


@pytest.mark.slow
def test_any_history_entry_can_be_visited_compared_and_renamed(editor):
    done(editor, lambda: editor.paint(DAB), editor.discard, lambda: editor.paint(ELSEWHERE))
    here = editor.image.copy()
    first, second = (node["id"] for node in editor.view.history[1:])
    browser(editor, kind="visit", entry=first)
    assert [node["id"] for node in editor.view.history if node.get("present")] == [first]
    browser(editor, kind="compare_with", entry=second)
    with Image.open(io.BytesIO(editor.view.before)) as shown:
        assert np.array_equal(np.asarray(shown), here)
    assert editor.view.before_name == "glow · 4 steps"
    browser(editor, kind="rename", entry=second, name="other")
    assert names(editor)[2] == "other"
    browser(editor, kind="compare_with", entry=None)
    assert editor.view.before_name == ""
    with pytest.raises(HistoryError, match="no entry 99"):
        editor.visit(99)


def test_the_browser_gets_a_picture_of_every_entry_once(editor):
    editor.sent.clear()
    done(editor, lambda: editor.paint(DAB))
    told = [content for content, _ in editor.sent if content["kind"] == "thumbs"]
    assert sorted(id for content in told for id in content["entries"]) == [1, 2]
    editor.sent.clear()
    browser(editor, kind="thumbs")  # a page that was reloaded
    assert [content["entries"] for content, _ in editor.sent] == [[0, 2]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"kind": "strength", "strength": 3}, "from 0 to 2"),
        ({"kind": "strength", "strength": "much"}, "from 0 to 2"),
        ({"kind": "visit", "entry": 44}, "no entry 44"),
        ({"kind": "visit", "entry": "x"}, "whole number"),
        ({"kind": "visit"}, "whole number"),
        ({"kind": "rename", "entry": 0, "name": "x" * 90}, "at most 80"),
        ({"kind": "configure", "preset": "best"}, "unknown preset 'best'"),
        ({"kind": "configure", "preset": "default", "settings": {"device": 1}}, "settings from the browser"),
        ({"kind": "configure", "preset": "default", "settings": {"lr": -1}}, "lr must be above 0"),
    ],
)
def test_invalid_messages_are_refused_and_change_nothing(editor, content, message):
    config = editor.session.config
    editor.view._handle_custom_msg(content, [])
    assert message in editor.error
    assert editor.session.config == config
    assert len(editor.session.history.entries) == 1


def test_settings_combine_a_preset_with_single_values(editor):
    browser(editor, kind="configure", preset="paper", settings={"lr": 0.05, "buffer_px": None})
    assert editor.session.config.lr == 0.05
    assert editor.view.settings["preset"] == "paper"
    editor.configure()
    assert editor.view.settings["preset"] == "default"
    with pytest.raises(ValueError, match="an edit's settings are steps"):
        editor.configure(rate=1)


def test_a_field_of_the_advanced_panel_changes_that_setting_alone(editor):
    browser(editor, kind="configure", settings={"lr": 0.05})
    browser(editor, kind="configure", settings={"buffer_px": 3})
    assert (editor.session.config.lr, editor.session.config.buffer_px) == (0.05, 3)
    browser(editor, kind="configure", preset="paper")
    browser(editor, kind="configure", settings={"stop_iou": 0.9})  # edited before the page has the new preset
    assert editor.session.config == replace(EditConfig.preset("paper"), stop_iou=0.9)


def test_the_advanced_panel_switches_the_start_from_a_known_vector_off_and_on(editor):
    assert editor.view.settings["prime"] is True
    for switch in (False, True):
        browser(editor, kind="configure", preset="default", settings={"prime": switch})
        assert editor.session.config.prime is switch
        assert editor.view.settings["prime"] is switch
    message = {"kind": "configure", "preset": "default", "settings": {"prime": "yes"}}
    editor.view._handle_custom_msg(message, [])
    assert "Start from a known vector is True or False" in editor.error
    assert editor.session.config.prime is True


@pytest.mark.shipped
@pytest.mark.slow
def test_restore_brings_back_picture_parts_sliders_vectors_and_history(editor, tiny_model):
    editor.view.size, editor.view.label = 11, 2
    done(
        editor,
        lambda: editor.paint(DAB),
        lambda: editor.keep_vector("mine"),
        editor.discard,
        lambda: editor.apply_vectors({"push": 0.5}),
        lambda: editor.paint(ELSEWHERE),
    )
    again = Editor.restore(editor.journal, tiny_model)
    try:
        assert np.array_equal(again.image, editor.image)
        assert np.array_equal(again.label_map, editor.label_map)
        assert torch.equal(again.session.w_plus, editor.session.w_plus)
        assert torch.equal(again.vectors["mine"].delta_w_plus, editor.vectors["mine"].delta_w_plus)
        assert again.vector_scales == editor.vector_scales
        assert names(again) == names(editor)
        assert (again.view.size, again.view.label) == (11, 2)
        assert again.view.before == editor.view.before
        assert again.view.original == editor.view.original
        done(again, again.undo, again.undo)
        assert np.array_equal(again.image, again.session.original_image)
    finally:
        again.close()


@pytest.mark.shipped
def test_restore_without_a_name_opens_the_newest_journal_of_this_folder(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setenv("EDITGAN_JOURNALS", str(tmp_path / "journals"))
    with pytest.raises(JournalError, match="there is no journal"):
        Editor.restore(model=tiny_model)
    monkeypatch.chdir(tmp_path)
    here = Editor(tiny_model, seed=1)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    there = Editor(tiny_model, seed=2)
    monkeypatch.chdir(tmp_path)
    again = Editor.restore(model=tiny_model)
    assert np.array_equal(again.image, here.image)
    for editor in (here, there, again):
        editor.close()


@pytest.mark.shipped
@pytest.mark.slow
def test_a_process_killed_during_an_edit_loses_no_stroke(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    code = """if True:
        import os, signal, time
        from editgan_widgets import Stroke, load_model
        from editgan_widgets.widgets import Editor
        editor = Editor(load_model("tiny.safetensors"), seed=3, steps=10_000, journal="journal")
        editor.paint(Stroke([(16.0, 16.0)], 4.0, 1))
        while not editor.view.job:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        check=False,
        timeout=120,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert killed.returncode == -9, killed.stderr[-2000:]
    again = Editor.restore(tmp_path / "journal", tiny_model)
    expected = EditSession.from_seed(tiny_model, seed=3)
    expected.paint(Stroke([(16.0, 16.0)], 4.0, 1))
    assert np.array_equal(again.label_map, expected.label_map)
    assert again.view.can_edit
    again.close()


@pytest.mark.shipped
@pytest.mark.slow
def test_restore_brings_back_a_photos_original_pixels(editor, tiny_model):
    pixels = np.random.default_rng(0).integers(0, 255, (50, 40, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    done(editor, lambda: editor.open(file.getvalue()), lambda: editor.paint(DAB))
    again = Editor.restore(editor.journal, tiny_model)
    assert np.array_equal(again.photo.pasted(), editor.photo.pasted())
    assert again.photo.crop == editor.photo.crop
    again.close()


@pytest.mark.shipped
@pytest.mark.slow
def test_an_editor_works_without_a_writable_folder(tiny_model, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EDITGAN_JOURNALS", str(tmp_path / "file"))
    editor = Editor(tiny_model, seed=1, steps=2)
    done(editor, lambda: editor.paint(DAB))
    assert editor.journal is None
    assert Editor(tiny_model, seed=1, journal=False).journal is None
    editor.close()


@pytest.mark.slow
def test_save_as_script_sends_the_sessions_script(editor):
    done(editor, lambda: editor.paint(DAB), lambda: editor.apply_vectors({"push": 0.5}))
    browser(editor, kind="script")
    content, buffers = editor.sent[-1] if editor.sent[-1][0]["kind"] == "download" else editor.sent[-2]
    assert content["name"] == "picture.py"
    assert buffers[0].decode() == editor.script()
    assert "summed([(vectors['push'], 0.5, None)])" in editor.script()
    assert json.dumps(editor.view.history)


@pytest.mark.slow
def test_undo_at_the_start_of_a_picture_returns_to_the_previous_picture_and_redo_undoes_that(editor):
    done(editor, lambda: editor.paint(DAB), lambda: editor.apply_vectors({"push": 0.5}))
    left, parts, nodes, journal = editor.image.copy(), editor.label_map.copy(), names(editor), editor.journal
    done(editor, lambda: editor.new_portrait(7))
    opened = editor.image.copy()
    assert editor.view.can_undo
    assert "Undo brings back" in editor.view.status
    done(editor, lambda: editor.paint(ELSEWHERE), editor.undo)
    assert np.array_equal(editor.image, opened)
    browser(editor, kind="undo")
    assert np.array_equal(editor.image, left)
    assert np.array_equal(editor.label_map, parts)
    assert names(editor) == nodes
    assert editor.vector_scales == {"push": 0.5}
    assert editor.journal == journal
    assert (editor.view.status, editor.view.can_redo) == ("Back at the previous picture.", True)
    browser(editor, kind="redo")
    assert np.array_equal(editor.image, opened)
    assert editor.vector_scales == {}
    assert editor.view.can_redo  # the stroke that was undone there
    done(editor, editor.undo, editor.undo)
    assert np.array_equal(editor.image, editor.session.image)
    done(editor, lambda: editor.paint(ELSEWHERE))
    assert not editor.view.can_redo


@pytest.mark.slow
def test_undo_across_several_pictures_ends_at_the_first(editor):
    first = editor.image.copy()
    done(editor, *[lambda seed=seed: editor.new_portrait(seed) for seed in (11, 12)])
    done(editor, editor.undo, editor.undo)
    assert np.array_equal(editor.image, first)
    assert not editor.view.can_undo
    done(editor, editor.undo)
    assert editor.view.status == "Nothing to undo."
    done(editor, editor.redo, editor.redo)
    assert editor.session.recipe["seed"] == 12
    assert not editor.view.can_redo


@pytest.mark.shipped
@pytest.mark.slow
def test_undo_returns_to_the_previous_picture_after_a_restart_too(editor, tiny_model):
    done(editor, lambda: editor.paint(DAB), lambda: editor.keep_vector("mine"))
    left = editor.image.copy()
    done(editor, lambda: editor.new_portrait(7))
    again = Editor.restore(editor.journal, tiny_model, auto=False)
    try:
        assert again.view.can_undo
        done(again, again.undo)
        assert np.array_equal(again.image, left)
        assert "mine" in again.vectors
        assert again.vector_scales == {"mine": 1.0}
        assert not again.session.can_redo
        done(again, again.redo)
        assert again.session.recipe["seed"] == 7
    finally:
        again.close()


@pytest.mark.slow
def test_the_eraser_restores_the_original_parts_of_a_reopened_picture(editor, tmp_path):
    before = editor.label_map.copy()
    done(editor, lambda: editor.paint(DAB))
    editor.save(tmp_path / "picture.png")
    done(editor, lambda: editor.open(tmp_path / "picture.png"))
    assert not np.array_equal(editor.label_map, before)
    everywhere = Stroke([(16.0, 16.0)], 30.0, 1)
    done(editor, lambda: editor.erase(everywhere, run=False))
    assert np.array_equal(editor.label_map, before)


@pytest.mark.slow
def test_the_size_of_a_strokes_messages_does_not_grow_with_the_history(tiny_model):
    editor, sent = Editor(tiny_model, seed=3, auto=False, vectors={}, journal=False), []
    editor.view._send = lambda msg, buffers=None: sent.append(len(json.dumps(msg)))
    try:
        sizes = []
        for i in range(80):
            sent.clear()
            editor.paint(Stroke([(4.0 + i % 24, 16.0)], 2.0, 1 + i % 3))
            assert editor.wait(60)
            sizes.append(sum(sent))
        assert len(editor.session.history.entries) > 60
        assert np.median(sizes[60:]) <= 1.1 * np.median(sizes[10:30])
        assert max(sizes[60:]) <= 1.3 * max(sizes[10:30])
        assert len(editor.view.get_state()["history"]) > 60  # a page that opens reads all of it
        sent.clear()
        editor.view._handle_custom_msg({"kind": "history"}, [])
        assert sum(sent) > 2 * max(sizes)
    finally:
        editor.close()
