"""What was done, in the order it was done: one line of JSON each, appended and never changed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from . import lock


@dataclass(frozen=True)
class Record:
    """One photo that needs no more work.

    Parameters
    ----------
    key : str
        `key_of` the next four; what a later run looks for.
    source_sha256, settings, version, target : str
        The input's bytes, what was asked for, which rebokeh, and where the picture stands below the output folder.
    status : {"done", "quarantined"}
    output_sha256 : str
        Of the picture's bytes; "" without one.
    bytes : int
    recipe : str
        Digest that the picture's mark carries.
    reason : str
        Why there is no picture.
    attempts : int
    time : float
        Seconds since 1970.
    """

    key: str
    source_sha256: str
    settings: str
    version: str
    target: str
    status: str
    output_sha256: str = ""
    bytes: int = 0
    recipe: str = ""
    reason: str = ""
    attempts: int = 1
    time: float = field(default_factory=time.time)


_NAMES = {item.name for item in fields(Record)}
_NEEDED = ("key", "target", "status")


def key_of(source_sha256: str, settings: str, version: str, target: str) -> str:
    """Name a photo's work: the same bytes, settings and version, written to the same place (hex)."""
    words = json.dumps([source_sha256, settings, version, target])
    return hashlib.sha256(words.encode()).hexdigest()


class Journal:
    """An append-only file of records that several processes write and read at once.

    Parameters
    ----------
    path : Path
        Made at the first record; its folder must be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self._by_key: dict[str, Record] = {}
        self._by_target: dict[str, Record] = {}

    def append(self, record: Record) -> None:
        """Add one record, whole and on the disk before this returns, or not at all.

        Raises
        ------
        OSError
            When the file cannot be written, as on a full disk.
        """
        line = json.dumps(asdict(record), separators=(",", ":")).encode() + b"\n"
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
                    self._by_key.clear()
                    self._by_target.clear()
                file.seek(self._seen)
                added = file.read()
        except FileNotFoundError:
            return
        whole = added.rfind(b"\n") + 1  # the rest may still be being written
        self._seen += whole
        for line in added[:whole].splitlines():
            record = record_of(line)
            if record is not None:
                self._by_key[record.key] = self._by_target[record.target] = record

    def find(self, key: str) -> Record | None:
        """Return the latest record of this key among those read."""
        return self._by_key.get(key)

    def of_target(self, target: str) -> Record | None:
        """Return the latest record of this target among those read, whatever it was made from."""
        return self._by_target.get(target)

    def __len__(self) -> int:
        """Count keys."""
        return len(self._by_key)


def record_of(line: bytes) -> Record | None:
    """Return the record that a line holds; None when it holds none."""
    try:
        held: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(held, Mapping) or not all(isinstance(held.get(name), str) for name in _NEEDED):
        return None
    known = {name: value for name, value in held.items() if name in _NAMES}
    with contextlib.suppress(TypeError):
        return Record(**known)
    return None


def _last(file: int) -> bytes:
    os.lseek(file, -1, os.SEEK_END)
    return os.read(file, 1)
