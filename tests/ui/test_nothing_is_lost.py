"""Reloads and lost connections during and between strokes: each stroke reaches the kernel exactly once."""

import json

import numpy as np
import pytest

from .lab import VIEWPORT, EditorPage, Lab, until, write_notebook
from .proxy import proxy

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]

BUSY = """import threading
held, release = threading.Event(), threading.Event()
def hold():
    with editor.session.lock:
        held.set()
        release.wait(60)
threading.Thread(target=hold).start()
held.wait()"""
STATUS = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.connectionStatus"


@pytest.fixture
def line(address):
    """A proxy that can cut the connection to the server."""
    with proxy(address) as line:
        yield line


@pytest.fixture
def far_lab(browser, line, site, portrait_cell):
    """A page behind the proxy. Messages that it logs while disconnected are ignored; thrown errors are not."""
    write_notebook(site[1] / "far.ipynb", portrait_cell)
    page = browser.new_page(viewport=VIEWPORT)
    lab = Lab(page, line.address)
    lab.open("far.ipynb")
    page.add_locator_handler(page.locator(".jp-Dialog"), lambda _dialog: close_dialogs(page), no_wait_after=True)
    yield lab
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.close()
    ours = [
        error for error in lab.errors if not any(word in error.lower() for word in ("fetch", "connection", "canceled"))
    ]
    assert not ours


def close_dialogs(page) -> None:
    """Close JupyterLab's dialogs about the lost server, as a user does who continues to paint."""
    page.evaluate("() => document.querySelectorAll('.jp-Dialog button').forEach(button => button.click())")


