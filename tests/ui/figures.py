"""Figures of the editor in a page: pointer to pixel, stop, reloads, dropped connections, restarts, memory, sliders."""

import json
import random
import sys
import time
from typing import Any

import numpy as np
from lab import EditorPage, Lab, until

# Records for each move the time until a frame shows changed pixels around the pointer.
WATCH_MOVES = """root => {
    const canvas = root.querySelectorAll('.eg-canvas')[1], ctx = canvas.getContext('2d');
    const waits = root.moveWaits = [];
    root.movesSeen = 0;
    root.watchMoves = event => {
        root.movesSeen++;
        const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
        const x = Math.round((event.clientX - box.left) * scale) - 16;
        const y = Math.round((event.clientY - box.top) * scale) - 16;
        const sum = (sum, value, i) => (sum * 31 + value * (i % 7)) % 1000003;
        const look = () => ctx.getImageData(x, y, 32, 32).data.reduce(sum, 0);
        const before = look(), began = event.timeStamp;
        const check = () => {
            if (look() !== before) waits.push(performance.now() - began);
            else if (performance.now() - began > 2000) waits.push(2000);
            else requestAnimationFrame(check);
        };
        requestAnimationFrame(check);
    };
    canvas.addEventListener('pointermove', root.watchMoves);
}"""
END_WATCH = """root => {
    root.querySelectorAll('.eg-canvas')[1].removeEventListener('pointermove', root.watchMoves);
    return root.moveWaits;
}"""
# Many moves of a pressed pointer at once, along a curve; their duration in ms, and ms until a frame shows the last one.
MOVE_BURST = """(root, count) => new Promise(resolve => {
    const canvas = root.querySelectorAll('.eg-canvas')[1], ctx = canvas.getContext('2d');
    const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
    const place = i => {
        const angle = i / 37, reach = box.width * (0.12 + 0.1 * Math.sin(i / 501));
        return [box.left + box.width / 2 + reach * Math.cos(angle), box.top + box.height / 2 + reach * Math.sin(angle)];
    };
    const [endX, endY] = [box.left + 0.9 * box.width, box.top + 0.9 * box.height]; // far from the rest
    const pixel = () => [...ctx.getImageData((endX - box.left) * scale, (endY - box.top) * scale, 1, 1).data].join();
    const move = (x, y) => canvas.dispatchEvent(
        new PointerEvent('pointermove', { pointerId: root.heldPointer, clientX: x, clientY: y, bubbles: true }));
    const before = pixel(), began = performance.now();
    for (let i = 1; i < count; i++) move(...place(i));
    const last = performance.now();
    move(endX, endY);
    const look = () => {
        if (pixel() !== before || performance.now() - last > 60000)
            resolve({ moves_ms: last - began, pixel_lag_ms: performance.now() - last });
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""
HOLD_POINTER = """root => root.querySelectorAll('.eg-canvas')[1]
    .addEventListener('pointerdown', event => { root.heldPointer = event.pointerId; }, { once: true })"""
CONFIRMED = """root => new Promise(resolve => {
    const look = () => root.editgan.pending() === 0
        ? resolve(performance.now() - Number(root.dataset.up)) : setTimeout(look, 2);
    look();
})"""
WATCH_STOP = """import time
noted = {'steps': [], 'stop': 0.0, 'stopped': 0.0}
from editgan_widgets.widgets.core.commands import Stop
def _watch(editor=editor, edit=editor.session.edit, check=Stop.check):
    def steps(**how):
        for step in edit(**how):
            noted['steps'].append(time.perf_counter())
            yield step
    def arrived(self, document):
        noted['stop'] = time.perf_counter()
        check(self, document)
    def running(change):
        if not change['new']:
            noted['stopped'] = time.perf_counter()
    editor.session.edit, Stop.check = steps, arrived
    editor.view.observe(running, 'running')
