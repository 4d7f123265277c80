"""Objects as a store: photos and pictures behind URLs.

An object is written whole or not at all, so nothing half is ever seen; but it cannot be locked. Two batches that share
an output write the same bytes to the same places, at worst twice.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...core.errors import InputError, OutputError
from .object_journal import Segments
from .objects import asking, opened, read, safe
from .source import read_source
from .url import STATE_FOLDER, scheme, shown

_PART = re.compile(r"(\d+)-([0-9a-f]+)-[0-9a-f]+")
# A part this old belongs to a run that was killed, not to one that still writes.
_STALE_S = 24 * 3600


@dataclass
class UrlStore:
    """Objects below one URL.

    Parameters
    ----------
    out : str
        Where the pictures go, like ``s3://bucket/folder``.
    options : mapping, optional
        For fsspec's file system of this kind, beside what the environment says.
    run : str
        Whose parts those are that are staged here.
    """

    out: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    run: str = field(default_factory=lambda: secrets.token_hex(7))

    def __post_init__(self) -> None:
        """Find what reads such URLs."""
        self._files, root = opened(self.out, self.options)
        self._root = root.rstrip("/")

    def __repr__(self) -> str:
        """Name it, without secrets."""
        return f"UrlStore({shown(self.out)!r})"

    def describe(self) -> Mapping[str, Any]:
        """Return what `store_of` makes the same store from."""
        return {"kind": "url", **asdict(self)}

    def read(self, source: str) -> bytes:
        """Return an input's bytes."""
        if self.options and scheme(source) == scheme(self.out):
            return read(source, self.options)
        return read_source(source)

    def written(self, target: str) -> int | None:
        """Return the size of what stands at a target; None when nothing does, or when the server does not say."""
        with contextlib.suppress(OutputError):
            return self._size(target)
        return None

    def content(self, target: str) -> bytes:
        """Return what stands at a target."""
        path = self.path(target)
        with asking(self._shown(target), InputError):
            return self._files.cat_file(path)

    def stage(self, data: bytes, target: str) -> str:
        """Write a picture among the parts.

        Raises
        ------
        OutputError
        """
        self.path(target)
        token = f"{int(time.time())}-{self.run}-{secrets.token_hex(8)}"
        with asking(self._shown(target), OutputError):
            self._files.pipe_file(self._part(token), data)
        return token

    def commit(self, token: str, target: str, overwrite: bool) -> None:
        """Copy a part to its place, where the server keeps it; what stood there is replaced at once.

        Raises
        ------
        OutputError
            When something stands there that may not be overwritten, or the server refuses.
        """
        part, path = self._part(token), self.path(target)
        if not overwrite and self._size(target) is not None:
            self.discard(token)
            raise OutputError(f"{self._shown(target)}: the object exists; choose another folder or give `overwrite`")
        with asking(self._shown(target), OutputError):
            self._files.cp_file(part, path)
        self.discard(token)

    def keep_times(self, source: str, target: str) -> tuple[str, ...]:
        """Say that objects have no times to keep."""
        return (f"{self._shown(target)}: objects have no times to keep",)

    def discard(self, token: str) -> None:
        """Remove a part; when the server does not, a later `sweep` does."""
        with contextlib.suppress(Exception):
            self._files.rm_file(self._part(token))

    def sweep(self, targets: Iterable[str] = ()) -> None:
        """Remove what runs that were killed staged a day ago."""
        self._remove(lambda made_s, run: time.time() - made_s > _STALE_S)

    def abandon(self, targets: Iterable[str] = ()) -> None:
        """Remove what this run staged."""
        self._remove(lambda made_s, run: run == self.run)

    def journal(self) -> Segments:
        """Open the journal."""
        return Segments(self._files, f"{self._root}/{STATE_FOLDER}/journal", self._shown(STATE_FOLDER), self.run)

    def claims(self) -> Unclaimed:
        """Return claims that never fail, once it is known that objects can be written here.

        Raises
        ------
        OutputError
        """
        self.discard(self.stage(b"", "can this be written"))
        return Unclaimed(self.run)

    def path(self, target: str) -> str:
        """Return where a target stands, as fsspec names it.

        Raises
        ------
        OutputError
            When that is outside the output folder.
        """
        if safe(target) != target or target.split("/")[0] == STATE_FOLDER:
            raise OutputError(f"{shown(target)}: this is no place for a picture below the output folder")
        return f"{self._root}/{target}"

    def _size(self, target: str) -> int | None:
        path = self.path(target)
        with asking(self._shown(target), OutputError):
            try:
                known = self._files.info(path)
            except FileNotFoundError:
                return None
        return known["size"] if known["type"] == "file" else None

    def _part(self, token: str) -> str:
        if not _PART.fullmatch(token):
            raise OutputError(f"{shown(self.out)}: a worker names a part that is none; nothing is moved")
        return f"{self._root}/{STATE_FOLDER}/parts/{token}"

    def _shown(self, target: str) -> str:
        return f"{shown(self.out).rstrip('/')}/{shown(target)}"

    def _remove(self, is_lost: Callable[[int, str], bool]) -> None:
        with contextlib.suppress(Exception):  # what stays is swept the next time
            for path in self._files.find(f"{self._root}/{STATE_FOLDER}/parts"):
                token = path.rpartition("/")[2]
                found = _PART.fullmatch(token)
                if found and is_lost(int(found[1]), found[2]):
                    self.discard(token)


@dataclass(frozen=True)
class Unclaimed:
    """Claims where nothing can be locked: everybody has all."""

    run: str

    def take(self, target: str) -> bool:
        """Claim a target."""
        return True

    def free(self, target: str) -> None:
        """Give a claim back."""

    def close(self) -> None:
        """Give back all."""
