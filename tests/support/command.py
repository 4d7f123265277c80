"""Runs the command line, in this process and in one of its own, and looks at what it leaves in a folder."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from rebokeh.cli import app

REBOKEH = Path(sys.executable).parent / "rebokeh"


def rebokeh(*words: object, **options) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], **options)


def shell(*words: str | bytes | Path, **options) -> subprocess.CompletedProcess:
    return subprocess.run([REBOKEH, *words], capture_output=True, timeout=120, **options)


def check_refused(result: Result, code: int, *mentions: str) -> None:
    """Hold an error to its promise: the code, one line on standard error, nothing on standard output."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    line = said(result.stderr)
    assert line.startswith("rebokeh: ")
    assert line.count("\n") == 1 and line.endswith("\n")
    assert "Traceback" not in line
    for words in mentions:
        assert words in line


def said(stderr: str) -> str:
    """Take out the line of a first run: whether loops are compiled yet depends on which tests ran before."""
    return "".join(line for line in stderr.splitlines(keepends=True) if not line.startswith("compiling once"))


class Folder:
    """What lies in a folder, to see what a command has done to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.before = self.look()

    def look(self) -> dict[str, str]:
        return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in self.path.iterdir() if f.is_file()}

    def new(self) -> set[str]:
        """Names that were added; everything that was there must be as it was."""
        now = self.look()
        assert {name: now.get(name) for name in self.before} == self.before
        return set(now) - set(self.before)
