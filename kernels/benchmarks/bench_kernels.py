"""Compare the Triton kernels with their plain torch forms on this machine's CUDA device, on the maps of whole edits.

Runs an edit of each shape in float32 and in bfloat16; every op tries both of its forms on each map size
(editgan_kernels/choice.py). Prints the results and writes results/kernels.md.
"""

import argparse
import collections
from dataclasses import replace
from pathlib import Path

import released_loop
import torch

from editgan_kernels import choices
from editgan_widgets.files import write_text
from editgan_widgets.latent.optimize import EditConfig, optimize_edit


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--shapes", nargs="+", choices=tuple(released_loop.SHAPES), default=("portraits-128", "car-512")
    )
    parser.add_argument("--out", type=Path, default=Path("results"))
    return parser.parse_args(arguments)


def edit(shape, precision):
    """A few steps of an edit, which call every op with every map size."""
    model = released_loop.random_model(released_loop.SHAPES[shape], with_encoder=False).to("cuda")
    task = released_loop.task_for(model)
    config = replace(EditConfig(), steps=3, precision=precision)
    for _ in optimize_edit(model, task.before, task.target, config):
        pass


def told(seconds):
    return "-" if seconds is None else f"{seconds * 1e6:.0f}"


def page(trials):
    lines = [
        "# Kernels against plain torch",
        "",
        f"Written by bench_kernels.py: {torch.cuda.get_device_name()}, torch {torch.__version__}.",
        "",
        "| op | first map | type | plain, us | kernel, us | runs | why |",
        "|---|---|---|---:|---:|---|---|",
    ]
    for trial in trials:
        shape = "x".join(map(str, trial.shapes[0]))
        times = f"{told(trial.plain_seconds)} | {told(trial.kernel_seconds)}"
        reason = " ".join(trial.reason.replace("|", "/").split())
        form = "kernel" if trial.kernel else "plain"
        lines.append(f"| {trial.op} | {shape} | {str(trial.dtype)[6:]} | {times} | {form} | {reason} |")
    lines += ["", "| op | maps | kernel runs on | plain, us in all | as chosen, us in all | times as fast |"]
    lines += ["|---|---:|---:|---:|---:|---:|"]
    by_op = collections.defaultdict(list)
    for trial in trials:
        by_op[trial.op].append(trial)
    for op, of_op in by_op.items():
        timed = [t for t in of_op if t.plain_seconds is not None]
        plain = sum(t.plain_seconds for t in timed)
        chosen = sum(t.kernel_seconds if t.kernel else t.plain_seconds for t in timed)
        used = sum(t.kernel for t in of_op)
        gain = f"{plain / chosen:.1f}" if chosen else "-"
        lines.append(f"| {op} | {len(of_op)} | {used} | {plain * 1e6:.0f} | {chosen * 1e6:.0f} | {gain} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    options = parse(arguments)
    if not torch.cuda.is_available():
        raise SystemExit("torch finds no CUDA device; the kernels run only on CUDA, so there is nothing to measure")
    for shape in options.shapes:
        for precision in ("float32", "bfloat16"):
            edit(shape, precision)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "kernels.md", page(choices()))
    print(page(choices()))


if __name__ == "__main__":
    main()
