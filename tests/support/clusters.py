"""Dask clusters for tests: in this process, or from the shell as a user starts them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed

from rebokeh.bokeh.batch.executors.dask import DaskExecutor
from rebokeh.bokeh.batch.run import Batch

from .processes import environment_of


def local_cluster(**more) -> Any:
    """Make a LocalCluster, by default of threads."""
    settings = {"threads_per_worker": 1, "processes": False, "dashboard_address": ":0", "silence_logs": 50}
    return distributed.LocalCluster(**{**settings, **more})


@contextlib.contextmanager
def on(address: str, work: str = "support.batch_works:copied", **more) -> Iterator[DaskExecutor]:
    """Work on a cluster until the block is left."""
    executor = DaskExecutor(address, work=work, **more)
    try:
        yield executor
    finally:
        executor.close()


def batch(jobs, store, executor, digest="s", settings: Any = None, **more) -> Batch:
    """Make a batch of jobs."""
    return Batch(jobs, settings, digest, store, executor, **more)


def statuses(outcomes) -> dict[str, str]:
    """Status by name; each comes once."""
    outcomes = list(outcomes)
    assert max(Counter(outcome.output for outcome in outcomes).values()) == 1
    return {os.path.basename(outcome.output): outcome.status for outcome in outcomes}


def files(folder: Path) -> dict[str, bytes]:
    """Read all pictures below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file() and ".rebokeh" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@contextlib.contextmanager
def dask_command(*words: str, **environment: str) -> Iterator[subprocess.Popen]:
    """Run ``dask ...`` as a shell would, in a process group of its own that ends with this block."""
    command = [sys.executable, "-m", "dask", *words]
    process = subprocess.Popen(
        command,
        env=environment_of(**environment),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def from_the_shell(*worker: str, allowed_failures: int | None = None) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """Start ``dask scheduler`` and two ``dask worker``; its address, and the three processes."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    setting = (
        {} if allowed_failures is None else {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)}
    )
    with contextlib.ExitStack() as stack:
        start = lambda *words, **more: stack.enter_context(dask_command(*words, **more))  # noqa: E731
        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", **setting)
        with distributed.Client(address, timeout=30, set_as_default=False) as client:
            workers = [start("worker", address, "--no-dashboard", *worker) for _ in range(2)]
            client.wait_for_workers(2, timeout=30)
        yield address, [scheduler, *workers]
