"""A photo in JupyterLab: it is shown itself, its faces are boxes to choose from, and its square can be moved."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

from .lab import EditorPage, until

pytestmark = [pytest.mark.browser, pytest.mark.shipped]


@pytest.fixture
def two_faces(tmp_path):
    """A picture with the astronaut and, smaller, her mirror image."""
    one = data.astronaut()[:360]
    canvas = np.full((360, 880, 3), 90, np.uint8)
    canvas[:, :512] = one
    canvas[60:310, 516:876] = np.asarray(Image.fromarray(one[:, ::-1].copy()).resize((360, 250)))
    path = tmp_path / "two.png"
    Image.fromarray(canvas).save(path)
    return path


def numbers(lab, what):
    return [float(x) for x in lab.kernel(f"print(*{what})").split()]


def test_faces_are_chosen_and_the_square_is_moved_by_keys_and_pointer(lab, photograph, two_faces):
    lab.run_all()
    editor = EditorPage(lab)
    editor.root.locator("input[type=file]").first.set_input_files(two_faces)
    until(lambda: "2 faces were found" in editor.status, 120, "the photo was not opened")
    editor.idle()
    found = editor.root.locator(".eg-found")
    found.first.wait_for(timeout=30_000)
    assert found.count() == 1  # the other one is edited
    assert found.get_attribute("aria-label") == "Edit face 2 of 2"
    until(lambda: editor.root.locator(".eg-badge").is_visible(), 60, "no badge")
    assert "Landmarks" in editor.root.locator(".eg-badge").get_attribute("aria-label")
    photograph(editor, "1-faces")

    first = numbers(lab, "editor.photo.crop.numbers")
    found.focus()
    editor.page.keyboard.press("Enter")
    until(lambda: numbers(lab, "editor.photo.crop.numbers") != first, 60, "the other face was not opened")
    editor.idle()
    second = numbers(lab, "editor.photo.crop.numbers")
    assert second[0] > 516

    own = editor.root.locator(".eg-own-square")
    until(lambda: "Edit face 1 of 2" in (found.first.get_attribute("aria-label") or ""), 30, "no box of the first face")
    own.focus()
    for key in ("ArrowRight", "+", "]"):
        editor.page.keyboard.press(key)
    assert editor.root.get_by_role("button", name="Edit this square").is_visible()
    photograph(editor, "2-moved")
    editor.page.keyboard.press("Escape")
    assert not editor.root.get_by_role("button", name="Edit this square").is_visible()

    knob = own.locator("[data-handle=turn]").bounding_box()
    middle = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    editor.page.mouse.move(*middle)
    editor.page.mouse.down()
    editor.page.mouse.move(middle[0] + 40, middle[1] + 10, steps=4)
    editor.page.mouse.up()
    editor.root.get_by_role("button", name="Edit this square").click()
    until(lambda: numbers(lab, "editor.photo.crop.numbers") != second, 60, "the turned square was not opened")
    editor.idle()
    assert abs(numbers(lab, "[editor.photo.crop.roll]")[0] - (second[3] if len(second) > 3 else 0)) > 8


def test_a_slider_moves_the_photo_and_undo_brings_it_back(lab, photograph):
    lab.run_all()
    editor = EditorPage(lab)
    lab.kernel("from skimage import data\neditor.open(data.astronaut())\neditor.wait()")
    editor.idle()
    until(lambda: int(lab.kernel("print(editor.image.shape[0])")) > 128, 30, "the photo is not shown itself")
    sharp = "root => root.querySelector('.eg-canvas').width"
    assert editor.evaluate(sharp) > 128
    slider = editor.root.get_by_label("Scale of smile")
    slider.scroll_into_view_if_needed()
    slider.fill("0.8")
    until(lambda: "smile" in editor.status, 60, "the vector was not applied")
    editor.idle()
    before, after = "editor.photo.photo.cut(editor.photo.crop, editor.image.shape[0])", "editor.image"
    changed = f"print(int(({before} != {after}).any(2).sum()))"
    assert int(lab.kernel(changed)) > 200
    photograph(editor, "3-smile")
    editor.press("Undo")
    until(lambda: int(lab.kernel(changed)) == 0, 30, "undo did not bring the photo back")
