"""Everything that rebokeh raises on purpose.

::

    RebokehError                  exit code
    +-- UsageError                2   the settings make no sense
    |   +-- OutputError           2   the output exists, or cannot be written
    +-- NoDepthError              3   the photo holds no depth
    +-- InputError                4   the file cannot be read
        +-- UnknownFormatError    4   no adapter knows this kind of file
        +-- DepthError            4   the depth map or matte is unusable

A message is one line: what is wrong, which file, what to do about it.
"""


class RebokehError(Exception):
    """Base of all errors raised by rebokeh."""

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
