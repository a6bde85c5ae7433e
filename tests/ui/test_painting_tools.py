"""The painting tools in a real browser: the immediate echo equals the kernel's result."""

import json

import numpy as np
import pytest

from .lab import EditorPage, until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]


def ready(lab) -> EditorPage:
    lab.run_all()
    lab.kernel("editor.view.auto = False")
    editor = EditorPage(lab)
    editor.idle()
    until(lambda: not editor.root.get_by_label("edit when").is_checked(), 10, "the switch did not go off")
    return editor


def kernel_map(editor: EditorPage) -> np.ndarray:
    code = "import json; editor.wait(); print(json.dumps(editor.label_map.tolist()))"
    return np.array(json.loads(editor.lab.kernel(code)), np.uint8)


def agreed(editor: EditorPage, before: np.ndarray) -> np.ndarray:
    """The mask after painting: shown by the next frame, and the same in the kernel."""
    until(lambda: editor.released() > 0, 10, "the page did not see the pointer go up")
    editor.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    echo = editor.pixels("index")
    assert (echo != before).any()
    editor.idle()
    here = kernel_map(editor)
    assert np.array_equal(here, echo), f"{(here != echo).sum()} px differ, {(here != before).sum()} px painted"
    editor.evaluate("root => delete root.dataset.up")
    assert np.array_equal(editor.pixels("index"), echo)
    return echo


def undone(editor: EditorPage, before: np.ndarray) -> None:
    """One undo restores the mask."""
    editor.press("Undo")
    until(lambda: np.array_equal(editor.pixels("index"), before), 10, "one undo did not take it back")


def part_id(editor: EditorPage, name: str) -> int:
    return int(editor.lab.kernel(f"print(model.labels[{name!r}].id)"))


def drag_pen(editor: EditorPage, points: list[tuple[float, float, float]], size: int) -> None:
    """Paint with a pen: x, y in picture px, and its pressure."""
    box = editor.canvas("parts").bounding_box()
    scale = box["width"] / size
    session = editor.page.context.new_cdp_session(editor.page)
    kinds = ["mousePressed", *["mouseMoved"] * (len(points) - 1), "mouseReleased"]
    for kind, (x, y, force) in zip(kinds, [*points, (*points[-1][:2], 0.0)], strict=True):
        event = {"x": box["x"] + x * scale, "y": box["y"] + y * scale, "force": force, "pointerType": "pen"}
        held = {"button": "left", "buttons": int(kind != "mouseReleased"), "clickCount": 1}
        session.send("Input.dispatchMouseEvent", {"type": kind, **event, **held})


