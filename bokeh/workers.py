"""All cores: the same function for many parts of a picture, whose results do not depend on how many work at it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from .errors import UsageError

Part = TypeVar("Part")


def threads() -> int:
    """Count the threads to work with: REBOKEH_THREADS, else the cores that this process may use.

    Raises
    ------
    UsageError
        When REBOKEH_THREADS is no number above 0.
    """
    asked = os.environ.get("REBOKEH_THREADS")
    if asked is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not asked.isdecimal() or int(asked) < 1:
        raise UsageError(f"REBOKEH_THREADS is {asked!r}; it is a number of threads, 1 or more")
    return int(asked)


def for_each(function: Callable[[Part], object], parts: Iterable[Part]) -> None:
    """Call a function for each part of a picture, in several threads.

    Parameters
    ----------
    function : callable
        Works for the most part outside the interpreter's lock; writes to places no other part writes to.
    parts : iterable

    Raises
    ------
    Whatever the function raises first; parts not yet begun are then left out.
    """
    parts = list(parts)
    count = min(threads(), len(parts))
    if count <= 1:
        for part in parts:
            function(part)
        return
    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(function, part) for part in parts]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        finally:
            for future in futures:
                future.cancel()
