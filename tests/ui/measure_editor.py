"""Measure the editor in a real JupyterLab and Chromium: latency of a stroke, a whole edit, robustness, memory.

    python tests/ui/measure_editor.py --out results/browser.json

Prints one line of JSON: milliseconds from pointer up to the first new frame in the browser (p50, p95), seconds of a
whole edit with the browser beside it, peak resident memory of the kernel, and the figures of figures.py. Run it on a
quiet machine. Without Chromium it prints an error and exits with code 1.
"""

import argparse
import json
import runpy
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "kernels"), str(Path(__file__).parent)]

import figures  # noqa: E402
import numpy as np  # noqa: E402
from lab import CHROMIUM_ARGS, EditorPage, Lab, chromium, put_notebook, server, until  # noqa: E402
from proxy import proxy  # noqa: E402

from editgan_widgets.models.editgan import MODELS  # noqa: E402

FIRST_FRAME = """(root, job) => new Promise((resolve, reject) => {
    const end = performance.now() + 60000;
    const look = () => {
        const frame = root.editgan.frames.find(frame => frame.job > job);
        if (frame) resolve(frame.at - Number(root.dataset.up));
        else if (performance.now() > end) reject(new Error('no frame within a minute'));
        else setTimeout(look, 2);
    };
    look();
})"""
WHOLE_EDIT = """(root, job) => new Promise(resolve => {
    const look = () => {
        if (Number(root.dataset.job ?? 0) > job && !root.classList.contains('eg-running'))
            resolve(performance.now() - Number(root.dataset.up));
        else setTimeout(look, 25);
    };
    look();
})"""
# Successive values of a slider; ms from each until its picture is drawn.
SLIDES = """async (root, [label, values]) => {
    const slider = root.querySelector(`[aria-label="Scale of ${label}"]`);
    const waits = [];
    for (const value of values) {
        const began = performance.now();
        slider.value = value;
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        while (!(Number(root.dataset.previewed ?? 0) > began)) {
            if (performance.now() - began > 20000) throw new Error('no preview came');
            await new Promise(resolve => setTimeout(resolve, 2));
        }
        waits.push(Number(root.dataset.previewed) - began);
        await new Promise(resolve => setTimeout(resolve, 60));
    }
    slider.dispatchEvent(new Event('change', { bubbles: true }));
    return waits;
}"""
PEAK_MEMORY = "from editgan_widgets.training.build_model import peak_memory_mb; print(peak_memory_mb())"


PUSH = """import torch; from editgan_widgets import EditVector
delta = 0.3 * torch.randn(editor.session.w_plus[0].shape, generator=torch.Generator().manual_seed(0))
editor.add_vector(EditVector('push', delta, (), {'fingerprint': model.fingerprint}))"""


def measure(editor: EditorPage, strokes: int, edits: int, steps: int, slides: int = 30) -> dict[str, Any]:
    """Paint with the mouse and measure with the browser's clock."""
    size = len(editor.pixels("index"))
    editor.root.get_by_label("Optimisation steps").select_option(str(steps))
    names = editor.root.locator(".eg-swatch .eg-name").all_inner_texts()
    centre = size / 2

    def paint(i: int) -> int:
        """Alternate two parts around the middle of the picture, so that every stroke changes something."""
        job = int(editor.evaluate("root => root.dataset.job ?? 0"))
        editor.choose(names[-2] if i % 2 else names[1])
        y = centre + size / 4 * (i % 5) / 5
        editor.stroke([(centre - size / 8, y), (centre + size / 8, y + size / 20)], size)
        return job

    waits = []
    for i in range(strokes):
        waits.append(editor.evaluate(FIRST_FRAME, paint(i)))
        if editor.running:
            editor.press("Stop")
        editor.idle()
    whole = []
    for i in range(edits):
        # Start from a portrait that matches its mask, because unfinished strokes of the stopped edits would count too.
        editor.lab.kernel("editor.session.adopt_prediction(); editor.refresh(); editor.wait()")
        whole.append(editor.evaluate(WHOLE_EDIT, paint(i)) / 1000)
        editor.idle()
    editor.lab.kernel(PUSH)
    editor.root.get_by_label("Scale of push").wait_for()
    values = [round(-1.5 + 3 * i / (slides - 1), 2) for i in range(slides)]
    slid = editor.evaluate(SLIDES, ["push", values])
    editor.idle()
    return {
        "slider_p50_ms": float(np.percentile(slid, 50)),
        "slider_p95_ms": float(np.percentile(slid, 95)),
        "resolution": size,
        "strokes": strokes,
        "steps": steps,
        "first_frame_p50_ms": float(np.percentile(waits, 50)),
        "first_frame_p95_ms": float(np.percentile(waits, 95)),
        "first_frame_ms": [round(wait, 1) for wait in waits],
        "edit_seconds": float(np.median(whole)),
        "edit_seconds_all": [round(seconds, 2) for seconds in whole],
        "kernel_rss_mb": float(editor.lab.kernel(PEAK_MEMORY)),
    }


