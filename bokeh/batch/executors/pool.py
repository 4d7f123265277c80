"""Worker processes of one machine: one photo each at a time, and none whose death harms another's photo.

A worker is a fresh interpreter that talks through its standard streams. It says what its photo will take and waits for
"go", so that the photos under way fit into memory together. When the run dies its streams end, and it ends too.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...core.errors import RebokehError
from ...core.threads import cores
from ..job import Failed, Result, Task
from .memory import Admission, resident_bytes

WORK = f"{__name__.rsplit('.', 2)[0]}.render_one:render_one"
"""What a worker runs for each task."""

_CODE = "import sys; sys.path[:] = {path!r}; from {package}.worker import serve; serve({work!r}, {memory!r}, {first!r})"
_ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "REBOKEH_THREADS")
# Decoders' threads would each get a heap of their own from GNU's C library, of which a little stays: a worker would
# hold more after each hundred photos. It renders with one thread, which no other waits for.
_OF_WORKERS = dict.fromkeys(_ONE_THREAD, "1") | {"MALLOC_ARENA_MAX": "1"}
_MOST_FALSE_STARTS = 3
_LOOK_AGAIN_S = 0.2


class Worker:
    """One process, and what it is doing.

    Attributes
    ----------
    task : Task, or None
    need_bytes : int, or None
        The memory that it waits for.
    at_first_bytes : int
        What it held after its first photo; 0 before.
    overdue, ready, begun : bool
        Whether its photo has taken too long, whether it has begun to listen, and whether it has heard of its photo.
    """

    def __init__(self, work: str, memory_bytes: int | None, first: bool, hear: Callable[[Worker, Any], object]) -> None:
        code = _CODE.format(path=sys.path, package=__package__, work=work, memory=memory_bytes, first=first)
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | _OF_WORKERS,
            # A group of its own: Ctrl-C at the terminal is for the run, which lets its workers finish.
            process_group=None if sys.platform == "win32" else 0,
        )
        self.pid = self._process.pid
        self.task: Task | None = None
        self.need_bytes: int | None = None
        self.at_first_bytes = 0
        self.overdue = self.ready = self.begun = False
        self._since = 0.0
        threading.Thread(target=self._listen, args=(hear,), daemon=True).start()

    def begin(self, task: Task) -> None:
        """Give it a photo."""
        self.task, self.begun, self._since = task, False, time.perf_counter()
        self._tell(task)

    def go(self) -> None:
        """Let it render."""
        self.need_bytes, self._since = None, time.perf_counter()
        self._tell("go")

    def check_time(self) -> None:
        """End it when its photo takes longer than it may; waiting does not count."""
        limit_s = self.task.limits.timeout_s if self.task and self.need_bytes is None else None
        if limit_s is not None and time.perf_counter() - self._since > limit_s:
            self.overdue = True
            self.kill()

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def leave(self) -> None:
        """Let it end by itself, which it does when it has nothing more to hear."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def ending(self) -> str:
        """Wait for its end, and say how that was."""
        code = self._process.wait()
        self.leave()
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"killed by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def _tell(self, message: object) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # when it is dead, the last that is heard of it says so
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def _listen(self, hear: Callable[[Worker, Any], object]) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(Exception):  # half a message of a worker that was killed may be anything
            while True:
                hear(self, pickle.load(self._process.stdout))
        hear(self, None)


