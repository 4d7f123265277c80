"""Locks on parts of a file, which the death of whoever holds them frees."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import sys
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows: batches that share a folder there must take turns
    fcntl = None

_BUSY = (errno.EACCES, errno.EAGAIN)
# A lock of the open file, not of the process: two batches in one process keep each other out too, and closing another
# descriptor of the same file frees nothing.
_OFD = sys.platform == "linux" and struct.calcsize("P") == 8


@contextlib.contextmanager
def alone(file: int) -> Iterator[None]:
    """Hold all of an open file while others wait for it."""
    if fcntl is None:
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def taken(file: int, offset: int) -> bool:
    """Lock one byte of an open file, unless somebody else holds it."""
    if fcntl is None:
        return True
    try:
        _set(file, offset, fcntl.F_WRLCK)
    except OSError as error:
        if error.errno in _BUSY:
            return False
        raise
    return True


def free(file: int, offset: int | None = None) -> None:
    """Unlock it; None unlocks all of the file."""
    if fcntl is not None:
        _set(file, offset or 0, fcntl.F_UNLCK, 1 if offset is not None else 0)


def _set(file: int, offset: int, kind: int, length: int = 1) -> None:
    assert fcntl is not None
    if _OFD:
        # struct flock: l_type, l_whence, l_start, l_len, l_pid.
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi0q", kind, os.SEEK_SET, offset, length, 0))
    else:
        how = fcntl.LOCK_UN if kind == fcntl.F_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB
        fcntl.lockf(file, how, length, offset)
