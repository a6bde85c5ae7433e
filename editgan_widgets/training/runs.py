"""Shared by all trainings: length of a run, learning-rate schedule, stopping by signal, optimiser states on disk."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from editgan_widgets.models.devices import bfloat16_in_hardware
from editgan_widgets.schedules import learning_rate

FINAL_RATE = 0.02  # learning rate at the end, as a share of the initial one


def progress_of(images: int, total_images: int, seconds: float, max_minutes: float | None) -> float:
    """Progress of a run, by pictures or by time, whichever is further; 1 or more is the end."""
    by_clock = 0.0 if max_minutes is None else seconds / 60 / max_minutes
    return max(images / total_images, by_clock)


class RunLength:
    """Length of a training, by pictures shown or by time, whichever ends first.

    Args:
        total_images: pictures to show.
        max_minutes: time limit; None for no limit.
        seconds_before: duration of earlier parts of the same run.
    """

    def __init__(self, total_images: int, max_minutes: float | None = None, seconds_before: float = 0.0):
        self.total_images, self.max_minutes = total_images, max_minutes
        self._started = time.monotonic() - seconds_before

    @property
    def seconds(self) -> float:
        """Duration of the run so far, including its earlier parts."""
        return time.monotonic() - self._started

    def progress(self, images: int) -> float:
        """Progress of the run, from 0; 1 or more is the end."""
        return progress_of(images, self.total_images, self.seconds, self.max_minutes)


def training_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 if the device multiplies it in hardware, else float32."""
    return torch.bfloat16 if bfloat16_in_hardware(device) else torch.float32


@contextlib.contextmanager
def quick_arithmetic(*networks: nn.Module) -> Iterator[None]:
    """Run networks in `training_dtype` and in the memory layout that is fastest for it; weights stay float32."""
    device = next(networks[0].parameters()).device
    dtype = training_dtype(device)
    if dtype == torch.float32:
        yield
        return
    for network in networks:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    with torch.autocast(device.type, dtype):
        yield


def set_rate(optimizer: torch.optim.Optimizer, rate: float, progress: float) -> None:
    """Set the learning rate for a progress in 0..1: linear warm-up over the first twentieth, then cosine decay."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(rate, 20 * progress + 0.05, progress, FINAL_RATE)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Tensors of an optimiser's state, keyed `index.name`, for a bundle."""
    return {f"{i}.{k}": v for i, state in optimizer.state_dict()["state"].items() for k, v in state.items()}


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Restore the state that `optimizer_tensors` returned."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def fit(
    network: nn.Module,
    batch_loss: Callable[[], Tensor],
    length: RunLength,
    batch: int,
    learning_rate: float,
    weight_decay: float,
    on_step: Callable[[int, float], None] | None = None,
) -> int:
    """Train a network with AdamW until the run ends or Ctrl-C is pressed; return the number of pictures shown.

    `batch_loss` draws a batch of `batch` pictures and returns its loss; `on_step` gets the pictures so far and the
    loss.
    """
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay)
    seen = 0
    network.train()
    with stop_flag() as stop:
        while (progress := length.progress(seen)) < 1 and not stop.is_set():
            set_rate(optimizer, learning_rate, progress)
            with quick_arithmetic(network):
                loss = batch_loss()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            seen += batch
            if on_step is not None:
                on_step(seen, float(loss.detach()))
    network.eval().requires_grad_(False).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return seen


@contextlib.contextmanager
def stop_flag() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets; a second one acts as usual. Never set outside the main thread."""
    flag = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    before = {int(number): signal.getsignal(number) or signal.SIG_DFL for number in (signal.SIGINT, signal.SIGTERM)}

    def set_flag(number: int, _frame: Any) -> None:
        flag.set()
        signal.signal(number, before[number])

    for number in before:
        signal.signal(number, set_flag)
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
