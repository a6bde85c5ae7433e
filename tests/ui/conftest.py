"""A Chromium and a JupyterLab for the browser tests: the shipped model where it is, else the tiny one."""

import os
import re
from pathlib import Path

import pytest

from editgan_widgets.models.editgan import MODELS

from .lab import CHROMIUM_ARGS, Host, Lab, chromium, put_notebook, server, write_notebook

TINY_WORDS = {
    'load_model("portraits")': 'load_model("tiny.safetensors")',
    '.group("mouth")': '.group("light")',
    'label="mouth"': 'label="spark"',
    'label="lower lip"': 'label="spark"',
    'part="mouth"': 'part="spark"',
    '{"smile": 0.8}': "{}",
    '{"smile": 0}': "{}",
}


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


@pytest.fixture(scope="session")
def shipped() -> bool:
    """Whether the browser tests run on the shipped model."""
    return MODELS["portraits"].is_file() and not os.environ.get("EDITGAN_TINY")


@pytest.fixture(scope="session")
def address(tmp_path_factory, browser, tiny_model, shipped):
    folder = tmp_path_factory.mktemp("lab")
    put_notebook(folder, {} if shipped else TINY_WORDS)
    if not shipped:
        tiny_model.save(folder / "work" / "tiny.safetensors")
    with server(folder) as address:
        yield address


@pytest.fixture
def lab(browser, address):
    """A fresh page on the notebook, with a kernel of its own; the test fails on any error in the page."""
    page = browser.new_page(viewport={"width": 1440, "height": 1100})
    lab = Lab(page, address)
    lab.open()
    yield lab
    lab.shutdown()
    page.close()
    assert not lab.errors


@pytest.fixture(scope="session")
def small_server(tmp_path_factory, browser, tiny_model):
    """A server for notebooks of the tests' own on the tiny model; its address and the folder of the notebooks."""
    folder = tmp_path_factory.mktemp("small")
    tiny_model.save(folder / "work" / "tiny.safetensors")
    with server(folder) as address:
        yield address, folder / "work"


@pytest.fixture
def open_notebook(request, browser, small_server):
    """Open a page on a notebook of these cells: `open_notebook(cell, …, host=Lab)`. It fails on errors in a page."""
    address, work = small_server
    hosts = []

    def open_page(*cells: str, host: type[Host] = Lab, **page_settings) -> Host:
        name = re.sub(r"\W+", "_", f"{request.node.name}_{len(hosts)}") + ".ipynb"
        write_notebook(work / name, *cells)
        page = browser.new_page(**{"viewport": {"width": 1440, "height": 1100}, **page_settings})
        hosts.append(host(page, address))
        hosts[-1].path = work / name
        hosts[-1].open(name)
        hosts[-1].run_all()
        return hosts[-1]

    yield open_page
    for host in hosts:
        host.shutdown()
        host.page.close()
    assert not [error for host in hosts for error in host.errors]


@pytest.fixture
def photograph(request):
    """Save a picture of the page where EDITGAN_SCREENSHOTS names a folder."""
    folder = os.environ.get("EDITGAN_SCREENSHOTS")

    def take(editor, name):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            editor.root.scroll_into_view_if_needed()
            editor.page.wait_for_timeout(150)
            editor.root.screenshot(path=f"{folder}/{request.node.name}-{name}.png")

    return take
