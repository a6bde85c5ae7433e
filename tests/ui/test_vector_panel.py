"""The panel of edit vectors in a real JupyterLab: pictures, switch, number, rows, search, refining, animations."""

import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from .lab import EditorPage, until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]

PUSHES = """import torch; from editgan_widgets import EditVector
rng = torch.Generator().manual_seed(0)
shape = editor.session.w_plus[0].shape
push = 0.3 * torch.randn(shape, generator=rng)
for name, delta in [('push', push), ('pull', -push)] + [(f'way {i}', 0.3 * torch.randn(shape, generator=rng))
                                                       for i in range(COUNT)]:
    editor.add_vector(EditVector(name, delta, (), {'fingerprint': model.fingerprint}))
editor.apply_vectors({name: 0 for name in editor.vector_scales}); editor.wait()"""


def settings(lab, name) -> dict:
    code = f"print(json.dumps(next(row for row in editor.view.vectors if row['name'] == {name!r})))"
    return json.loads(lab.kernel(f"import json; {code}"))


def test_rows_of_the_panel(lab, shipped, photograph):
    lab.page.set_viewport_size({"width": 1440, "height": 1800})
    lab.run_all()
    editor = EditorPage(lab)
    root = editor.root
    lab.kernel(PUSHES.replace("COUNT", "0" if shipped else "12"))
    root.get_by_label("Scale of push").wait_for()

    # Each row has its picture, sent once by name; there are enough rows for a search field.
    pictures = root.locator(".eg-vector-picture")
    count = root.locator(".eg-vector").count()
    drawn = "all => all.filter(picture => picture.naturalWidth > 0).length"
    until(lambda: pictures.evaluate_all(drawn) == count, 30, "no pictures")
    find = root.get_by_label("Find a vector by name")
    find.fill("pull")
    assert root.locator(".eg-vector:visible .eg-name").all_inner_texts() == ["pull"]
    find.fill("nobody")
    root.get_by_text("No vector of that name.").wait_for(state="visible")
    find.fill("")
    assert root.locator(".eg-vector:visible").count() == count

    # Typing a number: values out of range are clipped, other text changes nothing.
    before = editor.pixels()
    number = root.get_by_label("Value of push")
    number.fill("1,5")
    number.press("Enter")
    until(lambda: settings(lab, "push")["scale"] == 1.5, 20, "the number was not taken")
    until(lambda: not np.array_equal(editor.pixels(), before), 10, "the picture did not follow")
    assert root.get_by_label("Scale of push").input_value() == "1.5"
    for typed in ("much", ""):
        number.fill(typed)
        number.press("Enter")
        assert number.input_value() == "+1.50"
    number.fill("9")
    number.press("Escape")
    assert number.input_value() == "+1.50"

    # Two opposed vectors are named until one is off; its scale stays.
    root.get_by_label("Scale of pull").fill("1")
    note = root.locator(".eg-clash")
    note.wait_for(state="visible", timeout=10_000)
    assert note.inner_text().strip() == "push and pull pull against each other."
    photograph(editor, "1-clash")
    root.get_by_label("Use pull").click()
    note.wait_for(state="hidden", timeout=10_000)
    assert settings(lab, "pull") == {"name": "pull", "scale": 1.0, "on": False, "layers": None, "own": True}
    assert root.get_by_label("Value of pull").input_value() == "+1.00"

    # The menu of a row: rows of the latent by name or number, remove.
    root.get_by_label("More for push").click()
    select = root.get_by_label("Rows of the latent that push moves")
    select.select_option("coarse")
    until(lambda: settings(lab, "push")["layers"] == [0, 4], 20, "the rows were not taken")
    select.select_option("own")
    last = root.get_by_label("Last row of push")
    last.fill("5")
    last.press("Tab")
    until(lambda: settings(lab, "push")["layers"] == [0, 6], 20, "the last row was not taken")
    last.fill("77")
    last.press("Tab")
    assert last.input_value() == "5"
    photograph(editor, "2-menu")
    lab.theme("JupyterLab Dark")
    photograph(editor, "3-dark")
    if os.environ.get("EDITGAN_SCREENSHOTS"):
        lab.page.set_viewport_size({"width": 700, "height": 2200})
        photograph(editor, "4-narrow-dark")
        lab.theme("JupyterLab Light")
        photograph(editor, "5-narrow-light")
        lab.page.set_viewport_size({"width": 1440, "height": 1800})

    root.get_by_label("More for pull").click()
    root.locator(".eg-vector", has=root.page.get_by_label("Use pull")).get_by_role("button", name="Remove").click()
    until(lambda: root.locator(".eg-vector").count() == count - 1, 10, "the vector was not removed")
    editor.press("Undo")
    value = root.get_by_label("Value of pull")
    until(lambda: value.count() == 1 and value.input_value() == "+1.00", 10, "undo did not bring the slider back")
    assert not root.get_by_label("Use pull").is_checked()
    editor.press("Redo")
    until(lambda: root.locator(".eg-vector").count() == count - 1, 10, "redo did not take the slider away")
    if not shipped:
        assert root.get_by_label("Find a vector by name").is_visible() == (count - 1 > 12)

    # Refining shows frames, and one undo reverts it.
    select.select_option("all")
    until(lambda: settings(lab, "push")["layers"] is None, 20, "not all rows")
    applied = editor.pixels()
    seen = editor.frames
    root.get_by_label("Steps of refining").select_option("10")
    editor.press("Refine")
    until(lambda: editor.frames > seen, 30, "no frames")
    editor.idle()
    assert editor.status.startswith("Done in 10 steps")
    photograph(editor, "6-refined")

    # The refinement and a vector's sweep are downloaded as animations.
    with editor.page.expect_download() as download:
        editor.press("Save the last edit")
    assert download.value.suggested_filename == "edit.gif"
    with Image.open(io.BytesIO(download.value.path().read_bytes())) as image:
        assert image.n_frames >= 10
        first = np.asarray(image.convert("RGB").resize(applied.shape[1::-1]))
    assert np.abs(first.astype(float) - applied).mean() < 14
    row = root.locator(".eg-vector", has=root.page.get_by_label("Use push"))
    with editor.page.expect_download() as download:
        row.get_by_role("button", name="Save a sweep").click()
    assert download.value.suggested_filename == "push.gif"
    with Image.open(io.BytesIO(download.value.path().read_bytes())) as image:
        assert image.n_frames == 32
    editor.press("Undo")
    until(lambda: np.array_equal(editor.pixels(), applied), 20, "one undo did not take the refinement back")
