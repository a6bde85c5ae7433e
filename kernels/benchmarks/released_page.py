"""The page of bench_released.py: its figures as tables."""

import math
import os

from released_measures import (
    ALL_SHAPES,
    APPLY,
    CAR,
    CEILING,
    DEFAULT,
    EDIT,
    EMBED,
    EMBED_PORT,
    FIRST_EDIT,
    FLOOR,
    HALF,
    LEAN,
    OF_THE_MODEL,
    PORT,
    REACH,
    REACH_PORT,
    REACH_RELEASED,
    REACHED,
    REACHES,
    RELEASED,
    SEGMENT,
    SEGMENT_PORT,
    SHIPPED,
    STEPS,
    TRAIN,
    TRAIN_PORT,
    VECTORS,
)

BESIDE = 0.3  # cores used by other processes; above it times are marked as too long
SAME = 1e-3  # maximum relative difference of the two implementations of one objective


_ALL_ROWS = (
    "Both read all rows of the picture. At car-512 the release's networks read only the 384 of 512 rows that show the",
    "car, so its own segmentation is cheaper than the port; the ratio compares equal pixels.",
)


def crowded(row):
    """True if other processes ran beside a measurement; the load average includes `threads` of the one before it."""
    return row.get("load", 0) > (os.cpu_count() or 1) + 1 or row.get("beside", 0) > BESIDE


def ratio(results, shape, name, base, key):
    """Figure of `base` divided by that of `name`; None if one was not measured, or was measured beside other work."""
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
    EMBED_PORT: "the release's way, ported",
    EMBED: "ours",
    TRAIN_PORT: "the release's way, ported",
    TRAIN: "ours",
    REACH_PORT: "the release's loop, ported",
    REACH_RELEASED: 'preset "released"',
    REACH: "default preset",
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


def pixels_a_second(results, shape, name):
    """Pixels per second that all networks of the ensemble are trained on."""
    row = results["shapes"].get(shape, {}).get(name, {})
    return None if "pixels" not in row or crowded(row) else row["pixels"] / row["seconds"]


def training_table(results):
    lines = [
        "| shape | what | pixels a step | median, s | p95, s | n | pixels a second | TFLOP | peak memory, MB |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for shape in ALL_SHAPES:
        for name in (TRAIN_PORT, TRAIN):
            row = results["shapes"].get(shape, {}).get(name, {})
            if "pixels" in row:
                lines.append(
                    f"| {shape} | {SAYS[name]} | {row['pixels']:,} | {row['seconds']:.3f} | {row['p95']:.3f} | "
                    f"{row['count']} | {row['pixels'] / row['seconds']:,.0f} | {row['flops'] / 1e12:.4f} | "
                    f"{row['peak_mb']} |"
                )
            elif "refused" in row:
                lines.append(f"| {shape} | {SAYS[name]} | not measured: {row['refused']} |" + " |" * 6)
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
    """Rows (what, figure, aim) of the measured figures."""
    rows, on_cpu = [], results["machine"]["device"] == "CPU"
    for shape in ALL_SHAPES:
        aim = shape == CAR
        for name in (LEAN, RELEASED, DEFAULT, HALF):
            quick = ">= 5" if on_cpu else ">= 8"
            for key, what, least in (("seconds", "faster", quick), ("peak_mb", "less peak memory", ">= 8")):
                times = ratio(results, shape, name, PORT, key)
                wanted = least if aim and name in (LEAN, DEFAULT) else ""
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
        for key, what in (("seconds", "faster"), ("peak_mb", "less peak memory")):
            times = ratio(results, shape, EMBED, EMBED_PORT, key)
            rows.append((f"{shape}: step of an embedding, times {what}", shown(times, ".1f"), ""))
        rates = [pixels_a_second(results, shape, name) for name in (TRAIN, TRAIN_PORT)]
        times = None if None in rates else rates[0] / rates[1]
        rows.append((f"{shape}: interpreter's training, times as many pixels a second", shown(times, ".1f"), ""))
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
    for name in REACHES:
        row = results.get(name, {})
        if "reached" in row:
            what = f"shipped model: {SAYS[name]}, edits that reach an IoU of {REACHED} in the region"
            how = ""
            if row["reached"]:
                how = f", after {row['reached_seconds']:.1f} s and {row['reached_steps']:.0f} steps"
            best = f"best IoU of all {row['iou']:.2f}, {row['seconds']:.1f} s, {row['steps']:.0f} steps"
            rows.append((what, f"{row['reached']} of {row['of']}{how} (medians; {best})", ""))
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
            f"Maximum throughput of this machine: {ceiling['gflops']:.0f} GFLOP/s in a matrix product, "
            f"{ceiling['copy_gb']:.1f} GB/s in a copy (read and written)."
        )
    groups = [results, *results["shapes"].values()]
    loads = [x["load"] for group in groups for x in group.values() if isinstance(x, dict) and "load" in x]
    if loads:
        lines.append(
            f"The load average was {min(loads)} to {max(loads)} at the start of the measurements. Times with a star "
            "were measured beside other work: they are too long, and have no ratio."
        )
    lines += ["", *aims_table(results), "", "## Edit step", "", *table(results, STEPS, PORT)]
    lines += ["", "## The same objective", "", *objective_table(results)]
    lines += ["", "## Segmentation of the whole picture", "", *_ALL_ROWS, ""]
    lines += table(results, (SEGMENT_PORT, SEGMENT), SEGMENT_PORT)
    lines += ["", "## A step of an embedding", "", *table(results, (EMBED_PORT, EMBED), EMBED_PORT)]
    lines += ["", "## Training the interpreter, the release's ensemble on one picture", "", *training_table(results)]
    return "\n".join(lines) + "\n"
