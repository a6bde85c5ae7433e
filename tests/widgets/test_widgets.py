"""The editor without a browser: messages are delivered as the browser sends them."""

import contextlib
import io
import re
import threading
import zlib
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from editors import browser, until
from ipycanvas.canvas import COMMANDS
from PIL import Image
from scipy import ndimage
from tiny_model import TINY_LABELS

from editgan_widgets import EditVector, images
from editgan_widgets.documents import session_document
from editgan_widgets.documents.photo import Crop
from editgan_widgets.documents.saved_picture import open_picture, picture_png
from editgan_widgets.documents.session import EditSession, SessionError
from editgan_widgets.labels import Label, LabelSet, UnknownLabelError
from editgan_widgets.latent.directions.edit_vector import EditVectorError
from editgan_widgets.masks.fills import lasso
from editgan_widgets.masks.mask_file import read_mask
from editgan_widgets.masks.strokes import Stroke, StrokeError, rasterise
from editgan_widgets.widgets import Editor, EditorView, PartCanvas
from editgan_widgets.widgets.editor.part_tools import PART_TOOLS, part_tool

SIZE = 32  # px of the tiny model's pictures


@pytest.fixture
def make_editor(tiny_model):
    made = []

    def make(session=None, **options):
        given = EditSession.from_seed(tiny_model, seed=3) if session is None else session
        editor = Editor(given, **{"vectors": {}, "journal": False, **options})
        editor.sent = []
        editor.view.send = lambda content, buffers=None: editor.sent.append((content, buffers))
        made.append(editor)
        return editor

    yield make
    for editor in made:
        editor.close()


def stroke_message(editor, points=((4, 4), (14, 4)), **changes):
    content = {
        "kind": "stroke",
        "id": "s1",
        "tool": "brush",
        "label": 3,
        "radius": 2.0,
        "shape": "round",
        "auto": True,
        "steps": 5,
    }
    browser(editor, [np.array(points, np.float32).tobytes()], **{**content, **changes})


def shown_mask(editor):
    return np.frombuffer(zlib.decompress(editor.view.mask), np.uint8).reshape(SIZE, SIZE)


def frames(editor):
    return [content for content, _ in editor.sent if content["kind"] == "frame"]


def parts(editor):
    """The session's initial label map."""
    return editor.session.picture_at(0)[1]


def painted(editor, points=((4.0, 4.0), (14.0, 4.0)), label=3, radius=2.0, on=None):
    return rasterise(Stroke(points, radius, label), parts(editor) if on is None else on, editor.labels)


def test_a_stroke_from_the_browser_is_painted_and_edited(make_editor):
    editor = make_editor()
    before = editor.image.copy()
    stroke_message(editor)
    assert editor.wait(20)
    assert not np.array_equal(painted(editor), parts(editor))
    assert np.array_equal(editor.label_map, painted(editor))
    assert np.array_equal(shown_mask(editor), painted(editor))
    assert frames(editor)[0]["step"] == 1
    assert frames(editor)[-1]["step"] == 5
    assert not np.array_equal(editor.image, before)
    assert np.array_equal(editor.image, editor.session.image)
    assert not editor.view.running
    assert editor.view.status.startswith("Done in 5 steps")


@pytest.mark.slow
def test_callbacks_return_while_the_session_is_busy_and_the_worker_paints(make_editor):
    editor, threads = make_editor(), set()
    take = editor.session.set_label_map

    def set_label_map(label_map, **made):
        threads.add(threading.current_thread().name)
        take(label_map, **made)

    editor.session.set_label_map = set_label_map
    with editor.session.lock:
        stroke_message(editor)
        stroke_message(editor, id="s2", points=((4, 12),))
        assert np.array_equal(editor.label_map, parts(editor))  # both calls have returned, nothing is painted yet
    assert editor.wait(20)
    assert threads == {"editgan-editor"}


def test_the_target_of_a_stroke_is_computed_once(make_editor, monkeypatch):
    editor, made = make_editor(), []
    target = session_document.from_label_maps
    monkeypatch.setattr(session_document, "from_label_maps", lambda *given: made.append(given) or target(*given))
    stroke_message(editor)
    assert editor.wait(20)
    assert editor.view.status.startswith("Done in 5 steps")
    assert len(made) == 1


def test_with_auto_off_a_stroke_waits_for_the_edit_button(make_editor):
    editor = make_editor(auto=False)
    before = editor.image.copy()
    stroke_message(editor, auto=False)
    assert editor.wait(20)
    assert np.array_equal(editor.image, before)
    assert np.array_equal(shown_mask(editor), painted(editor))
    assert editor.view.region
    browser(editor, kind="run", steps=3)
    assert editor.wait(20)
    assert not np.array_equal(editor.image, before)