def begin(lab) -> tuple[EditorPage, int, str]:
    """Run the notebook, switch auto off and choose a part; returns the editor, the picture's size and a second part."""
    lab.run_all()
    editor = EditorPage(lab)
    editor.idle()
    editor.root.get_by_label("edit when the pointer is released").uncheck()
    size = len(editor.pixels("index"))
    editor.set("Brush size in pixels", max(3, size // 16))
    parts = editor.root.locator(".eg-swatch .eg-name").all_inner_texts()
    editor.choose(parts[-1])
    until(lambda: lab.kernel("print(editor.view.auto, editor.view.label)").startswith("False"), 20, "auto stayed on")
    return editor, size, parts[1]


def kernel_map(lab) -> np.ndarray:
    return np.array(json.loads(lab.kernel("import json; print(json.dumps(editor.label_map.tolist()))")), np.uint8)


def entries(lab) -> int:
    return int(lab.kernel("print(len(editor.session.history.path()))"))


def screen(editor, size, x, y) -> tuple[float, float]:
    close_dialogs(editor.page)
    canvas = editor.canvas("parts")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return box["x"] + x * box["width"] / size, box["y"] + y * box["width"] / size


def draw(editor, size, points, up=True) -> None:
    places = [screen(editor, size, x, y) for x, y in points]
    editor.page.mouse.move(*places[0])
    editor.page.mouse.down()
    for place in places[1:]:
        editor.page.mouse.move(*place, steps=5)
    if up:
        editor.page.mouse.up()


def save(lab, editor) -> None:
    lab.save()
    until(lambda: lab.page.locator(".jp-mod-current.jp-mod-dirty").count() == 0, 20, "not saved")


def reload(lab) -> EditorPage:
    lab.page.reload()
    lab.page.wait_for_selector(".eg-root", timeout=60_000)
    return EditorPage(lab)


def agreed(lab, editor, shown, count) -> None:
    """Kernel and browser agree with the mask shown before, and each stroke counts once."""
    until(lambda: editor.evaluate("root => root.editgan.waiting()") == 0, 60, "something still waits")
    lab.kernel("editor.wait()")
    until(lambda: np.array_equal(editor.pixels("index"), shown), 10, "the browser shows another mask")
    assert np.array_equal(kernel_map(lab), shown)
    assert entries(lab) == count
    assert lab.kernel("print(repr(editor.error))").strip() == "''"


def test_a_reload_right_after_a_stroke_loses_nothing_while_the_kernel_is_busy(lab):
    editor, size, other = begin(lab)
    save(lab, editor)
    count = entries(lab)
    lab.kernel(BUSY)
    draw(editor, size, [(size * 0.2, size * 0.2), (size * 0.6, size * 0.3)])
    editor.choose(other)
    draw(editor, size, [(size * 0.3, size * 0.6), (size * 0.6, size * 0.7)])
    shown = editor.pixels("index")
    editor = reload(lab)
    assert np.array_equal(editor.pixels("index"), shown)  # although the kernel has not painted it yet
    lab.kernel("release.set()")
    agreed(lab, editor, shown, count + 2)


def test_a_reload_during_a_stroke_keeps_the_drawn_piece(lab):
    editor, size, _ = begin(lab)
    save(lab, editor)
    count = entries(lab)
    draw(editor, size, [(size * 0.2, size * 0.2), (size * 0.6, size * 0.3)], up=False)
    shown = editor.pixels("index")
    assert not np.array_equal(kernel_map(lab), shown)
    editor = reload(lab)
    lab.page.mouse.up()
    agreed(lab, editor, shown, count + 1)


def test_connections_lost_during_and_between_strokes_lose_nothing(far_lab, line, photograph):
    lab = far_lab
    editor, size, other = begin(lab)
    count = entries(lab)
    # During a stroke.
    draw(editor, size, [(size * 0.2, size * 0.2), (size * 0.5, size * 0.3)], up=False)
    line.cut()
    lab.page.mouse.move(*screen(editor, size, size * 0.7, size * 0.3), steps=5)
    lab.page.mouse.up()
    until(lambda: editor.status.startswith("The connection is lost"), 10, "nothing says that the stroke waits")
    photograph(editor, "cut")
    # Between strokes: another part, another stroke, a part tool and its undo, all while disconnected.
    editor.choose(other)
    draw(editor, size, [(size * 0.3, size * 0.6), (size * 0.6, size * 0.7)])
    shown = editor.pixels("index")
    refused = line.refused
    until(lambda: line.refused > refused, 30, "the page does not try to connect again")
    line.mend()
    agreed(lab, editor, shown, count + 2)
    assert not editor.status.startswith("The connection is lost")
    # Traits are synchronised again in both directions, also those whose answer was lost.
    editor.set("Brush size in pixels", 5)
    until(lambda: lab.kernel("print(editor.view.size)").strip() == "5", 20, "the brush's size did not arrive")
    editor.press("Undo")
    until(lambda: entries(lab) == count + 1, 20, "undo did not arrive")
    assert np.array_equal(editor.pixels("index"), kernel_map(lab))


OLDER = """view = editor.view
view.publish(status="newest")
state = {{"status": "older", "revision": view.revision {change}}}
view._send({{"method": "update", "state": state, "buffer_paths": []}})"""


@pytest.mark.parametrize("change", ["- 3", "+ 3"], ids=["set back to an older state", "that missed a change"])
def test_a_page_with_an_older_state_requests_the_state_again(lab, change):
    editor, _, _ = begin(lab)
    lab.kernel(OLDER.format(change=change))
    until(lambda: editor.status == "newest", 10, "the page shows what is no longer so")


def test_messages_lost_by_a_dying_connection_are_sent_again_once_and_in_order(far_lab, line):
    lab = far_lab
    editor, size, other = begin(lab)
    count = entries(lab)
    parts = [editor.root.locator(".eg-swatch .eg-name").all_inner_texts()[-1], other]
    for turn in range(4):
        editor.choose(parts[turn % 2])
        y = size * (0.2 + 0.15 * turn)
        if turn % 2:
            line.swallow()  # from now on messages of the page and answers of the kernel are lost
        draw(editor, size, [(size * 0.2, y), (size * 0.7, y + size * 0.05)])
        line.cut()
        until(lambda: lab.page.evaluate(STATUS) != "connected", 30, "the page does not see that the line is cut")
        line.mend()
        until(lambda: editor.evaluate("root => root.editgan.waiting()") == 0, 60, "something still waits")
    lab.kernel("editor.wait()")
    until(lambda: np.array_equal(editor.pixels("index"), kernel_map(lab)), 10, "the browser shows another mask")
    agreed(lab, editor, editor.pixels("index"), count + 4)
    editor.set("Brush size in pixels", 5)
    until(lambda: lab.kernel("print(editor.view.size)").strip() == "5", 20, "the brush's size did not arrive")
