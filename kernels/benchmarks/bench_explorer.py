"""Latencies of the explorer on this machine, without a browser: slider -> picture, choice -> all views, whole table.

    python kernels/benchmarks/bench_explorer.py [--moves 40] [--choices 6] [--table]

The slider's figure is from the message of the page to the picture that is published for it; a browser adds about 10 ms.
"""

import argparse
import statistics
import threading
import time
from typing import TypeAlias

from editgan_widgets import load_model
from editgan_widgets.widgets import VectorExplorer

Seconds: TypeAlias = tuple[float, float]
"""Of the clock, and of the processor, which other programs hardly change."""

# Without the transfer rate, which a vector without an attribute of its own has not.
VIEWS = ("effect map", "attribute curves", "row norms", "cosines", "leakage", "safe strength")


def main() -> None:
    """Measure and print a table of the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--moves", type=int, default=40, help="moves of the slider")
    parser.add_argument("--choices", type=int, default=6, help="vectors that are chosen")
    parser.add_argument("--table", action="store_true", help="measure the whole table first, about a minute")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    begun = time.perf_counter()
    explorer = VectorExplorer(model)
    until(lambda: set(VIEWS) <= set(explorer.view.views))
    print(f"construction -> all views of the first vector: {time.perf_counter() - begun:.2f} s")
    if arguments.table:
        explorer.wait()
        print(f"construction -> table of {len(explorer.vectors)} vectors: {time.perf_counter() - begun:.1f} s")
    explorer.stop()
    explorer.wait()
    names = list(explorer.vectors)
    report("choice -> all views", [chosen(explorer, name) for name in names[1 : 1 + arguments.choices]])
    explorer.stop()
    explorer.wait()
    report("slider -> picture, idle", [moved(explorer, 0.02 * i) for i in range(1, arguments.moves + 1)])
    first = [interrupted(explorer, name) for name in names[-arguments.choices :]]
    report("slider -> picture, first move while measuring", first)
    explorer.close()


def chosen(explorer: VectorExplorer, name: str) -> Seconds:
    """From a choice until all views are of the vector; its strip has all pictures."""
    begun = time.perf_counter(), time.process_time()
    explorer.choose(name)
    until(lambda: explorer.view.chosen == name and set(VIEWS) <= set(explorer.view.views))
    return time.perf_counter() - begun[0], time.process_time() - begun[1]


def moved(explorer: VectorExplorer, strength: float) -> Seconds:
    """From a message of the slider until its picture is published."""
    published = threading.Event()
    explorer.view.observe(lambda _change: published.set(), "image")
    begun = time.perf_counter(), time.process_time()
    content = {"kind": "set_strength", "strength": strength, "live": True}
    explorer.view._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    assert published.wait(20)
    took = time.perf_counter() - begun[0], time.process_time() - begun[1]
    explorer.view.unobserve_all("image")
    return took


def interrupted(explorer: VectorExplorer, name: str) -> Seconds:
    """The first move of the slider while the chosen vector is measured."""
    explorer.choose(name)
    until(lambda: explorer.chosen == name and explorer.view.progress.get("step", 0) > 2)
    return moved(explorer, 0.37 if explorer.strength != 0.37 else 0.41)


def until(condition) -> None:
    """Wait for a condition."""
    while not condition():
        time.sleep(0.005)


def report(name: str, figures: list[Seconds]) -> None:
    """Print medians and the maximum."""
    seconds, cpu = (sorted(x) for x in zip(*figures, strict=True))
    median = f"p50 {1000 * statistics.median(seconds):.0f} ms, most {1000 * seconds[-1]:.0f} ms"
    print(f"{name}: {median}, of the processor p50 {1000 * statistics.median(cpu):.0f} ms, n = {len(seconds)}")


if __name__ == "__main__":
    main()
