"""The three streams: photos in by standard input, pictures out by standard output, progress on a terminal."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from ...core.errors import InputError
from ..guard import Run
from ..progress_bar import Bar, sees_progress


def bar_of(stack: ExitStack, run: Run, quiet: bool, as_json: bool) -> Bar | None:
    """Show how far the run is until the stack is left, if there is somebody to see it."""
    if not sees_progress(quiet, as_json):
        return None
    bar = stack.enter_context(Bar(sys.stderr))
    run.undo.insert(0, bar.erase)
    return bar


def stdin_bytes() -> bytes:
    """Read a photo from standard input."""
    data = sys.stdin.buffer.read() if sys.stdin is not None else b""
    if not data:
        raise InputError("standard input is empty; pipe a photo into it, or name a file")
    return data
