"""Comparing, choosing, opening and saving whole pictures in a real JupyterLab."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from .lab import PACK, QUICK_EMBEDDING, ROOT, EditorPage, unpacked, until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]


def shown(editor: EditorPage, view: str = "picture") -> np.ndarray:
    """The canvas's drawn pixels, `[h, w, 3]` in device px."""
    canvas = editor.canvas(view)
    editor.lab.drawn()
    height, flat = canvas.evaluate(
        "canvas => { const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
        f" return [canvas.height, ({PACK})(data)]; }}"
    )
    return unpacked(flat).reshape(height, -1, 4)[..., :3]


def push(editor: EditorPage) -> None:
    """Change the picture clearly, everywhere."""
    editor.lab.kernel(
        "import torch; from editgan_widgets import EditVector\n"
        "delta = 0.8 * torch.ones_like(editor.session.w_plus[0])\n"
        "editor.add_vector(EditVector('push', delta, (), {'fingerprint': model.fingerprint}))\n"
        "editor.apply_vectors({'push': 2}); editor.wait()"
    )
    editor.idle()


def test_the_divider_shows_the_picture_before_on_its_left_and_does_not_paint(lab, photograph):
    lab.run_all()
    editor = EditorPage(lab)
    push(editor)
    held = np.array(json.loads(lab.kernel("import json; print(json.dumps(editor.image.tolist()))")), np.uint8)
    until(lambda: np.array_equal(editor.pixels(), held), 10, "not the kernel's picture")
    now = shown(editor)
    editor.canvas("picture").focus()
    editor.page.keyboard.down("c")
    until(lambda: (shown(editor) != now).mean() > 0.2, 5, "C does not show the picture before")
    before = shown(editor)
    editor.page.keyboard.up("c")
    width = now.shape[1]

    editor.canvas("picture").press("Shift+C")
    divider = editor.root.get_by_role("slider", name="Divider")
    divider.wait_for(timeout=10_000)

    def halves(share):
        seen, x = shown(editor), round(share * width)
        left, right = np.s_[20:-20, : x - 60], np.s_[20:-20, x + 60 :]
        return np.array_equal(seen[left], before[left]) and np.array_equal(seen[right], now[right])

    until(lambda: halves(0.5), 10, "not before on the left and now on the right")
    photograph(editor, "1-divided")

    # With the pointer: nothing is painted; the kernel gets the final position.
    index = editor.pixels("index")
    box = editor.canvas("picture").bounding_box()
    knob = editor.root.locator(".eg-knob").bounding_box()
    editor.page.mouse.move(knob["x"] + 15, knob["y"] + 15)
    editor.page.mouse.down()
    editor.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 40, steps=5)
    until(lambda: halves(0.3), 10, "the divider did not follow the pointer")
    editor.page.mouse.up()
    until(lambda: lab.kernel("print(editor.view.divider)").strip() == "0.3", 10, "the kernel was not told")
    assert np.array_equal(editor.pixels("index"), index)
    assert not editor.running

    # With keys, and zoomed: it keeps its position on the screen.
    for key, value in (("ArrowRight", 32), ("Shift+ArrowRight", 42), ("Home", 0), ("End", 100), ("PageDown", 90)):
        divider.press(key)
        assert divider.get_attribute("aria-valuenow") == str(value)
    editor.canvas("picture").press("+")
    assert divider.get_attribute("aria-valuenow") == "90"
    seen = shown(editor)
    assert not np.array_equal(seen, before)
    editor.canvas("picture").press("Home")

    # From Python, and back.
    lab.kernel("editor.divide(0.7)")
    until(lambda: halves(0.7), 10, "Python did not move the divider")
    editor.root.get_by_role("button", name="Divide the picture").click()
    divider.wait_for(state="hidden", timeout=10_000)
    until(lambda: np.array_equal(shown(editor)[20:-20], now[20:-20]), 10, "the picture is still divided")
    assert json.loads(lab.kernel("import json; print(json.dumps(editor.view.divider))")) is None


