"""Work that NumPy and the codecs do without the interpreter's lock, spread over the cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")


def cores() -> int:
    """Cores that this process may use; `NUMBA_NUM_THREADS` bounds them, as it bounds the kernels."""
    try:
        free = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        free = os.cpu_count() or 1
    bound = os.environ.get("NUMBA_NUM_THREADS", "")
    return max(min(free, int(bound)), 1) if bound.isdigit() else free


def each(work: Callable[[Item], Done], items: Iterable[Item]) -> list[Done]:
    """Return `work` of every item, in their order; the first error is raised once all have ended."""
    items = list(items)
    workers = min(cores(), len(items))
    if workers < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, items))
