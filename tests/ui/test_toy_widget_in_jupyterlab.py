"""The toy widget (tests/support/fader) in a browser: picture, commands, a stopped run, and a reload."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

CELL = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1] / "support")!r})
from fader.widget import Fader
shown = Fader()
shown
"""
PIXEL = """() => { const canvas = document.querySelector('.eg-picture');
    return [...canvas.getContext('2d').getImageData(3, 3, 1, 1).data].slice(0, 3); }"""

SLOW = """
import time
from fader import document
plain = document.faded
def slow(start, command):
    for step in plain(start, command):
        time.sleep(0.01)
        yield step
document.faded = slow
"""


def shows(page, text: str) -> None:
    page.wait_for_function("text => document.querySelector('.fader-changes')?.textContent === text", arg=text)


def test_a_widget_on_core_handles_commands_and_stop_and_survives_a_reload(open_notebook):
    lab = open_notebook(CELL)
    page = lab.page
    shows(page, "0 changes")
    page.get_by_role("button", name="Red", exact=True).click()
    shows(page, "1 changes")
    page.wait_for_function(f"() => String(({PIXEL})()) === '255,0,0'")
    page.get_by_role("button", name="Look at green").click()
    page.wait_for_function(f"() => ({PIXEL})()[1] > 200")
    assert page.locator(".fader-changes").inner_text() == "1 changes"

    lab.kernel(SLOW)
    page.get_by_role("button", name="Fade to blue").click()
    stop = page.get_by_role("button", name="Stop")
    stop.wait_for(state="visible")
    page.wait_for_function("() => Number(document.querySelector('.eg-root').dataset.step) > 1")
    stop.click()
    stop.wait_for(state="hidden")
    page.wait_for_function("() => document.querySelector('.eg-status').textContent.startsWith('Stopped at step')")
    shows(page, "2 changes")
    red, _, blue = page.evaluate(PIXEL)
    assert red < 255
    assert blue > 0

    lab.save()
    page.reload()
    lab.ready()
    page.wait_for_selector(".eg-picture")
    shows(page, "2 changes")
    kept = json.loads(lab.kernel("print(shown.loop.document.picture[3, 3].tolist())"))
    page.wait_for_function(f"kept => String(({PIXEL})()) === String(kept)", arg=kept)
    page.get_by_role("button", name="Red", exact=True).click()
    shows(page, "3 changes")
