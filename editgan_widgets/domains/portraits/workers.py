"""Rendering in several processes, because llvmpipe uses little more than one core for a small picture.

Batches are distributed over the workers in turn and returned in order. The batches do not depend on the number of
workers, so the pictures are the same to the byte.
"""

import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, cycle, islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from .factors import code_from_seed, factors_from_code
from .renderer import Backend, available_backend, make_renderer
from .scene import BATCH, Portrait

_AHEAD = 2  # batches in a worker's queue: one being drawn, one waiting
_Batch = list[dict[str, float]]


class WorkerError(RuntimeError):
    """A rendering process ended before its work was finished."""


def available_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def render_many(
    portraits: Iterable[int | dict[str, float]],
    size: int = 128,
    jobs: int | None = 1,
    backend: Backend | None = None,
) -> Generator[Portrait, None, None]:
    """Render portraits in the given order: `for portrait in render_many(range(1000), jobs=None): ...`.

    Args:
        portraits: seeds or factor records, read lazily.
        size: side of a picture, px.
        jobs: number of rendering processes, None for one per core. With more than one, a script that calls this needs
            `if __name__ == "__main__":`, because each process imports the script.
        backend: "egl", "software", or None for EGL if available.

    Raises ValueError for less than one job, NoEGLError if EGL is requested and missing, WorkerError if a process ended
    early.
    """
    jobs = available_cores() if jobs is None else jobs
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, or None for one per core; got {jobs}")
    records = (dict(p) if isinstance(p, dict) else factors_from_code(code_from_seed(p)) for p in portraits)
    batches = iter(lambda: list(islice(records, BATCH)), [])
    first = list(islice(batches, jobs))
    draw = _in_this_process if len(first) < 2 else _in_processes
    backend = backend or available_backend()  # determined here, so that only one process warns
    with contextlib.closing(draw(chain(first, batches), size, len(first), backend)) as drawn:
        yield from drawn


def _in_this_process(batches: Iterable[_Batch], size: int, _: int, backend: Backend) -> Generator[Portrait, None, None]:
    with make_renderer(size, backend) as renderer:
        for batch in batches:
            yield from renderer.render(batch)


def _in_processes(batches: Iterable[_Batch], size: int, jobs: int, backend: Backend) -> Generator[Portrait, None, None]:
    with _workers(jobs, size, backend) as workers:
        waiting: deque[tuple[BaseProcess, Connection]] = deque()
        for worker, batch in zip(cycle(workers), batches, strict=False):
            if len(waiting) == _AHEAD * jobs:
                yield from _received(*waiting.popleft())
            with contextlib.suppress(BrokenPipeError):  # reported when the worker's answer is read
                worker[1].send(batch)
            waiting.append(worker)
        for worker in waiting:
            yield from _received(*worker)


def _received(process: BaseProcess, pipe: Connection) -> list[Portrait]:
    try:
        answer = pipe.recv()
    except (EOFError, OSError) as error:
        process.join(5)
        raise WorkerError(
            f"a rendering process ended with exit code {process.exitcode}; use fewer jobs if memory is short, or "
            "jobs=1, which renders in this process"
        ) from error
    if isinstance(answer, Exception):
        raise answer
    return answer


@contextlib.contextmanager
def _workers(jobs: int, size: int, backend: Backend) -> Iterator[list[tuple[BaseProcess, Connection]]]:
    spawn = multiprocessing.get_context("spawn")
    workers: list[tuple[BaseProcess, Connection]] = []
    try:
        with _interrupts_held_back():
            for _ in range(jobs):
                ours, theirs = spawn.Pipe()
                process = spawn.Process(target=_work, args=(theirs, size, backend), daemon=True)
                process.start()
                theirs.close()
                workers.append((process, ours))
        yield workers
    finally:
        for process, pipe in workers:
            process.terminate()
            process.join()
            pipe.close()


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Processes started in this context ignore Ctrl-C, which a terminal sends to all; the main process handles it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # if started later, it would unblock interrupts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, size: int, backend: Backend) -> None:
    """Render the batches that arrive until the pipe closes."""
    os.environ["LP_NUM_THREADS"] = "0"  # llvmpipe's threads would take cores from the other workers
    with contextlib.suppress(EOFError, OSError):
        try:
            with make_renderer(size, backend) as renderer:
                while True:
                    pipe.send(list(renderer.render(pipe.recv())))
        except (EOFError, OSError):
            raise
        except Exception as error:
            pipe.send(error)
