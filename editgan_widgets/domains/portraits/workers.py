"""Rendering in several processes: llvmpipe draws a small picture on little more than one core, processes use them all.

Batches go round the workers and come back in order. A batch holds the same portraits whatever the number of workers,
so the pictures are the same to the byte.
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

_AHEAD = 2  # batches that a worker holds: one to draw, one to go on with
_Batch = list[dict[str, float]]


class WorkerError(RuntimeError):
    """A rendering process ended before its work was done."""


def available_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def render_many(
    portraits: Iterable[int | dict[str, float]],
    size: int = 128,
    jobs: int | None = 1,
    backend: Backend | None = None,
) -> Generator[Portrait, None, None]:
    """Render portraits in the order given: `for portrait in render_many(range(1000), jobs=None): ...`.

    Args:
        portraits: seeds or factor records, read as they are needed.
        size: side of a picture, px.
        jobs: processes that render, None for one per core. With more than one, a script that calls this needs its
            `if __name__ == "__main__":`, because each process imports the script.
        backend: "egl", "software", or None for EGL where there is one.

    Raises ValueError for less than one job, NoEGLError where EGL is asked for and missing, WorkerError where a process
    ended early.
    """
    jobs = available_cores() if jobs is None else jobs
    if jobs < 1:
        raise ValueError(f"rendering takes at least one job; got {jobs}; next: None for one per core")
    records = (dict(p) if isinstance(p, dict) else factors_from_code(code_from_seed(p)) for p in portraits)
    batches = iter(lambda: list(islice(records, BATCH)), [])
    first = list(islice(batches, jobs))
    draw = _in_this_process if len(first) < 2 else _in_processes
    backend = backend or available_backend()  # found out and warned of here, not in every process
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
            with contextlib.suppress(BrokenPipeError):  # what ended the worker is said where its answer is awaited
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
            f"a rendering process ended with exit code {process.exitcode}; next: fewer jobs if memory is short, or "
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
    """Processes started here never see Ctrl-C, which a terminal sends to all; the first process alone answers it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # started later it would let interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, size: int, backend: Backend) -> None:
    """Draw the batches that arrive until the other end closes."""
    os.environ["LP_NUM_THREADS"] = "0"  # llvmpipe's own threads would take the other workers' cores
    with contextlib.suppress(EOFError, OSError):
        try:
            with make_renderer(size, backend) as renderer:
                while True:
                    pipe.send(list(renderer.render(pipe.recv())))
        except (EOFError, OSError):
            raise
        except Exception as error:
            pipe.send(error)
