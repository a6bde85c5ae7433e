"""Measure modulated_convolution against its reference, forward and backward, on the layers of a 512 px network.

    python kernels/benchmarks/bench_modulated_convolution.py --threads 2

Each form runs in its own process, so that its peak memory can be measured.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

LAYERS = [(64, 512, False), (64, 256, True), (128, 256, False), (512, 64, False), (32, 128, False)]  # channels, px, up
WAYS = ("reference", "ours")


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--layer", type=int, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def measure(options):
    """Milliseconds of forward and backward of one layer, and the process's peak memory in MB."""
    import torch

    from editgan_kernels import modulated_convolution, modulated_convolution_reference
    from editgan_widgets.models.generators.stylegan2_layers import depthwise, resample_filter
    from editgan_widgets.training.build_model import peak_memory_mb

    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    channels, size, up = LAYERS[options.layer]
    ours = options.way == "ours"
    order = torch.channels_last if ours else torch.contiguous_format
    weight = torch.randn(channels, channels, 3, 3).contiguous(memory_format=order)
    low_pass = depthwise(resample_filter() * 4, channels, torch.float32).contiguous(memory_format=order) if up else None
    x = torch.randn(1, channels, size, size).contiguous(memory_format=order).requires_grad_()
    styles, scale = (torch.rand(1, channels).requires_grad_() for _ in range(2))
    layer = modulated_convolution if ours else modulated_convolution_reference

    def run():
        y = layer(x, styles, scale, weight, low_pass, torch.zeros(channels), None, 0.2)
        torch.autograd.grad(y.sum(), [x, styles, scale])

    run()
    times = []
    for _ in range(options.repeats):
        began = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - began))
    return {"ms": statistics.median(times), "peak_mb": peak_memory_mb()}


def main(arguments=None):
    options = parse(arguments)
    if options.way:
        print(json.dumps(measure(options)))
        return
    print("| channels | px | doubles | reference, ms | ours, ms | times faster | peak memory, MB |")
    print("|---:|---:|---|---:|---:|---:|---:|")
    for i, (channels, size, up) in enumerate(LAYERS):
        found = {}
        for way in WAYS:
            command = [sys.executable, __file__, "--way", way, "--layer", str(i), "--threads", str(options.threads)]
            done = subprocess.run(
                [*command, "--repeats", str(options.repeats)], capture_output=True, text=True, check=True
            )
            found[way] = json.loads(done.stdout.splitlines()[-1])
        slow, quick = (found[way] for way in WAYS)
        print(
            f"| {channels} | {size} | {'yes' if up else 'no'} | {slow['ms']:.1f} | {quick['ms']:.1f} | "
            f"{slow['ms'] / quick['ms']:.1f} | {slow['peak_mb']} -> {quick['peak_mb']} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
