"""What became of each input, a line each: JSON lines or CSV, written as it becomes known."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from ..core.errors import OutputError, UsageError
from ..core.text import printable
from ..io.files.atomic import is_same_file
from .job import Outcome
from .stores.url import is_url, report_name

COLUMNS = ("input", "output", "status", "reason", "code", "seconds", "source_sha256", "recipe", "warnings")
ENDINGS = (".jsonl", ".csv")


def to_json(outcome: Outcome, out: str) -> dict[str, Any]:
    """Lay an outcome out as a line of the report.

    Parameters
    ----------
    outcome : Outcome
    out : str
        The output folder or URL.

    Returns
    -------
    dict
        Of `COLUMNS`: strings, a number of seconds, a list of warnings.
    """
    where = f"{report_name(out).rstrip('/')}/{outcome.output}" if is_url(out) else str(Path(out, outcome.output))
    return {
        "input": report_name(outcome.source),
        "output": where if outcome.output else "",
        "status": outcome.status,
        "reason": outcome.reason,
        "code": outcome.code,
        "seconds": round(outcome.seconds, 3),
        "source_sha256": outcome.source_sha256,
        "recipe": outcome.recipe,
        "warnings": list(outcome.warnings),
    }


class Report:
    """The report of a batch, which takes the place of an older one.

    Parameters
    ----------
    path : str
        Ends in ``.jsonl`` or ``.csv``.
    out : str
        The output folder or URL.
    inputs : iterable of str
        Files that are never written.

    Raises
    ------
    UsageError
        When the name ends otherwise, or is an input's.
    OutputError
        When it cannot be written.
    """

    def __init__(self, path: str, out: str, inputs: Iterable[str] = ()) -> None:
        if Path(path).suffix.lower() not in ENDINGS:
            raise UsageError(f"{printable(path)}: a report ends in {' or '.join(ENDINGS)}")
        if any(is_same_file(path, name) for name in inputs):
            raise UsageError(f"{printable(path)} is an input, and inputs are never written; name another report")
        self._path, self._out = path, out
        self._is_csv = Path(path).suffix.lower() == ".csv"
        self._file: IO[str] | None = None
        self.trouble = ""

    def __enter__(self) -> Report:
        """Begin it."""
        try:
            # JSON escapes what is no UTF-8 in a name; CSV cannot, and has it as it is.
            self._file = open(self._path, "w", encoding="utf-8", errors="surrogateescape", newline="", buffering=1)
            if self._is_csv:
                csv.writer(self._file).writerow(COLUMNS)
        except OSError as error:
            raise OutputError(f"{printable(self._path)}: the report cannot be written ({error.strerror})") from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End it."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as failure:
                self._give_up(failure)

    def add(self, outcome: Outcome) -> None:
        """Add what became of an input; a disk that takes no more is `trouble`, and the batch goes on."""
        if self._file is None or self.trouble:
            return
        line = to_json(outcome, self._out)
        try:
            if self._is_csv:
                csv.writer(self._file).writerow([*(line[name] for name in COLUMNS[:-1]), " | ".join(line["warnings"])])
            else:
                self._file.write(json.dumps(line, allow_nan=False) + "\n")
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.trouble = f"{printable(self._path)}: the report is not whole ({error.strerror or error})"
