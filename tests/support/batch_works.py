"""What workers run in tests instead of a render: quick, and as bad as the source's name says."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rebokeh.bokeh.batch.executors.memory import resident_bytes
from rebokeh.bokeh.batch.job import Developed, Failed, Job, Limits, Result, Task
from rebokeh.bokeh.batch.stores import store_of


@dataclass(frozen=True)
class Observed(Developed):
    """A picture, and what its worker saw of itself."""

    facts: dict[str, Any] = field(default_factory=dict)


_LEAKED: list[bytes | bytearray] = []


def task_of(source: str | Path, out: str | Path = "", timeout_s: float | None = None, **store: object) -> Task:
    """Make the task of a file, whose target has the same name."""
    name = Path(source).name
    described = {"kind": "local", "out": str(out), **store}
    return Task(Job(str(source), name, name, "png"), None, Limits(timeout_s=timeout_s), described)  # pyright: ignore


def echoed(task: Task, gate) -> Result:
    """Answer with the process and its settings, and do as the source's name says."""
    word = Path(task.job.source).name.split("_")[0]
    if word == "need":
        gate(int(task.job.source.split("_")[1]))
    else:
        gate(1)
    began = time.time()
    if word == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == "once" and not os.path.exists(task.job.source):
        Path(task.job.source).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "sleep":
        time.sleep(float(task.job.source.split("_")[1]))
    if word == "greedy":
        try:
            bytearray(3 << 30)
        except MemoryError:
            return Failed(task.job, "MemoryError", "too much")
    if word == "leak":
        _LEAKED.append(b"x" * (100 << 20))
    # Small pieces, of which the last stays: the C library gives none of them back by itself.
    littered = [bytearray(10_000) for _ in range(25_000)] if word == "litter" else []
    held = resident_bytes(os.getpid())
    _LEAKED.extend(littered[-1:])
    if word in ("slow", "need"):
        time.sleep(0.1)
    facts = {
        "pid": os.getpid(),
        "threads": os.environ["NUMBA_NUM_THREADS"],
        "group": os.getpgrp(),
        "resident": held,
        "from": began,
        "to": time.time(),
    }
    return Observed(task.job, "", "", 0, "", "", facts=facts)


def copied(task: Task, gate) -> Result:
    """Stage the source's bytes, slowly where its name says so; "poison" kills the worker."""
    store = store_of(task.store)
    began = time.perf_counter()
    try:
        data = store.read(task.job.source)
        gate(len(data))
        if b"poison" in data:
            os.kill(os.getpid(), signal.SIGSEGV)
        if b"slow" in data:
            time.sleep(0.15)
        if b"sleepy" in data:
            store.stage(b"half", task.job.target)
            time.sleep(30)
        token = store.stage(data * 10, task.job.target)
    except Exception as error:
        return Failed(task.job, type(error).__name__, str(error))
    source = hashlib.sha256(data).hexdigest()
    digest = hashlib.sha256(data * 10).hexdigest()
    return Developed(task.job, token, digest, len(data) * 10, source, "", time.perf_counter() - began)


class InProcessExecutor:
    """An executor that works in this process, one task after the other."""

    def __init__(self, work=None) -> None:
        self._work = work or copied
        self.stopped = False
        self.worked: list[str] = []

    def run(self, tasks):
        """Yield each result."""
        for task in tasks:
            self.worked.append(task.job.target)
            yield self._work(task, lambda need: None)
            if self.stopped:
                return

    def stop(self) -> None:
        """Begin nothing more."""
        self.stopped = True

    def kill(self) -> None:
        """Do nothing: nothing is under way."""

    close = kill


def jobs_of(folder: Path, names: list[str]) -> list[Job]:
    """Make the jobs of files in a folder; targets have the same names, below "made"."""
    return [Job(str(folder / name), f"made/{name}", name, "png") for name in names]


def noted(task: Task, gate) -> Result:
    """Do as `copied` does, note in a file that it was begun, and kill the Dask worker for "assassin"."""
    with open(os.environ["REBOKEH_TEST_NOTES"], "ab") as file:
        file.write(f"{task.job.target}\n".encode())
    if "assassin" in task.job.name:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(5)
    return copied(task, gate)
