"""The editor in Chinese: its texts are translated and fit their elements."""

import pytest

from .lab import EditorPage, until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]

CELL = """
from editgan_widgets import load_model
from editgan_widgets.widgets import Editor, SampleGrid
model = load_model({model!r})
grid = SampleGrid(model, seeds=[3, 4], language="zh")
grid
"""
# Texts that are wider than their element, and elements that extend beyond the editor.
OVERFLOWING = """root => {
    const found = [];
    const editor = root.getBoundingClientRect();
    for (const node of root.querySelectorAll("button, summary, label > span, .eg-name, .eg-part, .eg-status, th, td")) {
        if (!node.offsetParent || node.closest("dialog:not([open])")) continue;
        const own = node.getBoundingClientRect();
        const box = node.closest("dialog") ? { left: 0, right: innerWidth } : editor; // a dialog has the whole page
        if (node.scrollWidth > node.clientWidth + 1 && node.clientWidth) found.push(node.textContent);
        if (own.right > box.right || own.left < box.left) found.push(`outside: ${node.textContent}`);
    }
    return found; }"""


@pytest.mark.shipped
@pytest.mark.parametrize("width", [1440, 760])
def test_the_editor_in_chinese_has_room_for_its_texts(open_notebook, shipped, photograph, width):
    model = "portraits" if shipped else "tiny.safetensors"
    lab = open_notebook(
        CELL.format(model=model),
        "editor = Editor(grid.selected, language='zh')\neditor",
        viewport={"width": width, "height": 1100},
    )
    editor = EditorPage(lab)
    assert editor.root.get_attribute("lang") == "zh"
    assert lab.page.locator(".eg-samples").get_attribute("aria-label") == "要编辑的人像"
    assert editor.root.get_by_label("绘制所选部位 (B)").count() == 1
    until(lambda: editor.status.startswith("选择部位"), 5, "the status is not in Chinese")
    photograph(editor, "light")
    assert editor.evaluate(OVERFLOWING) == []
    editor.canvas("parts").press("?")
    photograph(editor, "shortcuts")
    assert editor.evaluate(OVERFLOWING) == []
    editor.page.keyboard.press("Escape")

    # A part is found by its name in either language.
    editor.root.get_by_label("按名称查找部位").fill("hair" if shipped else "spark")
    until(
        lambda: (
            editor.root.locator(".eg-swatch:visible").count() < len(lab.kernel("print('x' * len(model.labels))")) - 1
        ),
        5,
        "not found",
    )
    if shipped:
        editor.root.get_by_label("按名称查找部位").fill("头发")
        until(lambda: editor.root.locator(".eg-swatch:visible").count() == 1, 5, "not found by its Chinese name")
    lab.theme("JupyterLab Dark")
    editor.root.get_by_label("按名称查找部位").fill("")
    photograph(editor, "dark")
