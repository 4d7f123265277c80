"""The journal of a run whose output is objects: nothing can be appended there, so whole objects are replaced."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ...core.errors import OutputError
from .objects import AT_ONCE, asking, no_bucket
from .record import Record, Records, record_of

# Each record is sent with those before it in its segment.
_SEGMENT = 100
_ASK_AGAIN_S = 10.0


class Segments(Records):
    """A journal of objects: each holds the latest records of one run, a line each, and is replaced whole.

    Parameters
    ----------
    files : fsspec file system
    folder : str
        As `files` names it.
    name : str
        For messages.
    run : str
    """

    def __init__(self, files: Any, folder: str, name: str, run: str) -> None:
        super().__init__()
        self._files, self._folder, self._name, self._run = files, folder, name, run
        self._lines: list[bytes] = []
        self._path = ""
        self._asked_s: float | None = None
        self._sizes: dict[str, int] = {}

    def append(self, record: Record) -> None:
        """Add one record, which is kept when this returns, or not at all.

        Raises
        ------
        OSError
            When the server does not take it.
        """
        if not self._lines or len(self._lines) == _SEGMENT:
            # By their names in the order in which they were begun.
            self._path, self._lines = f"{self._folder}/{time.time_ns():020d}-{self._run}.jsonl", []
        lines = [*self._lines, record.line]
        with asking(self._name, OSError):
            self._files.pipe_file(self._path, b"".join(lines))
        self._lines = lines
        self._keep(record)

    def refresh(self) -> None:
        """Read what was added since, by whomever; a line that is no record is passed over.

        Servers are asked now and then only, and one that fails later than at the first time loses nothing.

        Raises
        ------
        OutputError
            When the server does not answer at the first time.
        """
        now = time.monotonic()
        if self._asked_s is not None and now - self._asked_s < _ASK_AGAIN_S:
            return
        try:
            self._read()
        except OutputError:
            if self._asked_s is None:
                raise
        self._asked_s = now

    def _read(self) -> None:
        with asking(self._name, OutputError):
            sizes = {path: known["size"] for path, known in self._segments().items()}
            news = sorted(path for path, size in sizes.items() if self._sizes.get(path) != size)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                contents = list(pool.map(self._files.cat_file, news))
        for line in b"".join(contents).splitlines():
            record = record_of(line)
            if record is not None:
                self._keep(record)
        self._sizes |= {path: len(content) for path, content in zip(news, contents, strict=True)}

    def _segments(self) -> dict[str, Any]:
        try:
            return self._files.find(self._folder, detail=True)
        except FileNotFoundError as error:
            if no_bucket(error):
                raise
            return {}

    def _keep(self, record: Record) -> None:
        known = self._by_target.get(record.target)
        if known is None or known.time <= record.time:
            super()._keep(record)
