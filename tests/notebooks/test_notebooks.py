"""The example notebooks run from top to bottom on the tiny model, with replacements that must all be found."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("[0-9]*.ipynb"))

SMALLER = {
    "01_paint_a_portrait.ipynb": {
        'load_model("portraits")': 'load_model("tiny.safetensors")',
        "seeds=range(12)": "seeds=range(3)",
        "Editor(grid.selected, ": "Editor(grid.selected, steps=3, ",
        '.group("mouth")': '.group("light")',
        'label="mouth"': 'label="spark"',
        'label="lower lip"': 'label="spark"',
        'part="mouth"': 'part="spark"',
        '{"smile": 0.8}': "{}",
        '{"smile": 0}': "{}",
    },
    "02_edit_a_photo_and_a_painting.ipynb": {
        'load_model("portraits")': 'load_model("tiny.safetensors")',
        'part="mouth"': 'part="spark"',
        'editor.apply_vectors({"raise brows": 0.8})': (
            "from editgan_widgets import Stroke\neditor.paint(Stroke([(8, 8), (20, 12)], 4, 'spark'))"
        ),
        'photo.session.apply_vector(load_vectors(model)["smile"])': "photo.session.go_to(photo.session.w_plus + 0.5)",
    },
    "03_anatomy_of_an_edit_vector.ipynb": {
        'load_model("portraits")': 'load_model("tiny.safetensors")',
        "vectors = load_vectors(model)": (
            "from editgan_widgets.analysis import sefa\nvectors = {v.name: v for v in sefa(model, 4)}\n"
            "brightness = lambda picture: -picture.mean()"
        ),
        'vectors["smile"], vectors["open mouth"]': 'vectors["SeFa 1"], vectors["SeFa 2"]',
        "read = attributes_of(model)": (
            "from editgan_widgets.analysis import by_picture\n"
            "read = by_picture(brightness=brightness, smile=brightness)"
        ),
        "range(60)": "range(4)",
        '{"smile": smile, "jaw_open": other}': '{"smile": smile}',
    },
    "04_find_directions.ipynb": {
        'load_model("portraits")': 'load_model("tiny.safetensors")',
        "read = attributes_of(model)": (
            "from editgan_widgets.analysis import by_picture\n"
            "read = by_picture(smile=lambda picture: picture.mean(), red=lambda picture: picture[..., 0].mean())"
        ),
        '["upper lip"]': '["spark"]',
        "count=6": "count=2",
        "range(16)": "range(3)",
        "range(40)": "range(3)",
    },
    "05_the_smile_experiment.ipynb": {
        'load_model("portraits")': 'load_model("tiny.safetensors")',
        'smile = load_vectors(model)["smile"]': (
            "from dataclasses import replace\nfrom editgan_widgets.analysis import by_picture, sefa\n"
            "smile = replace(sefa(model, 1)[0], labels=('spark',))\nsmall = lambda p: p[:, :, ::8, ::8].flatten(1)"
        ),
        "read = attributes_of(model)": "read = by_picture(smile=lambda picture: picture.mean())",
        "refined=(10,)": "refined=()",
        "samples=200": "samples=60",
        "judges.identity, judges.factors.features": "lambda p: small(p) / small(p).norm(dim=1, keepdim=True), small",
        "range(50_000, 50_040), strengths=(0.5, 1, 2)": "range(12), strengths=(1, 2)",
    },
}
WRITES = {
    "01_paint_a_portrait.ipynb": "open_mouth.safetensors",
    "02_edit_a_photo_and_a_painting.ipynb": "smiling.png",
    "03_anatomy_of_an_edit_vector.ipynb": "smile_alone.safetensors",
    "04_find_directions.ipynb": "directions/smiling.safetensors",
    "05_the_smile_experiment.ipynb": "smile_experiment.csv",
}
SHOWS = {
    "01_paint_a_portrait.ipynb": (3, 4),
    "02_edit_a_photo_and_a_painting.ipynb": (1, 4),
    "03_anatomy_of_an_edit_vector.ipynb": (0, 8),
    "04_find_directions.ipynb": (1, 6),
    "05_the_smile_experiment.ipynb": (0, 1),
}  # widgets and pictures, at least

pytestmark = pytest.mark.slow


def committed(path: Path) -> str:
    """The file's text in the last commit; skips the test if there is no git history."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    show = ["git", "-C", str(path.parent), "show", f"HEAD:./{path.name}"]
    done = subprocess.run(show, capture_output=True, encoding="utf-8")
    if done.returncode:
        pytest.skip(f"{path.name} is in no commit: {done.stderr.strip()}")
    return done.stdout


@pytest.fixture
def kernel_path(tmp_path, monkeypatch):
    """The repository's kernel spec, where Jupyter finds it as after an installation."""
    kernels = tmp_path / "jupyter" / "kernels"
    kernels.mkdir(parents=True)
    (kernels / "editgan").symlink_to(ROOT / "kernels" / "jupyter")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return kernels


@pytest.mark.filterwarnings("default")  # the libraries that run notebooks warn about themselves
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_top_to_bottom(notebook, tiny_model, tmp_path, kernel_path, monkeypatch):
    import nbformat  # here and below: imports that take seconds, in tests that `make test-fast` leaves out
    from nbclient import NotebookClient

    text = notebook.read_text(encoding="utf-8")
    for words, others in SMALLER[notebook.name].items():
        escaped = json.dumps(words)[1:-1]
        assert escaped in text, f"{notebook.name} no longer has {words!r}; update SMALLER"
        text = text.replace(escaped, json.dumps(others)[1:-1])
    tiny_model.save(tmp_path / "tiny.safetensors")
    shutil.copy(ROOT / "examples" / "painting.png", tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'kernels'}")
    book = nbformat.reads(text, as_version=4)
    client = NotebookClient(book, timeout=120, kernel_name="editgan", resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    assert (tmp_path / WRITES[notebook.name]).stat().st_size > 0
    shown = [mime for cell in book.cells for output in cell.get("outputs", []) for mime in output.get("data", {})]
    widgets, pictures = SHOWS[notebook.name]
    assert shown.count("application/vnd.jupyter.widget-view+json") >= widgets
    assert shown.count("image/png") >= pictures


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_committed_without_outputs_and_name_the_kernel(notebook):
    import nbformat

    # Not the working copy: JupyterLab saves outputs into it when somebody uses it.
    book = nbformat.reads(committed(notebook), as_version=4)
    assert book.metadata.kernelspec.name == "editgan"
    assert not any(cell.get("outputs") for cell in book.cells)


def test_the_kernel_spec_starts_its_environments_interpreter(kernel_path):
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager

    spec = KernelSpecManager().get_kernel_spec("editgan")
    assert spec.display_name == "EditGAN"
    assert spec.env["OMP_NUM_THREADS"] == "1"
    command = KernelManager(kernel_name="editgan").format_kernel_cmd()
    assert command[:3] == [sys.executable, "-m", "ipykernel_launcher"]
