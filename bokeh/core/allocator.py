"""The memory of a process that makes one big picture after another."""

from __future__ import annotations

import os
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
"""What glibc calls these settings: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX."""

MOST_KEPT, LARGEST_KEPT = 1 << 29, 1 << 30
"""Bytes that may lie unused at the end of the heap, and of the largest array that is made in it."""

WORTH_IT = 1 << 26
"""Bytes that are about to be written, from which on it is worth while to give back what lies unused."""


def keep_freed_memory() -> bool:
    """Have the system's allocator keep what is freed, for what is made next; return whether it does.

    Each array of a picture comes from the system a page at a time, cleared, and goes back to it when it is freed: for
    a loop that passes over it once that takes longer than the loop. All threads share one heap, so that what one frees
    serves another. Only for a process that is ours, at its start: a library does not decide this for its host. Does
    nothing where the C library is not glibc, or the environment says already what its allocator shall do.
    """
    if not sys.platform.startswith("linux") or any(name.startswith(("MALLOC_", "GLIBC_TUN")) for name in os.environ):
        return False
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wanted = ((MMAP_THRESHOLD, LARGEST_KEPT), (TRIM_THRESHOLD, MOST_KEPT), (ARENA_MAX, 1))
    return all([mallopt(setting, value) == 1 for setting, value in wanted])


def give_back_freed_memory(about_to_write: int) -> None:
    """Give to the system what lies unused between arrays, before so many bytes are written that are there already.

    Each thread frees into a heap of its own, where the next array may not fit: together that is a tenth of what a
    render holds. Takes some milliseconds; does nothing where the C library is not glibc.
    """
    if not sys.platform.startswith("linux") or about_to_write < WORTH_IT:
        return
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