@pytest.mark.slow
def test_a_second_stroke_during_a_run_restarts_from_the_present_latent(make_editor):
    editor = make_editor()
    stroke_message(editor, steps=5000)
    until(lambda: editor.view.running and frames(editor))
    first_job = editor.view.job
    stroke_message(editor, id="s2", points=((4, 12),), steps=3)
    assert editor.wait(20)
    edits = [entry.made for entry in editor.session.history.path() if entry.made["do"] == "edit"]
    assert [made["completed"] for made in edits] == [False, True]
    assert 0 < edits[0]["ran"] < 5000
    assert edits[1]["ran"] == 3
    assert editor.view.job > first_job
    assert frames(editor)[-1]["job"] == editor.view.job
    assert shown_mask(editor)[4, 4] == 3
    assert shown_mask(editor)[12, 4] == 3


@pytest.mark.slow
def test_stop_ends_a_run_and_keeps_its_best_step(make_editor):
    editor = make_editor()
    before = editor.image.copy()
    stroke_message(editor, steps=5000)
    until(lambda: len(frames(editor)) > 1)
    browser(editor, kind="stop")
    assert editor.wait(20)
    assert editor.session.history.entry.made["ran"] < 5000
    assert not np.array_equal(editor.image, before)
    assert not editor.view.running
    assert editor.view.status.startswith("Stopped at step")


@pytest.mark.slow
def test_strokes_of_a_stopped_run_are_no_longer_shown_as_painted_but_new_ones_are(make_editor):
    editor = make_editor()
    stroke_message(editor, steps=5000)
    until(lambda: len(frames(editor)) > 1)
    browser(editor, kind="stop")
    assert editor.wait(20)
    assert editor.session.painted.any()
    assert editor.view.painted == b""
    stroke_message(editor, id="s2", points=((4, 20),), auto=False, label=2 if editor.label_map[20, 4] != 2 else 1)
    assert editor.wait(20)
    shown = np.frombuffer(zlib.decompress(editor.view.painted), np.uint8).reshape(SIZE, SIZE).astype(bool)
    assert shown[20, 4]
    assert not shown[:10].any()


@pytest.mark.slow
def test_one_undo_removes_a_stroke_and_its_edit(make_editor):
    editor = make_editor()
    before = editor.image.copy()
    stroke_message(editor)
    editor.wait(20)
    label_map, image = editor.label_map.copy(), editor.image.copy()
    assert editor.view.can_undo
    browser(editor, kind="undo")
    assert editor.wait(20)
    assert np.array_equal(editor.label_map, parts(editor))
    assert np.array_equal(editor.image, before)
    assert not editor.view.can_undo
    assert editor.view.can_redo
    browser(editor, kind="redo")
    assert editor.wait(20)
    assert np.array_equal(editor.label_map, label_map)
    assert np.array_equal(editor.image, image)
    assert not editor.view.can_redo


def test_undo_ends_a_running_edit_first(make_editor):
    editor = make_editor()
    before = editor.image.copy()
    stroke_message(editor, steps=5000)
    until(lambda: frames(editor))
    browser(editor, kind="undo")
    assert editor.wait(20)
    assert np.array_equal(editor.image, before)
    assert np.array_equal(shown_mask(editor), parts(editor))


def test_the_eraser_restores_the_original_parts(make_editor):
    editor = make_editor(auto=False)
    stroke_message(editor, auto=False)
    stroke_message(editor, id="s2", tool="eraser", auto=False, radius=4.0)
    assert editor.wait(20)
    assert len(editor.session.history.entries) == 3
    assert np.array_equal(editor.label_map, parts(editor))


def test_a_stroke_that_changes_nothing_starts_no_edit(make_editor):
    editor = make_editor()
    y, x = np.argwhere(ndimage.binary_erosion(parts(editor) == 0, iterations=2))[0]
    stroke_message(editor, label=0, points=((x + 0.5, y + 0.5),), radius=1.0)
    assert editor.wait(20)
    assert not frames(editor)
    assert "already shows what was painted" in editor.view.status
    assert not editor.view.can_undo


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": 9}, "label id 9"),
        ({"label": "sparc"}, "spark"),
        ({"points": ()}, "empty"),
        ({"points": ((900, 900),)}, "outside"),
        ({"points": ((float("nan"), 2),)}, "got nan"),
        ({"radius": -1.0}, "radius"),
        ({"radius": float("nan")}, "radius"),
        ({"tool": "laser"}, "laser"),
        ({"shape": "star"}, "star"),
        ({"steps": 0}, "steps"),
    ],
)
def test_an_invalid_stroke_shows_an_error_and_changes_nothing(make_editor, changes, words):
    editor = make_editor()
    stroke_message(editor, **changes)
    until(lambda: editor.view.error)
    assert words in editor.view.error
    until(lambda: not editor.view.running)
    assert np.array_equal(editor.label_map, parts(editor))
    assert ({"kind": "reject", "id": "s1"}, None) in editor.sent


