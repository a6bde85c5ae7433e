"""A Jupyter server and its pages for the browser tests and measure_editor.py, with private folders; closed at the end.

One server shows a notebook in JupyterLab and, if they are installed, in Notebook 7, nbclassic and Voila.
"""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOK = "01_paint_a_portrait.ipynb"
VIEWPORT: Any = {"width": 1440, "height": 1100}
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def chromium() -> str | None:
    """Path of Chromium or Chrome, or None. The environment variable CHROMIUM overrides the search."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def example(replacements: dict[str, str]) -> str:
    """The example notebook with replacements, which must all be found."""
    text = (ROOT / "examples" / NOTEBOOK).read_text(encoding="utf-8")
    for words, others in replacements.items():
        escaped = json.dumps(words)[1:-1]
        assert escaped in text, f"{NOTEBOOK} no longer has {words!r}"
        text = text.replace(escaped, json.dumps(others)[1:-1])
    return text


def put_notebook(folder: Path, replacements: dict[str, str]) -> None:
    """Write the example notebook with replacements to `folder/work`."""
    (folder / "work").mkdir(parents=True, exist_ok=True)
    (folder / "work" / NOTEBOOK).write_text(example(replacements), encoding="utf-8")


def notebook_of(*cells: str) -> str:
    """A notebook of code cells for the repository's kernel spec, as JSON."""
    import nbformat

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "editgan", "display_name": "EditGAN", "language": "python"}},
    )
    return nbformat.writes(notebook)


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells for the repository's kernel spec."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook_of(*cells), encoding="utf-8")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start JupyterLab on `folder/work` with the repository's kernel spec; yields its address. It has no password."""
    work, settings = folder / "work", folder / "settings"
    work.mkdir(parents=True, exist_ok=True)
    kernels = folder / "jupyter" / "kernels"
    kernels.mkdir(parents=True)
    (kernels / "editgan").symlink_to(ROOT / "kernels" / "jupyter")
    quiet = settings / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    news = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (quiet / "notification.jupyterlab-settings").write_text(json.dumps(news))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_PATH": str(folder / "jupyter"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "kernels"), os.environ.get("PYTHONPATH", "")]).strip(
            os.pathsep
        ),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"),
        *("--IdentityProvider.token=", "--ServerApp.password=", "--ServerApp.disable_check_xsrf=True"),
        *(f"--ServerApp.root_dir={work}", "--LabApp.expose_app_in_browser=True"),
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(f"{address}/api/status") or process.poll() is not None, 120, "JupyterLab did not start")
        if process.poll() is not None:
            raise RuntimeError(f"JupyterLab ended: {(folder / 'server.log').read_text()[-2000:]}")
        yield address
    finally:
        stop(process)
        log.close()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except OSError:
        return False


def stop(process: subprocess.Popen) -> None:
    """End the server and its kernels: SIGTERM makes it shut them down; remaining processes are killed."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def until(condition: Callable[[], Any], seconds: float, message: str, every: float = 0.05) -> Any:
    """Poll until the condition is true; returns its value. Raises AssertionError with the message after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{message} (within {seconds} s)"
        time.sleep(every)


class Host:
    """One page with an open notebook; each host below defines its address and how cells are run."""

    PLACE = ""  # path of a notebook below the server's address
    OWN_ERRORS: tuple[str, ...] = ()  # errors that the host's page raises on any notebook
    path: Path  # the notebook's file, if a test wrote it

    def __init__(self, page: Any, address: str):
        self.page, self.address = page, address
        self.errors: list[str] = []
        page.set_default_timeout(90_000)  # a busy machine must not fail a test
        page.on("pageerror", self._on_error)

    def _on_error(self, error: Any) -> None:
        if str(error) not in self.OWN_ERRORS:
            self.errors.append(getattr(error, "stack", "") or str(error))

    def open(self, notebook: str = NOTEBOOK) -> None:
        self.page.goto(f"{self.address}/{self.PLACE}/{notebook}")
        self.ready()

    def ready(self) -> None:
        """Wait until the kernel is ready."""
        raise NotImplementedError

    def run_all(self) -> None:
        """Run all cells to their end."""
        raise NotImplementedError

    def kernel(self, code: str) -> str:
        """Run code in the notebook's kernel; returns its output."""
        raise NotImplementedError

    def save(self) -> None:
        """Save the notebook."""
        raise NotImplementedError

    def start_cell(self, number: int) -> None:
        """Run the cell with that index, and return once the kernel is busy with it."""
        raise NotImplementedError

    def drawn(self) -> None:
        """Wait until the page has drawn its state."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def shutdown(self) -> None:
        """End the kernel."""
        raise NotImplementedError


# Widget.close_all would also close a widget of ipycanvas that all canvases share.
CLOSE_ALL = """
import gc, sys
widgets = sys.modules.get("editgan_widgets.widgets")
for thing in gc.get_objects() if widgets else []:
    if type(thing) in (widgets.Editor, widgets.SampleGrid, widgets.VectorExplorer):
        thing.close()
