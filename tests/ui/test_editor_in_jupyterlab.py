"""A user works through the example notebook in a real JupyterLab and Chromium, with a real mouse."""

import json

import numpy as np
import pytest
from PIL import Image

from .lab import QUICK_EMBEDDING, ROOT, EditorPage, until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]


def mouth(editor: EditorPage, shipped: bool) -> tuple[list[tuple[float, float]], str, int]:
    """Points to paint (picture px), part, picture size: an open mouth, or some spark on the tiny model."""
    index = editor.pixels("index")
    size = len(index)
    names = json.loads(editor.lab.kernel("import json; print(json.dumps([part.name for part in model.labels]))"))
    wanted = ("upper lip", "lower lip", "mouth", "teeth") if shipped else ("glow",)
    rows, columns = np.nonzero(np.isin(index, [names.index(name) for name in wanted]))
    y, x0, x1 = float(np.median(rows)) + 1.5, float(columns.min()), float(columns.max())
    if not shipped:
        y, x0, x1 = size / 2, size * 0.3, size * 0.7
    return [(x0 + 2, y), ((x0 + x1) / 2, y + size / 64), (x1 - 2, y)], "mouth" if shipped else "spark", size


def kernel_state(editor: EditorPage) -> dict:
    """The kernel's state, as plain numbers."""
    return json.loads(
        editor.lab.kernel(
            "import json; print(json.dumps({'map': editor.label_map.tolist(), 'image': editor.image.tolist(), "
            "'latent': float(editor.session.w_plus.double().abs().sum())}))"
        )
    )


def change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.abs(before.astype(float) - after).mean(axis=2) / 255


