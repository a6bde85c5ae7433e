"""Translations: each text of the widgets has an entry with the same placeholders, and every entry is used."""

import ast
import importlib
import json
import pkgutil
import re
import string
from pathlib import Path

import pytest

import editgan_widgets
from editgan_widgets.domains.portraits.parts import COARSE_LABELS, FINE_LABELS, GROUP_LABELS, PORTRAIT_LABELS
from editgan_widgets.label_sets import LABEL_SETS
from editgan_widgets.latent import terms
from editgan_widgets.widgets import Editor, SampleGrid
from editgan_widgets.widgets.core.strings import LANGUAGES, strings, translated
from editgan_widgets.widgets.editor.part_tools import PART_TOOLS

WIDGETS = Path(editgan_widgets.__file__).parent / "widgets"
JS = WIDGETS.parents[1] / "js"
ROOMS = [room.parent for room in JS.glob("*/main.js")]  # one of each widget, as build.js finds them
SCRIPTS = sorted(path for room in (JS / "core", *ROOMS) for path in room.rglob("*.js"))
ENTRIES = json.loads((WIDGETS / "strings.json").read_text(encoding="utf-8"))
LITERAL = re.compile(r'(?<![\w.$])t\(\s*"((?:[^"\\]|\\.)*)"')
# Calls whose text is a name, from Python or a table of literals.
NAMES = re.compile(r"(?<![\w.$])t\((label\.name|part\.name|name|tool|\w+\.(first|second))\)")


def browser_texts() -> set[str]:
    return {json.loads(f'"{text}"') for path in SCRIPTS for text in LITERAL.findall(path.read_text(encoding="utf-8"))}


def figures() -> set[str]:
    """Names of the figures that the terms of an objective report; one without an entry is shown as it is."""
    files = pkgutil.iter_modules(terms.__path__)
    modules = [importlib.import_module(f"{terms.__name__}.{file.name}") for file in files]
    classes = [thing for module in modules for thing in vars(module).values() if isinstance(thing, type)]
    reported = [thing.names for thing in classes if isinstance(getattr(thing, "names", None), tuple)]
    return {"total"}.union(*reported)


def names() -> set[str]:
    sets = (*LABEL_SETS.values(), PORTRAIT_LABELS, FINE_LABELS, COARSE_LABELS, GROUP_LABELS)
    library = (WIDGETS.parent / "pretrained").rglob("*.safetensors")
    vectors = {path.stem.replace("_", " ") for path in library if path.parent.name != "pretrained"}
    return {label.name for labels in sets for label in labels} | set(PART_TOOLS) | vectors


def kernel_texts(all_constants: bool = False) -> set[str]:
    """Literal arguments of `text`, `say` and `Note`, or all string constants, of the widgets and the engine."""
    found = set()
    engine = [path for room in ("masks", "latent", "documents") for path in (WIDGETS.parent / room).rglob("*.py")]
    for path in (*WIDGETS.rglob("*.py"), *WIDGETS.parent.glob("*.py"), *engine):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if all_constants and isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in ("text", "say", "Note"):
                    found.add(node.args[0].value)
    return found


def placeholders(text: str) -> list[tuple]:
    return sorted((name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name)


@pytest.mark.slow
@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_text_and_name_has_an_entry_with_the_same_placeholders(language):
    known = strings(language)
    wanted = browser_texts() | names() | kernel_texts()
    assert len(browser_texts()) > 100
    assert not (wanted - set(known)), sorted(wanted - set(known))
    assert [text for text in known if placeholders(text) != placeholders(known[text])] == []
    assert not [text for text, other in known.items() if not other.strip()]


def test_the_scripts_of_every_widget_are_read():
    assert {"editor", "explorer", "finder", "sample_grid"} <= {room.name for room in ROOMS}
    assert not [path for path in SCRIPTS if "node_modules" in path.parts]


@pytest.mark.slow
def test_every_entry_is_used():
    spare = set(ENTRIES) - browser_texts() - names() - figures() - kernel_texts(all_constants=True)
    assert not spare, sorted(spare)


def test_every_text_of_the_browser_is_translatable():
    for path in SCRIPTS:
        code = path.read_text(encoding="utf-8")
        calls = [match.start() for match in re.finditer(r"(?<![\w.$])t\((?!\w+\) =>)", code)]
        other = [code[at : at + 40] for at in calls if not LITERAL.match(code, at) and not NAMES.match(code, at)]
        assert not other, f"{path.name}: {other} are neither texts nor names"
        texts = re.findall(r'(?:title|"aria-label"|placeholder): "([^"]+)"', code)
        assert not texts, f"{path.name}: {texts} are not given to t()"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_quotes_a_button_quotes_its_label(language):
    known = strings(language)
    labels = {known.get(text, text) for text in browser_texts()}
    for text in browser_texts():
        for quoted in re.findall("“([^”{]*)”", known.get(text, text)):
            assert quoted in labels, text


def test_placeholders_are_filled_and_an_unknown_text_stays_untranslated():
    assert translated("zh", "Now at {name}.", name="头发") == "已转到 头发。"
    assert translated("zh", "my own vector") == "my own vector"
    assert translated("en", "{steps} steps", steps=3) == "3 steps"


@pytest.mark.shipped
def test_the_editor_and_the_grid_use_the_given_language(tiny_model, session):
    editor = Editor(session, language="zh", journal=False)
    try:
        assert editor.view.language == "zh"
        assert editor.view.strings["Edit"] == "编辑"
        assert editor.view.status.startswith("选择部位")
    finally:
        editor.close()
    grid = SampleGrid(tiny_model, seeds=[1], language="zh")
    assert grid.strings["seed {seed}"] == "种子 {seed}"
    with pytest.raises(ValueError, match="unknown language 'tlh'; use one of 'en', 'zh'"):
        Editor(session, language="tlh")
    with pytest.raises(ValueError, match="language 'tlh'"):
        SampleGrid(tiny_model, seeds=[1], language="tlh")
