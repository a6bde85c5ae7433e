"""README's code runs as it stands, on the model that ships."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

README = Path(__file__).parents[2] / "README.md"


def blocks() -> dict[str, str]:
    """Python code by the heading that it stands under."""
    parts = re.split(r"^## (.+)$", README.read_text(), flags=re.MULTILINE)[1:]
    found = {}
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        if code := re.search(r"```python\n(.*?)```", text, flags=re.DOTALL):
            found[heading] = code[1]
    return found


def test_the_script_edits_a_portrait_and_saves_the_vector(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = blocks()["In a script"]
    assert "steps=30" in code
    names: dict = {}
    exec(compile(code.replace("steps=30", "steps=4"), "README.md", "exec"), names)
    assert (tmp_path / "open_mouth.safetensors").is_file()
    session = names["session"]
    mouth = session.model.labels["mouth"].id
    assert (session.label_map == mouth).sum() > 10
    assert float((session.w_plus - session.origin).abs().max()) > 0


def test_the_library_of_vectors_is_put_on_a_portrait():
    code = blocks()["Vectors that are there already"]
    names: dict = {}
    exec(compile(code.replace("steps=10", "steps=1"), "README.md", "exec"), names)
    assert len(names["vectors"]) >= 16
    assert float((names["session"].w_plus - names["session"].origin).abs().max()) > 0


def test_a_painting_is_opened_edited_and_pasted_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = blocks()["A photo, a drawing, a painting"]
    painting = README.parent / "examples" / "painting.png"
    exec(compile(code.replace('"examples/painting.png"', repr(str(painting))), "README.md", "exec"), {})
    before, after = (np.asarray(Image.open(path)).astype(int) for path in (painting, tmp_path / "smiling.png"))
    assert after.shape == before.shape
    changed = np.abs(after - before).max(2) > 4
    assert 0.002 < changed.mean() < 0.2  # the mouth and around it, not the frame


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_notebook_lines_open_an_editor_on_a_portrait():
    code = blocks()["In a notebook"]
    *lines, last = code.strip().splitlines()
    assert len(lines) + 1 <= 8
    names: dict = {}
    exec(compile("\n".join(lines), "README.md", "exec"), names)
    editor = eval(last, names)
    assert editor.image.shape == names["session"].image.shape
    editor.close()


def test_every_picture_and_path_that_readme_names_is_there():
    text = README.read_text()
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (README.parent / target).exists(), target