_watch()"""
NOTED = "import json; print(json.dumps(noted)); noted['steps'].clear()"
CONNECTION = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.connectionStatus"
SLIDE_AT_RANDOM = """async (root, [label, values, pauses]) => {
    const slider = root.querySelector(`[aria-label="Scale of ${label}"]`);
    for (const [i, value] of values.entries()) {
        slider.value = value;
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise(resolve => setTimeout(resolve, pauses[i]));
    }
}"""
LET_GO = """(root, label) => root.querySelector(`[aria-label="Scale of ${label}"]`)
    .dispatchEvent(new Event('change', { bubbles: true }))"""
PREVIEWED = """import json, torch
from editgan_widgets import images
with torch.no_grad():
    w = editor.vectors['push'].apply(editor.session.w_plus, {scale} - editor.vector_scales.get('push', 0.0), model)
    shown = images.to_uint8(model.generator.synthesis(w, noise_mode='const').image)[0]
print(json.dumps(shown.tolist()))"""
HELD = "import json; print(json.dumps([editor.vector_scales.get('push', 0.0), editor.image.tolist()]))"
FRAMES = """import numpy as np
rng = np.random.default_rng(0)
picture = editor.image
for i in range({count}):
    noisy = np.clip(picture + rng.normal(0, 8, picture.shape), 0, 255).astype(np.uint8)
    editor.view.send_frame(10**6 + i, editor.view.job, noisy, {{'step': i, 'total': {count}}})"""


def percentiles(waits: list[float]) -> dict[str, float]:
    return {"p50": float(np.percentile(waits, 50)), "p95": float(np.percentile(waits, 95)), "count": len(waits)}


def screen(editor: EditorPage, x: float, y: float, size: int) -> tuple[float, float]:
    box = editor.canvas("parts").bounding_box()
    return box["x"] + x * box["width"] / size, box["y"] + y * box["width"] / size


def pointer_to_pixel(editor: EditorPage, moves: int, steps: int = 0, size: int | None = None) -> dict[str, float]:
    """Paint a long stroke with the mouse; ms from each move to the frame that shows it. `steps`: during an edit."""
    size = size or len(editor.pixels("index"))
    editor.canvas("parts").scroll_into_view_if_needed()
    if steps:
        editor.lab.kernel(f"editor.run({steps})")
        until(lambda: editor.running, 30, "the edit did not begin")
    editor.page.mouse.move(*screen(editor, size / 2, size / 4, size))
    editor.page.mouse.down()
    editor.evaluate(WATCH_MOVES)
    for i in range(moves):
        angle = 2 * np.pi * i / 40
        reach = size / 4 * (1 + 0.3 * np.sin(i / 17))
        editor.page.mouse.move(
            *screen(editor, size / 2 + reach * np.sin(angle), size / 2 - reach * np.cos(angle), size)
        )
        time.sleep(0.012)
    if steps:
        assert editor.running, "the edit ended before the moves did; give it more steps"
    until(lambda: editor.evaluate("root => root.moveWaits.length === root.movesSeen"), 10, "a move was never shown")
    waits = editor.evaluate(END_WATCH)
    editor.page.mouse.up()
    if editor.running:
        editor.press("Stop")
    editor.idle()
    return percentiles(waits)


def move_burst(editor: EditorPage, count: int) -> dict[str, float]:
    """One stroke of very many moves at once: ms until the last is shown, and until the kernel has the stroke."""
    size = len(editor.pixels("index"))
    editor.canvas("parts").scroll_into_view_if_needed()
    editor.evaluate(HOLD_POINTER)
    editor.page.mouse.move(*screen(editor, size / 2, size / 2, size))
    editor.page.mouse.down()
    found = editor.evaluate(MOVE_BURST, count)
    editor.page.mouse.up()
    found["kernel_lag_ms"] = editor.evaluate(CONFIRMED)
    editor.idle()
    return {"moves": count, **found}


def stop_to_stopped(editor: EditorPage, tries: int, steps: int = 100) -> dict[str, float]:
    """Stop running edits; returns the worst figures: further steps, ms until the end, ms beyond the current step.

    The current step is the one that was running when Stop arrived. Other work on the machine can make it three times as
    long as its neighbours, and it is always completed.
    """
    editor.lab.kernel(WATCH_STOP)
    late, waits, beyond = [], [], []
    for i in range(tries):
        editor.lab.kernel(
            f"label_map = editor.label_map.copy(); label_map[8:20, 8:20] = {1 + i % 2}\n"
            f"editor.operate(lambda before, labels: label_map, run=False); editor.wait(); editor.run({steps})"
        )
        # At another step in each try.
        until(lambda i=i: int(editor.lab.kernel("print(len(noted['steps']))")) > 3 + i, 60, "the edit did not begin")
        editor.press("Stop")
        editor.idle()
        noted = json.loads(editor.lab.kernel(NOTED))
        before = [at for at in noted["steps"] if at <= noted["stop"]]
        after = [at for at in noted["steps"] if at > noted["stop"]]
        under_way = after[0] - before[-1] if after else float(np.median(np.diff(before)))
        waits.append(1000 * (noted["stopped"] - noted["stop"]))
        late.append(len(after))
        beyond.append(waits[-1] - 1000 * under_way)
    return {
        "steps": max(late),
        "ms": max(waits),
        "ms_median": float(np.median(waits)),
        "ms_beyond_a_step": max(beyond),
        "tries": tries,
    }


def shown_state(editor: EditorPage) -> dict[str, Any]:
    """The editor's state as shown in the page."""
    ranges = "[...root.querySelectorAll('.eg-vector input[type=range]')]"
    sliders = f"root => {ranges}.map(slider => [slider.ariaLabel, slider.value])"
    return {
        "mask": editor.pixels("index").tolist(),
        "picture": editor.pixels().tolist(),
        "sliders": editor.evaluate(sliders),
        "status": editor.status,
    }


