"""Memory for work that is done again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNED_BYTES = 64


class Scratch:
    """Lends arrays for a while, in any thread; what comes back is lent again.

    The system hands out memory a page at a time, cleared: for a loop that passes over it once that takes longer than
    the loop.

    Examples
    --------
    >>> scratch = Scratch()
    >>> with scratch.lend(((2, 3), np.float32), ((4,), np.uint8)) as (one, other):
    ...     one[:], other[:] = 1.0, 2
    >>> float(one.sum()), int(other.sum())
    (6.0, 8)
    """

    def __init__(self) -> None:
        self._free: list[NDArray[np.uint8]] = []

    @contextmanager
    def lend(self, *wanted: tuple[tuple[int, ...], DTypeLike]) -> Iterator[list[NDArray]]:
        """Lend an array of each shape and dtype; they hold anything."""
        sizes = [int(np.prod(shape)) * np.dtype(dtype).itemsize for shape, dtype in wanted]
        ends = np.cumsum([-(-size // ALIGNED_BYTES) * ALIGNED_BYTES for size in sizes])
        memory = self._taken(int(ends[-1]))
        starts = (0, *(int(end) for end in ends[:-1]))
        try:
            yield [
                memory[start : start + size].view(dtype).reshape(shape)
                for start, size, (shape, dtype) in zip(starts, sizes, wanted, strict=True)
            ]
        finally:
            self._free.append(memory)

    def _taken(self, size: int) -> NDArray[np.uint8]:
        """Take what is free and large enough, else new memory."""
        try:
            memory = self._free.pop()
        except IndexError:  # another thread may have been quicker
            return np.empty(size, np.uint8)
        return memory if len(memory) >= size else np.empty(size, np.uint8)
