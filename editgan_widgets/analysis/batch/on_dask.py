"""A batch on a dask cluster: the work is sent to every worker once, then portraits in small groups.

The results return to the caller, which alone writes files, so workers need no shared disk. A worker that dies loses
nothing: dask gives its groups to another one, and a worker that starts later gets the work too.
"""

import importlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Any

from editgan_widgets.analysis.batch.edits import Done, Task, Work
from editgan_widgets.extras import distributed

_AHEAD = 3  # groups that are sent for each worker thread
_ASKED = 1.0  # seconds between questions whether to stop, and whether there are workers
_PATIENCE = 30.0  # seconds to wait for workers
_TRIES = 5  # attempts for a group whose workers die


def edited_on(
    client: Any, work: Work, tasks: Iterable[Task], group: int, should_stop: Callable[[], bool] | None = None
) -> Generator[Done, None, None]:
    """Yield the results of tasks in the order in which they are ready.

    Args:
        client: a `distributed.Client`.
        work, tasks: as in `edits.edited`. Tasks are taken, and their files read, when a worker will be free soon.
        group: tasks that are sent together; without effect on the results.
        should_stop: True ends early; groups that run are dropped.

    Raises RuntimeError for a group of portraits whose workers die again and again, and if there are no workers.
    """
    library = distributed()
    there = importlib.import_module("editgan_widgets.analysis.batch.dask_worker")
    plugin = there.BatchOfEdits(work)
    client.register_plugin(plugin)
    groups = _groups(iter(tasks), group)
    running: dict[Any, tuple[list[Task], int]] = {}

    def send(some: list[Task], tries: int = 1) -> None:
        future = client.submit(there.edited_there, plugin.name, some, pure=False)
        running[future] = some, tries

    try:
        for some in islice(groups, _AHEAD * max(1, sum(client.nthreads().values()))):
            send(some)
        while running:
            future = _next(client, library, list(running), should_stop)
            if future is None:
                return
            some, tries = running.pop(future)
            try:
                yield from future.result()
            except library.KilledWorker as error:
                if tries == _TRIES:
                    names = ", ".join(task.name for task in some)
                    raise RuntimeError(f"each worker that edits {names} dies; is there enough memory?") from error
                send(some, tries + 1)
                continue
            if should_stop is not None and should_stop():
                return
            if (following := next(groups, None)) is not None:
                send(following)
    finally:
        client.cancel(list(running))
        client.unregister_worker_plugin(plugin.name)


def _next(client: Any, library: Any, running: list[Any], should_stop: Callable[[], bool] | None) -> Any:
    """The next future that is ready; None if `should_stop` says so. Raises RuntimeError if no workers come."""
    alone_since = None
    while True:
        try:
            return next(iter(library.wait(running, timeout=_ASKED, return_when="FIRST_COMPLETED").done))
        except TimeoutError:
            pass
        if should_stop is not None and should_stop():
            return None
        alone_since = None if client.nthreads() else alone_since or time.monotonic()
        if alone_since is not None and time.monotonic() - alone_since > _PATIENCE:
            raise RuntimeError(
                f"the client's cluster has had no workers for {_PATIENCE:g} s; start some, wait for them with "
                "client.wait_for_workers(1), and make the same call again: it continues"
            )


def _groups(tasks: Iterator[Task], size: int) -> Iterator[list[Task]]:
    while some := list(islice(tasks, size)):
        yield some
