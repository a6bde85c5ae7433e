"""Measure the editor: few-shot segmentation, 40 scripted mask edits, cancel latency, memory, and the browser's figures.

`make bench-editor` runs it on the shipped model. It prints a table and writes results/editor.json, results/editor.md
and results/edits.png (each edit: before, painted mask, after, the interpreter's mask, the segmenter's mask).
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from importlib import metadata
from pathlib import Path

from bench_released import processor

from editgan_widgets.files import write_text

ROOT = Path(__file__).parents[2]
BROWSER_SCRIPT = ROOT / "tests" / "ui" / "measure_editor.py"


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="portraits", help="a shipped model's name or a bundle's path")
    parser.add_argument("--segmenter", type=Path, help="weights of the judge (default: the shipped one)")
    parser.add_argument("--samples", type=int, default=200, help="held-out samples for the few-shot mIoU")
    parser.add_argument("--per-edit", type=int, default=5, help="seeds for each of the scripted edits")
    parser.add_argument("--steps", type=int, default=30, help="steps of an edit")
    parser.add_argument("--first-seed", type=int, default=10_000, help="held-out seeds count up from it")
    parser.add_argument("--truncation-psi", type=float, default=0.7)
    parser.add_argument("--threads", type=int, default=1, help="torch threads; the shipped Jupyter kernel has one")
    parser.add_argument("--no-browser", action="store_true", help="skip the browser's figures")
    parser.add_argument("--browser", type=Path, help="file written by an earlier tests/ui/measure_editor.py --out")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--peak-memory", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def load(options):
    import torch

    from editgan_widgets import load_model
    from editgan_widgets.domains.portraits import load_segmenter

    torch.set_num_threads(options.threads)
    model = load_model(options.model, device="cpu")
    return model, load_segmenter(options.segmenter, model.labels)


def bench(model, judge, options):
    """All figures that need no browser, as JSON values, and the contact sheet `[H, W, 3]` uint8."""
    import numpy as np

    from editgan_widgets import images
    from editgan_widgets.analysis import mask_edits, segmentation
    from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS
    from editgan_widgets.iou import mean_iou

    seeds = range(options.first_seed, options.first_seed + options.samples)
    counts = mask_edits.few_shot_confusion(model, judge, seeds, options.truncation_psi)
    print(f"few-shot mIoU {mean_iou(counts):.3f} on {len(seeds)} samples", flush=True)

    records = []
    total = len(SCRIPTED_EDITS) * options.per_edit
    pool = range(options.first_seed, options.first_seed + max(total, 20))
    for record in mask_edits.measure_edits(
        model, judge, SCRIPTED_EDITS, pool, options.per_edit, options.steps, options.truncation_psi
    ):
        records.append(record)
        m = record.measure
        print(
            f"{len(records):3}/{total} {m.edit:<16} seed {m.seed}  IoU {m.iou_before:.2f} -> {m.iou_after:.2f}  judge "
            f"{m.judge_iou_before:.2f} -> {m.judge_iou_after:.2f}  outside {m.change_outside:.4f}  {m.seconds:.1f} s",
            flush=True,
        )
    measures = [record.measure for record in records]
    sheet = None
    if records:
        strips = np.concatenate([record.strip(model.labels) for record in records])
        sheet = images.grid(strips, columns=5 * min(4, len(records)))
    figures = {
        "few_shot": {
            "samples": len(seeds),
            "miou": mean_iou(counts),
            "parts": segmentation.table(counts, model.labels),
        },
        "edits": {
            "count": len(measures),
            "median": mask_edits.medians(measures),
            "by_edit": mask_edits.by_edit(measures),
            "all": [measure.to_dict() for measure in measures],
        },
        "cancel": cancel_latency(model, options),
    }
    return figures, sheet


def cancel_latency(model, options, tries=5):
    """Cancel running edits right after a step: number of further steps, and seconds until the worker stops."""
    from editgan_widgets import EditSession
    from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS
    from editgan_widgets.streaming import Worker

    worker, late, seconds = Worker("bench"), [], []
    seed = options.first_seed
    while len(late) < tries and seed < options.first_seed + 100:
        session = EditSession.from_seed(model, seed=seed, truncation_psi=options.truncation_psi)
        seed += 1
        painted = next(
            filter(lambda p: p is not None, (e.paint(session.label_map, model.labels) for e in SCRIPTED_EDITS)), None
        )
        if painted is None:
            continue
        session.set_label_map(painted)
        arrived, third = [], threading.Event()

        def note(stamp, step, arrived=arrived, third=third):
            arrived.append(step.index)
            if len(arrived) == 3:
                third.set()

        worker.submit(lambda token, session=session: session.edit(steps=options.steps), on_item=note)
        if not third.wait(120):
            raise RuntimeError("no third step within two minutes; the edit's worker has failed, see above")
        time.sleep(0.02)
        began, before = time.perf_counter(), len(arrived)
        worker.cancel()
        worker.wait(120)
        seconds.append(time.perf_counter() - began)
        late.append(len(arrived) - before)
    worker.close()
    return {"tries": len(late), "steps_after_cancel": max(late, default=None), "seconds": max(seconds, default=None)}


def peak_memory(options):
    """Peak resident memory, MB, of a new process that loads the model and edits once: a kernel without widgets."""
    command = [sys.executable, __file__, "--peak-memory", "--model", options.model, "--threads", str(options.threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def edit_once(options):
    import torch

    from editgan_widgets import EditSession, load_model
    from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS
    from editgan_widgets.training.build_model import peak_memory_mb

    torch.set_num_threads(options.threads)
    model = load_model(options.model, device="cpu")
    for seed in range(options.first_seed, options.first_seed + 50):
        session = EditSession.from_seed(model, seed=seed, truncation_psi=options.truncation_psi)
        painted = SCRIPTED_EDITS[0].paint(session.label_map, model.labels)
        if painted is not None:
            session.set_label_map(painted)
            for _ in session.edit(steps=options.steps):
                pass
            break
    print(peak_memory_mb())


def browser_figures(model):
    """Figures that tests/ui/measure_editor.py prints as JSON on its last line, or the reason why there are none."""
    chosen = ["--model", model] if Path(model).is_file() else []
    done = subprocess.run([sys.executable, str(BROWSER_SCRIPT), *chosen], capture_output=True, text=True, cwd=ROOT)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {"skipped": (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit code {done.returncode}"]}
    return json.loads(lines[-1])


def rows(results):
    """Rows of the table: (what, figure, aim)."""
    median, browser = results["edits"]["median"], results.get("browser", {})

    def shown(value, form):
        return "not measured" if value is None or value != value else format(value, form)

    seconds_aim = "<= 2.5 s"
    table = [
        (
            "few-shot segmentation, mIoU over the parts against the U-Net",
            shown(results["few_shot"]["miou"], ".3f"),
            ">= 0.60",
        ),
        ("mask edits, median IoU inside the region by the interpreter", _arrow(median, "iou", shown), ">= 0.85"),
        ("mask edits, median IoU inside the region by the U-Net", _arrow(median, "judge_iou", shown), ">= 0.65"),
        ("mask edits, median mean absolute change outside", shown(median["change_outside"], ".4f"), "<= 0.015"),
        (f"{results['steps']}-step edit, median, headless", shown(median["seconds"], ".2f") + " s", seconds_aim),
        ("cancel -> stopped, steps that still came", shown(results["cancel"]["steps_after_cancel"], "d"), "<= 1"),
        ("peak memory of a process that edits, MB", shown(results["memory_mb"], ".0f"), "<= 1200"),
    ]
    if browser and "skipped" not in browser:
        table += [
            (
                "pointer up -> first new frame in the browser, p95",
                f"{browser['first_frame_p95_ms']:.0f} ms",
                "<= 300 ms",
            ),
            (
                f"{results['steps']}-step edit with the browser beside it",
                f"{browser['edit_seconds']:.2f} s",
                seconds_aim,
            ),
            (
                "slider of a vector moved -> picture in the browser, p50 (p95)",
                f"{browser['slider_p50_ms']:.0f} ms ({browser['slider_p95_ms']:.0f})",
                "<= 90 ms",
            ),
            ("kernel memory during an edit in the notebook, MB", f"{browser['kernel_rss_mb']:.0f}", "<= 1200"),
        ]
        table += _endurance_rows(browser)
    return table


def _endurance_rows(browser):
    """Rows with the figures of tests/ui/figures.py."""
    circumstances = {
        "idle": "the kernel idle",
        "editing": "beside an edit",
        "far": "beside an edit, 200 ms away",
    }
    table = []
    for name, words in circumstances.items():
        wait = browser[f"move_{name}_ms"]
        figure = f"{wait['p50']:.0f} ms ({wait['p95']:.0f})"
        table.append((f"pointer moved -> pixel, {words}, p50 (p95)", figure, "p95 <= 20 ms"))
    stop, memory, burst = browser["stop"], browser["memory"], browser["burst"]
    growth = f"heap {memory['heap_growth']:+.1%}, process {memory['rss_growth']:+.1%}"
    if "restarts" in browser:
        table.append(("kernel restarted, Editor.restore, all is back", "{} of {}".format(*browser["restarts"]), "all"))
    lags = f"{burst['pixel_lag_ms']:.0f} ms, {burst['kernel_lag_ms']:.0f} ms"
    return [
        *table,
        (f"{burst['moves']:,} moves at once: the last is seen; the kernel has the stroke", lags, "<= 200 ms"),
        ("Stop -> stopped, median (worst)", f"{stop['ms_median']:.0f} ms ({stop['ms']:.0f})", ""),
        ("Stop -> stopped, beyond the step under way, worst", f"{stop['ms_beyond_a_step']:.0f} ms", "<= 30 ms"),
        ("Stop -> stopped, steps that still came, worst", str(stop["steps"]), "<= 1"),
        ("page reloaded, all is back", "{} of {}".format(*browser["reloads"]), "all"),
        ("connection dropped in mid-stroke, all is back", "{} of {}".format(*browser["drops"]), "all"),
        (f"browser's memory over {memory['frames']} frames", growth, "<= +5%"),
        ("slider dragged at random, its last place is shown", "{} of {}".format(*browser["last_place_shown"]), "all"),
    ]


def _arrow(median, name, shown):
    return f"{shown(median[name + '_before'], '.2f')} -> {shown(median[name + '_after'], '.2f')}"


def markdown(results):
    machine = results["machine"]
    about = f"{machine['processor']}, {machine['cores']} cores, {machine['torch_threads']} torch threads"
    lines = [
        f"Measured on {about}; torch {results['versions']['torch']}.",
        "",
        "| what | figure | aim |",
        "|---|---|---|",
    ]
    lines += [f"| {' | '.join(row)} |" for row in rows(results)]
    names = ("iou_before", "iou_after", "judge_iou_before", "judge_iou_after", "change_outside", "seconds")
    lines += ["", f"| edit (median) | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    for edit, median in results["edits"]["by_edit"].items():
        lines.append(f"| {edit} | " + " | ".join(f"{median[name]:.3f}" for name in names) + " |")
    parts = results["few_shot"]["parts"]
    lines += ["", "| part | IoU, interpreter against U-Net |", "|---|---|"]
    lines += [f"| {part} | {'-' if iou is None else iou} |" for part, iou in parts.items()]
    return "\n".join(lines) + "\n"


def main(arguments=None):
    options = parse(arguments)
    if options.peak_memory:
        edit_once(options)
        return
    import torch

    from editgan_widgets import images

    model, judge = load(options)
    resolution = model.resolution
    results, sheet = bench(model, judge, options)
    results = {
        "model": {"name": options.model, "fingerprint": model.fingerprint, "resolution": resolution},
        "machine": {"cores": os.cpu_count(), "processor": processor(), "torch_threads": torch.get_num_threads()},
        "versions": {name: metadata.version(name) for name in ("torch", "numpy", "editgan-widgets")},
        "steps": options.steps,
        **results,
        "memory_mb": peak_memory(options),
    }
    if not options.no_browser:
        earlier = options.browser
        results["browser"] = browser_figures(options.model) if earlier is None else json.loads(earlier.read_text())
        if "skipped" in results["browser"]:
            print("browser figures left out:", *results["browser"]["skipped"])
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "editor.json", json.dumps(_without_nan(results), indent=1) + "\n")
    text = markdown(results)
    write_text(options.out / "editor.md", text)
    if sheet is not None:
        images.save(sheet, options.out / "edits.png")
    print(text)


def _without_nan(value):
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if value != value else value


if __name__ == "__main__":
    main()
