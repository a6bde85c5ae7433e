"""The browser side's unit tests, and names that it shares with Python: traits, kinds of messages, tools."""

import re
import subprocess

import pytest
from node import JS, NODE

from editgan_widgets.widgets.editor.tools import BUTTONS
from editgan_widgets.widgets.editor.view import EditorView
from editgan_widgets.widgets.explorer.view import ExplorerView
from editgan_widgets.widgets.finder.view import FinderView

TOOL_NAME = re.compile(r'^  name: "(\w+)",$', re.MULTILINE)


@pytest.mark.slow
def test_the_unit_tests_of_the_browser_side_pass():
    done = subprocess.run([*NODE, "--test"], cwd=JS, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def declared(text: str, interfaces: list[str]) -> set[str]:
    """Names of the fields of TypeScript interfaces."""
    bodies = [re.search(rf"export interface {name}\b[^{{]*\{{(.*?)\n\}}", text, re.DOTALL) for name in interfaces]
    return {field for body in bodies if body for field in re.findall(r"^  (\w+)\??:", body[1], re.MULTILINE)}


@pytest.mark.parametrize(
    ("view", "room", "traits"),
    [
        (EditorView, "editor", "EditorTraits"),
        (ExplorerView, "explorer", "ExplorerTraits"),
        (FinderView, "finder", "FinderTraits"),
    ],
)
def test_the_page_declares_exactly_the_traits_that_the_kernel_sends(view, room, traits):
    text = (JS / "core/types.d.ts").read_text() + (JS / room / "wire.d.ts").read_text()
    own = re.search(rf"export interface {traits} extends ([\w, ]+)", text)
    assert own
    sent = {name for name in view.class_trait_names(sync=True) if not name.startswith("_")}
    assert declared(text, [traits, *own[1].strip().split(", ")]) == sent - {"layout", "tabbable", "tooltip"}


def test_page_and_kernel_know_the_same_tools():
    files = (path.read_text(encoding="utf-8") for path in (JS / "editor" / "tools").glob("*.js"))
    assert {name for text in files for name in TOOL_NAME.findall(text)} == set(BUTTONS)


@pytest.mark.parametrize("widget", ["editor", "explorer", "finder", "sample_grid"])
def test_a_bundle_contains_each_text_of_its_sources(widget):
    bundle = (JS.parent / f"editgan_widgets/widgets/static/{widget}.bundle.js").read_text(encoding="utf-8")
    texts = re.findall(r'(?<![\w.$])t\(\s*("[^"]+")', (JS / widget / "main.js").read_text(encoding="utf-8"))
    assert texts
    assert [text for text in texts if text not in bundle] == []
