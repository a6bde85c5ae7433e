"""Chromium and JupyterLab for the browser tests.

A test runs on the tiny model, which costs a tenth of the time; one that is marked `shipped` on the shipped model if
that is installed. With EDITGAN_SCREENSHOTS all run on the shipped model, with EDITGAN_TINY none.

All tests share one server. Tests in JupyterLab also share a page and its kernel, one after the other; each starts with
new cells and an empty kernel. A test that needs another host or other page settings gets its own page, and so does the
test after a failure.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from editgan_widgets.models.editgan import MODELS

from .lab import CHROMIUM_ARGS, VIEWPORT, Host, Lab, chromium, example, notebook_of, server, write_notebook

TINY_WORDS = {
    'load_model("portraits")': 'load_model("tiny.safetensors")',
    '.group("mouth")': '.group("light")',
    'label="mouth"': 'label="spark"',
    'label="lower lip"': 'label="spark"',
    'part="mouth"': 'part="spark"',
    '{"smile": 0.8}': "{}",
    '{"smile": 0}': "{}",
}
PORTRAIT = """
from editgan_widgets import load_model
from editgan_widgets.widgets import Editor
model = load_model("portraits")
editor = Editor(model, part="mouth", steps=10)
editor
"""
SHORTER = {"Editor(grid.selected, ": "Editor(grid.selected, steps=10, ", "seeds=range(12)": "seeds=range(3)"}
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Record which tests fail."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture(scope="session")
def browser():
    path = chromium()
    if path is None:
        pytest.skip("no Chromium found: install it (Debian: apt install chromium) or name one in the variable CHROMIUM")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install playwright"
    )
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, headless=True, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def shipped(request) -> bool:
    """Whether the test runs on the shipped model."""
    wanted = request.node.get_closest_marker("shipped") is not None or bool(os.environ.get("EDITGAN_SCREENSHOTS"))
    return wanted and MODELS["portraits"].is_file() and not os.environ.get("EDITGAN_TINY")


@pytest.fixture
def portrait_cell(shipped) -> str:
    """A cell that shows an editor."""
    return PORTRAIT if shipped else PORTRAIT.replace("portraits", "tiny.safetensors").replace("mouth", "spark")


@pytest.fixture(scope="session")
def site(tmp_path_factory, browser, tiny_model) -> Iterator[tuple[str, Path]]:
    """A server's address and the folder of its notebooks, which contains the tiny model."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "work").mkdir()
    tiny_model.save(folder / "work" / "tiny.safetensors")
    with server(folder) as address:
        yield address, folder / "work"


@pytest.fixture(scope="session")
def address(site) -> str:
    return site[0]


class _SharedPage:
    """One page of JupyterLab and its kernel, used by one test after the other."""

    def __init__(self, browser, address: str, work: Path):
        self._browser, self._address, self._work = browser, address, work
        self._lab: Lab | None = None

    def begin(self, notebook: str) -> Lab:
        """The page with these cells, not run yet."""
        if self._lab is None:
            path = self._work / "shared.ipynb"
            write_notebook(path)
            self._lab = Lab(self._browser.new_page(viewport=VIEWPORT), self._address)
            self._lab.path = path
            self._lab.open(path.name)
        else:
            self._lab.begin_again()
        self._lab.put(notebook)
        return self._lab

    def close(self) -> None:
        if self._lab is not None:
            self._lab.shutdown()
            self._lab.page.close()
        self._lab = None


@pytest.fixture(scope="session")
def shared_page(browser, site):
    page = _SharedPage(browser, *site)
    yield page
    page.close()


@pytest.fixture
def begin(request, shared_page):
    """Show cells in the page that tests share: `begin(notebook)`. The test fails on any error in the page."""
    pages = []

    def show(notebook: str) -> Lab:
        pages.append(shared_page.begin(notebook))
        return pages[-1]

    yield show
    errors = [error for page in pages for error in page.errors]
    if errors or request.node.stash.get(_FAILED, False):
        shared_page.close()
    assert not errors


@pytest.fixture
def lab(begin, portrait_cell) -> Lab:
    """A page with an editor's cell, not run yet."""
    return begin(notebook_of(portrait_cell))


@pytest.fixture
def notebook(begin, shipped) -> Lab:
    """A page with the example notebook, not run yet."""
    return begin(example(SHORTER if shipped else SHORTER | TINY_WORDS))


@pytest.fixture
def open_notebook(request, browser, site, begin) -> Iterator[Callable[..., Host]]:
    """Run cells in a page: `open_notebook(cell, …, host=Lab, viewport=VIEWPORT)`. The test fails on errors in it."""
    address, work = site
    hosts = []

    def in_own_page(cells, host, **page_settings) -> Host:
        name = re.sub(r"\W+", "_", f"{request.node.name}_{len(hosts)}") + ".ipynb"
        write_notebook(work / name, *cells)
        hosts.append(host(browser.new_page(**{"viewport": VIEWPORT, **page_settings}), address))
        hosts[-1].path = work / name
        hosts[-1].open(name)
        return hosts[-1]

    def open_page(*cells: str, host: type[Host] = Lab, viewport=VIEWPORT, **page_settings) -> Host:
        if host is Lab and not page_settings:
            page = begin(notebook_of(*cells))
            page.page.set_viewport_size(viewport)
        else:
            page = in_own_page(cells, host, viewport=viewport, **page_settings)
        page.run_all()
        return page

    yield open_page
    for host in hosts:
        host.shutdown()
        host.page.close()
    assert not [error for host in hosts for error in host.errors]


@pytest.fixture
def photograph(request):
    """Save a screenshot if EDITGAN_SCREENSHOTS names a folder."""
    folder = os.environ.get("EDITGAN_SCREENSHOTS")

    def take(editor, name):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            editor.root.scroll_into_view_if_needed()
            editor.lab.drawn()
            editor.root.screenshot(path=f"{folder}/{request.node.name}-{name}.png")

    return take
