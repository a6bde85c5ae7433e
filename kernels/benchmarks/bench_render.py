"""Measure rendering: portraits per second in one process and in several, and processor time for each portrait."""

import argparse
import resource
import time

from editgan_widgets.domains.portraits import render_many
from editgan_widgets.domains.portraits.workers import available_cores


def processor_seconds():
    """Processor seconds of this process and of its finished child processes."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="portraits in each run")
    parser.add_argument("--size", type=int, default=128, help="px")
    parser.add_argument("--jobs", type=int, default=available_cores(), help="processes of the second run")
    parser.add_argument("--backend", choices=["egl", "software"], help="default: EGL if available")
    options = parser.parse_args()

    print(f"{options.count} portraits of {options.size} px, {available_cores()} cores, start of the processes included")
    for jobs in sorted({1, options.jobs}):
        began, spent = time.perf_counter(), processor_seconds()
        drawn = sum(1 for _ in render_many(range(options.count), options.size, jobs, options.backend))
        seconds, spent = time.perf_counter() - began, processor_seconds() - spent
        print(f"{jobs} job(s) {drawn / seconds:7.1f} portraits/s   {1000 * spent / drawn:6.1f} ms of a core each")


if __name__ == "__main__":
    main()
