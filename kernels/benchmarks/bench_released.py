"""Measure the edit step and the segmentation against EditGAN's release as ported in released_loop.py.

`make bench-released` runs it: each measurement is a process of its own, so that its peak memory is its own. It prints
tables and writes results/released.json and results/released.md. A measurement that would not fit into the memory that
is free is refused and told as such.
"""

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

CAR = "car-512"
ALL_SHAPES = ("portraits-128", "portraits-256", CAR)
PORT, LEAN, RELEASED, DEFAULT, HALF, FLOOR = "port", "lean", "released", "default", "half", "floor"
STEPS = (PORT, LEAN, RELEASED, DEFAULT, HALF, FLOOR)
SEGMENT_PORT, SEGMENT = "segment-port", "segment"
EDIT, APPLY = "edit", "apply"
CEILING, VECTORS, FIRST_EDIT, SHIPPED = "ceiling", "vectors", "first-edit", "shipped"
OF_A_SHAPE, OF_THE_MODEL = (*STEPS, SEGMENT_PORT, SEGMENT, EDIT, APPLY), (CEILING, VECTORS, FIRST_EDIT, SHIPPED)
ON_CUDA = (EDIT, APPLY)  # whole edits and vectors: a CPU takes minutes for one at 512 px
SAME = 1e-3  # relative: what the two ways of computing one objective may differ


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", nargs="+", choices=ALL_SHAPES, default=ALL_SHAPES)
    parser.add_argument("--only", nargs="+", choices=OF_A_SHAPE + OF_THE_MODEL, default=OF_A_SHAPE + OF_THE_MODEL)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=40, help="time for each measurement, after a warm-up")
    parser.add_argument("--least", type=int, default=3, help="steps that are measured however long they take")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--measure", choices=OF_A_SHAPE + OF_THE_MODEL, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


# What one process measures


def timed(run, options, each=1, warm_up=True):
    """Times of `run` after one call to warm up: median and p95 in seconds, of what it does `each` times a call."""
    import numpy as np

    if warm_up:
        run()
    finish(options)
    times, began = [], time.perf_counter()
    while len(times) < options.least or (time.perf_counter() - began < options.seconds and len(times) < 30):
        start = time.perf_counter()
        run()
        finish(options)
        times.append((time.perf_counter() - start) / each)
    return {"seconds": statistics.median(times), "p95": float(np.percentile(times, 95)), "count": len(times) * each}


def finish(options):
    """Wait for a device that works on its own."""
    if options.device == "cuda":
        import torch

        torch.cuda.synchronize()


def flops(run, each=1):
    """Floating-point operations of the convolutions and matrix products in `run`."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    def of_product(total, a, b, *_, **__):
        return 2 * a[0] * a[1] * b[1]

    # torch counts addmm, but not what it does in place
    with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.addmm_: of_product}) as counter:
        run()
    return counter.get_total_flops() / each


def measure_step(name, shape, options):
    """One way of taking an edit's step."""
    import released_loop

    sizes = released_loop.SHAPES[shape]
    model = released_loop.random_model(sizes, with_encoder=name in (PORT, LEAN, RELEASED)).to(options.device)
    task = released_loop.task_for(model)
    about = {"region_px": int(task.target.region.sum()), "channels": sizes.channels, "cube_gb": sizes.cube_bytes / 1e9}
    if name in (PORT, LEAN):
        kind = released_loop.ReleasedLoop if name == PORT else released_loop.LeanLoop
        loop = kind(model, task, released_loop.random_vgg16(sizes.vgg_channels))
        if name == PORT:
            model.interpreter = None  # its weights are in the members
        about |= terms_and_gradient(loop)
        return about | timed(loop.step, options) | {"peak_mb": peak(options), "flops": flops(loop.step)}
    run, each = generator_alone(model, task.start), 1
    if name != FLOOR:
        run, each = two_steps(model, task.start, task.target, name, task.before), 2
    counted = flops(run, each)  # before steps are recorded: it sees no operations in a replay
    return about | {"flops": counted} | timed(run, options, each) | {"peak_mb": peak(options)}


