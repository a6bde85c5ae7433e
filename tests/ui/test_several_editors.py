"""Several editors, several views of one editor, and a kernel that is busy with a cell."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from .lab import Classic, EditorPage, Lab, until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]

MODEL = """
import time
import torch
from editgan_widgets import EditSession, EditVector, load_model
from editgan_widgets.widgets import Editor
model = load_model("tiny.safetensors")
make_delta = torch.ones_like(EditSession.from_seed(model, seed=3).w_plus[0])
push = EditVector("push", 0.4 * make_delta, (), {"fingerprint": model.fingerprint})
def make(seed, **settings):
    return Editor(EditSession.from_seed(model, seed=seed), part="spark", steps=10, vectors={"push": push}, **settings)
"""
ONE = MODEL + "editor = make(3)\neditor"
# Ends at once the first time; afterwards runs until the file exists.
BUSY = """
import pathlib
while "slow" in globals() and not pathlib.Path("gate").exists():
    time.sleep(0.01)
slow = True
"""
WAITING = MODEL + "editor = make(3, auto=False)\neditor"


def stroke_of(editor: EditorPage) -> list[tuple[float, float]]:
    """A line across the row with the fewest pixels of the part."""
    index = editor.pixels("index")
    size = len(index)
    row = int(np.argmin((index == 3)[4:-4].sum(axis=1))) + 4.5
    return [(size * 0.3, row), (size * 0.7, row)]


def same(one: EditorPage, other: EditorPage, name: str = "picture") -> bool:
    return np.array_equal(one.pixels(name), other.pixels(name))


def test_two_editors_in_a_notebook_are_independent(open_notebook):
    lab = open_notebook(MODEL, "one = make(3)\none", "other = make(4)\nother")
    one, other = EditorPage(lab, 0), EditorPage(lab, 1)
    picture, index = other.pixels(), other.pixels("index")
    assert not np.array_equal(one.pixels(), picture)

    one.stroke(stroke_of(one), 32)
    until(lambda: one.frames > 1, 30, "no frames arrived")
    one.choose("glow")
    assert not other.running
    assert other.root.locator(".eg-swatch[aria-checked=true]").inner_text() == "spark"

    # Both edit at the same time, and each ends with its own picture.
    one.root.get_by_label("Optimisation steps").select_option("100")
    one.stroke([(4, 28), (28, 28)], 32)
    until(lambda: one.running, 10, "the first editor does not run")
    other.stroke(stroke_of(other), 32)
    until(lambda: other.frames > 0, 30, "no frames of the second editor")
    one.idle()
    other.idle()
    assert not np.array_equal(other.pixels(), picture)
    assert not np.array_equal(other.pixels("index"), index)
    for name, editor in (("one", one), ("other", other)):
        held = np.array(json.loads(lab.kernel(f"import json; print(json.dumps({name}.image.tolist()))")), np.uint8)
        assert np.array_equal(editor.pixels(), held)


def test_two_views_of_an_editor_stay_in_sync_but_zoom_independently(open_notebook):
    lab = open_notebook(ONE, "editor")
    one, other = EditorPage(lab, 0), EditorPage(lab, 1)
    assert same(one, other)

    # A stroke in one view appears in the other, with the frames, the running state and the result.
    one.stroke(stroke_of(one), 32)
    until(lambda: other.frames > 0, 30, "no frames in the second view")
    one.idle()
    other.idle()
    until(lambda: same(one, other) and same(one, other, "index"), 10, "the views differ after a stroke")
    assert one.status == other.status != ""

    # The view that requests a file gets it, and the other does not save it again.
    saved = []
    one.page.on("download", lambda download: saved.append(download.suggested_filename))
    one.press("Save the last edit")
    until(lambda: "edit.gif" in one.status, 30, "nothing was saved")
    with one.page.expect_download():
        other.press("Save the picture as PNG")
    until(lambda: "portrait.png" in one.status, 30, "nothing was saved")
    lab.kernel("editor.wait()")
    lab.drawn()
    assert saved == ["edit.gif", "portrait.png"]

    # A slider, the chosen part and Undo of one view act on both.
    other.root.get_by_label("Scale of push").fill("0.8")
    until(lambda: one.root.get_by_label("Scale of push").input_value() == "0.8", 10, "the slider did not follow")
    until(lambda: same(one, other), 10, "the views differ after a slider moved")
    other.choose("glow")
    until(lambda: "glow" in one.root.locator(".eg-swatch[aria-checked=true]").inner_text(), 5, "another part chosen")
    other.press("Undo")
    until(lambda: one.root.get_by_label("Scale of push").input_value() == "0", 10, "undo did not reach the first view")
    until(lambda: same(one, other), 10, "the views differ after undo")

    # Each view has its own zoom.
    whole = one.root.locator(".eg-zoom").first.inner_text()
    one.canvas("parts").press("+")
    until(lambda: one.root.locator(".eg-zoom").first.inner_text() != whole, 5, "+ did not zoom")
    assert other.root.locator(".eg-zoom").first.inner_text() == whole


@pytest.mark.parametrize("host", [Lab, Classic])
def test_a_stroke_painted_while_a_cell_runs_is_not_lost(open_notebook, host):
    page = open_notebook(WAITING, BUSY, host=host)
    gate = page.path.parent / "gate"
    gate.touch()
    editor = EditorPage(page)
    editor.root.get_by_role("button", name="Brush: paint").click()
    before = editor.pixels("index")
    until(lambda: "slow" in page.kernel("print(*globals())"), 10, "the cells have not run")
    gate.unlink()
    page.start_cell(1)

    # The echo needs no kernel. If the kernel cannot handle messages while a cell runs, a note says so.
    points = stroke_of(editor)
    editor.stroke(points, 32)
    echo = editor.pixels("index")
    assert not np.array_equal(echo, before)
    note = "The kernel is busy; your changes are waiting for it."
    heard = "root => root.editgan.pending() === 0"
    until(lambda: editor.evaluate(heard) or editor.status == note, 4, "neither a note nor an answer")
    if host is Classic:
        assert not editor.evaluate(heard)

    gate.touch()

    # When the cell has ended, the kernel has the stroke once, and the note is gone.
    until(lambda: editor.evaluate(heard), 15, "the kernel did not confirm the stroke")
    assert np.array_equal(editor.pixels("index"), echo)
    held = page.kernel("import json; print(json.dumps(editor.label_map.tolist()))")
    assert np.array_equal(np.array(json.loads(held), np.uint8), echo)
    assert editor.status.startswith("Painted.")

    # Again, with an unchanged status: the note is removed all the same. Then the edit runs.
    gate.unlink()
    page.start_cell(1)
    editor.stroke([(x, (y + 5) % 32) for x, y in points], 32)
    until(lambda: editor.evaluate(heard) or editor.status == note, 4, "neither a note nor an answer")
    gate.touch()
    until(lambda: editor.evaluate(heard) and editor.status.startswith("Painted."), 15, "the note stays")
    editor.press("Edit")
    until(lambda: editor.frames > 0, 30, "no frames arrived")
    editor.idle()
    assert editor.status.startswith("Done")


EXPLORER = """
from editgan_widgets.analysis import by_picture
from editgan_widgets.widgets import DirectionFinder, VectorExplorer
read = by_picture(brightness=lambda picture: picture.mean())
explorer = VectorExplorer(model, [push], seeds=(1, 2), portraits=range(50, 54), read=read)
explorer
"""
FINDER = "finder = DirectionFinder(model, seed=3, read=read)\nfinder"


def test_after_a_kernel_restart_the_controls_of_every_widget_say_so_and_return(open_notebook):
    lab = open_notebook(WAITING, EXPLORER, FINDER)
    editor = EditorPage(lab)
    explorer, finder = lab.page.locator(".ex-root"), lab.page.locator(".eg-finder")
    until(lambda: explorer.locator(".eg-status").inner_text() == "All is measured.", 60, "nothing was measured")
    editor.root.locator("summary", has_text="Advanced").click()
    controls = [
        (editor.root, editor.root.get_by_label("Scale of push"), "0.8"),
        (editor.root, editor.root.get_by_label("Learning rate"), "0.5"),
        (explorer, explorer.locator(".ex-slider"), "0.5"),
        (finder, finder.get_by_label("Seed of the portrait"), "8"),
    ]
    before = [control.input_value() for _, control, _ in controls]
    note = "The kernel was restarted and does not know this"
    lab.restart()
    for root, control, value in controls:
        control.fill(value)
        control.press("Tab")
        until(lambda root=root: root.locator(".eg-status").inner_text().startswith(note), 10, "no note")
    returned = lambda: [control.input_value() for _, control, _ in controls] == before  # noqa: E731
    until(returned, 10, "a control keeps a value that the kernel never had")


def test_a_setting_chosen_with_a_preset_under_way_leaves_the_presets_values(open_notebook):
    lab = open_notebook(WAITING, BUSY)
    gate = lab.path.parent / "gate"
    gate.touch()
    editor = EditorPage(lab)
    editor.root.locator("summary", has_text="Advanced").click()
    until(lambda: "slow" in lab.kernel("print(*globals())"), 10, "the cells have not run")
    gate.unlink()
    lab.start_cell(1)
    editor.root.get_by_label("Preset").select_option("paper")
    field = editor.root.get_by_label("Stop at")
    field.fill("0.9")
    field.press("Tab")
    gate.touch()
    compare = "from dataclasses import replace; from editgan_widgets import EditConfig; "
    compare += "paper = replace(EditConfig.preset('paper'), stop_iou=0.9)"
    until(lambda: editor.evaluate("root => root.editgan.waiting()") == 0, 20, "a setting waits for ever")
    assert lab.kernel(f"{compare}; print(editor.session.config == paper)").strip() == "True"


def test_a_saved_notebook_contains_the_picture_and_its_parts(open_notebook):
    lab = open_notebook(ONE)
    editor = EditorPage(lab)
    lab.save()
    until(lambda: "image/png" in lab.path.read_text(encoding="utf-8"), 10, "no picture in the saved notebook")
    outputs = json.loads(lab.path.read_text(encoding="utf-8"))["cells"][0]["outputs"]
    data = next(output["data"] for output in outputs if "image/png" in output.get("data", {}))
    png = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB"))
    assert png.shape == (32, 64, 3)
    assert np.array_equal(png[:, :32], editor.pixels())
    assert "application/vnd.jupyter.widget-view+json" in data
