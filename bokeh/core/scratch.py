"""Memory for work that is done again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNED_BYTES = 64

BLOCK_BYTES = (1 << 25) + (1 << 16)
"""Memory that arrays are made in one by one comes in blocks no smaller than this. The system holds no page of it that
is not written to, and glibc takes what is as large from there and gives it back, without a hole in its heap."""

Empty = Callable[[tuple[int, ...], Any], NDArray[Any]]
"""Makes an array of a shape and dtype that holds anything, as `numpy.empty` does."""


class Scratch:
    """Lends memory for a while, in any thread; what comes back is lent again.

    The system hands out memory a page at a time, cleared: for a loop that passes over it once that takes longer than
    the loop.

    Examples
    --------
    >>> scratch = Scratch()
    >>> with scratch.room() as room:
    ...     one = room.empty((2, 3), np.float32)
    >>> with scratch.room() as room:
    ...     other = room.empty((4,), np.uint8)
    >>> np.shares_memory(one, other)
    True
    """

    def __init__(self) -> None:
        self._rooms: list[Room] = []

    @contextmanager
    def room(self) -> Iterator[Room]:
        """Lend memory for arrays whose sizes are not known yet."""
        try:
            room = self._rooms.pop()
        except IndexError:
            room = Room()
        try:
            with room.passing():
                yield room
        finally:
            self._rooms.append(room)


class Room:
    """Memory of one thread at a time, in which arrays are made one behind the other.

    Examples
    --------
    >>> room = Room()
    >>> kept = room.empty((2, 3), np.float32)
    >>> with room.passing():
    ...     one = room.empty((4,), np.uint8)
    >>> with room.passing():
    ...     other = room.empty((4,), np.uint8)
    >>> np.shares_memory(one, other), np.shares_memory(one, kept)
    (True, False)
    """

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.uint8]] = []
        self._block = self._place = 0

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """Make an array that holds anything; it is there until the `passing` around it ends."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        while self._block < len(self._blocks) and self._place + size > len(self._blocks[self._block]):
            self._block, self._place = self._block + 1, 0
        if self._block == len(self._blocks):
            self._blocks.append(np.empty(max(size, BLOCK_BYTES), np.uint8))
        start = self._place
        self._place += -(-size // ALIGNED_BYTES) * ALIGNED_BYTES
        return self._blocks[self._block][start : start + size].view(dtype).reshape(shape)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Give back, at the end, what was made meanwhile."""
        before = self._block, self._place
        try:
            yield
        finally:
            self._block, self._place = before