def terms_and_gradient(loop):
    """The terms at the start, and the gradient's length along 64 fixed random directions.

    Each term is a mean in which differences of rounding cancel: the gradient is the sharper comparison.
    """
    import torch

    terms = loop.terms()
    (gradient,) = torch.autograd.grad(terms.total, [loop.w_plus])
    directions = torch.randn(64, gradient.numel(), generator=torch.Generator().manual_seed(3))
    return {"terms": terms.values(), "gradient": (directions @ gradient.flatten().cpu()).tolist()}


def generator_alone(model, w_plus):
    """Generator forward and backward to the latent, with any gradient of the picture."""
    import torch

    w_plus = w_plus.clone().requires_grad_()
    weights = torch.randn(1, 3, model.resolution, model.resolution, device=w_plus.device)

    def run():
        image = model.generator.synthesis(w_plus * 1, noise_mode="const").image  # the counter of flops takes no leaf
        torch.autograd.grad((image * weights).sum(), [w_plus])

    return run


def two_steps(model, w_plus, target, preset, reference):
    """Two steps of an edit: the default asks for the perceptual distance in every second one."""
    from dataclasses import replace

    from editgan_widgets.editing.optimize import EditConfig, optimize_edit

    config = replace(EditConfig.preset(DEFAULT if preset == HALF else preset), steps=10_000)
    if preset == HALF:
        config = replace(config, precision="bfloat16")
    steps = optimize_edit(model, w_plus, target, config, reference=reference)

    def run():
        next(steps), next(steps)

    return run


def measure_shipped(options):
    """The shipped model's edit step with its own interpreter, and its generator alone."""
    from editgan_widgets import EditSession, load_model
    from editgan_widgets.editing.target import from_label_maps

    model = load_model("portraits", device=options.device)
    session = EditSession.from_seed(model, 3)
    target = from_label_maps(session.label_map, painted(session.label_map))
    run = two_steps(model, session.w_plus, target, DEFAULT, session.w_plus)
    step = timed(run, options_for(options, 8), each=2)
    floor = timed(generator_alone(model, session.w_plus), options_for(options, 4))
    return {"seconds": step["seconds"], "p95": step["p95"], "floor": floor["seconds"], "peak_mb": peak(options)}


def painted(label_map):
    """A label map with hair over the forehead."""
    after = label_map.copy()
    after[50:60, 50:70] = 4
    return after


def measure_segmentation(name, shape, options):
    """The whole picture's label map from its features."""
    import released_loop
    import torch

    from editgan_widgets.editing.objective import predicted_label_map

    sizes = released_loop.SHAPES[shape]
    model = released_loop.random_model(sizes, with_encoder=False).to(options.device)
    assert model.interpreter is not None
    with torch.no_grad():
        features = model.generator.synthesis(model.sample_w_plus(2), noise_mode="const").features
    if name == SEGMENT_PORT:
        members = released_loop.members_of(model.interpreter)
        model.interpreter = None

        def run():
            return released_loop.segment(members, features)
    else:

        def run():
            return predicted_label_map(model, features)

    labels = []
    counted = flops(lambda: labels.append(run()))  # the call that warms up
    counts = torch.bincount(labels[0].flatten().long(), minlength=sizes.num_labels).tolist()
    found = timed(run, options, warm_up=False)
    return {"counts": counts, "flops": counted} | found | {"peak_mb": peak(options)}


def measure_edit(name, shape, options):
    """A whole edit of 30 steps with their pictures, or an edit vector applied and its picture fetched."""
    import released_loop
    import torch

    from editgan_widgets import images
    from editgan_widgets.editing.optimize import optimize_edit

    model = released_loop.random_model(released_loop.SHAPES[shape], with_encoder=False).to(options.device)
    task = released_loop.task_for(model)

    def edit():
        for _ in optimize_edit(model, task.before, task.target):
            pass

    def apply():
        with torch.no_grad():
            latent = torch.lerp(task.before, task.start, 0.7)
            images.to_uint8(model.generator.synthesis(latent, noise_mode="const").image)

    return timed(edit if name == EDIT else apply, options) | {"peak_mb": peak(options)}


def measure_ceiling(options):
    """What this machine does at best: matrix products, copies."""
    import torch

    if options.device == "cuda":
        torch.set_default_device("cuda")
    a, b, c = torch.randn(4096, 2048), torch.randn(2048, 2048), torch.empty(4096, 2048)
    product = timed(lambda: torch.mm(a, b, out=c), options_for(options, 3))
    source, copy = torch.randn(2**26), torch.empty(2**26)
    copied = timed(lambda: copy.copy_(source), options_for(options, 3))
    return {
        "gflops": 2 * 4096 * 2048 * 2048 / product["seconds"] / 1e9,
        "copy_gb": 2 * 4 * 2**26 / copied["seconds"] / 1e9,  # read and written
    }


