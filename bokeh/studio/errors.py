"""What a page is told when something cannot be done: a status, a code, and one line."""

from __future__ import annotations

from ..core.errors import InputError, NoDepthError, OutputError, RebokehError, UsageError, error_line
from ..settings.flags import with_flags


class Superseded(Exception):
    """Somebody has asked for something newer since."""


class NotThereError(UsageError):
    """The page asks for something that the studio does not have."""


class TooLargeError(InputError):
    """What is sent is larger than the studio takes."""


_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotThereError, 404),
    (TooLargeError, 413),
    (OutputError, 409),
    (UsageError, 400),
    (NoDepthError, 422),
    (InputError, 422),
    (RebokehError, 400),
)


def said(error: BaseException) -> tuple[int, dict[str, str]]:
    """Return the status of an error, and what is told of it: its kind and one line, with flags for arguments."""
    if isinstance(error, Superseded):
        return 409, {"code": "Stale", "error": "something newer was asked for since"}
    status = next((number for kind, number in _STATUS if isinstance(error, kind)), 500)
    line = error_line(error)[1] if isinstance(error, Exception) else str(error)
    return status, {"code": type(error).__name__, "error": with_flags(" ".join(line.split()))}
