"""The same work on the workers of a Dask scheduler, which come and go.

A task that reaches a Dask worker is done by a process of that worker's own, as on one machine: with one thread, and
with all limits, so that what is wrong with a photo does not end the worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ...core.errors import UsageError
from ...core.extras import needed
from ...io.metadata.render_mark import version
from ..job import Failed, Result, Task
from ..render_one import begin_at_once
from ..stores.url import in_one_process, shown
from .memory import Admission
from .pool import WORK, Pool

_CONNECT_S = 15
_LOOK_AGAIN_S = 0.5
_COUNT_AGAIN_S = 2.0
# For each thread of the cluster: so many that none waits for the client, so few that little is left after a stop.
_AHEAD = 4
_LEAST_AHEAD = 8


@dataclass(frozen=True)
class _Parcel:
    """A task as it travels; Dask's log prints it when something breaks, and it must not print what URLs hold."""

    name: str
    task: Task = field(repr=False)
    work: str
    memory_bytes: int | None
    version: str


class DaskExecutor:
    """Runs tasks on the workers of a Dask scheduler (an `Executor`).

    Parameters
    ----------
    scheduler : str
        Like ``tcp://host:8786``.
    memory_bytes : int, optional
        The most that the process of one photo may hold.
    work : str
        "module:function" of what is run for each task.
    patience_s : float
        How long to wait for workers when there are none.

    Raises
    ------
    UsageError
        When the scheduler cannot be reached, or the extra is not installed.
    """

    def __init__(
        self, scheduler: str, *, memory_bytes: int | None = None, work: str = WORK, patience_s: float = 60.0
    ) -> None:
        distributed = needed("distributed", "cluster", "`scheduler`")
        self._killed: type[Exception] = distributed.KilledWorker
        self._name, self._patience_s = shown(scheduler), patience_s
        self._memory_bytes, self._work = memory_bytes, work
        try:
            # A client that has failed to connect takes half a minute to go; and Jupyter runs a loop of its own.
            with ThreadPoolExecutor(1) as aside:
                aside.submit(asyncio.run, _greet(distributed, scheduler)).result()
            self._client: Any = distributed.Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            raise UsageError(
                f"{self._name}: no Dask scheduler answers there; start one with 'dask scheduler', "
                "and give the address that it prints"
            ) from error
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._going: dict[Any, Task] = {}
        self._suspects: deque[Task] = deque()
        self._stopped = False
        self._threads, self._counted_s, self._idle_since_s = 0, 0.0, 0.0

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield the result of every task, in the order in which they are done.

        Whose worker dies is sent to another by the scheduler, as often as that allows; then once more from here, alone,
        when all others are through: it may have died with a neighbour. When the scheduler or all workers are gone, the
        rest has failed. After `stop` no more tasks are taken.
        """
        waiting: Iterator[Task] = iter(tasks)
        self._suspects.clear()
        self._idle_since_s = time.monotonic()
        tried: set[str] = set()
        exhausted = False
        try:
            while True:
                self._count()
                if (why := self._trouble()) is not None:
                    yield from self._given_up(waiting, why)
                    return
                while not (self._stopped or exhausted) and len(self._going) < self._room():
                    task = next(waiting, None)
                    exhausted = task is None
                    if task is not None:
                        self._submit(task)
                if not self._going:
                    if self._stopped or not self._suspects:
                        return
                    self._submit(self._suspects.popleft())
                result = self._hear(tried)
                if result is not None:
                    yield result
        finally:
            self.kill()

    def stop(self) -> None:
        """Begin nothing more; what a worker has begun is finished. From any thread, and from a signal."""
        self._stopped = True
        self._events.put(None)

    def kill(self) -> None:
        """Wait for nothing more. What workers have begun they finish, and nobody takes it."""
        going, self._going = self._going, {}
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self._client.cancel(list(going), force=True)

    def close(self) -> None:
        """Take leave of the scheduler."""
        self.kill()
        with contextlib.suppress(Exception):
            self._client.close(timeout=_CONNECT_S)

    def _submit(self, task: Task) -> None:
        digest = hashlib.sha256(task.job.target.encode("utf-8", "surrogateescape")).hexdigest()
        parcel = _Parcel(task.job.name, task, self._work, self._memory_bytes, version())
        key = f"rebokeh-{digest[:12]}-{secrets.token_hex(4)}"
        future = self._client.submit(_develop, parcel, key=key, pure=False)
        self._wait_for(future, task)

    def _wait_for(self, future: Any, task: Task) -> None:
        self._going[future] = task
        future.add_done_callback(self._events.put)

    def _hear(self, tried: set[str]) -> Result | None:
        """Wait for what happens next; the result, if it is one."""
        try:
            future = self._events.get(timeout=_LOOK_AGAIN_S)
        except queue.Empty:
            return None
        if future is None:
            self._recall()
            return None
        task = self._going.pop(future, None)
        if task is None:
            return None
        if future.status in ("lost", "pending"):
            # Done, but its worker died before the result was fetched: the scheduler has it done again.
            self._wait_for(future, task)
            return None
        try:
            if future.status == "finished":
                return future.result()
            error = future.exception() if future.status == "error" else None
        except Exception as broken:  # what came cannot be unpacked here
            error = broken
        finally:
            future.release()
        if error is None:
            return None if self._stopped else self._failed(task, "the scheduler has dropped it")
        if not isinstance(error, self._killed):
            return self._failed(task, f"the worker cannot do this ({type(error).__name__}: {shown(str(error))})")
        if task.job.target not in tried:
            tried.add(task.job.target)
            self._suspects.append(task)
            return None
        return Failed(task.job, "WorkerDied", "its worker died, again and again, the last time alone", "crashed")

    def _recall(self) -> None:
        """Take back what no worker has yet."""
        with contextlib.suppress(Exception):  # with the scheduler gone there is nothing to take back
            begun = {key for keys in self._client.processing().values() for key in keys}
            back = [future for future in self._going if future.key not in begun]
            for future in back:
                del self._going[future]
            self._client.cancel(back)

    def _count(self) -> None:
        """Ask now and then how many threads the workers have."""
        now = time.monotonic()
        if now - self._counted_s > _COUNT_AGAIN_S:
            self._counted_s, self._threads = now, 0
            if self._client.status == "running":
                with contextlib.suppress(Exception):  # it is just being lost
                    self._threads = sum(self._client.nthreads().values())
        if self._threads:
            self._idle_since_s = now

    def _room(self) -> int:
        return max(_AHEAD * self._threads, _LEAST_AHEAD)

    def _trouble(self) -> str | None:
        """Say why there is nothing more to wait for, if so."""
        if self._client.status == "closed":
            return f"the Dask scheduler {self._name} is gone"
        if time.monotonic() - self._idle_since_s > self._patience_s:
            return f"the Dask scheduler {self._name} has had no worker for {self._patience_s:g} s"
        return None

    def _given_up(self, waiting: Iterable[Task], why: str) -> Iterator[Result]:
        lost = [*self._going.values(), *self._suspects]
        self.kill()
        for task in lost:
            yield self._failed(task, why)
        if not self._stopped:
            for task in waiting:
                yield self._failed(task, why)

    @staticmethod
    def _failed(task: Task, why: str) -> Failed:
        return Failed(task.job, "ClusterError", f"{why}; give the same command again to go on from here")


async def _greet(distributed: Any, address: str) -> None:
    """See whether a scheduler answers, with the certificates that Dask's settings name."""
    how = distributed.Security().get_connection_args("client")
    comm = await import_module("distributed.comm").connect(address, timeout=_CONNECT_S, **how)
    await comm.close()