def measure_vectors(options):
    """Edit vectors of the shipped model applied and rendered to a picture of bytes."""
    import torch

    from editgan_widgets import images, load_model
    from editgan_widgets.editing.library import load_vectors

    model = load_model("portraits", device=options.device)
    vectors = list(load_vectors(model).values())
    w_plus, done = model.sample_w_plus(0), 0

    def apply():
        nonlocal done
        vector, scale = vectors[done % len(vectors)], (done % 9 - 4) / 4
        done += 1
        with torch.no_grad():
            images.to_uint8(model.generator.synthesis(vector.apply(w_plus, scale), noise_mode="const").image)

    found = timed(lambda: [apply() for _ in range(10)], options_for(options, 6), each=10)
    return {"per_second": 1 / found["seconds"], "peak_mb": peak(options)}


def measure_first_edit(options):
    """The first edit of a kernel and the third, with the import and the load before them."""
    began = time.perf_counter()
    from editgan_widgets import EditSession, load_model

    imported = time.perf_counter()
    model = load_model("portraits", device=options.device)
    loaded = time.perf_counter()

    def edit():
        session = EditSession.from_seed(model, 3)
        session.set_label_map(painted(session.label_map))
        start, first = time.perf_counter(), None
        for _ in session.edit():
            first = first or time.perf_counter() - start
        return first, time.perf_counter() - start

    edits = [edit() for _ in range(3)]
    return {
        "import": imported - began,
        "load": loaded - imported,
        "first_step": edits[0][0],
        "first": edits[0][1],
        "warm_step": edits[2][0],
        "warm": edits[2][1],
        "peak_mb": peak(options),
    }


def options_for(options, seconds):
    return argparse.Namespace(**{**vars(options), "seconds": min(seconds, options.seconds)})


def peak(options):
    """Most memory that was held, MB: of the device where it has its own."""
    if options.device == "cuda":
        import torch

        return round(torch.cuda.max_memory_allocated() / 1024**2)
    from editgan_widgets.training.build_model import peak_memory_mb

    return peak_memory_mb()


def measure(options):
    name, (shape, *_) = options.measure, options.shapes
    if name != FIRST_EDIT:
        import torch

        torch.manual_seed(0)
        torch.set_num_threads(options.threads)
    if name in STEPS:
        return measure_step(name, shape, options)
    if name in (SEGMENT_PORT, SEGMENT):
        return measure_segmentation(name, shape, options)
    if name in ON_CUDA:
        return measure_edit(name, shape, options)
    others = {CEILING: measure_ceiling, VECTORS: measure_vectors, FIRST_EDIT: measure_first_edit}
    return {**others, SHIPPED: measure_shipped}[name](options)


# All of them


def memory_needed(name, shape):
    """Bytes that a measurement takes at most, by the arrays that it is known to hold."""
    import released_loop

    sizes = released_loop.SHAPES[shape]
    pixels = sizes.resolution**2 / 512**2
    networks = (1.6e9 if name in (PORT, LEAN, RELEASED) else 0.5e9) + 0.4e9
    if name == PORT:  # maps and cube at once, or cube and its gradient; what the networks keep for the gradient
        return 2 * sizes.cube_bytes + networks + 3.0e9 * pixels
    if name == SEGMENT_PORT:
        return 2 * sizes.cube_bytes + networks + 1.0e9 * pixels
    return networks + 5.0e9 * pixels


