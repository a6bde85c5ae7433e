"""Measure pyramid_linear against its reference, on the feature pyramid of a portrait network (128 px).

Prints forward and forward + backward times, and the largest difference of the results.
"""

import argparse
import time
from statistics import median

import torch

from editgan_kernels import PixelSampler, pyramid_linear, pyramid_linear_at, pyramid_linear_reference

CHANNEL_BASE, CHANNEL_MAX = 2048, 128


def pyramid(resolution, generator):
    """Feature levels as the generator gives them: the constant, then one conv at 4 px and two at each larger size."""
    sizes = [4, 4] + [size for size in (8, 16, 32, 64, 128, 256, 512) if size <= resolution for _ in range(2)]
    channels = [min(CHANNEL_MAX, CHANNEL_BASE // size) for size in sizes]
    return [torch.randn(1, c, s, s, generator=generator) for c, s in zip(channels, sizes, strict=True)]


def milliseconds(run, repeats):
    run()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resolution", type=int, default=128)
    parser.add_argument("--out-channels", type=int, default=320, help="ensemble x hidden: 5 x 64")
    parser.add_argument("--region", type=float, default=0.1, help="fraction of the pixels, for the region form")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    generator = torch.Generator().manual_seed(0)
    levels = [level.requires_grad_() for level in pyramid(options.resolution, generator)]
    weights = [torch.randn(options.out_channels, level.shape[1], generator=generator) / 20 for level in levels]
    bias = torch.randn(options.out_channels, generator=generator)
    size = (options.resolution, options.resolution)
    side = round(options.resolution * options.region**0.5)
    region = torch.zeros(size, dtype=torch.bool)
    region[:side, :side] = True
    sampler = PixelSampler.from_region(region)

    forms = {
        "reference": lambda: pyramid_linear_reference(levels, weights, bias, size),
        "pyramid_linear": lambda: pyramid_linear(levels, weights, bias, size),
        "pyramid_linear_at": lambda: pyramid_linear_at(levels, weights, bias, sampler),
    }
    truth = forms["reference"]().detach()
    truths = {"pyramid_linear_at": truth[:, :, region].transpose(1, 2)}
    print(f"{len(levels)} levels, {sum(w.shape[1] for w in weights)} channels -> {options.out_channels}, {size[0]} px,")
    print(f"region {int(region.sum())} px, {torch.get_num_threads()} thread(s)")
    for name, form in forms.items():
        with torch.no_grad():
            forward = milliseconds(form, options.repeats)
        both = milliseconds(lambda form=form: form().square().sum().backward(), options.repeats)
        error = (form().detach() - truths.get(name, truth)).abs().max().item()
        print(f"{name:<18} forward {forward:8.1f} ms   with backward {both:8.1f} ms   largest difference {error:.1e}")


if __name__ == "__main__":
    main()
