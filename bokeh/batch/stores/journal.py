"""The journal: records in the order in which photos were done, one line of JSON each, appended and never changed."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from . import lock
from .record import Record, Records, record_of


class Journal(Records):
    """An append-only file of records that several processes write and read at once.

    Parameters
    ----------
    path : Path
        Made at the first record; its folder must be there.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._seen = 0

    def append(self, record: Record) -> None:
        """Add one record, whole and on the disk before this returns, or not at all.

        Raises
        ------
        OSError
            When the file cannot be written, as on a full disk.
        """
        line = record.line
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            with lock.alone(file):
                end = os.fstat(file).st_size
                if end and _last(file) != b"\n":  # torn: its writer was killed
                    line = b"\n" + line
                try:
                    if os.write(file, line) != len(line):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(self._path))
                    os.fsync(file)
                except OSError:
                    with contextlib.suppress(OSError):
                        os.ftruncate(file, end)
                    raise
        finally:
            os.close(file)

    def refresh(self) -> None:
        """Read what was added since, by whomever; a line that is no record is passed over."""
        try:
            with open(self._path, "rb") as file:
                if os.fstat(file.fileno()).st_size < self._seen:  # another file
                    self._seen = 0
                    self._forget()
                file.seek(self._seen)
                added = file.read()
        except FileNotFoundError:
            return
        whole = added.rfind(b"\n") + 1  # the rest may still be being written
        self._seen += whole
        for line in added[:whole].splitlines():
            record = record_of(line)
            if record is not None:
                self._keep(record)


def _last(file: int) -> bytes:
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1)