def memory_free():
    """Bytes that a new process could take; None where the system does not tell."""
    try:
        return int(Path("/proc/meminfo").read_text().split("MemAvailable:")[1].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        return None


def in_process(name, shape, options):
    """Figures of a measurement, or why there are none."""
    if shape is not None and options.device == "cpu":
        needed, free = memory_needed(name, shape), memory_free()
        if free is not None and needed > free * 0.97:
            return {"refused": f"needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free"}
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None  # of whatever else the machine does
    command = [sys.executable, __file__, "--measure", name, "--shapes", shape or CAR, "--threads", str(options.threads)]
    command += ["--device", options.device, "--seconds", str(options.seconds), "--least", str(options.least)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        return {"refused": f"ended with {done.returncode}: {(done.stderr.strip().splitlines() or ['?'])[-1][:200]}"}
    return json.loads(done.stdout.splitlines()[-1]) | ({} if load is None else {"load": round(load, 1)})


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
        # After each: a run that is ended keeps what it has.
        file.write_text(json.dumps(results, indent=1) + "\n")
        (options.out / "released.md").write_text(page(results))
    print(page(results))


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
    """An earlier run's figures of the same machine and threads: what this one does not measure stays."""
    try:
        earlier = json.loads(file.read_text())
        if earlier["machine"] == machine(options):
            return {"shapes": {}, **earlier}
    except (OSError, ValueError, KeyError):
        pass
    return {"shapes": {}}


# The page


def crowded(row):
    """Whether other work ran beside a measurement: the load average holds the one before it too, `threads` of it."""
    return row.get("load", 0) > (os.cpu_count() or 1) + 1


def ratio(results, shape, name, base, key):
    """How many times as much `base` has as `name`; None where one was not measured, or its time beside other work."""
    found = results["shapes"].get(shape, {})
    if key == "seconds" and any(crowded(found.get(x, {})) for x in (base, name)):
        return None
    a, b = (found.get(x, {}).get(key) for x in (base, name))
    return a / b if a and b else None


def differences(results, shape):
    """Relative difference of each of the objective's terms, and of its gradient, between the port and ours."""
    found = results["shapes"].get(shape, {})
    port, lean = (found.get(x, {}) for x in (PORT, LEAN))
    if "gradient" not in port or "gradient" not in lean:
        return {}
    terms = {name: abs(lean["terms"][name] - value) / abs(value) for name, value in port["terms"].items()}
    apart = math.dist(port["gradient"], lean["gradient"]) / math.hypot(*port["gradient"])
    return terms | {"gradient": apart}


def shown(value, form):
    return "-" if value is None else format(value, form)


SAYS = {
    PORT: "the release's loop, ported",
    LEAN: "the same objective, our way",
    RELEASED: 'preset "released"',
    DEFAULT: "default preset",
    HALF: "default preset, maps in bfloat16",
    FLOOR: "generator forward and backward alone",
    SEGMENT_PORT: "the release's way, ported",
    SEGMENT: "ours",
    EDIT: "an edit of 30 steps with their pictures",
    APPLY: "an edit vector applied and its picture fetched",
}


def table(results, names, base):
    lines = [
        "| shape | what | median, s | p95, s | n | TFLOP | TFLOP/s | peak memory, MB | times faster | less memory |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for shape in (x for x in ALL_SHAPES if x in results["shapes"]):
        for name in (x for x in names if x in results["shapes"][shape]):
            row = results["shapes"][shape][name]
            if "refused" in row:
                lines.append(f"| {shape} | {SAYS[name]} | not measured: {row['refused']} |" + " |" * 7)
                continue
            beside = "\\*" if crowded(row) else ""
            tera, seconds = row["flops"] / 1e12, row["seconds"]
            faster, less = (ratio(results, shape, name, base, key) for key in ("seconds", "peak_mb"))
            lines.append(
                f"| {shape} | {SAYS[name]} | {seconds:.3f}{beside} | {row['p95']:.3f} | {row['count']} | {tera:.3f} | "
                f"{tera / seconds:.3f} | {row['peak_mb']} | {shown(faster, '.1f')} | {shown(less, '.1f')} |"
            )
    return lines


def objective_table(results):
    lines = ["| shape | term | the release's way | our way | relative difference |", "|---|---|---:|---:|---:|"]
    for shape in ALL_SHAPES:
        for name, difference in differences(results, shape).items():
            values = [results["shapes"][shape][x]["terms"].get(name) for x in (PORT, LEAN)]
            port, lean = (shown(value, ".6g") for value in values)
            lines.append(f"| {shape} | {name} | {port} | {lean} | {difference:.1e} |")
    return lines


def aims_table(results):
    """(what, figure, aim), of what was measured."""
    rows, on_cpu = [], results["machine"]["device"] == "CPU"
    for shape in ALL_SHAPES:
        aim = shape == CAR
        for name in (LEAN, RELEASED, DEFAULT, HALF):
            quick = ">= 5" if on_cpu else ">= 8"
            for key, what, least in (("seconds", "faster", quick), ("peak_mb", "less peak memory", ">= 8")):
                times = ratio(results, shape, name, PORT, key)
                wanted = least if aim and name == DEFAULT else ""
                rows.append(
                    (f"{shape}: edit step, {SAYS[name]}, times {what} than the port", shown(times, ".1f"), wanted)
                )
        found = differences(results, shape)
        rows.append(
            (
                f"{shape}: the objective's largest relative difference, terms and gradient",
                shown(max(found.values(), default=None), ".1e"),
                f"<= {SAME:g}",
            )
        )
        over = ratio(results, shape, FLOOR, DEFAULT, "seconds")
        rows.append(
            (f"{shape}: edit step, default preset, over generator forward + backward", shown(over, ".2f"), "<= 1.6")
        )
        for key, what, least in (("seconds", "faster", ">= 15"), ("peak_mb", "less peak memory", "")):
            times = ratio(results, shape, SEGMENT, SEGMENT_PORT, key)
            rows.append((f"{shape}: segmentation, times {what}", shown(times, ".1f"), least if aim else ""))
        for name, unit, scale, most in ((EDIT, "s", 1, "<= 0.45"), (APPLY, "ms", 1e3, "<= 15")):
            row = results["shapes"].get(shape, {}).get(name, {})
            taken = None if crowded(row) or "seconds" not in row else row["seconds"] * scale
            rows.append((f"{shape}: {SAYS[name]}, {unit}", shown(taken, ".3g"), most if aim else ""))
    rows = [row for row in rows if row[1] != "-"]
    results = {k: {} if k in OF_THE_MODEL and crowded(x) else x for k, x in results.items()}
    if "per_second" in results.get(VECTORS, {}):
        rows.append(
            ("shipped model: vectors applied and rendered, a second", f"{results[VECTORS]['per_second']:.0f}", ">= 25")
        )
    if "floor" in results.get(SHIPPED, {}):
        over = results[SHIPPED]["seconds"] / results[SHIPPED]["floor"]
        rows.append(("shipped model: edit step over generator forward + backward", f"{over:.2f}", "<= 1.6"))
    if "first" in results.get(FIRST_EDIT, {}):
        edit = results[FIRST_EDIT]
        rows.append(
            ("shipped model: first edit longer than a warm one, s", f"{edit['first'] - edit['warm']:.2f}", "<= 3")
        )
        rows.append(
            (
                "shipped model: first step of the first edit, and of a warm one, s",
                f"{edit['first_step']:.2f}, {edit['warm_step']:.2f}",
                "",
            )
        )
        rows.append(("shipped model: import, load, s", f"{edit['import']:.2f}, {edit['load']:.2f}", ""))
    return ["| what | figure | aim |", "|---|---:|---:|", *(f"| {' | '.join(row)} |" for row in rows)]


def page(results):
    about = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    ceiling = results.get(CEILING, {})
    device = "" if about["device"] == "CPU" else f"{about['device']}; "
    lines = [
        "# Our edit step and the release's",
        "",
        f"Written by `make bench-released`: {device}{about['processor']}, {about['cores']} cores, "
        f"{about['threads']} threads, {about['memory_gb']} GB; {versions}.",
    ]
    if "gflops" in ceiling:
        lines.append(
            f"At best this machine does {ceiling['gflops']:.0f} GFLOP/s in a matrix product and copies "
            f"{ceiling['copy_gb']:.1f} GB/s (read and written)."
        )
    groups = [results, *results["shapes"].values()]
    loads = [x["load"] for group in groups for x in group.values() if isinstance(x, dict) and "load" in x]
    if loads:
        lines.append(
            f"The load average was {min(loads)} to {max(loads)} when measurements began. Times with a star were taken "
            "beside other work: they are too long, and no ratio is told of them."
        )
    lines += ["", *aims_table(results), "", "## Edit step", "", *table(results, STEPS, PORT)]
    lines += ["", "## The same objective", "", *objective_table(results)]
    lines += ["", "## Segmentation of the whole picture", "", *table(results, (SEGMENT_PORT, SEGMENT), SEGMENT_PORT)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