def test_a_stroke_without_a_radius_is_refused_with_the_reason(make_editor):
    editor = make_editor()
    points = np.array([(4, 4)], np.float32).tobytes()
    browser(editor, [points], kind="stroke", id="s1", tool="brush", label=3)
    assert "radius must be a number" in editor.view.error


@pytest.mark.usefixtures("unchecked")
def test_an_invalid_stroke_from_python_raises_immediately_and_a_running_edit_continues(make_editor):
    editor = make_editor()
    stroke_message(editor, steps=5000)
    until(lambda: frames(editor))
    job = editor.view.job
    with pytest.raises(UnknownLabelError, match="nearest: 'spark'"):
        editor.paint(Stroke([(4, 4)], 2, "sparc"))
    for stroke, words in ((Stroke([(900, 900)], 2, "spark"), "outside the picture"), ([(4, 4)], "must be a Stroke")):
        for call in (editor.paint, editor.erase):
            with pytest.raises(StrokeError, match=words):
                call(stroke)
    shown = len(frames(editor))
    until(lambda: len(frames(editor)) > shown + 1)
    assert editor.view.job == job
    assert editor.error == ""
    editor.stop()
    editor.wait(20)


@pytest.mark.slow
def test_edit_continues_towards_painted_parts_that_the_picture_does_not_show(make_editor, session):
    editor = make_editor(session, steps=1)
    label_map = session.label_map.copy()
    editor.paint(Stroke([(16, 16), (20, 16)], 3, "spark"))
    assert editor.wait(20)
    assert (editor.label_map != label_map).any()
    editor.paint(Stroke([(16, 16), (20, 16)], 3, "spark"))
    assert editor.wait(20)
    assert "already shows what was painted. Press Edit to continue" in editor.view.status
    before = session.w_plus
    editor.run(8, blocking=True)
    assert editor.view.status.startswith("Done in 8 steps. Agreement")
    assert not torch.equal(session.w_plus, before)
    editor.undo()
    assert editor.wait(20)
    assert torch.equal(session.w_plus, before)


def test_the_status_line_reports_a_run_without_improvement(make_editor):
    editor = make_editor()
    session, edit = editor.session, editor.session.edit

    def fruitless(steps, **_given):
        yield from edit(steps)
        session.undo()

    session.edit = fruitless
    stroke_message(editor)
    assert editor.wait(20)
    assert "The edit could not get closer" in editor.view.status


def test_a_stopped_run_that_kept_nothing_does_not_say_that_a_picture_is_kept(make_editor):
    editor = make_editor()
    session, edit = editor.session, editor.session.edit

    def fruitless(steps, **_given):
        try:
            yield from edit(steps)
        finally:
            session.visit(0)

    session.edit = fruitless
    stroke_message(editor, steps=5000)
    until(lambda: len(frames(editor)) > 1)
    browser(editor, kind="stop")
    assert editor.wait(20)
    stopped, rest = editor.view.status.split(". ", 1)
    assert re.fullmatch(r"Stopped at step \d+ of 5000", stopped)
    assert rest == "The edit could not get closer to the painted parts. The picture is unchanged."


def test_an_error_in_the_worker_is_shown_and_wait_raises_it(make_editor):
    editor = make_editor()
    edit = editor.session.edit

    def broken(steps, **_given):
        yield from islice(edit(steps), 1)
        raise RuntimeError("the optimiser broke")

    editor.session.edit = broken
    stroke_message(editor)
    with pytest.raises(RuntimeError, match="optimiser broke"):
        editor.wait(20)
    assert editor.view.error == "RuntimeError: the optimiser broke"
    assert not editor.view.running
    editor.session.edit = edit
    browser(editor, kind="run", steps=2)
    assert editor.wait(20)
    assert editor.view.error == ""


def test_an_edit_without_strokes_is_refused_with_advice(make_editor):
    editor = make_editor()
    with pytest.raises(ValueError, match="paint a stroke first"):
        editor.run(blocking=True)
    browser(editor, kind="dismiss")
    assert editor.view.error == ""


def test_an_unknown_message_is_shown(make_editor):
    editor = make_editor()
    browser(editor, kind="selfdestruct")
    assert "selfdestruct" in editor.view.error


