"""Code that runs on a dask worker. It imports dask.distributed, so it is imported only if a client is given."""

import threading
import uuid
from typing import Any

from distributed import WorkerPlugin, get_worker

from editgan_widgets.analysis.batch.edits import Done, Task, Work, edited


class BatchOfEdits(WorkerPlugin):
    """Brings the work to each worker, also to those that start later."""

    def __init__(self, work: Work) -> None:
        self.name = f"editgan-batch-{uuid.uuid4().hex}"
        self.work = work

    def setup(self, worker: Any) -> None:
        """Prepare a worker. One portrait at a time: the number of torch's threads is the whole process's."""
        self.lock = threading.Lock()


def edited_there(name: str, tasks: list[Task]) -> list[Done]:
    """Make the edits of a group of portraits with the work of a plugin's name."""
    plugin: Any = get_worker().plugins[name]
    with plugin.lock:
        return [edited(plugin.work, task) for task in tasks]
