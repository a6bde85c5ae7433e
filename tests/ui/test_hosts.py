"""The same notebook in hosts other than JupyterLab: Notebook 7, nbclassic and Voila."""

from importlib.util import find_spec

import numpy as np
import pytest

from .lab import Classic, EditorPage, Notebook, Voila, until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]

SPARK = 3
CELL = """
from editgan_widgets import EditSession, load_model
from editgan_widgets.widgets import Editor
editor = Editor(EditSession.from_seed(load_model("tiny.safetensors"), seed=3), part="spark", steps=10)
editor
"""


def needs(package):
    return pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed: pip install {package}")


def paint(editor: EditorPage) -> None:
    """Paint with the mouse: the mask changes, frames arrive, and the picture changes."""
    size = len(editor.pixels("index"))
    before, seen = editor.pixels(), editor.frames
    index = editor.pixels("index")
    row = int(np.argmin((index == SPARK)[4:-4].sum(axis=1))) + 4  # where there is the least of it
    editor.stroke([(size * 0.3, row + 0.5), (size * 0.7, row + 0.5)], size)
    until(lambda: editor.frames > seen, 30, "no frames arrived")
    editor.idle()
    painted = editor.pixels("index")
    assert (painted[row, round(size * 0.3) : round(size * 0.7)] == SPARK).all()
    assert not np.array_equal(painted, index)
    assert not np.array_equal(editor.pixels(), before)
    assert editor.status.startswith("Done")


@pytest.mark.parametrize(
    "host", [pytest.param(Notebook, marks=needs("notebook")), pytest.param(Classic, marks=needs("nbclassic"))]
)
def test_painting_works_and_survives_a_reload(open_notebook, photograph, host):
    page = open_notebook(CELL, host=host)
    editor = EditorPage(page)
    paint(editor)
    photograph(editor, "painted")
    picture, index = editor.pixels(), editor.pixels("index")
    page.save()
    until(lambda: "image/png" in page.path.read_text(encoding="utf-8"), 10, "no picture in the saved notebook")
    page.page.reload()
    page.ready()
    editor = EditorPage(page)
    until(lambda: np.array_equal(editor.pixels(), picture), 20, "the reload did not bring the picture back")
    assert np.array_equal(editor.pixels("index"), index)
    held = page.kernel("print(int((editor.label_map == 3).sum()))")
    assert int(held) == (index == SPARK).sum()
    paint(editor)


@needs("voila")
def test_painting_works_in_voila_and_a_reload_starts_over(open_notebook, photograph):
    page = open_notebook(CELL, host=Voila)
    editor = EditorPage(page)
    first = editor.pixels()
    paint(editor)
    photograph(editor, "painted")
    page.page.reload()
    page.ready()
    editor = EditorPage(page)
    assert np.array_equal(editor.pixels(), first)
    paint(editor)