class Pool:
    """Runs tasks in worker processes (an `Executor`).

    Parameters
    ----------
    workers : int, optional
        As many as there are cores.
    memory_bytes : int, optional
        The most that each may hold.
    work : str
        "module:function" of what is run for each task.
    grown_bytes : int
        A worker that holds so much more than after its first photo is replaced.
    tell : callable, optional
        Is told "compiling" when everybody waits for that.
    admission : Admission, optional
        Shared by the pools of one process.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        memory_bytes: int | None = None,
        work: str = WORK,
        grown_bytes: int = 1 << 29,
        tell: Callable[[str], object] | None = None,
        admission: Admission | None = None,
    ) -> None:
        self._count, self._memory_bytes, self._work = max(workers or cores(), 1), memory_bytes, work
        self._grown_bytes, self._on_compile = grown_bytes, tell
        self._events: queue.SimpleQueue[tuple[Worker, Any] | None] = queue.SimpleQueue()
        self._workers: list[Worker] = []
        self._waiting: deque[Worker] = deque()
        self._admission = admission or Admission()
        self._stopped = self._compiled = False
        self._false_starts = 0
        self._tasks: Iterator[Task] = iter(())
        self._exhausted = True
        self._unbegun: deque[Task] = deque()
        self._again: deque[Task] = deque()
        self._tried: set[str] = set()
        self._unheard: Counter[str] = Counter()

    def run(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield the result of every task, in the order in which they are done.

        A task is taken when a worker is free for it. One that kills its worker is tried once more when all others are
        through, alone; one whose worker was dead before it heard of it is given to another. After `stop` no more are
        taken, and those that would be tried again have no result.

        Raises
        ------
        RebokehError
            When workers cannot be started.
        """
        self._tasks, self._exhausted = iter(tasks), False
        self._unbegun.clear()
        self._again.clear()
        self._tried.clear()
        self._unheard.clear()
        going = self._feed()
        while going:
            result = self._hear()
            going = self._feed()  # before the result is dealt with: nobody idles meanwhile
            if result is not None:
                yield result

    def stop(self) -> None:
        """Begin nothing more; what is under way is finished. From any thread, and from a signal."""
        self._stopped = True
        self._events.put(None)

    def kill(self) -> None:
        """End all workers at once, and wait for that; from any thread."""
        workers = list(self._workers)
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.ending()

    def close(self) -> None:
        """End the workers, in the middle of what they do."""
        self.kill()
        self._workers.clear()

    def _feed(self) -> bool:
        """Give whoever is free something to do; whether there is anything to wait for."""
        self._recruit()
        for worker in self._free():
            if (task := self._next()) is None:
                break
            worker.begin(task)
        alone = not any(worker.task for worker in self._workers)
        if alone and self._exhausted and self._again and not self._stopped and (free := self._free()):
            free[0].begin(self._again.popleft())
            alone = False
        return not alone or not self._stopped and bool(self._unbegun or self._again or not self._exhausted)

    def _free(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.ready and worker.task is None]

    def _next(self) -> Task | None:
        if self._stopped:
            return None
        if self._unbegun:
            return self._unbegun.popleft()
        if self._exhausted:
            return None
        task = next(self._tasks, None)
        self._exhausted = task is None
        return task

    def _recruit(self) -> None:
        fresh = bool(self._unbegun) or not self._exhausted
        wanted = 0 if self._stopped else self._count if fresh else bool(self._again)
        if not self._compiled:
            wanted = min(wanted, 1)
        while len(self._workers) < wanted:
            first = not self._compiled
            self._workers.append(Worker(self._work, self._memory_bytes, first, lambda *event: self._events.put(event)))

    def _hear(self) -> Result | None:
        """Wait for what happens next; the result, if it is one."""
        for worker in self._workers:
            worker.check_time()
        self._grant()
        try:
            event = self._events.get(timeout=_LOOK_AGAIN_S)
        except queue.Empty:
            return None
        if event is None:
            return None
        worker, message = event
        if message is None:
            return self._buried(worker)
        kind, value = message
        if kind == "compiling" and self._on_compile is not None:
            self._on_compile(kind)
        elif kind == "compiled":
            self._compiled = True
        elif kind == "ready":
            worker.ready, self._false_starts = True, 0
        elif kind == "begun":
            worker.begun = True
        elif kind == "need":
            worker.need_bytes = value
            self._waiting.append(worker)
        elif kind == "result":
            self._through(worker)
            return value
        return None

    def _grant(self) -> None:
        """Let those begin whose photos fit into memory, in the order in which they asked."""
        while self._waiting and self._admission.admits(self._waiting[0].pid, self._waiting[0].need_bytes or 0):
            self._waiting.popleft().go()

    def _through(self, worker: Worker) -> None:
        worker.task = None
        self._admission.release(worker.pid)
        held = resident_bytes(worker.pid)
        worker.at_first_bytes = worker.at_first_bytes or held
        if held > worker.at_first_bytes + self._grown_bytes:
            self._workers.remove(worker)
            worker.leave()

    def _buried(self, worker: Worker) -> Result | None:
        """Deal with the death of a worker: what it was doing is tried again, once."""
        how, task = worker.ending(), worker.task
        if worker not in self._workers:
            return None  # it was told to leave
        self._workers.remove(worker)
        self._admission.release(worker.pid)
        if worker in self._waiting:
            self._waiting.remove(worker)
        if task is None:
            self._false_starts += not worker.ready
            if self._false_starts >= _MOST_FALSE_STARTS:
                raise RebokehError(f"worker processes cannot be started ({how}); give `workers` as 1, or more memory")
            return None
        if worker.overdue:
            limit = f"it took longer than {task.limits.timeout_s:g} s; `timeout_s` allows more"
            return Failed(task.job, "Timeout", limit, "timeout", seconds=task.limits.timeout_s or 0.0)
        self._unheard[task.job.target] += not worker.begun
        if not worker.begun and self._unheard[task.job.target] < _MOST_FALSE_STARTS:
            self._unbegun.append(task)  # it was dead already, and the photo has nothing to do with it
            return None
        if task.job.target in self._tried:
            return Failed(task.job, "WorkerDied", f"its worker died, twice ({how})", "crashed")
        self._tried.add(task.job.target)
        self._again.append(task)
        return None
