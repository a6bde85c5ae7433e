"""RecordedSteps: the steps of a loop on a CUDA device, recorded as graphs and replayed.

A step of an edit is some thousand operations on small maps, and the host needs longer to launch them one by one than
the device to execute them. A CUDA graph launches them all at once.

A recorded step always uses the same memory: its inputs must stay at fixed addresses, its results are valid until the
next step, and it must not read a value back from the device.
"""

import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeAlias

import torch
from torch import Tensor

Step: TypeAlias = Callable[[int], Sequence[Tensor]]
Replay: TypeAlias = tuple[
    Callable[[], None], Sequence[Tensor]
]  # function that replays the step, and the tensors of its results

_KINDS = 4  # maximum number of kinds of steps, because each is recorded separately


class RecordedSteps:
    """Runs a periodic loop: steps i and i + kinds perform the same operations.

    The first step of each kind runs normally, the second is recorded, and later ones are replayed. If recording fails,
    a warning gives the reason, and steps run normally.

    Args:
        step: called with the number of the step, from 0.
        kinds: period of the loop.
        device: device of the steps.
        record: records a step; None records CUDA graphs, which needs a CUDA device.
    """

    def __init__(
        self,
        step: Step,
        kinds: int,
        device: torch.device,
        record: "Callable[[Callable[[], Sequence[Tensor]]], Replay] | None" = None,
    ):
        self._step, self._kinds = step, kinds
        self._number = 0
        self._replays: dict[int, Replay] = {}
        self._records = kinds <= _KINDS and (record is not None or device.type == "cuda")
        self._record = record or _GraphRecorder(device)

    @property
    def recorded(self) -> int:
        """Number of kinds that are recorded."""
        return len(self._replays)

    def __call__(self) -> Sequence[Tensor]:
        """Return the results of the next step, valid until the next call."""
        number, kind = self._number, self._number % self._kinds
        self._number += 1
        if not self._records or number < self._kinds:
            return self._step(number)
        if kind not in self._replays:
            try:
                self._replays[kind] = self._record(lambda: self._step(number))
            except RuntimeError as error:
                self._records = False
                warnings.warn(
                    f"steps could not be recorded as CUDA graphs ({error.__context__ or error}); "
                    "they run one operation after another",
                    RuntimeWarning,
                    stacklevel=2,
                )
                return self._step(number)
        replay, results = self._replays[kind]
        replay()
        return results


class _GraphRecorder:
    """Records CUDA graphs that share their memory, because they are replayed in the order of recording."""

    _streams: ClassVar[dict[torch.device, Any]] = {}  # one per device: libraries keep memory for each stream
    _recording = threading.Lock()  # recording starts by waiting for the device, which fails during another recording

    def __init__(self, device: torch.device):
        self._device = device
        self._pool: Any = None

    def __call__(self, run: Callable[[], Sequence[Tensor]]) -> Replay:
        graph = torch.cuda.CUDAGraph()
        with self._recording, torch.cuda.device(self._device):
            stream = self._streams.setdefault(self._device, torch.cuda.Stream())
            before = torch.cuda.current_stream()
            try:
                # thread_local: other threads may use the device during the recording
                with torch.cuda.graph(graph, self._pool, stream, capture_error_mode="thread_local"):
                    results = run()
            finally:
                torch.cuda.set_stream(before)  # a failed recording leaves its own stream
        self._pool = graph.pool()
        return graph.replay, results