"""


# Run in a kernel: photos are embedded in 20 steps instead of 100.
QUICK_EMBEDDING = """
from functools import partial
from editgan_widgets.latent import embed as embedding
embedding.EmbedConfig = partial(embedding.EmbedConfig, steps=20)
"""


class Lab(Host):
    """JupyterLab, one document per page."""

    PLACE = "doc/tree"
    OWN_ERRORS = (  # 4.6.6, from its own code when a page's cells are laid out again
        "Failed to execute 'removeChild' on 'Node': The node to be removed is not a child of this node.",
    )

    def ready(self) -> None:
        self.page.wait_for_function("window.jupyterapp", timeout=120_000)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
        self.page.wait_for_function(
            """() => { const panel = window.jupyterapp.shell.currentWidget;
                const kernel = panel?.sessionContext?.session?.kernel;
                return kernel && kernel.status === 'idle' && kernel.connectionStatus === 'connected'; }""",
            timeout=120_000,
        )

    def theme(self, name: str) -> None:
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })", name)
        light = "true" if name.endswith("Light") else "false"
        self.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{light}'")

    def run_all(self) -> None:
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        self.page.wait_for_selector(".eg-root", timeout=120_000)
        self.page.wait_for_function(
            """() => window.jupyterapp.shell.currentWidget.content.model.cells
                && [...window.jupyterapp.shell.currentWidget.content.model.cells]
                    .filter(cell => cell.type === 'code').every(cell => cell.executionCount)""",
            timeout=240_000,
        )
        self.page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'", timeout=120_000
        )

    def start_cell(self, number: int) -> None:
        self.page.evaluate(
            """number => { const { currentWidget } = window.jupyterapp.shell;
                currentWidget.content.activeCellIndex = number;
                window.jupyterapp.commands.execute('notebook:run-cell'); }""",
            number,
        )
        self.page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
        )

    def kernel(self, code: str) -> str:
        return self.page.evaluate(
            """async code => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({ code, store_history: false });
                let text = '';
                future.onIOPub = message => {
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error') text += message.content.traceback.join('\\n');
                };
                await future.done; return text; }""",
            code,
        )

    def begin_again(self) -> None:
        """Reset the page: light theme, default size, empty kernel."""
        self.errors.clear()
        self.page.set_viewport_size(VIEWPORT)
        self.page.emulate_media(reduced_motion="no-preference")
        self.page.evaluate("() => sessionStorage.clear()")
        if self.page.evaluate("document.body.dataset.jpThemeLight") != "true":
            self.theme("JupyterLab Light")
        self.put(notebook_of())
        self.kernel(CLOSE_ALL)
        self.kernel("%reset -f")

    def put(self, notebook: str) -> None:
        """Replace the cells of the notebook, given as JSON in the file format."""
        self.page.evaluate(
            """notebook => { const { model } = window.jupyterapp.shell.currentWidget.content;
                model.sharedModel.fromJSON(notebook); }""",
            json.loads(notebook),
        )

    def restart(self) -> None:
        """Restart the kernel, as after a crash: its state is lost."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        self.ready()

    def run_in_new_cell(self, code: str) -> None:
        """Append a cell and run it."""
        self.page.evaluate(
            """async code => { const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
                content.activeCellIndex = content.widgets.length - 1;
                await window.jupyterapp.commands.execute('notebook:insert-cell-below');
                content.activeCell.model.sharedModel.setSource(code);
                await window.jupyterapp.commands.execute('notebook:run-cell'); }""",
            code,
        )

    def save(self) -> None:
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def shutdown(self) -> None:
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


class Notebook(Lab):
    """Notebook 7: JupyterLab's components, one notebook per page."""

    PLACE = "notebooks"
    OWN_ERRORS = (  # 7.6.5, as it loads its settings and its tree
        "Cannot read properties of undefined (reading 'schema')",
        "Command 'filebrowser:open-path' not registered.",
    )


# Numbers of the cells of nbclassic whose output is a widget that is not on the page.
_MISSING_WIDGETS = """const cells = [];
Jupyter.notebook.get_cells().forEach((cell, i) => {
    const outputs = cell.output_area?.outputs ?? [];
    const widget = outputs.some((one) => one.data?.['application/vnd.jupyter.widget-view+json']);
    const shown = cell.element[0].querySelector('.eg-root, .ex-root, .eg-finder, .jupyter-widgets');
    if (widget && !shown) cells.push(i);
});"""


