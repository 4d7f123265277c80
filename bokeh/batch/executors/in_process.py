"""Work in this process, one photo after the other: for what no other process can see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..job import Result, Task
from ..render_one import render_one


class InProcessExecutor:
    """Runs tasks in this process (an `Executor`); a photo that ends its process ends the run."""

    def __init__(self) -> None:
        self._stopped = False

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield the result of each task."""
        waiting = iter(tasks)
        while not self._stopped and (task := next(waiting, None)) is not None:
            yield render_one(task)

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopped = True

    def kill(self) -> None:
        """Begin nothing more: what is under way has this process to itself."""
        self._stopped = True

    def close(self) -> None:
        """Give back nothing."""