def comes_back(editor: EditorPage, wanted: dict[str, Any], seconds: float = 30) -> bool:
    """Whether the page shows a state again within `seconds`."""
    try:
        until(lambda: shown_state(editor) == wanted, seconds, "another state", every=0.2)
    except AssertionError:
        return False
    return True


def reloads(lab: Lab, editor: EditorPage, count: int) -> tuple[int, EditorPage]:
    """Reload the page; returns how often everything was restored."""
    lab.save()
    until(lambda: lab.page.locator(".jp-mod-current.jp-mod-dirty").count() == 0, 20, "not saved")
    wanted, good = shown_state(editor), 0
    for _ in range(count):
        lab.page.reload()
        lab.page.wait_for_selector(".eg-root", timeout=60_000)
        editor = EditorPage(lab)
        good += comes_back(editor, wanted)
    return good, editor


def drops(line: Any, editor: EditorPage, count: int) -> int:
    """Cut the connection during strokes; returns how often picture, mask, sliders and status match the kernel's."""
    good, size = 0, len(editor.pixels("index"))

    def differing(kernel: list[Any]) -> list[str]:
        """Names of the values in which the page differs from the kernel."""
        shown = shown_state(editor)
        scales = [float(value) for _, value in shown["sliders"]]
        page = {"mask": shown["mask"], "picture": shown["picture"], "status": shown["status"], "sliders": scales}
        return [name for (name, value), wanted in zip(page.items(), kernel, strict=True) if value != wanted]

    for i in range(count):
        y = size * (0.2 + 0.6 * i / count)
        editor.canvas("parts").scroll_into_view_if_needed()
        editor.page.mouse.move(*screen(editor, size * 0.3, y, size))
        editor.page.mouse.down()
        editor.page.mouse.move(*screen(editor, size * 0.4, y, size), steps=3)
        line.cut()
        editor.page.mouse.move(*screen(editor, size * 0.6, y, size), steps=3)
        editor.page.mouse.up()
        painted = editor.pixels("index").tolist()
        until(lambda: editor.page.evaluate(CONNECTION) != "connected", 30, "the page does not see the cut")
        line.mend()
        until(lambda: editor.evaluate("root => root.editgan.waiting()") == 0, 90, "something still waits")
        editor.idle()
        kernel = json.loads(
            editor.lab.kernel(
                "import json; editor.wait(); print(json.dumps([editor.label_map.tolist(), editor.image.tolist(), "
                "editor.view.status, [round(editor.vector_scales.get(name, 0.0), 2) for name in editor.vectors]]))"
            )
        )
        try:
            until(lambda kernel=kernel: not differing(kernel), 5, "another state")
        except AssertionError:
            words = f"{', '.join(differing(kernel))} of the kernel's; status {editor.status!r}, {kernel[2]!r}"
            print(f"drop {i}: the page shows another {words}", file=sys.stderr)
            continue
        good += painted == kernel[0]
        if painted != kernel[0]:
            print(f"drop {i}: the kernel holds another mask than was painted", file=sys.stderr)
    return good