@pytest.mark.slow
def test_python_methods_have_the_same_effect_as_the_tools(make_editor):
    editor = make_editor(steps=4)
    before = editor.image.copy()
    editor.paint(Stroke([(4.0, 4.0)], 2.0, "glow"))
    assert editor.wait(20)
    edited = editor.image.copy()
    assert not np.array_equal(edited, before)
    editor.undo()
    editor.wait(20)
    assert np.array_equal(editor.label_map, parts(editor))
    editor.redo()
    editor.wait(20)
    assert np.array_equal(editor.label_map, painted(editor, [(4.0, 4.0)], "glow"))
    editor.erase(Stroke([(4.0, 4.0)], 3.0, "glow"), run=False)
    editor.wait(20)
    assert np.array_equal(editor.label_map, parts(editor))
    assert np.array_equal(editor.image, edited)


@pytest.mark.slow
def test_messages_from_many_threads_lose_no_stroke(make_editor):
    editor = make_editor()
    editor.operate(lambda label_map, labels: np.zeros_like(label_map), run=False)
    threads = [
        threading.Thread(
            target=stroke_message, args=(editor, ((x + 0.5, 8.5),)), kwargs={"id": f"t{x}", "radius": 0.71}
        )
        for x in range(SIZE)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert editor.wait(60)
    assert (editor.label_map[8] == 3).all()
    assert not editor.view.running
    for _ in range(SIZE):
        editor.undo()
    editor.wait(60)
    assert not editor.label_map.any()


def test_a_saved_notebook_keeps_a_static_picture(make_editor):
    data, _ = make_editor()._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data


def test_anything_but_a_session_or_model_raises_a_clear_type_error(session):
    with pytest.raises(TypeError, match="EditSession or an EditGAN model; got str"):
        Editor("portraits")
    with pytest.raises(TypeError, match="a session and a seed"):
        Editor(session, seed=3)


@pytest.mark.slow
def test_view_state_is_complete_for_a_reloaded_page(make_editor):
    editor = make_editor()
    stroke_message(editor, steps=5000)
    until(lambda: frames(editor))
    state = editor.view.get_state()
    assert state["running"]
    assert state["progress"]["total"] == 5000
    for name in ("image", "before", "mask", "original", "region"):
        assert len(state[name]) > 0
    editor.stop()
    editor.wait(20)


def test_torch_threads_are_limited_in_the_worker_only(make_editor, monkeypatch):
    seen = []
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        editor = make_editor(auto=False)
        take = editor.session.set_label_map
        editor.session.set_label_map = lambda label_map, **made: (
            seen.append(torch.get_num_threads()),
            take(label_map, **made),
        )
        stroke_message(editor, auto=False)
        assert editor.wait(20)
        assert seen == [1]
    finally:
        torch.set_num_threads(threads)


def test_the_view_refuses_values_outside_the_range_of_its_controls(make_editor):
    view = make_editor().view
    assert isinstance(view, EditorView)
    for name, value in (("tool", "laser"), ("size", 0), ("opacity", 2.0), ("steps", 0)):
        with pytest.raises(Exception, match=name):
            setattr(view, name, value)


@pytest.fixture
def canvas():
    canvas = PartCanvas(np.zeros((SIZE, SIZE, 3), np.uint8), np.zeros((SIZE, SIZE), np.uint8), TINY_LABELS)
    yield canvas
    canvas.close()


def test_canvas_has_the_four_layers_in_the_pictures_size(canvas):
    assert [(layer.width, layer.height) for layer in canvas._canvases] == [(SIZE, SIZE)] * 4
    assert canvas.annotations is canvas[3]


def test_canvas_redraws_when_a_page_is_ready(canvas, monkeypatch):
    sent = []
    monkeypatch.setattr(
        canvas._canvas_manager, "_send_custom", lambda command, buffers=(): sent.append((command, buffers))
    )
    seen = []
    canvas.on_repaint = seen.append
    canvas._canvas_manager._current_canvas = canvas[0]  # as left by the previous page
    canvas._canvases[-1]._handle_frontend_event(None, {"event": "client_ready"}, [])
    (commands, buffers), *_ = sent
    assert commands[0][0] == COMMANDS["switchCanvas"]
    assert len(buffers) == 2
    assert seen == [canvas]


def test_an_error_while_drawing_does_not_stop_other_canvases(canvas):
    def broken(_):
        raise RuntimeError("no ink")

    canvas.on_repaint = broken
    with pytest.raises(RuntimeError, match="no ink"):
        canvas.repaint()
    assert not canvas._canvas_manager._caching
    assert not canvas._canvas_manager._commands_cache


def test_canvas_refuses_pictures_of_another_size_and_unknown_part_ids(canvas):
    with pytest.raises(ValueError, match="32 x 32 px; got an image of 8 x 8"):
        canvas.store(np.zeros((8, 8, 3), np.uint8), np.zeros((SIZE, SIZE), np.uint8))
    with pytest.raises(ValueError, match="label id 200"):
        canvas.show(np.zeros((SIZE, SIZE, 3), np.uint8), np.full((SIZE, SIZE), 200, np.uint8))
    assert canvas.label_map.max() == 0


@pytest.mark.shipped
def test_the_brush_starts_with_the_requested_part(session):
    editor = Editor(session, part="spark")
    assert editor.view.label == session.model.labels["spark"].id
    with pytest.raises(UnknownLabelError, match="nearest: 'spark'"):
        Editor(session, part="sparks")


# ---- edit vectors


@pytest.fixture
def vectors(tiny_model):
    rng = torch.Generator().manual_seed(5)
    shape = tiny_model.sample_w_plus(0)[0].shape
    recipe = {"fingerprint": tiny_model.fingerprint}
    return {
        name: EditVector(name, torch.randn(shape, generator=rng) * 0.5, ("blob",), recipe) for name in ("spark", "glow")
    }


@pytest.fixture
def with_vectors(make_editor, session, vectors):
    return make_editor(session, vectors=vectors)


@pytest.mark.slow
def test_a_slider_adds_its_vector_and_one_undo_removes_it(with_vectors, session, vectors):
    editor, before = with_vectors, session.w_plus.clone()
    browser(editor, kind="vectors", scales={"spark": 0.5}, live=False)
    assert editor.wait(20)
    torch.testing.assert_close(session.w_plus, before + 0.5 * vectors["spark"].delta_w_plus)
    assert [(row["name"], row["scale"]) for row in editor.view.vectors] == [("spark", 0.5), ("glow", 0.0)]
    browser(editor, kind="vectors", scales={"spark": 1.0, "glow": -1.0}, live=False)
    assert editor.wait(20)
    expected = before + vectors["spark"].delta_w_plus - vectors["glow"].delta_w_plus
    torch.testing.assert_close(session.w_plus, expected, rtol=1e-4, atol=1e-5)
    editor.undo()
    assert editor.wait(20)
    assert editor.vector_scales == {"spark": 0.5}
    editor.undo()
    assert editor.wait(20)
    assert editor.vector_scales == {}
    assert torch.equal(session.w_plus, before)
    editor.redo()
    editor.redo()
    assert editor.wait(20)
    assert editor.vector_scales == {"spark": 1.0, "glow": -1.0}
    torch.testing.assert_close(session.w_plus, expected, rtol=1e-4, atol=1e-5)


def test_a_moving_slider_shows_previews_and_does_not_change_the_session(with_vectors, session, vectors):
    editor, before = with_vectors, session.w_plus.clone()
    for scale in np.linspace(0.1, 1.5, 20):
        browser(editor, kind="vectors", scales={"spark": float(scale)}, live=True)
    assert editor.wait(20)
    assert torch.equal(session.w_plus, before)
    assert not session.can_undo
    shown = [(content, buffers) for content, buffers in editor.sent if content.get("preview")]
    assert 1 <= len(shown) <= 20
    wanted = vectors["spark"].apply(before, 1.5)
    expected = images.to_uint8(session.model.generator.synthesis(wanted, noise_mode="const").image)[0]
    last = np.asarray(Image.open(io.BytesIO(shown[-1][1][0])).convert("RGB")).astype(float)
    assert np.abs(last - expected).mean() < 12  # JPEG of a random network's picture
    assert editor.view.vectors[0]["scale"] == 0.0


def test_a_kept_edit_gets_a_slider_at_one(with_vectors, session):
    editor, before = with_vectors, session.w_plus.clone()
    editor.apply_vectors({"spark": 1.0, "glow": 0.5})
    editor.keep_vector("mine")
    assert editor.wait(20)
    assert editor.vector_scales == {"mine": 1.0}
    editor.apply_vectors({"mine": 0.0})
    assert editor.wait(20)
    torch.testing.assert_close(session.w_plus, before, rtol=1e-4, atol=1e-5)


def test_save_writes_and_sends_a_picture_that_opens_again(with_vectors, session, tmp_path):
    editor = with_vectors
    editor.apply_vectors({"spark": 1.0})
    editor.save(tmp_path / "portrait.png")
    browser(editor, kind="save")
    assert editor.wait(20)
    sent = next(buffers[0] for content, buffers in editor.sent if content["kind"] == "download")
    for source in (tmp_path / "portrait.png", bytes(sent)):
        assert np.array_equal(open_picture(session.model, source).image, session.image)


def downloads(editor):
    return {content["name"]: bytes(buffers[0]) for content, buffers in editor.sent if content["kind"] == "download"}


@pytest.mark.slow
def test_saving_neither_ends_a_running_edit_nor_a_queued_one_and_saves_its_result(make_editor):
    editor = make_editor()
    stroke_message(editor, steps=30, turn=["page", 1])
    browser(editor, kind="save_mask", turn=["page", 2])  # before the edit begins
    until(lambda: frames(editor))
    for n, kind in enumerate(("save", "script", "animation"), 3):
        browser(editor, kind=kind, turn=["page", n])
    assert editor.view.status == "The file follows when the running work ends."
    assert not downloads(editor)
    assert editor.wait(60)
    assert editor.session.history.entry.made["ran"] == 30
    assert editor.view.status.startswith("Saved as edit.gif")
    assert not editor.view.running
    assert editor.view.handled == {"page": 5}
    files = downloads(editor)
    assert set(files) == {"portrait.png", "mask.png", "picture.py", "edit.gif"}
    assert np.array_equal(open_picture(editor.session.model, files["portrait.png"]).image, editor.session.image)


def test_a_file_that_waits_is_saved_before_a_stroke_that_ends_the_edit(make_editor):
    editor = make_editor()
    stroke_message(editor, steps=5000)
    until(lambda: frames(editor))
    browser(editor, kind="save_mask")
    stroke_message(editor, points=((4, 20), (14, 20)), steps=1)
    assert editor.wait(60)
    mask = read_mask(downloads(editor)["mask.png"], editor.labels, (SIZE, SIZE)).label_map
    assert np.array_equal(mask, painted(editor))
    assert not np.array_equal(mask, editor.label_map)


def test_an_editor_closes_while_a_file_waits(make_editor):
    editor = make_editor()
    stroke_message(editor, steps=5000)
    until(lambda: frames(editor))
    browser(editor, kind="save")
    editor.close()
    assert not downloads(editor)
    assert not editor.view.error


@pytest.mark.slow
def test_three_moves_of_the_same_slider_are_one_undo_step(with_vectors, session):
    before = session.w_plus.clone()
    for scale in (0.2, 0.5, 0.9):
        with_vectors.apply_vectors({"spark": scale})
    with_vectors.apply_vectors({"glow": 0.5})
    with_vectors.undo()
    assert with_vectors.wait(20)
    assert with_vectors.vector_scales == {"spark": 0.9}
    with_vectors.undo()
    assert with_vectors.wait(20)
    assert with_vectors.vector_scales == {}
    assert torch.equal(session.w_plus, before)
    with_vectors.redo()
    assert with_vectors.wait(20)
    assert with_vectors.vector_scales == {"spark": 0.9}


@pytest.mark.slow
def test_scales_are_right_after_undo_and_an_edit_in_one_batch(with_vectors, session):
    before = session.w_plus.clone()
    with_vectors.apply_vectors({"spark": 1.0})
    assert with_vectors.wait(20)
    with session.lock:  # the worker gets all of these at once
        with_vectors.undo()
        with_vectors.paint(Stroke([(16, 16), (20, 16)], 4, "spark"), run=False)
        with_vectors.run(3)
    assert with_vectors.wait(30)
    assert with_vectors.vector_scales == {}
    with_vectors.undo()
    assert with_vectors.wait(20)
    assert with_vectors.vector_scales == {}
    assert torch.equal(session.w_plus, before)


def test_undo_and_redo_of_a_kept_edit(with_vectors, session):
    with_vectors.apply_vectors({"spark": 1.0})
    with_vectors.keep_vector("mine")
    with_vectors.undo()
    assert with_vectors.wait(20)
    assert with_vectors.vector_scales == {}
    with_vectors.redo()
    assert with_vectors.wait(20)
    assert with_vectors.vector_scales == {"mine": 1.0}


def test_an_edit_without_applied_vectors_cannot_be_kept(with_vectors):
    for scale in (0.85, 0.3, 0.0):
        with_vectors.apply_vectors({"spark": scale})
    with_vectors.keep_vector("dust")
    with pytest.raises(SessionError, match="no edit"):
        with_vectors.wait(20)
    assert "dust" not in with_vectors.vectors


@pytest.mark.slow
def test_a_preview_neither_ends_a_running_edit_nor_drops_a_queued_one(make_editor):
    editor = make_editor()
    stroke_message(editor, steps=60)
    browser(editor, kind="vectors", scales={}, live=True)
    until(lambda: frames(editor))
    browser(editor, kind="vectors", scales={}, live=True)
    browser(editor, kind="vectors", scales={}, live=False)
    assert editor.wait(60)
    assert editor.session.history.entry.made["ran"] == 60
    assert not editor.view.running
    assert editor.view.status.startswith("Done in 60 steps")


def test_refresh_sets_all_sliders_to_0(with_vectors, session):
    with_vectors.apply_vectors({"spark": 1.0})
    assert with_vectors.wait(20)
    session.undo()
    with_vectors.refresh()
    assert with_vectors.wait(20)
    assert with_vectors.vector_scales == {}
    assert all(vector["scale"] == 0 for vector in with_vectors.view.vectors)


@pytest.mark.parametrize(
    ("scales", "message"),
    [({"blink": 1.0}, "no vector 'blink'"), ({"spark": 9}, "-4"), ({"spark": "1"}, "'1'"), (3, "3")],
)
def test_invalid_scales_are_refused_and_change_nothing(with_vectors, session, scales, message):
    before = session.w_plus.clone()
    browser(with_vectors, kind="vectors", scales=scales, live=False)
    assert message in with_vectors.error
    assert torch.equal(session.w_plus, before)
    with_vectors.dismiss()


def test_a_name_that_is_taken_or_empty_is_refused(with_vectors):
    for name in ("spark", "  "):
        with pytest.raises(ValueError, match="name"):
            with_vectors.keep_vector(name)


def test_vectors_of_another_model_are_refused_immediately(session, vectors):
    foreign = replace(vectors["spark"], recipe={"fingerprint": "other"})
    with pytest.raises(EditVectorError):
        Editor(session, vectors={"spark": foreign})


# ---- fills, lasso and tools for whole parts


@pytest.mark.parametrize(("tool", "axis", "grows"), [("taller", 1, True), ("flatter", 1, False), ("wider", 0, True)])
def test_stretching_a_thin_part_changes_it_by_a_pixel_at_each_side(tool, axis, grows):
    labels = LabelSet("two", [Label(0, "ground", "#000000"), Label(1, "line", "#ffffff")])
    label_map = np.zeros((32, 32), np.uint8)
    label_map[12:15, 10:22] = 1
    if axis == 0:
        label_map = np.ascontiguousarray(label_map.T)
    after = part_tool(tool, 1, 32)(label_map, labels)
    long, thin = (12, 3) if axis else (3, 12)
    assert (after == 1).any(1).sum() == (thin if axis == 0 else 5 if grows else 1)
    assert (after == 1).any(0).sum() == (long if axis else 5)


@pytest.fixture
def blank(make_editor):
    """An editor with auto off whose mask is all background."""
    editor = make_editor(auto=False)
    editor.operate(lambda label_map, labels: np.zeros_like(label_map))
    assert editor.wait(20)
    return editor


def test_fill_lasso_and_part_tools_paint_and_are_each_undone_in_one_step(blank):
    editor = blank
    stroke_message(editor, auto=False)
    ask = {"label": 2, "auto": False, "steps": 5}
    browser(editor, kind="fill", x=4.5, y=4.5, **ask)
    assert editor.wait(20)
    filled = editor.label_map.copy()
    assert (filled == 2).sum() > 10
    assert (filled == 3).sum() == 0
    triangle = np.array([(0, 20), (12, 31.9), (0, 31.9)], np.float32)
    browser(editor, [triangle.tobytes()], kind="lasso", **{**ask, "label": 1})
    assert editor.wait(20)
    assert editor.label_map[28, 1] == 1
    browser(editor, kind="operate", name="remove", **{**ask, "label": 1})
    assert editor.wait(20)
    assert np.array_equal(editor.label_map, filled)
    for _ in range(3):
        editor.undo()
    assert editor.wait(20)
    assert (editor.label_map == 3).sum() == (filled == 2).sum()


def test_nothing_paints_over_a_locked_part(blank):
    editor = blank
    stroke_message(editor, auto=False)
    assert editor.wait(20)
    spark = editor.label_map == 3
    editor.lock("spark")
    assert editor.view.locked == [3]
    browser(editor, kind="fill", x=0.5, y=0.5, label=2, auto=False, locked=[3])
    editor.paint(Stroke([(16, 16)], 40, "shade"), run=False)
    editor.erase(Stroke([(16, 16)], 40, 0), run=False)
    assert editor.wait(20)
    assert spark.any()
    assert (editor.label_map[spark] == 3).all()
    editor.lock()
    editor.paint(Stroke([(16, 16)], 40, "shade"), run=False)
    assert editor.wait(20)
    assert (editor.label_map == 1).all()


@pytest.mark.parametrize("locked", ["spark", [9], ["halo"]])
def test_parts_that_cannot_be_locked_are_refused(make_editor, locked):
    editor = make_editor()
    stroke_message(editor, auto=False, locked=locked)
    assert editor.error
    assert np.array_equal(editor.label_map, parts(editor))
    editor.dismiss()


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("name", [name for name in PART_TOOLS if name != "from the other side"])
def test_every_part_tool_changes_a_part_in_the_middle(name, size):
    corners = np.array([(0.2, 0.3), (0.75, 0.45), (0.75, 0.62), (0.4, 0.5), (0.2, 0.56)]) * size
    label_map = lasso(corners.tolist(), "glow")(np.zeros((size, size), np.uint8), TINY_LABELS)
    changed = part_tool(name, 2, size)(label_map, TINY_LABELS)
    assert changed.shape == label_map.shape
    assert not np.array_equal(changed, label_map)
    assert np.isin(changed, (0, 2)).all()


@pytest.mark.slow
def test_a_part_tool_starts_an_edit_if_auto_is_on(make_editor):
    editor = make_editor()
    editor.operate(lasso([(6, 10), (24, 10), (24, 20), (6, 20)], "glow"), run=False)
    browser(editor, kind="operate", name="wider", label=2, auto=True, steps=4)
    assert editor.wait(20)
    assert editor.session.history.entry.made["ran"] == 4


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "operate", "name": "explode", "label": 2},
        {"kind": "fill", "x": 99, "y": 1, "label": 2},
        {"kind": "fill", "label": 2},
        {"kind": "lasso", "label": 2},
        {"kind": "lasso", "label": "halo"},
    ],
)
def test_invalid_operations_are_refused_and_change_nothing(make_editor, message):
    editor = make_editor()
    browser(editor, **message)
    with contextlib.suppress(ValueError):  # errors of the worker; the others are raised immediately
        editor.wait(20)
    assert editor.view.error
    assert np.array_equal(editor.label_map, parts(editor))


