"""The code in README.md and docs/ runs; the commands, links, paths and names in them exist."""

import ast
import importlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import unquote

import click
import numpy as np
import pytest
import typer
from click.testing import CliRunner
from PIL import Image

import editgan_widgets
from editgan_widgets import EditSession, EditVector
from editgan_widgets.cli import app
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.latent.embed import EmbedConfig
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.training import train_generator
from editgan_widgets.widgets import Editor, VectorExplorer

ROOT = Path(editgan_widgets.__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")

# Replacements that make a block fast; each must occur on the page.
SHORTER = {
    "analysis.md": {
        "seeds=range(100)": "seeds=range(2)",
        "seeds=range(50)": "seeds=range(2)",
        "seeds=range(500)": "seeds=range(5)",
        ", progress=True": "",
        "samples=2000": "samples=30",
        'spaces=("z", "w"), samples=400': 'spaces=("z",), samples=50',
        "samples=400": "samples=30",
        "samples=200": "samples=10",
        "range(50_000, 50_200)": "range(50_000, 50_012)",
        # Other ways need hundreds of pictures; tests/analysis/test_edit_comparison.py has them on a tiny model.
        "import compare_edits, ways_to_edit": "import EditWay, compare_edits",
        'ways = ways_to_edit(model, vectors["smile"], "smile", read, refined=(), samples=30)': (
            'ways = [EditWay("edit vector", vectors["smile"], 16)]'
        ),
        "range(500, 550)": "range(500, 502)",
        "range(3)": "range(2)",
        "range(4)": "range(1)",
        "sample(24)": "sample(12)",
        "seeds=(1, 3, 5, 30)": "seeds=(1, 3)",
        "apply_to(range(1000)": "apply_to(range(2)",
        "range(50_000, 50_020)": "range(50_000, 50_001)",
        "VectorExplorer(model, seeds": 'VectorExplorer(model, [vectors["smile"], vectors["open mouth"]], seeds',
        "count=4": "count=1",
        'method="sefa", count=5,': 'method="sefa", count=1, seeds=range(2), samples=60,',
    },
    "README.md": {"steps=30": "steps=2"},
    "editing.md": {"seed=30, steps=30": "seed=30, steps=2", "(steps=30, ": "(steps=2, ", "46))]):": "46))], steps=6):"},
    "vectors.md": {"steps=30": "steps=2", "steps=10": "steps=1"},
    "photos.md": {'"examples/painting.png")': '"examples/painting.png", config=EmbedConfig(steps=20))'},
}
RUN = {"apply"}  # commands that are run; of others only the arguments are parsed


def test_every_page_of_docs_is_checked():
    assert {"editing.md", "photos.md", "vectors.md", "files.md", "training.md", "figures.md"} <= {p.name for p in PAGES}
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


@pytest.mark.shipped
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_blocks_of_a_page_run_in_order(page, tmp_path, monkeypatch):
    text = page.read_text(encoding="utf-8")
    for words, others in SHORTER.get(page.name, {}).items():
        assert words in text, f"{page.name} no longer has {words!r}; update SHORTER"
        text = text.replace(words, others)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDITGAN_JOURNALS", str(tmp_path / "journals"))
    names: dict = {"EmbedConfig": EmbedConfig}
    shown = []
    for language, block in BLOCK.findall(text):
        assert language in ("python", "sh", "text"), f"{page.name}: a block of {language!r} is not checked"
        if language == "python":
            shown.append(run_cell(block, page, names))
        elif language == "sh":
            for command in commands_in(block, tmp_path):
                check_command(command, monkeypatch, run=True)
    editors = [thing for thing in (*names.values(), *shown) if isinstance(thing, (Editor, VectorExplorer))]
    try:
        RESULTS.get(page.name, lambda _: None)({**names, "editors": editors})
    finally:
        for editor in editors:
            editor.close()


def check_readme(names: dict) -> None:
    session = names["session"]
    assert (session.label_map == session.model.labels["mouth"].id).sum() > 10
    assert float((session.w_plus - session.origin).abs().max()) > 0
    assert EditVector.load("open_mouth.safetensors").name == "open mouth"
    assert names["editors"][0].image.shape == session.image.shape


def check_editing(names: dict) -> None:
    for file in ("portrait.png", "mask.png", "picture.py", "edit.gif"):
        assert Path(file).stat().st_size > 0
    assert [entry.made["do"] for entry in names["session"].history.path()].count("drag") == 1


def check_vectors(names: dict) -> None:
    assert len(names["vectors"]) == 22
    assert names["picture"].shape == names["session"].image.shape


def check_photos(names: dict) -> None:
    before, after = (
        np.asarray(Image.open(path).convert("RGB")).astype(int) for path in ("examples/painting.png", "smiling.png")
    )
    changed = np.abs(after - before).max(2) > 4
    assert 0.002 < changed.mean() < 0.2  # the mouth and its surroundings, not the whole frame


RESULTS = {
    "README.md": check_readme,
    "editing.md": check_editing,
    "vectors.md": check_vectors,
    "photos.md": check_photos,
}


def run_cell(code: str, page: Path, names: dict) -> object:
    """Run code like a notebook cell; returns the value if the last line is an expression."""
    tree = ast.parse(code, page.name)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, page.name, "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), page.name, "eval"), names)


def commands_in(block: str, folder: Path) -> list[list[str]]:
    """Words of each command of a shell block, expanded by bash; the commands themselves are not run."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    record = "printf '%s\\x1f' {0} \"$@\"; printf '\\n'"
    programs = ("editgan", "make", "python", "python3", "pip", "jupyter")
    stubs = "\n".join(f"{program}() {{ {record.format(program)}; }}" for program in programs)
    done = subprocess.run(["bash", "-eu"], input=f"{stubs}\n{block}", capture_output=True, encoding="utf-8", cwd=folder)
    assert done.returncode == 0, f"{block}\n{done.stderr}"
    return [line.split("\x1f")[:-1] for line in done.stdout.splitlines()]


def check_command(words: list[str], monkeypatch: pytest.MonkeyPatch, run: bool = False) -> None:
    program, *arguments = words
    line = shlex.join(words)
    if program == "editgan":
        whole = run and arguments[0] in RUN
        done = CliRunner().invoke(command_line(monkeypatch, quick=not whole), arguments)
        assert done.exit_code == 0, f"{line}\n{done.output}\n{done.exception}"
    elif program == "make":
        targets = [word for word in arguments if "=" not in word and word != "--help"]
        for target in targets:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line
    elif program == "python" and arguments[0].endswith(".py"):
        script = ROOT / arguments[0]
        assert script.is_file(), line
        options = [word.partition("=")[0] for word in arguments[1:] if word.startswith("--")]
        assert [option for option in options if f'"{option}"' not in script.read_text()] == [], line
    elif program == "pip":
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        for extra in re.findall(r"\[(\w+)\]", line):
            assert extra in extras, line
    elif program == "jupyter":
        assert (ROOT / arguments[1]).is_file(), line


def command_line(monkeypatch: pytest.MonkeyPatch, quick: bool) -> click.Command:
    """The `editgan` command; with `quick` it only parses the arguments."""
    whole = typer.main.get_command(app)
    if not quick:
        return whole
    monkeypatch.setattr(train_generator, "train_generator", lambda *args, **kwargs: None)
    monkeypatch.setattr(train_generator, "_segmenter_levels", lambda *args: None)

    def disarm(command: click.Command) -> None:
        for other in getattr(command, "commands", {}).values():
            disarm(other)
        if not hasattr(command, "commands") and command.name != "generator":
            command.callback = lambda **options: None

    disarm(whole)
    return whole


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_in_a_page_s_sentences_can_be_parsed(page, monkeypatch, tmp_path):
    for code in INLINE.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"(editgan|make|python|pip|jupyter) [\w./-]", code):
            for command in commands_in(code, tmp_path):
                named_only = not any(set(word) & set("-./") for word in command)  # such as `editgan apply`
                check_command(command + ["--help"] * named_only, monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_of_a_page_point_to_existing_files_and_headings(page):
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, heading = unquote(target).partition("#")
        file = page.parent / path if path else page
        assert file.exists(), f"{page.name}: {target}"
        if heading:
            assert heading in headings(file), f"{page.name}: {target}"


def headings(page: Path) -> set[str]:
    """Anchors of a page's headings, by GitHub's rule."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


WRITTEN = ("results/", "report/", "~", "http")  # files that a command writes, and places outside the repository
ROOMS = {path.name for path in ROOT.iterdir()} | {path.name for path in (ROOT / "editgan_widgets").iterdir()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_paths_that_a_page_names_exist(page):
    for code in INLINE.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        path = re.fullmatch(r"[\w.\-*<>]+(/[\w.\-*]+)*/?", code)
        if not path or code.startswith(WRITTEN) or "/" not in code:
            continue
        bases = (ROOT, ROOT / "editgan_widgets", ROOT / "kernels", ROOT / "editgan_widgets" / "widgets", page.parent)
        assert any(any(base.glob(code.rstrip("/"))) for base in bases), f"{page.name}: {code}"


OWNERS = {"session": EditSession, "editor": Editor, "vector": EditVector, "photo": PhotoSession, "model": EditGAN}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_names_that_a_page_mentions_exist(page):
    for code in INLINE.findall(page.read_text(encoding="utf-8")):
        name = re.match(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", code)
        if name is None or os.path.splitext(code)[1] in (".py", ".js", ".md", ".safetensors", ".json", ".pt", ".pth"):
            continue
        first, *rest = name[0].split(".")
        if first in OWNERS:
            assert hasattr(OWNERS[first], rest[0]) or rest[0] in ("model", "photo", "crop", "session"), code
        elif first in ROOMS or first in dir(editgan_widgets):
            assert resolved(name[0]), f"{page.name}: {code}"


def resolved(name: str) -> bool:
    """True if a dotted name is a module or an attribute of the package."""
    prefix = "" if name.startswith("editgan_widgets") else "editgan_widgets."
    parts = f"{prefix}{name}".split(".")
    found: object = importlib.import_module(parts[0])
    for end, part in enumerate(parts[1:], start=2):
        if part in getattr(found, "__annotations__", {}):  # a field of a dataclass
            return True
        if not hasattr(found, part):
            try:
                importlib.import_module(".".join(parts[:end]))
            except ImportError:
                return False
        found = getattr(found, part)
    return True


def test_a_page_with_a_short_table_is_updated_in_its_own_rows_only():
    spec = importlib.util.spec_from_file_location("update_figures", ROOT / "docs" / "update_figures.py")
    assert spec is not None
    assert spec.loader is not None
    update = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(update)
    head = "| what | figure |\n|---|---|\n"
    page = f"<!-- figures 0, these rows -->\n{head}| time | 2 s |\n<!-- end of figures -->\n"
    found = update.tables(f"# New\n\n{head}| memory | 5 MB |\n| time | 1 s |\n")
    assert update.filled(page, found) == page.replace("2 s", "1 s")
    with pytest.raises(SystemExit, match=r"no rows \['speed'\]"):
        update.filled(page.replace("time", "speed"), found)
