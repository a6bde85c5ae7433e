"""A Chromium and a JupyterLab for the browser tests: the shipped model where it is, else the tiny one."""

import os
from pathlib import Path

import pytest

from editgan_widgets.models.editgan import MODELS

from .lab import CHROMIUM_ARGS, Lab, chromium, put_notebook, server

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
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.close()
    assert not lab.errors


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
