"""Time and memory of the full analysis of one vector: effect map, curves, leakage, transfer rate, safe strength.

    python kernels/benchmarks/bench_analysis.py [--portraits 500] [--vector smile] [--threads 2]

The figures are of the call alone: the model is loaded before. The memory is the largest resident size of the process,
which includes Python, torch and the model.
"""

import argparse
import resource
import time

import torch

from editgan_widgets import load_model
from editgan_widgets.analysis import compared_attributes, study_vector
from editgan_widgets.latent.directions.library import load_vectors

STRENGTHS = (-1.0, -0.5, 0.5, 1.0, 1.5)


def main() -> None:
    """Measure and print a table of the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--vector", default="smile")
    parser.add_argument("--portraits", type=int, default=500)
    parser.add_argument("--threads", type=int, default=None, help="of torch; as many as cores if it is not given")
    arguments = parser.parse_args()
    if arguments.threads is not None:
        torch.set_num_threads(arguments.threads)
    model = load_model(arguments.model)
    vector, read = load_vectors(model)[arguments.vector], compared_attributes(model)
    before = largest_mb()
    begun, used = time.perf_counter(), time.process_time()
    found = study_vector(model, vector, read, range(arguments.portraits), STRENGTHS)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    print(
        f"{arguments.vector}, {arguments.portraits} portraits x {len(STRENGTHS)} strengths at {model.resolution} px, "
        f"{torch.get_num_threads()} threads: {seconds:.1f} s ({cpu:.1f} s of the processor), "
        f"largest {largest_mb():.0f} MB ({before:.0f} MB before)"
    )
    for name, result in found.items():
        print(f"  {name}, n = {result.basis.n}: {result.sentence()}")


def largest_mb() -> float:
    """Largest resident size of the process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
