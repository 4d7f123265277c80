"""A Dask cluster on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def scheduler(workers: int) -> Iterator[str]:
    """Start a scheduler, and so many workers with a process and a thread each; give its address."""
    distributed = import_module("distributed")
    settings = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0", "silence_logs": 50}
    with distributed.LocalCluster(n_workers=workers, **settings) as cluster:
        yield cluster.scheduler_address
