"""Run bench_editor.py and bench_released.py, and join their results in one file.

`make bench` runs both, which takes an hour or two, and joins their files in results/bench.json and results/bench.md.
With --join nothing is measured.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import bench_released

from editgan_widgets.files import write_text

HERE = Path(__file__).resolve().parent


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-browser", action="store_true", help="skip the browser's figures")
    parser.add_argument("--browser", type=Path, help="file written by an earlier tests/ui/measure_editor.py --out")
    parser.add_argument("--shapes", nargs="+", help="networks that the release is measured on")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="where the release is measured")
    parser.add_argument("--join", action="store_true", help="measure nothing, join the files of earlier runs")
    parser.add_argument("--out", type=Path, default=Path("results"))
    return parser.parse_args(arguments)


def run(script, *arguments):
    subprocess.run([sys.executable, str(HERE / script), *arguments], check=True)


def joined(folder):
    """The joined page and figures of the benchmarks whose files are in the folder."""
    pages, figures = [], {}
    for name, title in (("editor", "# The editor"), ("released", None)):
        if (folder / f"{name}.json").is_file():
            figures[name] = json.loads((folder / f"{name}.json").read_text())
            text = (folder / f"{name}.md").read_text().strip()
            pages.append(text if title is None else f"{title}\n\n{text}")
    return "\n\n".join(pages) + "\n", figures


def main(arguments=None):
    options = parse(arguments)
    out = ["--out", str(options.out)]
    if not options.join:
        released = [*out, "--device", options.device]
        released += [] if options.shapes is None else ["--shapes", *options.shapes]
        bench_released.parse(released)  # report wrong arguments before the editor is measured
        browser = ["--no-browser"] if options.no_browser else []
        browser += [] if options.browser is None else ["--browser", str(options.browser)]
        run("bench_editor.py", *out, *browser)
        run("bench_released.py", *released)
    page, figures = joined(options.out)
    if not figures:
        raise SystemExit(f"{options.out} has neither editor.json nor released.json; run without --join to measure")
    write_text(options.out / "bench.md", page)
    write_text(options.out / "bench.json", json.dumps(figures, indent=1) + "\n")
    print(f"{options.out / 'bench.md'} and {options.out / 'bench.json'}: {' and '.join(figures)}")


if __name__ == "__main__":
    main()