def test_new_portraits_are_rendered_while_the_user_paints_and_the_chosen_one_opens(lab, photograph):
    lab.run_all()
    editor = EditorPage(lab)
    lab.kernel("editor.view.auto = False")
    editor.idle()
    editor.press("New portrait")
    sheet = editor.root.get_by_role("dialog", name="New portrait")
    sheet.wait_for(timeout=10_000)
    editor.page.keyboard.press("Escape")
    sheet.wait_for(state="hidden", timeout=10_000)

    # The strokes are confirmed while portraits are still being rendered.
    size = len(editor.pixels("index"))
    editor.stroke([(size * 0.2, size * 0.2), (size * 0.4, size * 0.3)], size)
    until(lambda: editor.evaluate("root => root.editgan.pending()") == 0, 5, "the stroke waited for the portraits")

    editor.press("New portrait")
    images = editor.root.locator(".eg-portrait img[src]")
    until(lambda: images.count() == 18, 60, "not all portraits came")
    photograph(editor, "1-portraits")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        editor.page.keyboard.press(key)
    name = "document.activeElement.getAttribute('aria-label')"
    assert editor.page.evaluate(name) == "Portrait of seed 2, varied"
    editor.root.get_by_role("button", name="More portraits").click()
    until(lambda: images.count() == 36, 60, "no more portraits came")
    assert editor.page.evaluate(name) == "Portrait of seed 6, ordinary"
    editor.page.keyboard.press("ArrowUp")
    assert editor.page.evaluate(name) == "Portrait of seed 0, varied"
    editor.page.keyboard.press("ArrowRight")
    editor.page.keyboard.press("Enter")
    sheet.wait_for(state="hidden", timeout=10_000)
    until(lambda: editor.status.startswith("A new portrait"), 30, "the portrait did not open")
    editor.idle()
    made = lab.kernel(
        "import json; from editgan_widgets import EditSession\n"
        "print(json.dumps([EditSession.from_seed(model, 1, 1.0).image.tolist(), editor.session.recipe['seed']]))"
    )
    image, seed = json.loads(made)
    assert seed == 1
    until(lambda: np.array_equal(editor.pixels(), np.array(image, np.uint8)), 10, "not the chosen portrait")
    editor.press("Undo")
    until(lambda: editor.status.startswith("Back at the previous picture"), 20, "the picture before did not come back")
    assert lab.kernel("print(editor.session.recipe['seed'])").strip() != "1"
    editor.press("Redo")
    until(lambda: np.array_equal(editor.pixels(), np.array(image, np.uint8)), 20, "redo did not go on")


