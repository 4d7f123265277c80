"""What every store of a batch can do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from .record import Record


class Log(Protocol):
    """What was done: a `journal.Journal`, or what stands in for one."""

    def append(self, record: Record) -> None:
        """Add a record, for good before this returns."""
        ...

    def refresh(self) -> None:
        """Read what was added since."""
        ...

    def find(self, key: str) -> Record | None:
        """Return the latest record of a key."""
        ...

    def of_target(self, target: str) -> Record | None:
        """Return the latest record of a target."""
        ...


class Claimed(Protocol):
    """Who works on what: `claims.Claims`, or what stands in for it."""

    def take(self, target: str) -> bool:
        """Claim a target; False when another run has it."""
        ...

    def free(self, target: str) -> None:
        """Give a claim back."""
        ...

    def close(self) -> None:
        """Give back all."""
        ...


class Store(Protocol):
    """What a run, and each of its workers, does with files."""

    def describe(self) -> Mapping[str, Any]:
        """Return what `store_of` makes the same store from, in another process."""
        ...

    def read(self, source: str) -> bytes:
        """Return an input's bytes (InputError)."""
        ...

    def written(self, target: str) -> int | None:
        """Return the size of what stands at a target in bytes; None when nothing does."""
        ...

    def content(self, target: str) -> bytes:
        """Return what stands at a target (InputError)."""
        ...

    def stage(self, data: bytes, target: str) -> str:
        """Write a picture where nobody takes it for one yet; the token names it (OutputError)."""
        ...

    def commit(self, token: str, target: str, overwrite: bool) -> None:
        """Put what was staged in its place, at once and for good (OutputError)."""
        ...

    def keep_times(self, source: str, target: str) -> tuple[str, ...]:
        """Give what stands at a target the times of its source; why that was not possible, if it was not."""
        ...

    def discard(self, token: str) -> None:
        """Remove what was staged."""
        ...

    def sweep(self, targets: Iterable[str]) -> None:
        """Remove what dead runs staged."""
        ...

    def abandon(self, targets: Iterable[str]) -> None:
        """Remove what this run staged for these targets."""
        ...

    def journal(self) -> Log:
        """Open the journal (OutputError)."""
        ...

    def claims(self) -> Claimed:
        """Begin to claim targets (OutputError)."""
        ...


def sha256_of(data: bytes) -> str:
    """Digest of a file's bytes, hex."""
    return hashlib.sha256(data).hexdigest()
