"""All cores: the same work for many tiles of a picture, whose results do not depend on how many do it."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import TypeVar

from .errors import UsageError

Item = TypeVar("Item")
Done = TypeVar("Done")

# A render uses all cores and much memory, so the renders of one process take turns.
ONE_AT_A_TIME = threading.RLock()

PARTS_PER_CORE = 4
"""Parts are not equally hard."""

LEAST_ROWS, LEAST_PIXELS = 32, 16384
"""Fewer rows of a picture, and fewer listed pixels, are not worth a thread."""


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

    The work runs for the most part without the interpreter's lock; the calling thread does its share. After an error,
    which is raised, nothing more is begun.
    """
    items = list(items)
    workers = min(cores(), len(items))
    if workers < 2:
        return [work(item) for item in items]
    waiting, done = deque(enumerate(items)), dict[int, Done]()
    failed: list[tuple[int, BaseException]] = []

    def take() -> None:
        while not failed:
            try:
                number, item = waiting.popleft()
            except IndexError:
                return
            try:
                done[number] = work(item)
            except BaseException as error:  # for the calling thread to raise
                failed.append((number, error))

    others = [threading.Thread(target=take) for _ in range(workers - 1)]
    try:
        for one in others:
            one.start()
        take()
    finally:
        # Interrupted, or nothing left: what has begun is waited for.
        waiting.clear()
        for one in others:
            if one.ident is not None:
                one.join()
    if failed:
        raise min(failed, key=lambda found: found[0])[1]
    return [done[number] for number in range(len(items))]


@contextmanager
def beside(work: Callable[[], Done]) -> Iterator[Callable[[], Done]]:
    """Do some work in a thread of its own while the body runs; with one core, when it is first asked for.

    Yields
    ------
    callable
        Waits for what the work returns, and returns it, as often as it is asked; raises what it raised.
    """
    if cores() < 2:
        yield cache(work)
        return
    done, failed = list[Done](), list[BaseException]()

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # for whoever asks
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def wait() -> Done:
        thread.join()
        if failed:
            raise failed[0]
        return done[0]

    try:
        yield wait
    finally:
        thread.join()


def asked_once(work: Callable[[], Done]) -> Callable[[], Done]:
    """Return what does some work when it is first asked for, in whichever thread; all get what it returned."""
    kept, lock = cache(work), threading.Lock()

    def ask() -> Done:
        with lock:
            return kept()

    return ask


def each_part(work: Callable[[slice], Done], count: int, least: int = LEAST_ROWS) -> list[Done]:
    """Return `work` of all parts of so many rows or items: a few parts for each core, none of fewer than `least`."""
    parts = max(min(PARTS_PER_CORE * cores(), count // least), 1)
    return each(work, [slice(*ends) for ends in pairwise(count * n // parts for n in range(parts + 1))])
