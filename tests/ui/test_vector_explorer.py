"""The explorer of edit vectors in a real JupyterLab: table, slider, strip, plots, a pair, download, editor."""

import json
import os

import numpy as np
import pytest

from .lab import until

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]

TINY = """
import torch
from editgan_widgets import EditVector, load_model
from editgan_widgets.analysis import by_picture
from editgan_widgets.widgets import VectorExplorer
model = load_model("tiny.safetensors")
rng = torch.Generator().manual_seed(0)
vectors = [EditVector(name, 0.4 * torch.randn(8, 16, generator=rng), ("spark",), {"fingerprint": model.fingerprint})
           for name in ("push", "pull", "turn")]
read = by_picture(brightness=lambda x: x.mean(), contrast=lambda x: x.std(), red=lambda x: x[..., 0].mean())
explorer = VectorExplorer(model, vectors, seeds=(1, 2, 3), read=read, portraits=range(50, 62))
explorer
"""
SHIPPED = """
from editgan_widgets import load_model
from editgan_widgets.widgets import VectorExplorer
from editgan_widgets.latent.directions.library import load_vectors
model = load_model("portraits")
vectors = list(load_vectors(model).values())[-12:]
explorer = VectorExplorer(model, vectors, seeds=(1, 3, 5, 30), portraits=range(50_000, 50_008))
explorer
"""
PIXELS = """root => { const canvas = root.querySelector('.ex-picture');
    return [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]; }"""


def shown(root) -> np.ndarray:
    pixels = np.array(root.evaluate(PIXELS))
    side = round((pixels.size / 4) ** 0.5)
    return pixels.reshape(side, side, 4)[..., :3]


def kept(lab, name: str):
    return json.loads(lab.kernel(f"import json; explorer.wait(120); print(json.dumps({name}))"))


def test_the_explorer_in_a_page(open_notebook, shipped, photograph):
    pictures = shipped and bool(os.environ.get("EDITGAN_SCREENSHOTS"))
    lab = open_notebook(SHIPPED if pictures else TINY, viewport={"width": 1400, "height": 1700})
    page = lab.page
    root = page.locator(".ex-root").first
    root.wait_for()
    status = root.locator(".eg-status")
    until(lambda: status.inner_text() == "All is measured.", 240, "the table was not measured")
    names = kept(lab, "list(explorer.vectors)")
    rows = root.locator(".ex-table tbody tr")
    assert rows.count() == len(names)

    # A row is chosen; all views are of it.
    second = names[1]
    rows.nth(1).click()
    until(lambda: kept(lab, "explorer.chosen") == second, 30, "the row was not chosen")
    for view in (".ex-effect", ".ex-pairs"):
        assert root.locator(f"{view} .ex-sentence").inner_text()
    until(lambda: second in root.locator(".ex-effect .ex-sentence").inner_text(), 60, "the effect is not of the vector")
    assert root.locator(".ex-line").count() >= 2
    assert root.locator(".ex-portrait").count() == 6 * len(kept(lab, "list(explorer.view.seeds)"))

    # The slider moves: the picture follows, and the kernel has the same.
    before = shown(root)
    slider = root.get_by_role("slider", name="Strength")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    until(lambda: kept(lab, "explorer.strength") == pytest.approx(0.8), 30, "the strength did not arrive")
    until(lambda: not np.array_equal(shown(root), before), 30, "the picture did not follow")
    kernel = np.array(kept(lab, "explorer.image.tolist()"))
    until(lambda: np.array_equal(shown(root), kernel), 30, "the page shows another picture")

    # The table is sorted by a click on a column's head, and a click again turns it round.
    root.get_by_role("button", name="Norm").click()
    norms = lambda: [float(x) for x in root.locator(".ex-table tbody td:nth-of-type(1)").all_inner_texts()]  # noqa: E731
    until(lambda: norms() == sorted(norms()), 10, "not sorted")
    root.get_by_role("button", name="Norm").click()
    until(lambda: norms() == sorted(norms(), reverse=True), 10, "not sorted the other way")
    photograph(_Shot(root, lab), "light")

    # Two are chosen by a cell of the heat map with the keyboard.
    heat = root.locator(".ex-heat")
    heat.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    until(lambda: kept(lab, "explorer.second") == names[2], 30, "no pair was chosen")
    root.locator(".ex-pair .ex-sentence", has_text="Interaction of").wait_for()
    root.get_by_role("button", name="Orthogonalise").click()
    draft = f"{second} without {names[2]}"
    root.locator(".ex-chosen .ex-choose", has_text=draft).wait_for()
    root.get_by_label("Name of the new vector").fill("pure")
    root.get_by_role("button", name="Keep", exact=True).click()
    until(lambda: kept(lab, "list(explorer.vectors)")[-1] == "pure", 30, "the draft was not kept")

    with page.expect_download() as download:
        root.get_by_role("button", name="Download the table of Effect as CSV").click()
    assert download.value.suggested_filename == "pure_effect_map.csv"

    lab.theme("JupyterLab Dark")
    photograph(_Shot(root, lab), "dark")

    root.get_by_role("button", name="Open in editor").click()
    page.locator(".eg-root:not(.ex-root)").first.wait_for()
    assert root.locator(".eg-error").is_hidden()


def test_measure_all_goes_on_with_the_table_after_stop(open_notebook):
    cell = TINY.replace("range(50, 62)", "range(50, 210)")  # long enough that the page sees it begin
    lab = open_notebook(cell, viewport={"width": 1400, "height": 1700})
    root = lab.page.locator(".ex-root").first
    root.wait_for()
    status, stop = root.locator(".eg-status"), root.get_by_role("button", name="Stop")
    measure = root.get_by_role("button", name="Measure all")
    until(lambda: status.inner_text().startswith("Measuring push: portrait "), 60, "the status names no vector")
    assert measure.is_hidden()
    stop.click()
    until(lambda: status.inner_text() == "Stopped. What was measured is kept.", 60, "it was not stopped")
    unmeasured = lambda: [row["name"] for row in kept(lab, "explorer.view.rows") if not row["measured"]]  # noqa: E731
    assert unmeasured()
    assert stop.is_hidden()
    measure.click()
    until(lambda: "of 3" in status.inner_text() and "the table" in status.inner_text(), 120, "not of the table")
    until(lambda: status.inner_text() == "All is measured.", 240, "the table was not measured")
    assert unmeasured() == []
    assert measure.is_hidden()
    successes = root.locator(".ex-table tbody tr .ex-number").all_inner_texts()
    assert not any(text.strip() in ("", "·") for text in successes)


class _Shot:
    """What `photograph` needs of a page."""

    def __init__(self, root, lab) -> None:
        self.root, self.lab = root, lab