@pytest.mark.shipped
def test_paint_stop_undo_redo_reload_and_continue(notebook, shipped, photograph):
    lab = notebook
    lab.run_all()
    editor = EditorPage(lab)
    lab.kernel("editor.undo(); editor.wait()")  # the stroke that the notebook painted from Python
    editor.idle()
    photograph(editor, "1-start")
    points, part, size = mouth(editor, shipped)
    before, start = editor.pixels(), kernel_state(editor)
    assert np.array_equal(np.array(start["map"], np.uint8), editor.pixels("index"))

    # Paint: the echo needs no kernel, then frames arrive, then the picture has changed where it was painted.
    editor.choose(part)
    editor.set("Brush size in pixels", max(3, size // 24) if shipped else size // 4)
    seen = editor.frames
    editor.stroke(points, size)
    until(lambda: editor.frames > seen + 1, 30, "no frames arrived")
    photograph(editor, "2-running")
    editor.idle()
    edited = lab.kernel("import json; print(json.dumps(editor.session.edited_region.tolist()))")
    region = np.array(json.loads(edited), bool)
    assert editor.status.startswith("Done")
    photograph(editor, "3-done")
    after, painted = editor.pixels(), kernel_state(editor)
    assert np.array_equal(np.array(painted["image"], np.uint8), after)
    assert np.array_equal(np.array(painted["map"], np.uint8), editor.pixels("index"))
    moved = change(before, after)
    assert moved[region].mean() > 0.002
    if shipped:  # the tiny model is a blur that moves as a whole
        assert moved[region].mean() > 1.5 * moved[~region].mean()
        assert moved[~region].mean() < 0.03

    # Undo and redo bring picture, mask and latent back.
    editor.press("Undo")
    until(lambda: np.array_equal(editor.pixels(), before), 20, "undo did not bring the picture back")
    assert kernel_state(editor) == start
    assert np.array_equal(editor.pixels("index"), np.array(start["map"], np.uint8))
    editor.page.keyboard.press("Control+Shift+Z")
    until(lambda: np.array_equal(editor.pixels(), after), 20, "redo did not bring the picture again")
    assert kernel_state(editor) == painted

    # Stop keeps the best step so far.
    editor.root.get_by_label("Optimisation steps").select_option("100")
    seen = editor.frames
    editor.stroke([(x, y + size / 16) for x, y in points], size, view="picture")
    until(lambda: editor.frames > seen + 1, 30, "no frames of the second edit arrived")
    editor.press("Stop")
    editor.idle(10)
    assert editor.status.startswith("Stopped at step")
    photograph(editor, "4-stopped")

    # Reload the page while an edit runs: everything is shown again, and the edit continues.
    editor.press("Edit")
    until(lambda: editor.running, 10, "the edit did not begin")
    editor.root.locator(".eg-canvas").first.focus()
    lab.page.keyboard.press("Control+s")
    until(lambda: lab.page.locator(".jp-mod-current.jp-mod-dirty").count() == 0, 10, "Ctrl+S did not save")
    lab.page.reload()
    lab.page.wait_for_selector(".eg-root", timeout=60_000)
    editor = EditorPage(lab)
    until(lambda: editor.frames > 0 or not editor.running, 30, "no frames after the reload")
    if editor.running:
        photograph(editor, "5-reloaded")
        editor.root.locator(".eg-canvas").first.focus()
        editor.page.keyboard.press("Escape")
    editor.idle()
    held = kernel_state(editor)
    until(
        lambda: np.array_equal(editor.pixels(), np.array(held["image"], np.uint8)),
        10,
        "another picture than the kernel's",
    )
    assert np.array_equal(editor.pixels("index"), np.array(held["map"], np.uint8))
    layers = editor.evaluate("root => [0, 1].map(i => root.editgan.layer(i)?.some(value => value > 0))")
    assert layers == [True, True]
    seen = editor.frames
    editor.root.get_by_label("Optimisation steps").select_option("10")
    editor.stroke([(x, y - size / 16) for x, y in points], size)
    until(lambda: editor.frames > seen, 30, "no frames after the reload")
    editor.idle()


def test_second_stroke_errors_tools_and_themes(lab, shipped, photograph):
    lab.theme("JupyterLab Dark")
    lab.run_all()
    editor = EditorPage(lab)
    points, part, size = mouth(editor, shipped)
    editor.choose(part)

    # A second stroke during a run: frames of the old edit stop, the new one starts from there, both strokes count.
    editor.root.get_by_label("Optimisation steps").select_option("100")
    seen = editor.frames
    editor.stroke(points, size)
    until(lambda: editor.frames > seen + 1, 30, "no frames of the first edit")
    job = int(editor.evaluate("root => root.dataset.job"))
    editor.root.get_by_label("Optimisation steps").select_option("10")
    editor.stroke([(x, y + size / 10) for x, y in points], size)
    until(lambda: int(editor.evaluate("root => root.dataset.job")) > job, 30, "the second edit sent no frames")
    photograph(editor, "1-second-stroke")
    editor.idle()
    assert editor.status.startswith("Done in 10 steps")
    assert np.array_equal(editor.pixels("index"), np.array(kernel_state(editor)["map"], np.uint8))

    # The browser shows the echo before the kernel gets the stroke.
    editor.root.get_by_text("edit when the pointer is released").click()
    index = editor.pixels("index")
    canvas = editor.canvas("parts")
    box = canvas.bounding_box()
    editor.page.mouse.move(box["x"] + 20, box["y"] + 20)
    editor.page.mouse.down()
    echo = editor.pixels("index")
    assert (index != echo).any()
    photograph(editor, "2-painting")
    editor.page.mouse.up()
    until(lambda: editor.evaluate("root => root.editgan.pending()") == 0, 10, "the kernel did not confirm the stroke")
    assert np.array_equal(np.array(kernel_state(editor)["map"], np.uint8), echo)
    assert not editor.running

    # The eraser restores the old parts; the eyedropper selects the part under the pointer.
    editor.root.press("e")
    editor.set("Brush size in pixels", 16)
    editor.stroke([(20 * size / box["width"], 20 * size / box["width"])], size)
    until(lambda: np.array_equal(editor.pixels("index"), index), 10, "the eraser did not bring the parts back")
    editor.page.keyboard.press("i")
    editor.stroke([(1, 1)], size)
    chosen = editor.root.locator(".eg-swatch[aria-checked=true]").inner_text()
    assert chosen == json.loads(
        lab.kernel("import json; print(json.dumps(model.labels[int(editor.label_map[1, 1])].name))")
    )
    for key, value in (("]", "18 px"), ("[", "16 px"), ("[", "14 px")):
        editor.page.keyboard.press(key)
        until(lambda value=value: value in editor.root.locator(".eg-value").first.inner_text(), 5, f"{key} did nothing")

    # Keys stay in the widget, Tab leaves it.
    cells = lab.page.locator(".jp-Cell").count()
    editor.canvas("parts").focus()
    for key in ("a", "b", "x"):
        editor.page.keyboard.press(key)
    assert lab.page.locator(".jp-Cell").count() == cells
    editor.page.keyboard.press("Tab")
    assert editor.evaluate("root => !document.activeElement.classList.contains('eg-canvas')")

    # An error in the worker and one in a callback are shown, and the next action closes the box.
    lab.kernel("def broken(*a, **k): raise RuntimeError('the optimiser broke')\neditor.session.edit = broken")
    editor.press("Edit")
    alert = editor.root.locator(".eg-error")
    alert.wait_for(state="visible", timeout=10_000)
    assert "the optimiser broke" in alert.inner_text()
    photograph(editor, "3-error")
    lab.kernel("del editor.session.edit")
    editor.press("Dismiss")
    alert.wait_for(state="hidden", timeout=10_000)
    lab.kernel(
        "import numpy as np\n"
        "editor.view._handle_custom_msg("
        "{'kind': 'stroke', 'id': 'x', 'label': 'halo', 'tool': 'brush', 'radius': 2.0, 'shape': 'round'},"
        " [np.array([[4, 4]], np.float32).tobytes()])"
    )
    alert.wait_for(state="visible", timeout=10_000)
    assert "halo" in alert.inner_text()
    editor.press("Dismiss")

    lab.theme("JupyterLab Light")
    photograph(editor, "4-light")
    editor.root.press("c")
    photograph(editor, "5-plain")


def test_vectors_fills_and_part_tools(lab, shipped, photograph):
    lab.run_all()
    editor = EditorPage(lab)
    _, part, size = mouth(editor, shipped)
    lab.kernel(
        "import torch; from editgan_widgets import EditVector\n"
        "delta = 0.4 * torch.ones_like(editor.session.w_plus[0])\n"
        "editor.add_vector(EditVector('push', delta, (), {'fingerprint': model.fingerprint}))"
    )
    slider = editor.root.get_by_label("Scale of push")
    slider.scroll_into_view_if_needed()
    before, start = editor.pixels(), kernel_state(editor)

    # While the slider moves the picture follows; the session applies the scale on release.
    box = slider.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    editor.page.mouse.move(*middle)
    editor.page.mouse.down()
    for i in range(1, 9):
        editor.page.mouse.move(middle[0] + i * box["width"] / 20, middle[1])
    until(lambda: int(editor.evaluate("root => root.dataset.previews ?? 0")) >= 2, 20, "no previews")
    until(lambda: not np.array_equal(editor.pixels(), before), 10, "the picture did not follow the slider")
    assert kernel_state(editor)["latent"] == start["latent"]
    photograph(editor, "1-sliding")
    editor.page.mouse.up()
    until(lambda: kernel_state(editor)["latent"] != start["latent"], 20, "the scale was not taken")
    held = kernel_state(editor)
    until(lambda: np.array_equal(editor.pixels(), np.array(held["image"], np.uint8)), 10, "not the kernel's picture")
    scale = float(lab.kernel("print(editor.vector_scales['push'])"))
    assert scale == pytest.approx(float(slider.input_value()), abs=1e-6)
    assert 0.5 < scale <= 2

    # One undo also resets the slider.
    editor.press("Undo")
    until(lambda: np.array_equal(editor.pixels(), before), 20, "undo did not bring the picture back")
    until(lambda: float(slider.input_value()) == 0, 5, "undo did not bring the slider back")

    # Keys on the panel's heading do not reach the notebook.
    cells = lab.page.locator(".jp-Cell").count()
    editor.root.locator("summary").first.focus()
    for key in ("a", "x", "b"):
        editor.page.keyboard.press(key)
    assert lab.page.locator(".jp-Cell").count() == cells

    # A fill, a lasso and a part tool change the mask; each is in the kernel and in the browser.
    editor.root.get_by_text("edit when the pointer is released").click()
    editor.choose(part)
    shown = editor.pixels("index")
    for key, points in (("g", [(2, 2)]), ("l", [(10, 10), (30, 12), (28, 30), (12, 28)])):
        editor.canvas("parts").press(key)
        editor.stroke([(x * size / 128, y * size / 128) for x, y in points], size)
        until(lambda shown=shown: (editor.pixels("index") != shown).any(), 10, f"{key} painted nothing")
        shown = editor.pixels("index")
    editor.root.get_by_role("button", name="Selected part: shrink").click()
    until(lambda: (editor.pixels("index") != shown).any(), 10, "the part tool changed nothing")
    assert np.array_equal(editor.pixels("index"), np.array(kernel_state(editor)["map"], np.uint8))
    photograph(editor, "2-filled")

    # The part under the pointer and its share of the picture are shown.
    canvas = editor.canvas("parts")
    canvas.hover(position={"x": 5, "y": 5})
    shown = editor.pixels("index")
    share = (shown == shown[1, 1]).mean()
    said = editor.root.locator(".eg-hover").inner_text()
    assert said.endswith(f"{100 * share:.0f}%" if share >= 0.1 else f"{100 * share:.1f}%")

    # The list of shortcuts opens and closes by key.
    editor.canvas("parts").press("?")
    sheet = editor.root.get_by_role("dialog", name="Keyboard shortcuts", include_hidden=True)
    sheet.wait_for(state="visible", timeout=10_000)
    photograph(editor, "3-shortcuts")
    editor.page.keyboard.press("Escape")
    sheet.wait_for(state="hidden", timeout=10_000)

    # A stroke does not change a locked part, in the browser and in the kernel.
    editor.canvas("parts").press("b")
    editor.canvas("parts").press("k")
    shown = editor.pixels("index")
    name = editor.root.locator(".eg-swatch[aria-checked=true]").inner_text()
    label = int(lab.kernel(f"print(model.labels[{name!r}].id)"))
    assert (shown == label).any()
    editor.root.locator(".eg-swatch").first.click()
    editor.set("Brush size in pixels", 48)
    editor.stroke([(size * 0.3, size * 0.7), (size * 0.7, size * 0.7)], size)
    until(lambda: (editor.pixels("index") != shown).any(), 10, "the stroke painted nothing")
    until(lambda: editor.evaluate("root => root.editgan.pending()") == 0, 10, "the kernel did not confirm the stroke")
    assert np.array_equal(editor.pixels("index") == label, shown == label)
    assert np.array_equal(editor.pixels("index"), np.array(kernel_state(editor)["map"], np.uint8))
    photograph(editor, "3-locked")
    editor.press("Undo")
    editor.set("Brush size in pixels", 6)

    zoomed = editor.root.locator(".eg-zoom")
    whole = zoomed.inner_text()

    # Zooming about a point keeps its position, and a stroke lands under the pointer.
    editor.choose(part)
    canvas = editor.canvas("parts")
    box = canvas.bounding_box()
    editor.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    editor.page.keyboard.down("Control")
    editor.page.mouse.wheel(0, -420)
    editor.page.keyboard.up("Control")
    until(lambda: zoomed.inner_text() != whole, 5, "Ctrl and the wheel did not zoom")
    assert int(zoomed.inner_text().rstrip("%")) / int(whole.rstrip("%")) == pytest.approx(4.06, abs=0.08)
    shown = editor.pixels("index")
    editor.stroke([(size / 4, size / 4)], size)
    until(lambda: (editor.pixels("index") != shown).any(), 10, "the stroke painted nothing")
    rows, columns = np.nonzero(editor.pixels("index") != shown)
    assert abs(rows.mean() + 0.5 - size / 4) < 2
    assert abs(columns.mean() + 0.5 - size / 4) < 2
    photograph(editor, "3-zoomed")
    editor.canvas("parts").press("Home")
    until(lambda: zoomed.inner_text() == whole, 5, "Home did not show the whole picture")

    # The edits are kept as a named vector, whose slider is at 1.
    for _ in range(4):
        editor.press("Undo")
    slider.fill("1")
    until(lambda: kernel_state(editor)["latent"] != start["latent"], 20, "the scale was not taken")
    editor.root.get_by_label("Name under which").fill("mine")
    editor.press("Keep as vector")
    editor.root.get_by_label("Scale of mine").wait_for(timeout=10_000)
    assert float(editor.root.get_by_label("Scale of mine").input_value()) == 1
    assert float(slider.input_value()) == 0
    photograph(editor, "4-kept")

    # The picture is downloaded with its recipe, and opens unchanged.
    with editor.page.expect_download() as download:
        editor.press("Save the picture")
    path = download.value.path()
    assert download.value.suggested_filename == "portrait.png"
    assert np.array_equal(np.asarray(Image.open(path)), np.array(kernel_state(editor)["image"], np.uint8))
    told = lab.kernel(
        f"from editgan_widgets.documents.saved_picture import open_picture\n"
        f"opened = open_picture(model, {str(path)!r})\n"
        f"print((opened.image == editor.image).all(), opened.can_undo)"
    )
    assert told.split() == ["True", "True"]

    # A painting is opened, embedded and can be edited; saved it has its own size.
    lab.kernel(QUICK_EMBEDDING)
    editor.root.locator("input[type=file]").first.set_input_files(ROOT / "examples" / "painting.png")
    until(lambda: editor.status.startswith("Embedding, step"), 60, "the embedding did not begin")
    photograph(editor, "5-embedding")
    until(lambda: editor.status.startswith("Embedded"), 120, "the painting was not embedded")
    slider.fill("0.5")
    until(lambda: lab.kernel("print(editor.vector_scales)").strip() == "{'push': 0.5}", 20, "the scale was not taken")
    photograph(editor, "6-painting")
    with editor.page.expect_download() as download:
        editor.press("Save the picture")
    assert download.value.suggested_filename == "edited.png"
    with Image.open(download.value.path()) as saved, Image.open(ROOT / "examples" / "painting.png") as painting:
        assert saved.size == painting.size
