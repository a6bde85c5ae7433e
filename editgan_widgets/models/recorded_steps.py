"""RecordedSteps: the steps of a loop on a CUDA device, recorded as graphs and replayed.

A step of an edit is some thousand operations on small maps, and the host takes longer to start them one after another
than the device to do them. A CUDA graph starts them all at once.

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
    """Steps that come round in kinds: one as it is, one while recording, all later ones by replaying.

    Where recording fails, a warning says why, and steps run as they are.

    Args:
        step: called with the step's number; steps whose numbers differ by `kinds` do the same operations.
        kinds: number of kinds, which come in turn.
        device: of the steps.
        record: records a step; None: as a CUDA graph. Only on a CUDA device, where it is not given.
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
        """Number of kinds that are replayed by now."""
        return len(self._replays)

    def __call__(self) -> Sequence[Tensor]:
        """Give the next step's results. They hold until the next call."""
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

    _streams: ClassVar[dict[torch.device, Any]] = {}  # one a device: libraries keep memory for each that they meet
    _recording = threading.Lock()  # beginning to record waits for the device, which another recording forbids

    def __init__(self, device: torch.device):
        self._device = device
        self._pool: Any = None

    def __call__(self, run: Callable[[], Sequence[Tensor]]) -> Replay:
        graph = torch.cuda.CUDAGraph()
        with self._recording, torch.cuda.device(self._device):
            stream = self._streams.setdefault(self._device, torch.cuda.Stream())
            before = torch.cuda.current_stream()
            try:
                # thread_local: another thread may use the device meanwhile without spoiling the recording
                with torch.cuda.graph(graph, self._pool, stream, capture_error_mode="thread_local"):
                    results = run()
            finally:
                torch.cuda.set_stream(before)  # a recording that fails leaves its own
        self._pool = graph.pool()
        return graph.replay, results