@pytest.mark.shipped
def test_mirrored_pen_restricted_and_pushed_strokes_match_the_kernels(lab, shipped, photograph):
    editor = ready(lab)
    start = editor.pixels("index")
    size = len(start)
    canvas = editor.canvas("parts")
    left, right = ("left brow", "right brow") if shipped else ("spark", "spark")
    editor.root.locator(".eg-swatch", has_text=left).first.click()
    ids = part_id(editor, left), part_id(editor, right)

    # Mirrored: the reflection paints the other side's part, but not over the stroke itself.
    canvas.press("m")
    assert editor.root.get_by_role("button", name="Mirror: paint").get_attribute("aria-pressed") == "true"
    line = [(size * 0.2, size * 0.3), (size * 0.56, size * 0.42)]
    editor.stroke(line, size)
    photograph(editor, "1-mirrored")
    painted = agreed(editor, start)
    row, column = int(size * 0.3), int(size * 0.2)
    assert (painted[row, column], painted[row, size - 1 - column]) == ids
    undone(editor, start)
    editor.stroke(line, size, view="picture")
    editor.root.press("e")
    editor.set("Brush size in pixels", size // 6)
    editor.stroke(line[:1], size)
    erased = agreed(editor, painted)
    assert (erased[row, column], erased[row, size - 1 - column]) == (
        start[row, column],
        start[row, size - 1 - column],
    )
    undone(editor, painted)
    undone(editor, start)

    # A pen's pressure sets the brush size if the toggle is on; the mouse has no pressure.
    canvas.press("m")
    editor.root.press("b")
    editor.set("Brush size in pixels", size // 4)
    assert editor.root.get_by_role("button", name="Pen pressure").count() == 0
    pen = [(size * 0.25, size * 0.2, 0.1), (size * 0.75, size * 0.2, 1.0)]
    drag_pen(editor, pen, size)
    pressed = agreed(editor, start)
    thin, thick = ((pressed != start)[:, int(size * x)].sum() for x in (0.3, 0.7))
    undone(editor, start)
    editor.press("Pen pressure")
    drag_pen(editor, pen, size)
    even = agreed(editor, start)
    assert thin < thick <= (even != start)[:, int(size * 0.7)].sum() + 1
    assert thin < (even != start)[:, int(size * 0.3)].sum()
    undone(editor, start)

    # Painting over chosen parts only.
    top = editor.root.get_by_label("Paints over")
    row = start[int(size * 0.5), int(size * 0.2) : int(size * 0.8)]
    here = int(np.bincount(row[row != ids[0]]).argmax())
    name = lab.kernel(f"print(model.labels[{here}].name)").strip()
    top.select_option("choose")
    editor.root.locator(".eg-over-parts").get_by_text(name, exact=True).click()
    photograph(editor, "2-parts-to-paint-over")
    editor.page.keyboard.press("Escape")
    assert top.locator("option:checked").inner_text() == f"over: {name}"
    canvas.press("m")
    editor.set("Brush size in pixels", min(48, size))
    editor.stroke([(size * 0.1, size * 0.5), (size * 0.9, size * 0.5)], size)
    over = agreed(editor, start)
    assert (start[over != start] == here).all()
    undone(editor, start)
    top.select_option("anything")

    # Push, mirrored and not: a click moves nothing.
    editor.set("Brush size in pixels", size // 5)
    canvas.press("w")
    editor.stroke([(size * 0.5, size * 0.5)], size)
    assert np.array_equal(editor.pixels("index"), start)
    for _ in range(2):
        editor.stroke([(size * 0.4, size * 0.5), (size * 0.25, size * 0.4), (size * 0.3, size * 0.8)], size)
        photograph(editor, "3-pushed")
        agreed(editor, start)
        undone(editor, start)
        canvas.press("m")


@pytest.mark.shipped
def test_polygons_whole_parts_digits_hiding_borders_previews_and_zoom(lab, shipped, photograph):
    editor = ready(lab)
    start = editor.pixels("index")
    size = len(start)
    canvas = editor.canvas("parts")
    names = json.loads(lab.kernel("import json; print(json.dumps([part.name for part in model.labels]))"))

    def click(*points):
        for x, y in points:
            editor.stroke([(x * size, y * size)], size)

    # Digits choose the first ten parts.
    canvas.press("2")
    chosen = editor.root.locator(".eg-swatch[aria-checked=true]")
    until(lambda: chosen.inner_text() == names[1], 5, "2 did not choose the second part")

    # A polygon is closed by Enter, a click on its first corner or a double-click; Backspace takes a corner, Escape all.
    corners = [(0.2, 0.2), (0.5, 0.25), (0.3, 0.6)]
    canvas.press("p")
    click(*corners, (0.9, 0.9))
    photograph(editor, "1-polygon")
    canvas.press("Backspace")
    canvas.press("Enter")
    until(lambda: (editor.pixels("index") != start).any(), 10, "Enter did not close the polygon")
    shape = kernel_map(editor)
    inside = (slice(int(size * 0.25), int(size * 0.4)), int(size * 0.3))
    assert (shape[inside] == 1).all()
    assert shape[int(size * 0.8), int(size * 0.8)] == start[int(size * 0.8), int(size * 0.8)]
    undone(editor, start)
    click(*corners, corners[0])
    until(lambda: np.array_equal(editor.pixels("index"), shape), 10, "a click on the first corner did not close it")
    undone(editor, start)
    click(*corners[:2])
    side = canvas.bounding_box()["width"]
    canvas.dblclick(position={"x": corners[2][0] * side, "y": corners[2][1] * side})
    until(lambda: np.array_equal(editor.pixels("index"), shape), 10, "a double-click did not close it")
    undone(editor, start)
    click(*corners)
    canvas.press("Escape")
    canvas.press("Enter")
    assert np.array_equal(kernel_map(editor), start)

    # Shift and a fill paint all areas of a part.
    canvas.press("g")
    canvas.press("3")
    under = int(start[1, 1])
    editor.page.keyboard.down("Shift")
    editor.stroke([(1, 1)], size)
    editor.page.keyboard.up("Shift")
    until(lambda: (editor.pixels("index") != start).any(), 10, "the fill painted nothing")
    whole = kernel_map(editor)
    assert not (whole == under).any()
    assert np.array_equal(whole != start, start == under)
    undone(editor, start)

    # Hidden parts, a part alone, and borders change only the view.
    canvas.press("h")
    until(lambda: json.loads(lab.kernel("print(editor.view.hidden)")) == [2], 5, "H did not hide the part")
    canvas.press("Shift+H")
    until(lambda: len(json.loads(lab.kernel("print(editor.view.hidden)"))) == len(names) - 1, 5, "not alone")
    assert json.loads(lab.kernel("print(2 in editor.view.hidden)").lower()) is False
    photograph(editor, "2-alone")
    canvas.press("Shift+H")
    row = editor.root.locator(".eg-row").nth(1)
    row.hover()
    row.locator(".eg-eye").click()
    until(lambda: json.loads(lab.kernel("print(editor.view.hidden)")) == [1], 5, "the eye did not hide its part")
    canvas.press("o")
    photograph(editor, "3-borders")
    canvas.press("o")
    photograph(editor, "4-both")
    canvas.press("o")
    lab.kernel("editor.hide()")
    assert np.array_equal(editor.pixels("index"), start)
    assert np.array_equal(kernel_map(editor), start)

    # Hovering over a part tool shows its result and changes nothing.
    lab.kernel(
        "seen, sent = [], editor.view.send\n"
        "def send(content, buffers=None):\n"
        "    seen.append(content['kind'])\n"
        "    sent(content, buffers=buffers)\n"
        "editor.view.send = send"
    )
    canvas.press("2")
    tool = editor.root.get_by_role("button", name="Selected part: grow")
    tool.hover()
    until(lambda: "outline" in lab.kernel("print(seen)"), 10, "no outline came")
    photograph(editor, "5-preview")
    editor.root.get_by_role("button", name="Selected part: remove").hover()
    until(lambda: lab.kernel("print(seen)").count("outline") > 1, 10, "no outline of what goes came")
    photograph(editor, "5-removed")
    assert np.array_equal(kernel_map(editor), start)
    other = editor.root.get_by_role("button", name="Selected part: from the other side")
    assert other.get_attribute("aria-disabled") == "true"
    if shipped:
        editor.choose("left brow")
        until(lambda: other.get_attribute("aria-disabled") == "false", 5, "a paired part has another side")
        other.click()
        until(lambda: (editor.pixels("index") != start).any(), 10, "nothing was copied")
        copied = kernel_map(editor)
        left, right = part_id(editor, "left brow"), part_id(editor, "right brow")
        assert abs(int((copied == left).sum()) - int((copied == right).sum())) < 10
        undone(editor, start)

    # Zoom: Home shows the whole picture, Shift+1 its own size, where a stroke still lands under the pointer.
    zoom = editor.root.locator(".eg-zoom").first
    whole = zoom.inner_text()
    assert whole == f"{round(100 * canvas.bounding_box()['width'] / size)}%"
    further = editor.root.get_by_role("button", name="Zoom out")
    assert further.get_attribute("aria-disabled") == "false"
    canvas.press("+")
    until(lambda: zoom.inner_text() != whole, 5, "+ did not zoom")
    canvas.press("Home")
    until(lambda: zoom.inner_text() == whole, 5, "Home did not show the whole picture")
    canvas.press("Shift+Digit1")
    until(lambda: zoom.inner_text() == "100%", 5, "not at its own size")
    canvas.press("Shift+2")  # a keyboard whose digits need Shift
    until(lambda: editor.root.locator(".eg-swatch").nth(1).get_attribute("aria-checked") == "true", 5, "no part 2")
    assert zoom.inner_text() == "100%"
    assert further.get_attribute("aria-disabled") == "true"
    photograph(editor, "6-own-size")
    canvas.press("Home")

    photograph(editor, "7-light")
    lab.theme("JupyterLab Dark")
    photograph(editor, "8-dark")
    editor.page.set_viewport_size({"width": 872, "height": 1400})
    photograph(editor, "9-narrow-dark")
    lab.theme("JupyterLab Light")
    photograph(editor, "9-narrow-light")
    canvas.press("?")
    photograph(editor, "9-shortcuts")


def test_a_parts_shape_is_taken_from_a_portrait_of_the_sheet(lab, shipped, photograph):
    editor = ready(lab)
    start = editor.pixels("index")
    part = "hair" if shipped else "spark"
    editor.choose(part)
    button = editor.root.get_by_role("button", name="Selected part: from another portrait")
    button.click()
    sheet = editor.root.get_by_role("dialog", name=f"Take {part} from another portrait")
    sheet.wait_for(timeout=10_000)
    until(lambda: sheet.locator("img[src]").count() == 18, 60, "not all portraits came")
    photograph(editor, "1-sheet")
    lab.theme("JupyterLab Dark")
    photograph(editor, "2-sheet-dark")
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        editor.page.keyboard.press(key)
    sheet.wait_for(state="hidden", timeout=10_000)
    until(lambda: (editor.pixels("index") != start).any(), 20, "the mask took nothing")
    photograph(editor, "3-taken-dark")
    lab.theme("JupyterLab Light")
    photograph(editor, "4-taken")
    taken = lab.kernel(
        "import json; from editgan_widgets.masks.part_operations import copy_from\n"
        "from editgan_widgets.documents.samples import sample_label_map\n"
        f"print(json.dumps(copy_from(sample_label_map(model, (1, 1.0)), {part!r})"
        "(editor.session.picture_at(editor.session.history.path()[-2].id)[1], model.labels).tolist()))"
    )
    assert np.array_equal(kernel_map(editor), np.array(json.loads(taken), np.uint8))
    assert np.array_equal(editor.pixels("index"), kernel_map(editor))
    assert editor.root.locator(".eg-portraits[open]").count() == 0
    undone(editor, start)

    # The sheet's toolbar button still opens a new portrait.
    editor.press("New portrait")
    editor.root.get_by_role("dialog", name="New portrait").wait_for(timeout=10_000)
    editor.page.keyboard.press("Escape")


@pytest.mark.shipped
def test_the_palette_button_shows_safe_colours_at_once_in_both_views_and_after_a_reload(lab, shipped, photograph):
    editor = ready(lab)
    name = "Show the parts in colour-blind safe colours"
    button = editor.root.get_by_label(name)
    if not shipped:
        assert button.is_hidden()  # the tiny model's parts have no safe colours
        return
    row = next(row for row in editor.root.locator(".eg-swatch").all() if row.inner_text() == "temple")
    palettes = json.loads(lab.kernel("import json; print(json.dumps(editor.view.palettes))"))
    temple = part_id(editor, "temple")

    def colours() -> tuple[list[int], list[int]]:
        """Colours of the part's chip in the palette, and of the part in the mask."""
        chip = row.locator(".eg-chip").evaluate(
            "node => getComputedStyle(node).backgroundColor.match(/\\d+/g).map(Number)"
        )
        mask = editor.evaluate(
            f"root => {{ const i = root.editgan.index.indexOf({temple});"
            " return Array.from(root.editgan.layer(1).slice(4 * i, 4 * i + 3)); }"
        )
        return chip, mask

    def shown_as(palette: str) -> bool:
        place = [int(palettes[palette][temple][i : i + 2], 16) for i in (1, 3, 5)]
        chip, mask = colours()
        return chip == place and np.abs(np.array(mask) - place).max() <= 2  # the layer is drawn half transparent

    assert shown_as("own")
    button.click()
    until(lambda: shown_as("safe"), 5, "the colours stayed")
    assert button.get_attribute("aria-pressed") == "true"
    until(lambda: lab.kernel("print(editor.view.palette)").strip() == "safe", 10, "the kernel was not told")
    photograph(editor, "1-safe")
    lab.theme("JupyterLab Dark")
    photograph(editor, "2-safe-dark")
    lab.theme("JupyterLab Light")
    lab.save()
    lab.page.reload()
    lab.page.wait_for_selector(".eg-root", timeout=60_000)
    editor = EditorPage(lab)
    row = next(row for row in editor.root.locator(".eg-swatch").all() if row.inner_text() == "temple")
    until(lambda: editor.evaluate("root => root.editgan.layer(1) !== null"), 20, "no layers")
    until(lambda: shown_as("safe"), 20, "the reloaded page shows other colours")
    lab.kernel("editor.show_palette('own')")
    until(lambda: shown_as("own"), 10, "Python did not change the colours")
    photograph(editor, "3-own")


def test_escape_discards_the_stroke_under_the_pointer(lab):
    editor = ready(lab)
    before = editor.pixels("index")
    editor.choose(editor.root.locator(".eg-swatch .eg-name").all_inner_texts()[-1])
    box = editor.canvas("parts").bounding_box()
    editor.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    editor.page.mouse.down()
    editor.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=4)
    assert not np.array_equal(editor.pixels("index"), before)
    editor.page.keyboard.press("Escape")
    assert np.array_equal(editor.pixels("index"), before)
    editor.page.mouse.up()
    editor.idle()
    assert np.array_equal(kernel_map(editor), before)
