"""Who works on what, where two batches share one output folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from . import lock

_RUNS = 1 << 61
"""From this byte on the claims file stands for runs, below for targets."""


class Claims:
    """Targets that this run works on: locked bytes of one file, which nobody holds any more when the run is dead.

    Parameters
    ----------
    path : Path
        The file; it stays empty.

    Attributes
    ----------
    run : str
        Names this run, and is claimed as long as it lives.

    Raises
    ------
    OSError
        When the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        while True:
            self.run = secrets.token_hex(7)
            if lock.taken(self._file, _run_byte(self.run)):
                break

    def take(self, target: str) -> bool:
        """Claim a target; False when another run has it. What this run has already, it gets again."""
        return lock.taken(self._file, _byte(target))

    def free(self, target: str) -> None:
        """Give a claim back."""
        lock.free(self._file, _byte(target))

    def alive(self, run: str) -> bool:
        """Whether the run of this name still lives."""
        if run == self.run:
            return True
        byte = _run_byte(run)
        if not lock.taken(self._file, byte):
            return True
        lock.free(self._file, byte)
        return False

    def close(self) -> None:
        """Give back all."""
        with contextlib.suppress(OSError):
            # Said, not left to closing: a process that is just being started may hold the file for a moment more.
            lock.free(self._file)
            os.close(self._file)


def _byte(target: str) -> int:
    digest = hashlib.sha256(target.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % _RUNS


def _run_byte(run: str) -> int:
    return _RUNS + int(run, 16)
