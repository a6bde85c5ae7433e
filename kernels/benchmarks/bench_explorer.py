"""Latencies of the explorer on this machine, without a browser: slider -> picture, choice -> all views, whole table.

    python kernels/benchmarks/bench_explorer.py [--moves 40] [--choices 6]

The slider's figure is from the message of the page to the picture that is published for it; a browser adds about 10 ms.
"""

import argparse
import statistics
import threading
import time

from editgan_widgets import load_model
from editgan_widgets.widgets import VectorExplorer

VIEWS = ("strip", "effect map", "attribute curves", "row norms", "cosines", "leakage", "transfer rate", "safe strength")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--moves", type=int, default=40, help="moves of the slider")
    parser.add_argument("--choices", type=int, default=6, help="vectors that are chosen")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    begun = time.perf_counter()
    explorer = VectorExplorer(model)
    until(lambda: set(VIEWS) <= set(explorer.results))
    print(f"construction -> all views of the first vector: {time.perf_counter() - begun:.2f} s")
    explorer.wait()
    print(f"construction -> table of {len(explorer.vectors)} vectors measured: {time.perf_counter() - begun:.1f} s")
    report(
        "choice -> all views", [chosen(explorer, name) for name in list(explorer.vectors)[1 : 1 + arguments.choices]]
    )
    explorer.wait()
    report("slider -> picture, idle", [moved(explorer, 0.02 * i) for i in range(1, arguments.moves + 1)])
    explorer.choose(list(explorer.vectors)[-1])
    report(
        "slider -> picture, first move while measuring",
        [interrupted(explorer, name) for name in list(explorer.vectors)[-6:]],
    )
    explorer.close()


def chosen(explorer: VectorExplorer, name: str) -> float:
    """Seconds from a choice until all views are of the vector; its strip has all pictures."""
    explorer.wait()
    begun = time.perf_counter()
    explorer.choose(name)
    until(lambda: explorer.chosen == name and set(VIEWS) <= set(explorer.results))
    return time.perf_counter() - begun


def moved(explorer: VectorExplorer, strength: float) -> float:
    """Seconds from a message of the slider until its picture is published."""
    published = threading.Event()
    explorer.view.observe(lambda _change: published.set(), "image")
    begun = time.perf_counter()
    content = {"kind": "set_strength", "strength": strength, "live": True}
    explorer.view._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    assert published.wait(20)
    took = time.perf_counter() - begun
    explorer.view.unobserve_all("image")
    return took


def interrupted(explorer: VectorExplorer, name: str) -> float:
    """Seconds of the first move of the slider while the chosen vector is measured."""
    explorer.choose(name)
    until(lambda: explorer.chosen == name and explorer.view.progress.get("step", 0) > 2)
    return moved(explorer, 0.37 if explorer.strength != 0.37 else 0.41)


def until(condition) -> None:
    """Wait for a condition."""
    while not condition():
        time.sleep(0.002)


def report(name: str, seconds: list[float]) -> None:
    """Print median and maximum."""
    ordered = sorted(seconds)
    print(
        f"{name}: p50 {1000 * statistics.median(ordered):.0f} ms, most {1000 * ordered[-1]:.0f} ms, n = {len(ordered)}"
    )


if __name__ == "__main__":
    main()
