"""What long trainings share: when they end, how fast they learn, stopping by hand, optimisers on disk."""

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from editgan_widgets.models.devices import bfloat16_in_hardware

FINAL_RATE = 0.02  # share of the learning rate that is left at the end


def progress_of(images: int, total_images: int, seconds: float, max_minutes: float | None) -> float:
    """Share of a run that is behind us, by pictures or by the clock, whichever is further; 1 and above is the end."""
    by_clock = 0.0 if max_minutes is None else seconds / 60 / max_minutes
    return max(images / total_images, by_clock)


class RunLength:
    """How far a training is, by pictures shown or by the clock, whichever is further.

    Args:
        total_images: pictures to show.
        max_minutes: end by the clock; None for no limit.
        seconds_before: time that earlier parts of the same run took.
    """

    def __init__(self, total_images: int, max_minutes: float | None = None, seconds_before: float = 0.0):
        self.total_images, self.max_minutes = total_images, max_minutes
        self._started = time.monotonic() - seconds_before

    @property
    def seconds(self) -> float:
        """Time that the run has taken, its earlier parts included."""
        return time.monotonic() - self._started

    def progress(self, images: int) -> float:
        """Share of the run that is behind us, from 0; 1 and above is the end."""
        return progress_of(images, self.total_images, self.seconds, self.max_minutes)


def training_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it in hardware, else float32."""
    return torch.bfloat16 if bfloat16_in_hardware(device) else torch.float32


@contextlib.contextmanager
def quick_arithmetic(*networks: nn.Module) -> Iterator[None]:
    """Let networks compute in `training_dtype` and in the layout that is quickest for it; weights stay float32."""
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
    """Set the learning rate at a point of the run: a short rise over its first twentieth, then a cosine down."""
    falling = FINAL_RATE + (1 - FINAL_RATE) * (0.5 + 0.5 * math.cos(math.pi * min(progress, 1.0)))
    for group in optimizer.param_groups:
        group["lr"] = rate * min(1.0, 20 * progress + 0.05) * falling


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Tensors of an optimiser's state under `index.name`, for a bundle."""
    return {f"{i}.{k}": v for i, state in optimizer.state_dict()["state"].items() for k, v in state.items()}


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Read back what `optimizer_tensors` gave."""
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
    """Train a network with AdamW until the run's length is used up or Ctrl-C ends it; return the pictures shown.

    `batch_loss` draws a batch of `batch` pictures and gives its loss; `on_step` gets the pictures so far and the loss.
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
    """An event that the first Ctrl-C or SIGTERM sets; a second one acts as usual. Idle outside the main thread."""
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