def restarts(lab: Lab, editor: EditorPage, count: int) -> tuple[int, EditorPage]:
    """Restart the kernel and restore the editor in a new cell; returns how often mask, picture and sliders are back."""
    good = 0
    for _ in range(count):
        wanted = shown_state(editor)
        lab.restart()
        lab.run_in_new_cell("from editgan_widgets.widgets import Editor\neditor = Editor.restore()\neditor")
        editor = EditorPage(lab, -1)
        wanted["status"] = editor.status  # the status reports the restoration
        good += comes_back(editor, wanted)
    return good, editor


def browser_memory(editor: EditorPage, warm: int = 200, frames: int = 1000) -> dict[str, float]:
    """JS heap and resident memory of the page's process after the first frames, MB, and the growth over many more."""
    import psutil

    session = editor.page.context.new_cdp_session(editor.page)
    session.send("Performance.enable")

    def look() -> tuple[float, float]:
        for _ in range(3):
            session.send("HeapProfiler.collectGarbage")
        metrics = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
        pages = [p for p in psutil.Process().children(recursive=True) if "--type=renderer" in " ".join(p.cmdline())]
        return metrics["JSHeapUsedSize"] / 1e6, max(p.memory_info().rss for p in pages) / 1e6

    def send(count: int) -> None:
        seen = editor.frames
        editor.lab.kernel(FRAMES.format(count=count))
        until(lambda: editor.frames >= seen + count, 120, "the frames did not come")

    send(warm)
    heap, resident = look()
    send(frames)
    heap_after, resident_after = look()
    session.detach()
    growth = {"heap_growth": heap_after / heap - 1, "rss_growth": resident_after / resident - 1}
    return {"heap_mb": heap_after, "rss_mb": resident_after, **growth, "frames": frames}


def last_place_shown(editor: EditorPage, tries: int) -> int:
    """Move a slider at random; returns how often preview and final picture are those of the last position."""
    rng, good = random.Random(0), 0
    for _ in range(tries):
        count = rng.randint(3, 25)
        values = [round(rng.uniform(-1.5, 1.5) / 0.05) * 0.05 for _ in range(count)]
        editor.evaluate(SLIDE_AT_RANDOM, ["push", values, [rng.choice((0, 1, 4, 16, 40)) for _ in values]])
        wanted = np.array(json.loads(editor.lab.kernel(PREVIEWED.format(scale=values[-1]))), float)
        try:  # a JPEG of it
            until(lambda wanted=wanted: np.abs(editor.pixels() - wanted).mean() < 2.5, 10, "another preview")
        except AssertionError:
            off = np.abs(editor.pixels() - wanted).mean()
            print(f"slider at {values[-1]:.2f}: the preview is {off:.2f} from it", file=sys.stderr)
            continue
        editor.evaluate(LET_GO, "push")
        editor.idle()
        editor.lab.kernel("editor.wait()")
        held = json.loads(editor.lab.kernel(HELD))
        same = comes_back_picture(editor, np.array(held[1], np.uint8))
        good += same and abs(held[0] - values[-1]) < 1e-6
    return good


def comes_back_picture(editor: EditorPage, wanted: np.ndarray) -> bool:
    try:
        until(lambda: np.array_equal(editor.pixels(), wanted), 10, "another picture")
    except AssertionError:
        return False
    return True
