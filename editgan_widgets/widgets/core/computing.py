"""Computations of editors: they take turns on a shared device and leave one core to the browser."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from editgan_widgets.turns import device_turn


@contextmanager
def computing(model: Any) -> Iterator[None]:
    """Context for computing on the model's device. Enter it before taking a session's lock."""
    with device_turn(getattr(model, "device", torch.device("cpu"))), few_threads():
        yield


@contextmanager
def few_threads() -> Iterator[None]:
    """Leave a core to the browser. torch's threads spin; beside other threads an edit would take ten times as long."""
    cores, threads = os.cpu_count() or 1, torch.get_num_threads()
    limit = min(threads, max(1, cores - 1))
    if limit == threads:
        yield
        return
    torch.set_num_threads(limit)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
