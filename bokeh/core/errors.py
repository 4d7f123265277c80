"""Everything that rebokeh raises on purpose.

::

    RebokehError                  exit code
    +-- UsageError                2   the settings make no sense
    |   +-- OutputError           2   the output exists, or cannot be written
    +-- NoDepthError              3   the photo holds no depth
    +-- InputError                4   the file cannot be read
        +-- UnknownFormatError    4   no adapter knows this kind of file
        +-- DepthError            4   the depth map or matte is unusable

A message is one line: what is wrong, which file, what to do about it. What stands in backticks in it is an argument
of the function that was called; the command line puts its flag there.
"""

from __future__ import annotations

import os

FAILED = 1


class RebokehError(Exception):
    """Base of all errors raised by rebokeh.

    Examples
    --------
    >>> import rebokeh as rk
    >>> try:
    ...     rk.Lens(f_number=-1.0)
    ... except rk.RebokehError as error:
    ...     print(error)
    f-number is -1; it must be a number above 0
    """

    exit_code = 1


class UsageError(RebokehError, ValueError):
    """A setting is out of its range, or two settings contradict each other."""

    exit_code = 2


class OutputError(UsageError):
    """The output exists already, or its folder cannot be written."""


class RebokehWarning(UserWarning):
    """What was asked for is done, but not all that could be expected of it."""


class NoDepthError(RebokehError):
    """The photo holds no depth and none was given."""

    exit_code = 3


class InputError(RebokehError):
    """The input is truncated, corrupt, or otherwise unreadable."""

    exit_code = 4


class UnknownFormatError(InputError):
    """The input is none of the file formats that rebokeh reads."""


class DepthError(InputError):
    """The depth map or matte has the wrong shape, or no usable value."""


def error_line(error: Exception) -> tuple[int, str]:
    """Return the exit code of an error, and one line that says it."""
    if isinstance(error, RebokehError):
        return error.exit_code, str(error)
    if isinstance(error, MemoryError):
        return FAILED, "not enough memory for a picture of this size; close other programs or use a smaller one"
    if isinstance(error, OSError):
        name = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes, os.PathLike)) else ""
        return FAILED, f"{name}: {error.strerror or error}" if name else str(error.strerror or error)
    return FAILED, f"internal error, {type(error).__name__}: {error}; please report it"