def test_a_pasted_picture_opens_with_a_badge_and_shows_the_whole_photo(lab, photograph):
    lab.run_all()
    editor = EditorPage(lab)
    lab.kernel(f"{QUICK_EMBEDDING}\neditor.wait()")
    editor.idle()
    whole = editor.root.get_by_role("button", name="Show the whole photo")
    assert not whole.is_visible()
    painting = (ROOT / "examples" / "painting.png").read_bytes()
    editor.canvas("picture").evaluate(
        """(canvas, text) => { const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], 'painting.png', { type: 'image/png' }));
            canvas.focus();
            const how = { clipboardData: data, bubbles: true, cancelable: true };
            canvas.dispatchEvent(new ClipboardEvent('paste', how)); }""",
        base64.b64encode(painting).decode(),
    )
    until(lambda: editor.status.startswith("Embedded"), 120, "the pasted painting was not embedded")
    badge = editor.root.locator(".eg-badge")
    badge.wait_for(timeout=60_000)
    assert badge.inner_text() == lab.kernel("print(editor.quality.embedding.grade)").strip()
    psnr = lab.kernel("print(f'{editor.quality.embedding.psnr:.1f}')").strip()
    assert f"PSNR {psnr} dB" in badge.get_attribute("aria-label")

    whole.click()
    image = editor.root.locator(".eg-whole img")
    image.wait_for(timeout=30_000)
    first = image.get_attribute("src")
    assert image.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [708, 508]
    photograph(editor, "1-whole")

    # An edit is judged beside the title, and the whole photo follows it.
    editor.root.get_by_label("Optimisation steps").select_option("10")
    size = len(editor.pixels("index"))
    editor.set("Brush size in pixels", size // 6)
    editor.root.locator(".eg-swatch").nth(3).click()
    editor.stroke([(size * 0.3, size * 0.3), (size * 0.5, size * 0.4)], size)
    until(lambda: editor.status.startswith("Done"), 60, "the edit did not end")
    note = editor.root.locator(".eg-edit-note")
    note.wait_for(timeout=10_000)
    outside = lab.kernel("print(f'{100 * editor.quality.edit.outside:.1f}%')").strip()
    assert note.inner_text().endswith(f"{outside} elsewhere")
    until(lambda: image.get_attribute("src") != first, 30, "the whole photo did not follow")
    photograph(editor, "2-edited")
    editor.press("Undo")
    note.wait_for(state="hidden", timeout=10_000)
    editor.canvas("picture").press("v")
    image.wait_for(state="hidden", timeout=10_000)


def test_a_mask_is_saved_changed_elsewhere_and_opened_from_the_menu(lab, tmp_path, photograph):
    lab.run_all()
    editor = EditorPage(lab)
    lab.kernel("editor.view.auto = False")
    editor.idle()
    index = editor.pixels("index")
    menu = editor.root.get_by_role("button", name="More to save and open")
    menu.click()
    photograph(editor, "1-menu")
    editor.page.keyboard.press("ArrowDown")
    with editor.page.expect_download() as download:
        editor.page.keyboard.press("Enter")
    assert download.value.suggested_filename == "mask.png"
    with Image.open(download.value.path()) as saved:
        assert saved.mode == "P"
        assert np.array_equal(np.asarray(saved), index)
        changed = np.asarray(saved).copy()
        changed[2:9, 2:9] = 3
        other = Image.fromarray(changed, "P")
        other.putpalette(saved.getpalette())
        other.save(tmp_path / "changed.png")
        saved.resize((8, 8)).save(tmp_path / "small.png")

    for name in ("changed", "small"):
        menu.click()
        with editor.page.expect_file_chooser() as chooser:
            editor.root.get_by_role("menuitem", name="Open mask").click()
        chooser.value.set_files(tmp_path / f"{name}.png")
        if name == "changed":
            until(lambda: np.array_equal(editor.pixels("index"), changed), 10, "the mask did not come")
    alert = editor.root.locator(".eg-error")
    alert.wait_for(state="visible", timeout=10_000)
    assert "8 x 8 px" in alert.inner_text()
    photograph(editor, "2-refused")
    editor.press("Dismiss")
    menu.click()
    editor.page.keyboard.press("Escape")
    assert editor.page.evaluate("document.activeElement.getAttribute('aria-haspopup')") == "menu"
    editor.press("Undo")
    until(lambda: np.array_equal(editor.pixels("index"), index), 10, "undo did not bring the parts back")


def test_a_black_and_white_mask_paints_the_selected_part_and_notes_are_shown(lab, shipped, tmp_path, photograph):
    lab.run_all()
    editor = EditorPage(lab)
    lab.kernel("editor.view.auto = False")
    editor.idle()
    before = editor.pixels("index")
    height, width = before.shape
    mask = np.zeros((3 * height, 3 * width), bool)
    mask[: 3 * (height // 6) + 1, : 3 * (width // 6)] = True  # one row of px beside the enlargement's blocks
    Image.fromarray(mask).save(tmp_path / "mask.png")
    part = "hair" if shipped else "spark"
    number = int(lab.kernel(f"print(editor.labels[{part!r}].id)"))
    editor.choose(part)

    def give(item: str) -> None:
        editor.root.get_by_role("button", name="More to save and open").click()
        with editor.page.expect_file_chooser() as chooser:
            editor.root.get_by_role("menuitem", name=item).click()
        chooser.value.set_files(tmp_path / "mask.png")

    give("Open mask")
    alert = editor.root.locator(".eg-error")
    alert.wait_for(state="visible", timeout=10_000)
    assert "black and white" in alert.inner_text()
    photograph(editor, "1-refused")
    editor.press("Dismiss")
    assert np.array_equal(editor.pixels("index"), before)
    give("Paint the selected part from a mask")
    wanted = np.where(mask[1::3, 1::3], number, before)  # the most of each block
    until(lambda: np.array_equal(editor.pixels("index"), wanted), 10, "the part was not painted")
    until(lambda: "px took the most frequent of several parts" in editor.status, 10, "the note is not shown")
    photograph(editor, "2-painted")
    editor.press("Undo")
    until(lambda: np.array_equal(editor.pixels("index"), before), 10, "undo did not bring the parts back")


def test_on_a_high_resolution_screen_one_finger_paints_and_two_zoom_and_pan(open_notebook, portrait_cell):
    fine = {"viewport": {"width": 1200, "height": 900}, "device_scale_factor": 2, "has_touch": True}
    lab = open_notebook(portrait_cell, **fine)
    page = lab.page
    editor = EditorPage(lab)
    lab.kernel("editor.view.auto = False; editor.view.label = 3; editor.view.size = 3")
    editor.idle()
    canvas = editor.canvas("parts")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert canvas.evaluate("canvas => canvas.width") == round(2 * box["width"])  # sharp

    session = page.context.new_cdp_session(page)
    x, y = box["x"], box["y"]

    def touch(kind, *points):
        places = [
            {"x": x + px * box["width"], "y": y + py * box["height"], "id": i} for i, (px, py) in enumerate(points)
        ]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": places})

    over = "root => root.editgan.layer(2).filter((value, i) => i % 4 === 3 && value > 0).length"
    index, shown_before = editor.pixels("index"), editor.evaluate(over)
    size = len(index)
    touch("Start", (0.2, 0.2))
    for i in range(1, 6):
        touch("Move", (0.2 + 0.02 * i, 0.2))
    touch("End")
    until(lambda: (editor.pixels("index") != index).any(), 10, "a finger did not paint")
    until(lambda: editor.evaluate("root => root.editgan.pending()") == 0, 10, "the kernel did not confirm the stroke")
    painted = editor.pixels("index")
    rows, columns = np.nonzero(painted != index)
    assert abs(rows.mean() + 0.5 - 0.2 * size) < 2
    assert columns.max() - columns.min() >= 0.1 * size - 2

    zoomed = editor.root.locator(".eg-zoom").first
    twice = f"{2 * int(zoomed.inner_text().rstrip('%'))}%"

    # Two fingers apart: twice as large about their middle, and the first finger's stroke is dropped.
    touch("Start", (0.4, 0.5))
    touch("Start", (0.4, 0.5), (0.6, 0.5))
    for i in range(1, 6):
        touch("Move", (0.4 - 0.02 * i, 0.5), (0.6 + 0.02 * i, 0.5))
    until(lambda: zoomed.inner_text() == twice, 5, "two fingers did not zoom")
    for i in range(1, 6):
        touch("Move", (0.3 + 0.04 * i, 0.5), (0.7 + 0.04 * i, 0.5))
    touch("End", (0.5, 0.5))
    touch("Move", (0.6, 0.8))
    touch("End")
    lab.drawn()
    editor.idle()
    assert zoomed.inner_text() == twice
    assert np.array_equal(editor.pixels("index"), painted)
    assert editor.evaluate("root => root.editgan.pending()") == 0

    # Moved by 0.2 of the view to the right: its middle shows 0.4 of the picture, and there the next stroke lands.
    touch("Start", (0.5, 0.5))
    touch("End")
    until(lambda: (editor.pixels("index") != painted).any(), 10, "a finger did not paint afterwards")
    rows, columns = np.nonzero(editor.pixels("index") != painted)
    assert abs(columns.mean() + 0.5 - 0.4 * size) < 2
    assert abs(rows.mean() + 0.5 - 0.5 * size) < 2

    # Strokes are shown over the picture, also after two fingers; a tool of one press waits for the second finger.
    until(lambda: editor.evaluate("root => root.editgan.pending()") == 0, 10, "the kernel did not confirm the stroke")
    painted, shown = editor.pixels("index"), editor.evaluate(over)
    assert shown == shown_before + (painted != index).sum()
    lab.kernel("editor.view.tool = 'fill'; editor.view.label = 2")
    until(
        lambda: editor.root.get_by_role("button", name="Fill:").get_attribute("aria-pressed") == "true", 10, "no fill"
    )
    touch("Start", (0.4, 0.5))
    touch("Start", (0.4, 0.5), (0.6, 0.5))
    touch("Move", (0.42, 0.5), (0.58, 0.5))
    touch("End")
    editor.idle()
    assert np.array_equal(editor.pixels("index"), painted)
    assert editor.evaluate(over) == shown
    touch("Start", (0.5, 0.5))
    touch("End")
    until(lambda: (editor.pixels("index") != painted).any(), 10, "a tap did not fill")
    unedited = json.loads(
        lab.kernel("import json; editor.wait(); print(json.dumps(editor.session.painted.ravel().tolist()))")
    )
    overlay = "root => Array.from(root.editgan.layer(2)).filter((_, i) => i % 4 === 3).map(value => value > 0)"
    until(lambda: editor.evaluate(overlay) == unedited, 10, "what was filled is not shown over the picture")