class _Shared(Admission):
    """Admission that the threads of a Dask worker share."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def admits(self, pid: int, need_bytes: int) -> bool:
        """Let a worker begin, or not."""
        with self._lock:
            return super().admits(pid, need_bytes)

    def release(self, pid: int) -> None:
        """Note that a worker is through with its photo, or dead."""
        with self._lock:
            super().release(pid)


class _Own(threading.local):
    """The pool of each thread of a Dask worker, kept from task to task: its process has compiled and imported."""

    made_for: tuple[str, int | None] | None = None
    pool: Pool | None = None

    def get(self, work: str, memory_bytes: int | None) -> Pool:
        """Return it, a new one when what it is for has changed."""
        if self.pool is None or self.made_for != (work, memory_bytes):
            if self.pool is not None:
                self.pool.close()
            self.made_for = work, memory_bytes
            self.pool = Pool(1, memory_bytes=memory_bytes, work=work, admission=_ADMISSION)
        return self.pool


_ADMISSION, _OWN, _ONE_AT_A_TIME = _Shared(), _Own(), threading.Lock()


def _develop(parcel: _Parcel) -> Result:
    """Do a task; runs in a thread of a Dask worker."""
    task = parcel.task
    if parcel.version != version():
        why = f"a worker has rebokeh {version()}, and this is {parcel.version}; install the same on all machines"
        return Failed(task.job, "ClusterError", why)
    if in_one_process(task.job.source) or in_one_process(task.store.get("out", "")):
        with _ONE_AT_A_TIME:
            module, _, name = parcel.work.partition(":")
            return getattr(import_module(module), name)(task, begin_at_once)
    return next(_OWN.get(parcel.work, parcel.memory_bytes).run([task]))