def endurance(
    editor: EditorPage, line: Any, moves: int, tries: int, frames: int, drags: int, shipped: bool
) -> dict[str, Any]:
    """The figures of figures.py; the page is behind the proxy `line`."""
    lab = editor.lab
    found: dict[str, Any] = {"last_place_shown": [figures.last_place_shown(editor, drags), drags]}
    editor.root.get_by_label("edit when the pointer is released").uncheck()
    found["move_idle_ms"] = figures.pointer_to_pixel(editor, moves)
    found["move_editing_ms"] = figures.pointer_to_pixel(editor, moves, steps=5_000)
    line.delay = 0.1
    found["move_far_ms"] = figures.pointer_to_pixel(editor, moves, steps=5_000)
    line.delay = 0.0
    found["burst"] = figures.move_burst(editor, 10_000)
    found["stop"] = figures.stop_to_stopped(editor, min(tries, 10))
    found["drops"] = [figures.drops(line, editor, tries), tries]
    good, editor = figures.reloads(lab, editor, tries)
    found["reloads"] = [good, tries]
    if shipped:
        good, editor = figures.restarts(lab, editor, tries)
        found["restarts"] = [good, tries]
    found["memory"] = figures.browser_memory(editor, frames=frames)
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="file for the JSON besides the last printed line")
    parser.add_argument("--model", type=Path, help="a bundle (default: the shipped one, or a tiny one if none ships)")
    parser.add_argument("--strokes", type=int, default=20)
    parser.add_argument("--edits", type=int, default=3)
    parser.add_argument("--steps", type=int, default=30, choices=(10, 20, 30, 50, 100))
    parser.add_argument("--moves", type=int, default=200, help="pointer moves in each of three situations")
    parser.add_argument("--tries", type=int, default=20, help="reloads, dropped connections and restarts")
    parser.add_argument("--frames", type=int, default=1000, help="number over which the browser's memory is measured")
    parser.add_argument("--drags", type=int, default=50, help="random moves of a slider")
    options = parser.parse_args(arguments)
    path = chromium()
    if path is None:
        print("no Chromium found: install it (Debian: apt install chromium)", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that server and browser are closed on the way out
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, sync_playwright() as driver:
        folder = Path(name)
        words, kind = {}, "portraits"
        if options.model is not None:
            words, kind = (
                {'load_model("portraits")': f"load_model({str(options.model.resolve())!r})"},
                options.model.name,
            )
        elif not MODELS["portraits"].is_file():
            kind = "tiny"
            runpy.run_path(str(ROOT / "tests" / "support" / "tiny_model.py"))["make_tiny_model"]().save(
                folder / "tiny.safetensors"
            )
            words = {
                'load_model("portraits")': f"load_model({str(folder / 'tiny.safetensors')!r})",
                '.group("mouth")': '.group("light")',
                'label="mouth"': 'label="spark"',
                'part="mouth"': 'part="spark"',
                'label="lower lip"': 'label="spark"',
                '{"smile": 0.8}': "{}",
                '{"smile": 0}': "{}",
            }
        put_notebook(folder, words)
        with server(folder) as address, proxy(address) as line:
            browser = driver.chromium.launch(executable_path=path, headless=True, args=CHROMIUM_ARGS)
            lab = Lab(browser.new_page(viewport={"width": 1440, "height": 1100}), line.address)
            lab.open()
            lab.run_all()
            editor = EditorPage(lab)
            editor.idle()
            until(lambda: not editor.running, 60, "the notebook's own edit did not end")
            results = {"model": kind, **measure(editor, options.strokes, options.edits, options.steps)}
            sizes = (options.moves, options.tries, options.frames, options.drags)
            results |= endurance(editor, line, *sizes, shipped=kind == "portraits")
            browser.close()
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
