"""Apply edit vectors to many portraits: in one process, then on a dask cluster of which a worker is killed midway.

It prints both times and whether the folders are the same bytes; the exit status is 1 if they are not. Needs
`pip install 'editgan-widgets[dask]'`.
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="portraits", help="a shipped model's name or a bundle's path")
    parser.add_argument("--vectors", nargs="+", default=["smile", "open mouth", "glasses"], help="of its library")
    parser.add_argument("--portraits", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=20_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="folder to keep; without it a temporary one")
    return parser.parse_args(arguments)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def killer(processes, log, lines):
    """Kill one worker once the log has as many lines."""

    def run():
        while not log.is_file() or log.read_bytes().count(b"\n") < lines:
            time.sleep(0.2)
        print(f"killing worker {processes[0]} after {log.read_bytes().count(bytes([10]))} edits", flush=True)
        os.kill(processes[0], signal.SIGKILL)

    return threading.Thread(target=run, daemon=True)


def main(options, out):
    from distributed import Client, LocalCluster

    from editgan_widgets import load_model
    from editgan_widgets.analysis import apply_to
    from editgan_widgets.latent.directions.library import load_vectors

    model = load_model(options.model, device="cpu")
    library = load_vectors(model)
    vectors = [library[name] for name in options.vectors]
    seeds = range(options.first_seed, options.first_seed + options.portraits)

    began = time.perf_counter()
    serial = apply_to(seeds, vectors, model, out / "serial", progress=True)
    print(f"one process: {len(serial.rows)} edits in {time.perf_counter() - began:.1f} s", flush=True)
    with (
        LocalCluster(n_workers=options.workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        killing = killer(sorted(client.run(os.getpid).values()), out / "dask" / "done.jsonl", len(serial.rows) // 2)
        killing.start()
        began = time.perf_counter()
        spread = apply_to(seeds, vectors, model, out / "dask", progress=True, client=client)
        seconds = time.perf_counter() - began
        killing.join(5)
    print(
        f"{options.workers} workers, one killed: {len(spread.rows)} edits in {seconds:.1f} s, {spread.missing} missing"
    )
    same = contents(out / "serial") == contents(out / "dask")
    print(f"the folders are {'the same bytes' if same else 'DIFFERENT'}")
    return 0 if same and not killing.is_alive() else 1


if __name__ == "__main__":
    given = parse()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(main(given, given.out or Path(folder)))
