"""What is known of a photo that needs no more work, and what a run knows of all of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Record:
    """One photo that needs no more work.

    Parameters
    ----------
    key : str
        `key_of` the next four and the edits; what a later run looks for.
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
    edits : str
        Digest of the file of edits beside the photo; "" without one.
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
    edits: str = ""

    @property
    def line(self) -> bytes:
        """As it is written."""
        return json.dumps(asdict(self), separators=(",", ":")).encode() + b"\n"


_NAMES = {item.name for item in fields(Record)}
_NEEDED = ("key", "target", "status")


def key_of(source_sha256: str, settings: str, version: str, target: str, edits: str = "") -> str:
    """Name a photo's work: the same bytes, edits, settings and version, written to the same place (hex)."""
    words = json.dumps([source_sha256, settings, version, target, *filter(None, [edits])])
    return hashlib.sha256(words.encode()).hexdigest()


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


class Records:
    """The latest records of those that were kept, by key and by target."""

    def __init__(self) -> None:
        self._by_key: dict[str, Record] = {}
        self._by_target: dict[str, Record] = {}

    def find(self, key: str) -> Record | None:
        """Return the latest record of this key among those read."""
        return self._by_key.get(key)

    def of_target(self, target: str) -> Record | None:
        """Return the latest record of this target among those read, whatever it was made from."""
        return self._by_target.get(target)

    def __len__(self) -> int:
        """Count keys."""
        return len(self._by_key)

    def _keep(self, record: Record) -> None:
        self._by_key[record.key] = self._by_target[record.target] = record

    def _forget(self) -> None:
        self._by_key.clear()
        self._by_target.clear()
