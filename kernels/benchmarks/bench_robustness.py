"""Measure the editor under load: bursts of events, many edits, two editors at once.

    python kernels/benchmarks/bench_robustness.py --model portraits --edits 1000 --out results/robustness.json

Prints one line of JSON at the end. Run it on a quiet machine.
"""

import argparse
import gc
import json
import threading
import time
from pathlib import Path

import numpy as np

from editgan_widgets.files import write_text


def message(editor, content, buffers=()):
    """Send the editor a message as its page does."""
    editor.view._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])


def stroke(n, x, y, label):
    content = {"kind": "stroke", "tool": "brush", "radius": 1.5, "label": label, "auto": False, "turn": ["page", n]}
    return content, [np.array([(x, y)], np.float32).tobytes()]


def stroke_burst(editor, count):
    """Milliseconds from the last of many strokes until its mask is sent to the browser, and seconds for all."""
    rng = np.random.default_rng(0)
    side = len(editor.label_map)
    labels = [label.id for label in editor.labels][1:3]
    sent = [stroke(n + 1, *rng.uniform(1, side - 1, 2), labels[n % 2]) for n in range(count)]
    began = time.perf_counter()
    for content, buffers in sent:
        message(editor, content, buffers)
    last = time.perf_counter()
    while editor.view.handled.get("page", 0) < count:
        time.sleep(0.0005)
    return {"strokes_lag_ms": 1e3 * (time.perf_counter() - last), "strokes_seconds": time.perf_counter() - began}


def preview_burst(editor, name, count):
    """Milliseconds from the last of many slider positions until its picture is sent, and number of sent pictures."""
    frames, computed, picture_of = [], [], editor.session.picture_of

    def send(content, buffers=None):
        if content["kind"] == "frame":
            frames.append(time.perf_counter())

    def noted(w_plus):
        computed.append((time.perf_counter(), w_plus))
        return picture_of(w_plus)

    editor.view.send, editor.session.picture_of = send, noted
    last_scale = 2 * (count - 1) / count
    wanted = editor.session.w_plus + last_scale * editor.vectors[name].delta_w_plus.to(editor.session.w_plus)
    for i in range(count):
        message(editor, {"kind": "vectors", "scales": {name: 2 * i / count}, "live": True})
    last = time.perf_counter()
    editor.wait()
    del editor.session.picture_of, editor.view.send
    begun = next(at for at, w_plus in computed if wanted.allclose(w_plus, rtol=0, atol=1e-6))
    left = next(at for at in frames if at > begun)
    return {"previews_lag_ms": 1e3 * (left - last), "previews_shown": len(frames)}


def resident_mb():
    """Resident memory of this process, MB. Raises OSError if the system does not report it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not report a process's resident memory")


def memory_over(editor, edits, marks=10):
    """Resident memory after each tenth of many one-step edits: [(edits, MB)]."""
    side, labels = len(editor.label_map), [label.id for label in editor.labels][1:3]
    found = []
    for i in range(edits + 1):
        if i % max(1, edits // marks) == 0:
            gc.collect()
            found.append((i, round(resident_mb(), 1)))
        content, buffers = stroke(None, side / 2 + side / 4 * np.sin(i), side / 2 + side / 4 * np.cos(i), labels[i % 2])
        del content["turn"]
        message(editor, {**content, "auto": True, "steps": 1, "radius": side / 12}, buffers)
        editor.wait()
    return found


def two_editors(model, steps, by_turns):
    """Seconds for two concurrent edits, in two sessions of one model."""
    from editgan_widgets import EditSession
    from editgan_widgets.turns import Turns

    line = Turns()
    sessions = [EditSession.from_seed(model, seed=seed) for seed in (1, 2)]
    for session in sessions:
        painted = session.label_map.copy()
        third = len(painted) // 3
        painted[third : 2 * third, third : 2 * third] = max(label.id for label in model.labels)
        session.set_label_map(painted)

    def edit(session):
        steps_left = iter(session.edit(steps=steps))
        while True:
            if by_turns:
                with line:
                    step = next(steps_left, None)
            else:
                step = next(steps_left, None)
            if step is None:
                return

    threads = [threading.Thread(target=edit, args=(session,)) for session in sessions]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def make_editor(model, **options):
    from editgan_widgets import EditSession
    from editgan_widgets.widgets import Editor

    return Editor(EditSession.from_seed(model, seed=1), journal=False, **options)


def bench(model, events, edits, steps):
    import torch

    from editgan_widgets import EditVector

    config = model.generator.config
    delta = 0.2 * torch.randn(config.num_ws, config.w_dim, generator=torch.Generator().manual_seed(0))
    push = EditVector("push", delta, (), {"fingerprint": model.fingerprint})
    results = {"events": events}
    editor = make_editor(model, auto=False, vectors={})
    results |= stroke_burst(editor, events)
    editor.close()
    editor = make_editor(model, auto=False, vectors={"push": push})
    results |= preview_burst(editor, "push", events)
    editor.close()
    editor = make_editor(model, vectors={})
    results["edits"], results["memory_mb"] = edits, memory_over(editor, edits)
    editor.close()
    two_editors(model, 2, False)
    results["two_editors_overlapping_s"] = two_editors(model, steps, False)
    results["two_editors_by_turns_s"] = two_editors(model, steps, True)
    return results


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="portraits", help="a shipped model's name or a bundle's path")
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--edits", type=int, default=1_000)
    parser.add_argument("--steps", type=int, default=30, help="steps of each edit with two editors")
    parser.add_argument("--threads", type=int, default=1, help="torch threads; the shipped Jupyter kernel has one")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    import torch

    from editgan_widgets import load_model

    torch.set_num_threads(options.threads)
    results = bench(load_model(options.model, device="cpu"), options.events, options.edits, options.steps)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        write_text(options.out, json.dumps(results, indent=1) + "\n")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
