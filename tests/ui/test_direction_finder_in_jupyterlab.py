"""The direction finder in a browser: a search, a slider, marks, a kept direction, and a reload."""

import pytest

from .lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]

CELL = """
from editgan_widgets import load_model
from editgan_widgets.analysis import by_picture
from editgan_widgets.widgets import DirectionFinder
model = load_model({model!r})
finder = DirectionFinder(model, seed=3{options})
finder
"""
TINY = ", read=by_picture(brightness=lambda picture: picture.mean())"


def cell(shipped: bool, language: str = "en") -> str:
    options = ("" if shipped else TINY) + f", language={language!r}"
    return CELL.format(model="portraits" if shipped else "tiny.safetensors", options=options)


class FinderPage:
    """The finder on a page; `root` and `lab` as of an editor's page."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.page = lab, lab.page
        self.root = lab.page.locator(".eg-finder")
        self.rows = self.root.locator(".eg-finder-row")

    def find(self, count: int = 4) -> None:
        self.root.get_by_label("Number of directions").select_option(str(count))
        self.root.get_by_role("button", name="Find directions").click()
        self.page.wait_for_function(
            "n => document.querySelectorAll('.eg-finder-row').length === n", arg=count, timeout=20_000
        )
        self.idle()

    def idle(self) -> None:
        self.root.locator(".eg-stop").wait_for(state="hidden")


def test_directions_are_found_moved_marked_learned_and_kept(open_notebook, shipped, photograph):
    finder = FinderPage(open_notebook(cell(shipped)))
    page, root = finder.page, finder.root
    finder.find()
    row = finder.rows.nth(1)
    row.get_by_role("button", name="at strength +2").click()
    page.wait_for_function("() => document.querySelector('.eg-finder figcaption').textContent.includes('+2')")
    slider = row.get_by_role("slider")
    slider.focus()
    previews = "() => Number(document.querySelector('.eg-finder').dataset.previews ?? 0)"
    before = page.evaluate(previews)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => document.querySelector('.eg-finder figcaption').textContent.includes('+1.95')")
    assert page.evaluate(previews) >= before

    row.get_by_label("Last row of").fill("3")
    row.get_by_label("Last row of").press("Enter")
    row.get_by_placeholder("Name it").fill("one")
    row.get_by_placeholder("Name it").press("Enter")
    root.get_by_role("listitem").filter(has_text="one").get_by_role("button", name="Remove one").wait_for()
    assert finder.lab.kernel("print(list(finder.kept), finder.kept['one'].layers)").strip() == "['one'] (0, 1, 2, 3)"
    photograph(finder, "rows")

    root.locator("summary").click()
    root.get_by_role("button", name="Show portraits").click()
    page.wait_for_function("() => document.querySelectorAll('.eg-mark').length === 24")
    finder.idle()
    cells = root.locator(".eg-mark")
    cells.nth(0).click()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("+")
    for i in range(6, 10):
        cells.nth(i).click(click_count=1)
        cells.nth(i).click(click_count=1)
    assert cells.nth(4).get_attribute("aria-label").endswith("marked +")
    assert cells.nth(6).get_attribute("aria-label").endswith("marked \N{MINUS SIGN}")
    root.get_by_label("Name of the direction").fill("mine")
    photograph(finder, "marks")
    root.get_by_role("button", name="Learn direction").click()
    learned = finder.rows.filter(has_text="left-out marks")
    learned.wait_for()
    learned.get_by_text("These are few marks").wait_for()
    photograph(finder, "learned")

    finder.lab.save()
    page.reload()
    finder.lab.ready()
    page.wait_for_function("() => document.querySelectorAll('.eg-finder-row').length === 5")
    assert root.locator(".eg-mark[data-mark='1']").count() == 5


def test_the_finder_is_readable_in_the_dark_and_in_chinese(open_notebook, shipped, photograph):
    lab = open_notebook(cell(shipped, "zh"))
    finder = FinderPage(lab)
    finder.root.get_by_role("button", name="查找方向").click()
    lab.page.wait_for_function("() => document.querySelectorAll('.eg-finder-row').length === 8")
    finder.idle()
    finder.rows.first.get_by_role("button", name="强度 +1").click()
    lab.page.wait_for_function("() => document.querySelector('.eg-finder figcaption').textContent.includes('+1')")
    lab.theme("JupyterLab Dark")
    photograph(finder, "dark")
    assert "人像" in finder.root.inner_text()
