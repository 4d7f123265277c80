"""All cores: the same work for many tiles of a picture, whose results do not depend on how many do it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from .errors import UsageError

Item = TypeVar("Item")
Done = TypeVar("Done")

# numba's simplest threading layer aborts the process when two threads start kernels at once. A render uses all cores
# anyway, so the renders of one process take turns.
ONE_AT_A_TIME = threading.RLock()


def cores() -> int:
    """Cores that this process may use; `REBOKEH_THREADS` bounds them, or `NUMBA_NUM_THREADS` as for the kernels.

    Raises
    ------
    UsageError
        When `REBOKEH_THREADS` is no number.
    """
    try:
        free = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        free = os.cpu_count() or 1
    own = os.environ.get("REBOKEH_THREADS", "")
    if own and not (own.isascii() and own.isdigit()):
        raise UsageError(f"REBOKEH_THREADS is {own!r}; it must be a number of threads, like 4")
    bound = own or os.environ.get("NUMBA_NUM_THREADS", "")
    return max(min(free, int(bound)), 1) if bound.isdigit() else free


def each(work: Callable[[Item], Done], items: Iterable[Item]) -> list[Done]:
    """Return `work` of every item, in their order.

    The work runs for the most part without the interpreter's lock. After an error, which is raised, nothing more is
    begun.
    """
    items = list(items)
    workers = min(cores(), len(items))
    if workers < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            return [future.result() for future in futures if future.done()]
        finally:
            for future in futures:
                future.cancel()
