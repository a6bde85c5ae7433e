"""Measure edits, segmentation, embedding and the interpreter's training beside EditGAN's release as ported here.

`make bench-released` runs it. Each measurement runs in its own process, so that its peak memory can be measured. It
prints tables and writes results/released.json and results/released.md. A measurement that needs more memory than is
free is not run, and the page says so.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

from released_measures import (
    ALL_SHAPES,
    CAR,
    EMBED_PORT,
    LEAN,
    OF_A_SHAPE,
    OF_THE_MODEL,
    ON_CUDA,
    PORT,
    RELEASED,
    SEGMENT_PORT,
    TRAIN_PORT,
    measure,
)
from released_page import page

from editgan_widgets.files import write_text


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", nargs="+", choices=ALL_SHAPES, default=ALL_SHAPES)
    parser.add_argument("--only", nargs="+", choices=OF_A_SHAPE + OF_THE_MODEL, default=OF_A_SHAPE + OF_THE_MODEL)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=40, help="time for each measurement, after a warm-up")
    parser.add_argument("--least", type=int, default=3, help="minimum number of measured steps, however long they take")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--measure", choices=OF_A_SHAPE + OF_THE_MODEL, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.threads < 1:
        parser.error(f"--threads must be 1 or more; got {options.threads}")
    if options.device == "cpu" and set(options.only) <= set(ON_CUDA):
        parser.error(f"{' and '.join(options.only)}: measured with --device cuda only, a CPU takes minutes for one")
    if options.device == "cuda":
        from editgan_widgets.models.devices import resolve_device

        try:
            resolve_device(options.device)
        except ValueError as error:
            parser.error(str(error))
    return options


def memory_needed(name, shape):
    """Upper bound of a measurement's memory in bytes, from the sizes of its arrays."""
    import released_loop

    sizes = released_loop.SHAPES[shape]
    pixels = sizes.resolution**2 / 512**2
    networks = (1.6e9 if name in (PORT, LEAN, RELEASED, EMBED_PORT) else 0.5e9) + 0.4e9
    if name == PORT:  # maps and cube, or cube and its gradient; plus what the networks keep for the gradient
        return 2 * sizes.cube_bytes + networks + 3.0e9 * pixels
    if name in (SEGMENT_PORT, TRAIN_PORT):
        return 2 * sizes.cube_bytes + networks + 1.0e9 * pixels
    return networks + 5.0e9 * pixels


def memory_free():
    """Bytes available to a new process; None if the system does not report it."""
    try:
        return int(Path("/proc/meminfo").read_text().split("MemAvailable:")[1].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        return None


def in_process(name, shape, options):
    """Figures of a measurement, or the reason why there are none."""
    if shape is not None and options.device == "cpu":
        needed, free = memory_needed(name, shape), memory_free()
        if free is not None and needed > free * 0.97:
            return {"refused": f"needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free"}
    began, busy, own = time.monotonic(), busy_seconds(), own_seconds()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None  # load by other processes
    command = [sys.executable, __file__, "--measure", name, "--shapes", shape or CAR, "--threads", str(options.threads)]
    command += ["--device", options.device, "--seconds", str(options.seconds), "--least", str(options.least)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        return {"refused": f"ended with {done.returncode}: {(done.stderr.strip().splitlines() or ['?'])[-1][:200]}"}
    found = json.loads(done.stdout.splitlines()[-1]) | ({} if load is None else {"load": round(load, 1)})
    if busy is not None:
        beside = (busy_seconds() - busy - (own_seconds() - own)) / (time.monotonic() - began)
        found["beside"] = round(max(beside, 0.0), 2)
    return found


def busy_seconds():
    """Processor seconds of all processes since the machine booted; None if the system does not report it."""
    try:
        user, nice, system = Path("/proc/stat").read_text().split()[1:4]
        return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None


def own_seconds():
    """Processor seconds of this process and of its finished child processes."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main(arguments=None):
    options = parse(arguments)
    if options.measure:
        print(json.dumps(measure(options)))
        return
    file = options.out / "released.json"
    options.out.mkdir(parents=True, exist_ok=True)
    results = kept(file, options) | {"machine": machine(options)}
    jobs = [(name, None) for name in OF_THE_MODEL if name in options.only]
    jobs += [(name, shape) for shape in options.shapes for name in OF_A_SHAPE if name in options.only]
    if options.device == "cpu":
        jobs = [job for job in jobs if job[0] not in ON_CUDA]
    for name, shape in jobs:
        found = in_process(name, shape, options)
        print(f"{shape or 'portraits'}, {name}: {found}", file=sys.stderr, flush=True)
        if shape is None:
            results[name] = found
        else:
            results["shapes"].setdefault(shape, {})[name] = found
        # Written after each measurement, so that an aborted run keeps its results.
        write_text(file, json.dumps(results, indent=1) + "\n")
        write_text(options.out / "released.md", page(results))
    print(page(results))
    groups = [results, *results["shapes"].values()]
    failed = [row for group in groups for row in group.values() if str(row.get("refused", "")).startswith("ended")]
    if failed:
        raise SystemExit(f"{len(failed)} measurements failed: {failed[0]['refused']}")


def machine(options):
    names = ("torch", "numpy", "editgan-widgets")
    return {
        "processor": processor(),
        "device": device_name(options.device),
        "cores": os.cpu_count(),
        "threads": options.threads,
        "memory_gb": memory_total(),
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in names}},
    }


def processor():
    try:
        return Path("/proc/cpuinfo").read_text().split("model name")[1].split("\n")[0].lstrip("\t :")
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def device_name(device):
    import torch

    return torch.cuda.get_device_name() if device == "cuda" else "CPU"


def memory_total():
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None


def kept(file, options):
    """Figures of an earlier run on the same machine with the same threads, which are kept unless measured again."""
    try:
        earlier = json.loads(file.read_text())
        if earlier["machine"] == machine(options):
            return {"shapes": {}, **earlier}
    except (OSError, ValueError, KeyError):
        pass
    return {"shapes": {}}


if __name__ == "__main__":
    main()