class Classic(Host):
    """nbclassic: the notebook before version 7."""

    PLACE = "nbclassic/notebooks"
    OWN_ERRORS = ("Host is not attached.",)  # 1.3.3 occasionally, when a widget's message arrives before its cell

    def ready(self) -> None:
        self.page.wait_for_function("window.Jupyter?.notebook?.kernel?.is_connected()", timeout=120_000)
        self.page.wait_for_selector("#kernel_indicator .kernel_idle_icon", state="attached", timeout=120_000)

    def run_all(self) -> None:
        self.page.evaluate("() => Jupyter.notebook.execute_all_cells()")
        self.page.wait_for_function(
            "Jupyter.notebook.get_cells().every(cell => Number(cell.input_prompt_number) > 0)", timeout=240_000
        )
        # Where a widget's message arrives before its cell, the page never shows the widget: the cell is run again.
        missing = f"() => {{ {_MISSING_WIDGETS} return cells; }}"
        with suppress(AssertionError):
            until(lambda: not self.page.evaluate(missing), 20, "widgets are missing")
        if cells := self.page.evaluate(missing):
            self.page.evaluate("cells => { Jupyter.notebook.execute_cells(cells); }", cells)

    def kernel(self, code: str) -> str:
        return self.page.evaluate(
            """code => new Promise(resolve => { let text = '';
                Jupyter.notebook.kernel.execute(code, {
                    iopub: { output: message => {
                        text += message.content.text ?? message.content.traceback?.join('\\n') ?? ''; } },
                    shell: { reply: () => setTimeout(() => resolve(text), 100) },
                }, { silent: false, store_history: false }); })""",
            code,
        )

    def save(self) -> None:
        self.page.evaluate("() => Jupyter.notebook.save_notebook()")

    def start_cell(self, number: int) -> None:
        self.page.evaluate("number => { Jupyter.notebook.execute_cells([number]); }", number)
        self.page.wait_for_selector("#kernel_indicator .kernel_busy_icon", state="attached")

    def shutdown(self) -> None:
        self.page.evaluate("() => Jupyter.notebook.session.delete()")


class Voila(Host):
    """Voila: outputs only; it runs all cells automatically, in a new kernel for each page."""

    PLACE = "voila/render"

    def ready(self) -> None:
        self.page.wait_for_selector(".eg-root", timeout=120_000)

    def run_all(self) -> None:
        """Do nothing: Voila has run all cells."""

    def shutdown(self) -> None:
        """Do nothing: the kernel ends with the page."""


# Bytes of the page as base64, because a list of numbers would take seconds.
PACK = """bytes => { let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text); }"""


def unpacked(text: str) -> Any:
    """The bytes of a base64 text, uint8."""
    import numpy as np

    return np.frombuffer(base64.b64decode(text), np.uint8)


class EditorPage:
    """The editor in a page: pointer, buttons, and the shown state."""

    def __init__(self, lab: Host, which: int = 0):
        self.lab, self.page = lab, lab.page
        self.root = self.page.locator(".eg-root").nth(which)
        self.root.wait_for(timeout=120_000)
        self.root.scroll_into_view_if_needed()
        until(
            lambda: self.evaluate("root => root.editgan.picture().some(value => value > 0 && value < 255)"),
            20,
            "no picture",
        )

    def evaluate(self, code: str, argument: Any = None) -> Any:
        return self.root.evaluate(code, argument)

    def canvas(self, name: str) -> Any:
        return self.root.locator(".eg-canvas").nth({"picture": 0, "parts": 1}[name])

    def stroke(self, points: list[tuple[float, float]], size: int, view: str = "parts", steps: int = 6) -> None:
        """Paint through picture points (px) with the real mouse."""
        canvas = self.canvas(view)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        scale = box["width"] / size
        places = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in points]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=steps)
        self.page.mouse.up()

    def choose(self, part: str) -> None:
        self.root.locator(".eg-swatch", has_text=part).first.click()

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=re.compile(f"^{name}")).first.click()

    def set(self, label: str, value: Any) -> None:
        """Set one of the sliders or the checkbox."""
        self.root.get_by_label(label).first.fill(str(value))

    def released(self) -> float:
        """When the page last sent a stroke, ms of its clock; 0 if it has sent none."""
        return float(self.evaluate("root => root.dataset.up ?? 0"))

    @property
    def frames(self) -> int:
        return int(self.evaluate("root => root.dataset.frames ?? 0"))

    @property
    def running(self) -> bool:
        return self.evaluate("root => root.classList.contains('eg-running')")

    @property
    def status(self) -> str:
        return self.root.locator(".eg-status").inner_text()

    def pixels(self, name: str = "picture") -> Any:
        """Pixels in the browser: the picture [H, W, 3], or the label indices [H, W]."""
        if name == "index":
            flat = unpacked(self.evaluate(f"root => ({PACK})(root.editgan.index)"))
            side = round(len(flat) ** 0.5)
            return flat.reshape(side, side)
        flat = unpacked(self.evaluate(f"root => ({PACK})(root.editgan.picture())"))
        side = round((len(flat) / 4) ** 0.5)
        return flat.reshape(side, side, 4)[..., :3]

    def idle(self, seconds: float = 120) -> None:
        until(
            lambda: not self.running and self.evaluate("root => root.editgan.pending()") == 0,
            seconds,
            "the edit did not end",
        )
