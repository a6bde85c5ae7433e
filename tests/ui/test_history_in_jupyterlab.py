"""In a real browser: staged edits, the history as a tree of pictures, and restoring after a kernel restart."""

import json

import numpy as np
import pytest

from .lab import EditorPage, until
from .test_editor_in_jupyterlab import kernel_state, mouth

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]


def painted_and_edited(editor, shipped, steps=10):
    points, part, size = mouth(editor, shipped)
    editor.choose(part)
    editor.root.get_by_label("Optimisation steps").select_option(str(steps))
    editor.stroke(points, size)
    until(lambda: editor.frames > 0, 60, "no frame came")
    editor.idle()
    return points, size


def entries(editor):
    return editor.root.locator(".eg-tree-cell")


def test_a_finished_edit_is_staged_and_a_discarded_one_stays_as_a_branch(lab, shipped, photograph):
    lab.run_all()
    editor = EditorPage(lab)
    first = editor.pixels()
    editor.root.locator("summary", has_text="History").click()
    editor.root.locator(".eg-tree-cell").first.wait_for(timeout=10_000)
    base = entries(editor).count()
    points, size = painted_and_edited(editor, shipped)
    staging = editor.root.locator(".eg-staging:not(.eg-away)")
    staging.wait_for(state="visible", timeout=20_000)
    full = editor.pixels()
    photograph(editor, "1-staged")

    # Half of the edit is between before and after.
    editor.set("Strength of this edit", 0.5)
    until(lambda: lab.kernel("print(editor.session.strength)").strip() == "0.5", 20, "the strength was not taken")
    until(lambda: not np.array_equal(editor.pixels(), full), 10, "the picture did not follow")
    # The preview is a JPEG; the picture of the committed strength follows it.
    kept = np.array(json.loads(lab.kernel("import json; print(json.dumps(editor.session.image.tolist()))")), np.uint8)
    until(
        lambda: np.array_equal(editor.pixels()[..., :3], kept), 20, "the committed picture did not follow the preview"
    )
    half, (before, after) = editor.pixels().astype(float), (first.astype(float), full.astype(float))
    assert np.abs(half - before).mean() < np.abs(after - before).mean()
    assert np.abs(half - after).mean() < np.abs(after - before).mean()

    editor.press("Discard")
    until(lambda: np.array_equal(editor.pixels(), first), 20, "discarding did not bring the picture back")
    assert not editor.root.locator(".eg-staging:not(.eg-away)").is_visible()
    editor.stroke([(x, y - size * 0.05) for x, y in points], size)
    editor.idle()
    editor.press("Accept")
    until(lambda: lab.kernel("print(editor.pending)").strip() == "False", 10, "the edit was not accepted")

    # The tree has both as branches, each with its picture.
    until(lambda: entries(editor).count() == base + 2, 10, "the history shows other entries")
    drawn = "root => [...root.querySelectorAll('.eg-tree-cell img')].every(x => x.naturalWidth)"
    until(lambda: editor.evaluate(drawn), 10, "the history has no pictures")
    now = editor.pixels()
    photograph(editor, "2-history")
    entries(editor).nth(base).click()
    until(lambda: np.abs(editor.pixels().astype(float) - half).max() == 0, 20, "not the discarded edit's picture")

    # Any two can be compared.
    editor.press("Compare with this one")
    entries(editor).nth(base + 1).click()
    until(lambda: np.array_equal(editor.pixels(), now), 20, "not the accepted edit's picture")
    editor.canvas("picture").focus()
    editor.page.keyboard.down("c")
    until(lambda: editor.root.locator(".eg-tag").inner_text() != "", 5, "nothing is compared")
    photograph(editor, "3-comparing")
    editor.page.keyboard.up("c")
    name = editor.root.get_by_label("Name of the present state")
    name.fill("second try")
    name.press("Enter")
    until(lambda: "second try" in entries(editor).nth(base + 1).inner_text(), 10, "the entry was not renamed")


@pytest.mark.shipped
def test_restore_brings_everything_back_after_a_kernel_restart(lab, shipped, photograph):
    lab.run_all()
    editor = EditorPage(lab)
    lab.kernel(
        "import torch; from editgan_widgets import EditVector\n"
        "delta = 0.4 * torch.ones_like(editor.session.w_plus[0])\n"
        "editor.add_vector(EditVector('push', delta, (), {'fingerprint': model.fingerprint}))\n"
        "editor.apply_vectors({'push': 0.5}); editor.wait()"
    )
    painted_and_edited(editor, shipped)
    before, shown = kernel_state(editor), editor.pixels()
    lab.restart()
    code = "from editgan_widgets.widgets import Editor\n"
    if not shipped:
        code += "from editgan_widgets import load_model; model = load_model('tiny.safetensors')\n"
    lab.run_in_new_cell(code + f"editor = Editor.restore({'' if shipped else 'model=model'})\neditor")
    editor = EditorPage(lab, -1)
    assert kernel_state(editor) == before
    assert np.array_equal(editor.pixels(), shown)
    assert lab.kernel("print(editor.vector_scales)").strip() == "{'push': 0.5}"
    editor.press("Undo")
    until(lambda: kernel_state(editor) != before, 20, "undo did nothing")
    photograph(editor, "1-restored")