# ---- opening pictures


def as_png(pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.mark.slow
def test_an_opened_picture_is_embedded_edited_and_saved_at_its_own_size(with_vectors, session, tmp_path):
    editor, model = with_vectors, session.model
    editor.apply_vectors({"spark": 1.0})
    picture = np.random.default_rng(0).integers(0, 255, (50, 70, 3)).astype(np.uint8)
    browser(editor, [as_png(picture)], kind="open")
    assert editor.wait(60)
    assert editor.photo is not None
    assert editor.session is editor.photo.session
    assert editor.vector_scales == {}
    assert not editor.session.can_undo
    assert editor.view.can_undo  # the opening itself
    assert not editor.view.running
    assert editor.view.status.startswith("Embedded: PSNR")
    assert np.array_equal(editor.image, editor.session.image)
    editor.apply_vectors({"glow": 1.0})
    browser(editor, kind="save")
    assert editor.wait(20)
    name, sent = next(
        (content["name"], buffers[0]) for content, buffers in editor.sent if content["kind"] == "download"
    )
    assert name == "edited.png"
    assert np.asarray(Image.open(io.BytesIO(sent))).shape == (50, 70, 3)
    assert editor.session.model is model
    image = editor.session.image
    editor.new_portrait(4)
    editor.open(bytes(sent))  # opened again, it is not embedded again
    assert editor.wait(20)
    assert np.array_equal(editor.photo.photo.pixels, picture)
    assert np.array_equal(editor.image, image)
    assert editor.view.status.startswith("Opened.")
    editor.save(tmp_path / "again.png")
    with Image.open(tmp_path / "again.png") as again, Image.open(io.BytesIO(sent)) as first:
        assert again.text == first.text
        assert np.array_equal(np.asarray(again), np.asarray(first))


def test_a_saved_portrait_opens_unchanged_in_the_editor(with_vectors, session):
    editor = with_vectors
    editor.apply_vectors({"spark": 1.0})
    assert editor.wait(20)
    saved, image = picture_png(session), session.image
    editor.undo()
    editor.open(saved)
    assert editor.wait(20)
    assert editor.photo is None
    assert np.array_equal(editor.image, image)


def test_a_file_that_is_not_a_picture_is_refused_and_the_old_picture_stays(with_vectors, session):
    browser(with_vectors, [b"PK"], kind="open")
    with pytest.raises(ValueError, match="picture"):
        with_vectors.wait(20)
    assert with_vectors.session is session
    assert not with_vectors.view.running
    browser(with_vectors, [], kind="open")
    assert "a file of 1 to 64,000,000 bytes; got nothing" in with_vectors.error
    with_vectors.dismiss()


def test_numbers_outside_a_fields_range_are_refused_naming_the_field(make_editor):
    editor = make_editor()
    before = dict(editor.view.settings)
    for name, value, says in (("lr", 7, "Learning rate takes 0.001 to 5"), ("stop_iou", "x", "Stop at takes 0 to 1")):
        browser(editor, kind="configure", preset="default", settings={name: value})
        assert says in editor.view.error
    assert editor.view.settings == before
    browser(editor, kind="configure", preset="default", settings={"lr": 0.1, "buffer_px": None})
    assert (editor.view.error, editor.view.settings["lr"]) == ("", 0.1)


def test_without_a_photo_there_is_no_square_to_choose(tiny_model):
    editor = Editor(tiny_model)
    with pytest.raises(ValueError, match="no photo is open"):
        editor.reframe(Crop(0, 0, 10))
