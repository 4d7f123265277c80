"""Pictures that go where each is named, mostly beside their photos: nothing else is left in such a folder."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .base import Claimed, Log
from .local import LocalStore
from .record import Record, Records


class NamedStore(LocalStore):
    """Files of this machine whose targets are their names, in no common folder (a `Store`).

    What was done is remembered by this run alone; a later one sees it by the marks in the pictures. A picture takes no
    other's place unless that is asked for, so runs that meet do no harm to each other.
    """

    def describe(self) -> Mapping[str, Any]:
        """Return what `store_of` makes the same store from."""
        return {"kind": "named", **asdict(self)}

    def sweep(self, targets: Iterable[str]) -> None:
        """Remove nothing: whether the run of a part is dead, nobody knows here."""

    def journal(self) -> Log:
        """Begin a journal."""
        return _Remembered()

    def claims(self) -> Claimed:
        """Begin a run, to which all of its targets belong."""
        self.run = secrets.token_hex(7)
        return _AllMine()

    def path(self, target: str) -> Path:
        """Return where a target stands."""
        return Path(target)

    def _check_inside(self, folder: Path, target: str) -> None:
        """Refuse nothing: there is no folder to be inside of."""


class _Remembered(Records):
    """A journal that ends with the run (a `Log`)."""

    def append(self, record: Record) -> None:
        """Add a record."""
        self._keep(record)

    def refresh(self) -> None:
        """Read nothing: nobody else writes here."""


class _AllMine:
    """Claims where there is no other run (a `Claimed`)."""

    def take(self, target: str) -> bool:
        """Claim a target, which always succeeds."""
        return True

    def free(self, target: str) -> None:
        """Give a claim back."""

    def close(self) -> None:
        """Give back all."""
