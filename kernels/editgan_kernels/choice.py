"""Choice: selects the faster of an op's two forms, plain torch or a kernel, on a CUDA device.

The gain of a kernel depends on device and shape, so it is measured: the first call with tensors of new sizes runs both
forms on copies, compares their results, times them, and keeps the faster one. A kernel that cannot be imported or
compiled, or whose result differs, is not used; `choices` lists the trials. On other devices the plain form runs, and
the kernel's module is never imported.
"""

import importlib
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_SWITCH = "EDITGAN_KERNELS"  # "torch": plain forms only; "triton": kernels where they run, even if slower
_DTYPES = (torch.float32, torch.bfloat16, torch.float16)
_TOLERANCE = {torch.float32: 5e-3, torch.bfloat16: 5e-2, torch.float16: 5e-2}  # of the largest value
_CALLS, _ROUNDS = 10, 3  # calls timed together; the fastest of the rounds counts
_BUSY = 5_000_000  # cycles for which the device is busy until all calls are queued: the host is not timed


@dataclass(frozen=True)
class Trial:
    """Result of trying an op on tensors of one size."""

    op: str
    shapes: tuple[tuple[int, ...], ...]
    dtype: torch.dtype
    plain_seconds: float | None  # None if not timed
    kernel_seconds: float | None
    kernel: bool  # True if the kernel was chosen
    reason: str  # in words


class Choice:
    """An op with a plain form and a kernel.

    Args:
        plain: the form in torch operations; it may change its first argument.
        module, name: module and name of the kernel, imported at its first trial.
        applies: True if the kernel can run on a tensor's device; None: on CUDA.
        seconds: times a call; None: with CUDA events.
    """

    def __init__(
        self,
        plain: Callable[..., Any],
        module: str,
        name: str,
        applies: Callable[[Tensor], bool] | None = None,
        seconds: Callable[[Callable[[], Any]], float] | None = None,
    ):
        self.plain, self.module, self.name = plain, module, name
        self.trials: dict[tuple, Trial] = {}
        self._applies, self._seconds = applies or _on_cuda, seconds or _seconds_on_cuda
        self._forms: dict[tuple, Callable[..., Any]] = {}
        self._lock = threading.Lock()
        _CHOICES.append(self)

    def __call__(self, x: Tensor, *others: Any) -> Any:
        """Run the form that was chosen for arguments of these sizes."""
        if not self._applies(x) or x.dtype not in _DTYPES:
            return self.plain(x, *others)
        tensors = [a for a in (x, *others) if isinstance(a, Tensor)]
        # Sizes are rounded to powers of two, because the region's size differs between edits.
        key = (x.device, x.dtype, *(tuple(n.bit_length() for n in a.shape) for a in tensors))
        form = self._forms.get(key)
        if form is None:
            if x.is_cuda and torch.cuda.is_current_stream_capturing():  # timing is impossible during capture
                return self.plain(x, *others)
            with self._lock:
                if key not in self._forms:
                    with _at(x.device):
                        self._forms[key], self.trials[key] = self._try((x, *others), tensors)
            form = self._forms[key]
        return form(x, *others)

    def _try(self, arguments: Sequence[Any], tensors: Sequence[Tensor]) -> tuple[Callable[..., Any], Trial]:
        def found(form: Callable[..., Any], reason: str, plain: float | None = None, kernel: float | None = None):
            shapes = tuple(tuple(a.shape) for a in tensors)
            trial = Trial(self.name, shapes, tensors[0].dtype, plain, kernel, form is not self.plain, reason)
            return form, trial

        wanted = os.environ.get(_SWITCH, "")
        if wanted == "torch":
            return found(self.plain, f"{_SWITCH}=torch")
        try:
            kernel = _on_its_device(getattr(importlib.import_module(self.module), self.name))
            with torch.no_grad():
                expected, got = self.plain(*_copies(arguments)), kernel(*_copies(arguments))
            apart = _difference(expected, got)
            del expected, got
        except Exception as error:  # import, compiler or driver errors: the plain form runs
            return found(self.plain, f"{type(error).__name__}: {str(error)[:200]}")
        if not apart <= _TOLERANCE[tensors[0].dtype]:
            return found(self.plain, f"its result is off by {apart:.1e} of the largest value")
        if wanted == "triton":
            return found(kernel, f"{_SWITCH}=triton")
        given = _copies(arguments)
        plain, own = float("inf"), float("inf")
        with torch.no_grad():
            for _ in range(_ROUNDS):
                plain = min(plain, self._seconds(lambda: self.plain(*given)))
                own = min(own, self._seconds(lambda: kernel(*given)))
        if own < plain:
            return found(kernel, f"{plain / own:.1f} times as fast", plain, own)
        return found(self.plain, f"the plain form is {own / plain:.1f} times as fast", plain, own)


_CHOICES: list[Choice] = []


def choices() -> list[Trial]:
    """All trials so far in this process, in the order of the ops."""
    return [trial for choice in _CHOICES for trial in choice.trials.values()]


def _on_cuda(x: Tensor) -> bool:
    return x.is_cuda


def _at(device: torch.device) -> AbstractContextManager:
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


def _on_its_device(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Run a kernel on its tensors' device; Triton uses the current device."""

    def run(x: Tensor, *others: Any) -> Any:
        with _at(x.device):
            return kernel(x, *others)

    return run


def _copies(arguments: Sequence[Any]) -> list[Any]:
    """Copies with the same memory format, because a form may modify its arguments."""
    return [a.detach().clone() if isinstance(a, Tensor) else a for a in arguments]


def _difference(expected: Any, got: Any) -> float:
    """Largest difference, divided by the largest value."""
    pairs = [(expected, got)] if isinstance(expected, Tensor) else list(zip(expected, got, strict=True))
    apart = 0.0
    for a, b in pairs:
        if a.shape != b.shape:
            return float("inf")
        largest = max(float(a.float().abs().amax()), 1e-12)
        here = float((a.float() - b.float()).abs().amax()) / largest
        apart = apart if here <= apart else here  # nan stays
    return apart


def _seconds_on_cuda(run: Callable[[], Any]) -> float:
    began, ended = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    run()
    torch.cuda._sleep(_BUSY)
    began.record()
    for _ in range(_CALLS):
        run()
    ended.record()
    ended.synchronize()
    return began.elapsed_time(ended) / 1000 / _CALLS
